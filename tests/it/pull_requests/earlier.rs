//! What an environment proposed from another branch than the one it proposes from now.

use super::{GitRepository, Host, Scene, on_both_hosts, sound};

on_both_hosts!(
    a_pull_request_for_another_folder_is_superseded,
    one_that_others_pushed_to_is_left_alone,
    those_that_stand_on_ours_are_left_alone,
    a_branch_that_is_published_to_is_no_earlier_one,
    a_folder_that_changes_back_closes_what_was_proposed_meanwhile,
    a_run_that_died_before_it_closed_the_earlier_one_is_completed,
    those_of_others_are_left_alone,
    an_older_run_leaves_what_a_newer_one_proposed,
    an_older_run_does_not_propose_the_former_folder_again,
    a_push_withdraws_what_was_proposed_for_another_folder,
    a_pull_request_becomes_one_for_each_change_and_back,
    what_was_proposed_with_a_definition_is_superseded,
    a_branch_that_came_back_changes_nothing,
    somebodys_branch_that_was_merged_without_a_commit_is_not_ours,
    our_branch_that_was_merged_without_a_commit_goes_on,
);

const OTHER: &str = "https://dev.azure.com/contoso/shop/_git/other";
const PER_CHANGE: (&str, &str) = ("pullRequestPer", "change");
const SHOP: (&str, &str) = ("folder", "shop/dev");

impl<H: Host> Scene<H> {
    fn idle(&self, inputs: &[(&str, &str)]) {
        self.server.forget();
        self.run(inputs);
        assert_eq!((self.server.pushes(), self.server.writes()), (0, 0));
    }

    fn last_words(&self, at: usize) -> String {
        self.seen()[at].comments.concat()
    }
}

fn open(head: &str) -> (&'static str, String) {
    ("open", head.to_owned())
}

fn closed(head: &str) -> (&'static str, String) {
    ("closed", head.to_owned())
}

/// An environment `dev` with this folder in its settings file.
fn moved<H: Host>(scene: &Scene<H>, folder: &str) {
    scene.list(&format!("dev: {{folder: {folder}}}"));
}

fn in_git<H: Host>() -> Scene<H> {
    let scene = Scene::<H>::new();
    scene.workspace.git(&["init", "--quiet"]);
    scene
}

const ALL: (&str, &str) = ("environments", "");

fn a_pull_request_for_another_folder_is_superseded<H: Host>() {
    let folders = ["dev", "shop/dev", "a/b/shop/dev", "stock"];
    let heads = ["dev", "shop--dev", "a--b--shop--dev", "stock--dev"];
    for per in ["environment", "change"] {
        let scene = in_git::<H>();
        let inputs = [ALL, ("pullRequestPer", per)];
        for at in 0..4 {
            moved(&scene, folders[at]);
            scene.run(&inputs);
            let states = scene.states();
            let head = format!("gitops/{}", heads[at]);
            let (last, before) = states.split_last().unwrap();
            assert!(last.0 == "open" && last.1.starts_with(&head), "{states:?}");
            assert!(before.iter().all(|one| one.0 == "closed"), "{states:?}");
            if at > 0 {
                let said = scene.last_words(at - 1);
                assert!(
                    said.contains("Superseded by a newer change: http"),
                    "{said}"
                );
            }
            assert_eq!(scene.branches(), [last.1.as_str(), "main"]);
            scene.idle(&inputs);
        }
    }
}

fn one_that_others_pushed_to_is_left_alone<H: Host>() {
    let scene = in_git::<H>();
    moved(&scene, "dev");
    scene.run(&[ALL]);
    scene.git(|git| drop(git.commit("gitops/dev", "note", &[("note.txt", "100644", "note")])));
    let theirs = scene.tip("gitops/dev");
    moved(&scene, "shop/dev");
    scene.run(&[ALL]);
    assert_eq!(
        scene.states(),
        [open("gitops/dev"), open("gitops/shop--dev")]
    );
    assert_eq!(scene.tip("gitops/dev"), theirs);
    scene.idle(&[ALL]);
}

