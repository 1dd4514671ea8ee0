//! What is there, environment by environment: the value, and its views.

mod view;

use serde::Serialize;

use super::RolloutTarget;

pub use view::{markdown as status_markdown, text as status_text};

/// What was found.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusReport {
    /// `status`.
    pub command: &'static str,
    /// One entry per branch that was looked at.
    pub branches: Vec<BranchStatus>,
}

/// One branch of a manifest repository.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BranchStatus {
    /// The repository, without credentials.
    pub manifest_repo_url: String,
    /// The branch; empty where it could not be read and none is named.
    pub branch: String,
    /// The newest commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitStatus>,
    /// Its environments.
    pub environments: Vec<EnvironmentStatus>,
    /// Why it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What may help with that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
    /// What is not known, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A commit and its time.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommitStatus {
    /// Its id.
    pub id: String,
    /// When it was made, in seconds since 1970 (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<i64>,
    /// How long ago that is, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<u64>,
}

/// By how many seconds clocks may differ.
const SKEW: i64 = 5 * 60;

impl CommitStatus {
    /// A commit of a known time.
    pub fn at(id: String, time: Option<i64>, now: i64) -> Self {
        let time = time.filter(|time| *time > 0);
        let age = time.map(|time| now.saturating_sub(time));
        // Clocks differ a little; a commit of tomorrow has no age.
        let age = age.filter(|age| *age >= -SKEW);
        Self {
            id,
            time,
            age_seconds: age.map(|age| u64::try_from(age).unwrap_or_default()),
        }
    }
}

/// One environment.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentStatus {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: String,
    /// It was published by way of the settings file, which does not have it (there)
    /// any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub not_in_file: bool,
    /// What was published there; absent where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<PublishedStatus>,
    /// Why that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// How its rollout is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout: Option<RolloutNow>,
}

/// What was published for an environment.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishedStatus {
    /// The commit that published it, where that is among the newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitStatus>,
    /// What it was made from.
    pub source: SourceStatus,
    /// The pipeline that published it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
    /// Its run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
    /// How many resources there are.
    pub resources: usize,
    /// The images of the containers; absent where an earlier version published them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<Vec<String>>,
    /// What somebody changed since.
    pub by_hand: ByHand,
}

/// The source of what was published.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceStatus {
    /// Its repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Its branch or tag.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Where no branch or tag was recorded: the default branch, which `behind` counts on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_branch: Option<String>,
    /// The commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitStatus>,
    /// It was published with changes that are in no commit.
    pub uncommitted: bool,
    /// How many commits the branch has that this one has not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<usize>,
    /// The branch does not have the commit.
    pub not_on_branch: bool,
}

/// Files that are not as they were published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ByHand {
    /// Files with other content.
    pub changed: Vec<String>,
    /// Files that are gone.
    pub removed: Vec<String>,
    /// Files that came.
    pub added: Vec<String>,
}

impl ByHand {
    /// How many files.
    pub fn count(&self) -> usize {
        self.changed.len() + self.removed.len() + self.added.len()
    }
}

/// How a rollout is, as far as commit statuses tell by now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutNow {
    /// `rolledOut`, `failed`, `pending` or `unknown`.
    pub outcome: &'static str,
    /// The newest commit of the branch that is known to have been rolled out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_rolled_out_commit: Option<String>,
    /// Each target that counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<RolloutTarget>,
    /// Why it is so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

impl RolloutNow {
    /// Nobody can tell.
    pub fn unknown(reason: &str) -> Self {
        Self {
            outcome: "unknown",
            last_rolled_out_commit: None,
            targets: Vec::new(),
            reasons: vec![reason.to_owned()],
        }
    }
}

impl StatusReport {
    /// The branches that could not be read, and why.
    pub fn errors(&self) -> impl Iterator<Item = (&BranchStatus, &str)> {
        let branches = self.branches.iter();
        branches.filter_map(|one| Some((one, one.error.as_deref()?)))
    }
}
