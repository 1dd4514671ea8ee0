//! What the fake does with pull requests.

use serde_json::{Value, json};

use super::{Azure, ME, NOBODY, PullRequest, error, list};
use crate::support::rest_fake::{Asked, Reply};

/// Members that a PATCH may change.
const CHANGEABLE: [&str; 7] = [
    "status",
    "title",
    "description",
    "isDraft",
    "completionOptions",
    "autoCompleteSetBy",
    "targetRefName",
];

impl Azure {
    pub(super) fn pull_request(&mut self, asked: &Asked, tail: &[&str]) -> Result<Reply, String> {
        match (asked.method.as_str(), tail) {
            ("GET", []) => Ok(self.search(asked)),
            ("POST", []) => Ok(self.open(&asked.body)),
            (_, [number, rest @ ..]) => {
                let found = self
                    .pull_requests
                    .iter()
                    .position(|request| request.id.to_string() == *number);
                let Some(at) = found else {
                    let said =
                        format!("TF401180: The requested pull request {number} was not found.");
                    return Ok(error(404, "GitPullRequestNotFoundException", &said));
                };
                self.one(asked, at, rest)
            }
            _ => Err("there is no such address".to_owned()),
        }
    }

    fn one(&mut self, asked: &Asked, at: usize, tail: &[&str]) -> Result<Reply, String> {
        let method = asked.method.as_str();
        if method == "PATCH" && tail.is_empty() {
            return self.change(at, &asked.body);
        }
        if method == "GET" && tail.is_empty() {
            let mut shown = self.shown(at, true);
            if self.undecided > 0 {
                self.undecided -= 1;
                shown["mergeStatus"] = json!("queued");
            }
            if asked.parameter("includeWorkItemRefs") == Some("true") {
                let items = self.pull_requests[at].work_items.iter();
                shown["workItemRefs"] = items.map(|id| json!({"id": id})).collect();
            }
            return Ok(Reply::json(200, &shown));
        }
        let refused_labels = self.refused_labels.clone();
        let people = self.people.clone();
        let request = &mut self.pull_requests[at];
        match (method, tail) {
            ("POST", ["labels"]) => {
                let name = asked.body["name"].as_str().unwrap().to_owned();
                if refused_labels.contains(&name) {
                    return Ok(error(
                        400,
                        "InvalidTagName",
                        "TF401304: the label is not allowed",
                    ));
                }
                if !request.labels.contains(&name) {
                    request.labels.push(name.clone());
                }
                Ok(Reply::json(
                    200,
                    &json!({"id": "l", "name": name, "active": true}),
                ))
            }
            ("PUT", ["reviewers", id]) => {
                if !people.iter().any(|person| person["id"] == *id) {
                    return Ok(error(
                        400,
                        "GitPullRequestReviewerNotFound",
                        "TF401186: the reviewer is not known",
                    ));
                }
                request.reviewers.retain(|own| own["id"] != *id);
                request.reviewers.push(asked.body.clone());
                Ok(Reply::json(200, &asked.body))
            }
            ("GET", ["workitems"]) => {
                let items = request.work_items.iter().map(|id| json!({"id": id}));
                Ok(list(&items.collect::<Vec<_>>()))
            }
            ("GET", ["statuses"]) => Ok(list(&request.statuses)),
            ("POST", ["statuses"]) => {
                let mut status = asked.body.clone();
                status["id"] = json!(request.statuses.len() + 1);
                request.statuses.push(status.clone());
                Ok(Reply::json(200, &status))
            }
            (_, ["threads", rest @ ..]) => threads(request, asked, rest),
            _ => Err("there is no such address".to_owned()),
        }
    }

    /// Lists cut the description and leave out labels.
    fn search(&self, asked: &Asked) -> Reply {
        let wanted = |name: &str| asked.parameter(&format!("searchCriteria.{name}"));
        let fits = |request: &PullRequest| {
            let field = |name: &str| request.fields[name].as_str();
            let status = wanted("status").unwrap_or("active");
            (status == "all" || status == request.status)
                && wanted("sourceRefName").is_none_or(|name| field("sourceRefName") == Some(name))
                && wanted("targetRefName").is_none_or(|name| field("targetRefName") == Some(name))
        };
        let number = |name: &str| asked.parameter(name).and_then(|text| text.parse().ok());
        let found = (0..self.pull_requests.len())
            .rev()
            .filter(|at| fits(&self.pull_requests[*at]))
            .skip(number("$skip").unwrap_or(0))
            .take(number("$top").unwrap_or(101));
        let found: Vec<Value> = found.map(|at| self.shown(at, false)).collect();
        list(&found)
    }

