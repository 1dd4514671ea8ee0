//! Comments: ours is found by its marker, and there is one of each.

use serde_json::json;
use std::convert::identity;

use super::client::Client;
use super::place::Place;
use super::wire::{self, Comment};
use crate::host::fault::Fault;
use crate::host::looking;
use crate::host::pull_request::{Note, Noted, PullRequest, marked, same_text};
use crate::host::rest::Call;

/// Stands in a comment of ours that is over: REST does not tell what is folded.
const OVER: &str = "<!-- over -->";

const FOLD: &str = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: RESOLVED}) { clientMutationId } }";
const UNFOLD: &str =
    "mutation($id: ID!) { unminimizeComment(input: {subjectId: $id}) { clientMutationId } }";

impl Client {
    /// Writes a comment, or changes the one that is there. Comments of a pull
    /// request block nothing on GitHub.
    pub(in crate::host) async fn note(
        &self,
        pull_request: &PullRequest,
        note: &Note,
    ) -> Result<Noted, Fault> {
        let number = pull_request.number;
        let Some(there) = self.only(number, &note.marker).await? else {
            self.start(number, note).await?;
            return Ok(Noted::Created);
        };
        let old = there.body.as_deref().unwrap_or_default();
        if same_text(old, &note.body()) {
            return Ok(Noted::Nothing);
        }
        let over = old.contains(OVER);
        self.rewrite(there.id, &note.body()).await?;
        if over {
            self.fold(UNFOLD, &there.node_id).await?;
        }
        Ok(Noted::Updated)
    }

    /// Whether ours with this marker is there.
    pub(in crate::host) async fn has_note(&self, number: u64, marker: &str) -> Result<bool, Fault> {
        Ok(!self.ours(number, marker).await?.is_empty())
    }

    /// Says why a comment is over, and folds it; nothing when there is none.
    pub(in crate::host) async fn close_note(
        &self,
        pull_request: &PullRequest,
        note: &Note,
    ) -> Result<Noted, Fault> {
        let Some(there) = self.only(pull_request.number, &note.marker).await? else {
            return Ok(Noted::Nothing);
        };
        let text = format!("{}\n{OVER}", note.body());
        if same_text(there.body.as_deref().unwrap_or_default(), &text) {
            return Ok(Noted::Nothing);
        }
        self.fold(FOLD, &there.node_id).await?;
        // Last: it is what tells the next run that nothing is left to do.
        self.rewrite(there.id, &text).await?;
        Ok(Noted::Updated)
    }

    async fn start(&self, number: u64, note: &Note) -> Result<(), Fault> {
        let text = number.to_string();
        let write = || async {
            let make = |place: &Place| {
                let url = place.repository(&["issues", &text, "comments"]);
                Call::post(url, json!({"body": note.body()}))
            };
            self.send(make).await.map(drop)
        };
        let look = || async {
            let ours = self.ours(number, &note.marker).await?;
            Ok((!ours.is_empty()).then_some(()))
        };
        looking::write(self.rest.retry(), write, look).await
    }

    async fn rewrite(&self, comment: u64, text: &str) -> Result<(), Fault> {
        let comment = comment.to_string();
        let make = |place: &Place| {
            let url = place.repository(&["issues", "comments", &comment]);
            Call::patch(url, json!({"body": text}))
        };
        self.send(make).await.map(drop)
    }

    /// Folds or unfolds; who may write comments need not be allowed to.
    async fn fold(&self, mutation: &str, node: &str) -> Result<(), Fault> {
        match self.graphql(mutation, json!({"id": node})).await {
            Err(fault) if fault.is_definite() => {
                tracing::debug!(%fault, "the comment stays as it is");
                Ok(())
            }
            other => other.map(drop),
        }
    }

    /// Our comments with a marker, oldest first.
    async fn ours(&self, number: u64, marker: &str) -> Result<Vec<Comment>, Fault> {
        let number = number.to_string();
        let first = |place: &Place| {
            let mut url = place.repository(&["issues", &number, "comments"]);
            url.query_pairs_mut().append_pair("per_page", "100");
            url
        };
        let marker = marked(marker);
        let mut ours: Vec<wire::Comment> = self.list(first, identity).await?;
        ours.retain(|comment| {
            let body = comment.body.as_deref().unwrap_or_default();
            body.starts_with(&marker)
        });
        ours.sort_by_key(|comment| comment.id);
        Ok(ours)
    }

    /// The oldest one. Others came of answers that were lost for long; they go.
    async fn only(&self, number: u64, marker: &str) -> Result<Option<Comment>, Fault> {
        let mut ours = self.ours(number, marker).await?.into_iter();
        let oldest = ours.next();
        for doubled in ours {
            let id = doubled.id.to_string();
            let make = |place: &Place| {
                let url = place.repository(&["issues", "comments", &id]);
                Call::delete(url)
            };
            match self.send(make).await {
                // The answer to the first deletion may have been lost.
                Err(fault) if fault.meaning() == Some(crate::host::Refusal::NotFound) => {}
                other => other.map(drop)?,
            }
        }
        Ok(oldest)
    }
}
