//! The settings of publishing by pull request, validated.

use crate::error::{Error, Kind};
use crate::host::pull_request::MergeStrategy;
use crate::model::{BranchName, Folder};

use super::definition::{Mode, Per, PullRequestArgs};
use super::head_branch::default_head;

/// How one environment is published.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct PullRequestSettings {
    /// Push, pull request, or either.
    pub mode: Mode,
    /// The branch that the pull request comes from, or what the branches of single changes
    /// begin with.
    pub head_branch: BranchName,
    /// The head branch is called as it is where none is set.
    pub default_head: bool,
    /// Each change has a branch and a pull request of its own.
    pub per_change: bool,
    /// The title, when the user has one.
    pub title: Option<String>,
    /// What the description begins with.
    pub text: Option<String>,
    /// It is opened as a draft.
    pub draft: bool,
    /// Its labels.
    pub labels: Vec<String>,
    /// Who may review.
    pub reviewers: Vec<String>,
    /// Who has to approve.
    pub required_reviewers: Vec<String>,
    /// Work items that it belongs to.
    pub work_items: Vec<u64>,
    /// How the host merges it automatically, when it does.
    pub auto_complete: Option<MergeStrategy>,
    /// How the host merges it when the policy for risks lets it.
    pub merge_strategy: MergeStrategy,
    /// The head branch goes when the pull request does.
    pub delete_head_branch: bool,
    /// The published commit gets a pending status.
    pub commit_status: bool,
}

/// Validates how an environment is published.
pub(super) fn pull_request(
    environment: &str,
    folder: &Folder,
    args: PullRequestArgs,
) -> Result<PullRequestSettings, Error> {
    let default = default_head(folder, environment);
    let head_branch = args.head_branch.unwrap_or_else(|| default.clone());
    let number = |text: &String| {
        let digits = text.trim().trim_start_matches("AB").trim_start_matches('#');
        digits.parse::<u64>().map_err(|_| {
            let said = format!("an item of `workItems` is {text:?}");
            Error::message(Kind::Usage, said).hint("a work item is a number, such as 1234")
        })
    };
    let work_items = args.work_items.iter().map(number);
    let work_items = work_items.collect::<Result<_, _>>()?;
    Ok(PullRequestSettings {
        mode: args.mode,
        default_head: head_branch == default,
        head_branch,
        per_change: args.pull_request_per == Per::Change,
        title: args.pull_request_title,
        text: args.pull_request_text,
        draft: args.draft,
        labels: args.labels,
        reviewers: args.reviewers,
        required_reviewers: args.required_reviewers,
        work_items,
        auto_complete: args.auto_complete.then_some(args.merge_strategy),
        merge_strategy: args.merge_strategy,
        delete_head_branch: args.delete_head_branch,
        commit_status: args.commit_status,
    })
}
