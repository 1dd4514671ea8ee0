//! The result of a run as data: the one thing that every view is made from.

use std::collections::{BTreeMap, HashSet};

use gitops_plan::{EnvironmentPlan, NoHash, Removal, Run, RunPlan};
use serde::Serialize;

use super::RolloutReport;
use crate::model::{FileChange, Finding, FolderPlan, ResourceChange, ResourceId};

/// What a run did, or would do.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunReport {
    /// `publish`, `plan`, `render`, `promote`, `update` or `wait`.
    pub command: &'static str,
    /// The commit of the source that was promoted, by `promote`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_commit: Option<String>,
    /// Whether the manifest repository changed (`publish`) or would (`plan`).
    pub changed: bool,
    /// One entry per branch that was published to or compared with.
    pub publications: Vec<Publication>,
    /// One entry per environment, in the order they were given.
    pub environments: Vec<EnvironmentReport>,
    /// Each value that `update` set, or would set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub updates: Vec<Updated>,
    /// Folders that would go because no environment owns them any longer.
    #[serde(skip)]
    pub removals: Vec<Removal>,
    /// The hash of what the run would publish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<String>,
    /// Why there is no hash.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_plan_hash: Vec<NoHash>,
    /// The hash of the plan that was approved, and that is carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved: Option<String>,
    /// How the rollouts ended that were waited for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rollouts: Vec<RolloutReport>,
    /// What is worth a look.
    pub warnings: Vec<Finding>,
    /// What is good to know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Finding>,
}

/// What happened on one branch of one manifest repository.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Publication {
    /// The repository, without credentials.
    pub manifest_repo_url: String,
    /// The branch.
    pub branch: String,
    /// The new commit, or the tip of the branch when none was made. Absent for
    /// an empty repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit_id: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// How often the push was tried again because somebody else was faster.
    pub retries: u32,
    /// The pull request that carries the change, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<PullRequestReport>,
    /// The environments that went there.
    pub environments: Vec<String>,
}

/// A pull request of a publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PullRequestReport {
    /// The number that people call it by.
    pub id: u64,
    /// Its page.
    pub url: String,
    /// What was done with it.
    pub done: PullRequestDone,
}

/// What was done with a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PullRequestDone {
    /// It was opened.
    Created,
    /// It was there, and now carries this change.
    Updated,
    /// It was there as it should be.
    Unchanged,
    /// It was closed, because nothing is left to change.
    Closed,
    /// The host merged it at once.
    Merged,
}

/// A value that was set in a file that people own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Updated {
    /// The file, from the root of the repository.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The object that it belongs to, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The path to it.
    pub field: String,
    /// What it was.
    pub before: String,
    /// What it is now.
    pub after: String,
}

/// How a publication ended, or would end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// A commit was made.
    Published,
    /// A pull request carries the change.
    Proposed,
    /// An open pull request carried the change before this run.
    Waiting,
    /// Somebody closed the pull request with exactly this change.
    Declined,
    /// A commit would be made.
    WouldPublish,
    /// What differs is made from secrets that this run does not have.
    Unknown,
    /// The branch holds what was rendered.
    Unchanged,
    /// Something newer was published; nothing was done.
    Older,
    /// Something stands in the way for at least one environment; nothing was done.
    Stopped,
}

impl Outcome {
    /// Whether the branch changed, or would.
    pub fn is_change(self) -> bool {
        matches!(self, Self::Published | Self::Proposed | Self::WouldPublish)
    }
}

/// One environment of a run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentReport {
    /// Its name.
    pub name: String,
    /// What generated it.
    pub generator: String,
    /// The folder it owns.
    pub folder: String,
    /// How many files it renders to.
    pub files: usize,
    /// How many resources it renders to.
    pub resources: usize,
    /// What changes in the manifest repository; absent when it was not compared.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// What changes, field by field, where it was compared so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<gitops_plan::Plan>,
    /// What publishing it does to its branch, in the terms in which that is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<gitops_plan::Effect>,
    /// Something newer was published there, so that this run leaves it alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_older: bool,
    /// Something stands in the way of publishing it: nothing of its branch is
    /// published, and where nothing could be compared there are no changes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_stopped: bool,
}

/// What changes in one owned folder.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    /// Resources that are new.
    pub added: usize,
    /// Resources whose content differs.
    pub changed: usize,
    /// Resources that go.
    pub removed: usize,
    /// Resources, or files without resources, that are made from secrets which
    /// this run does not have.
    #[serde(skip_serializing_if = "is_zero")]
    pub unknown: usize,
    /// Files that differ, the ledger not counted.
    pub changed_files: usize,
    /// Each resource that does not stay as it is.
    pub changes: BTreeMap<ResourceId, ResourceChange>,
    /// Whose folder it was, when it changes hands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_over_from: Option<String>,
    /// Files that something else wrote and that are removed or replaced.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files_of_others: Vec<String>,
    /// Files that somebody edited and that are removed or written over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edits_overwritten: Vec<String>,
    /// The folder did not exist before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_new_folder: bool,
    /// What was published before was made from the same commit.
    #[serde(skip)]
    pub is_same_commit: bool,
}

impl Changes {
    /// Whether the cluster sees nothing new; the ledger alone may differ.
    pub fn is_empty(&self) -> bool {
        self.changed_files == 0 && self.changes.is_empty()
    }

