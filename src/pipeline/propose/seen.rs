//! What is known on the way from the render to the pull request.

use crate::git::Tip;
use crate::model::{FolderPlan, PublicationStamp};
use crate::publish::Side;

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
