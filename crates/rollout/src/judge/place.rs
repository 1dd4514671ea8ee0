//! What the folder holds in which commit: what was published, something newer, or what was
//! there before.

use super::Work;
use crate::facts::Tree;
use crate::judged::Doubt;

/// What was there before our commit.
pub(super) enum Before {
    Commit(String),
    /// It is the first one.
    Nothing,
    Unknown,
}

impl<'a> Work<'a> {
    /// Whether this commit holds what was published; notes what has to be looked at.
    pub(super) fn is_ours(&mut self, at: usize) -> Option<bool> {
        if self.own == Some(at) && self.wait.content.is_none() {
            return Some(true);
        }
        let id = self.wait.branch.commits[at].id.clone();
        let theirs = self.tree(&id);
        let own = self.tree(self.content());
        Some(theirs? == own?)
    }

    /// Whether this commit holds something that came after what was published: neither
    /// that, nor what was there before, nor nothing.
    pub(super) fn is_newer(&mut self, at: usize) -> Option<bool> {
        if self.is_ours(at)? {
            return Some(false);
        }
        let id = self.wait.branch.commits[at].id.clone();
        let theirs = self.tree(&id)?;
        if theirs == Tree::Absent {
            return Some(false);
        }
        match self.before() {
            Before::Commit(parent) => Some(theirs != self.tree(&parent)?),
            Before::Nothing => Some(true),
            Before::Unknown => {
                self.doubt = Some(Doubt::Place);
                None
            }
        }
    }

    /// What the branch held before our commit.
    pub(super) fn before(&self) -> Before {
        let branch = self.wait.branch;
        let parent = match self.own {
            Some(own) => branch.commits[own].parent.as_ref(),
            None => branch.parents.get(self.commit),
        };
        match (parent, self.own) {
            (Some(parent), _) => Before::Commit(parent.clone()),
            (None, Some(_)) => Before::Nothing,
            (None, None) => Before::Unknown,
        }
    }

    /// The commit whose folder is what was published.
    fn content(&self) -> &'a str {
        self.wait.content.unwrap_or(self.commit)
    }

    fn tree(&mut self, commit: &str) -> Option<Tree> {
        let known = self.wait.trees.get(commit).cloned();
        if known.is_none() {
            self.needs.insert(commit.to_owned());
        }
        known
    }

    /// Whether the folder is again what it was before our commit; `None` until
    /// that was looked at.
    pub(super) fn is_reverted(&mut self) -> Option<bool> {
        let Some(tip) = self.wait.branch.tip().map(|tip| tip.id.clone()) else {
            return Some(false);
        };
        if self.own == Some(0) && self.wait.content.is_none() {
            return Some(false);
        }
        let (now, ours) = (self.tree(&tip), self.tree(self.content()));
        let before = match self.before() {
            Before::Commit(parent) => Some(self.tree(&parent)),
            Before::Nothing => None,
            Before::Unknown => Some(None),
        };
        let (now, ours) = (now?, ours?);
        if now == ours {
            return Some(false);
        }
        // Whoever removes the folder publishes nothing newer.
        if now == Tree::Absent {
            return Some(true);
        }
        match before {
            None => Some(false),
            Some(before) => Some(now == before?),
        }
    }
}