    /// The resources that do not stay as they are, those that go first.
    pub fn by_weight(&self) -> Vec<(&ResourceId, ResourceChange)> {
        let mut rows: Vec<_> = self.changes.iter().map(|(id, c)| (id, *c)).collect();
        rows.sort_by_key(|(_, change)| match change {
            ResourceChange::Removed => 0,
            ResourceChange::Changed => 1,
            ResourceChange::Added => 2,
            ResourceChange::Unknown => 3,
        });
        rows
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Resources of which it is not known whether they change; where there are
/// none, files.
fn unknown(plan: &FolderPlan) -> usize {
    let files = plan.files.values();
    let files = files
        .filter(|&&change| change == FileChange::Unknown)
        .count();
    match plan.count(ResourceChange::Unknown) {
        0 if plan.resources.is_empty() => files,
        resources => resources,
    }
}

impl From<&FolderPlan> for Changes {
    fn from(plan: &FolderPlan) -> Self {
        Self {
            added: plan.count(ResourceChange::Added),
            changed: plan.count(ResourceChange::Changed),
            removed: plan.count(ResourceChange::Removed),
            unknown: unknown(plan),
            changed_files: plan
                .files
                .values()
                .filter(|&&change| change != FileChange::Unknown)
                .count(),
            changes: plan.resources.clone(),
            taken_over_from: plan.taken_over_from.clone(),
            files_of_others: {
                let replaced = plan.foreign_replaced.keys();
                let mut files: Vec<_> = plan.foreign_removed.keys().chain(replaced).collect();
                files.sort_unstable();
                files.iter().map(ToString::to_string).collect()
            },
            edits_overwritten: plan.edits_dropped.keys().map(ToString::to_string).collect(),
            is_new_folder: plan.is_new_folder && !plan.is_empty(),
            is_same_commit: plan.is_same_commit,
        }
    }
}

/// What the variable `planHash` is where the plan has no hash: no publication takes it.
pub const NO_HASH: &str = "none";

impl RunReport {
    /// The plan of the run that this is the report of.
    pub fn run_plan(&self, run: Option<Run>) -> RunPlan {
        let entries = self.environments.iter();
        let environments = entries.filter_map(|entry| {
            Some(EnvironmentPlan {
                effect: entry.effect.clone()?,
                plan: entry.plan.clone(),
            })
        });
        RunPlan::new(
            environments.collect(),
            self.removals.clone(),
            self.no_plan_hash.clone(),
            run,
        )
    }

    /// The variables for later steps of a pipeline.
    pub fn outputs(&self) -> Vec<(String, String)> {
        let mut outputs = vec![("changed".to_owned(), self.changed.to_string())];
        if let Some(publication) = self.publications.first() {
            outputs.push((
                "manifestRepoUrl".to_owned(),
                publication.manifest_repo_url.clone(),
            ));
            outputs.push(("branch".to_owned(), publication.branch.clone()));
            outputs.push((
                "commitId".to_owned(),
                publication.commit_id.clone().unwrap_or_default(),
            ));
        }
        if let Some(commit) = &self.source_commit {
            outputs.push(("sourceCommit".to_owned(), commit.clone()));
        }
        if self.plan_hash.is_some() || !self.no_plan_hash.is_empty() {
            let hash = self.plan_hash.clone();
            let hash = hash.unwrap_or_else(|| NO_HASH.to_owned());
            outputs.push(("planHash".to_owned(), hash));
        }
        let mut carried = self
            .publications
            .iter()
            .filter_map(|p| p.pull_request.as_ref());
        if let Some(pull_request) = carried.next() {
            outputs.push(("pullRequestId".to_owned(), pull_request.id.to_string()));
            outputs.push(("pullRequestUrl".to_owned(), pull_request.url.clone()));
        }
        let mut taken = HashSet::new();
        for environment in &self.environments {
            let name = variable_name(&environment.name, &mut taken);
            outputs.push((
                format!("{name}.resources"),
                environment.resources.to_string(),
            ));
            if let Some(changes) = &environment.changes {
                outputs.push((format!("{name}.added"), changes.added.to_string()));
                outputs.push((format!("{name}.changed"), changes.changed.to_string()));
                outputs.push((format!("{name}.removed"), changes.removed.to_string()));
            }
            let mut rollouts = self.rollouts.iter();
            if let Some(rollout) = rollouts.find(|one| one.environment == environment.name) {
                outputs.extend(named(&name, rollout));
            }
        }
        // `wait` renders nothing, so that there are only rollouts.
        let is_new = |one: &&RolloutReport| {
            let mut rendered = self.environments.iter();
            !rendered.any(|own| own.name == one.environment)
        };
        for rollout in self.rollouts.iter().filter(is_new) {
            let name = variable_name(&rollout.environment, &mut taken);
            outputs.extend(named(&name, rollout));
        }
        outputs
    }
}

/// The variables that say how a rollout ended.
fn named(name: &str, rollout: &RolloutReport) -> impl Iterator<Item = (String, String)> {
    let outputs = rollout.outputs().into_iter();
    outputs.map(move |(what, value)| (format!("{name}.{what}"), value))
}

/// What an environment is called in the names of variables: letters, digits,
/// `.`, `-` and `_`. Where two environments would have the same, as variables do
/// not tell case apart, the later one gets a number.
fn variable_name(environment: &str, taken: &mut HashSet<String>) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let plain: String = environment
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect();
    let mut name = plain.clone();
    let mut number = 2;
    while !taken.insert(name.to_ascii_lowercase()) {
        name = format!("{plain}_{number}");
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests;
