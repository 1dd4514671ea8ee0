//! What GitHub sends, as far as it is read, and our words for it.

use serde::Deserialize;

use crate::host::pull_request::{self, Mergeable, PullRequest, State};
use crate::model::ObjectId;

/// What is needed to speak about a pull request again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::host) struct Facts {
    /// Its id in GraphQL.
    pub(super) node: String,
    /// Who opened it.
    pub(super) author: String,
    /// Who is asked to look at it and has not yet.
    pub(super) users: Vec<String>,
    /// Slugs of teams that are asked and have not looked yet.
    pub(super) teams: Vec<String>,
    /// How it will be merged.
    pub(super) auto_merge: Option<AutoMerge>,
    /// `clean`, `blocked`, …; only single answers have it.
    pub(super) mergeable: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Request {
    number: u64,
    html_url: String,
    #[serde(default)]
    node_id: String,
    state: String,
    #[serde(default)]
    draft: Option<bool>,
    title: String,
    body: Option<String>,
    head: End,
    base: End,
    merged_at: Option<String>,
    merge_commit_sha: Option<String>,
    #[serde(default)]
    labels: Vec<Label>,
    #[serde(default)]
    requested_reviewers: Option<Vec<User>>,
    #[serde(default)]
    requested_teams: Option<Vec<Team>>,
    user: Option<User>,
    auto_merge: Option<AutoMerge>,
    /// Null until GitHub has found out; only single answers have it.
    mergeable: Option<bool>,
    mergeable_state: Option<String>,
}

#[derive(Deserialize)]
struct End {
    r#ref: String,
    sha: String,
    /// Absent when it was deleted.
    repo: Option<RepositoryName>,
}

#[derive(Deserialize, PartialEq)]
struct RepositoryName {
    full_name: String,
}

#[derive(Deserialize)]
struct Label {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) login: String,
}

#[derive(Deserialize)]
struct Team {
    slug: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct AutoMerge {
    pub(super) merge_method: String,
    #[serde(default)]
    pub(super) commit_title: Option<String>,
    #[serde(default)]
    pub(super) commit_message: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Review {
    pub(super) user: Option<User>,
}

#[derive(Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) node_id: String,
    #[serde(default)]
    pub(super) body: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Status {
    pub(super) context: String,
    pub(super) state: String,
    pub(super) description: Option<String>,
    pub(super) target_url: Option<String>,
}

impl Request {
    /// Whether it comes from the repository that it goes to, and not from a fork.
    pub(super) fn is_from_here(&self) -> bool {
        self.head.repo.is_some() && self.head.repo == self.base.repo
    }

    /// Our words for it.
    pub(super) fn into_pull_request(self) -> PullRequest {
        let state = match (self.state.as_str(), &self.merged_at) {
            ("open", _) => State::Open,
            (_, Some(_)) => State::Merged,
            (_, None) => State::Closed,
        };
        let users = self.requested_reviewers.unwrap_or_default();
        let teams = self.requested_teams.unwrap_or_default();
        PullRequest {
            number: self.number,
            url: self.html_url,
            state,
            draft: self.draft.unwrap_or_default(),
            title: self.title,
            description: self.body.unwrap_or_default(),
            source: self.head.r#ref,
            target: self.base.r#ref,
            head: ObjectId::parse(&self.head.sha),
            // While it is open this is a trial merge.
            merged: self
                .merge_commit_sha
                .filter(|_| state == State::Merged)
                .and_then(|sha| ObjectId::parse(&sha)),
            base: None,
            labels: self.labels.into_iter().map(|label| label.name).collect(),
            automatic: self.auto_merge.is_some(),
            mergeable: match self.mergeable {
                Some(true) => Mergeable::Yes,
                Some(false) => Mergeable::Conflicts,
                None => Mergeable::Unknown,
            },
            facts: pull_request::Facts::GitHub(Facts {
                node: self.node_id,
                author: self.user.map(|user| user.login).unwrap_or_default(),
                users: users.into_iter().map(|user| user.login).collect(),
                teams: teams.into_iter().map(|team| team.slug).collect(),
                auto_merge: self.auto_merge,
                mergeable: self.mergeable_state,
            }),
        }
    }
}

/// What this host's client keeps with a pull request.
pub(super) fn facts(pull_request: &PullRequest) -> Facts {
    match &pull_request.facts {
        pull_request::Facts::GitHub(facts) => facts.clone(),
        pull_request::Facts::Azure(_) => Facts::default(),
    }
}
