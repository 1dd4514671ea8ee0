//! What a status says about a rollout, by who writes it.
//!
//! Descriptions are read too, because states mislead; they make a state worse, and
//! never better. A wait must not pass on something that is not clearly a success,
//! so what is not known is pending.

mod flux;
mod others;
mod ours;

use crate::report::{Report, State};
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

impl Meaning {
    /// What words of this meaning say beside a state: the worse of the two.
    fn in_state(self, state: State) -> Self {
        match (self, state) {
            (Self::Nothing | Self::Failed, _) | (_, State::Succeeded) => self,
            (_, State::Failed | State::Error) => Self::Failed,
            (_, State::Pending | State::Other) => Self::Pending,
        }
    }
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
    flux::known(report.state, &said).unwrap_or_else(|| others::read(report.state, &said))
}

/// Whether Flux's own provider wrote it.
pub(crate) fn is_by_flux(report: &Report) -> bool {
    let said = report.description.trim().to_lowercase();
    is_flux(&report.context) || flux::is_known(&said)
}
