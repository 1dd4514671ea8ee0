//! What the fake does with pull requests.

use serde_json::{Value, json};

use super::{Comment, Hub, PullRequest, error, invalid, shown_comment, with_next};
use crate::support::rest_fake::{Asked, Reply};

/// Who the credentials belong to.
const ME: &str = "gitops-bot";

impl Hub {
    pub(super) fn search(&self, asked: &Asked) -> Reply {
        let owner = self.name.split('/').next().unwrap();
        let state = asked.parameter("state").unwrap_or("open");
        let fits = |request: &&PullRequest| {
            (state == "all" || request.state == state)
                && asked
                    .parameter("head")
                    .is_none_or(|head| head == format!("{owner}:{}", request.head))
                && asked
                    .parameter("base")
                    .is_none_or(|base| base == request.base)
        };
        let found: Vec<Value> = self
            .pull_requests
            .iter()
            .rev()
            .filter(fits)
            .map(|request| self.shown(request, false))
            .collect();
        let (page, next) = self.page(asked, &found);
        with_next(Reply::json(200, &json!(page)), next)
    }

    pub fn open(&mut self, body: &Value) -> Reply {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let (head, base) = (text("head"), text("base"));
        for (name, branch) in [("head", &head), ("base", &base)] {
            if self.git.tip(branch).is_none() {
                let error = json!({"resource": "PullRequest", "field": name, "code": "invalid"});
                let body = json!({"message": "Validation Failed", "errors": [error]});
                return Reply::json(422, &body);
            }
        }
        if self.git.holds(&base, &head) {
            return invalid(&format!("No commits between {base} and {head}"));
        }
        let taken = self
            .pull_requests
            .iter()
            .any(|own| own.state == "open" && own.head == head && own.base == base);
        if taken {
            let owner = self.name.split('/').next().unwrap();
            return invalid(&format!(
                "A pull request already exists for {owner}:{head}."
            ));
        }
        let draft = body["draft"] == true;
        if draft && !self.drafts_supported {
            return error(
                422,
                "Draft pull requests are not supported in this repository.",
            );
        }
        let number = self.pull_requests.len() as u64 + 1;
        self.pull_requests.push(PullRequest {
            number,
            title: text("title"),
            body: text("body"),
            head,
            base,
            draft,
            state: "open".to_owned(),
            merged: None,
            labels: Vec::new(),
            users: Vec::new(),
            teams: Vec::new(),
            reviews: Vec::new(),
            comments: Vec::new(),
            threads: Vec::new(),
            auto_merge: None,
            last_head: None,
            commits: 0,
        });
        Reply::json(201, &self.shown(self.pull_requests.last().unwrap(), true))
    }

    pub(super) fn pull_request(
        &mut self,
        asked: &Asked,
        at: usize,
        tail: &[&str],
    ) -> Result<Reply, String> {
        let texts = |name: &str| -> Vec<String> {
            let values = asked.body[name].as_array().into_iter().flatten();
            values
                .map(|value| value.as_str().unwrap_or_default().to_owned())
                .collect()
        };
        match (asked.method.as_str(), tail) {
            ("GET", []) => {
                let mut shown = self.shown(&self.pull_requests[at], true);
                if self.undecided > 0 {
                    self.undecided -= 1;
                    shown["mergeable_state"] = json!("unknown");
                    shown["mergeable"] = Value::Null;
                }
                Ok(Reply::json(200, &shown))
            }
            ("PATCH", []) => {
                let request = &mut self.pull_requests[at];
                for (name, own) in [
                    ("title", &mut request.title),
                    ("body", &mut request.body),
                    ("state", &mut request.state),
                ] {
                    if let Some(text) = asked.body[name].as_str() {
                        text.clone_into(own);
                    }
                }
                if self.pull_requests[at].state == "closed" {
                    self.end(at);
                }
                let shown = self.shown(&self.pull_requests[at], true);
                Ok(Reply::json(200, &shown))
            }
            ("POST", ["labels"]) => {
                let labels = texts("labels");
                if labels
                    .iter()
                    .any(|label| self.refused_labels.contains(label))
                {
                    return Ok(invalid("name is too long (maximum is 50 characters)"));
                }
                add(&mut self.pull_requests[at].labels, labels);
                Ok(Reply::json(200, &json!([])))
            }
            ("POST", ["requested_reviewers"]) => {
                let (users, teams) = (texts("reviewers"), texts("team_reviewers"));
                let known = users.iter().all(|user| self.people.contains(user))
                    && teams.iter().all(|team| self.teams.contains(team));
                if !known {
                    return Ok(error(
                        422,
                        "Reviews may only be requested from collaborators. One or more of the users or teams you requested is not a collaborator of the contoso/manifests repository.",
                    ));
                }
                let request = &mut self.pull_requests[at];
                add(&mut request.users, users);
                add(&mut request.teams, teams);
                let shown = self.shown(&self.pull_requests[at], true);
                Ok(Reply::json(201, &shown))
            }
            ("GET", ["reviews"]) => {
                let request = &self.pull_requests[at];
                let reviews = request.reviews.iter();
                let reviews: Vec<Value> = reviews
                    .map(|user| json!({"user": {"login": user}, "state": "APPROVED"}))
                    .collect();
                let (page, next) = self.page(asked, &reviews);
                Ok(with_next(Reply::json(200, &json!(page)), next))
            }
            (_, ["comments"]) if asked.path.contains("/pulls/") => self.review(asked, at),
            (_, ["comments"]) => self.comments(asked, at),
            ("PUT", ["merge"]) => Ok(self.merge(at, &asked.body)),
            _ => Err("there is no such address".to_owned()),
        }
    }

