//! A fake of Azure DevOps: one repository with its branches (real git), pull
//! requests, threads, reviewers, labels, work items, statuses and policies.
//!
//! ```ignore
//! let server = AzureDevOps::start_shop();
//! server.with(|state| state.people.push(person("ada@contoso.com", "Ada")));
//! let url = server.url("contoso/shop/_git/manifests");
//! ```

pub mod builds;
mod pull_requests;
mod watch;

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::git_repository::GitRepository;
use super::rest_fake::{Asked, Reply, RestFake, Service};

/// The running fake.
pub type AzureDevOps = RestFake<Azure>;

/// Who the credentials belong to.
/// The id that takes an identity away.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

pub const ME: &str = "00000000-0000-4000-8000-00000000000a";
const PROJECT: &str = "6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c";
const REPOSITORY: &str = "2f3d611a-f012-4b39-b157-8db63f380226";

/// The state of the fake.
pub struct Azure {
    /// Its base address.
    pub base: String,
    /// Folders of the collection.
    pub collection: Vec<String>,
    /// The repository in git.
    pub git: GitRepository,
    /// Tokens that are taken; empty: everybody is.
    pub tokens: Vec<String>,
    /// The newest version of the interface that is spoken.
    pub newest_version: f64,
    /// Identities as the search knows them.
    pub people: Vec<Value>,
    /// Labels that are refused.
    pub refused_labels: Vec<String>,
    /// Work items that exist.
    pub work_items: Vec<u64>,
    /// Pull requests, oldest first.
    pub pull_requests: Vec<PullRequest>,
    /// Statuses of commits: commit and status.
    pub statuses: Vec<(String, Value)>,
    /// Whether completion has to wait for policies.
    pub policies_unmet: bool,
    /// For so many reads nobody has found out whether it can be merged.
    pub undecided: usize,
    /// What a cluster reports on each new commit of `main`: context, state, words.
    pub cluster: Vec<(String, String, String)>,
    /// What steps attached to builds.
    pub attachments: Vec<builds::Attachment>,
}

/// One pull request.
#[derive(Default)]
pub struct PullRequest {
    pub id: u64,
    pub status: String,
    /// What was sent when it was opened, and changes since.
    pub fields: Value,
    pub reviewers: Vec<Value>,
    pub labels: Vec<String>,
    pub work_items: Vec<String>,
    pub threads: Vec<Value>,
    pub statuses: Vec<Value>,
    pub author: String,
    pub merged: Option<String>,
    /// The tip of its source branch when it was closed or merged.
    pub last_head: Option<String>,
    /// The tip of its target branch before it was merged.
    pub last_target: Option<String>,
}

/// Somebody the search for identities knows.
pub fn person(mail: &str, name: &str, id: &str) -> Value {
    json!({
        "id": id, "providerDisplayName": name, "isActive": true, "isContainer": false,
        "properties": {"Mail": {"$type": "System.String", "$value": mail}, "Account": {"$type": "System.String", "$value": mail}},
    })
}

impl AzureDevOps {
    /// A collection `contoso` with the project `shop` and the repository `manifests`.
    pub fn start_shop() -> Self {
        Self::start_in("contoso")
    }

    /// The same in another collection, such as `tfs/Main`.
    pub fn start_in(collection: &str) -> Self {
        let make = |root: &Path, base: &str| Azure {
            base: base.to_owned(),
            collection: collection.split('/').map(str::to_owned).collect(),
            git: GitRepository::init(&root.join(collection).join("shop/_git/manifests")),
            tokens: Vec::new(),
            newest_version: 7.2,
            people: Vec::new(),
            refused_labels: Vec::new(),
            work_items: Vec::new(),
            pull_requests: Vec::new(),
            statuses: Vec::new(),
            policies_unmet: false,
            undecided: 0,
            cluster: Vec::new(),
            attachments: Vec::new(),
        };
        let descriptions = [
            "azure-devops/git-7.1.json",
            "azure-devops/git-7.1-contract.json",
            "azure-devops/build-7.1.json",
        ];
        RestFake::start(make, &descriptions)
    }
}

/// An error in the service's form.
fn error(status: u16, key: &str, message: &str) -> Reply {
    let body = json!({
        "$id": "1", "innerException": null, "message": message,
        "typeName": format!("Microsoft.TeamFoundation.{key}, Microsoft.TeamFoundation"),
        "typeKey": key, "errorCode": 0, "eventId": 3000,
    });
    Reply::json(status, &body)
}

/// A list in the service's form.
fn list(values: &[Value]) -> Reply {
    Reply::json(200, &json!({"count": values.len(), "value": values}))
}

