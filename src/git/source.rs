//! Facts about the checkout that the source comes from.

use std::path::Path;

use git2::{ErrorCode, Oid, Repository};

pub use super::before::Before;
use super::error::Fault;
pub use super::uncommitted::Uses;
use crate::model::{ObjectId, RedactedUrl};

/// A checkout, or the absence of one.
pub struct Source {
    pub(super) repository: Repository,
}

/// How far a commit is behind a branch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Behind {
    /// The branch has so many commits more.
    By(usize),
    /// The branch does not have the commit.
    Apart,
    /// The checkout does not tell.
    #[default]
    Unknown,
}

impl Source {
    /// The checkout that `folder` lies in; `None` when it lies in none.
    pub fn discover(folder: &Path) -> Result<Option<Self>, Fault> {
        match Repository::discover(folder) {
            Ok(repository) => Ok(Some(Self { repository })),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(Fault::machine("reading the source's repository")(error)),
        }
    }

    /// The commit that is checked out; `None` before the first commit.
    pub fn head(&self) -> Option<ObjectId> {
        let commit = self.repository.head().ok()?.peel_to_commit().ok()?;
        Some(super::intake::object_id(commit.id()))
    }

    /// The branch that is checked out: `refs/heads/main`.
    pub fn head_ref(&self) -> Option<String> {
        let head = self.repository.find_reference("HEAD").ok()?;
        head.symbolic_target().ok().flatten().map(str::to_owned)
    }

    /// The default branch of `origin`, as the clone knows it: `refs/heads/main`.
    pub fn default_branch(&self) -> Option<String> {
        let head = self.repository.find_reference("refs/remotes/origin/HEAD");
        let head = head.ok()?;
        let target = head.symbolic_target().ok().flatten()?;
        let name = target.strip_prefix("refs/remotes/origin/")?;
        Some(format!("refs/heads/{name}"))
    }

    /// The URL of `origin` without credentials, as far as it is a URL; SSH
    /// addresses and paths are given as they stand.
    pub fn origin(&self) -> Option<String> {
        let remote = self.repository.find_remote("origin").ok()?;
        let text = remote.url().ok()?;
        match url::Url::parse(text) {
            Ok(url) if url.has_host() => Some(RedactedUrl::new(url).to_string()),
            _ => Some(text.to_owned()),
        }
    }

    /// When a commit was made, in seconds since 1970 (UTC).
    pub fn seconds(&self, commit: &str) -> Option<i64> {
        let id = Oid::from_str(commit).ok()?;
        Some(self.repository.find_commit(id).ok()?.time().seconds())
    }

    /// How many commits a branch has that `commit` has not. The branch is taken as
    /// it was fetched last, else as it is here; or as it is known to be `at` a commit,
    /// where that is newer: a pipeline checks out a commit, and may fetch no branch.
    pub fn behind(&self, commit: &str, branch: &str, at: Option<&str>) -> Behind {
        let name = branch.strip_prefix("refs/heads/").unwrap_or(branch);
        let names = [
            format!("refs/remotes/origin/{name}"),
            format!("refs/heads/{name}"),
        ];
        let tip = names.iter().find_map(|name| {
            let reference = self.repository.find_reference(name).ok()?;
            Some(reference.peel_to_commit().ok()?.id())
        });
        let known = |commit: &str| {
            let id = Oid::from_str(commit).ok();
            id.filter(|id| self.repository.find_commit(*id).is_ok())
        };
        let own = known(commit);
        let tip = match (at.and_then(known), tip) {
            (Some(at), Some(tip)) => {
                let is_newer = self.repository.graph_descendant_of(at, tip);
                Some(if is_newer.unwrap_or_default() {
                    at
                } else {
                    tip
                })
            }
            (at, tip) => at.or(tip),
        };
        let (Some(tip), Some(own)) = (tip, own) else {
            return Behind::Unknown;
        };
        match self.repository.graph_ahead_behind(own, tip) {
            Ok((0, behind)) => Behind::By(behind),
            // What is cut off may hold it.
            Ok(_) if self.repository.is_shallow() => Behind::Unknown,
            Ok(_) => Behind::Apart,
            Err(_) => Behind::Unknown,
        }
    }

    /// Whether `older` is an ancestor of `newer`; `None` when the checkout is
    /// too shallow to tell.
    pub fn is_ancestor(&self, older: &str, newer: &str) -> Option<bool> {
        let (older, newer) = (Oid::from_str(older).ok()?, Oid::from_str(newer).ok()?);
        if older == newer {
            return Some(true);
        }
        let known = |id| self.repository.find_commit(id).is_ok();
        if !known(newer) || !known(older) {
            return None;
        }
        match self.repository.graph_descendant_of(newer, older) {
            Ok(false) if self.repository.is_shallow() => None,
            Ok(answer) => Some(answer),
            Err(_) => None,
        }
    }
}