    fn comments(&mut self, asked: &Asked, at: usize) -> Result<Reply, String> {
        match asked.method.as_str() {
            "GET" => {
                let comments = self.pull_requests[at].comments.iter();
                let comments: Vec<Value> = comments.map(shown_comment).collect();
                let (page, next) = self.page(asked, &comments);
                Ok(with_next(Reply::json(200, &json!(page)), next))
            }
            "POST" => {
                let comment = Comment {
                    id: self.next_comment,
                    body: asked.body["body"].as_str().unwrap().to_owned(),
                    folded: false,
                };
                self.next_comment += 1;
                let shown = shown_comment(&comment);
                self.pull_requests[at].comments.push(comment);
                Ok(Reply::json(201, &shown))
            }
            _ => Err("there is no such address".to_owned()),
        }
    }

    fn merge(&mut self, at: usize, body: &Value) -> Reply {
        if self.base_moves > 0 {
            self.base_moves -= 1;
            return error(
                405,
                "Base branch was modified. Review and try the merge again.",
            );
        }
        let request = &self.pull_requests[at];
        if self.blocked || request.state != "open" {
            return error(405, "Pull Request is not mergeable");
        }
        if body["sha"].as_str() != self.git.tip(&request.head).as_deref() {
            return error(
                409,
                "Head branch was modified. Review and try the merge again.",
            );
        }
        let message = body["commit_title"]
            .as_str()
            .unwrap_or("Merge pull request");
        let merged = self.git.merge(&request.head, &request.base, message);
        self.count(at, &format!("{merged}^"));
        self.pull_requests[at].merged = Some(merged.clone());
        self.end(at);
        Reply::json(
            200,
            &json!({"sha": merged, "merged": true, "message": "Pull Request successfully merged"}),
        )
    }

    /// Merges the branch into one commit.
    pub fn squash(&mut self, at: usize) {
        let request = &self.pull_requests[at];
        let merged = self.git.squash(&request.head, &request.base, "Squashed");
        self.count(at, &format!("{merged}^"));
        self.pull_requests[at].merged = Some(merged);
        self.end(at);
    }

    /// Somebody pushes the branch to its target: GitHub takes the pull request as merged.
    pub fn fast_forward(&mut self, at: usize) {
        let request = &self.pull_requests[at];
        let before = self.git.tip(&request.base).unwrap();
        let merged = self.git.fast_forward(&request.head, &request.base);
        self.count(at, &before);
        self.pull_requests[at].merged = Some(merged);
        self.end(at);
    }

    /// Counts the commits that a pull request has and its base did not have before.
    pub fn count(&mut self, at: usize, before: &str) {
        let range = format!("{before}..{}", self.pull_requests[at].head);
        let count = self.git.git(&["rev-list", "--count", &range]);
        self.pull_requests[at].commits = count.trim().parse().unwrap();
    }

    /// It is no longer open, and keeps the commits that it had.
    pub fn end(&mut self, at: usize) {
        let request = &mut self.pull_requests[at];
        "closed".clone_into(&mut request.state);
        request.last_head = self.git.tip(&request.head);
    }

    fn shown(&self, request: &PullRequest, single: bool) -> Value {
        let users = |names: &[String]| -> Value {
            names.iter().map(|name| json!({"login": name})).collect()
        };
        let repo = json!({"full_name": self.name});
        let end = |branch: &str| json!({"ref": branch, "sha": self.git.tip(branch).unwrap_or_default(), "repo": repo});
        let mut shown = json!({
            "number": request.number,
            "html_url": format!("{}/{}/pull/{}", self.base, self.name, request.number),
            "node_id": format!("PR_{}", request.number),
            "state": request.state, "draft": request.draft,
            "title": request.title, "body": request.body,
            "head": end(&request.head), "base": end(&request.base),
            "user": {"login": ME},
            "merged_at": request.merged.as_ref().map(|_| "2026-01-01T00:00:00Z"),
            "merge_commit_sha": request.merged,
            "labels": request.labels.iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
            "requested_reviewers": users(&request.users),
            "requested_teams": request.teams.iter().map(|slug| json!({"slug": slug})).collect::<Vec<_>>(),
            "auto_merge": request.auto_merge,
        });
        if let Some(head) = &request.last_head {
            shown["head"]["sha"] = json!(head);
        }
        let there = [&request.head, &request.base].map(|branch| self.git.tip(branch).is_some());
        if single && request.state == "open" && there == [true, true] {
            let conflicts = self.git.conflicts(&request.head, &request.base);
            shown["mergeable"] = json!(!conflicts);
            shown["mergeable_state"] = json!(match self.blocked {
                _ if conflicts => "dirty",
                true => "blocked",
                false => "clean",
            });
        }
        shown
    }
}

fn add(to: &mut Vec<String>, more: Vec<String>) {
    for one in more {
        if !to.contains(&one) {
            to.push(one);
        }
    }
}
