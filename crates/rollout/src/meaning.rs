//! What a status says about a rollout, by who writes it.
//!
//! Descriptions are read first: states mislead. A wait must not pass on
//! something that is not clearly a success, so what is not known is pending.

mod flux;
mod others;
mod ours;

use crate::report::Report;
use crate::target::is_flux;

/// What one status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Meaning {
    /// The target has the commit, and it works.
    Succeeded,
    /// The target could not bring the commit out.
    Failed,
    /// The target is at it, or says nothing clear.
    Pending,
    /// It is not about a rollout of this commit.
    Nothing,
}

/// What a status of this commit says.
pub fn meaning(report: &Report, commit: &str) -> Meaning {
    let said = report.description.trim().to_lowercase();
    if let Some(found) = ours::read(report, commit, &said) {
        return found;
    }
    if is_flux(&report.context) {
        return flux::read(report, &said);
    }
    // A context of the user's own, made by `commitStatusExpr`, tells by its words.
    flux::known(&said).unwrap_or_else(|| others::read(report.state, &said))
}

/// Whether Flux's own provider wrote it.
pub(crate) fn is_by_flux(report: &Report) -> bool {
    let said = report.description.trim().to_lowercase();
    is_flux(&report.context) || flux::known(&said).is_some()
}
