//! What reaches a commit from each version of Flux, and what it comes to.

mod support;

use gitops_rollout::{Context, Meaning, Outcome, Report, Standing, State, meaning};
use support::{Scene, flux};

const KS: &str = "kustomization/apps/0a1b2c3d";
const HR: &str = "helmrelease/web/0a1b2c3d";

/// An event of a controller.
struct Event {
    context: &'static str,
    reason: &'static str,
    is_error: bool,
    /// It repeats that all is well.
    heartbeat: bool,
    /// The object carries the annotation `event.toolkit.fluxcd.io/commit`.
    annotated: bool,
}

const fn event(context: &'static str, reason: &'static str, is_error: bool) -> Event {
    Event {
        context,
        reason,
        is_error,
        heartbeat: false,
        annotated: false,
    }
}

/// `HealthCheckFailed` as `health check failed`.
fn split(reason: &str) -> String {
    let mut text = String::new();
    for c in reason.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

#[derive(Clone, Copy, PartialEq)]
enum Version {
    /// Up to 1.7.
    V1_7,
    /// 1.8.0.
    V1_8_0,
    /// 1.8.1 to 1.8.4.
    V1_8_4,
    /// 1.9 and later.
    V1_9,
}

/// What that version of notification-controller writes, if it does.
fn written(version: Version, event: &Event, at: u64) -> Option<Report> {
    let is_written = event.reason != "Progressing"
        && match version {
            Version::V1_7 => true,
            Version::V1_8_0 => event.annotated,
            Version::V1_8_4 => event.heartbeat || event.annotated,
            Version::V1_9 => event.heartbeat || event.annotated || event.is_error,
        };
    let state = if event.is_error {
        State::Error
    } else {
        State::Succeeded
    };
    is_written.then(|| flux(event.context, state, &split(event.reason), at))
}

const SUCCESS: Event = Event {
    heartbeat: true,
    ..event(KS, "ReconciliationSucceeded", false)
};
const UNHEALTHY: Event = event(KS, "HealthCheckFailed", true);
/// kustomize-controller 191.
const UNHEALTHY_AS_INFO: Event = event(KS, "HealthCheckFailed", false);
const WAITS: Event = event(KS, "DependencyNotReady", false);
const CANCELED: Event = event(KS, "HealthCheckCanceled", false);
const APPLIES: Event = event(KS, "Progressing", false);
const UPGRADED: Event = Event {
    annotated: true,
    ..event(HR, "UpgradeSucceeded", false)
};
const ROLLED_BACK: Event = Event {
    annotated: true,
    ..event(HR, "RollbackSucceeded", false)
};
const UPGRADE_FAILED: Event = Event {
    annotated: true,
    ..event(HR, "UpgradeFailed", true)
};

use Version::{V1_7, V1_8_0, V1_8_4, V1_9};

#[rstest::rstest]
#[case("success", &[APPLIES, SUCCESS], [Some(true), None, Some(true), Some(true)])]
#[case("failure", &[APPLIES, UNHEALTHY], [Some(false), None, None, Some(false)])]
#[case("dependency first", &[WAITS, APPLIES], [None, None, None, None])]
#[case("dependency, then success", &[WAITS, SUCCESS], [Some(true), None, Some(true), Some(true)])]
#[case("failure with severity info", &[UNHEALTHY_AS_INFO], [Some(false), None, None, None])]
#[case("canceled for a newer commit", &[CANCELED], [None, None, None, None])]
#[case("failure, then success", &[UNHEALTHY, SUCCESS], [Some(true), None, Some(true), Some(true)])]
#[case("annotated release", &[UPGRADED], [Some(true), Some(true), Some(true), Some(true)])]
#[case("rolled back", &[UPGRADE_FAILED, ROLLED_BACK], [Some(false), Some(false), Some(false), Some(false)])]
#[case("only rolled back", &[ROLLED_BACK], [Some(false), Some(false), Some(false), Some(false)])]
fn each_version_ends_as_it_can(
    #[case] name: &str,
    #[case] events: &[Event],
    #[case] passes: [Option<bool>; 4],
) {
    for (version, passes) in [V1_7, V1_8_0, V1_8_4, V1_9].into_iter().zip(passes) {
        let mut scene = Scene::new(&[("c1", "t1"), ("c0", "t0")], "c1");
        let kind = events.last().unwrap().context.split('/').next().unwrap();
        scene = scene.waits_for(&[&format!("{kind}/*")]);
        for (at, event) in events.iter().enumerate() {
            if let Some(report) = written(version, event, at as u64) {
                scene.add("c1", report);
            }
        }
        let ended = match scene.at(100).standing {
            Standing::Waiting(_) => None,
            Standing::Done(Outcome::RolledOut) => Some(true),
            Standing::Done(Outcome::Failed) => Some(false),
            Standing::Done(other) => panic!("{name}: {other:?}"),
        };
        assert_eq!(ended, passes, "{name}");
        assert_eq!(
            scene.at(1800).standing,
            Standing::Done(match passes {
                Some(true) => Outcome::RolledOut,
                Some(false) => Outcome::Failed,
                None => Outcome::TimedOut,
            }),
            "{name}"
        );
    }
}

#[test]
fn a_version_without_failures_is_named_when_the_wait_ends() {
    let mut scene = Scene::new(&[("c1", "t1"), ("c0", "t0")], "c1");
    scene.add("c0", written(V1_8_4, &SUCCESS, 1).unwrap());
    assert!(written(V1_8_4, &UNHEALTHY, 5).is_none());
    let judged = scene.at(1800);
    assert_eq!(judged.standing, Standing::Done(Outcome::TimedOut));
    assert!(judged.never_failed);
}

#[rstest::rstest]
// Flux: the words count, not the state.
#[case(
    "fluxcd",
    KS,
    State::Succeeded,
    "reconciliation succeeded",
    Meaning::Succeeded
)]
#[case(
    "fluxcd",
    KS,
    State::Succeeded,
    "dependency not ready",
    Meaning::Pending
)]
#[case("fluxcd", KS, State::Succeeded, "health check failed", Meaning::Failed)]
#[case(
    "fluxcd",
    KS,
    State::Succeeded,
    "something quite new",
    Meaning::Pending
)]
#[case("fluxcd", KS, State::Error, "something quite new", Meaning::Failed)]
#[case("fluxcd", HR, State::Error, "drift detected", Meaning::Nothing)]
#[case("fluxcd", HR, State::Succeeded, "uninstall succeeded", Meaning::Failed)]
#[case(
    "fluxcd",
    "gitrepository/m/0a1b2c3d",
    State::Succeeded,
    "new artifact",
    Meaning::Nothing
)]
#[case(
    "fluxcd",
    "ocirepository/m/0a1b2c3d",
    State::Succeeded,
    "reconciliation succeeded",
    Meaning::Nothing
)]
#[case(
    "fluxcd:prod",
    "prod/ns/kustomization/apps",
    State::Succeeded,
    "test succeeded",
    Meaning::Succeeded
)]
#[case(
    "",
    "prod/ns/kustomization/apps",
    State::Succeeded,
    "dependency not ready",
    Meaning::Pending
)]
// Our connector: the first word.
#[case(
    "gitops/prod",
    "Kustomization/ns/a",
    State::Succeeded,
    "healthy: 12 objects",
    Meaning::Succeeded
)]
#[case(
    "gitops/prod",
    "Kustomization/ns/a",
    State::Succeeded,
    "applied: health is not checked",
    Meaning::Pending
)]
#[case(
    "gitops/prod",
    "Kustomization/ns/a",
    State::Succeeded,
    "done",
    Meaning::Pending
)]
#[case(
    "gitops/prod",
    "Kustomization/ns/a",
    State::Succeeded,
    "healthyish",
    Meaning::Pending
)]
#[case(
    "gitops/prod",
    "Kustomization/ns/a",
    State::Pending,
    "seen",
    Meaning::Pending
)]
#[case(
    "gitops/prod",
    "Kustomization/ns/a",
    State::Failed,
    "failed: Deployment/shop/web",
    Meaning::Failed
)]
#[case(
    "gitops/prod",
    "Kustomization/ns/a",
    State::Error,
    "error: webhook is not there",
    Meaning::Pending
)]
#[case(
    "gitops/prod",
    "Kustomization/ns/a",
    State::Failed,
    "regressed",
    Meaning::Failed
)]
#[case(
    "gitops/prod",
    "Kustomization/ns/a",
    State::Other,
    "superseded by 9b41d77",
    Meaning::Nothing
)]
// The place that a publication leaves.
#[case(
    "gitops",
    "dev",
    State::Pending,
    "Published; the rollout has not been reported yet",
    Meaning::Nothing
)]
#[case("gitops", "dev", State::Succeeded, "all good", Meaning::Succeeded)]
// Argo CD's notifications and gitops-promoter.
#[case(
    "",
    "continuous-delivery/shop",
    State::Succeeded,
    "Application is healthy",
    Meaning::Succeeded
)]
#[case(
    "",
    "continuous-delivery/shop",
    State::Succeeded,
    "Synced, health is Progressing",
    Meaning::Pending
)]
#[case(
    "",
    "continuous-delivery/shop",
    State::Succeeded,
    "Synced, health is Degraded",
    Meaning::Failed
)]
#[case("argocd", "shop", State::Failed, "sync failed", Meaning::Failed)]
#[case(
    "promoter",
    "argocd-health",
    State::Pending,
    "Waiting for 2 apps",
    Meaning::Pending
)]
#[case(
    "promoter",
    "argocd-health",
    State::Succeeded,
    "3/3 apps healthy",
    Meaning::Succeeded
)]
#[case(
    "promoter",
    "argocd-health",
    State::Failed,
    "1 app degraded",
    Meaning::Failed
)]
#[case("", "ci/build", State::Other, "", Meaning::Nothing)]
fn what_each_writer_says(
    #[case] genre: &str,
    #[case] name: &str,
    #[case] state: State,
    #[case] description: &str,
    #[case] expected: Meaning,
) {
    let report = Report {
        context: Context::with_genre(genre, name),
        ..flux("x", state, description, 1)
    };
    assert_eq!(meaning(&report, "c1"), expected);
}

#[test]
fn a_status_of_the_connector_that_names_another_commit_says_nothing() {
    let said = |link: &str| {
        let report = Report {
            context: Context::with_genre("gitops/prod", "Kustomization/ns/a"),
            link: Some(link.to_owned()),
            ..flux("x", State::Succeeded, "healthy", 1)
        };
        meaning(&report, "9b41d7703ec85a2f")
    };
    let page = "https://host/app#gitops=1&w=healthy&r=";
    assert_eq!(said(&format!("{page}9B41D7703EC8")), Meaning::Succeeded);
    assert_eq!(said(&format!("{page}5f2c0a9e1d7b")), Meaning::Nothing);
    assert_eq!(said(page), Meaning::Nothing, "no commit at all");
    let other = page.replace('&', ";");
    assert_eq!(said(&format!("{other}5f2c0a9e1d7b")), Meaning::Nothing);
    assert_eq!(said("https://host/app#r=5f2c0a9e1d7b"), Meaning::Succeeded);
}
