//! What a run only found on the branch, and what became of it on its way there.

mod support;

use gitops_rollout::{Outcome, Published, Standing, State, Tree, Waiting};
use support::{APPS, Scene, broken, flux, healthy};

fn done(outcome: Outcome) -> Standing {
    Standing::Done(outcome)
}

const TARGETS: Standing = Standing::Waiting(Waiting::Targets);

/// Nothing was published, because `c1` had brought it.
fn held(scene: Scene, is_older: bool) -> Scene {
    let commit = "c1".to_owned();
    Scene {
        published: Published::Held { commit, is_older },
        ..scene
    }
}

#[test]
fn what_is_unchanged_has_to_be_rolled_out_all_the_same() {
    let scene = held(
        Scene::new(&[("c2", "t1"), ("c1", "t1"), ("c0", "t0")], "c1"),
        false,
    );
    assert_eq!(scene.at(1).standing, TARGETS);
    assert_eq!(scene.at(1800).standing, done(Outcome::TimedOut));
    for commit in ["c1", "c2"] {
        let judged = scene.clone().report(commit, healthy(APPS, 5)).at(6);
        assert_eq!(judged.standing, done(Outcome::Unchanged), "{commit}");
    }
    let judged = scene.clone().report("c1", broken(APPS, 5)).at(20);
    assert_eq!(judged.standing, done(Outcome::Failed));
    let judged = scene.report("c0", healthy(APPS, 5)).at(6);
    assert_eq!(judged.standing, TARGETS, "on what was there before");
}

/// Argo CD reports on the commits that change something, which may be long past.
#[test]
fn what_was_unchanged_for_long_passes_where_nobody_says_otherwise() {
    let oldest = || held(Scene::new(&[("c2", "t1"), ("c1", "t1")], "c1"), true);
    assert_eq!(oldest().at(1).standing, done(Outcome::Unchanged));
    let pending = flux(APPS, State::Pending, "progressing", 5);
    for (report, ends) in [
        (healthy(APPS, 5), done(Outcome::Unchanged)),
        (broken(APPS, 5), TARGETS),
        (pending, TARGETS),
    ] {
        let judged = oldest().report("c2", report).at(20);
        assert_eq!(judged.standing, ends);
    }
    let failed = oldest().report("c1", broken(APPS, 5)).at(20);
    assert_eq!(failed.standing, done(Outcome::Failed));
    let nobody = oldest().waits_for_whoever().at(60);
    assert_eq!(nobody.standing, done(Outcome::Unknown), "nobody to ask");
}

/// GitHub tells of no commit before the oldest that is known.
#[test]
fn where_ours_is_the_oldest_that_is_known_those_count_that_reported_since() {
    let mut scene = Scene::new(&[("c3", "t1"), ("c2", "t1"), ("c1", "t1")], "c1");
    scene.branch.commits[2].parent = Some("c0".to_owned());
    let scene = scene.waits_for_whoever().report("c2", healthy(APPS, 1));
    assert_eq!(scene.at(5).standing, done(Outcome::RolledOut));
    // The first commit of all has none before it.
    let mut first = scene.clone();
    first.branch.commits[2].parent = None;
    assert_eq!(first.at(60).standing, done(Outcome::Unknown));
}

/// Ours came long ago, and of what came before it only little is known.
#[test]
fn where_little_came_before_ours_those_count_too_that_reported_since() {
    let ids: Vec<String> = (0..20).rev().map(|at| format!("c{at:02}")).collect();
    let commits: Vec<_> = ids.iter().map(|id| (id.as_str(), "t1")).collect();
    let with = |own: &str, cut: bool| {
        let mut scene = Scene::new(&commits, own).waits_for_whoever();
        scene.branch.commits[19].parent = cut.then(|| "b".to_owned());
        // One reports on all, one seldom, and one for the first time on the newest.
        for id in ids.iter().filter(|id| id.as_str() != "c00") {
            scene.add(id, healthy(APPS, 1));
        }
        scene.add("c18", healthy("kustomization/seldom/0a1b2c3d", 1));
        scene.add("c19", healthy("kustomization/first/0a1b2c3d", 1));
        let lines = scene.at(5).lines.into_iter();
        lines.map(|line| line.target).collect::<Vec<_>>()
    };
    let both = ["kustomization/apps", "kustomization/seldom"];
    assert_eq!(with("c01", true), both, "one came before, without statuses");
    assert_eq!(with("c00", true), both, "none is known");
    assert_eq!(with("c01", false), [""; 0], "the branch began there");
    assert_eq!(with("c10", true), ["kustomization/apps"], "ten came before");
}

/// The first publication of all: nobody reported before it.
#[test]
fn what_was_there_already_is_asked_for_by_those_who_reported_since() {
    let commits = [("c2", "t1"), ("c1", "t1"), ("c0", "")];
    for commit in ["c2", "c1"] {
        let scene = Scene::new(&commits, "c1").waits_for_whoever();
        let scene = scene.report(commit, healthy(APPS, 1));
        let published = scene.at(60).standing;
        assert_eq!(published, done(Outcome::Unknown), "it may be one of many");
        assert_eq!(held(scene, false).at(6).standing, done(Outcome::Unchanged));
        let failing = Scene::new(&commits, "c1").waits_for_whoever();
        let failing = held(failing.report(commit, broken(APPS, 1)), false);
        let ends = match commit {
            "c1" => Outcome::Failed,
            _ => Outcome::TimedOut,
        };
        assert_eq!(failing.at(1800).standing, done(ends));
    }
}

