//! A pull request that can be merged stays one, whatever happened to its
//! branches; where it cannot, the run says so.

use super::{Host, Scene, on_both_hosts, warnings};

on_both_hosts!(
    after_an_updated_branch_was_squashed_the_next_one_starts_from_the_target,
    after_a_reviewed_branch_was_squashed_the_next_one_starts_from_the_target,
    after_a_reviewed_branch_was_merged_the_next_one_starts_from_the_target,
    after_a_reviewed_one_was_given_up_the_next_one_starts_from_the_target,
    what_was_pushed_after_it_was_closed_stays,
    the_target_is_merged_into_a_reviewed_branch,
    the_same_content_is_merged_again_when_the_target_moved,
    a_hand_edit_of_the_target_is_overwritten_on_a_new_branch_point,
    a_conflict_outside_of_the_folder_is_said,
    a_host_that_has_not_found_out_is_asked_again,
    a_host_that_never_finds_out_is_not_waited_for,
);

const OVERWRITE: (&str, &str) = ("handEdits", "overwrite");

/// `main` holds port 79, and a pull request proposes 80.
fn proposed<H: Host>() -> Scene<H> {
    let scene = Scene::<H>::new();
    scene.source(79).run(&[("mode", "push")]);
    scene.source(80).run(&[]);
    scene
}

fn commit<H: Host>(scene: &Scene<H>, branch: &str, path: &str, text: &str) -> String {
    scene.git(|git| git.commit(branch, "by hand", &[(path, "100644", text)]))
}

/// The newest pull request is open, comes from one commit on top of `main`, and
/// can be merged.
fn assert_starts_anew<H: Host>(scene: &Scene<H>, count: usize) {
    let states = scene.states();
    assert_eq!(states.len(), count, "{states:?}");
    assert_eq!(states[count - 1], ("open", "gitops/dev".to_owned()));
    assert_eq!(scene.proposed("gitops/dev").len(), 1);
    let parent = scene.git(|git| git.git(&["rev-parse", "gitops/dev^"]));
    assert_eq!(Some(parent.trim()), scene.tip("main").as_deref());
    assert!(scene.git(|git| !git.conflicts("gitops/dev", "main")));
}

fn after_an_updated_branch_was_squashed_the_next_one_starts_from_the_target<H: Host>() {
    let scene = proposed::<H>();
    commit(&scene, "main", "other/x.yaml", "x");
    scene.git(|git| git.update_branch("gitops/dev", "main"));
    scene.server.with(|state| state.squash(0));
    let ended = scene.source(81).run(&[]);
    assert_starts_anew(&scene, 2);
    assert_eq!(warnings(&ended), [""; 0]);
    // And so does the one after that.
    scene.git(|git| git.update_branch("gitops/dev", "main"));
    scene.server.with(|state| state.squash(1));
    scene.source(82).run(&[]);
    assert_starts_anew(&scene, 3);
}

fn after_a_reviewed_branch_was_squashed_the_next_one_starts_from_the_target<H: Host>() {
    let scene = proposed::<H>();
    commit(&scene, "gitops/dev", "NOTES.md", "reviewed");
    scene.server.with(|state| state.squash(0));
    scene.source(81).run(&[]);
    assert_starts_anew(&scene, 2);
    assert_eq!(
        scene.git(|git| git.content("gitops/dev", "NOTES.md")),
        "reviewed"
    );
}

fn after_a_reviewed_branch_was_merged_the_next_one_starts_from_the_target<H: Host>() {
    let scene = proposed::<H>();
    commit(&scene, "gitops/dev", "NOTES.md", "reviewed");
    scene.server.with(|state| state.merge(0));
    scene.source(81).run(&[]);
    assert_starts_anew(&scene, 2);
}

fn after_a_reviewed_one_was_given_up_the_next_one_starts_from_the_target<H: Host>() {
    let scene = proposed::<H>();
    commit(&scene, "gitops/dev", "NOTES.md", "reviewed");
    scene.server.with(|state| state.abandon(0));
    scene.source(81).run(&[]);
    assert_starts_anew(&scene, 2);
}

