//! Statuses of Argo CD's notifications, of gitops-promoter, and of anything
//! else that a person names.
//!
//! Their states are meant, unless the words say something else: templates of Argo CD's
//! notifications that fire when a sync is done say succeeded while the
//! application is still on its way, and the gitops-connector writes what it does not know
//! as a success on GitHub.
//!
//! Sources: <https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/github/>,
//! <https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/catalog/>,
//! <https://gitops-promoter.readthedocs.io/en/latest/commit-status-controllers/argocd/>

use super::Meaning;
use crate::report::State;

/// Words of Argo CD's health and sync states that are not a success yet.
const ON_ITS_WAY: [&str; 4] = ["progressing", "outofsync", "suspended", "missing"];

/// Words that contradict a success, unless they are counted as zero (`0 errors`).
const TROUBLE: [&str; 9] = [
    "error",
    "errors",
    "failed",
    "failing",
    "failure",
    "failures",
    "unhealthy",
    "unknown",
    "timeout",
];

/// Whether the words say the opposite of a success: `Health: 3/5 Unknown`, `is not synced`.
fn contradicts(words: &[&str]) -> bool {
    let none = |at: usize| at > 0 && ["0", "no", "without", "zero"].contains(&words[at - 1]);
    let has = |at: usize, word: &str| word == "not" || TROUBLE.contains(&word) && !none(at);
    words.iter().enumerate().any(|(at, word)| has(at, word))
}

/// What a status means by its state and the words of Argo CD.
pub(super) fn read(state: State, said: &str) -> Meaning {
    let words = said.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let has = |looked: &[&str]| words.iter().any(|word| looked.contains(word));
    match state {
        State::Failed | State::Error => Meaning::Failed,
        State::Other => Meaning::Nothing,
        State::Pending => Meaning::Pending,
        State::Succeeded if has(&["degraded"]) => Meaning::Failed,
        State::Succeeded if has(&ON_ITS_WAY) || contradicts(&words) => Meaning::Pending,
        State::Succeeded => Meaning::Succeeded,
    }
}
