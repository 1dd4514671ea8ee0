//! Whether a pull request can be merged: what becomes of commits of others on
//! its branch, and what the host says of conflicts.
//!
//! Owns the question to the host and how long it is waited for. May not push.

use std::time::Duration;

use crate::error::Error;
use crate::git::Tip;
use crate::host::pull_request::{Mergeable, PullRequest, State};
use crate::model::{ObjectId, PublicationStamp};
use crate::publish::Theirs;
use crate::report::RunReport;

use super::{Past, Work};

/// When the host is asked whether it has found out. Both hosts merge on trial
/// after a push, which takes a moment:
/// <https://docs.github.com/rest/pulls/pulls#get-a-pull-request>
const PAUSES: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

/// How many paths are named.
const SHOWN: usize = 5;

impl Work<'_> {
    /// What becomes of a head branch that is there and may be written to, and of commits
    /// that others pushed to it. These go with the pull request that was merged with exactly
    /// them, or that a person closed. That we closed it ourselves says nothing about their
    /// work.
    pub(super) async fn theirs(&self, head: Option<&Tip>, tip: &Tip) -> Result<Theirs, Error> {
        let Some((head, commit)) = head.and_then(|head| Some((head, head.commit?))) else {
            return Ok(Theirs::Keep);
        };
        self.refuse_taken(head, tip).await?;
        if let Some(theirs) = self.of_another(head, tip).await? {
            return Ok(theirs);
        }
        if self.api.find(&head.branch, &tip.branch).await?.is_some() {
            return Ok(Theirs::Keep);
        }
        Ok(match self.past(head, tip).await? {
            Past::None | Past::Crossed => Theirs::Keep,
            Past::Merged | Past::Declined(_) => Theirs::Replace(commit),
        })
    }

    /// What another pull request of this environment proposes that is newer
    /// than this run, where each change has its own.
    pub(super) async fn overtaken(
        &self,
        own: &str,
        tip: &Tip,
    ) -> Result<Option<(String, PublicationStamp)>, Error> {
        let earlier = self.earlier(tip, Some(own)).await?;
        Ok(earlier.iter().find_map(|other| self.newer(&other.head)))
    }

    /// The pull request, once the host has found out whether `head` can be
    /// merged, or was asked often enough.
    pub(super) async fn judged(
        &self,
        mut found: PullRequest,
        head: Option<ObjectId>,
    ) -> PullRequest {
        let known = |found: &PullRequest| {
            found.state != State::Open
                || (found.mergeable != Mergeable::Unknown && found.head == head)
        };
        for pause in PAUSES {
            if known(&found) {
                return found;
            }
            tokio::time::sleep(pause).await;
            match self.api.get(found.number).await {
                Ok(now) => found = now,
                Err(error) => {
                    tracing::debug!(%error, "whether it can be merged is not known");
                    break;
                }
            }
        }
        if !known(&found) {
            found.mergeable = Mergeable::Unknown;
        }
        found
    }

    /// Says that a pull request cannot be merged as it is.
    pub(super) fn warn_conflicts(
        &self,
        found: &PullRequest,
        conflicts: &[String],
        report: &mut RunReport,
    ) {
        if found.mergeable != Mergeable::Conflicts {
            return;
        }
        let PullRequest {
            number,
            source,
            target,
            ..
        } = found;
        let mut paths = conflicts.iter().take(SHOWN).cloned().collect::<Vec<_>>();
        if conflicts.len() > SHOWN {
            paths.push(format!("and {} more", conflicts.len() - SHOWN));
        }
        let paths = if paths.is_empty() {
            String::new()
        } else {
            format!(" ({})", paths.join(", "))
        };
        let said = format!(
            "pull request {number} cannot be merged: it conflicts with {target:?}{paths}. Merge {target:?} into {source:?} by hand"
        );
        self.warn(report, vec![said]);
    }
}
