//! Which commits of head branches are ours, by the trailers of their messages.

use super::super::made_for::is_named;
use super::super::message::TREE_TRAILER;
use crate::git::{Ancestor, Tip, Wanted};
use crate::model::ObjectId;

/// The trailer that names the ledger that an owned folder has in the target
/// branch: its id or `none`, a space, the folder.
const BASE_TRAILER: &str = "Gitops-Base";

/// The trailers that say what the owned folders hold in the target branch.
pub(super) fn base(tip: &Tip, wanted: &[Wanted]) -> Vec<String> {
    let line = |wanted: &Wanted| {
        let ledger = tip.ledger(&wanted.folder);
        let ledger = ledger.map_or_else(|| "none".to_owned(), |id| id.to_string());
        format!("{BASE_TRAILER}: {ledger} {}", wanted.folder)
    };
    wanted.iter().map(line).collect()
}

/// Whether the branch holds nothing but our commit for these folders. A commit of
/// ours names its own tree; one that stands on somebody else's names no base.
pub fn is_ours(tip: &Tip, wanted: &[Wanted]) -> bool {
    let message = tip.message.as_deref().unwrap_or_default();
    tip.tree()
        .is_some_and(|tree| proposes(message, tree, wanted))
}

/// Whether a branch began with a commit of ours for these folders: one of those that
/// it has beside its target is.
pub fn is_proposal(own: &[Ancestor], wanted: &[Wanted]) -> bool {
    own.iter()
        .any(|commit| proposes(&commit.message, commit.tree, wanted))
}

/// Whether a commit is one that we began a head branch for these folders with. What
/// another source or environment proposes is theirs.
pub(in crate::publish) fn proposes(message: &str, tree: ObjectId, wanted: &[Wanted]) -> bool {
    wanted.iter().any(|wanted| wanted.is_named_in(message)) && begins(message, tree)
}

/// Whether the newest commit of a branch is one that a head branch into this target
/// begins with, made by this publisher for whichever folder.
pub fn begins_for(head: &Tip, target: &str, wanted: &Wanted) -> bool {
    let message = head.message.as_deref().unwrap_or_default();
    head.tree().is_some_and(|tree| begins(message, tree))
        && is_named(message, target)
        && wanted.is_published_by(message)
}

/// Whether a commit is one that a head branch begins with. It names its own tree.
fn begins(message: &str, tree: ObjectId) -> bool {
    let named = format!("{TREE_TRAILER}: {tree}");
    let based = format!("{BASE_TRAILER}: ");
    message.lines().any(|line| line == named)
        && message.lines().any(|line| line.starts_with(&based))
}

pub(super) fn has_lines(tip: &Tip, lines: &[String]) -> bool {
    let message = tip.message.as_deref().unwrap_or_default();
    lines
        .iter()
        .all(|line| message.lines().any(|said| said == line))
}
