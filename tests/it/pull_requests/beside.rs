//! Head branches beside other branches: what git or a file system cannot hold together is
//! refused before anything is written, and the default names do not meet.

use super::{GitRepository, Host, Scene, failed, on_both_hosts, sound};

on_both_hosts!(
    a_new_head_branch_can_stand_beside_those_that_are_there,
    two_sources_with_an_environment_of_one_name_propose_both,
    folders_in_each_other_on_two_branches_propose_both,
    pull_requests_per_change_of_another_source_are_left_alone,
);

const OTHER: &str = "https://dev.azure.com/contoso/shop/_git/other";

fn branch(git: &GitRepository, name: &str) {
    let start = git.tip("main").unwrap();
    git.git(&["update-ref", &format!("refs/heads/{name}"), &start]);
}

fn a_new_head_branch_can_stand_beside_those_that_are_there<H: Host>() {
    let scene = Scene::<H>::new();
    let alike = "they differ only in case or in how a letter is composed, and are one branch on Windows or macOS";
    let below = "git cannot hold both, since one of them is where the folder of the other would be";
    let cases = [
        ("GitOps/Dev", "gitops/dev", alike),
        ("gitops/dev/old", "gitops/dev", below),
        ("gitops", "gitops/dev", below),
        ("GITOPS", "gitops/dev", below),
        ("release/ΟΣ", "release/ος", alike),
        ("release/u\u{308}", "release/\u{fc}", alike),
    ];
    for (there, head, why) in cases {
        scene.git(|git| branch(git, there));
        let said = format!(
            "environment dev: the pull request would come from the new branch {head:?}, and the repository has the branch {there:?}: {why}\nHint: set `headBranch` to another name, or delete {there:?} if nobody needs it"
        );
        for command in ["publish", "verify"] {
            let error = scene.fails(&[("headBranch", head), ("command", command)]);
            assert_eq!(error, said);
        }
        scene.git(|git| git.delete(there));
    }
    // The branches of single changes lie beside.
    scene.git(|git| branch(git, "gitops/dev/old"));
    let of_change = [
        ("headBranch", "gitops/dev/old/x"),
        ("pullRequestPer", "change"),
    ];
    let error = scene.fails(&of_change);
    assert!(error.contains(below), "{error}");
    assert!(scene.seen().is_empty());
    assert_eq!(scene.branches(), ["gitops/dev/old", "main"]);
    // Neighbors.
    scene.git(|git| {
        git.delete("gitops/dev/old");
        for name in ["gitops/dev2", "GitOps/qa", "gitops/de/v"] {
            branch(git, name);
        }
    });
    scene.run(&[]);
    assert_eq!(scene.states(), [("open", "gitops/dev".to_owned())]);
}

fn two_sources_with_an_environment_of_one_name_propose_both<H: Host>() {
    let scene = Scene::<H>::new();
    let run = |folder: &str, repository: Option<&str>| {
        let task = scene.task(&[("folder", folder)]);
        let task = match repository {
            Some(repository) => task.variable("BUILD_REPOSITORY_URI", repository),
            None => task,
        };
        sound(task.succeed())
    };
    for _ in 0..3 {
        run("shop/dev", None);
        run("pay/dev", Some(OTHER));
        run("stock", Some(OTHER));
        let open = ["gitops/shop--dev", "gitops/pay--dev", "gitops/stock--dev"];
        assert_eq!(scene.states(), open.map(|head| ("open", head.to_owned())));
        scene.server.forget();
    }
    run("pay/dev", Some(OTHER));
    assert_eq!((scene.server.pushes(), scene.server.writes()), (0, 0));
}

/// On one branch such folders are refused.
fn folders_in_each_other_on_two_branches_propose_both<H: Host>() {
    let scene = Scene::<H>::new();
    scene.git(|git| branch(git, "eu"));
    scene.workspace.write(
        "gitops.yaml",
        "environments: {prod: {branch: main, folder: prod}, prod-eu: {branch: eu, folder: prod/eu}}\n",
    );
    for _ in 0..3 {
        scene.run(&[("environments", "")]);
        let open = ["gitops/prod", "gitops/prod--eu--prod-eu"];
        assert_eq!(scene.states(), open.map(|head| ("open", head.to_owned())));
    }
}

const HEAD: (&str, &str) = ("headBranch", "gitops/dev");
const PER_CHANGE: (&str, &str) = ("pullRequestPer", "change");

/// Two sources that set one `headBranch`, and one below the other's.
fn pull_requests_per_change_of_another_source_are_left_alone<H: Host>() {
    let scene = Scene::<H>::new();
    let change = [HEAD, PER_CHANGE];
    let of_other = |inputs: &[(&str, &str)]| {
        let task = scene.task(&[&[("folder", "two")], inputs].concat());
        task.variable("BUILD_REPOSITORY_URI", OTHER).succeed()
    };
    scene.run(&change);
    let ours = scene.only().head;
    sound(of_other(&change));
    sound(of_other(&[("headBranch", "gitops/dev/two"), PER_CHANGE]));
    scene.source(81).run(&change);
    let states: Vec<_> = scene.states().into_iter().map(|(state, _)| state).collect();
    assert_eq!(states, ["closed", "open", "open", "open"]);
    assert!(!scene.branches().contains(&ours));
    let error = failed(&of_other(&[("headBranch", "gitops/dev")]));
    assert!(error.contains("git cannot hold both"), "{error}");
}
