//! What Azure DevOps sends, as far as it is read, and our words for it.

use serde::Deserialize;
use url::Url;

use super::place::Place;
use crate::host::pull_request::{self, Mergeable, PullRequest, State};
use crate::model::ObjectId;

/// A list: `{"count": 1, "value": […]}`.
#[derive(Deserialize)]
pub(super) struct List<T> {
    #[serde(default = "Vec::new")]
    pub(super) value: Vec<T>,
}

/// What is needed to speak about a pull request again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::host) struct Facts {
    /// Who opened it.
    pub(super) author: String,
    /// Who is asked to look at it.
    pub(super) reviewers: Vec<Reviewer>,
    /// `vstfs:///Git/PullRequestId/…`, by which work items refer to it.
    pub(super) artifact: String,
    /// How it will be merged.
    pub(super) completion: CompletionOptions,
    /// The work items it belongs to, where the answer told them.
    pub(super) work_items: Option<Vec<String>>,
    /// It was made just now, with these credentials.
    pub(super) ours: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Repository {
    #[serde(default)]
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    pub(super) web_url: Option<String>,
    pub(super) default_branch: Option<String>,
    pub(super) project: Option<Identified>,
}

/// Anything that has an id.
#[derive(Deserialize, Default)]
pub(super) struct Identified {
    #[serde(default)]
    pub(super) id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request {
    pub(super) pull_request_id: u64,
    pub(super) status: String,
    #[serde(default)]
    pub(super) is_draft: bool,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) description: Option<String>,
    pub(super) source_ref_name: String,
    pub(super) target_ref_name: String,
    pub(super) last_merge_source_commit: Option<Commit>,
    pub(super) last_merge_commit: Option<Commit>,
    pub(super) last_merge_target_commit: Option<Commit>,
    /// `queued` and `notSet` until somebody has found out.
    pub(super) merge_status: Option<String>,
    pub(super) labels: Option<Vec<Label>>,
    #[serde(default)]
    pub(super) reviewers: Vec<Reviewer>,
    pub(super) created_by: Option<Identified>,
    pub(super) auto_complete_set_by: Option<Identified>,
    pub(super) completion_options: Option<CompletionOptions>,
    pub(super) repository: Option<Repository>,
    pub(super) artifact_id: Option<String>,
    pub(super) work_item_refs: Option<Vec<Identified>>,
    /// It comes from another repository.
    pub(super) fork_source: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Commit {
    pub(super) commit_id: String,
}

#[derive(Deserialize)]
pub(super) struct Label {
    pub(super) name: String,
    #[serde(default = "yes")]
    pub(super) active: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Reviewer {
    pub(super) id: String,
    pub(super) is_required: bool,
    pub(super) display_name: String,
    pub(super) unique_name: String,
}

impl Reviewer {
    /// Whether people mean this one when they write `name`.
    pub(super) fn is(&self, name: &str) -> bool {
        [&self.id, own_name(&self.display_name), &self.unique_name]
            .into_iter()
            .chain([self.display_name.as_str()])
            .any(|own| own.to_lowercase() == name.to_lowercase())
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct CompletionOptions {
    pub(super) merge_strategy: Option<String>,
    pub(super) merge_commit_message: Option<String>,
    pub(super) delete_source_branch: bool,
}

#[derive(Deserialize)]
pub(super) struct Thread {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) comments: Vec<Comment>,
    pub(super) status: Option<String>,
    #[serde(default, rename = "isDeleted")]
    pub(super) is_deleted: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Comment {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) content: Option<String>,
    #[serde(default)]
    pub(super) is_deleted: bool,
    #[serde(rename = "commentType")]
    kind: Option<String>,
}

impl Thread {
    /// Whether it is done with.
    pub(super) fn is_resolved(&self) -> bool {
        let status = self.status.as_deref().unwrap_or("unknown");
        ["fixed", "wontFix", "closed", "byDesign"].contains(&status)
    }

