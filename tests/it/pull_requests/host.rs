//! The fakes of both hosts, as tests of pull requests see them.

use serde_json::Value;

use super::{ADA, GRACE};
use crate::support::azure_devops::{Azure, AzureDevOps, person};
use crate::support::git_repository::GitRepository;
use crate::support::github::{GitHub, Hub};
use crate::support::rest_fake::{RestFake, Service};

/// A pull request in words that both hosts share.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// `open`, `closed` or `merged`.
    pub state: &'static str,
    pub head: String,
    pub base: String,
    pub title: String,
    pub text: String,
    pub draft: bool,
    pub labels: Vec<String>,
    pub reviewers: Vec<String>,
    pub work_items: Vec<String>,
    /// How it is merged by itself.
    pub automatic: Option<String>,
    pub comments: Vec<String>,
    /// Name, state and description of each status.
    pub statuses: Vec<String>,
}

/// A thread at a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// `path:line`, with `-` before the line of a file as it was; no line, for the file.
    pub at: String,
    pub text: String,
    pub open: bool,
}

/// A fake of a host, as these tests see it.
pub trait Host: Service + Sized {
    const KIND: &'static str;
    /// What it says of a branch that takes no pushes.
    const PROTECTED: &'static str;
    fn start() -> RestFake<Self>;
    fn address(server: &RestFake<Self>) -> String;
    fn git(&self) -> &GitRepository;
    fn prepare(&mut self);
    fn seen(&self) -> Vec<Seen>;
    /// A person merges or gives up the pull request at this place.
    fn merge(&mut self, at: usize);
    fn squash(&mut self, at: usize);
    fn fast_forward(&mut self, at: usize);
    /// A person opens a pull request.
    fn propose(&mut self, head: &str, base: &str);
    fn abandon(&mut self, at: usize);
    /// The threads that are at files.
    fn threads(&self) -> Vec<Thread>;
    /// A person resolves a thread, or opens it.
    fn resolve(&mut self, at: usize, resolved: bool);
    /// A person writes in a thread.
    fn say(&mut self, at: usize);
    /// For so many reads the host has not found out whether it can be merged.
    fn undecided(&mut self, reads: usize);
    /// Its owner gives the repository another name.
    fn rename(&mut self);
    /// Statuses of commits: commit, name, state.
    fn commit_statuses(&self) -> Vec<[String; 3]>;
}

impl Host for Azure {
    const KIND: &'static str = "azure";
    const PROTECTED: &'static str = "TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.";

    fn start() -> RestFake<Self> {
        AzureDevOps::start_shop()
    }

    fn address(server: &RestFake<Self>) -> String {
        server.url("contoso/shop/_git/manifests")
    }

    fn git(&self) -> &GitRepository {
        &self.git
    }

    fn prepare(&mut self) {
        self.people = vec![
            person("ada@contoso.com", "Ada", ADA),
            person("grace@contoso.com", "Grace", GRACE),
        ];
        self.work_items = vec![17];
        self.policies_unmet = true;
    }

    fn seen(&self) -> Vec<Seen> {
        let requests = self.pull_requests.iter().map(|own| {
            let text = |name: &str| own.fields[name].as_str().unwrap_or_default().to_owned();
            let branch = |name: &str| text(name).replace("refs/heads/", "");
            let options = &own.fields["completionOptions"];
            Seen {
                state: match own.status.as_str() {
                    "active" => "open",
                    "completed" => "merged",
                    _ => "closed",
                },
                head: branch("sourceRefName"),
                base: branch("targetRefName"),
                title: text("title"),
                text: text("description"),
                draft: own.fields["isDraft"] == true,
                labels: own.labels.clone(),
                reviewers: own
                    .reviewers
                    .iter()
                    .map(|one| format!("{} required={}", one["id"], one["isRequired"]))
                    .collect(),
                work_items: own.work_items.clone(),
                automatic: (!own.fields["autoCompleteSetBy"].is_null()).then(|| {
                    let word = |name: &str| options[name].to_string().replace('"', "");
                    let message = options["mergeCommitMessage"].as_str().unwrap_or_default();
                    let message = message.replace(&self.base, "http://host");
                    format!(
                        "{} delete={}\n{message}",
                        word("mergeStrategy"),
                        word("deleteSourceBranch")
                    )
                }),
                comments: own
                    .threads
                    .iter()
                    .filter(|thread| thread["isDeleted"] != true)
                    .map(|thread| {
                        let text = thread["comments"][0]["content"].as_str().unwrap();
                        let closed = thread["status"] == "closed";
                        format!("{text}{}", if closed { "\n(resolved)" } else { "" })
                    })
                    .collect(),
                statuses: newest(own.statuses.iter().map(|status| {
                    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                    [
                        text(&status["context"]["name"]),
                        text(&status["state"]),
                        text(&status["description"]),
                    ]
                })),
            }
        });
        requests.collect()
    }

