//! What a run asks of a host beside git: pull requests, comments, statuses.
//! One set of operations in words of ours; each host's client does it its way.

use std::sync::Arc;

use url::Url;

use super::fault::{ApiError, Fault};
use super::pull_request::{
    Completing, Completion, Draft, Note, Noted, Opened, PullRequest, Repository, Status,
};
use super::remarks::{Remarked, Remarks};
use super::watch::{Question, Sighting};
use super::{AppTokens, HostKind, azure, github};
use crate::http;
use crate::identity::Identity;
use crate::model::{Folder, ObjectId, RedactedUrl, Secret};

/// How to reach a host's interface.
pub struct ApiOptions {
    /// How requests are sent and tried again.
    pub http: http::Options,
    /// As whom.
    pub credentials: Credentials,
    /// The collection's address of an Azure DevOps Server, where somebody
    /// knows it (the agent does); otherwise it is found by trying.
    pub collection: Option<Url>,
}

impl ApiOptions {
    /// No known collection.
    pub fn new(http: http::Options, credentials: Credentials) -> Self {
        Self {
            http,
            credentials,
            collection: None,
        }
    }
}

/// As whom a host's interface is used.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// As nobody.
    None,
    /// Whom this token belongs to.
    Token(Secret),
    /// As a GitHub App.
    App(Arc<AppTokens>),
    /// As an identity of Entra, on Azure DevOps.
    Entra(Arc<Identity>),
}

/// The interface of one repository's host.
pub struct Api {
    repository: String,
    host: Host,
    /// Nothing but comments and statuses of pull requests is written.
    read_only: bool,
}

enum Host {
    Azure(Box<azure::Client>),
    GitHub(Box<github::Client>),
}

/// Does the same with whichever client there is, and says what failed.
macro_rules! on {
    ($self:ident, $doing:expr, $client:ident => $call:expr) => {
        match &$self.host {
            Host::Azure($client) => $call.await,
            Host::GitHub($client) => $call.await,
        }
        .map_err(|fault| $self.error($doing, fault))
    };
}

impl Api {
    /// The interface of a repository's host; nothing is sent yet. Other git
    /// servers have none.
    pub fn open(
        repository: &RedactedUrl,
        kind: HostKind,
        options: ApiOptions,
    ) -> Result<Option<Self>, ApiError> {
        let host = match kind {
            HostKind::Azure => azure::Client::new(repository.url(), options)
                .map(|client| Host::Azure(Box::new(client))),
            HostKind::GitHub => github::Client::new(repository.url(), options)
                .map(|client| Host::GitHub(Box::new(client))),
            HostKind::Git => return Ok(None),
        };
        let repository = repository.to_string();
        match host {
            Ok(host) => Ok(Some(Self {
                repository,
                host,
                read_only: false,
            })),
            Err(fault) => Err(ApiError {
                doing: "preparing the requests to the host's REST API".to_owned(),
                repository,
                kind,
                fault: Box::new(fault),
            }),
        }
    }

