//! Statuses of Flux's own providers.
//!
//! The description is the event's reason, split into words in lower case; the
//! state is only the event's severity: info is succeeded, whatever it says. So a
//! success needs both; words make a state worse, and never better.
//!
//! | notification-controller | what reaches a commit |
//! |---|---|
//! | up to 1.7 | everything but Progressing, also "dependency not ready" as succeeded |
//! | 1.8.0 | only objects with a `commit` annotation |
//! | 1.8.1 to 1.8.4 (Flux 2.8) | successes, never a failure |
//! | 1.9 and later (Flux 2.9) | successes, errors, and for objects with the annotation any event: "rollback succeeded" is then succeeded |
//!
//! Sources: <https://github.com/fluxcd/notification-controller/blob/main/internal/notifier/util.go>,
//! <https://github.com/fluxcd/notification-controller/blob/main/internal/server/event_handlers.go>,
//! <https://github.com/fluxcd/notification-controller/issues/1373>,
//! <https://github.com/fluxcd/kustomize-controller/issues/191>,
//! <https://fluxcd.io/flux/components/helm/helmreleases/#events>

use super::Meaning;
use crate::report::{Report, State};
use crate::target::generated_kind;

/// What each reason means.
const REASONS: &[(&str, Meaning)] = &[
    ("reconciliation succeeded", Meaning::Succeeded),
    ("install succeeded", Meaning::Succeeded),
    ("upgrade succeeded", Meaning::Succeeded),
    ("test succeeded", Meaning::Succeeded),
    // The new version is not what runs afterwards.
    ("rollback succeeded", Meaning::Failed),
    ("uninstall succeeded", Meaning::Failed),
    ("health check failed", Meaning::Failed),
    ("reconciliation failed", Meaning::Failed),
    ("build failed", Meaning::Failed),
    ("artifact failed", Meaning::Failed),
    ("prune failed", Meaning::Failed),
    ("validation failed", Meaning::Failed),
    ("install failed", Meaning::Failed),
    ("upgrade failed", Meaning::Failed),
    ("test failed", Meaning::Failed),
    ("rollback failed", Meaning::Failed),
    ("uninstall failed", Meaning::Failed),
    ("values error", Meaning::Failed),
    ("access denied", Meaning::Failed),
    ("invalid cel expression", Meaning::Failed),
    ("retries exceeded", Meaning::Failed),
    ("dependency not ready", Meaning::Pending),
    ("health check canceled", Meaning::Pending),
    ("progressing", Meaning::Pending),
    ("progressing with retry", Meaning::Pending),
    ("info", Meaning::Pending),
    // About the cluster's state, not about what was published.
    ("drift detected", Meaning::Nothing),
    ("drift corrected", Meaning::Nothing),
    ("drift correction failed", Meaning::Nothing),
    // A source was fetched: that is not a rollout.
    ("new artifact", Meaning::Nothing),
    ("artifact up to date", Meaning::Nothing),
];

/// Kinds that fetch and do not roll out.
const SOURCES: [&str; 7] = [
    "gitrepository",
    "ocirepository",
    "helmrepository",
    "helmchart",
    "bucket",
    "externalartifact",
    "artifactgenerator",
];

/// Whether a description is of Flux's vocabulary.
pub(super) fn is_known(said: &str) -> bool {
    REASONS.iter().any(|(reason, _)| *reason == said)
}

/// What a status with a description of Flux's vocabulary means.
pub(super) fn known(state: State, said: &str) -> Option<Meaning> {
    let (_, found) = REASONS.iter().find(|(reason, _)| *reason == said)?;
    Some(found.in_state(state))
}

/// What a status of Flux's provider means.
pub(super) fn read(report: &Report, said: &str) -> Meaning {
    let name = report.context.name.to_ascii_lowercase();
    let full = report.context.full().to_ascii_lowercase();
    let first = name.split('/').next().unwrap_or_default();
    let generated = generated_kind(&name).or_else(|| generated_kind(&full));
    if SOURCES.contains(&generated.unwrap_or(first)) {
        return Meaning::Nothing;
    }
    if let Some(found) = known(report.state, said) {
        return found;
    }
    // A reason that is not known here: errors are failures, the rest is unclear.
    match report.state {
        State::Failed | State::Error => Meaning::Failed,
        _ if said.ends_with(" failed") || said == "error" => Meaning::Failed,
        _ => Meaning::Pending,
    }
}
