//! One environment that is published to several branches: what was made for one of them
//! is never proposed into another.

use super::{GitRepository, Host, Scene, failed, on_both_hosts};

const PER_CHANGE: (&str, &str) = ("pullRequestPer", "change");

on_both_hosts!(
    one_that_is_open_is_not_proposed_into_another_target,
    each_change_is_proposed_into_its_own_target,
    one_that_was_closed_is_made_anew,
    one_that_was_merged_is_made_anew,
    one_that_somebody_proposes_elsewhere_goes_on,
    two_runs_that_cross_do_not_propose_each_others_commits,
    one_that_others_pushed_to_is_left_alone,
    a_run_into_another_target_does_not_delete_it,
);

/// Two branches that went apart.
fn scene<H: Host>() -> Scene<H> {
    let scene = Scene::<H>::new();
    scene.git(|git| {
        let start = git.tip("main").unwrap();
        for branch in ["one", "release/two"] {
            git.git(&["update-ref", &format!("refs/heads/{branch}"), &start]);
            git.commit(branch, "work", &[("w.txt", "100644", branch)]);
        }
    });
    scene
}

const ONE: (&str, &str) = ("branch", "one");
const TWO: (&str, &str) = ("branch", "release/two");

impl<H: Host> Scene<H> {
    /// What a head branch brings into a branch.
    fn brings(&self, head: &str, target: &str) -> usize {
        self.git(|git| git.subjects(&format!("{target}..{head}")).len())
    }
}

fn one_that_is_open_is_not_proposed_into_another_target<H: Host>() {
    let scene = scene::<H>();
    scene.run(&[ONE]);
    let before = scene.tip("gitops/dev");
    assert_eq!(scene.only().head, "gitops/dev");
    let said = "into \"one\" comes from the branch \"gitops/dev\", which therefore cannot be proposed into \"release/two\": http";
    let hints = "\nHint: set `headBranch` to a name that has the target in it, such as `gitops/release/two/{environment}`\nHint: if nothing is published to \"one\" any more, close pull request ";
    scene.server.forget();
    for port in [80, 80, 81, 81] {
        let error = scene.source(port).fails(&[TWO]);
        assert!(
            error.starts_with("environment dev: pull request "),
            "{error}"
        );
        assert!(error.contains(said) && error.contains(hints), "{error}");
    }
    scene.source(80).run(&[ONE]);
    assert_eq!((scene.server.pushes(), scene.server.writes()), (0, 0));
    assert_eq!(scene.tip("gitops/dev"), before);
    // As the message says.
    let own = ("headBranch", "gitops/release/two/{environment}");
    scene.run(&[TWO, own]);
    assert_eq!(scene.brings("gitops/release/two/dev", "release/two"), 1);
    assert_eq!(scene.brings("gitops/dev", "one"), 1);
    scene.server.forget();
    for _ in 0..2 {
        scene.run(&[TWO, own]);
        scene.run(&[ONE]);
    }
    assert_eq!((scene.server.pushes(), scene.server.writes()), (0, 0));
}

fn each_change_is_proposed_into_its_own_target<H: Host>() {
    let scene = scene::<H>();
    scene.run(&[ONE, PER_CHANGE]);
    let head = scene.only().head;
    let error = scene.fails(&[TWO, PER_CHANGE]);
    let said = format!("into \"one\" comes from the branch {head:?}");
    assert!(error.contains(&said), "{error}");
    // Another change has another branch.
    scene.source(81).run(&[TWO, PER_CHANGE]);
    let seen = scene.seen();
    assert_eq!([seen[0].state, seen[1].state], ["open", "open"]);
    assert_eq!(scene.brings(&seen[0].head, "one"), 1);
    assert_eq!(scene.brings(&seen[1].head, "release/two"), 1);
}

fn made_anew<H: Host>(scene: &Scene<H>, before: &str) {
    scene.run(&[TWO]);
    let states: Vec<_> = scene.seen().iter().map(|one| one.state).collect();
    assert_eq!(states, [before, "open"]);
    assert_eq!(scene.brings("gitops/dev", "release/two"), 1);
    scene.server.forget();
    scene.run(&[TWO]);
    assert_eq!((scene.server.pushes(), scene.server.writes()), (0, 0));
}

fn one_that_was_closed_is_made_anew<H: Host>() {
    let scene = scene::<H>();
    scene.run(&[ONE]);
    scene.server.with(|state| state.abandon(0));
    made_anew(&scene, "closed");
}

