//! Review comments at lines of files. REST writes them; whether a thread is resolved,
//! only GraphQL knows.

use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Client, understood};
use super::place::Place;
use crate::host::fault::Fault;
use crate::host::looking;
use crate::host::pull_request::PullRequest;
use crate::host::remarks::{Remarked, Remarks, Spot, Step, There};
use crate::host::rest::Call;

const THREADS: &str = "query($owner: String!, $name: String!, $number: Int!, $after: String) { repository(owner: $owner, name: $name) { pullRequest(number: $number) { reviewThreads(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { id isResolved comments(first: 1) { totalCount nodes { id body } } } } } } }";
const REWRITE: &str = "mutation($id: ID!, $body: String!) { updatePullRequestReviewComment(input: {pullRequestReviewCommentId: $id, body: $body}) { clientMutationId } }";
const RESOLVE: &str =
    "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { clientMutationId } }";
const OPEN: &str =
    "mutation($id: ID!) { unresolveReviewThread(input: {threadId: $id}) { clientMutationId } }";
const DELETE: &str =
    "mutation($id: ID!) { deletePullRequestReviewComment(input: {id: $id}) { clientMutationId } }";

/// Pages of threads that are read, at most.
const PAGES: usize = 20;

/// Threads on a page, as [`THREADS`] asks for them.
const PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Threads {
    page_info: PageInfo,
    nodes: Vec<Thread>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thread {
    id: String,
    is_resolved: bool,
    comments: Comments,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Comments {
    total_count: usize,
    nodes: Vec<Comment>,
}

#[derive(Deserialize)]
struct Comment {
    id: String,
    body: String,
}

impl Client {
    /// Brings our review threads to what should be said.
    pub(in crate::host) async fn remark(
        &self,
        pull_request: &PullRequest,
        remarks: &Remarks,
    ) -> Result<Remarked, Fault> {
        let number = pull_request.number;
        let there = self.review_threads(number, &remarks.start()).await?;
        let (steps, mut left_out) = remarks.steps(there);
        let mut changed = 0;
        for step in steps {
            let done = match step {
                Step::Start { body, spot } => {
                    let started = self.begin(number, &body, spot.as_ref(), remarks).await?;
                    left_out += usize::from(!started);
                    started
                }
                Step::Rewrite { there, body } => {
                    let variables = json!({"id": there.comment, "body": body});
                    self.graphql(REWRITE, variables).await.map(|_| true)?
                }
                Step::Open(there) => self.on(OPEN, &there.thread).await?,
                Step::Resolve(there) => self.on(RESOLVE, &there.thread).await?,
                Step::Delete(there) => self.on(DELETE, &there.comment).await?,
            };
            changed += usize::from(done);
        }
        Ok(Remarked { changed, left_out })
    }

    async fn on(&self, mutation: &str, id: &str) -> Result<bool, Fault> {
        self.graphql(mutation, json!({"id": id})).await?;
        Ok(true)
    }

    /// Writes a comment at its line. A line that the pull request does not show takes
    /// none, but its file does; for a file that it does not change, another one stands
    /// in. False where nothing takes it.
    async fn begin(
        &self,
        number: u64,
        text: &str,
        spot: Option<&Spot>,
        remarks: &Remarks,
    ) -> Result<bool, Fault> {
        let on = |path: &str| json!({"body": text, "commit_id": remarks.commit, "path": path});
        let mut ways = Vec::new();
        if let Some(spot) = spot.filter(|spot| spot.line > 0) {
            let mut at = on(&spot.path);
            at["line"] = json!(spot.line);
            at["side"] = json!(if spot.before { "LEFT" } else { "RIGHT" });
            ways.push(at);
        }
        let files = spot.map(|spot| &spot.path).into_iter();
        for file in files.chain([&remarks.file]) {
            let mut at = on(file);
            at["subject_type"] = json!("file");
            ways.push(at);
        }
        for body in ways {
            if self.write(number, text, body).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn write(&self, number: u64, text: &str, body: Value) -> Result<bool, Fault> {
        let pull_request = number.to_string();
        let marker = text.lines().next().unwrap_or_default();
        let write = || async {
            let make = |place: &Place| {
                let url = place.repository(&["pulls", &pull_request, "comments"]);
                Call::post(url, body.clone())
            };
            match self.send(make).await {
                Err(Fault::Invalid { status: 422, said }) => {
                    tracing::debug!(said, "the pull request does not show this place");
                    Ok(false)
                }
                other => other.map(|_| true),
            }
        };
        let look = || async {
            let ours = self.review_threads(number, marker).await?;
            Ok((!ours.is_empty()).then_some(true))
        };
        looking::write(self.rest.retry(), write, look).await
    }

    /// The review threads whose first comment starts like this, oldest first.
    async fn review_threads(&self, number: u64, start: &str) -> Result<Vec<There>, Fault> {
        let place = self.place();
        let mut ours = Vec::new();
        let mut after = None;
        for _ in 0..PAGES {
            let variables = json!({
                "owner": place.owner, "name": place.name, "number": number, "after": after,
            });
            let mut data = self.graphql(THREADS, variables).await?;
            let page = data["repository"]["pullRequest"]["reviewThreads"].take();
            let page: Threads = understood(page)?;
            let found = page.nodes.into_iter().filter_map(there);
            ours.extend(found.filter(|there| there.text.starts_with(start)));
            after = page.page_info.end_cursor;
            if !page.page_info.has_next_page {
                return Ok(ours);
            }
        }
        // Ours may be among those that were not read: it would be written again at each run.
        let said = format!(
            "the pull request has more than {} review threads",
            PAGES * PAGE
        );
        Err(Fault::answer(said))
    }
}

fn there(thread: Thread) -> Option<There> {
    let answered = thread.comments.total_count > 1;
    let first = thread.comments.nodes.into_iter().next()?;
    Some(There {
        thread: thread.id,
        comment: first.id,
        text: first.body,
        open: !thread.is_resolved,
        answered,
    })
}
