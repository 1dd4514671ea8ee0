//! What holds whatever the facts are.

mod support;

use gitops_rollout::{Line, LineState, Meaning, Outcome, Report, Standing, State, meaning, words};
use proptest::prelude::*;
use support::{APPS, FLUX, INFRA, Scene, flux};

const COMMITS: [&str; 4] = ["c3", "c2", "c1", "c0"];
const WORDS: [&str; 8] = [
    "reconciliation succeeded",
    "health check failed",
    "rollback succeeded",
    "dependency not ready",
    "healthy",
    "failed: Deployment/web",
    "anything",
    "",
];
const NAMES: [&str; 4] = [APPS, INFRA, "gitops/prod/kustomization/ns/apps", "ci/build"];
const STATES: [State; 5] = [
    State::Pending,
    State::Succeeded,
    State::Failed,
    State::Error,
    State::Other,
];

fn reports() -> impl Strategy<Value = Vec<(usize, Report)>> {
    let report = (
        0..4usize,
        0..4usize,
        0..8usize,
        0..5usize,
        0..4u64,
        any::<bool>(),
    );
    let made = report.prop_map(|(commit, name, words, state, at, believed)| {
        let mut report = flux(NAMES[name], STATES[state], WORDS[words], at);
        if !believed {
            report.author = vec!["mallory".to_owned()];
        }
        (commit, report)
    });
    proptest::collection::vec(made, 0..12)
}

fn scene(trees: &[usize], own: usize, required: usize, reports: &[(usize, Report)]) -> Scene {
    let names = ["t0", "t1", "t2", ""];
    let commits: Vec<_> = COMMITS
        .iter()
        .zip(trees)
        .map(|(id, tree)| (*id, names[*tree]))
        .collect();
    let mut scene = Scene::new(&commits, COMMITS[own]);
    scene = match required {
        0 => scene.waits_for_whoever(),
        1 => scene.waits_for(&["kustomization/apps"]),
        2 => scene.waits_for(&["kustomization/*", "prod/*"]),
        _ => scene.waits_for(&["nobody"]),
    };
    for (commit, report) in reports {
        scene.add(COMMITS[*commit], report.clone());
    }
    scene
}

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_matter(
        trees in proptest::collection::vec(0..4usize, 4),
        own in 0..4usize,
        required in 0..4usize,
        reports in reports(),
        shuffled in any::<prop::sample::Index>(),
        now in 0..2000u64,
    ) {
        let judged = scene(&trees, own, required, &reports).at(now);
        let mut other = reports.clone();
        other.reverse();
        prop_assert_eq!(&scene(&trees, own, required, &other).at(now), &judged);
        if !other.is_empty() {
            let turn = shuffled.index(other.len());
            other.rotate_left(turn);
        }
        prop_assert_eq!(scene(&trees, own, required, &other).at(now), judged);
    }

    #[test]
    fn nothing_is_green_without_a_believed_success_of_every_required_target(
        trees in proptest::collection::vec(0..4usize, 4),
        own in 0..4usize,
        required in 0..4usize,
        reports in reports(),
        now in 0..2000u64,
    ) {
        let scene = scene(&trees, own, required, &reports);
        let judged = scene.at(now);
        let Standing::Done(outcome) = judged.standing else {
            return Ok(());
        };
        prop_assert!(!outcome.passes() || !judged.lines.is_empty());
        if !outcome.passes() {
            return Ok(());
        }
        for line in &judged.lines {
            let (LineState::Succeeded(said) | LineState::PassedOver(said)) = &line.state else {
                return Err(TestCaseError::fail(format!("{line:?}")));
            };
            if outcome == Outcome::RolledOut {
                prop_assert!(matches!(line.state, LineState::Succeeded(_)));
                prop_assert_eq!(&scene.trees[&said.commit], &scene.trees[COMMITS[own]]);
            }
            let commit = scene.branch.commits.iter().find(|one| one.id == said.commit).unwrap();
            let proof = commit.reports.iter().any(|report| {
                report.author == [FLUX] && meaning(report, &commit.id) == Meaning::Succeeded
            });
            prop_assert!(proof, "{:?}", line);
        }
    }

    #[test]
    fn what_was_decided_by_facts_stays_decided_as_time_goes_by(
        trees in proptest::collection::vec(0..4usize, 4),
        own in 0..4usize,
        reports in reports(),
        now in 0..1500u64,
    ) {
        let scene = scene(&trees, own, 1, &reports);
        if let Standing::Done(outcome) = scene.at(now).standing
            && outcome != Outcome::Superseded
            && outcome != Outcome::Reverted
        {
            prop_assert_eq!(scene.at(now + 300).standing, Standing::Done(outcome));
        }
    }

    #[test]
    fn somebody_who_is_not_believed_changes_nothing(
        trees in proptest::collection::vec(0..4usize, 4),
        own in 0..4usize,
        required in 0..4usize,
        reports in reports(),
        now in 0..2000u64,
    ) {
        let all = scene(&trees, own, required, &reports).at(now);
        let believed: Vec<_> = reports.into_iter().filter(|(_, one)| one.author == [FLUX]).collect();
        let only = scene(&trees, own, required, &believed).at(now);
        prop_assert_eq!(all.standing, only.standing);
        // The report says that something is hidden.
        let lines = all.lines.into_iter().map(|line| Line { hidden: None, ..line });
        prop_assert_eq!(lines.collect::<Vec<_>>(), only.lines);
    }

    #[test]
    fn shown_words_are_one_short_line(text in any::<String>()) {
        let shown = words(&text);
        prop_assert!(shown.chars().count() <= 201);
        prop_assert!(!shown.chars().any(char::is_control));
    }

    #[test]
    fn no_text_breaks_the_reading_of_contexts(name in any::<String>(), said in any::<String>(), link in any::<String>()) {
        let report = Report { link: Some(link), ..flux(&name, State::Succeeded, &said, 1) };
        let _ = meaning(&report, "c1");
    }
}
