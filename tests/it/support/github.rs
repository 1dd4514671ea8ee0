//! A fake of GitHub (as an Enterprise Server has it): one repository with its
//! branches (real git), pull requests, comments, labels, reviewers, statuses,
//! auto-merge, renaming, rate limits and a GitHub App.
//!
//! ```ignore
//! let server = GitHub::start_contoso();
//! server.with(|state| state.people.push("ada".into()));
//! let url = server.url("contoso/manifests");
//! ```

mod graphql;
mod pull_requests;
mod reviews;
mod watch;

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::git_repository::GitRepository;
use super::rest_fake::{Asked, Reply, RestFake, Service};
pub use reviews::ReviewThread;

/// The running fake.
pub type GitHub = RestFake<Hub>;

/// The app that is installed, and the number of its installation.
pub const APP: &str = "4711";
pub const INSTALLATION: u64 = 99;

/// The state of the fake.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Hub {
    /// Its base address.
    pub base: String,
    /// What the repository is called now; it was `contoso/manifests`.
    pub name: String,
    /// The repository in git.
    pub git: GitRepository,
    /// Tokens that are taken; empty: everybody is.
    pub tokens: Vec<String>,
    /// An app is installed: its proofs make tokens.
    pub app_installed: bool,
    /// How many tokens the app has made.
    pub made_tokens: usize,
    /// Users who may review.
    pub people: Vec<String>,
    /// Teams that may review.
    pub teams: Vec<String>,
    /// Labels that are refused.
    pub refused_labels: Vec<String>,
    pub drafts_supported: bool,
    pub auto_merge_allowed: bool,
    /// Something that is required is missing.
    pub blocked: bool,
    /// For so many reads GitHub has not found out whether it can be merged.
    pub undecided: usize,
    /// So many tries to merge find that the target branch just moved.
    pub base_moves: usize,
    /// Items on one page of a list, whatever is asked for.
    pub page: usize,
    /// Pull requests, oldest first.
    pub pull_requests: Vec<PullRequest>,
    /// Statuses: commit and status, oldest first.
    pub statuses: Vec<(String, Value)>,
    /// Check runs: commit, app, run.
    pub check_runs: Vec<(String, String, Value)>,
    /// The token may not read check runs.
    pub checks_forbidden: bool,
    /// What a cluster reports on each new commit of `main`: context, state, words.
    pub cluster: Vec<(String, String, String)>,
    next_comment: u64,
}

/// One pull request.
pub struct PullRequest {
    pub number: u64,
    pub title: String,
    pub body: String,
    pub head: String,
    pub base: String,
    pub draft: bool,
    /// `open` or `closed`.
    pub state: String,
    pub merged: Option<String>,
    pub labels: Vec<String>,
    pub users: Vec<String>,
    pub teams: Vec<String>,
    /// Who reviewed it.
    pub reviews: Vec<String>,
    pub comments: Vec<Comment>,
    pub threads: Vec<ReviewThread>,
    pub auto_merge: Option<Value>,
    /// The tip of its branch when it was closed or merged.
    pub last_head: Option<String>,
    /// How many commits it has that its base does not have, once it was merged.
    pub commits: usize,
}

/// One comment.
pub struct Comment {
    pub id: u64,
    pub body: String,
    /// It is folded away.
    pub folded: bool,
}

impl GitHub {
    /// A repository `contoso/manifests`.
    pub fn start_contoso() -> Self {
        let make = |root: &Path, base: &str| Hub {
            base: base.to_owned(),
            name: "contoso/manifests".to_owned(),
            git: GitRepository::init(&root.join("contoso/manifests")),
            tokens: Vec::new(),
            app_installed: false,
            made_tokens: 0,
            people: Vec::new(),
            teams: Vec::new(),
            refused_labels: Vec::new(),
            drafts_supported: true,
            auto_merge_allowed: true,
            blocked: true,
            undecided: 0,
            base_moves: 0,
            page: 100,
            pull_requests: Vec::new(),
            statuses: Vec::new(),
            check_runs: Vec::new(),
            checks_forbidden: false,
            cluster: Vec::new(),
            next_comment: 1,
        };
        RestFake::start(make, &["github/api.github.com-trimmed.json"])
    }
}

/// An error in GitHub's form.
fn error(status: u16, message: &str) -> Reply {
    let body = json!({"message": message, "documentation_url": "https://docs.github.com/rest"});
    Reply::json(status, &body)
}

/// What validation says.
fn invalid(message: &str) -> Reply {
    let body = json!({
        "message": "Validation Failed",
        "errors": [{"resource": "PullRequest", "code": "custom", "message": message}],
    });
    Reply::json(422, &body)
}

