//! Which branch a head branch was made for.
//!
//! A head branch stands on the branch that it comes into. Proposed into another one, it
//! would bring along all that this one has not.

use super::head::{is_ours, proposes};
use crate::git::{Error, Remote, Tip, Wanted};

/// The trailer that names the branch that a head branch comes into.
pub(super) const TARGET_TRAILER: &str = "Gitops-Target";

/// Whether a head branch of ours says that it comes into another branch.
pub fn names_another(head: &Tip, target: &str) -> bool {
    let message = head.message.as_deref().unwrap_or_default();
    named(message).is_some_and(|named| named != target)
}

/// Whether a head branch was made for another branch than this one, whoever pushed to it
/// since.
pub async fn is_made_for_another(
    remote: &Remote,
    head: &Tip,
    target: &Tip,
    wanted: &[Wanted],
) -> Result<bool, Error> {
    if is_ours(head, wanted) {
        return Ok(names_another(head, &target.branch));
    }
    let own = remote.own_commits(head, target).await?;
    let mut ours = own.iter().rev();
    let first = ours.find(|commit| proposes(&commit.message, commit.tree, wanted));
    let named = first.and_then(|first| named(&first.message));
    Ok(named.is_some_and(|named| named != target.branch))
}

/// Whether a commit says that it comes into this branch.
pub(super) fn is_named(message: &str, target: &str) -> bool {
    named(message) == Some(target)
}

fn named(message: &str) -> Option<&str> {
    let mut lines = message.lines().rev();
    lines.find_map(|line| line.strip_prefix(TARGET_TRAILER)?.strip_prefix(": "))
}
