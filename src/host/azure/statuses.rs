//! Statuses of commits and pull requests: genre `gitops`, name the environment.

use serde_json::{Value, json};
use url::Url;

use super::client::Client;
use super::wire::{self, List};
use crate::host::HostKind;
use crate::host::fault::Fault;
use crate::host::looking;
use crate::host::pull_request::{Limits, PullRequest, Status, StatusState};
use crate::host::rest::Call;
use crate::model::ObjectId;

const GENRE: &str = "gitops";

impl Client {
    /// Writes the statuses of a commit that differ; says how many.
    pub(in crate::host) async fn commit_statuses(
        &self,
        commit: ObjectId,
        statuses: &[Status],
    ) -> Result<usize, Fault> {
        let place = self.place().await?;
        let write = place.git(&["commits", &commit.to_string(), "statuses"]);
        let mut read = write.clone();
        read.query_pairs_mut()
            .append_pair("latestOnly", "true")
            .append_pair("top", "1000");
        self.statuses(&read, &write, statuses).await
    }

    /// Writes the statuses of a pull request that differ; says how many.
    pub(in crate::host) async fn pull_request_statuses(
        &self,
        pull_request: &PullRequest,
        statuses: &[Status],
    ) -> Result<usize, Fault> {
        let place = self.place().await?;
        let number = pull_request.number.to_string();
        let url = place.git(&["pullRequests", &number, "statuses"]);
        self.statuses(&url, &url, statuses).await
    }

    async fn statuses(&self, read: &Url, write: &Url, statuses: &[Status]) -> Result<usize, Fault> {
        if statuses.is_empty() {
            return Ok(0);
        }
        let there = self.current(read).await?;
        let mut written = 0;
        for status in statuses {
            let wanted = body(status);
            if there.iter().any(|own| is(own, &wanted)) {
                continue;
            }
            let post = || async {
                let make = |url| Call::post(url, wanted.clone());
                self.send(make, write.clone()).await.map(drop)
            };
            let look = || async {
                let now = self.current(read).await?;
                Ok(now.iter().any(|own| is(own, &wanted)).then_some(()))
            };
            looking::write(self.rest.retry(), post, look).await?;
            written += 1;
        }
        Ok(written)
    }

    /// The newest status of each of our names.
    async fn current(&self, read: &Url) -> Result<Vec<wire::Status>, Fault> {
        let list: List<wire::Status> = self.read(Call::get, read.clone()).await?;
        let mut newest: Vec<wire::Status> = Vec::new();
        for status in list.value {
            let Some(context) = &status.context else {
                continue;
            };
            if context.genre.as_deref() != Some(GENRE) {
                continue;
            }
            let same = newest.iter_mut().find(|other| {
                other
                    .context
                    .as_ref()
                    .is_some_and(|other| other.name == context.name)
            });
            match same {
                Some(other) if other.id <= status.id => *other = status,
                Some(_) => {}
                None => newest.push(status),
            }
        }
        Ok(newest)
    }
}

fn body(status: &Status) -> Value {
    let limits = Limits::of(HostKind::Azure);
    let mut body = json!({
        "state": state(status.state),
        "description": status.line(&limits),
        "context": {"genre": GENRE, "name": status.name(&limits)},
    });
    if let Some(link) = &status.link {
        body["targetUrl"] = json!(link);
    }
    body
}

fn is(there: &wire::Status, wanted: &Value) -> bool {
    let context = there.context.as_ref();
    context.is_some_and(|context| wanted["context"]["name"] == context.name.as_str())
        && wanted["state"].as_str() == there.state.as_deref()
        && wanted["description"].as_str() == there.description.as_deref()
        && wanted["targetUrl"].as_str() == there.target_url.as_deref()
}

fn state(state: StatusState) -> &'static str {
    match state {
        StatusState::Pending => "pending",
        StatusState::Succeeded => "succeeded",
        StatusState::Failed => "failed",
        StatusState::Error => "error",
        StatusState::NotApplicable => "notApplicable",
    }
}