fn one_that_was_merged_is_made_anew<H: Host>() {
    let scene = scene::<H>();
    scene.run(&[ONE]);
    scene.server.with(|state| state.merge(0));
    made_anew(&scene, "merged");
}

/// A run into the other target pushes between this run's push and its pull request.
fn two_runs_that_cross_do_not_propose_each_others_commits<H: Host>() {
    let scene = scene::<H>();
    scene.run(&[TWO]);
    let theirs = scene.tip("gitops/dev").unwrap();
    scene.server.with(|state| state.abandon(0));
    scene.git(|git| {
        git.delete("gitops/dev");
        git.after_next_push(&format!("update-ref refs/heads/gitops/dev {theirs}"));
    });
    let error = scene.fails(&[ONE]);
    let said = "environment dev: another run pushed to the branch \"gitops/dev\" what it publishes to another branch than \"one\"\nHint: set `headBranch` to a name that has the target in it, such as `gitops/one/{environment}`";
    assert_eq!(error, said);
    let states: Vec<_> = scene.states().into_iter().map(|(state, _)| state).collect();
    assert_eq!(states, ["closed", "closed"]);
    // The other one opens its pull request once this run has looked for that.
    let held = scene.git(GitRepository::hold_next_push);
    let error = std::thread::scope(|scope| {
        let run = scope.spawn(|| scene.fails(&[ONE]));
        held.meanwhile(|| {
            scene
                .server
                .with(|state| state.propose("gitops/dev", "release/two"));
        });
        run.join().unwrap()
    });
    assert!(
        error.contains("which therefore cannot be proposed into \"one\""),
        "{error}"
    );
    // Not in the next run either.
    let error = scene.fails(&[ONE]);
    assert!(
        error.contains("which therefore cannot be proposed into"),
        "{error}"
    );
    // Nobody is in the way any more.
    scene.server.with(|state| state.abandon(2));
    scene.run(&[ONE]);
    assert_eq!(scene.brings("gitops/dev", "one"), 1);
}

fn one_that_others_pushed_to_is_left_alone<H: Host>() {
    let scene = scene::<H>();
    scene.run(&[ONE]);
    scene.git(|git| git.commit("gitops/dev", "a note", &[("N.md", "100644", "x")]));
    let before = scene.tip("gitops/dev");
    let error = scene.fails(&[TWO]);
    assert!(error.contains("cannot be proposed into"), "{error}");
    scene.server.with(|state| state.abandon(0));
    for port in [80, 81] {
        let ended = scene.source(port).task(&[TWO]).succeed();
        assert_eq!(
            failed(&ended),
            "environment dev: the branch \"gitops/dev\" was made for another branch than \"release/two\", and has commits of others\nHint: delete it if nobody needs these commits, or set `headBranch` to another name, such as `gitops/release/two/{environment}`"
        );
    }
    assert_eq!(scene.tip("gitops/dev"), before);
    assert_eq!(scene.seen().len(), 1);
}

fn a_run_into_another_target_does_not_delete_it<H: Host>() {
    let scene = scene::<H>();
    scene.run(&[TWO, ("mode", "push")]);
    scene.run(&[ONE]);
    scene.run(&[TWO, ("autoComplete", "true")]);
    assert_eq!(scene.only().state, "open");
    assert!(scene.tip("gitops/dev").is_some());
}

/// A backport by hand, from a head branch of ours.
fn one_that_somebody_proposes_elsewhere_goes_on<H: Host>() {
    let scene = scene::<H>();
    scene.run(&[ONE]);
    scene.server.with(|state| state.merge(0));
    scene
        .server
        .with(|state| state.propose("gitops/dev", "release/two"));
    for _ in 0..3 {
        scene.source(81).run(&[ONE]);
        let states: Vec<_> = scene.states().into_iter().map(|(state, _)| state).collect();
        assert_eq!(states, ["merged", "open", "open"]);
    }
    scene.server.forget();
    scene.run(&[ONE]);
    assert_eq!((scene.server.pushes(), scene.server.writes()), (0, 0));
    // What is pushed after all withdraws ours, and leaves the branch to the other.
    scene.run(&[ONE, ("mode", "auto")]);
    let states: Vec<_> = scene.states().into_iter().map(|(state, _)| state).collect();
    assert_eq!(states, ["merged", "open", "closed"]);
    assert!(scene.tip("gitops/dev").is_some());
}