    pub fn open(&mut self, body: &Value) -> Reply {
        let branch = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let (source, target) = (branch("sourceRefName"), branch("targetRefName"));
        for name in [&source, &target] {
            let short = name.strip_prefix("refs/heads/").unwrap_or_default();
            if self.git.tip(short).is_none() {
                return error(
                    400,
                    "GitPullRequestCannotBeActivated",
                    "TF401398: The pull request cannot be activated because the source and/or target branch no longer exists, or the requested changes are already in the target branch.",
                );
            }
        }
        let taken = self.pull_requests.iter().any(|request| {
            request.status == "active"
                && request.fields["sourceRefName"] == source.as_str()
                && request.fields["targetRefName"] == target.as_str()
        });
        if taken {
            return error(
                409,
                "GitPullRequestExistsException",
                "TF401179: An active pull request for the source and target branch already exists.",
            );
        }
        if body["title"]
            .as_str()
            .unwrap_or_default()
            .encode_utf16()
            .count()
            > 400
            || body["description"]
                .as_str()
                .unwrap_or_default()
                .encode_utf16()
                .count()
                > 4000
        {
            return error(
                400,
                "InvalidArgumentValueException",
                "A maximum length of 4000 is allowed",
            );
        }
        let (reviewers, labels, work_items) = match self.extras(body) {
            Ok(extras) => extras,
            Err(refused) => return refused,
        };
        let mut fields = body.clone();
        for name in ["reviewers", "labels", "workItemRefs"] {
            fields.as_object_mut().unwrap().remove(name);
        }
        self.pull_requests.push(PullRequest {
            id: self.pull_requests.len() as u64 + 1,
            status: "active".to_owned(),
            fields,
            reviewers,
            labels,
            work_items,
            threads: Vec::new(),
            statuses: Vec::new(),
            author: ME.to_owned(),
            merged: None,
            last_head: None,
            last_target: None,
        });
        Reply::json(201, &self.shown(self.pull_requests.len() - 1, true))
    }

    /// Reviewers, labels and work items of a new pull request, if all are known.
    #[expect(clippy::type_complexity, reason = "three lists")]
    fn extras(&self, body: &Value) -> Result<(Vec<Value>, Vec<String>, Vec<String>), Reply> {
        let items = |name: &str| body[name].as_array().cloned().unwrap_or_default();
        let reviewers = items("reviewers");
        for reviewer in &reviewers {
            if !self
                .people
                .iter()
                .any(|person| person["id"] == reviewer["id"])
            {
                return Err(error(
                    400,
                    "GitPullRequestReviewerNotFound",
                    "TF401186: a reviewer is not known",
                ));
            }
        }
        let names = |name: &str, member: &str| -> Vec<String> {
            let values = items(name).into_iter();
            values
                .map(|value| value[member].as_str().unwrap_or_default().to_owned())
                .collect()
        };
        let labels = names("labels", "name");
        if labels
            .iter()
            .any(|label| self.refused_labels.contains(label))
        {
            return Err(error(
                400,
                "InvalidTagName",
                "TF401304: a label is not allowed",
            ));
        }
        let work_items = names("workItemRefs", "id");
        let known = |id: &String| self.work_items.iter().any(|own| own.to_string() == *id);
        if !work_items.iter().all(known) {
            return Err(error(
                404,
                "WorkItemUnauthorizedAccessException",
                "TF401232: a work item does not exist",
            ));
        }
        Ok((reviewers, labels, work_items))
    }

    fn change(&mut self, at: usize, body: &Value) -> Result<Reply, String> {
        let changes = body.as_object().unwrap();
        for name in changes.keys() {
            if !CHANGEABLE.contains(&name.as_str()) {
                return Err(format!("{name:?} cannot be changed"));
            }
        }
        let request = &mut self.pull_requests[at];
        if request.status != "active" {
            let said = "TF401181: The pull request cannot be edited due to its state.";
            return Ok(error(409, "GitPullRequestNotEditableException", said));
        }
        if let Some(setter) = body["autoCompleteSetBy"]["id"].as_str()
            && setter != ME
            && setter != NOBODY
        {
            let said = "TF401364: auto-complete can only be set by the identity that asks";
            return Ok(error(400, "InvalidArgumentValueException", said));
        }
        for (name, value) in changes {
            if name == "status" {
                value.as_str().unwrap().clone_into(&mut request.status);
            } else if value["id"] == NOBODY {
                request.fields[name] = Value::Null;
            } else {
                request.fields[name] = value.clone();
            }
        }
        if request.status != "active" {
            self.freeze(at);
        } else if !request.fields["autoCompleteSetBy"].is_null() && !self.policies_unmet {
            self.complete(at);
        }
        // The answer to a change leaves labels out.
        Ok(Reply::json(200, &self.shown(at, false)))
    }

    /// Merges the branch in git.
    pub fn complete(&mut self, at: usize) {
        let request = &self.pull_requests[at];
        let branch = |name: &str| {
            let name = request.fields[name].as_str().unwrap();
            name.strip_prefix("refs/heads/").unwrap().to_owned()
        };
        let message = request.fields["completionOptions"]["mergeCommitMessage"]
            .as_str()
            .unwrap_or("Merged")
            .to_owned();
        let before = self.git.tip(&branch("targetRefName"));
        let merged = self
            .git
            .merge(&branch("sourceRefName"), &branch("targetRefName"), &message);
        self.pull_requests[at].last_target = before;
        self.pull_requests[at].merged = Some(merged);
        self.end(at, "completed");
    }

