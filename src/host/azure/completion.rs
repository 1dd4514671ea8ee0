//! Merging by the service, once the policies are satisfied.

use serde::Deserialize;
use serde_json::json;

use super::client::{Client, understood};
use super::wire::{Identified, NOBODY, facts};
use crate::host::fault::Fault;
use crate::host::pull_request::{Completing, Completion, MergeStrategy, PullRequest, State};
use crate::host::rest::Call;

impl Client {
    /// Has the service complete a pull request.
    pub(in crate::host) async fn complete(
        &self,
        pull_request: &PullRequest,
        completion: &Completion,
    ) -> Result<Completing, Fault> {
        if pull_request.state == State::Merged {
            return Ok(Completing::Merged(pull_request.merged));
        }
        let known = facts(pull_request);
        let strategy = strategy(completion.strategy);
        let set = &known.completion;
        if pull_request.automatic
            && set.merge_strategy.as_deref() == Some(strategy)
            && set.delete_source_branch == completion.delete_source_branch
            && set.merge_commit_message == completion.message
        {
            return Ok(Completing::Already);
        }
        let mut options = json!({
            "mergeStrategy": strategy,
            "deleteSourceBranch": completion.delete_source_branch,
        });
        if let Some(message) = &completion.message {
            options["mergeCommitMessage"] = json!(message);
        }
        let mut body = json!({"completionOptions": options});
        // Who set it stays; only how it is done changes then.
        if !pull_request.automatic {
            // The service takes only the identity that asks. Whoever opened it
            // just now is that identity; otherwise the service is asked.
            let me = if known.ours && !known.author.is_empty() {
                known.author
            } else {
                self.myself().await?
            };
            body["autoCompleteSetBy"] = json!({"id": me});
        }
        let (now, refused) = match self.patch(pull_request.number, body).await {
            Ok(now) => (now, None),
            // The answer to the first try may have been lost: is it done?
            Err(fault) if fault.is_definite() => {
                (self.get(pull_request.number).await?, Some(fault))
            }
            Err(fault) => return Err(fault),
        };
        match (now.state, refused) {
            (State::Merged, _) => Ok(Completing::Merged(now.merged)),
            (_, Some(fault)) => Err(fault),
            (_, None) => Ok(Completing::Waiting),
        }
    }

    /// Has the service no longer complete a pull request by itself.
    pub(in crate::host) async fn cancel_completion(
        &self,
        pull_request: &PullRequest,
    ) -> Result<(), Fault> {
        // Whoever set it: the service knows this as nobody.
        let body = json!({"autoCompleteSetBy": {"id": NOBODY}});
        let now = match self.patch(pull_request.number, body).await {
            Ok(now) => now,
            // The answer to the first try may have been lost: is it done?
            Err(fault) if fault.is_definite() => {
                let now = self.get(pull_request.number).await?;
                if now.automatic && now.state == State::Open {
                    return Err(fault);
                }
                now
            }
            Err(fault) => return Err(fault),
        };
        if now.automatic && now.state == State::Open {
            return Err(Fault::Answer {
                reason: "the pull request is still set to be completed automatically".to_owned(),
            });
        }
        Ok(())
    }

    /// The id of the identity behind the credentials.
    async fn myself(&self) -> Result<String, Fault> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Connection {
            authenticated_user: Identified,
        }
        let url = self.place().await?.api(false, &["connectionData"]);
        // This one has only preview versions; without one the server takes its own.
        let answer = self.sent(&Call::get(url)).await?;
        let connection: Connection = understood(answer.json)?;
        Ok(connection.authenticated_user.id)
    }
}

fn strategy(strategy: MergeStrategy) -> &'static str {
    match strategy {
        MergeStrategy::Merge => "noFastForward",
        MergeStrategy::Squash => "squash",
        MergeStrategy::Rebase => "rebase",
        MergeStrategy::RebaseMerge => "rebaseMerge",
    }
}
