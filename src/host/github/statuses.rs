//! Commit statuses: `gitops/<environment>`.

use serde_json::{Value, json};

use super::client::Client;
use super::place::Place;
use super::wire;
use crate::host::HostKind;
use crate::host::fault::Fault;
use crate::host::looking;
use crate::host::pull_request::{Limits, PullRequest, Status, StatusState};
use crate::host::rest::Call;
use crate::model::ObjectId;

impl Client {
    /// Writes the statuses of a commit that differ; says how many.
    pub(in crate::host) async fn commit_statuses(
        &self,
        commit: ObjectId,
        statuses: &[Status],
    ) -> Result<usize, Fault> {
        if statuses.is_empty() {
            return Ok(0);
        }
        let commit = commit.to_string();
        let there = self.current(&commit).await?;
        let mut written = 0;
        for status in statuses {
            let wanted = body(status);
            if there.iter().any(|own| is(own, &wanted)) {
                continue;
            }
            let post = || async {
                let make = |place: &Place| {
                    let url = place.repository(&["statuses", &commit]);
                    Call::post(url, wanted.clone())
                };
                self.send(make).await.map(drop)
            };
            let look = || async {
                let now = self.current(&commit).await?;
                Ok(now.iter().any(|own| is(own, &wanted)).then_some(()))
            };
            looking::write(self.rest.retry(), post, look).await?;
            written += 1;
        }
        Ok(written)
    }

    /// The statuses of a pull request are those of its newest commit.
    pub(in crate::host) async fn pull_request_statuses(
        &self,
        pull_request: &PullRequest,
        statuses: &[Status],
    ) -> Result<usize, Fault> {
        let head = pull_request
            .head
            .ok_or_else(|| Fault::answer("the pull request has no commit"))?;
        self.commit_statuses(head, statuses).await
    }

    /// The newest status of each name.
    async fn current(&self, commit: &str) -> Result<Vec<wire::Status>, Fault> {
        let first = |place: &Place| {
            let mut url = place.repository(&["commits", commit, "status"]);
            url.query_pairs_mut().append_pair("per_page", "100");
            url
        };
        self.list(first, |mut page| page["statuses"].take()).await
    }
}

fn body(status: &Status) -> Value {
    let limits = Limits::of(HostKind::GitHub);
    let mut body = json!({
        "state": state(status.state),
        "description": status.line(&limits),
        "context": format!("gitops/{}", status.name(&limits)),
    });
    if let Some(link) = &status.link {
        body["target_url"] = json!(link);
    }
    body
}

fn is(there: &wire::Status, wanted: &Value) -> bool {
    let text = |name: &str| wanted[name].as_str();
    text("context").is_some_and(|context| context.to_lowercase() == there.context.to_lowercase())
        && text("state") == Some(there.state.as_str())
        && text("description") == there.description.as_deref()
        && text("target_url") == there.target_url.as_deref()
}

fn state(state: StatusState) -> &'static str {
    match state {
        StatusState::Pending => "pending",
        StatusState::Succeeded | StatusState::NotApplicable => "success",
        StatusState::Failed => "failure",
        StatusState::Error => "error",
    }
}
