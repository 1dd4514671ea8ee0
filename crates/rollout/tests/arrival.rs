//! What a pull request brought in several commits: what was there before is what the branch
//! held before the first of them.

mod support;

use gitops_rollout::{Arrival, Doubt, Outcome, Standing, Tree};
use support::{APPS, Scene, healthy};

fn done(outcome: Outcome) -> Standing {
    Standing::Done(outcome)
}

const WAITS: Standing = Standing::Waiting(gitops_rollout::Waiting::Targets);

/// `h` published `ours`; the pull request was merged as `c1`, at the end of commits that
/// it brought. The host says all that it can.
fn brought(commits: &[(&str, &str)], arrival: Arrival) -> Scene {
    let mut scene = Scene::new(commits, "c1");
    scene.trees.insert("h".into(), Tree::Id("ours".into()));
    scene.content = Some("h".into());
    scene.arrival = arrival;
    scene
}

/// What the hosts say of a pull request that was rebased as two commits onto `c-1`.
fn told() -> [Arrival; 4] {
    let of = |base: Option<&str>, most| Arrival::Together {
        base: base.map(str::to_owned),
        most,
    };
    [
        of(Some("c-1"), None),
        of(None, Some(2)),
        // More than it became: what is older still is no news either.
        of(None, Some(3)),
        of(None, None),
    ]
}

#[rstest::rstest]
// Somebody added a commit elsewhere, and the folder was reverted later.
#[case::reverted_after_an_extra_commit(&[("c2", "old"), ("c1", "ours"), ("c0", "ours"), ("c-1", "old"), ("c-2", "older")], Outcome::Reverted)]
// Somebody took ours back on the head branch, before it was merged.
#[case::taken_back_on_the_way(&[("c2", "old"), ("c1", "old"), ("c0", "ours"), ("c-1", "old"), ("c-2", "older")], Outcome::Reverted)]
// Somebody altered it on the way, and later it went back to what it was before.
#[case::altered_and_reverted(&[("c2", "old"), ("c1", "theirs"), ("c0", "ours"), ("c-1", "old"), ("c-2", "older")], Outcome::Reverted)]
#[case::altered_on_the_way(&[("c2", "theirs"), ("c1", "theirs"), ("c0", "ours"), ("c-1", "old"), ("c-2", "older")], Outcome::Superseded)]
#[case::newer_later(&[("c2", "newer"), ("c1", "ours"), ("c0", "ours"), ("c-1", "old"), ("c-2", "older")], Outcome::Superseded)]
#[case::ours(&[("c2", "ours"), ("c1", "ours"), ("c0", "ours"), ("c-1", "old"), ("c-2", "older")], Outcome::RolledOut)]
#[case::altered_and_corrected(&[("c2", "ours"), ("c1", "theirs"), ("c0", "ours"), ("c-1", "old"), ("c-2", "older")], Outcome::RolledOut)]
#[case::gone_in_the_end(&[("c2", ""), ("c1", "theirs"), ("c0", "ours"), ("c-1", "old"), ("c-2", "older")], Outcome::Reverted)]
fn what_was_there_before_came_before_all_that_it_brought(
    #[case] commits: &[(&str, &str)],
    #[case] outcome: Outcome,
) {
    for arrival in told() {
        let scene = brought(commits, arrival.clone()).report("c2", healthy(APPS, 5));
        assert_eq!(scene.at(6).standing, done(outcome), "{arrival:?}");
    }
}

/// Ours, another change of the folder, and a commit elsewhere: the other change came later.
#[test]
fn what_came_on_the_way_after_ours_was_not_there_before() {
    let commits = [
        ("c1", "theirs"),
        ("c0", "theirs"),
        ("c-1", "ours"),
        ("c-2", "old"),
    ];
    for (base, most) in [(Some("c-2".to_owned()), None), (None, Some(3))] {
        let scene = brought(&commits, Arrival::Together { base, most });
        let judged = scene.report("c1", healthy(APPS, 5)).at(6);
        assert_eq!(judged.standing, done(Outcome::Superseded));
    }
}

/// Merged as one commit, with what others published before in between.
#[test]
fn of_one_commit_the_first_parent_was_there_before() {
    let commits = [
        ("c2", "older"),
        ("c1", "ours"),
        ("c0", "old"),
        ("c-1", "older"),
    ];
    let ends = |most, base: Option<&str>| {
        let base = base.map(str::to_owned);
        let scene = brought(&commits, Arrival::Together { base, most });
        scene.report("c2", healthy(APPS, 5)).at(6).standing
    };
    assert_eq!(ends(Some(1), None), done(Outcome::Superseded));
    assert_eq!(ends(None, Some("c0")), done(Outcome::Superseded));
}

/// The pull request became more commits than are known.
#[test]
fn where_it_is_not_known_what_was_there_before_nothing_has_taken_its_place() {
    let commits = [("c2", "other"), ("c1", "ours"), ("c0", "ours")];
    let cut = |arrival| {
        let mut scene = brought(&commits, arrival).report("c2", healthy(APPS, 5));
        scene.branch.commits[2].parent = Some("c-1".into());
        scene.trees.insert("c-1".into(), Tree::Id("mid".into()));
        scene
    };
    let many = cut(Arrival::Together {
        base: None,
        most: Some(9),
    });
    assert_eq!(many.at(6).standing, WAITS);
    let judged = many.at(1800);
    assert_eq!(judged.standing, done(Outcome::Unknown));
    assert_eq!(judged.doubt, Some(Doubt::Place));
    // The host says what came before them.
    let mut told = cut(Arrival::Together {
        base: Some("b".into()),
        most: None,
    });
    assert_eq!(told.at(6).needs, ["b"]);
    told.trees.insert("b".into(), Tree::Id("other".into()));
    assert_eq!(told.at(6).standing, done(Outcome::Reverted));
    told.trees.insert("b".into(), Tree::Id("old".into()));
    assert_eq!(told.at(6).standing, done(Outcome::Superseded));
}

/// Others pushed it out of the list; what came before was kept.
#[test]
fn what_came_before_is_known_after_it_left_the_list() {
    let mut scene = brought(
        &[("c9", "old")],
        Arrival::Together {
            base: None,
            most: Some(2),
        },
    );
    let scene = {
        scene.branch.holds.insert("c1".into(), true);
        for (commit, parent) in [("c1", "c0"), ("c0", "c-1")] {
            scene.branch.parents.insert(commit.into(), parent.into());
        }
        for (commit, tree) in [("c0", "ours"), ("c-1", "old")] {
            scene.trees.insert(commit.into(), Tree::Id(tree.into()));
        }
        scene.report("c9", healthy(APPS, 5))
    };
    assert_eq!(scene.at(6).standing, done(Outcome::Reverted));
}

/// The host does not show the head that was published.
#[test]
fn what_cannot_be_compared_is_not_known_to_be_ours() {
    let commits = [("c1", "old"), ("c0", "old")];
    for report in ["c1", "c0"] {
        let mut scene = brought(&commits, Arrival::default()).report(report, healthy(APPS, 5));
        scene.trees.remove("h");
        assert_eq!(scene.at(6).standing, WAITS);
        assert_eq!(scene.at(6).needs, ["h"]);
        let judged = scene.at(1800);
        assert_eq!(judged.standing, done(Outcome::Unknown));
        assert_eq!(judged.doubt, Some(Doubt::Content));
    }
}