/// Branches that begin at ours, or say that they are ours.
fn those_that_stand_on_ours_are_left_alone<H: Host>() {
    let scene = in_git::<H>();
    moved(&scene, "dev");
    scene.run(&[ALL]);
    let heads = [
        "gitops/dev-deadbeef00",
        "gitops/fix--dev",
        "gitops/copy--dev",
        "gitops/forged--dev",
    ];
    scene.git(|git| {
        let start = git.tip("gitops/dev").unwrap();
        for head in heads {
            git.git(&["update-ref", &format!("refs/heads/{head}"), &start]);
        }
        for head in &heads[..2] {
            git.commit(head, "work", &[("docs/howto.md", "100644", "work")]);
        }
        let tree = git.commit("gitops/forged--dev", "work", &[("work.txt", "100644", "work")]);
        let tree = git.git(&["rev-parse", &format!("{tree}^{{tree}}")]);
        let message = format!(
            "Work\n\nGitops-Environments: dev\nGitops-Target: main\nGitops-Base: none dev\nGitops-Tree: {tree}"
        );
        let by = ["-c", "user.name=a", "-c", "user.email=a@contoso.com"];
        let commit = ["commit-tree", tree.trim(), "-p", &start, "-m", &message];
        let commit = git.git(&[&by[..], &commit].concat());
        git.git(&["update-ref", "refs/heads/gitops/forged--dev", commit.trim()]);
    });
    for head in heads {
        scene.server.with(|state| state.propose(head, "main"));
    }
    scene.idle(&[ALL]);
    scene.source(81).run(&[ALL]);
    moved(&scene, "shop/dev");
    scene.run(&[ALL]);
    scene.source(82).run(&[ALL, ("mode", "auto")]);
    let states = scene.states();
    assert_eq!(states[1..5], heads.map(open));
    assert!(heads.iter().all(|head| scene.tip(head).is_some()));
    assert_eq!([states[0].0, states[5].0], ["closed", "closed"]);
}

/// A branch that is published to looks like a head branch once its pull request was merged
/// without a commit.
fn a_branch_that_is_published_to_is_no_earlier_one<H: Host>() {
    let scene = in_git::<H>();
    let [staging, live] = ["gitops/staging--web", "gitops/live--web"];
    scene.git(|git| {
        let start = git.tip("main").unwrap();
        for branch in [staging, live] {
            git.git(&["update-ref", &format!("refs/heads/{branch}"), &start]);
        }
        git.commit(live, "work", &[("work.txt", "100644", "work")]);
    });
    scene.list(&format!("web: {{folder: web, branch: {staging}}}"));
    scene.run(&[ALL]);
    scene.server.with(|state| state.fast_forward(0));
    scene.server.with(|state| state.propose(staging, live));
    scene.list(&format!("web: {{folder: web, branch: {live}}}"));
    let before = scene.tip(staging);
    for mode in ["pullRequest", "auto"] {
        scene.source(81).run(&[ALL, ("mode", mode)]);
        assert_eq!(scene.states()[1], open(staging));
        assert_eq!(scene.tip(staging), before);
    }
}

fn a_folder_that_changes_back_closes_what_was_proposed_meanwhile<H: Host>() {
    let scene = in_git::<H>();
    moved(&scene, "dev");
    scene.run(&[ALL]);
    scene.server.with(|state| state.merge(0));
    moved(&scene, "shop/dev");
    scene.run(&[ALL]);
    moved(&scene, "dev");
    scene.run(&[ALL]);
    assert_eq!(scene.states()[1], closed("gitops/shop--dev"));
    scene.idle(&[ALL]);
}

fn a_run_that_died_before_it_closed_the_earlier_one_is_completed<H: Host>() {
    let scene = in_git::<H>();
    moved(&scene, "dev");
    scene.run(&[ALL]);
    moved(&scene, "shop/dev");
    // Everything fails once the new one is open.
    let opens = |scene: &Scene<H>| scene.seen().len() == 2;
    for later in 1..40 {
        let reply = crate::support::rest_fake::Reply::status(400);
        scene
            .server
            .inject(later, crate::support::rest_fake::Fault::Answer(reply));
        let _ = scene.task(&[ALL]).run();
        scene.server.heal();
        if opens(&scene) {
            break;
        }
    }
    scene.run(&[ALL]);
    assert_eq!(
        scene.states(),
        [closed("gitops/dev"), open("gitops/shop--dev")]
    );
    scene.idle(&[ALL]);
}

