//! What a wait is for: a branch, the environments that were published to it, and what of
//! each.

use std::sync::Arc;

use gitops_rollout::{Authors, Required};

use crate::host::Api;
use crate::model::{Folder, ObjectId};

/// A branch, and the environments that were published to it.
pub struct Followed {
    /// The host.
    pub api: Arc<Api>,
    /// The repository, for messages.
    pub place: String,
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// The environments.
    pub members: Vec<Member>,
}

/// One environment.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its name.
    pub environment: String,
    /// The folder it owns.
    pub folder: Folder,
    /// What was published.
    pub start: Start,
    /// Whose reports are waited for.
    pub required: Required,
    /// Who is believed.
    pub authors: Authors,
    /// What the folder is known to hold from the start: commits with its tree.
    pub known: Vec<(ObjectId, ObjectId)>,
    /// How long before this wait it was published, in seconds, as far as that is known.
    pub ago: u64,
}

impl Member {
    /// The commit whose folder is what was published, where that is not the one on the
    /// branch.
    pub(super) fn content(&self) -> Option<ObjectId> {
        match self.start {
            Start::Request(_, head) => head,
            Start::Held { commit, seen, .. } => Some(seen).filter(|seen| *seen != commit),
            _ => None,
        }
    }
}

/// What was published, when the wait begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Nothing, because the branch held it already; there is no commit to ask about.
    Unchanged,
    /// Nothing, because the branch held it already.
    Held {
        /// The commit that brought it; the oldest that is known to hold it where that came
        /// before.
        commit: ObjectId,
        /// It came before the commits that are known.
        is_older: bool,
        /// The commit that held it when the run found nothing to publish.
        seen: ObjectId,
    },
    /// Nothing, because something newer was there.
    Older,
    /// Nothing, because somebody closed the pull request that proposes it.
    Closed,
    /// A pull request with this number, and its head as it was published, where that is
    /// known.
    Request(u64, Option<ObjectId>),
    /// A commit on the branch.
    Commit(ObjectId),
    /// Nobody can say what: the build cannot be read, and no ledger names it.
    Untold,
}
