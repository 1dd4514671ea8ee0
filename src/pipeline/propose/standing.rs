//! What becomes of a head branch that holds what is wanted already: whether its pull request
//! is there, and whether the branch has to be made again.

use crate::error::Error;
use crate::git::Tip;
use crate::host::pull_request::{Mergeable, PullRequest};
use crate::publish::{HeadOptions, Theirs};
use crate::report::{Outcome, Publication};

use super::super::publication::publication;
use super::seen::Past;
use super::{Work, heads};

/// How it goes on.
pub(super) enum Standing {
    /// With the pull request that is open, or with none, and what became of those before it.
    Settled(Box<(Option<PullRequest>, Past)>),
    /// The branch has to be made again.
    Again(Theirs),
}

impl Work<'_> {
    /// How a head branch stands that needs no push.
    ///
    /// # Errors
    /// When somebody else proposes the branch, or a call to the host fails.
    pub(super) async fn standing(
        &self,
        (head, tip): (&Tip, &Tip),
        options: &HeadOptions,
    ) -> Result<Standing, Error> {
        let found = self.api.find(&options.head, &tip.branch).await?;
        let writes = found.is_none() || self.options.auto_complete.is_some();
        if writes && options.theirs.is_none() {
            self.refuse_taken(head, tip).await?;
        }
        let past = match &found {
            Some(_) => Past::None,
            None => self.past(head, tip).await?,
        };
        if past == Past::Crossed {
            let open = self.api.open_of(&options.head).await?;
            if let Some(other) = open.iter().find(|open| open.target != tip.branch) {
                return Err(heads::taken(other, &tip.branch));
            }
        }
        let again = |theirs| if options.renew { None } else { theirs };
        // What was merged and taken back needs a commit of its own.
        if past == Past::Merged
            && let Some(theirs) = again(head.commit.map(Theirs::Replace))
        {
            return Ok(Standing::Again(theirs));
        }
        let found = match found {
            Some(found) => Some(self.judged(found, head.commit).await),
            None => None,
        };
        let conflicting = |found: &PullRequest| found.mergeable == Mergeable::Conflicts;
        if found.as_ref().is_some_and(conflicting)
            && let Some(theirs) = again(Some(Theirs::Keep))
        {
            return Ok(Standing::Again(theirs));
        }
        Ok(Standing::Settled(Box::new((found, past))))
    }

    /// The publication that such a head branch is.
    pub(super) fn standing_publication(
        &self,
        (head, tip): (&Tip, &Tip),
        (found, past): (Option<&PullRequest>, Past),
        attempt: u32,
    ) -> Publication {
        let outcome = match (found, past) {
            (Some(_), _) => Outcome::Waiting,
            (None, Past::Declined(_)) => Outcome::Declined,
            (None, _) => Outcome::Proposed,
        };
        Publication {
            commit_id: head.commit.map(|commit| commit.to_string()),
            ..publication(&self.branch.connection.remote, tip, outcome, attempt)
        }
    }
}
