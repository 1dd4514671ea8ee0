//! The rule, case by case.

mod support;

use gitops_rollout::{
    Authors, Doubt, Hidden, LineState, Outcome, Published, Report, Standing, State, Tree, Waiting,
    writers,
};
use support::{APPS, FLUX, INFRA, Scene, broken, flux, healthy};

fn done(outcome: Outcome) -> Standing {
    Standing::Done(outcome)
}

const TARGETS: Standing = Standing::Waiting(Waiting::Targets);

/// `c1` is ours; nothing came after it.
fn ours() -> Scene {
    Scene::new(&[("c1", "t1"), ("c0", "t0")], "c1")
}

/// `c2` came after ours, with this tree.
fn followed(tree: &str) -> Scene {
    Scene::new(&[("c2", tree), ("c1", "t1"), ("c0", "t0")], "c1")
}

#[test]
fn a_success_on_our_commit_is_a_rollout() {
    assert_eq!(ours().at(1).standing, TARGETS);
    let judged = ours().report("c1", healthy(APPS, 5)).at(6);
    assert_eq!(judged.standing, done(Outcome::RolledOut));
    assert_eq!(judged.last_rolled_out.as_deref(), Some("c1"));
}

#[test]
fn every_required_target_has_to_report() {
    let scene = ours().waits_for(&["kustomization/apps", "kustomization/infra"]);
    let scene = scene.report("c1", healthy(APPS, 5));
    let judged = scene.at(6);
    assert_eq!(judged.standing, TARGETS);
    assert_eq!(judged.lines[1].target, "kustomization/infra");
    assert_eq!(judged.lines[1].state, LineState::Silent);
    let judged = scene.report("c1", healthy(INFRA, 7)).at(8);
    assert_eq!(judged.standing, done(Outcome::RolledOut));
}

#[test]
fn a_later_commit_that_holds_our_files_proves_it_and_another_does_not() {
    let judged = followed("t1").report("c2", healthy(APPS, 5)).at(6);
    assert_eq!(judged.standing, done(Outcome::RolledOut));
    assert_eq!(judged.last_rolled_out.as_deref(), Some("c2"));
    let judged = followed("t2").report("c2", healthy(APPS, 5)).at(6);
    assert_eq!(judged.standing, done(Outcome::Superseded));
}

#[test]
fn a_commit_whose_folder_was_not_looked_at_proves_nothing() {
    let mut scene = followed("t1").report("c2", healthy(APPS, 5));
    scene.trees.clear();
    let judged = scene.at(6);
    assert_eq!(judged.standing, TARGETS);
    assert_eq!(judged.needs, ["c0", "c1", "c2"]);
}

#[test]
fn a_failure_counts_on_our_commit_after_the_grace_time() {
    let scene = ours().report("c1", broken(APPS, 10));
    assert_eq!(scene.at(24).standing, TARGETS);
    let judged = scene.at(25);
    assert_eq!(judged.standing, done(Outcome::Failed));
    let LineState::Failed(said) = &judged.lines[0].state else {
        panic!("{judged:?}");
    };
    assert_eq!(said.words, "health check failed");
    let healed = scene.report("c1", healthy(APPS, 12));
    assert_eq!(healed.at(100).standing, done(Outcome::RolledOut));
}

#[test]
fn a_failure_of_a_later_commit_is_told_and_not_decided_on() {
    let judged = followed("t1").report("c2", broken(APPS, 5)).at(100);
    assert_eq!(judged.standing, TARGETS);
    let later = judged.lines[0].later_failure.as_ref().unwrap();
    assert_eq!(
        (later.commit.as_str(), later.words.as_str()),
        ("c2", "health check failed")
    );
}

#[test]
fn a_success_is_undone_by_a_failure_that_came_after_it() {
    let scene = ours().waits_for(&["helmrelease/*"]);
    let name = "helmrelease/web/0a1b2c3d";
    let scene = scene.report("c1", flux(name, State::Error, "test failed", 9));
    let scene = scene.report("c1", flux(name, State::Succeeded, "upgrade succeeded", 5));
    assert_eq!(scene.at(30).standing, done(Outcome::Failed));
}

