//! The commits that a branch has of its own.

use std::collections::HashSet;

use git2::ObjectType;

use super::Remote;
use super::commit;
use super::error::{Error, Fault};
use super::intake::Objects;
use super::tip::Tip;
use crate::model::ObjectId;

/// One commit, without its contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ancestor {
    /// Its root tree.
    pub tree: ObjectId,
    /// Its message.
    pub message: String,
}

impl Remote {
    /// The newest commits of `tip` along first parents, the newest first, without those
    /// that `other` has along its own: what came into `other` by a merge is still here.
    pub async fn own_commits(&self, tip: &Tip, other: &Tip) -> Result<Vec<Ancestor>, Error> {
        match self {
            Self::Http(remote) => remote.own_commits(tip, other).await,
            Self::Ssh(remote) => remote.own_commits(tip, other).await,
            Self::Local(remote) => remote.own_commits(tip, other).await,
            Self::ReadOnly(remote) => Box::pin(remote.own_commits(tip, other)).await,
        }
    }
}

/// The commits of `top` along first parents, without those of `other`, as far back as
/// the repository has them.
pub(super) fn own(
    objects: &Objects<'_>,
    top: ObjectId,
    other: ObjectId,
) -> Result<Vec<Ancestor>, Fault> {
    let known: HashSet<_> = line(objects, other)?
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    let mut found = line(objects, top)?;
    found.retain(|(id, _)| !known.contains(id));
    Ok(found.into_iter().map(|(_, commit)| commit).collect())
}

fn line(objects: &Objects<'_>, top: ObjectId) -> Result<Vec<(ObjectId, Ancestor)>, Fault> {
    let mut found = Vec::new();
    let mut next = Some(top);
    while let Some(id) = next.take().filter(|_| found.len() < LONGEST) {
        let Some(bytes) = objects.read(&id, ObjectType::Commit)? else {
            break;
        };
        let Some(links) = commit::links(&bytes) else {
            break;
        };
        next = links.parents.first().copied();
        let message = commit::message(&bytes);
        let tree = links.tree;
        found.push((id, Ancestor { tree, message }));
    }
    Ok(found)
}

/// How many commits are looked at, at most. A repository on this machine has them all.
const LONGEST: usize = 1_000;