    /// Whether somebody wrote more than its first comment.
    pub(super) fn is_answered(&self) -> bool {
        let counts = |comment: &&Comment| !comment.is_deleted && !comment.is_system();
        self.comments.iter().filter(counts).count() > 1
    }
}

impl Comment {
    /// It tells of an event; nobody wrote it.
    fn is_system(&self) -> bool {
        self.kind.as_deref() == Some("system")
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    #[serde(default)]
    pub(super) id: u64,
    #[serde(default)]
    pub(super) state: Option<String>,
    pub(super) description: Option<String>,
    pub(super) target_url: Option<String>,
    pub(super) context: Option<Context>,
}

#[derive(Deserialize)]
pub(super) struct Context {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) genre: Option<String>,
}

/// A group's name without its project: `[shop]\Release managers`.
pub(super) fn own_name(display: &str) -> &str {
    display.rsplit_once('\\').map_or(display, |(_, own)| own)
}

/// A branch without `refs/heads/`.
pub(super) fn short(name: &str) -> String {
    name.strip_prefix("refs/heads/").unwrap_or(name).to_owned()
}

/// A branch with `refs/heads/`, which Azure DevOps insists on.
pub(super) fn full(branch: &str) -> String {
    if branch.starts_with("refs/") {
        return branch.to_owned();
    }
    format!("refs/heads/{branch}")
}

impl Request {
    /// Our words for it.
    pub(super) fn into_pull_request(self, place: &Place) -> PullRequest {
        let state = match self.status.as_str() {
            "completed" => State::Merged,
            "abandoned" => State::Closed,
            _ => State::Open,
        };
        let commit = |commit: Option<Commit>| ObjectId::parse(&commit?.commit_id);
        let page = self
            .repository
            .as_ref()
            .and_then(|repository| repository.web_url.as_deref())
            .and_then(|url| Url::parse(url).ok())
            .unwrap_or_else(|| place.web());
        let artifact = self.artifact_id.unwrap_or_else(|| {
            let repository = self.repository.as_ref();
            let project = repository.and_then(|repository| repository.project.as_ref());
            match (project, repository) {
                (Some(project), Some(repository)) => format!(
                    "vstfs:///Git/PullRequestId/{}%2F{}%2F{}",
                    project.id, repository.id, self.pull_request_id
                ),
                _ => String::new(),
            }
        });
        PullRequest {
            number: self.pull_request_id,
            url: format!(
                "{}/pullrequest/{}",
                page.as_str().trim_end_matches('/'),
                self.pull_request_id
            ),
            state,
            draft: self.is_draft,
            title: self.title,
            description: self.description.unwrap_or_default(),
            source: short(&self.source_ref_name),
            target: short(&self.target_ref_name),
            head: commit(self.last_merge_source_commit),
            merged: commit(self.last_merge_commit).filter(|_| state == State::Merged),
            base: commit(self.last_merge_target_commit).filter(|_| state == State::Merged),
            labels: self
                .labels
                .into_iter()
                .flatten()
                .filter(|label| label.active)
                .map(|label| label.name)
                .collect(),
            automatic: self
                .auto_complete_set_by
                .is_some_and(|somebody| !somebody.id.is_empty() && somebody.id != NOBODY),
            mergeable: match self.merge_status.as_deref() {
                Some("conflicts") => Mergeable::Conflicts,
                Some("succeeded") => Mergeable::Yes,
                None | Some("queued" | "notSet") => Mergeable::Unknown,
                Some(_) => Mergeable::Other,
            },
            facts: pull_request::Facts::Azure(Facts {
                author: self.created_by.unwrap_or_default().id,
                reviewers: self.reviewers,
                artifact,
                completion: self.completion_options.unwrap_or_default(),
                work_items: self
                    .work_item_refs
                    .map(|items| items.into_iter().map(|item| item.id).collect()),
                ours: false,
            }),
        }
    }
}

/// The id of no identity.
pub(super) const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// What this host's client keeps with a pull request.
pub(super) fn facts(pull_request: &PullRequest) -> Facts {
    match &pull_request.facts {
        pull_request::Facts::Azure(facts) => facts.clone(),
        pull_request::Facts::GitHub(_) => Facts::default(),
    }
}