#[test]
fn what_is_pending_never_hides_what_was_decided() {
    let late = flux(APPS, State::Pending, "progressing", 9);
    let scene = ours().report("c1", healthy(APPS, 5)).report("c1", late);
    assert_eq!(scene.at(10).standing, done(Outcome::RolledOut));
}

#[test]
fn going_back_to_what_was_there_before_is_a_revert() {
    assert_eq!(followed("t0").at(5).standing, done(Outcome::Reverted));
    assert_eq!(followed("t2").at(5).standing, TARGETS);
    // It did roll out before that.
    let judged = followed("t0").report("c1", healthy(APPS, 3)).at(5);
    assert_eq!(judged.standing, done(Outcome::RolledOut));
    // The folder was new, and is gone again.
    let scene = Scene::new(&[("c2", ""), ("c1", "t1"), ("c0", "")], "c1");
    assert_eq!(scene.at(5).standing, done(Outcome::Reverted));
    // What was there before is not known.
    let scene = Scene::new(&[("c2", "t2"), ("c1", "t1")], "c1");
    assert_eq!(scene.at(5).standing, TARGETS);
}

#[test]
fn until_it_is_known_what_was_there_before_nothing_has_taken_its_place() {
    let mut scene = followed("t0").report("c2", healthy(APPS, 5));
    let before = scene.trees.remove("c0").unwrap();
    let judged = scene.at(6);
    assert_eq!(judged.standing, TARGETS);
    assert_eq!(judged.needs, ["c0"]);
    scene.trees.insert("c0".into(), before);
    assert_eq!(scene.at(6).standing, done(Outcome::Reverted));
}

#[test]
fn a_newer_commit_that_is_not_rolled_out_either_takes_no_ones_place() {
    let scene = followed("t2").report("c2", broken(APPS, 5));
    assert_eq!(scene.at(100).standing, TARGETS);
    assert_eq!(scene.at(1800).standing, done(Outcome::TimedOut));
}

#[test]
fn where_nobody_is_named_those_are_waited_for_who_reported_before() {
    let scene = ours().waits_for_whoever().report("c0", healthy(APPS, 1));
    let scene = scene.report("c0", broken(INFRA, 1));
    let names: Vec<_> = scene
        .at(5)
        .lines
        .into_iter()
        .map(|line| line.target)
        .collect();
    assert_eq!(names, ["kustomization/apps", "kustomization/infra"]);
    let scene = scene.report("c1", healthy(APPS, 6));
    assert_eq!(scene.at(7).standing, TARGETS);
    let scene = scene.report("c1", healthy(INFRA, 8));
    assert_eq!(scene.at(9).standing, done(Outcome::RolledOut));
}

#[test]
fn where_nobody_is_named_and_nobody_reported_before_it_cannot_be_known() {
    let scene = ours().waits_for_whoever().report("c1", healthy(APPS, 5));
    let judged = scene.at(59);
    assert_eq!(judged.standing, Standing::Waiting(Waiting::Anybody));
    assert_eq!(judged.others, ["kustomization/apps"]);
    assert_eq!(scene.at(60).standing, done(Outcome::Unknown));
}

#[test]
fn what_a_cluster_no_longer_has_is_not_waited_for() {
    let ids: Vec<String> = (0..15).rev().map(|at| format!("c{at}")).collect();
    let commits: Vec<_> = ids.iter().map(|id| (id.as_str(), "t")).collect();
    let mut scene = Scene::new(&commits, "c14").waits_for_whoever();
    scene.add("c0", healthy(INFRA, 1));
    for id in &ids[1..14] {
        scene.add(id, healthy(APPS, 1));
    }
    let names: Vec<_> = scene
        .at(5)
        .lines
        .into_iter()
        .map(|line| line.target)
        .collect();
    assert_eq!(names, ["kustomization/apps"]);
    // By name it is waited for all the same, and what it said last is known.
    let scene = scene.waits_for(&["kustomization/infra"]);
    let line = &scene.at(5).lines[0];
    assert_eq!(line.newest.as_ref().unwrap().commit, "c0");
}

