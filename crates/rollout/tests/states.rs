//! A state and the words beside it: words make it worse, never better.

mod support;

use gitops_rollout::{Context, Meaning, Outcome, Report, Standing, State, meaning};
use support::{Scene, flux};

const STATES: [State; 5] = [
    State::Succeeded,
    State::Pending,
    State::Failed,
    State::Error,
    State::Other,
];

/// What a status says, for each of the states.
fn each(genre: &str, name: &str, words: &str) -> [Meaning; 5] {
    STATES.map(|state| {
        let report = Report {
            context: Context::with_genre(genre, name),
            ..flux("x", state, words, 1)
        };
        meaning(&report, "c1")
    })
}

use Meaning::{Failed, Nothing, Pending, Succeeded};

const BY_FLUX: [(&str, &str); 4] = [
    ("", "kustomization/apps/0a1b2c3d"),
    ("fluxcd", "prod/kustomization/flux-system/apps"),
    // As the generator `flux` has it, on a host without genres.
    ("", "prod/kustomization/flux-system/apps"),
    ("", "prod/HelmRelease/shop/web"),
];

#[rstest::rstest]
#[case("reconciliation succeeded", [Succeeded, Pending, Failed, Failed, Pending])]
#[case("upgrade succeeded", [Succeeded, Pending, Failed, Failed, Pending])]
#[case("install succeeded", [Succeeded, Pending, Failed, Failed, Pending])]
#[case("test succeeded", [Succeeded, Pending, Failed, Failed, Pending])]
#[case("health check failed", [Failed; 5])]
#[case("rollback succeeded", [Failed; 5])]
#[case("dependency not ready", [Pending, Pending, Failed, Failed, Pending])]
#[case("drift detected", [Nothing; 5])]
#[case("health check failed: pods crash", [Pending, Pending, Failed, Failed, Pending])]
#[case("something quite new", [Pending, Pending, Failed, Failed, Pending])]
#[case("", [Pending, Pending, Failed, Failed, Pending])]
fn words_of_flux_make_a_state_only_worse(#[case] words: &str, #[case] expected: [Meaning; 5]) {
    for (genre, name) in BY_FLUX {
        assert_eq!(each(genre, name, words), expected, "{genre} {name}");
    }
}

/// Whoever chose the context may have words of any kind.
#[rstest::rstest]
#[case("reconciliation succeeded", [Succeeded, Pending, Failed, Failed, Pending])]
#[case("health check failed", [Failed; 5])]
#[case("dependency not ready", [Pending, Pending, Failed, Failed, Pending])]
#[case("all good", [Succeeded, Pending, Failed, Failed, Nothing])]
#[case("health is Progressing", [Pending, Pending, Failed, Failed, Nothing])]
#[case("Health: 3/5 Unknown", [Pending, Pending, Failed, Failed, Nothing])]
#[case("Sync failed: hook error", [Pending, Pending, Failed, Failed, Nothing])]
#[case("Application is not synced", [Pending, Pending, Failed, Failed, Nothing])]
#[case("unhealthy", [Pending, Pending, Failed, Failed, Nothing])]
#[case("Health check failed: timeout waiting", [Pending, Pending, Failed, Failed, Nothing])]
#[case("5/5 Synced, 0 failed, no errors", [Succeeded, Pending, Failed, Failed, Nothing])]
#[case("Deployment/notebook is healthy", [Succeeded, Pending, Failed, Failed, Nothing])]
fn words_of_others_make_a_state_only_worse(#[case] words: &str, #[case] expected: [Meaning; 5]) {
    for name in ["prod/shop", "continuous-delivery/shop", "a/kustomization/b"] {
        assert_eq!(each("", name, words), expected, "{name}");
    }
}

#[test]
fn a_connector_that_says_healthy_needs_the_state_of_a_success() {
    let found = each("gitops/prod", "Kustomization/ns/a", "healthy: 12 objects");
    assert_eq!(found, [Succeeded, Pending, Failed, Failed, Pending]);
    let found = each(
        "gitops/prod",
        "Kustomization/ns/a",
        "failed: Deployment/web",
    );
    assert_eq!(found, [Failed; 5]);
}

#[test]
fn a_source_that_a_cluster_fetched_is_no_rollout() {
    for name in [
        "prod/gitrepository/flux-system/m",
        "gitrepository/m/0a1b2c3d",
    ] {
        let found = each("", name, "reconciliation succeeded");
        assert_eq!(found, [Nothing; 5], "{name}");
    }
}

#[test]
fn a_failure_with_words_of_a_success_ends_a_wait_as_failed() {
    let name = "prod/kustomization/flux-system/apps";
    let scene = Scene::new(&[("c1", "t1"), ("c0", "t0")], "c1").waits_for(&[name]);
    let report = flux(name, State::Failed, "reconciliation succeeded", 5);
    let judged = scene.report("c1", report).at(100);
    assert_eq!(judged.standing, Standing::Done(Outcome::Failed));
}
