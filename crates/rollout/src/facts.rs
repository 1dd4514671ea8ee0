//! What is known: the branch, the trees of the owned folder, what was published.
//! Plain data; commits and trees are named by their ids in lower case.

use std::collections::HashMap;

use crate::authors::Authors;
use crate::report::Report;
use crate::target::Pattern;

/// A commit of the branch with its statuses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: String,
    /// Its first parent, where that is known.
    pub parent: Option<String>,
    /// Its statuses, in any order.
    pub reports: Vec<Report>,
    /// It has more check runs of apps than could be read.
    pub is_partial: bool,
}

/// The newest commits of a branch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Branch {
    /// From the tip along first parents.
    pub commits: Vec<Commit>,
    /// For commits that are not among these: whether the branch holds them.
    pub holds: HashMap<String, bool>,
    /// For commits that are not among these: their first parents, as far as they are
    /// known.
    pub parents: HashMap<String, String>,
}

impl Branch {
    /// The newest commit.
    pub fn tip(&self) -> Option<&Commit> {
        self.commits.first()
    }

    /// How many commits came after this one.
    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.commits.iter().position(|commit| commit.id == id)
    }
}

/// The owned folder in one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// The folder is not there.
    Absent,
    /// It is there, with this tree.
    Id(String),
}

/// The owned folder in the commits that were looked at.
pub type Trees = HashMap<String, Tree>;

/// What was published for an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// The branch held it already, and nobody asks whether it is rolled out.
    Unchanged,
    /// The branch held it already, and whether it is rolled out is asked.
    Held {
        /// The commit that brought it; the oldest that is known to hold it where that came
        /// before.
        commit: String,
        /// It came before the commits that are known.
        is_older: bool,
    },
    /// Nothing: something newer was published before.
    Older,
    /// It is proposed by a pull request that is open.
    Proposed,
    /// Its pull request was closed without being merged.
    Closed,
    /// It is this commit on the branch.
    Commit(String),
    /// Nobody can say what.
    Untold,
}

/// Whose reports are waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Required {
    /// Those that these mean; each has to mean at least one.
    Named(Vec<Pattern>),
    /// All that reported on commits of this branch before ours.
    Lately,
}

/// How long things take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Seconds in which a failure may still turn into a success.
    pub grace: u64,
    /// Seconds after which the wait ends.
    pub timeout: u64,
    /// Seconds for somebody to report at all, where nobody is named.
    pub settle: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            grace: 15,
            timeout: 30 * 60,
            settle: 60,
        }
    }
}

/// How what was published came onto the branch: with it goes what was there before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Arrival {
    /// As one commit, of which the first parent is what was there before.
    #[default]
    Alone,
    /// By a pull request, which may have become several commits, ours among them.
    Together {
        /// What the branch held before, where the host says that.
        base: Option<String>,
        /// How many commits it became at most, where the host says that.
        most: Option<usize>,
    },
}

/// Everything that is known about one environment.
#[derive(Debug, Clone)]
pub struct Wait<'a> {
    /// What was published.
    pub published: &'a Published,
    /// The commit whose folder is what was published, where that is not the commit on the
    /// branch: the head of a pull request. What is merged may be something else.
    pub content: Option<&'a str>,
    /// How it came onto the branch.
    pub arrival: &'a Arrival,
    /// Whose reports are waited for.
    pub required: &'a Required,
    /// Whom to believe.
    pub authors: &'a Authors,
    /// The branch it was published to.
    pub branch: &'a Branch,
    /// The environment's folder in commits of the branch.
    pub trees: &'a Trees,
    /// How long things take.
    pub policy: Policy,
    /// When the wait began, in seconds on the caller's clock.
    pub started: u64,
    /// What time it is on that clock.
    pub now: u64,
}
