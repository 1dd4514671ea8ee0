//! What the fake does with review comments and their threads.

use serde_json::{Value, json};

use super::{Hub, PullRequest, error, invalid};
use crate::support::rest_fake::{Asked, Reply};

/// A thread of review comments at a line of a file, or at the file.
#[derive(Debug, Clone)]
pub struct ReviewThread {
    pub id: String,
    pub path: String,
    /// Side and line.
    pub at: Option<(String, u64)>,
    pub body: String,
    pub resolved: bool,
    /// Answers of people.
    pub answers: usize,
}

impl Hub {
    pub(super) fn review(&mut self, asked: &Asked, at: usize) -> Result<Reply, String> {
        if asked.method != "POST" {
            return Err("there is no such address".to_owned());
        }
        let body = &asked.body;
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let request = &self.pull_requests[at];
        if Some(text("commit_id")) != self.git.tip(&request.head) {
            return Ok(invalid("commit_id is not part of the pull request"));
        }
        let path = text("path");
        let Some(lines) = self.diff(request, &path) else {
            return Ok(invalid("path could not be resolved"));
        };
        let place = if text("subject_type") == "file" {
            None
        } else {
            let line = body["line"].as_u64().ok_or("there is no line")?;
            let place = (text("side"), line);
            if !lines.contains(&place) {
                return Ok(invalid("line must be part of the diff"));
            }
            Some(place)
        };
        let id = format!("PRRT_{}", self.next_comment);
        self.next_comment += 1;
        self.pull_requests[at].threads.push(ReviewThread {
            id,
            path,
            at: place,
            body: text("body"),
            resolved: false,
            answers: 0,
        });
        Ok(Reply::json(201, &json!({"id": self.next_comment - 1})))
    }

    /// The lines that the pull request shows of a file, by side; `None` for a file that
    /// it does not change.
    fn diff(&self, request: &PullRequest, path: &str) -> Option<Vec<(String, u64)>> {
        let range = format!("{}...{}", request.base, request.head);
        let diff = self.git.git(&["diff", "-U3", &range, "--", path]);
        let mut shown = Vec::new();
        let (mut old, mut new) = (0, 0);
        for line in diff.lines().skip_while(|line| !line.starts_with("@@")) {
            if let Some(range) = line.strip_prefix("@@ -") {
                let number = |text: &str| text.split([',', ' ']).next()?.parse().ok();
                old = number(range)?;
                new = number(range.split('+').nth(1)?)?;
                continue;
            }
            if !line.starts_with('+') {
                shown.push(("LEFT".to_owned(), old));
                old += 1;
            }
            if !line.starts_with('-') {
                shown.push(("RIGHT".to_owned(), new));
                new += 1;
            }
        }
        (!diff.is_empty()).then_some(shown)
    }

    /// The threads of a pull request, two on a page.
    pub(super) fn review_threads(&self, variables: &Value) -> Reply {
        let number = variables["number"].as_u64();
        let mut requests = self.pull_requests.iter();
        let Some(request) = requests.find(|own| Some(own.number) == number) else {
            return error(404, "Not Found");
        };
        let start: usize = variables["after"]
            .as_str()
            .map_or(0, |at| at.parse().unwrap());
        let page = request.threads.iter().skip(start).take(2);
        let nodes: Vec<_> = page
            .map(|thread| {
                let comment = thread.id.replace("PRRT", "PRRC");
                json!({
                    "id": thread.id, "isResolved": thread.resolved,
                    "comments": {
                        "totalCount": 1 + thread.answers,
                        "nodes": [{"id": comment, "body": thread.body}],
                    },
                })
            })
            .collect();
        let end = start + nodes.len();
        let page =
            json!({"hasNextPage": end < request.threads.len(), "endCursor": end.to_string()});
        let threads = json!({"pageInfo": page, "nodes": nodes});
        let data = json!({"repository": {"pullRequest": {"reviewThreads": threads}}});
        Reply::json(200, &json!({"data": data}))
    }

    /// A change of a thread or of its comment; `None` when it is something else.
    pub(super) fn change_thread(&mut self, query: &str, variables: &Value) -> Option<bool> {
        let id = variables["id"].as_str().unwrap_or_default();
        let comment = id.replace("PRRC", "PRRT");
        let mut threads = self.pull_requests.iter_mut();
        let has = |id: &str, own: &PullRequest| own.threads.iter().any(|one| one.id == id);
        let request = threads.find(|own| has(&comment, own));
        let changes = [
            " updatePullRequestReviewComment(input: {pullRequestReviewCommentId: $id, body: $body})",
            " deletePullRequestReviewComment(input: {id: $id})",
            " resolveReviewThread(input: {threadId: $id})",
            " unresolveReviewThread(input: {threadId: $id})",
        ];
        let change = changes.iter().position(|change| query.contains(change))?;
        let is_right = id.starts_with(if change < 2 { "PRRC_" } else { "PRRT_" });
        let Some(request) = request.filter(|_| is_right) else {
            return Some(false);
        };
        let at = request.threads.iter().position(|one| one.id == comment)?;
        match change {
            0 => variables["body"]
                .as_str()?
                .clone_into(&mut request.threads[at].body),
            1 => drop(request.threads.remove(at)),
            change => request.threads[at].resolved = change == 2,
        }
        Some(true)
    }
}