impl Service for Hub {
    fn described(&self, asked: &Asked) -> Option<Vec<String>> {
        let behind = asked
            .segments
            .strip_prefix(&["api".to_owned(), "v3".to_owned()])?;
        (behind.first()? != "repositories").then(|| behind.to_vec())
    }

    fn answer(&mut self, asked: &Asked) -> Result<Reply, String> {
        if asked.header("x-github-api-version") != Some("2022-11-28") {
            return Err("the version header is missing".to_owned());
        }
        let segments: Vec<&str> = asked.segments.iter().map(String::as_str).collect();
        if let ["api", "v3", "app", "installations", number, "access_tokens"] = segments.as_slice()
        {
            return Ok(self.make_token(asked, number));
        }
        if !self.knows(asked) {
            return Ok(error(401, "Bad credentials"));
        }
        match segments.as_slice() {
            ["api", "graphql"] => self.graphql(asked),
            // Where the redirects of a renamed repository point to.
            ["api", "v3", "repositories", "1", tail @ ..] => self.repository(asked, tail),
            ["api", "v3", "repos", owner, name, tail @ ..] => {
                let full = format!("{owner}/{name}");
                if full == self.name {
                    return self.repository(asked, tail);
                }
                if full != "contoso/manifests" {
                    return Ok(error(404, "Not Found"));
                }
                let mut target = format!("{}/api/v3/repositories/1", self.base);
                for segment in tail {
                    target += &format!("/{segment}");
                }
                let status = if asked.method == "GET" { 301 } else { 307 };
                let reply = error(status, "Moved Permanently").with("location", &target);
                Ok(reply)
            }
            _ => Err("there is no such address".to_owned()),
        }
    }

    fn serve_git(&mut self, target: &str, authorization: Option<&str>) -> Option<Reply> {
        let taken = |token: &String| {
            let pair = format!("x-access-token:{token}");
            authorization == Some(&format!("Basic {}", STANDARD.encode(pair)))
        };
        let open = self.tokens.is_empty() && !self.app_installed;
        if !open && !self.tokens.iter().any(taken) {
            return Some(Reply::status(401));
        }
        // The folder stays where it was; only its name for clients changes.
        let old = target.strip_prefix("/contoso/manifests/")?;
        (self.name != "contoso/manifests").then(|| {
            let now = format!("{}/{}/{old}", self.base, self.name);
            Reply::status(301).with("location", &now)
        })
    }
}

impl Hub {
    fn knows(&self, asked: &Asked) -> bool {
        let given = asked.header("authorization").unwrap_or_default();
        let taken = |token: &String| given == format!("Bearer {token}");
        if asked.path.ends_with("/installation") {
            return is_proof(given);
        }
        self.tokens.is_empty() && !self.app_installed || self.tokens.iter().any(taken)
    }

    fn make_token(&mut self, asked: &Asked, number: &str) -> Reply {
        let proven = is_proof(asked.header("authorization").unwrap_or_default());
        if !self.app_installed || !proven || number != INSTALLATION.to_string() {
            return error(401, "A JSON web token could not be decoded");
        }
        if asked.body["repositories"] != json!(["manifests"]) {
            return error(422, "The token is for another repository");
        }
        self.made_tokens += 1;
        let token = format!("ghs_installation{}", self.made_tokens);
        self.tokens = vec![token.clone()];
        let body = json!({"token": token, "expires_at": "2030-01-01T00:00:00Z", "permissions": {}});
        Reply::json(201, &body)
    }