    fn merge(&mut self, at: usize) {
        self.complete(at);
    }

    fn abandon(&mut self, at: usize) {
        self.end(at, "abandoned");
    }

    fn squash(&mut self, at: usize) {
        Self::squash(self, at);
    }

    fn fast_forward(&mut self, at: usize) {
        Self::fast_forward(self, at);
    }

    fn propose(&mut self, head: &str, base: &str) {
        let [head, base] = [head, base].map(|branch| format!("refs/heads/{branch}"));
        let asked =
            serde_json::json!({"title": "Work", "sourceRefName": head, "targetRefName": base});
        assert_eq!(self.open(&asked).status, 201);
    }

    fn threads(&self) -> Vec<Thread> {
        let threads = self.pull_requests.iter().flat_map(|own| &own.threads);
        let shown = threads.filter_map(|thread| {
            let text = thread["comments"][0]["content"].as_str()?;
            let context = &thread["threadContext"];
            let path = context["filePath"].as_str().unwrap_or_default();
            let line = |side: &str| {
                let line = &context[format!("{side}FileStart")]["line"];
                assert_eq!(*line, context[format!("{side}FileEnd")]["line"]);
                line.as_u64()
            };
            let at = match (line("left"), line("right")) {
                (Some(line), _) => format!("{path}:-{line}"),
                (_, Some(line)) => format!("{path}:{line}"),
                (None, None) => path.to_owned(),
            };
            Some(Thread {
                at: at.trim_start_matches('/').to_owned(),
                text: text.to_owned(),
                open: thread["status"] == "active",
            })
        });
        shown.collect()
    }

    fn resolve(&mut self, at: usize, resolved: bool) {
        let status = if resolved { "wontFix" } else { "active" };
        self.pull_requests[0].threads[at]["status"] = status.into();
    }

    fn say(&mut self, at: usize) {
        let comments = &mut self.pull_requests[0].threads[at]["comments"];
        let answer = serde_json::json!({"id": 2, "content": "Why?", "commentType": "text"});
        comments.as_array_mut().unwrap().push(answer);
    }

    fn undecided(&mut self, reads: usize) {
        self.undecided = reads;
    }

    /// Azure DevOps answers to the old name for as long as nobody takes it.
    fn rename(&mut self) {}

    fn commit_statuses(&self) -> Vec<[String; 3]> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let statuses = self.statuses.iter().map(|(commit, status)| {
            let context = &status["context"];
            let name = format!("{}/{}", text(&context["genre"]), text(&context["name"]));
            [commit.clone(), name, text(&status["state"])]
        });
        statuses.collect()
    }
}

impl Host for Hub {
    const KIND: &'static str = "github";
    const PROTECTED: &'static str = "GH006: Protected branch update failed for refs/heads/main.";

    fn start() -> RestFake<Self> {
        GitHub::start_contoso()
    }

    fn address(server: &RestFake<Self>) -> String {
        server.url("contoso/manifests")
    }

    fn git(&self) -> &GitRepository {
        &self.git
    }

