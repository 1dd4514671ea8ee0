//! Merging by GitHub once everything required is there, or at once.

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Client, understood};
use super::place::Place;
use super::wire::facts;
use crate::host::fault::Fault;
use crate::host::pull_request::{Completing, Completion, MergeStrategy, PullRequest, State};
use crate::host::rest::Call;
use crate::model::ObjectId;

const ENABLE: &str = "mutation($input: EnablePullRequestAutoMergeInput!) { enablePullRequestAutoMerge(input: $input) { pullRequest { number autoMergeRequest { enabledAt } } } }";

const DISABLE: &str = "mutation($input: DisablePullRequestAutoMergeInput!) { disablePullRequestAutoMerge(input: $input) { pullRequest { number autoMergeRequest { enabledAt } } } }";

/// GitHub refuses to wait when nothing that is required is missing.
const NOTHING_TO_WAIT_FOR: [&str; 3] = ["clean status", "unstable status", "has_hooks status"];

/// The same, as the REST interface calls it.
const READY: [&str; 3] = ["clean", "unstable", "has_hooks"];

/// The target branch moved while GitHub looked: the same request may do later.
const BASE_MOVED: &str = "Base branch was modified";

impl Client {
    /// Has GitHub merge a pull request.
    pub(in crate::host) async fn complete(
        &self,
        pull_request: &PullRequest,
        completion: &Completion,
    ) -> Result<Completing, Fault> {
        if pull_request.state == State::Merged {
            return Ok(Completing::Merged(pull_request.merged));
        }
        let known = facts(pull_request);
        let method = method(completion.strategy);
        let (title, message) = parts(completion);
        let same = known.auto_merge.as_ref().is_some_and(|set| {
            let unset = |text: &Option<String>| text.clone().unwrap_or_default();
            set.merge_method.eq_ignore_ascii_case(method)
                && (completion.message.is_none()
                    || (unset(&set.commit_title) == title.clone().unwrap_or_default()
                        && unset(&set.commit_message) == message.clone().unwrap_or_default()))
        });
        if same {
            return Ok(Completing::Already);
        }
        let mut input = json!({
            "pullRequestId": known.node,
            "mergeMethod": method.to_ascii_uppercase(),
        });
        if let Some(title) = &title {
            input["commitHeadline"] = json!(title);
        }
        if let Some(message) = &message {
            input["commitBody"] = json!(message);
        }
        let refused = match self.graphql(ENABLE, json!({"input": input})).await {
            Ok(_) => return Ok(Completing::Waiting),
            Err(Fault::Invalid { said, .. }) => said,
            Err(fault) => return Err(fault),
        };
        let ready = NOTHING_TO_WAIT_FOR
            .iter()
            .any(|words| refused.contains(words));
        let now = self.settled(pull_request.number).await?;
        match now.state {
            State::Merged => return Ok(Completing::Merged(now.merged)),
            State::Closed => return Err(Fault::NotMergeable { said: refused }),
            State::Open => {}
        }
        let state = facts(&now).mergeable.unwrap_or_default();
        // A repository may forbid waiting; there is no need for it when all is there.
        if !ready && !READY.contains(&state.as_str()) {
            return Err(Fault::NotMergeable { said: refused });
        }
        self.merge(&now, method, title, message).await
    }

    /// Has GitHub no longer merge a pull request by itself.
    pub(in crate::host) async fn cancel_completion(
        &self,
        pull_request: &PullRequest,
    ) -> Result<(), Fault> {
        let input = json!({"pullRequestId": facts(pull_request).node});
        match self.graphql(DISABLE, json!({"input": input})).await {
            Ok(_) => Ok(()),
            // Somebody, or the first try, may have done it.
            Err(fault) if fault.is_definite() => {
                let now = self.get(pull_request.number).await?;
                if now.automatic && now.state == State::Open {
                    return Err(fault);
                }
                Ok(())
            }
            Err(fault) => Err(fault),
        }
    }

    /// The pull request once GitHub has found out whether it can be merged,
    /// which takes some seconds after it was opened.
    async fn settled(&self, number: u64) -> Result<PullRequest, Fault> {
        let mut backoff = self.rest.retry().start();
        loop {
            let now = self.get(number).await?;
            let unknown = facts(&now).mergeable.as_deref() == Some("unknown");
            match backoff.pause(None) {
                Some(pause) if unknown && now.state == State::Open => {
                    tokio::time::sleep(pause).await;
                }
                _ => return Ok(now),
            }
        }
    }

    /// Merges the commit that was looked at, and no newer one.
    async fn merge(
        &self,
        pull_request: &PullRequest,
        method: &str,
        title: Option<String>,
        message: Option<String>,
    ) -> Result<Completing, Fault> {
        #[derive(Deserialize)]
        struct Merged {
            sha: Option<String>,
        }
        let mut body = json!({"merge_method": method});
        let mut add = |name: &str, text: Option<Value>| {
            if let Some(text) = text {
                body[name] = text;
            }
        };
        add("sha", pull_request.head.map(|head| json!(head.to_string())));
        add("commit_title", title.map(Value::from));
        add("commit_message", message.map(Value::from));
        let number = pull_request.number.to_string();
        let make = |place: &Place| {
            let url = place.repository(&["pulls", &number, "merge"]);
            Call::put(url, body.clone())
        };
        let mut backoff = self.rest.retry().start();
        let sent = loop {
            let sent = self.send(make).await;
            let moved =
                matches!(&sent, Err(Fault::NotMergeable { said }) if said.contains(BASE_MOVED));
            match backoff.pause(None) {
                Some(pause) if moved => tokio::time::sleep(pause).await,
                _ => break sent,
            }
        };
        match sent {
            Ok(answer) => {
                let merged: Merged = understood(answer.json)?;
                let sha = merged.sha.as_deref().and_then(ObjectId::parse);
                Ok(Completing::Merged(sha))
            }
            // The answer to the first try may have been lost: is it done?
            Err(fault) if fault.is_definite() => {
                let now = self.get(pull_request.number).await?;
                match (now.state, fault) {
                    (State::Merged, _) => Ok(Completing::Merged(now.merged)),
                    (_, Fault::Invalid { said, .. }) => Err(Fault::NotMergeable { said }),
                    (_, fault) => Err(fault),
                }
            }
            Err(fault) => Err(fault),
        }
    }
}

fn method(strategy: MergeStrategy) -> &'static str {
    match strategy {
        MergeStrategy::Merge | MergeStrategy::RebaseMerge => "merge",
        MergeStrategy::Squash => "squash",
        MergeStrategy::Rebase => "rebase",
    }
}

/// Headline and body of the message. A rebase keeps the messages of its commits.
fn parts(completion: &Completion) -> (Option<String>, Option<String>) {
    let Some(message) = &completion.message else {
        return (None, None);
    };
    if completion.strategy == MergeStrategy::Rebase {
        return (None, None);
    }
    let (title, body) = message.split_once('\n').unwrap_or((message, ""));
    (Some(title.to_owned()), Some(body.trim_start().to_owned()))
}