impl Service for Azure {
    fn described(&self, asked: &Asked) -> Option<Vec<String>> {
        let behind = asked.segments.strip_prefix(self.collection.as_slice())?;
        let area = behind.get(1..3)?;
        if area != ["_apis", "git"] && area != ["_apis", "build"] {
            return None;
        }
        let mut segments = vec!["organization".to_owned()];
        segments.extend_from_slice(behind);
        Some(segments)
    }

    fn answer(&mut self, asked: &Asked) -> Result<Reply, String> {
        if !self.knows(asked.header("authorization")) {
            return Ok(Reply::status(203).with("content-type", "text/html"));
        }
        let Some(behind) = asked.segments.strip_prefix(self.collection.as_slice()) else {
            return Ok(error(404, "HttpRouteNotFound", "no such collection"));
        };
        let behind: Vec<&str> = behind.iter().map(String::as_str).collect();
        if let ["_apis", "connectionData"] = behind.as_slice() {
            return Ok(Reply::json(200, &json!({"authenticatedUser": {"id": ME}})));
        }
        if let Some(refused) = self.version(asked)? {
            return Ok(refused);
        }
        match behind.as_slice() {
            ["_apis", "identities"] => self.identities(asked),
            // The folder behind the collection is no project: nothing is there.
            [_, second, ..] if *second != "_apis" && behind[0] != "_apis" => {
                Ok(Reply::status(404).with("content-type", "text/html"))
            }
            [project, ..] if !["shop", PROJECT].contains(project) => {
                let said = format!("TF200016: The following project does not exist: {project}.");
                Ok(error(404, "ProjectDoesNotExistWithNameException", &said))
            }
            [_, "_apis", "git", "repositories", repository, tail @ ..] => {
                if !["manifests", REPOSITORY].contains(repository) {
                    let said = format!(
                        "TF401019: The Git repository with name or identifier {repository} does not exist or you do not have permissions for the operation you are attempting."
                    );
                    return Ok(error(404, "GitRepositoryNotFoundException", &said));
                }
                self.repository(asked, tail)
            }
            [_, "_apis", "build", "builds", build, tail @ ..] => self.builds(build, tail),
            [_, "_apis", "wit", "workitems", id] if asked.method == "PATCH" => self.link(asked, id),
            _ => Err("there is no such address".to_owned()),
        }
    }

    fn serve_git(&mut self, _: &str, authorization: Option<&str>) -> Option<Reply> {
        (!self.knows(authorization)).then(|| Reply::status(401))
    }
}

impl Azure {
    fn knows(&self, authorization: Option<&str>) -> bool {
        let Some(given) = authorization else {
            return self.tokens.is_empty();
        };
        let taken = |token: &String| {
            given == format!("Bearer {token}")
                || given == format!("Basic {}", STANDARD.encode(format!(":{token}")))
        };
        self.tokens.is_empty() || self.tokens.iter().any(taken)
    }

    /// Refuses versions that are too new.
    fn version(&self, asked: &Asked) -> Result<Option<Reply>, String> {
        let version = asked
            .parameter("api-version")
            .ok_or("api-version is missing")?;
        let number: f64 = version.parse().map_err(|_| "api-version is no number")?;
        if number <= self.newest_version {
            return Ok(None);
        }
        let said = format!(
            "The requested REST API version of {version} is out of range for this server. The latest REST API version this server supports is {:.1}.",
            self.newest_version
        );
        Ok(Some(error(400, "VssVersionOutOfRangeException", &said)))
    }

    fn identities(&self, asked: &Asked) -> Result<Reply, String> {
        let names: Vec<&str> = asked.query.iter().map(|(name, _)| name.as_str()).collect();
        let known = [
            "searchFilter",
            "filterValue",
            "queryMembership",
            "api-version",
        ];
        if names != known || asked.parameter("searchFilter") != Some("General") {
            return Err(format!("identities are not searched by {names:?}"));
        }
        let wanted = asked.parameter("filterValue").unwrap().to_lowercase();
        let fits = |person: &&Value| {
            let text = person.to_string().to_lowercase();
            text.contains(&wanted)
        };
        let found: Vec<Value> = self.people.iter().filter(fits).cloned().collect();
        Ok(list(&found))
    }