    fn repository(&mut self, asked: &Asked, tail: &[&str]) -> Result<Reply, String> {
        match (asked.method.as_str(), tail) {
            ("GET", []) => {
                let mut found = json!({
                    "id": 1, "full_name": self.name, "private": true,
                    "html_url": format!("{}/{}", self.base, self.name),
                });
                found["default_branch"] = json!("main");
                Ok(Reply::json(200, &found))
            }
            ("GET", ["installation"]) if !self.app_installed => Ok(error(404, "Not Found")),
            ("GET", ["installation"]) => Ok(Reply::json(200, &json!({"id": INSTALLATION}))),
            ("POST", ["statuses", commit]) => {
                let given = asked.body["description"].as_str().unwrap_or_default();
                if given.chars().count() > 140 {
                    return Ok(invalid(
                        "description is too long (maximum is 140 characters)",
                    ));
                }
                self.statuses
                    .push(((*commit).to_owned(), asked.body.clone()));
                Ok(Reply::json(201, &asked.body))
            }
            ("GET", ["commits", commit, "status"]) => {
                let mut newest: Vec<Value> = Vec::new();
                for (at, status) in self.statuses.iter().rev() {
                    let known = newest.iter().any(|own| own["context"] == status["context"]);
                    if at == commit && !known {
                        newest.push(status.clone());
                    }
                }
                let (page, next) = self.page(asked, &newest);
                let body = json!({"state": "pending", "sha": commit, "total_count": newest.len(), "statuses": page});
                Ok(with_next(Reply::json(200, &body), next))
            }
            ("GET", ["compare", range]) => Ok(self.compare(range)),
            ("GET", ["pulls"]) => Ok(self.search(asked)),
            ("POST", ["pulls"]) => Ok(self.open(&asked.body)),
            ("PATCH", ["issues", "comments", id]) => {
                let Some(comment) = self.comment(id) else {
                    return Ok(error(404, "Not Found"));
                };
                asked.body["body"]
                    .as_str()
                    .unwrap()
                    .clone_into(&mut comment.body);
                Ok(Reply::json(200, &shown_comment(comment)))
            }
            ("DELETE", ["issues", "comments", id]) => {
                if self.comment(id).is_none() {
                    return Ok(error(404, "Not Found"));
                }
                for request in &mut self.pull_requests {
                    request.comments.retain(|own| own.id.to_string() != *id);
                }
                Ok(Reply::status(204))
            }
            (_, ["pulls" | "issues", number, rest @ ..]) => {
                let found = self
                    .pull_requests
                    .iter()
                    .position(|request| request.number.to_string() == *number);
                match found {
                    Some(at) => self.pull_request(asked, at, rest),
                    None => Ok(error(404, "Not Found")),
                }
            }
            _ => Err("there is no such address".to_owned()),
        }
    }

    fn comment(&mut self, id: &str) -> Option<&mut Comment> {
        let requests = self.pull_requests.iter_mut();
        let mut comments = requests.flat_map(|request| request.comments.iter_mut());
        comments.find(|comment| comment.id.to_string() == id)
    }

    /// One page of a list, and the address of the next.
    fn page(&self, asked: &Asked, all: &[Value]) -> (Vec<Value>, Option<String>) {
        let number = |name: &str, usual: usize| {
            let given = asked.parameter(name).and_then(|text| text.parse().ok());
            given.unwrap_or(usual)
        };
        let size = number("per_page", 30).min(self.page);
        let page = number("page", 1);
        let start = (page - 1) * size;
        let items: Vec<Value> = all.iter().skip(start).take(size).cloned().collect();
        let more = all.len() > start + size;
        let next = format!(
            "{}{}?per_page={size}&page={}",
            self.base,
            asked.path,
            page + 1
        );
        (items, more.then_some(next))
    }

    /// Gives the repository another name, as its owner does.
    #[cfg(unix)]
    pub fn rename(&mut self, name: &str) {
        let old = self.git.path();
        std::os::unix::fs::symlink(old, old.with_file_name(name)).unwrap();
        self.name = format!("contoso/{name}");
    }

    /// What is there, without what differs from run to run.
    pub fn snapshot(&self) -> Value {
        let requests = self.pull_requests.iter().map(|request| {
            json!({
                "title": request.title, "body": request.body, "draft": request.draft,
                "head": request.head, "base": request.base, "state": request.state,
                "merged": request.merged.is_some(), "labels": request.labels,
                "users": request.users, "teams": request.teams, "autoMerge": request.auto_merge,
                "comments": request.comments.iter().map(|comment| json!([comment.body, comment.folded])).collect::<Vec<_>>(),
            })
        });
        let statuses = self.statuses.iter().map(|(_, status)| status.clone());
        json!({"pullRequests": requests.collect::<Vec<_>>(), "statuses": statuses.collect::<Vec<_>>()})
    }
}

fn with_next(reply: Reply, next: Option<String>) -> Reply {
    match next {
        Some(next) => reply.with("link", &format!("<{next}>; rel=\"next\"")),
        None => reply,
    }
}

fn shown_comment(comment: &Comment) -> Value {
    json!({"id": comment.id, "node_id": format!("IC_{}", comment.id), "body": comment.body})
}

/// A proof of the app: right parts, right times. Its signature is checked by
/// the test that knows the key.
fn is_proof(authorization: &str) -> bool {
    let Some(token) = authorization.strip_prefix("Bearer ") else {
        return false;
    };
    let parts: Vec<&str> = token.split('.').collect();
    let read = |part: &str| -> Value {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    };
    let [head, claims, _] = parts.as_slice() else {
        return false;
    };
    let claims = read(claims);
    let lifetime =
        claims["exp"].as_i64().unwrap_or_default() - claims["iat"].as_i64().unwrap_or_default();
    read(head)["alg"] == "RS256" && claims["iss"] == APP && (1..=600).contains(&lifetime)
}
