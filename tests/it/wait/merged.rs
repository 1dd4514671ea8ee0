//! What was merged, beside what was proposed: altered, taken back, in several commits, and
//! before the host shows it all.

use std::fs;

use gitops_publisher::model::ObjectId;
use gitops_publisher::wait::Start;
use gitops_rollout::Outcome;

use super::{APPS, Cluster, Ended, FakeClock, Says, Scene, on_both_hosts};

on_both_hosts! {
    what_is_merged_has_to_be_what_was_published,
    what_was_there_before_came_before_all_commits_of_a_pull_request,
    a_head_that_the_host_shows_later_is_asked_for_again,
    a_head_that_the_host_never_shows_is_no_rollout,
}

/// What the folder holds in each commit, and another file where it is empty.
fn commit<H: Cluster>(scene: &Scene<H>, branch: &str, content: &str) -> String {
    let files = match content {
        "" => [("README", "100644", branch)],
        content => [("dev/web.yaml", "100644", content)],
    };
    scene.git(|git| git.commit(branch, "by somebody", &files))
}

fn follow<H: Cluster>(scene: &Scene<H>, number: u64, head: &str, clock: &FakeClock<'_>) -> Ended {
    let start = Start::Request(number, ObjectId::parse(head));
    scene.follow(vec![Scene::<H>::member("dev", start, &[APPS])], clock)
}

/// Somebody changes the pull request before it is merged, and the cluster is healthy with
/// what came of it.
fn what_is_merged_has_to_be_what_was_published<H: Cluster>() {
    let altered = "with other content than this run published";
    let emptied = "without what this run published: the folder is what it was before";
    for (content, outcome, said) in [
        ("1", Outcome::RolledOut, ""),
        ("2", Outcome::Superseded, altered),
        ("0", Outcome::Reverted, emptied),
    ] {
        let scene = Scene::<H>::new();
        let number = scene.propose("dev", "1");
        let head = scene.git(|git| git.tip("gitops/dev").unwrap());
        scene.git(|git| {
            let tip = git.tip("main").unwrap();
            git.git(&["update-ref", "refs/heads/gitops/dev", &tip]);
            let files = [("dev/web.yaml", "100644", content), ("x", "100644", "1")];
            git.commit("gitops/dev", "rework", &files)
        });
        scene.server.with(|state| state.squash(0));
        let tip = scene.git(|git| git.tip("main").unwrap());
        scene.says(&tip, APPS, Says::Healthy);
        let start = Start::Request(number, ObjectId::parse(&head));
        let member = Scene::<H>::member("dev", start, &[APPS]);
        let clock = FakeClock::default();
        let ended = scene.follow(vec![member], &clock);
        assert_eq!(ended.outcome(), outcome, "{:#?}", ended.told);
        assert!(ended.reasons().contains(said), "{}", ended.reasons());
        assert!(clock.seconds() <= 30, "{}", clock.seconds());
    }
}

/// The folder held "0", and "1" is published. Others add commits to the pull request, which
/// is rebased; later ones follow on the branch.
fn what_was_there_before_came_before_all_commits_of_a_pull_request<H: Cluster>() {
    let cases: [(&[&str], &[&str], Outcome); 6] = [
        (&[""], &["0"], Outcome::Reverted),
        (&["0"], &[], Outcome::Reverted),
        (&["2"], &["0"], Outcome::Reverted),
        (&["2"], &[], Outcome::Superseded),
        (&["", "2", "1"], &[], Outcome::RolledOut),
        (&["", "", ""], &["3"], Outcome::Superseded),
    ];
    for (others, later, outcome) in cases {
        let scene = Scene::<H>::new();
        let number = scene.propose("dev", "1");
        let head = scene.git(|git| git.tip("gitops/dev").unwrap());
        for content in others {
            commit(&scene, "gitops/dev", content);
        }
        scene.server.with(|state| state.fast_forward(0));
        for content in later {
            commit(&scene, "main", content);
        }
        let tip = scene.git(|git| git.tip("main").unwrap());
        scene.says(&tip, APPS, Says::Healthy);
        let ended = follow(&scene, number, &head, &FakeClock::default());
        let told = format!("{others:?} {later:?}: {:#?}", ended.told);
        assert_eq!(ended.outcome(), outcome, "{told}");
    }
}

/// The host is late to show the commit that was published. Somebody emptied the pull request,
/// and merged it.
fn late<H: Cluster>(shown_after: Option<u64>) -> (Ended, u64) {
    let mut scene = Scene::<H>::new();
    scene.policy.timeout = 300;
    let number = scene.propose("dev", "1");
    let head = scene.git(|git| git.tip("gitops/dev").unwrap());
    scene.git(|git| {
        let tip = git.tip("main").unwrap();
        git.git(&["update-ref", "refs/heads/gitops/dev", &tip]);
    });
    commit(&scene, "gitops/dev", "");
    scene.server.with(|state| state.squash(0));
    let tip = scene.git(|git| git.tip("main").unwrap());
    scene.says(&tip, APPS, Says::Healthy);
    let (place, aside) = scene.git(|git| {
        let place = git.path().join("objects").join(&head[..2]).join(&head[2..]);
        (place, git.path().join("aside"))
    });
    fs::rename(&place, &aside).unwrap();
    let mut clock = FakeClock::default();
    if let Some(second) = shown_after {
        clock = clock.at(second, || fs::rename(&aside, &place).unwrap());
    }
    let ended = follow(&scene, number, &head, &clock);
    (ended, clock.seconds())
}

fn a_head_that_the_host_shows_later_is_asked_for_again<H: Cluster>() {
    let (ended, seconds) = late::<H>(Some(25));
    assert_eq!(ended.outcome(), Outcome::Reverted, "{:#?}", ended.told);
    assert!((30..=60).contains(&seconds), "{seconds}");
}

fn a_head_that_the_host_never_shows_is_no_rollout<H: Cluster>() {
    let (ended, _) = late::<H>(None);
    assert_eq!(ended.outcome(), Outcome::Unknown, "{:#?}", ended.told);
    assert_eq!(ended.rollouts[0].rolled_out_commit, None);
    let said = "which this run proposed, so whether it is what was merged as commit";
    assert!(ended.reasons().contains(said), "{}", ended.reasons());
}
