//! What is known on the way from the render to the pull request.

use std::sync::{Mutex, PoisonError};

use crate::git::Tip;
use crate::model::{FolderPlan, PublicationStamp};
use crate::publish::Side;

use super::super::compare::Decision;

/// Environments that a newer run publishes to another folder: looked for only where a
/// folder is published to for the first time.
#[derive(Default)]
pub(super) struct Moved(Mutex<Looked>);

#[derive(Default)]
enum Looked {
    #[default]
    No,
    Wanted,
    Yes(Vec<(String, PublicationStamp)>),
}

impl Moved {
    /// Whether one has to look first; asks for that.
    pub(super) fn is_unknown(&self) -> bool {
        let mut looked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*looked, Looked::No) {
            *looked = Looked::Wanted;
        }
        matches!(*looked, Looked::Wanted)
    }

    /// What is decided for an environment, if it is one of them.
    pub(super) fn decided(&self, name: &str) -> Option<Decision> {
        let looked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Looked::Yes(newer) = &*looked else {
            return None;
        };
        let (environment, published) = newer.iter().find(|(moved, _)| moved == name)?;
        Some(Decision::Older {
            environment: environment.clone(),
            published: Box::new(published.clone()),
        })
    }

    /// Whether the look was asked for, and not done yet.
    pub(super) fn is_wanted(&self) -> bool {
        let looked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*looked, Looked::Wanted)
    }

    /// Takes what was found.
    pub(super) fn found(&self, newer: Vec<(String, PublicationStamp)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Looked::Yes(newer);
    }
}

/// What was found out on the way.
pub(super) struct Seen {
    /// What changes in the branch that it comes into.
    pub(super) plans: Vec<FolderPlan>,
    /// What was published, or proposed, that is newer.
    pub(super) older: Option<(String, PublicationStamp)>,
    /// The branch that it comes into, once that was read.
    pub(super) target: Option<String>,
    /// The branch that it comes from.
    pub(super) head: String,
    /// What was looked at last.
    pub(super) side: Side,
}

impl Seen {
    pub(super) fn new(members: usize, head: &str) -> Self {
        Self {
            plans: vec![FolderPlan::default(); members],
            older: None,
            target: None,
            head: head.to_owned(),
            side: Side::Target,
        }
    }
}

/// A head branch that proposes what it should.
pub(super) struct Ready {
    pub(super) tip: Tip,
    pub(super) head: Tip,
    pub(super) conflicts: Vec<String>,
    pub(super) attempt: u32,
}

/// What became of the last pull request with exactly this commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// There was none, or we closed it ourselves.
    None,
    /// It was merged.
    Merged,
    /// We closed it because its branch was taken for another target.
    Crossed,
    /// A person closed it; this was its number.
    Declined(u64),
}