    fn prepare(&mut self) {
        self.people = vec!["ada".into(), "grace".into()];
        self.teams = vec!["release".into()];
        self.blocked = true;
    }

    fn seen(&self) -> Vec<Seen> {
        let requests = self.pull_requests.iter().map(|own| Seen {
            state: match (own.state.as_str(), &own.merged) {
                ("open", _) => "open",
                (_, Some(_)) => "merged",
                (_, None) => "closed",
            },
            head: own.head.clone(),
            base: own.base.clone(),
            title: own.title.clone(),
            text: own.body.clone(),
            draft: own.draft,
            labels: own.labels.clone(),
            reviewers: [own.users.clone(), own.teams.clone()].concat(),
            work_items: Vec::new(),
            automatic: own.auto_merge.as_ref().map(|set| {
                let text = |name: &str| set[name].as_str().unwrap_or_default().to_owned();
                format!(
                    "{}\n{}\n\n{}",
                    text("merge_method"),
                    text("commit_title"),
                    text("commit_message")
                )
            }),
            comments: own
                .comments
                .iter()
                .map(|one| {
                    format!(
                        "{}{}",
                        one.body,
                        if one.folded { "\n(resolved)" } else { "" }
                    )
                })
                .collect(),
            statuses: {
                let tip = self.git.tip(&own.head).unwrap_or_default();
                let here = self.statuses.iter().filter(move |(at, _)| *at == tip);
                newest(here.map(|(_, status)| {
                    let text = |name: &str| status[name].as_str().unwrap_or_default().to_owned();
                    let name = text("context").replace("gitops/", "");
                    [name, text("state"), text("description")]
                }))
            },
        });
        requests.collect()
    }

    fn merge(&mut self, at: usize) {
        let request = &self.pull_requests[at];
        let merged = self.git.merge(&request.head, &request.base, "Merged");
        self.count(at, &format!("{merged}^"));
        self.pull_requests[at].merged = Some(merged);
        self.end(at);
    }

    fn squash(&mut self, at: usize) {
        Self::squash(self, at);
    }

    fn fast_forward(&mut self, at: usize) {
        Self::fast_forward(self, at);
    }

    fn propose(&mut self, head: &str, base: &str) {
        let asked = serde_json::json!({"title": "Work", "head": head, "base": base});
        assert_eq!(self.open(&asked).status, 201);
    }

    fn abandon(&mut self, at: usize) {
        self.end(at);
    }

    fn threads(&self) -> Vec<Thread> {
        let threads = self.pull_requests.iter().flat_map(|own| &own.threads);
        let shown = threads.map(|thread| {
            let path = &thread.path;
            Thread {
                at: match &thread.at {
                    None => path.clone(),
                    Some((side, line)) if side == "LEFT" => format!("{path}:-{line}"),
                    Some((_, line)) => format!("{path}:{line}"),
                },
                text: thread.body.clone(),
                open: !thread.resolved,
            }
        });
        shown.collect()
    }

    fn resolve(&mut self, at: usize, resolved: bool) {
        self.pull_requests[0].threads[at].resolved = resolved;
    }

    fn say(&mut self, at: usize) {
        self.pull_requests[0].threads[at].answers += 1;
    }

    fn undecided(&mut self, reads: usize) {
        self.undecided = reads;
    }

    fn rename(&mut self) {
        Self::rename(self, "renamed");
    }

    fn commit_statuses(&self) -> Vec<[String; 3]> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let statuses = self.statuses.iter().map(|(commit, status)| {
            [
                commit.clone(),
                text(&status["context"]),
                text(&status["state"]),
            ]
        });
        statuses.collect()
    }
}

/// The last status of each name: `name state: description`.
fn newest(statuses: impl Iterator<Item = [String; 3]>) -> Vec<String> {
    let mut last = std::collections::BTreeMap::new();
    for [name, state, text] in statuses {
        last.insert(name, (state, text));
    }
    let lines = last.into_iter();
    lines
        .map(|(name, (state, text))| format!("{name} {state}: {text}"))
        .collect()
}
