//! What the fake says of commits, statuses, check runs and folders.

use serde_json::{Value, json};

use super::{Hub, error};
use crate::support::rest_fake::{Asked, Reply};

impl Hub {
    /// A status that somebody wrote; as an app when the author ends with `[bot]`.
    pub fn report(&mut self, commit: &str, context: &str, state: &str, said: &str, author: &str) {
        let status = json!({
            "context": context, "state": state, "description": said,
            "creator": author, "at": self.statuses.len() + self.check_runs.len(),
        });
        self.statuses.push((commit.to_owned(), status));
    }

    /// A check run that an app wrote: status and conclusion.
    pub fn check_run(&mut self, commit: &str, name: &str, said: (&str, &str), app: &str) {
        // Of one clock with the statuses.
        let at = self.statuses.len() + self.check_runs.len();
        let at = moment(u64::try_from(at).unwrap());
        let run = json!({
            "name": name, "status": said.0,
            "conclusion": (!said.1.is_empty()).then_some(said.1), "title": null, "detailsUrl": null,
            "startedAt": at, "completedAt": (said.0 == "COMPLETED").then_some(at.as_str()),
        });
        self.check_runs
            .push((commit.to_owned(), app.to_owned(), run));
    }

    /// The cluster reports on the newest commit of `main`, when it watches.
    fn reconcile(&mut self) {
        let Some(tip) = self.git.tip("main") else {
            return;
        };
        if self
            .statuses
            .iter()
            .any(|(at, own)| *at == tip && own["creator"] == "cluster")
        {
            return;
        }
        for (context, state, said) in self.cluster.clone() {
            self.report(&tip, &context, &state, &said, "cluster");
        }
    }

    /// The one question of a wait.
    pub(super) fn watched(&mut self, asked: &Asked) -> Reply {
        self.reconcile();
        let query = asked.body["query"].as_str().unwrap();
        let variables = &asked.body["variables"];
        // None are asked for where they may not be read.
        let with_runs = query.contains("checkSuites(");
        let suites = with_runs.then(|| number_after(query, "checkSuites(first: ").parse().unwrap());
        if with_runs && self.checks_forbidden {
            let error = json!({
                "type": "FORBIDDEN", "path": ["repository", "ref"],
                "message": "Resource not accessible by personal access token",
            });
            return Reply::json(200, &json!({"data": null, "errors": [error]}));
        }
        if self.name != format!("{}/{}", text(&variables["owner"]), text(&variables["name"])) {
            let error =
                json!({"type": "NOT_FOUND", "message": "Could not resolve to a Repository"});
            return Reply::json(
                200,
                &json!({"data": {"repository": null}, "errors": [error]}),
            );
        }
        let branch = text(&variables["branch"]);
        let branch = branch.strip_prefix("refs/heads/").unwrap_or_default();
        let mut repository = json!({"ref": null});
        if self.git.tip(branch).is_some() {
            let most = number_after(query, "history(first: ");
            let ids = self
                .git
                .git(&["log", "--format=%H %P", &format!("-n{most}"), branch]);
            let nodes: Vec<Value> = ids
                .lines()
                .map(|line| self.node(line, variables, suites))
                .collect();
            repository["ref"] = json!({"target": {"history": {"nodes": nodes}}});
        }
        for at in 0..1000 {
            let name = format!("s{at}");
            let Some(expression) = variables[&name].as_str() else {
                break;
            };
            assert!(query.contains(&format!(" {name}: object(expression: ${name}) {{ oid }}")));
            let found = self.git.named(expression);
            repository[name] = found.map_or(Value::Null, |oid| json!({"oid": oid}));
        }
        for own in &self.pull_requests {
            let number = own.number;
            if query.contains(&format!(" r{number}: pullRequest(number: {number})")) {
                let state = match (&own.merged, own.state.as_str()) {
                    (Some(_), _) => "MERGED",
                    (None, "open") => "OPEN",
                    _ => "CLOSED",
                };
                assert!(query.contains("commits(first: 1) { totalCount } mergeCommit { oid parents(first: 1) { totalCount } }"));
                let merged = own.merged.as_ref().map(|oid| {
                    let parents = self.git.git(&["show", "-s", "--format=%P", oid]);
                    json!({"oid": oid, "parents": {"totalCount": parents.split_whitespace().count()}})
                });
                repository[format!("r{number}")] = json!({
                    "state": state, "commits": {"totalCount": own.commits}, "mergeCommit": merged,
                });
            }
        }
        Reply::json(200, &json!({"data": {"repository": repository}}))
    }

    fn node(&self, line: &str, variables: &Value, suites: Option<usize>) -> Value {
        let mut ids = line.split(' ');
        let id = ids.next().unwrap();
        let parents: Vec<_> = ids.take(1).map(|oid| json!({"oid": oid})).collect();
        let mut node = json!({
            "oid": id, "parents": {"nodes": parents},
            "tree": {"oid": self.git.object(id, "")}, "status": null,
        });
        for at in 0..1000 {
            let Some(path) = variables[format!("p{at}")].as_str() else {
                break;
            };
            let tree = self.git.object(id, path);
            node[format!("f{at}")] = tree.map_or(Value::Null, |oid| json!({"oid": oid}));
        }
        // The newest of each context is shown.
        let mut contexts: Vec<Value> = Vec::new();
        for (_, own) in self.statuses.iter().rev().filter(|(at, _)| at == id) {
            if contexts
                .iter()
                .any(|other| other["context"] == own["context"])
            {
                continue;
            }
            let creator = text(&own["creator"]);
            let kind = if creator.ends_with("[bot]") {
                "Bot"
            } else {
                "User"
            };
            contexts.push(json!({
                "context": own["context"], "state": text(&own["state"]).to_uppercase(),
                "description": own["description"], "targetUrl": null,
                "createdAt": moment(own["at"].as_u64().unwrap_or(0)),
                "creator": {"__typename": kind, "login": creator.trim_end_matches("[bot]")},
            }));
        }
        if !contexts.is_empty() {
            node["status"] = json!({"contexts": contexts});
        }
        if let Some(first_suites) = suites {
            let own = self.check_runs.iter().filter(|(at, _, _)| at == id);
            let suites: Vec<_> = own
                .map(|(_, app, run)| json!({"app": {"slug": app}, "checkRuns": {"totalCount": 1, "nodes": [run]}}))
                .collect();
            let came = &suites[..suites.len().min(first_suites)];
            node["checkSuites"] = json!({"totalCount": suites.len(), "nodes": came});
        }
        node
    }

    pub(super) fn compare(&self, range: &str) -> Reply {
        let (base, head) = range.split_once("...").unwrap();
        if !self.git.has(base) || !self.git.has(head) {
            return error(404, "Not Found");
        }
        let status = match self.git.merge_base(base, head) {
            _ if base == head => "identical",
            Some(found) if found == base => "ahead",
            Some(found) if found == head => "behind",
            _ => "diverged",
        };
        Reply::json(200, &json!({"status": status, "commits": []}))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn number_after(query: &str, words: &str) -> String {
    let rest = query.split(words).nth(1).unwrap();
    rest.chars().take_while(char::is_ascii_digit).collect()
}

/// A time, so many seconds after ten.
fn moment(seconds: u64) -> String {
    format!("2026-08-01T10:{:02}:{:02}Z", seconds / 60, seconds % 60)
}
