//! What is known about a rollout after looking at the facts.

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Every required target has what was published.
    RolledOut,
    /// There was nothing to roll out.
    Unchanged,
    /// Something newer took its place, and that was rolled out.
    Superseded,
    /// A required target failed on the commit.
    Failed,
    /// The branch went back to what it held before.
    Reverted,
    /// The pull request was closed without being merged.
    Abandoned,
    /// The pull request was not merged in time.
    NotMerged,
    /// Not every required target reported in time.
    TimedOut,
    /// It cannot be known.
    Unknown,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 9] = [
        Self::RolledOut,
        Self::Unchanged,
        Self::Superseded,
        Self::Failed,
        Self::Reverted,
        Self::Abandoned,
        Self::NotMerged,
        Self::TimedOut,
        Self::Unknown,
    ];

    /// The word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::RolledOut => "rolledOut",
            Self::Unchanged => "unchanged",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::Reverted => "reverted",
            Self::Abandoned => "abandoned",
            Self::NotMerged => "notMerged",
            Self::TimedOut => "timedOut",
            Self::Unknown => "unknown",
        }
    }

    /// Whether a run may go on after it.
    pub fn passes(self) -> bool {
        matches!(self, Self::RolledOut | Self::Unchanged | Self::Superseded)
    }
}

/// What a wait is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Waiting {
    /// The pull request to be merged.
    Merge,
    /// The host to say whether the branch holds the commit.
    Place,
    /// Anybody to report: nobody has on this branch, and nobody is named.
    Anybody,
    /// Targets to report; the lines say which.
    Targets,
}

/// How far a wait is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It goes on.
    Waiting(Waiting),
    /// It has ended.
    Done(Outcome),
}

/// What a target said about a commit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reported {
    /// The commit.
    pub commit: String,
    /// Its words, fit to be shown.
    pub words: String,
    /// Where to read more.
    pub link: Option<String>,
}

/// Where one required target is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LineState {
    /// It has what was published.
    Succeeded(Reported),
    /// It has something newer that holds other content.
    PassedOver(Reported),
    /// It failed on our commit.
    Failed(Reported),
    /// It is at it.
    Working(Reported),
    /// It said nothing about our commit or a later one.
    Silent,
}

/// One required target.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Line {
    /// What people call it; a pattern where nothing that it means has reported.
    pub target: String,
    /// Where it is.
    pub state: LineState,
    /// A failure on a later commit: told, not decided on.
    pub later_failure: Option<Reported>,
    /// Where it may have said something later than the success that is not to be seen.
    pub hidden: Option<Hidden>,
    /// The newest commit that it reported on at all.
    pub newest: Option<Reported>,
}

/// A commit on which a target may have said what is not to be seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Hidden {
    /// Somebody who is not believed wrote in its name there, and a host that shows the
    /// newest status alone shows nothing of its own.
    Covered {
        /// The commit.
        commit: String,
        /// Who wrote it, by id and name.
        author: String,
    },
    /// Not all check runs of it could be read.
    CheckRuns(String),
}

/// Why a success counts for nothing, although whoever wrote it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Something else took the place of what was published, and it is not known whether
    /// that is newer or what was there before: too many commits came since.
    Place,
    /// Of the commit, not all check runs could be read.
    CheckRuns,
    /// The host does not show what was published, so that what was merged cannot be
    /// compared with it.
    Content,
}

/// A status that was not believed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Disbelieved {
    /// What it says it is about.
    pub target: String,
    /// Who wrote it, by id and name.
    pub author: String,
}

/// What the facts come to for one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// How far it is.
    pub standing: Standing,
    /// The commit on the branch that it is about.
    pub commit: Option<String>,
    /// Each required target.
    pub lines: Vec<Line>,
    /// Targets that reported on our commit or a later one and are not required.
    pub others: Vec<String>,
    /// Statuses for required targets by authors who are not believed.
    pub disbelieved: Vec<Disbelieved>,
    /// Commits whose folder has to be looked at before more can be said.
    pub needs: Vec<String>,
    /// The newest commit that all required targets had.
    pub last_rolled_out: Option<String>,
    /// The branch no longer holds the commit.
    pub is_gone: bool,
    /// Why a success counts for nothing.
    pub doubt: Option<Doubt>,
    /// Flux reports, and on these commits never a failure: some versions do not.
    pub never_failed: bool,
}
