//! Which branch a pull request may come from.

use super::{GitRepository, Host, Scene, on_both_hosts};

on_both_hosts!(
    the_default_branch_is_no_head_branch,
    a_branch_of_somebody_is_not_taken_over,
    a_pull_request_of_somebody_is_left_alone,
    what_was_made_here_is_known_whatever_came_on_top,
    what_another_source_proposes_is_left_alone,
    a_branch_that_takes_squashed_pull_requests_is_not_taken_over,
);

const OTHER: &str = "https://dev.azure.com/contoso/shop/_git/other";
const HINT: &str = "\nHint: set `headBranch` to a branch that nothing else uses, such as `gitops/";

fn the_default_branch_is_no_head_branch<H: Host>() {
    let scene = Scene::<H>::new();
    scene.git(|git| drop(git.commit("live", "live", &[("README.md", "100644", "live")])));
    let before = (scene.tip("main"), scene.tip("live"));
    let same = "the pull request's source and target branch are both \"main\"";
    let default = "the pull request would come from the branch \"main\", which is the default branch of the repository";
    let cases: [(&[(&str, &str)], &str); 11] = [
        (&[("headBranch", "main")], same),
        (&[("headBranch", "refs/heads/main")], same),
        (&[("headBranch", "main"), ("branch", "live")], default),
        (
            &[("headBranch", "{environment}"), ("environments", "main")],
            same,
        ),
        (
            &[
                ("headBranch", "main"),
                ("mode", "auto"),
                ("command", "verify"),
            ],
            same,
        ),
        (&[("headBranch", "main"), ("mode", "auto")], same),
        (
            &[("headBranch", "main"), ("mode", "auto"), ("branch", "live")],
            default,
        ),
        (
            &[("headBranch", "Main")],
            "the pull request's source and target branch are \"Main\" and \"main\": they differ only in case",
        ),
        (
            &[
                ("headBranch", "main/x"),
                ("mode", "auto"),
                ("branch", "live"),
            ],
            "the pull request would come from the branch \"main/x\", and the default branch of the repository is \"main\": git cannot hold both",
        ),
        (
            &[("headBranch", "Main"), ("pullRequestPer", "change")],
            "the pull request's source and target branch are \"Main\" and \"main\": they differ only in case",
        ),
        (&[("headBranch", "main"), ("command", "verify")], same),
    ];
    for (inputs, said) in cases {
        let error = scene.fails(inputs);
        assert!(
            error.contains(said) && error.contains(HINT),
            "{inputs:?}: {error}"
        );
    }
    // Also once it holds everything.
    scene.run(&[("mode", "push")]);
    let now = scene.tip("main");
    assert_ne!(now, before.0);
    assert!(scene.fails(&[("headBranch", "main")]).contains(same));
    assert_eq!((scene.tip("main"), scene.tip("live")), (now, before.1));
    assert!(scene.seen().is_empty());
}

/// Branches that somebody made for something else.
fn of_others(git: &GitRepository, branch: &str, commits: usize) {
    let start = git.tip("main").unwrap();
    git.git(&["update-ref", &format!("refs/heads/{branch}"), &start]);
    for number in 0..commits {
        let content = format!("{number}");
        git.commit(branch, "work", &[("work.txt", "100644", &content)]);
    }
}

fn a_branch_of_somebody_is_not_taken_over<H: Host>() {
    let scene = Scene::<H>::new();
    scene.git(|git| {
        of_others(git, "develop", 1);
        of_others(git, "many", 3);
        of_others(git, "same", 0);
        // It was published to.
        of_others(git, "live", 1);
    });
    scene.run(&[("mode", "push"), ("branch", "live")]);
    scene.run(&[("mode", "push"), ("branch", "env/prod"), ("folder", ".")]);
    scene.source(81);
    let heads = ["develop", "many", "same", "live", "env/prod"];
    for head in heads {
        let before = scene.tip(head);
        let error = scene.fails(&[("headBranch", head)]);
        assert_eq!(
            error,
            format!(
                "environment dev: the branch {head:?} is there already, and was not made for a pull request of this environment{HINT}shop/{{environment}}` where several sources set the same one\nHint: if it is left over from a former pull request, delete it"
            )
        );
        assert_eq!(scene.tip(head), before);
    }
    assert!(scene.seen().is_empty(), "{:?}", scene.states());
}

