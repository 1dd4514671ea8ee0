//! The settings of publishing by pull request, validated.

use crate::error::{Error, Kind};
use crate::host::pull_request::MergeStrategy;
use crate::model::{BranchName, Folder};

use super::definition::{Mode, Per, PullRequestArgs};

/// What the head branches begin with where none is set.
const HEADS: &str = "gitops";

/// How one environment is published.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct PullRequestSettings {
    /// Push, pull request, or either.
    pub mode: Mode,
    /// The branch that the pull request comes from.
    pub head_branch: BranchName,
    /// The one that former versions took where none is set: what they proposed goes on
    /// there.
    pub former_head: Option<BranchName>,
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

impl PullRequestSettings {
    /// The branches that its pull requests may come from.
    pub fn heads(&self) -> impl Iterator<Item = &BranchName> {
        std::iter::once(&self.head_branch).chain(&self.former_head)
    }
}

/// The head branch where none is set. Sources that publish to one branch have folders
/// of their own, so that they do not meet here either.
pub fn default_head(folder: &Folder, environment: &str) -> BranchName {
    let Some(folder) = folder.path() else {
        return BranchName::derived(HEADS, environment);
    };
    let segments = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    if segments(folder.as_str()).ends_with(&segments(environment)) {
        return BranchName::derived(HEADS, folder.as_str());
    }
    BranchName::derived(HEADS, &format!("{folder}/{environment}"))
}

/// Validates how an environment is published.
pub(super) fn pull_request(
    environment: &str,
    folder: &Folder,
    args: PullRequestArgs,
) -> Result<PullRequestSettings, Error> {
    let former_head = BranchName::derived(HEADS, environment);
    let is_default = args.head_branch.is_none();
    let derived = || default_head(folder, environment);
    let head_branch = args.head_branch.unwrap_or_else(derived);
    let former_head = Some(former_head).filter(|former| is_default && *former != head_branch);
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
        head_branch,
        former_head,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("dev", "dev", "gitops/dev")]
    #[case("shop/dev", "dev", "gitops/shop/dev")]
    #[case("dev/shop", "dev", "gitops/dev/shop/dev")]
    #[case("shop", "dev", "gitops/shop/dev")]
    #[case("ndev", "dev", "gitops/ndev/dev")]
    #[case(".", "dev", "gitops/dev")]
    #[case("shop/prod/weu", "prod/weu", "gitops/shop/prod/weu")]
    #[case("a b/x..y", "dev", "gitops/a-b/x--y/dev")]
    fn the_head_branch_is_named_after_folder_and_environment(
        #[case] folder: &str,
        #[case] environment: &str,
        #[case] head: &str,
    ) {
        let folder = Folder::parse(folder).unwrap();
        assert_eq!(default_head(&folder, environment).as_str(), head);
    }
}
