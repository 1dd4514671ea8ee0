//! Which branch a pull request comes from, and whether that branch may be written to.
//!
//! A branch that anything is published to is none, nor is one that somebody made for
//! something else: what we push to a head branch, and delete, is ours.

use sha2::{Digest as _, Sha256};

use crate::error::{Error, Kind};
use crate::git::{Tip, Wanted};
use crate::publish::{self, HeadOptions};
use crate::settings::PullRequestSettings;

use super::super::publication::retry;
use super::super::publish::Branch;
use super::{Past, Work};

/// How many bytes of the content's hash go into the name of a branch of its own.
const HASH: usize = 5;

/// The head branch of an environment, or of this very content.
fn head_branch(options: &PullRequestSettings, wanted: &[Wanted]) -> String {
    if !options.per_change {
        return options.head_branch.to_string();
    }
    let mut hash = Sha256::new();
    for Wanted { folder, files, .. } in wanted {
        hash.update(format!("{folder}\0"));
        for (path, id) in files.iter().flatten() {
            hash.update(format!("{path}\0{id}\0"));
        }
    }
    let mut name = format!("{}/", options.head_branch);
    for byte in &hash.finalize()[..HASH] {
        name.push_str(&format!("{byte:02x}"));
    }
    name
}

/// Refuses what can be told of a pull request's branches once the target is known.
pub(in super::super) fn refuse(branch: &Branch<'_>, tip: &Tip) -> Result<(), Error> {
    let mut members = branch.group.members.iter();
    match members.next().filter(|_| branch.group.is_proposed()) {
        Some(member) => refuse_target(&member.settings.pull_request.head_branch, tip),
        None => Ok(()),
    }
}

/// A pull request comes from a branch that nothing is published to.
pub(super) fn refuse_target(head: &str, tip: &Tip) -> Result<(), Error> {
    let said = if head == tip.branch {
        format!("the pull request's source and target branch are both {head:?}")
    } else if Some(head) == tip.default_branch.as_deref() {
        format!(
            "the pull request would come from the branch {head:?}, which is the default branch of the repository"
        )
    } else {
        return Ok(());
    };
    Err(Error::message(Kind::Usage, said).hint(
        "set `headBranch` to a branch that nothing else uses, such as `gitops/{environment}`",
    ))
}

impl Work<'_> {
    /// Where to push what is proposed, and how.
    pub(super) fn head_options(&self) -> HeadOptions {
        let wanted = self.group().wanted();
        HeadOptions {
            target: self.group().target.branch.clone().map(String::from),
            head: head_branch(self.options, &wanted),
            wanted,
            renew: false,
            ask: self.options.per_change,
            theirs: None,
            retry: retry(self.settings),
        }
    }

    /// Whether a head branch was made by us for a pull request, whoever pushed to it
    /// since.
    pub(super) async fn is_made_here(&self, head: &Tip, target: &Tip) -> Result<bool, Error> {
        let wanted = self.group().wanted();
        if publish::is_ours(head, &wanted) {
            return Ok(true);
        }
        let remote = &self.branch.connection.remote;
        let own = remote.own_commits(head, target).await?;
        if own.is_empty() {
            // A host that merges without a merge commit leaves nothing to tell by.
            return Ok(self.past(head, target).await? == Past::Merged);
        }
        Ok(publish::is_proposal(&own, &wanted))
    }

    /// Refuses a branch that somebody made for something else.
    pub(super) async fn refuse_taken(&self, head: &Tip, target: &Tip) -> Result<(), Error> {
        if self.is_made_here(head, target).await? {
            return Ok(());
        }
        let said = format!(
            "the branch {:?} is there already, and was not made for a pull request of this environment",
            head.branch
        );
        Err(Error::message(Kind::Conflict, said)
            .hint("set `headBranch` to a branch that nothing else uses, such as `gitops/shop/{environment}` where several sources publish to one repository")
            .hint("if it is left over from a former pull request, delete it"))
    }
}
