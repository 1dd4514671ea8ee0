//! What the folder holds in which commit: what was published, something newer, or what was
//! there before.

use super::Work;
use crate::facts::{Arrival, Tree};
use crate::judged::Doubt;

/// The commits of which one is what the branch held before what was published came: what
/// a pull request brought in several commits was, in some of them, not there yet, or
/// something else.
struct Former {
    commits: Vec<String>,
    /// There may be more, which are not known.
    is_cut: bool,
    /// The last of them is what the pull request was merged into.
    ends_at_base: bool,
}

/// What came right before a commit.
enum Parent<'a> {
    Commit(&'a str),
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
        let (theirs, own) = (self.tree(&id), self.published());
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
        self.is_former(&theirs).map(|is_former| !is_former)
    }

    /// Whether the oldest commit that is known is the first of the branch.
    pub(super) fn reaches_the_first(&self) -> bool {
        let oldest = self.wait.branch.commits.last();
        oldest.is_some_and(|oldest| oldest.parent.is_none())
    }

    fn parent(&self, commit: &str) -> Parent<'a> {
        let branch = self.wait.branch;
        if let Some(parent) = branch.parents.get(commit) {
            return Parent::Commit(parent);
        }
        match branch.position(commit).map(|at| &branch.commits[at].parent) {
            Some(Some(parent)) => Parent::Commit(parent),
            Some(None) => Parent::Nothing,
            None => Parent::Unknown,
        }
    }

    /// What the branch may have held before.
    fn former(&self) -> Former {
        let (base, most) = match self.wait.arrival {
            Arrival::Alone => (None, Some(1)),
            Arrival::Together { base, most } => (base.as_deref(), *most),
        };
        let mut commits: Vec<String> = Vec::new();
        let mut at = self.commit;
        let mut is_cut = false;
        while most.is_none_or(|most| commits.len() < most) {
            match self.parent(at) {
                Parent::Commit(parent) => {
                    commits.push(parent.to_owned());
                    at = parent;
                }
                Parent::Nothing => break,
                Parent::Unknown => {
                    is_cut = base.is_none();
                    commits.extend(base.map(str::to_owned));
                    break;
                }
            }
            if base.is_some_and(|base| base == at) {
                break;
            }
        }
        Former {
            ends_at_base: !is_cut
                && base.is_some_and(|base| base == at || commits.ends_with(&[base.to_owned()])),
            commits,
            is_cut,
        }
    }

    /// Whether this is what the folder held before, which is not ours. What came on the way
    /// after ours was not there before: others changed it.
    fn is_former(&mut self, theirs: &Tree) -> Option<bool> {
        let former = self.former();
        let ours = self.published()?;
        // From the oldest on, until ours came.
        let mut before = Vec::new();
        let mut came = false;
        let on_the_way = former.commits.iter().map(String::as_str);
        let way: Vec<_> = std::iter::once(self.commit).chain(on_the_way).collect();
        for commit in way.into_iter().rev() {
            let tree = self.tree(commit);
            came = tree.as_ref() == Some(&ours);
            if came {
                break;
            }
            before.push(tree);
        }
        if before.is_empty() {
            // Ours was there already, and what was before that is not known.
            self.doubt = Some(Doubt::Place);
            return None;
        }
        if !came {
            // Nothing on the way came before ours, which did not come along.
            let last = if former.ends_at_base {
                1
            } else {
                former.commits.len()
            };
            before.truncate(last);
        }
        let is_known = before.iter().all(Option::is_some);
        if before.iter().flatten().any(|tree| tree == theirs) {
            return Some(true);
        }
        if former.is_cut {
            self.doubt = Some(Doubt::Place);
        }
        (is_known && !former.is_cut).then_some(false)
    }

    /// What was published.
    fn published(&mut self) -> Option<Tree> {
        let content = self.wait.content.unwrap_or(self.commit);
        let known = self.tree(content);
        if known.is_none() && self.wait.content.is_some() {
            self.doubt = Some(Doubt::Content);
        }
        known
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
        let (now, ours) = (self.tree(&tip), self.published());
        // Most likely it is asked for next.
        if let Parent::Commit(before) = self.parent(self.commit) {
            self.tree(before);
        }
        let (now, ours) = (now?, ours?);
        if now == ours {
            return Some(false);
        }
        // Whoever removes the folder publishes nothing newer.
        if now == Tree::Absent {
            return Some(true);
        }
        self.is_former(&now)
    }
}
