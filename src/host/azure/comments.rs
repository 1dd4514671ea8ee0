//! Threads: ours is found by its marker, and there is one of each.

use serde_json::json;

use super::client::Client;
use super::wire::{List, Thread};
use crate::host::Refusal;
use crate::host::fault::Fault;
use crate::host::looking;
use crate::host::pull_request::{Note, Noted, PullRequest, marked, same_text};
use crate::host::rest::Call;

impl Client {
    /// Writes a thread, or changes the one that is there.
    pub(in crate::host) async fn note(
        &self,
        pull_request: &PullRequest,
        note: &Note,
    ) -> Result<Noted, Fault> {
        let number = pull_request.number;
        let ours = self.threads(number, &note.marker).await?;
        let Some(thread) = self.only(number, ours).await? else {
            self.start(number, note).await?;
            return Ok(Noted::Created);
        };
        let mut noted = Noted::Nothing;
        if !same_text(first(&thread), &note.body()) {
            self.rewrite(number, &thread, &note.body()).await?;
            noted = Noted::Updated;
            self.settle(number, &thread, note.blocks).await?;
        }
        Ok(noted)
    }

    /// Whether ours with this marker is there.
    pub(in crate::host) async fn has_note(&self, number: u64, marker: &str) -> Result<bool, Fault> {
        Ok(!self.threads(number, marker).await?.is_empty())
    }

    /// Says why a thread is over, and resolves it; nothing when there is none.
    pub(in crate::host) async fn close_note(
        &self,
        pull_request: &PullRequest,
        note: &Note,
    ) -> Result<Noted, Fault> {
        let number = pull_request.number;
        let ours = self.threads(number, &note.marker).await?;
        let Some(thread) = self.only(number, ours).await? else {
            return Ok(Noted::Nothing);
        };
        let mut noted = Noted::Nothing;
        if !same_text(first(&thread), &note.body()) {
            self.rewrite(number, &thread, &note.body()).await?;
            noted = Noted::Updated;
        }
        if thread.status.as_deref() != Some("closed") {
            let thread = thread.id.to_string();
            self.set_status(number, &thread, "closed").await?;
            noted = Noted::Updated;
        }
        Ok(noted)
    }

    async fn start(&self, number: u64, note: &Note) -> Result<(), Fault> {
        let mut body = json!({
            "comments": [{"parentCommentId": 0, "content": note.body(), "commentType": "text"}],
        });
        // A thread without a state is text to read: nobody has to resolve it.
        if note.blocks {
            body["status"] = json!("active");
        }
        let write = || async {
            let url = self.address(number, &[]).await?;
            let make = |url| Call::post(url, body.clone());
            self.send(make, url).await.map(drop)
        };
        let look = || async {
            let ours = self.threads(number, &note.marker).await?;
            Ok((!ours.is_empty()).then_some(()))
        };
        looking::write(self.rest.retry(), write, look).await
    }

    async fn rewrite(&self, number: u64, thread: &Thread, text: &str) -> Result<(), Fault> {
        let Some(comment) = thread.comments.first() else {
            return Ok(());
        };
        let (thread, comment) = (thread.id.to_string(), comment.id.to_string());
        let url = self
            .address(number, &[&thread, "comments", &comment])
            .await?;
        let make = |url| Call::patch(url, json!({"content": text}));
        self.send(make, url).await.map(drop)
    }

    /// Gives a thread with a new text the state that goes with it. What people settled
    /// is open again when the text is another one.
    async fn settle(&self, number: u64, thread: &Thread, blocks: bool) -> Result<(), Fault> {
        let is_active = thread.status.as_deref() == Some("active");
        if thread.is_resolved() || blocks && !is_active {
            return self.reopen(number, thread.id, blocks).await;
        }
        // Nobody has to resolve it any more, unless somebody began to talk about it.
        if !blocks && is_active && !thread.is_answered() {
            let thread = thread.id.to_string();
            return self.set_status(number, &thread, "closed").await;
        }
        Ok(())
    }

    /// Makes a thread one to resolve or, where nobody has to, one without a state.
    async fn reopen(&self, number: u64, thread: u64, blocks: bool) -> Result<(), Fault> {
        let thread = thread.to_string();
        if blocks {
            return self.set_status(number, &thread, "active").await;
        }
        match self.set_status(number, &thread, "unknown").await {
            // A server that does not take a state back leaves it resolved: readable.
            Err(Fault::Invalid { .. }) => Ok(()),
            other => other,
        }
    }

    pub(super) async fn set_status(
        &self,
        number: u64,
        thread: &str,
        status: &str,
    ) -> Result<(), Fault> {
        let url = self.address(number, &[thread]).await?;
        let make = |url| Call::patch(url, json!({"status": status}));
        self.send(make, url).await.map(drop)
    }

    /// Our threads with a marker, oldest first.
    async fn threads(&self, number: u64, marker: &str) -> Result<Vec<Thread>, Fault> {
        self.threads_that_start(number, &marked(marker)).await
    }

    /// The threads whose first comment starts like this, oldest first.
    pub(super) async fn threads_that_start(
        &self,
        number: u64,
        start: &str,
    ) -> Result<Vec<Thread>, Fault> {
        let url = self.address(number, &[]).await?;
        let list: List<Thread> = self.read(Call::get, url).await?;
        let mut ours: Vec<Thread> = list
            .value
            .into_iter()
            .filter(|thread| !thread.is_deleted)
            .filter(|thread| {
                thread
                    .comments
                    .first()
                    .is_some_and(|comment| !comment.is_deleted)
            })
            .filter(|thread| first(thread).starts_with(start))
            .collect();
        ours.sort_by_key(|thread| thread.id);
        Ok(ours)
    }

    /// The oldest one. Others came of answers that were lost for long; they go.
    async fn only(&self, number: u64, ours: Vec<Thread>) -> Result<Option<Thread>, Fault> {
        let mut ours = ours.into_iter();
        let oldest = ours.next();
        for doubled in ours {
            let comment = doubled.comments.first().map_or(1, |comment| comment.id);
            let (thread, comment) = (doubled.id.to_string(), comment.to_string());
            let url = self
                .address(number, &[&thread, "comments", &comment])
                .await?;
            match self.send(Call::delete, url).await {
                // The answer to the first deletion may have been lost.
                Err(fault) if fault.meaning() == Some(Refusal::NotFound) => {}
                other => other.map(drop)?,
            }
        }
        Ok(oldest)
    }

    pub(super) async fn address(&self, number: u64, tail: &[&str]) -> Result<url::Url, Fault> {
        let number = number.to_string();
        let mut segments = vec!["pullRequests", number.as_str(), "threads"];
        segments.extend(tail);
        Ok(self.place().await?.git(&segments))
    }
}

fn first(thread: &Thread) -> &str {
    thread
        .comments
        .first()
        .and_then(|comment| comment.content.as_deref())
        .unwrap_or_default()
}