    /// The target moves to the newest commit of the branch, as a rebase without conflicts
    /// leaves it.
    pub fn fast_forward(&mut self, at: usize) {
        let fields = &self.pull_requests[at].fields;
        let branch = |name: &str| fields[name].as_str().unwrap().replace("refs/heads/", "");
        let (source, target) = (branch("sourceRefName"), branch("targetRefName"));
        let request = &mut self.pull_requests[at];
        request.last_target = self.git.tip(&target);
        request.merged = Some(self.git.fast_forward(&source, &target));
        self.end(at, "completed");
    }

    /// Merges the branch into one commit.
    pub fn squash(&mut self, at: usize) {
        let request = &self.pull_requests[at];
        let branch = |name: &str| {
            let name = request.fields[name].as_str().unwrap();
            name.strip_prefix("refs/heads/").unwrap().to_owned()
        };
        let (source, target) = (branch("sourceRefName"), branch("targetRefName"));
        self.pull_requests[at].last_target = self.git.tip(&target);
        self.pull_requests[at].merged = Some(self.git.squash(&source, &target, "Squashed"));
        self.end(at, "completed");
    }

    /// It is no longer active.
    pub fn end(&mut self, at: usize, status: &str) {
        status.clone_into(&mut self.pull_requests[at].status);
        self.freeze(at);
    }

    /// What is closed keeps the commits that it had.
    fn freeze(&mut self, at: usize) {
        let request = &mut self.pull_requests[at];
        let source = request.fields["sourceRefName"].as_str().unwrap();
        request.last_head = self.git.tip(source.trim_start_matches("refs/heads/"));
    }

    fn shown(&self, at: usize, single: bool) -> Value {
        let request = &self.pull_requests[at];
        let mut shown = request.fields.clone();
        let source = request.fields["sourceRefName"].as_str().unwrap();
        shown["pullRequestId"] = json!(request.id);
        shown["status"] = json!(request.status);
        shown["createdBy"] =
            json!({"id": request.author, "displayName": "shop Build Service (contoso)"});
        shown["repository"] = self.described_repository();
        let reviewers = request.reviewers.iter().map(|reviewer| {
            let mut shown = reviewer.clone();
            let known = |person: &&Value| person["id"] == reviewer["id"];
            if let Some(person) = self.people.iter().find(known) {
                shown["displayName"] = person["providerDisplayName"].clone();
                shown["uniqueName"] = person["properties"]["Mail"]["$value"].clone();
            }
            shown
        });
        shown["reviewers"] = reviewers.collect();
        let target = request.fields["targetRefName"].as_str().unwrap();
        let [source, target] = [source, target].map(|name| name.trim_start_matches("refs/heads/"));
        let tip = request.last_head.clone().or_else(|| self.git.tip(source));
        if request.status == "active" && tip.is_some() && self.git.tip(target).is_some() {
            let conflicts = self.git.conflicts(source, target);
            shown["mergeStatus"] = json!(if conflicts { "conflicts" } else { "succeeded" });
        }
        if let Some(tip) = tip {
            shown["lastMergeSourceCommit"] = json!({"commitId": tip});
        }
        if let Some(merged) = &request.merged {
            shown["lastMergeCommit"] = json!({"commitId": merged});
            shown["lastMergeTargetCommit"] = json!({"commitId": request.last_target});
        }
        if single {
            let labels = request.labels.iter();
            shown["labels"] = labels
                .map(|name| json!({"id": name, "name": name, "active": true}))
                .collect();
        } else {
            let text = shown["description"].as_str().unwrap_or_default();
            shown["description"] = json!(text.chars().take(400).collect::<String>());
        }
        shown
    }
}

fn threads(request: &mut PullRequest, asked: &Asked, tail: &[&str]) -> Result<Reply, String> {
    let number = |text: &str| {
        text.parse::<usize>()
            .map_err(|_| format!("{text} is no number"))
    };
    match (asked.method.as_str(), tail) {
        ("GET", []) => Ok(list(&request.threads)),
        ("POST", []) => {
            let mut thread = asked.body.clone();
            thread["id"] = json!(request.threads.len() + 1);
            thread["comments"][0]["id"] = json!(1);
            request.threads.push(thread.clone());
            Ok(Reply::json(200, &thread))
        }
        ("PATCH", [thread]) => {
            let thread = &mut request.threads[number(thread)? - 1];
            thread["status"] = asked.body["status"].clone();
            Ok(Reply::json(200, thread))
        }
        ("PATCH", [thread, "comments", "1"]) => {
            let comment = &mut request.threads[number(thread)? - 1]["comments"][0];
            comment["content"] = asked.body["content"].clone();
            Ok(Reply::json(200, comment))
        }
        ("DELETE", [thread, "comments", "1"]) => {
            let thread = &mut request.threads[number(thread)? - 1];
            thread["isDeleted"] = json!(true);
            thread["comments"][0]["isDeleted"] = json!(true);
            Ok(Reply::status(200))
        }
        _ => Err("there is no such address".to_owned()),
    }
}
