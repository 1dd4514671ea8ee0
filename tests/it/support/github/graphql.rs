//! The changes and questions that REST does not have.

use serde_json::{Value, json};

use super::Hub;
use crate::support::rest_fake::{Asked, Reply};

impl Hub {
    pub(super) fn graphql(&mut self, asked: &Asked) -> Result<Reply, String> {
        let query = asked.body["query"].as_str().ok_or("there is no query")?;
        let variables = &asked.body["variables"];
        if query.contains(" reviewThreads(") {
            return Ok(self.review_threads(variables));
        }
        if let Some(found) = self.change_thread(query, variables) {
            return Ok(if found {
                done(&json!({"clientMutationId": null}))
            } else {
                refused("NOT_FOUND", "Could not resolve to a node")
            });
        }
        if query.starts_with("query(") {
            return Ok(self.watched(asked));
        }
        if query.contains(" enablePullRequestAutoMerge(input: $input)") {
            return self.enable(&variables["input"]);
        }
        if query.contains(" disablePullRequestAutoMerge(input: $input)") {
            return self.disable(&variables["input"]);
        }
        let folds =
            if query.contains(" minimizeComment(input: {subjectId: $id, classifier: RESOLVED})") {
                true
            } else if query.contains(" unminimizeComment(input: {subjectId: $id})") {
                false
            } else {
                return Err(format!("{query} is not known"));
            };
        let id = variables["id"].as_str().unwrap_or_default();
        let id = id.strip_prefix("IC_").ok_or("the id is no comment's")?;
        let Some(comment) = self.comment(id) else {
            return Ok(refused("NOT_FOUND", "Could not resolve to a node"));
        };
        comment.folded = folds;
        Ok(done(&json!({"clientMutationId": null})))
    }

    fn enable(&mut self, input: &Value) -> Result<Reply, String> {
        let known = [
            "pullRequestId",
            "mergeMethod",
            "commitHeadline",
            "commitBody",
        ];
        for name in input.as_object().ok_or("there is no input")?.keys() {
            if !known.contains(&name.as_str()) {
                return Err(format!("there is no input {name:?}"));
            }
        }
        let method = input["mergeMethod"].as_str().unwrap_or_default();
        if !["MERGE", "SQUASH", "REBASE"].contains(&method) {
            return Err(format!("there is no merge method {method:?}"));
        }
        let (allowed, blocked) = (self.auto_merge_allowed, self.blocked);
        let found = self
            .pull_requests
            .iter_mut()
            .find(|request| input["pullRequestId"] == format!("PR_{}", request.number));
        let Some(request) = found else {
            return Ok(refused("NOT_FOUND", "Could not resolve to a node"));
        };
        if !allowed {
            let said = "Pull request Auto merge is not allowed for this repository";
            return Ok(refused("UNPROCESSABLE", said));
        }
        if request.state != "open" {
            return Ok(refused("UNPROCESSABLE", "Pull request is closed"));
        }
        if !blocked {
            return Ok(refused(
                "UNPROCESSABLE",
                "Pull request Pull request is in clean status",
            ));
        }
        request.auto_merge = Some(json!({
            "merge_method": method.to_lowercase(),
            "commit_title": input["commitHeadline"], "commit_message": input["commitBody"],
        }));
        Ok(done(&json!({"pullRequest": {"number": request.number}})))
    }
}

impl Hub {
    fn disable(&mut self, input: &Value) -> Result<Reply, String> {
        for name in input.as_object().ok_or("there is no input")?.keys() {
            if name != "pullRequestId" {
                return Err(format!("there is no input {name:?}"));
            }
        }
        let mut requests = self.pull_requests.iter_mut();
        let found = requests.find(|it| input["pullRequestId"] == format!("PR_{}", it.number));
        let Some(request) = found else {
            return Ok(refused("NOT_FOUND", "Could not resolve to a node"));
        };
        if request.auto_merge.take().is_none() {
            let said = "Can't disable auto-merge for this pull request.";
            return Ok(refused("UNPROCESSABLE", said));
        }
        Ok(done(&json!({"pullRequest": {"number": request.number}})))
    }
}

fn done(data: &Value) -> Reply {
    Reply::json(200, &json!({"data": {"result": data}}))
}

fn refused(kind: &str, message: &str) -> Reply {
    let error = json!({"type": kind, "message": message});
    Reply::json(200, &json!({"data": null, "errors": [error]}))
}
