//! What a target may have said that is not to be seen: others wrote over it, or not all
//! check runs were read.

mod support;

use gitops_rollout::{Authors, Hidden, Outcome, Published, Report, Standing, State};
use rstest::rstest;
use support::{APPS, Scene, flux, healthy};

const APP: &str = "flux[bot]";

fn by(author: &str, report: Report) -> Report {
    Report {
        author: vec![author.to_owned()],
        ..report
    }
}

/// An app reports, which writes check runs; `c3` to `c1` hold ours.
fn with_app() -> Scene {
    let commits = [("c3", "t1"), ("c2", "t1"), ("c1", "t1"), ("c0", "t0")];
    let mut scene = Scene::new(&commits, "c1");
    scene.authors = Authors::only([APP]);
    scene
}

/// Since a success, there is a commit with more check runs than were read.
#[rstest]
#[case::nothing_of_the_target(None, Some("c2"))]
#[case::under_way(Some(("c2", State::Pending)), Some("c2"))]
#[case::a_success_beside_it(Some(("c2", State::Succeeded)), Some("c2"))]
#[case::under_way_later(Some(("c3", State::Pending)), Some("c2"))]
#[case::decided_later(Some(("c3", State::Succeeded)), None)]
fn check_runs_that_were_not_read_may_have_failed(
    #[case] later: Option<(&str, State)>,
    #[case] hidden: Option<&str>,
) {
    let mut scene = with_app().report("c1", by(APP, healthy(APPS, 5)));
    scene.branch.commits[1].is_partial = true;
    if let Some((commit, state)) = later {
        let words = if state == State::Succeeded {
            "reconciliation succeeded"
        } else {
            ""
        };
        scene.add(commit, by(APP, flux(APPS, state, words, 6)));
    }
    let judged = scene.at(7);
    assert_eq!(judged.standing, Standing::Done(Outcome::RolledOut));
    let hidden = hidden.map(|commit| Hidden::CheckRuns(commit.to_owned()));
    assert_eq!(judged.lines[0].hidden, hidden);
    // Users write no check runs.
    scene.authors = Authors::only([support::FLUX]);
    scene.add("c1", healthy(APPS, 5));
    let hidden = scene.at(7).lines.remove(0).hidden;
    assert!(!matches!(hidden, Some(Hidden::CheckRuns(_))), "{hidden:?}");
}

/// Nothing was published, and what is there came before the commits that are known.
#[rstest]
#[case::others_wrote("kustomization/apps", Some(healthy(APPS, 9)), false)]
#[case::others_wrote_words_of_no_rollout(
    "kustomization/apps",
    Some(flux(APPS, State::Succeeded, "new artifact", 9)),
    false
)]
#[case::others_wrote_where_a_pattern_is_named(
    "kustomization/*",
    Some(flux(APPS, State::Pending, "", 9)),
    false
)]
#[case::others_wrote_in_another_case(
    "kustomization/apps",
    Some(healthy("Kustomization/Apps/0A1B2C3D", 9)),
    false
)]
#[case::check_runs_were_not_read("kustomization/apps", None, true)]
#[case::check_runs_were_not_read_where_a_pattern_is_named("kustomization/*", None, true)]
fn what_is_hidden_is_no_peace(
    #[case] name: &str,
    #[case] forged: Option<Report>,
    #[case] partial: bool,
) {
    for before in [true, false] {
        let mut scene = with_app().waits_for(&[name]);
        scene.published = Published::Held {
            commit: "c1".into(),
            is_older: true,
        };
        if before {
            scene.add("c1", by(APP, flux(APPS, State::Pending, "", 1)));
            scene.branch.commits[2].reports.clear();
            scene.add("c0", by(APP, healthy(APPS, 1)));
        }
        let quiet = scene.at(7);
        assert_eq!(
            quiet.standing,
            Standing::Done(Outcome::Unchanged),
            "{before}"
        );
        if let Some(forged) = &forged {
            scene.add("c2", by("mallory", forged.clone()));
        }
        scene.branch.commits[1].is_partial = partial;
        let judged = scene.at(1800);
        assert_eq!(
            judged.standing,
            Standing::Done(Outcome::TimedOut),
            "{before}"
        );
        assert!(judged.lines[0].hidden.is_some(), "{before}");
    }
}

/// A host that does not tell case apart shows what others wrote instead of it.
#[test]
fn a_name_in_another_case_is_the_same_target() {
    let forged = by("mallory", healthy("Kustomization/Apps/0A1B2C3D", 9));
    let scene = with_app().report("c1", by(APP, healthy(APPS, 5)));
    let judged = scene.clone().report("c2", forged).at(10);
    assert!(judged.lines[0].hidden.is_some());
    // It is one target, whoever writes it how.
    let own = by(APP, healthy("Kustomization/Apps/0A1B2C3D", 9));
    let judged = scene
        .waits_for(&["kustomization/*"])
        .report("c2", own)
        .at(10);
    assert_eq!(judged.lines.len(), 1, "{:?}", judged.lines);
}

/// Where others wrote about another target, peace is not disturbed.
#[test]
fn what_is_hidden_of_others_does_not_matter() {
    let mut scene = with_app().waits_for(&["kustomization/infra"]);
    scene.published = Published::Held {
        commit: "c1".into(),
        is_older: true,
    };
    let scene = scene.report("c2", by("mallory", healthy(APPS, 9)));
    assert_eq!(scene.at(7).standing, Standing::Done(Outcome::Unchanged));
}
