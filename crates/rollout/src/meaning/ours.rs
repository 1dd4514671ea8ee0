//! Statuses of our own programs: the first word of the description is for
//! machines, and the link's fragment repeats the commit.
//!
//! `gitops/<cluster>/<kind>/<namespace>/<name>` is written by the connector;
//! `gitops/<environment>` is the place that a publication leaves for whoever
//! reports (`commitStatus`).

use super::Meaning;
use crate::report::{Report, State};

/// What a status means when it is one of ours.
pub(super) fn read(report: &Report, commit: &str, said: &str) -> Option<Meaning> {
    let full = report.context.full().to_lowercase();
    let rest = full.strip_prefix("gitops/")?;
    if is_for_another(report, commit) {
        return Some(Meaning::Nothing);
    }
    if !rest.contains('/') {
        // The place that a publication left: whoever fills it does so by state.
        return match report.state {
            State::Pending | State::Other => Some(Meaning::Nothing),
            _ => None,
        };
    }
    let end = said.find(|c: char| !c.is_ascii_alphabetic());
    let word = &said[..end.unwrap_or(said.len())];
    Some(match word {
        "healthy" => Meaning::Succeeded.in_state(report.state),
        // Healthy before, and no longer: nobody wants to go on from there.
        "failed" | "regressed" => Meaning::Failed,
        // Replaced on the way: the newer commit tells.
        "superseded" => Meaning::Nothing,
        // Seen, applied, an error that is tried again, and words of the future.
        _ => Meaning::Pending,
    })
}

/// Whether its link names another commit: somebody copied it.
fn is_for_another(report: &Report, commit: &str) -> bool {
    let Some((_, fragment)) = report.link.as_deref().and_then(|link| link.split_once('#')) else {
        return false;
    };
    let mut parts = fragment.split(['&', ';']);
    parts.clone().any(|part| part == "gitops=1")
        && parts
            .find_map(|part| part.strip_prefix("r="))
            .is_some_and(|named| named.is_empty() || !commit.starts_with(&named.to_lowercase()))
}