fn a_pull_request_of_somebody_is_left_alone<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[("headBranch", "develop")]);
    // The branch is made anew by a person, and the pull request is theirs now.
    scene.git(|git| of_others(git, "develop", 2));
    let before = scene.tip("develop");
    scene.run(&[("mode", "push")]);
    scene.run(&[("headBranch", "develop")]);
    scene
        .source(82)
        .run(&[("mode", "auto"), ("headBranch", "develop")]);
    assert_eq!(scene.states(), [("open", "develop".to_owned())]);
    assert_eq!(scene.tip("develop"), before);
}

fn what_was_made_here_is_known_whatever_came_on_top<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    let note = |name: &'static str| {
        move |git: &GitRepository| {
            git.commit("gitops/dev", name, &[(name, "100644", "hello")]);
        }
    };
    scene.git(note("one"));
    scene.source(81).run(&[]);
    scene.git(note("two"));
    scene.git(|git| drop(git.commit("main", "meanwhile", &[("x", "100644", "x")])));
    scene.git(|git| drop(git.update_branch("gitops/dev", "main")));
    scene.source(82).run(&[]);
    scene.server.with(|state| state.merge(0));
    scene.source(83).run(&[]);
    scene.git(note("three"));
    scene.server.with(|state| state.squash(1));
    scene.source(84).run(&[]);
    let states: Vec<_> = scene.states().into_iter().map(|(state, _)| state).collect();
    assert_eq!(states, ["merged", "merged", "open"]);
    assert_eq!(scene.proposed("gitops/dev").len(), 1);
}

fn refused(head: &str) -> String {
    format!(
        "the branch {head:?} is there already, and was not made for a pull request of this environment{HINT}"
    )
}

/// Two sources that set one `headBranch`.
fn what_another_source_proposes_is_left_alone<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    let before = scene.tip("gitops/dev");
    let of_other = |inputs: &[(&str, &str)]| {
        let task = scene.task(inputs);
        task.variable("BUILD_REPOSITORY_URI", OTHER).succeed()
    };
    let elsewhere = [("folder", "two/dev"), ("headBranch", "gitops/dev")];
    let error = super::failed(&of_other(&elsewhere));
    assert!(error.contains(&refused("gitops/dev")), "{error}");
    let cases: [&[(&str, &str)]; 3] = [
        // Another file of the same source.
        &elsewhere,
        &[("environments", "qa"), ("headBranch", "gitops/dev")],
        &[
            ("environments", "qa"),
            ("folder", "dev"),
            ("headBranch", "gitops/dev"),
        ],
    ];
    for inputs in cases {
        let error = scene.fails(inputs);
        assert!(
            error.contains(&refused("gitops/dev")),
            "{inputs:?}: {error}"
        );
    }
    // Nothing to propose, or pushed instead: nothing to withdraw either.
    let pushed = [&elsewhere[..], &[("mode", "push")]].concat();
    super::sound(of_other(&pushed));
    scene.server.forget();
    super::sound(of_other(&elsewhere));
    assert_eq!(scene.server.writes(), 0);
    assert_eq!(scene.tip("gitops/dev"), before);
    assert_eq!(scene.states(), [("open", "gitops/dev".to_owned())]);
    // It goes on for its own source.
    scene.source(81).run(&[]);
    assert_ne!(scene.tip("gitops/dev"), before);
    assert_eq!(scene.states(), [("open", "gitops/dev".to_owned())]);
}

/// A squashed commit carries the message of the commit that was proposed.
fn a_branch_that_takes_squashed_pull_requests_is_not_taken_over<H: Host>() {
    let scene = Scene::<H>::new();
    scene.git(|git| of_others(git, "live", 0));
    let live = [("environments", "prod"), ("branch", "live")];
    scene.run(&live);
    scene.git(|git| {
        let message = git.git(&["log", "-1", "--format=%B", "gitops/prod"]);
        git.squash("gitops/prod", "live", &message);
    });
    let work = |git: &GitRepository| drop(git.commit("live", "work", &[("w", "100644", "w")]));
    for on_top in [false, true] {
        if on_top {
            scene.git(work);
        }
        let before = scene.tip("live");
        let error = scene.fails(&[("headBranch", "live")]);
        assert!(error.contains(&refused("live")), "{error}");
        let of_other = scene.task(&[("headBranch", "live"), ("folder", "two/dev")]);
        let of_other = of_other.variable("BUILD_REPOSITORY_URI", OTHER).succeed();
        let error = super::failed(&of_other);
        assert!(error.contains(&refused("live")), "{error}");
        assert_eq!(scene.tip("live"), before);
    }
}