fn what_was_pushed_after_it_was_closed_stays<H: Host>() {
    let scene = proposed::<H>();
    scene.server.with(|state| state.squash(0));
    commit(&scene, "gitops/dev", "NOTES.md", "too late");
    scene.source(81).run(&[]);
    assert_eq!(scene.states()[1], ("open", "gitops/dev".to_owned()));
    assert_eq!(
        scene.git(|git| git.content("gitops/dev", "NOTES.md")),
        "too late"
    );
    assert!(scene.git(|git| git.holds("gitops/dev", "main")));
    assert!(scene.git(|git| !git.conflicts("gitops/dev", "main")));
}

fn the_target_is_merged_into_a_reviewed_branch<H: Host>() {
    let scene = proposed::<H>();
    let note = commit(&scene, "gitops/dev", "NOTES.md", "reviewed");
    commit(&scene, "main", "other/x.yaml", "x");
    // Another pipeline of the same environment pushes to the target branch.
    scene.source(90).run(&[("mode", "push")]);
    let ended = scene.source(81).run(&[]);
    assert_eq!(scene.states(), [("open", "gitops/dev".to_owned())]);
    assert!(scene.git(|git| git.holds("gitops/dev", &note)));
    assert!(scene.git(|git| git.holds("gitops/dev", "main")));
    assert!(scene.git(|git| !git.conflicts("gitops/dev", "main")));
    let content = |path: &str| scene.git(|git| git.content("gitops/dev", path));
    assert_eq!(content("NOTES.md"), "reviewed");
    assert_eq!(content("other/x.yaml"), "x");
    assert!(content("dev/web.yaml").contains("port: 81"));
    assert_eq!(warnings(&ended), [""; 0]);
    scene.git(super::GitRepository::assert_sound);
}

fn the_same_content_is_merged_again_when_the_target_moved<H: Host>() {
    let scene = proposed::<H>();
    commit(&scene, "gitops/dev", "NOTES.md", "reviewed");
    scene.source(90).run(&[("mode", "push")]);
    assert!(scene.git(|git| git.conflicts("gitops/dev", "main")));
    scene.source(80).run(&[]);
    assert!(scene.git(|git| !git.conflicts("gitops/dev", "main")));
    assert_eq!(
        scene.git(|git| git.content("gitops/dev", "NOTES.md")),
        "reviewed"
    );
    scene.server.forget();
    scene.run(&[]);
    assert_eq!((scene.server.pushes(), scene.server.writes()), (0, 0));
}

fn a_hand_edit_of_the_target_is_overwritten_on_a_new_branch_point<H: Host>() {
    let scene = proposed::<H>();
    commit(&scene, "main", "dev/web.yaml", "# by hand\n");
    assert!(scene.git(|git| git.conflicts("gitops/dev", "main")));
    scene.run(&[OVERWRITE]);
    assert_starts_anew(&scene, 1);
    scene.server.forget();
    scene.run(&[OVERWRITE]);
    assert_eq!((scene.server.pushes(), scene.server.writes()), (0, 0));
}

fn a_conflict_outside_of_the_folder_is_said<H: Host>() {
    let scene = proposed::<H>();
    commit(&scene, "gitops/dev", "NOTES.md", "reviewed");
    commit(&scene, "main", "NOTES.md", "something else");
    let said = "environment dev, pull request: pull request 1 cannot be merged: it conflicts with \"main\" (NOTES.md). Merge \"main\" into \"gitops/dev\" by hand";
    for port in [81, 81, 82] {
        let ended = scene.source(port).run(&[]);
        assert_eq!(warnings(&ended), [said]);
    }
    assert_eq!(scene.states(), [("open", "gitops/dev".to_owned())]);
    scene.server.forget();
    scene.run(&[]);
    assert_eq!((scene.server.pushes(), scene.server.writes()), (0, 0));
}

fn a_host_that_has_not_found_out_is_asked_again<H: Host>() {
    let scene = proposed::<H>();
    commit(&scene, "gitops/dev", "NOTES.md", "reviewed");
    commit(&scene, "main", "NOTES.md", "something else");
    scene.server.with(|state| state.undecided(2));
    let ended = scene.source(81).run(&[]);
    assert_eq!(warnings(&ended).len(), 1, "{:?}", warnings(&ended));
}

fn a_host_that_never_finds_out_is_not_waited_for<H: Host>() {
    let scene = proposed::<H>();
    scene.server.with(|state| state.undecided(1000));
    let started = std::time::Instant::now();
    let ended = scene.source(81).run(&[]);
    assert_eq!(warnings(&ended), [""; 0]);
    assert!(started.elapsed() < std::time::Duration::from_secs(30));
}