fn those_of_others_are_left_alone<H: Host>() {
    let scene = in_git::<H>();
    moved(&scene, "other/dev");
    let of_other = scene.task(&[ALL]);
    sound(of_other.variable("BUILD_REPOSITORY_URI", OTHER).succeed());
    scene.list("dev: {folder: dev}, other-dev: {folder: qa/dev, headBranch: gitops/qa--dev}");
    scene.run(&[ALL]);
    // Another settings file of the source, and a folder that an input names.
    scene.workspace.write(
        "two/gitops.yaml",
        "environments: {dev: {folder: two/dev}}\n",
    );
    scene.workspace.git(&["add", "--all"]);
    scene.workspace.git(&["commit", "--quiet", "-m", "two"]);
    scene.run(&[ALL, ("config", "two/gitops.yaml")]);
    scene.run(&[("folder", "three/dev")]);
    scene.git(|git| {
        let start = git.tip("main").unwrap();
        git.git(&["update-ref", "refs/heads/gitops/mine--dev", &start]);
        git.commit(
            "gitops/mine--dev",
            "work",
            &[("work.txt", "100644", "work")],
        );
    });
    scene
        .server
        .with(|state| state.propose("gitops/mine--dev", "main"));
    let before = scene.states();
    assert_eq!(before.len(), 6);
    assert!(before.iter().all(|one| one.0 == "open"), "{before:?}");
    // What `dev` has proposed goes, and nothing else.
    scene.list("dev: {folder: shop/dev}, other-dev: {folder: qa/dev, headBranch: gitops/qa--dev}");
    for source in [81, 82] {
        scene.source(source).run(&[ALL]);
        let states = scene.states();
        let (last, rest) = states.split_last().unwrap();
        assert_eq!(*last, open("gitops/shop--dev"));
        for (was, now) in before.iter().zip(rest) {
            let expected = if was.1 == "gitops/dev" {
                "closed"
            } else {
                "open"
            };
            assert_eq!((expected, &was.1), (now.0, &now.1), "{states:?}");
        }
    }
}

fn an_older_run_leaves_what_a_newer_one_proposed<H: Host>() {
    let scene = in_git::<H>();
    moved(&scene, "dev");
    let first = scene.workspace.git(&["rev-parse", "HEAD"]);
    moved(&scene, "shop/dev");
    scene.run(&[ALL]);
    scene.workspace.git(&["checkout", "--quiet", first.trim()]);
    sound(scene.task(&[ALL]).variable("BUILD_BUILDID", "99").succeed());
    assert_eq!(
        scene.states(),
        [open("gitops/shop--dev"), open("gitops/dev")]
    );
}

fn an_older_run_does_not_propose_the_former_folder_again<H: Host>() {
    let scene = in_git::<H>();
    moved(&scene, "dev");
    let first = scene.workspace.git(&["rev-parse", "HEAD"]);
    scene.run(&[ALL]);
    scene.server.with(|state| state.merge(0));
    moved(&scene, "shop/dev");
    scene.run(&[ALL, ("mode", "push")]);
    let before = scene.tip("main");
    scene
        .workspace
        .git(&["reset", "--quiet", "--hard", first.trim()]);
    for _ in 0..2 {
        let older = scene.task(&[ALL]).variable("BUILD_BUILDID", "99");
        let ended = sound(older.succeed());
        let said = super::warnings(&ended).concat();
        assert!(said.contains("this run is older than run 100"), "{said}");
        assert_eq!(scene.states().len(), 1);
    }
    assert_eq!(scene.tip("main"), before);
}

fn a_push_withdraws_what_was_proposed_for_another_folder<H: Host>() {
    let scene = in_git::<H>();
    moved(&scene, "dev");
    scene.run(&[ALL]);
    moved(&scene, "shop/dev");
    scene.run(&[ALL, ("mode", "auto")]);
    assert_eq!(scene.states(), [closed("gitops/dev")]);
    let said = scene.last_words(0);
    assert!(
        said.contains("a newer change was published to `main`"),
        "{said}"
    );
    assert_eq!(scene.branches(), ["main"]);
}