#[test]
fn a_name_that_means_nobody_is_waited_for() {
    let scene = ours().waits_for(&["kustomization/app*", "nobody"]);
    let scene = scene.report("c1", healthy(APPS, 5));
    assert_eq!(scene.at(6).standing, TARGETS);
    let judged = scene.at(1800);
    assert_eq!(judged.standing, done(Outcome::TimedOut));
    assert_eq!(judged.lines[1].target, "nobody");
    assert_eq!(judged.lines[1].newest, None);
}

#[test]
fn only_authors_who_are_named_are_believed() {
    let forged = Report {
        author: vec!["mallory".into()],
        author_name: "Flux".into(),
        ..healthy(APPS, 9)
    };
    let scene = ours().report("c1", forged.clone());
    let judged = scene.at(10);
    assert_eq!(judged.standing, TARGETS);
    assert_eq!(judged.disbelieved[0].target, "kustomization/apps");
    assert_eq!(judged.disbelieved[0].author, "mallory (Flux)");
    // A forged success does not hide the failure, nor the other way round.
    let scene = scene.report("c1", broken(APPS, 5));
    assert_eq!(scene.at(30).standing, done(Outcome::Failed));
    let mut nobody = ours().report("c1", healthy(APPS, 5));
    nobody.authors = Authors::default();
    assert_eq!(nobody.at(6).standing, TARGETS);
    let anonymous = Report {
        author: Vec::new(),
        ..healthy(APPS, 5)
    };
    assert_eq!(ours().report("c1", anonymous).at(6).standing, TARGETS);
    let branch = ours()
        .report("c1", forged)
        .report("c0", healthy(INFRA, 1))
        .branch;
    let found: Vec<_> = writers(&branch)
        .into_iter()
        .map(|one| (one.ids, one.targets))
        .collect();
    assert_eq!(
        found,
        [
            (
                vec![FLUX.to_owned()],
                vec!["kustomization/infra".to_owned()]
            ),
            (
                vec!["mallory".to_owned()],
                vec!["kustomization/apps".to_owned()]
            ),
        ]
    );
}

#[test]
fn a_commit_that_was_pushed_away_is_unknown_and_never_green() {
    let mut scene = Scene::new(&[("x1", "t1"), ("c0", "t0")], "c1");
    scene.trees.insert("c1".into(), Tree::Id("t1".into()));
    let scene = scene.report("x1", healthy(APPS, 5));
    assert_eq!(scene.at(6).standing, Standing::Waiting(Waiting::Place));
    let mut gone = scene.clone();
    gone.branch.holds.insert("c1".into(), false);
    let judged = gone.at(6);
    assert_eq!(judged.standing, done(Outcome::Unknown));
    assert!(judged.is_gone);
    // Further back than was read, it is held by the tip alone for certain.
    let mut behind = scene;
    behind.branch.holds.insert("c1".into(), true);
    assert_eq!(behind.at(6).standing, done(Outcome::RolledOut));
}

#[test]
fn without_a_commit_there_is_only_the_pull_request() {
    let with = |published: Published| Scene {
        published,
        ..ours().report("c1", healthy(APPS, 5))
    };
    let cases = [
        (Published::Unchanged, done(Outcome::Unchanged)),
        (Published::Older, done(Outcome::Superseded)),
        (Published::Closed, done(Outcome::Abandoned)),
        (Published::Proposed, Standing::Waiting(Waiting::Merge)),
    ];
    for (published, standing) in cases {
        assert_eq!(with(published).at(9).standing, standing);
    }
    assert_eq!(
        with(Published::Proposed).at(1800).standing,
        done(Outcome::NotMerged)
    );
}

