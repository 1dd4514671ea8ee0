//! The settings of publishing by pull request.

use clap::{ArgAction, Args};

use crate::host::pull_request::MergeStrategy;
use crate::model::BranchName;

use super::choices::{Mode, Per};
use super::marks::{FREE, switch};

/// How changes reach the branch, and what their pull request looks like.
#[derive(Debug, Clone, Args)]
#[command(mut_args = switch)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct PullRequestArgs {
    /// How changes reach the branch: `push` them, open a `pullRequest`, or with `auto` push and open a pull request only where the branch does not take pushes.
    #[arg(long, value_enum, default_value = "push")]
    pub mode: Mode,

    /// The branch that the pull request comes from. `gitops/`, the folder with `--` for `/`, and the environment's name where the folder does not end with it, when not given.
    #[arg(long, value_name = "BRANCH")]
    pub head_branch: Option<BranchName>,

    /// One pull request per environment that is kept current, or a new one per change.
    #[arg(long, value_enum, default_value = "environment")]
    pub pull_request_per: Per,

    /// The title of the pull request. Names the environment and the source commit when not given.
    #[arg(long, value_name = "TEXT", add = FREE)]
    pub pull_request_title: Option<String>,

    /// Text that the description of the pull request begins with, before the list of changes.
    #[arg(long, value_name = "TEXT", add = FREE)]
    pub pull_request_text: Option<String>,

    /// Open the pull request as a draft.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub draft: bool,

    /// Labels of the pull request.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub labels: Vec<String>,

    /// Who is asked to review: users, e-mail addresses or groups on Azure DevOps, users or `organization/team` on GitHub.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub reviewers: Vec<String>,

    /// Who has to approve before the pull request can be completed (Azure DevOps).
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub required_reviewers: Vec<String>,

    /// Numbers of the work items that the pull request belongs to (Azure Boards).
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    pub work_items: Vec<String>,

    /// Let the host merge the pull request as soon as its policies allow.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub auto_complete: bool,

    /// How `autoComplete` merges.
    #[arg(long, value_enum, default_value = "squash")]
    pub merge_strategy: MergeStrategy,

    /// Delete the branch of a pull request once `autoComplete` has merged it, and when it is closed because nothing is left to change.
    #[arg(long, default_value = "true", action = ArgAction::Set)]
    pub delete_head_branch: bool,

    /// Set the commit status `gitops/<environment>` of a published commit to pending, so that another system can report the outcome of the rollout.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub commit_status: bool,
}