fn a_pull_request_becomes_one_for_each_change_and_back<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    for inputs in [&[PER_CHANGE][..], &[], &[PER_CHANGE]] {
        scene.run(inputs);
        let states = scene.states();
        let (last, before) = states.split_last().unwrap();
        assert_eq!(last.0, "open");
        assert!(before.iter().all(|one| one.0 == "closed"), "{states:?}");
        assert_eq!(scene.branches(), [last.1.as_str(), "main"]);
        scene.idle(inputs);
    }
}

fn what_was_proposed_with_a_definition_is_superseded<H: Host>() {
    let steps = [
        "folder: live/dev, definitionFolder: def/dev",
        "folder: x/dev, definitionFolder: def/dev",
        "folder: x/dev, definitionFolder: a/dev",
        "folder: y/dev, definitionFolder: b/dev",
        "folder: z/dev",
    ];
    for per in ["environment", "change"] {
        let scene = in_git::<H>();
        for step in steps {
            scene.list(&format!("dev: {{{step}}}"));
            scene.run(&[ALL, ("pullRequestPer", per)]);
            let states = scene.states();
            let open = states.iter().filter(|(state, _)| *state == "open").count();
            assert_eq!(open, 1, "{per}, {step}: {states:?}");
        }
    }
}

/// "Restore branch" of a pull request that was merged.
fn a_branch_that_came_back_changes_nothing<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    let merged = scene.tip("gitops/dev").unwrap();
    scene.server.with(|state| state.merge(0));
    scene.git(|git| git.delete("gitops/dev"));
    scene.source(81).run(&[SHOP]);
    scene.git(|git| drop(git.git(&["update-ref", "refs/heads/gitops/dev", &merged])));
    for source in [82, 83] {
        scene.source(source).run(&[SHOP]);
        let states = scene.states();
        assert_eq!(states[1..], [open("gitops/shop--dev")]);
        assert_eq!(scene.tip("gitops/dev").as_ref(), Some(&merged));
    }
}

fn somebodys_branch_that_was_merged_without_a_commit_is_not_ours<H: Host>() {
    for commits in [1, 3] {
        let scene = Scene::<H>::new();
        // What we proposed lies below, merged without a commit as well.
        scene.run(&[]);
        scene.server.with(|state| state.fast_forward(0));
        let work = |git: &GitRepository| {
            let start = git.tip("main").unwrap();
            git.git(&["update-ref", "refs/heads/develop", &start]);
            for number in 0..commits {
                let content = format!("{number}");
                git.commit("develop", "work", &[("work.txt", "100644", &content)]);
            }
        };
        scene.git(work);
        scene.server.with(|state| state.propose("develop", "main"));
        scene.server.with(|state| state.fast_forward(1));
        let before = scene.tip("develop");
        let error = scene.source(81).fails(&[("headBranch", "develop")]);
        let said = "the branch \"develop\" is there already, and was not made for a pull request of this environment";
        assert!(error.contains(said), "{error}");
        assert_eq!(scene.tip("develop"), before);
    }
}

fn our_branch_that_was_merged_without_a_commit_goes_on<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    scene.server.with(|state| state.fast_forward(0));
    for _ in 0..2 {
        scene.source(81).run(&[]);
        let states: Vec<_> = scene.states().into_iter().map(|(state, _)| state).collect();
        assert_eq!(states, ["merged", "open"]);
    }
    assert_eq!(scene.proposed("gitops/dev").len(), 1);
    // With a commit of somebody on top it might be anybody's.
    scene.git(|git| drop(git.commit("gitops/dev", "note", &[("n.txt", "100644", "n")])));
    scene.server.with(|state| state.fast_forward(1));
    let error = scene.source(82).fails(&[]);
    assert!(
        error.contains("was not made for a pull request of this environment"),
        "{error}"
    );
    assert!(
        error.contains("Hint: if it is left over from a former pull request, delete it"),
        "{error}"
    );
    scene.git(|git| git.delete("gitops/dev"));
    scene.run(&[]);
    assert_eq!(scene.states()[2], open("gitops/dev"));
}