#[test]
fn a_flux_that_never_reports_failures_is_noticed() {
    assert!(ours().report("c0", healthy(APPS, 1)).at(5).never_failed);
    let scene = ours()
        .report("c0", healthy(APPS, 1))
        .report("c0", broken(INFRA, 1));
    assert!(!scene.at(5).never_failed);
    assert!(!ours().at(5).never_failed);
}

#[test]
fn the_last_commit_that_was_rolled_out_is_known_after_a_failure() {
    let scene = ours()
        .report("c0", healthy(APPS, 1))
        .report("c1", broken(APPS, 5));
    assert_eq!(scene.at(30).last_rolled_out.as_deref(), Some("c0"));
}

#[test]
fn only_three_outcomes_pass() {
    let passing = Outcome::ALL.into_iter().filter(|one| one.passes());
    let words: Vec<_> = passing.map(Outcome::word).collect();
    assert_eq!(words, ["rolledOut", "unchanged", "superseded"]);
}

/// `c1` is ours and put `t1` in the place of `t0`; later ones as given, the newest first.
fn since(later: &[(&str, &str)]) -> Scene {
    let commits = [later, &[("c1", "t1"), ("c0", "t0")]].concat();
    Scene::new(&commits, "c1")
}

#[test]
fn a_success_on_what_was_there_before_supersedes_nothing() {
    // Reverted, which was rolled out; what came then is not.
    let scene = since(&[("c3", "t3"), ("c2", "t0")]).report("c2", healthy(APPS, 5));
    assert_eq!(scene.at(6).standing, TARGETS);
    assert_eq!(scene.at(1800).standing, done(Outcome::TimedOut));
    let scene = scene.report("c3", healthy(APPS, 9));
    assert_eq!(scene.at(10).standing, done(Outcome::Superseded));
}

#[test]
fn whoever_removes_the_folder_publishes_nothing_newer() {
    let scene = since(&[("c2", "")]).report("c2", healthy(APPS, 5));
    assert_eq!(scene.at(6).standing, done(Outcome::Reverted));
    let scene = since(&[("c3", "t3"), ("c2", "")]).report("c2", healthy(APPS, 5));
    assert_eq!(scene.at(6).standing, TARGETS);
}

/// More commits came since than are looked at.
#[test]
fn of_a_commit_far_back_the_parent_decides() {
    let scene = since(&[("c9", "t0")]).report("c9", healthy(APPS, 5));
    let mut far = scene;
    far.branch.commits.truncate(1);
    far.branch.holds.insert("c1".to_owned(), true);
    assert_eq!(far.at(6).standing, TARGETS);
    let judged = far.at(1800);
    assert_eq!(judged.standing, done(Outcome::Unknown));
    assert_eq!(judged.doubt, Some(Doubt::Place));
    // It was seen while it was among them.
    far.branch.parents.insert("c1".to_owned(), "c0".to_owned());
    assert_eq!(far.at(6).standing, done(Outcome::Reverted));
    far.trees.insert("c9".to_owned(), Tree::Id("t9".to_owned()));
    assert_eq!(far.at(6).standing, done(Outcome::Superseded));
    far.trees.insert("c9".to_owned(), Tree::Id("t1".to_owned()));
    assert_eq!(far.at(6).standing, done(Outcome::RolledOut));
}

#[test]
fn a_pattern_does_not_forget_who_was_silent_for_a_while() {
    let commits: Vec<_> = (0..20).rev().map(|at| (format!("c{at:02}"), "t")).collect();
    let commits: Vec<_> = commits
        .iter()
        .map(|(id, tree)| (id.as_str(), *tree))
        .collect();
    let mut scene = Scene::new(&commits, "c19").waits_for(&["kustomization/*"]);
    for (id, _) in &commits {
        scene.add(id, healthy(APPS, 1));
    }
    assert_eq!(scene.at(6).standing, done(Outcome::RolledOut));
    scene.add("c02", healthy(INFRA, 1));
    let judged = scene.at(6);
    assert_eq!(judged.standing, TARGETS);
    assert_eq!(judged.lines[1].target, "kustomization/infra");
}