/// The branch held it already at `c3`; what comes after that is of others.
#[test]
fn a_failure_on_what_the_run_found_is_one_of_its_own() {
    let commits = [
        ("c4", "t1"),
        ("c3", "t1"),
        ("c2", "t1"),
        ("c1", "t1"),
        ("c0", "t0"),
    ];
    let failing = |commit: &str| {
        let mut scene = held(Scene::new(&commits, "c1"), false);
        scene.content = Some("c3".into());
        scene.report(commit, broken(APPS, 5))
    };
    for commit in ["c3", "c2", "c1"] {
        let scene = failing(commit);
        assert_eq!(scene.at(6).standing, TARGETS, "the grace time");
        let judged = scene.at(20);
        assert_eq!(judged.standing, done(Outcome::Failed), "{commit}");
        assert_eq!(judged.lines[0].later_failure, None);
        let healed = scene.report("c4", healthy(APPS, 9)).at(20);
        assert_eq!(healed.standing, done(Outcome::Unchanged), "{commit}");
    }
    assert_eq!(failing("c4").at(20).standing, TARGETS);
    // For a run that published, this is information only.
    let mut own = failing("c2");
    own.published = Published::Commit("c1".into());
    assert_eq!(own.at(20).standing, TARGETS);
}

/// `h` is the head of the pull request that became `c1`.
fn merged(published: &str, commits: &[(&str, &str)]) -> Scene {
    let mut scene = Scene::new(commits, "c1");
    scene.trees.insert("h".into(), Tree::Id(published.into()));
    scene.content = Some("h".into());
    scene
}

#[test]
fn what_was_merged_is_compared_with_what_was_published() {
    let [new, old] = [("c1", "t1"), ("c0", "t0")];
    let ends = |scene: Scene| scene.report("c1", healthy(APPS, 5)).at(6).standing;
    assert_eq!(ends(merged("t1", &[new, old])), done(Outcome::RolledOut));
    let other = merged("t2", &[new, old]);
    assert_eq!(
        ends(other),
        done(Outcome::Superseded),
        "somebody changed it"
    );
    let emptied = merged("t1", &[("c1", "t0"), old]);
    assert_eq!(emptied.at(1).standing, done(Outcome::Reverted));
    assert_eq!(
        ends(emptied),
        done(Outcome::Reverted),
        "somebody emptied it"
    );
    // The branch had it already.
    let same = merged("t0", &[("c1", "t0"), old]);
    assert_eq!(ends(same), done(Outcome::RolledOut));
    // A later commit brings it after all.
    let later = merged("t1", &[("c2", "t1"), ("c1", "t2"), old]);
    let later = later.report("c2", healthy(APPS, 5));
    assert_eq!(later.at(6).standing, done(Outcome::RolledOut));
    // What was published is not known yet.
    let mut unknown = merged("t1", &[new, old]);
    unknown.trees.remove("h");
    let judged = unknown.report("c1", healthy(APPS, 5)).at(6);
    assert_eq!(judged.standing, TARGETS);
    assert_eq!(judged.needs, ["h"]);
}

/// The newest word on what the branch held already.
#[test]
fn a_failure_after_a_success_on_what_the_run_found_is_a_failure() {
    let commits = [("c2", "t1"), ("c1", "t1"), ("c0", "t0")];
    let mut scene = held(Scene::new(&commits, "c1"), false);
    scene.content = Some("c2".into());
    let scene = scene.report("c1", healthy(APPS, 1));
    let judged = scene.clone().report("c2", broken(APPS, 5)).at(30);
    assert_eq!(judged.standing, done(Outcome::Failed));
    let recovered = scene.report("c2", healthy(APPS, 5)).at(30);
    assert_eq!(recovered.standing, done(Outcome::Unchanged));
}

/// What is long past is in none of the commits that are known; a success that came after it
/// counts wherever it is.
#[test]
fn a_success_on_any_commit_after_what_is_long_past_counts() {
    let commits = [("c9", "t1"), ("c8", "t1"), ("c7", "t1")];
    let mut scene = held(Scene::new(&commits, "c1"), false);
    scene.branch.holds.insert("c1".into(), true);
    scene.trees.insert("c1".into(), Tree::Id("t1".into()));
    let scene = scene.report("c8", healthy(APPS, 1));
    assert_eq!(scene.at(5).standing, done(Outcome::Unchanged));
    let judged = scene.report("c9", broken(APPS, 5)).at(30);
    assert!(judged.lines[0].later_failure.is_some());
}

/// GitHub tells of the oldest commit that is known to hold it, where it came before that.
#[test]
fn what_was_there_before_what_is_long_past_is_not_known() {
    let commits = [("c2", "t0"), ("c1", "t1")];
    let mut scene = held(Scene::new(&commits, "c1"), true);
    scene.branch.commits[1].parent = Some("c0".into());
    scene.trees.insert("c0".into(), Tree::Id("t1".into()));
    let scene = scene.report("c2", healthy(APPS, 1));
    assert_eq!(scene.at(5).standing, TARGETS);
    assert_eq!(scene.at(1800).standing, done(Outcome::Unknown));
}
