//! Statuses of Argo CD's notifications, of gitops-promoter, and of anything
//! else that a person names.
//!
//! Their states are meant, with one exception: templates of Argo CD's
//! notifications that fire when a sync is done say succeeded while the
//! application is still on its way.
//!
//! Sources: <https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/github/>,
//! <https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/catalog/>,
//! <https://gitops-promoter.readthedocs.io/en/latest/commit-status-controllers/argocd/>

use super::Meaning;
use crate::report::State;

/// Words of Argo CD's health and sync states that are not a success yet.
const ON_ITS_WAY: [&str; 4] = ["progressing", "outofsync", "suspended", "missing"];

/// What a status means by its state and the words of Argo CD.
pub(super) fn read(state: State, said: &str) -> Meaning {
    let mut words = said.split(|c: char| !c.is_ascii_alphanumeric());
    match state {
        State::Failed | State::Error => Meaning::Failed,
        State::Other => Meaning::Nothing,
        State::Pending => Meaning::Pending,
        State::Succeeded if words.clone().any(|word| word == "degraded") => Meaning::Failed,
        State::Succeeded if words.any(|word| ON_ITS_WAY.contains(&word)) => Meaning::Pending,
        State::Succeeded => Meaning::Succeeded,
    }
}
