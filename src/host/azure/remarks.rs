//! Threads at lines of files, and at none.

use serde_json::json;

use super::client::Client;
use super::wire::Thread;
use crate::host::Refusal;
use crate::host::fault::Fault;
use crate::host::looking;
use crate::host::pull_request::PullRequest;
use crate::host::remarks::{Remarked, Remarks, Spot, Step, There};
use crate::host::rest::Call;

impl Client {
    /// Brings our threads to what should be said.
    pub(in crate::host) async fn remark(
        &self,
        pull_request: &PullRequest,
        remarks: &Remarks,
    ) -> Result<Remarked, Fault> {
        let number = pull_request.number;
        let start = remarks.start();
        let threads = self.threads_that_start(number, &start).await?;
        let there = threads.iter().filter_map(there).collect();
        let (steps, left_out) = remarks.steps(there);
        let changed = steps.len();
        for step in steps {
            self.step(number, step).await?;
        }
        Ok(Remarked { changed, left_out })
    }

    async fn step(&self, number: u64, step: Step) -> Result<(), Fault> {
        match step {
            Step::Start { body, spot } => self.begin(number, &body, spot.as_ref()).await,
            Step::Rewrite { there, body } => {
                let tail = [there.thread.as_str(), "comments", &there.comment];
                let url = self.address(number, &tail).await?;
                let make = |url| Call::patch(url, json!({"content": body}));
                self.send(make, url).await.map(drop)
            }
            Step::Open(there) => self.set_status(number, &there.thread, "active").await,
            Step::Resolve(there) => self.set_status(number, &there.thread, "fixed").await,
            Step::Delete(there) => {
                let tail = [there.thread.as_str(), "comments", &there.comment];
                let url = self.address(number, &tail).await?;
                match self.send(Call::delete, url).await {
                    // The answer to the first deletion may have been lost.
                    Err(fault) if fault.meaning() == Some(Refusal::NotFound) => Ok(()),
                    other => other.map(drop),
                }
            }
        }
    }

    async fn begin(&self, number: u64, text: &str, spot: Option<&Spot>) -> Result<(), Fault> {
        let mut body = json!({
            "comments": [{"parentCommentId": 0, "content": text, "commentType": "text"}],
            "status": "active",
        });
        if let Some(spot) = spot {
            body["threadContext"] = json!({"filePath": format!("/{}", spot.path)});
            if spot.line > 0 {
                let side = if spot.before { "left" } else { "right" };
                let at = json!({"line": spot.line, "offset": 1});
                for end in ["FileStart", "FileEnd"] {
                    body["threadContext"][format!("{side}{end}")] = at.clone();
                }
            }
        }
        let marker = text.lines().next().unwrap_or_default();
        let write = || async {
            let url = self.address(number, &[]).await?;
            let make = |url| Call::post(url, body.clone());
            self.send(make, url).await.map(drop)
        };
        let look = || async {
            let ours = self.threads_that_start(number, marker).await?;
            Ok((!ours.is_empty()).then_some(()))
        };
        looking::write(self.rest.retry(), write, look).await
    }
}

fn there(thread: &Thread) -> Option<There> {
    let first = thread.comments.first()?;
    Some(There {
        thread: thread.id.to_string(),
        comment: first.id.to_string(),
        text: first.content.clone().unwrap_or_default(),
        open: !thread.is_resolved(),
        answered: thread.is_answered(),
    })
}
