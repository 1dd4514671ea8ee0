//! What a wait asks of a host, and what the host says: one question and one
//! answer for everything that is waited for on a branch.
//!
//! Plain data. However many environments there are, an answer costs at most
//! [`CALLS`] calls; what does not fit in is asked for the next time.

use gitops_rollout::Report;

use super::pull_request::State;
use crate::model::{Folder, ObjectId};

/// Calls that one answer costs, at most.
pub const CALLS: usize = 2;

/// Commits of the branch that are looked at.
pub(super) const COMMITS: usize = 50;

/// A folder in a commit.
pub type Spot = (ObjectId, Folder);

/// What there is to know about a branch.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// Folders of the environments.
    pub folders: Vec<Folder>,
    /// Pull requests that may have been merged or closed.
    pub requests: Vec<u64>,
    /// Folders whose trees have to be known; the host may know more.
    pub spots: Vec<Spot>,
    /// Commits that were not among those of the last answer.
    pub lost: Vec<ObjectId>,
    /// Where not everything fits in: pull requests come before trees.
    pub requests_first: bool,
    /// It is asked again soon: a call that fails is not made again meanwhile.
    pub again_soon: bool,
}

/// A commit with its statuses.
#[derive(Debug, Clone)]
pub struct SeenCommit {
    /// Its id.
    pub id: ObjectId,
    /// Its first parent, where the host says it.
    pub parent: Option<ObjectId>,
    /// Statuses and check runs. When they were seen is for the caller to say.
    pub reports: Vec<Report>,
    /// It has more check runs than were read.
    pub is_partial: bool,
}

/// A pull request as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenRequest {
    /// Its number.
    pub number: u64,
    /// Whether it is open.
    pub state: State,
    /// The commit on the target branch, once merged.
    pub merged: Option<ObjectId>,
    /// What the target branch held before it was merged, where the host says that.
    pub base: Option<ObjectId>,
    /// How many commits along first parents it brought at most, where the host says that.
    pub commits: Option<usize>,
}

/// What the host says.
#[derive(Debug, Clone, Default)]
pub struct Sighting {
    /// The newest commits along first parents, from the tip; `None` when there
    /// is no such branch.
    pub commits: Option<Vec<SeenCommit>>,
    /// Pull requests.
    pub requests: Vec<SeenRequest>,
    /// Pull requests were looked at. One that is not among them then is one of
    /// many, and has to be asked for alone.
    pub requests_read: bool,
    /// Trees of folders; `None` for a folder that is not there.
    pub trees: Vec<(Spot, Option<ObjectId>)>,
    /// Folders in commits that the host does not have, or not yet.
    pub unanswered: Vec<Spot>,
    /// Whether the branch holds a commit.
    pub holds: Vec<(ObjectId, bool)>,
    /// One of several spots is not there, and it is not known which.
    pub ask_for_fewer: bool,
    /// What could not be read, for a warning.
    pub unread: Option<String>,
}

/// Puts a host's time into an order: its digits as a number.
pub(super) fn moment(text: &str) -> u64 {
    let digits = text.chars().filter(char::is_ascii_digit).take(14);
    digits.fold(0, |number, digit| {
        number * 10 + u64::from(digit.to_digit(10).unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_order() {
        let times = [
            "",
            "2026-08-01T09:59:59Z",
            "2026-08-01T10:00:00.5Z",
            "2026-11-01T00:00:00Z",
        ];
        let moments = times.map(moment);
        assert!(moments.is_sorted_by(|a, b| a < b), "{moments:?}");
        assert_eq!(moment("99999999999999999999999"), 99_999_999_999_999);
    }
}