/// An app wrote more check runs than are read; a user writes none.
#[test]
fn a_success_beside_check_runs_that_were_not_read_proves_nothing() {
    for (author, outcome) in [("flux[bot]", Outcome::Unknown), (FLUX, Outcome::RolledOut)] {
        let mut scene = ours();
        scene.authors = Authors::only([author]);
        let mut report = healthy(APPS, 5);
        report.author = vec![author.to_owned()];
        scene.add("c1", report);
        scene.branch.commits[0].is_partial = true;
        let judged = scene.at(1800);
        assert_eq!(judged.standing, done(outcome));
        assert_eq!(judged.doubt.is_some(), outcome == Outcome::Unknown);
    }
}

#[test]
fn only_what_is_waited_for_is_a_forgery() {
    let by = |name: &str| Report {
        author: vec!["mallory".to_owned()],
        ..healthy(name, 5)
    };
    let scene = ours().report("c1", by(APPS)).report("c1", by("ci/build"));
    let judged = scene.at(6);
    let told: Vec<_> = judged
        .disbelieved
        .iter()
        .map(|one| one.target.as_str())
        .collect();
    assert_eq!(told, ["kustomization/apps"]);
}

fn by_mallory_at(commit: &str) -> Hidden {
    Hidden::Covered {
        commit: commit.to_owned(),
        author: "mallory (Flux)".to_owned(),
    }
}

/// GitHub shows the newest status of a context alone.
#[test]
fn what_others_hide_after_a_success_is_named() {
    let by_mallory = || Report {
        author: vec!["mallory".to_owned()],
        ..flux(APPS, State::Pending, "", 9)
    };
    let scene = followed("t1").report("c1", healthy(APPS, 5));
    assert_eq!(scene.at(6).lines[0].hidden, None);
    let forged = scene.clone().report("c2", by_mallory());
    let judged = forged.at(6);
    assert_eq!(judged.standing, done(Outcome::RolledOut));
    assert_eq!(judged.lines[0].hidden, Some(by_mallory_at("c2")));
    // What it said itself is there too, as Azure DevOps shows it.
    let both = forged.report("c2", healthy(APPS, 8));
    assert_eq!(both.at(9).lines[0].hidden, None);
    // Before the success nothing is hidden.
    let before = scene.report("c1", by_mallory());
    assert_eq!(before.at(9).lines[0].hidden, None);
}

/// Whatever the words are that cover what the target said itself, and what is under way later.
#[rstest::rstest]
#[case::words_of_no_rollout("drift corrected", false)]
#[case::words_of_an_artifact("new artifact", false)]
#[case::then_pending("", true)]
#[case::words_of_no_rollout_then_pending("drift corrected", true)]
fn what_others_hide_is_named_whatever_they_write(#[case] words: &str, #[case] pending: bool) {
    let by_mallory = Report {
        author: vec!["mallory".to_owned()],
        ..flux(APPS, State::Succeeded, words, 9)
    };
    let commits = [("c3", "t1"), ("c2", "t1"), ("c1", "t1"), ("c0", "t0")];
    let scene = Scene::new(&commits, "c1").report("c1", healthy(APPS, 5));
    let mut scene = scene.report("c2", by_mallory);
    if pending {
        scene = scene.report("c3", flux(APPS, State::Pending, "", 10));
    }
    let judged = scene.at(11);
    assert_eq!(judged.lines[0].hidden, Some(by_mallory_at("c2")));
}

#[test]
fn a_letter_that_folds_to_another_is_another_author() {
    let mut scene = ours();
    scene.authors = Authors::only(["Flux-Kluster"]);
    let by = |name: &str| Report {
        author: vec![name.to_owned()],
        ..healthy(APPS, 5)
    };
    let forged = scene.clone().report("c1", by("flux-\u{212a}luster"));
    assert_eq!(forged.at(6).standing, TARGETS);
    let own = scene.report("c1", by("flux-kluster"));
    assert_eq!(own.at(6).standing, done(Outcome::RolledOut));
}