    fn link(&mut self, asked: &Asked, id: &str) -> Result<Reply, String> {
        if asked.header("content-type") != Some("application/json-patch+json") {
            return Err("a work item is changed by a JSON patch".to_owned());
        }
        let change = &asked.body[0];
        let target = change["value"]["url"].as_str().unwrap_or_default();
        let prefix = format!("vstfs:///Git/PullRequestId/{PROJECT}%2F{REPOSITORY}%2F");
        let number: u64 = target
            .strip_prefix(&prefix)
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| format!("{target} is no pull request"))?;
        let right = change["op"] == "add"
            && change["path"] == "/relations/-"
            && change["value"]["rel"] == "ArtifactLink"
            && change["value"]["attributes"]["name"] == "Pull Request";
        if !right {
            return Err(format!("{change} links nothing"));
        }
        if !self.work_items.iter().any(|own| own.to_string() == id) {
            let said = format!(
                "TF401232: Work item {id} does not exist, or you do not have permissions to read it."
            );
            return Ok(error(404, "WorkItemUnauthorizedAccessException", &said));
        }
        let Some(found) = self.pull_requests.iter_mut().find(|own| own.id == number) else {
            return Err("there is no such pull request".to_owned());
        };
        if found.work_items.iter().any(|own| own == id) {
            return Ok(error(
                400,
                "RelationAlreadyExists",
                "the relation already exists",
            ));
        }
        found.work_items.push(id.to_owned());
        Ok(Reply::json(200, &json!({"id": id})))
    }

    fn repository(&mut self, asked: &Asked, tail: &[&str]) -> Result<Reply, String> {
        match (asked.method.as_str(), tail) {
            ("GET", []) => Ok(Reply::json(200, &self.described_repository())),
            ("GET", ["commits", commit, "statuses"]) => {
                let own = |(at, status): &(String, Value)| (at == commit).then(|| status.clone());
                let found: Vec<Value> = self.statuses.iter().rev().filter_map(own).collect();
                Ok(list(&found))
            }
            ("POST", ["commits", commit, "statuses"]) => {
                let mut status = asked.body.clone();
                status["id"] = json!(self.statuses.len() + 1);
                self.statuses.push(((*commit).to_owned(), status.clone()));
                Ok(Reply::json(201, &status))
            }
            ("POST", ["blobs"]) => self.blobs(asked),
            ("POST", ["commitsbatch"]) => self.commits_batch(asked),
            ("POST", ["itemsbatch"]) => self.items_batch(asked),
            ("GET", ["commits", commit, "mergebases"]) => Ok(self.merge_bases(commit, asked)),
            (_, ["pullrequests" | "pullRequests", rest @ ..]) => self.pull_request(asked, rest),
            _ => Err("there is no such address".to_owned()),
        }
    }

    /// Several files in one archive, each named by its id.
    fn blobs(&self, asked: &Asked) -> Result<Reply, String> {
        if asked.header("accept") != Some("application/zip") {
            return Err("it answers with an archive only".to_owned());
        }
        let mut files = Vec::new();
        for id in asked.body.as_array().into_iter().flatten() {
            let id = id.as_str().unwrap_or_default();
            let Some(content) = self.git.blob(id) else {
                let said = format!("TF401029: The object '{id}' does not exist.");
                return Ok(error(404, "GitObjectDoesNotExistException", &said));
            };
            files.push((id.to_owned(), content));
        }
        Ok(Reply::zip(&files))
    }

    fn described_repository(&self) -> Value {
        let at = format!("{}/{}", self.base, self.collection.join("/"));
        let mut repository = json!({
            "id": REPOSITORY, "name": "manifests",
            "project": {"id": PROJECT, "name": "shop", "state": "wellFormed"},
            "webUrl": format!("{at}/shop/_git/manifests"),
            "remoteUrl": format!("{at}/shop/_git/manifests"),
            "size": 1,
        });
        if self.git.tip("main").is_some() {
            repository["defaultBranch"] = json!("refs/heads/main");
        }
        repository
    }

    /// Completes what waits for policies, as if they were satisfied now.
    pub fn satisfy_policies(&mut self) {
        self.policies_unmet = false;
        let waiting: Vec<usize> = (0..self.pull_requests.len())
            .filter(|at| !self.pull_requests[*at].fields["autoCompleteSetBy"].is_null())
            .collect();
        for at in waiting {
            self.complete(at);
        }
    }

    /// What is there, without what differs from run to run.
    pub fn snapshot(&self) -> Value {
        let requests = self.pull_requests.iter().map(|request| {
            json!({
                "status": request.status, "fields": request.fields,
                "reviewers": request.reviewers, "labels": request.labels,
                "workItems": request.work_items,
                "threads": request.threads.iter().filter(|thread| thread["isDeleted"] != true).map(|thread| {
                    json!({"status": thread["status"], "content": thread["comments"][0]["content"]})
                }).collect::<Vec<_>>(),
                "statuses": request.statuses.iter().map(bare).collect::<Vec<_>>(),
            })
        });
        let statuses = self.statuses.iter().map(|(_, status)| bare(status));
        json!({"pullRequests": requests.collect::<Vec<_>>(), "statuses": statuses.collect::<Vec<_>>()})
    }
}

fn bare(status: &Value) -> Value {
    json!([
        status["context"],
        status["state"],
        status["description"],
        status["targetUrl"]
    ])
}