    /// The same interface, through which nothing but comments and statuses of
    /// pull requests is written.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self {
            read_only: true,
            ..self
        }
    }

    /// Refuses to write where that is not allowed.
    fn writable(&self, doing: &str) -> Result<(), ApiError> {
        if self.read_only {
            return Err(self.error(doing, Fault::ReadOnly));
        }
        Ok(())
    }

    /// The sort of host.
    pub fn kind(&self) -> HostKind {
        match &self.host {
            Host::Azure(_) => HostKind::Azure,
            Host::GitHub(_) => HostKind::GitHub,
        }
    }

    fn error(&self, doing: impl Into<String>, fault: Fault) -> ApiError {
        ApiError {
            doing: doing.into(),
            repository: self.repository.clone(),
            kind: self.kind(),
            fault: Box::new(fault),
        }
    }

    /// The contents of files by their git ids, as a zip archive (one read); `None` where
    /// the host has no such request.
    pub async fn blobs(&self, ids: &[ObjectId]) -> Result<Option<Vec<u8>>, ApiError> {
        match &self.host {
            Host::GitHub(_) => Ok(None),
            Host::Azure(client) => match client.blobs(ids).await {
                Ok(archive) => Ok(Some(archive)),
                Err(fault) => Err(self.error("reading the contents of files", fault)),
            },
        }
    }

    /// Name, page and default branch of the repository (one read).
    pub async fn repository(&self) -> Result<Repository, ApiError> {
        on!(self, "reading the repository", client => client.repository())
    }

    /// The open pull request between two branches of this repository
    /// (one read; two on Azure DevOps when there is one).
    pub async fn find(&self, source: &str, target: &str) -> Result<Option<PullRequest>, ApiError> {
        let doing = between("looking for the pull request", source, target);
        on!(self, doing, client => client.find(source, target))
    }

    /// The pull request with this number (one read).
    pub async fn get(&self, number: u64) -> Result<PullRequest, ApiError> {
        let doing = format!("reading pull request {number}");
        on!(self, doing, client => client.get(number))
    }

    /// The open pull requests into a branch that come from branches of this
    /// repository whose names begin with `prefix`. Their descriptions may be cut.
    pub async fn open_from(
        &self,
        prefix: &str,
        target: &str,
    ) -> Result<Vec<PullRequest>, ApiError> {
        let doing = between("looking for pull requests", prefix, target);
        on!(self, doing, client => client.open_from(prefix, target))
    }

    /// The open pull requests that come from a branch of this repository, into whichever
    /// branch. Their descriptions may be cut.
    pub async fn open_of(&self, source: &str) -> Result<Vec<PullRequest>, ApiError> {
        let doing = format!("looking for pull requests from {source}");
        on!(self, doing, client => client.open_of(source))
    }

    /// The newest pull request between two branches that is merged or closed.
    pub async fn last(&self, source: &str, target: &str) -> Result<Option<PullRequest>, ApiError> {
        let doing = between("looking for the last pull request", source, target);
        on!(self, doing, client => client.last(source, target))
    }

    /// Opens a pull request. When there is an open one already, or one turns
    /// out to have been opened by a request whose answer was lost, that one is
    /// brought up to date instead; there are never two.
    pub async fn create(&self, draft: &Draft) -> Result<Opened, ApiError> {
        let doing = between("opening the pull request", &draft.source, &draft.target);
        self.writable(&doing)?;
        on!(self, doing, client => client.create(draft))
    }

    /// Changes what differs from the draft; writes nothing when nothing does.
    /// Labels, reviewers and work items are added, never taken away.
    pub async fn update(
        &self,
        pull_request: &PullRequest,
        draft: &Draft,
    ) -> Result<Opened, ApiError> {
        self.writable(&numbered("updating", pull_request))?;
        on!(self, numbered("updating", pull_request), client => client.update(pull_request, draft))
    }

    /// Gives a pull request up. The comment, which says why, is written first
    /// and only once.
    pub async fn close(
        &self,
        pull_request: &PullRequest,
        comment: Option<&Note>,
    ) -> Result<PullRequest, ApiError> {
        self.writable(&numbered("closing", pull_request))?;
        if let Some(note) = comment {
            self.note(pull_request, note).await?;
        }
        on!(self, numbered("closing", pull_request), client => client.close(pull_request))
    }

    /// Has the host merge a pull request once its conditions are met, or merges
    /// it where there is nothing to wait for.
    pub async fn complete(
        &self,
        pull_request: &PullRequest,
        completion: &Completion,
    ) -> Result<Completing, ApiError> {
        let doing = numbered("merging", pull_request);
        self.writable(&doing)?;
        on!(self, doing, client => client.complete(pull_request, completion))
    }

    /// Has the host no longer merge a pull request by itself.
    pub async fn cancel_completion(&self, pull_request: &PullRequest) -> Result<(), ApiError> {
        let doing = numbered("cancelling the automatic completion of", pull_request);
        self.writable(&doing)?;
        on!(self, doing, client => client.cancel_completion(pull_request))
    }

    /// Writes our comment with this marker, or changes the one that is there.
    pub async fn note(&self, pull_request: &PullRequest, note: &Note) -> Result<Noted, ApiError> {
        let doing = numbered("commenting on", pull_request);
        on!(self, doing, client => client.note(pull_request, note))
    }

    /// Brings our threads at lines of files to what should be said; writes nothing where
    /// they say it.
    pub async fn remark(
        &self,
        pull_request: &PullRequest,
        remarks: &Remarks,
    ) -> Result<Remarked, ApiError> {
        let doing = numbered("commenting on the files of", pull_request);
        self.writable(&doing)?;
        on!(self, doing, client => client.remark(pull_request, remarks))
    }

    /// Whether our comment with this marker is there.
    pub async fn has_note(
        &self,
        pull_request: &PullRequest,
        marker: &str,
    ) -> Result<bool, ApiError> {
        let doing = numbered("reading the comments of", pull_request);
        on!(self, doing, client => client.has_note(pull_request.number, marker))
    }

    /// Replaces our comment with this marker by a last word and resolves it;
    /// does nothing when there is none.
    pub async fn close_note(
        &self,
        pull_request: &PullRequest,
        note: &Note,
    ) -> Result<Noted, ApiError> {
        let doing = numbered("resolving a comment on", pull_request);
        on!(self, doing, client => client.close_note(pull_request, note))
    }

    /// Writes the statuses of a commit that differ from what is there; says how many.
    pub async fn commit_statuses(
        &self,
        commit: ObjectId,
        statuses: &[Status],
    ) -> Result<usize, ApiError> {
        let doing = format!("setting the statuses of commit {}", commit.short());
        self.writable(&doing)?;
        on!(self, doing, client => client.commit_statuses(commit, statuses))
    }

    /// What a wait has to know: the commits of a branch with their statuses, and
    /// as much of the rest as two calls bring.
    pub async fn watch(&self, question: &Question) -> Result<Sighting, ApiError> {
        let doing = format!(
            "reading the commit statuses of branch {:?}",
            question.branch
        );
        on!(self, doing, client => client.watch(question))
    }

    /// How long the host asked to be left alone when it was watched last, whether it
    /// answered or not.
    pub fn asked_to_wait(&self) -> Option<std::time::Duration> {
        match &self.host {
            Host::Azure(client) => client.rest.asked(),
            Host::GitHub(client) => client.rest.asked(),
        }
    }

    /// The commit of a branch that changed a folder last; `None` when the folder
    /// or the branch is not there.
    pub async fn changed_last(
        &self,
        branch: &str,
        folder: &Folder,
    ) -> Result<Option<ObjectId>, ApiError> {
        let doing = format!("looking for the last change of `{folder}` on branch {branch:?}");
        on!(self, doing, client => client.changed_last(branch, folder))
    }

    /// Writes the statuses of a pull request that differ from what is there;
    /// says how many. On GitHub these are the statuses of its newest commit.
    pub async fn pull_request_statuses(
        &self,
        pull_request: &PullRequest,
        statuses: &[Status],
    ) -> Result<usize, ApiError> {
        let doing = numbered("setting the statuses of", pull_request);
        on!(self, doing, client => client.pull_request_statuses(pull_request, statuses))
    }
}

fn between(doing: &str, source: &str, target: &str) -> String {
    format!("{doing} from {source:?} to {target:?}")
}

fn numbered(doing: &str, pull_request: &PullRequest) -> String {
    format!("{doing} pull request {}", pull_request.number)
}
