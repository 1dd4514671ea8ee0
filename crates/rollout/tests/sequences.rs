//! Whole stories: what a run ends with while events become statuses, by two
//! writers and in any order.
//!
//! The shared stories are replayed when they are there; those of this file are
//! enough without.

#![allow(clippy::disallowed_methods, reason = "tests read their fixtures")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::too_many_lines,
    reason = "tests"
)]

mod support;

use std::collections::HashMap;
use std::path::Path;

use gitops_rollout::{
    Arrival, Authors, Branch, Commit, Context, Outcome, Pattern, Policy, Published, Report,
    Required, Standing, State, Tree, Wait, judge,
};
use serde_json::{Value, json};

/// Stories that need the connector in the cluster.
const NEED_CONNECTOR: [&str; 8] = ["S14", "S15", "S16", "S17", "S18", "S21", "S22", "S23"];

/// Who turns events into statuses.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Writer {
    /// Flux's own provider, 1.9 and later.
    Flux,
    /// Our connector.
    Connector,
}

/// A run that waits.
struct Run {
    request: Option<u64>,
    state: &'static str,
    commit: Option<String>,
    unchanged: bool,
    since: u64,
    ended: Option<Outcome>,
}

struct Story {
    writer: Writer,
    policy: Policy,
    required: Vec<Pattern>,
    branch: Branch,
    trees: HashMap<String, Tree>,
    runs: HashMap<String, Run>,
    /// What became of pull requests before anybody asked.
    requests: HashMap<u64, (&'static str, Option<String>)>,
    now: u64,
    order: u64,
    reversed: bool,
    /// Nothing is asked until the end.
    only_at_the_end: bool,
}

fn fixtures() -> Option<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/events");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no {}", folder.display());
    None
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn merge(into: &mut Value, other: &Value) {
    match (into, other) {
        (Value::Object(into), Value::Object(other)) => {
            for (key, value) in other {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, other) => *into = other.clone(),
    }
}

impl Story {
    fn new(writer: Writer, policy: &Value, commits: &[(String, String)], reversed: bool) -> Self {
        let number = |name: &str, usual| policy[name].as_u64().unwrap_or(usual);
        let given = policy["required"].as_array().cloned();
        let required =
            given.unwrap_or_else(|| vec![json!("prod-weu:Kustomization/flux-system/webapp")]);
        let pattern = |item: &Value| {
            let (cluster, target) = item.as_str().unwrap().split_once(':').unwrap();
            Pattern::parse(&context(writer, cluster, target).full()).unwrap()
        };
        let mut branch = Branch::default();
        let mut trees = HashMap::new();
        for (id, tree) in commits.iter().rev() {
            trees.insert(id.clone(), Tree::Id(tree.clone()));
            branch.commits.push(Commit {
                id: id.clone(),
                ..Commit::default()
            });
        }
        for at in 0..branch.commits.len() {
            branch.commits[at].parent = branch.commits.get(at + 1).map(|one| one.id.clone());
        }
        Self {
            writer,
            policy: Policy {
                grace: number("graceSeconds", 0),
                timeout: number("waitSeconds", 1_000_000),
                ..Policy::default()
            },
            required: required.iter().map(pattern).collect(),
            branch,
            trees,
            runs: HashMap::new(),
            requests: HashMap::new(),
            now: 0,
            order: 0,
            reversed,
            only_at_the_end: false,
        }
    }

    fn step(&mut self, step: &Value, read_event: &dyn Fn(&Value) -> Event) {
        if let Some(name) = step["register"].as_str() {
            let request = step["pr"].as_u64();
            let known = request.and_then(|number| self.requests.get(&number).cloned());
            let (state, commit) = known.unwrap_or(("open", None));
            let run = Run {
                request,
                state,
                commit,
                unchanged: step["emptyDiff"] == true,
                since: self.now,
                ended: None,
            };
            self.runs.insert(name.to_owned(), run);
        }
        for (word, state) in [
            ("merge", "merged"),
            ("abandon", "closed"),
            ("reactivate", "open"),
        ] {
            if let Some(number) = step[word].as_u64() {
                let commit = step["commit"]
                    .as_str()
                    .map(|name| id_of(&self.branch, name));
                self.requests.insert(number, (state, commit.clone()));
                for run in self
                    .runs
                    .values_mut()
                    .filter(|run| run.request == Some(number))
                {
                    run.state = state;
                    run.commit.clone_from(&commit);
                }
            }
        }
        self.now += step["advanceSeconds"].as_u64().unwrap_or_default();
        if step["event"].is_string() {
            self.write(&read_event(step));
        }
        // Somebody who asks between giving up and coming back would see it given up.
        if step["abandon"].is_null() && !self.only_at_the_end {
            self.look();
        }
        if step["assertNoCallback"] == true {
            assert!(self.runs.values().all(|run| run.ended.is_none()));
        }
    }

    fn write(&mut self, event: &Event) {
        let Some(report) = status(self.writer, event) else {
            return;
        };
        self.order += 1;
        let report = Report {
            order: self.order,
            seen: self.now,
            ..report
        };
        let mut commits = self.branch.commits.iter_mut();
        let commit = commits.find(|one| one.id == event.commit).unwrap();
        if self.reversed {
            commit.reports.insert(0, report);
        } else {
            commit.reports.push(report);
        }
    }

    fn look(&mut self) {
        // Only what was merged is on the branch.
        let merged: Vec<_> = self
            .requests
            .values()
            .filter_map(|(_, commit)| commit.clone())
            .collect();
        let newest = self
            .branch
            .commits
            .iter()
            .position(|one| merged.contains(&one.id));
        let branch = Branch {
            commits: self.branch.commits[newest.unwrap_or_default()..].to_vec(),
            ..Branch::default()
        };
        for run in self.runs.values_mut().filter(|run| run.ended.is_none()) {
            let published = match (run.unchanged, run.state, &run.commit) {
                (true, ..) => Published::Unchanged,
                (_, "merged", Some(commit)) => Published::Commit(commit.clone()),
                (_, "closed", _) => Published::Closed,
                _ => Published::Proposed,
            };
            let judged = judge(&Wait {
                published: &published,
                content: None,
                arrival: &Arrival::Alone,
                required: &Required::Named(self.required.clone()),
                authors: &Authors::only(["writer"]),
                branch: &branch,
                trees: &self.trees,
                policy: self.policy,
                started: run.since,
                now: self.now,
            });
            if let Standing::Done(outcome) = judged.standing {
                run.ended = Some(outcome);
            }
        }
    }

    fn check(&self, expected: &Value, name: &str) {
        for callback in expected["callbacks"].as_array().unwrap() {
            let run = &self.runs[callback["run"].as_str().unwrap()];
            let ended = run
                .ended
                .unwrap_or_else(|| panic!("{name} {:?}: waits", self.writer));
            let passes = callback["result"] == "succeeded";
            assert_eq!(
                ended.passes(),
                passes,
                "{name} {:?}: {ended:?}",
                self.writer
            );
        }
        for open in expected["open"].as_array().into_iter().flatten() {
            let run = &self.runs[open.as_str().unwrap()];
            assert_eq!(run.ended, None, "{name} {:?}", self.writer);
        }
    }
}

/// The commit that a story calls `C1`.
fn id_of(branch: &Branch, name: &str) -> String {
    let at: usize = name[1..].parse().unwrap();
    let oldest_first = branch.commits.iter().rev();
    oldest_first.map(|one| one.id.clone()).nth(at).unwrap()
}

/// What a controller said.
#[derive(Clone)]
struct Event {
    commit: String,
    cluster: String,
    /// `Kustomization/flux-system/webapp`.
    target: String,
    reason: String,
    is_error: bool,
    /// What the connector makes of it: `pending`, `succeeded`, …
    state: String,
}

fn context(writer: Writer, cluster: &str, target: &str) -> Context {
    let mut parts = target.split('/');
    match writer {
        Writer::Connector => Context::with_genre(&format!("gitops/{cluster}"), target),
        Writer::Flux => {
            let (kind, name) = (parts.next().unwrap(), parts.next_back().unwrap());
            // Each cluster has a provider of its own.
            let id = if cluster == "prod-weu" {
                "0a1b2c3d"
            } else {
                "99999999"
            };
            let name = format!("{kind}/{name}/{id}").to_lowercase();
            Context::with_genre("fluxcd", &name)
        }
    }
}

fn status(writer: Writer, event: &Event) -> Option<Report> {
    let (state, description) = match writer {
        Writer::Flux if event.reason == "Progressing" => return None,
        // Sources do not carry the heartbeat's mark, and their events are no errors.
        Writer::Flux if event.target.starts_with("GitRepository/") => return None,
        Writer::Flux => {
            let mut words = String::new();
            for c in event.reason.chars() {
                if c.is_ascii_uppercase() && !words.is_empty() {
                    words.push(' ');
                }
                words.push(c.to_ascii_lowercase());
            }
            let state = if event.is_error {
                State::Error
            } else {
                State::Succeeded
            };
            (state, words)
        }
        Writer::Connector => match event.state.as_str() {
            "succeeded" => (State::Succeeded, "healthy".to_owned()),
            "failed" => (State::Failed, format!("failed: {}", event.reason)),
            "error" => (State::Error, format!("error: {}", event.reason)),
            "notApplicable" => (State::Other, "superseded".to_owned()),
            _ => (State::Pending, "seen".to_owned()),
        },
    };
    Some(Report {
        context: context(writer, &event.cluster, &event.target),
        state,
        description,
        author: vec!["writer".to_owned()],
        author_name: "Writer".to_owned(),
        link: None,
        order: 0,
        seen: 0,
    })
}

/// The events of the shared folder, with what the connector makes of each.
fn shared_event(folder: &Path, cases: &Value, branch: &Branch, step: &Value) -> Event {
    let file = step["event"].as_str().unwrap();
    let mut cases = cases["cases"].as_array().unwrap().iter();
    let case = cases.find(|case| case["file"] == file).unwrap();
    let mut body = read(&folder.join(file));
    if step["override"].is_object() {
        merge(&mut body, &step["override"]);
    }
    let metadata = &body["metadata"];
    let revision = ["commit", "originRevision", "revision"]
        .iter()
        .find_map(|key| metadata[*key].as_str())
        .unwrap();
    let commit = revision.rsplit([':', '/']).next().unwrap();
    let commit = match commit.strip_prefix('C') {
        Some(_) => id_of(branch, commit),
        None => commit.to_owned(),
    };
    let object = &body["involvedObject"];
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Event {
        commit,
        cluster: metadata["cluster"]
            .as_str()
            .unwrap_or("prod-weu")
            .to_owned(),
        target: format!(
            "{}/{}/{}",
            word(&object["kind"]),
            word(&object["namespace"]),
            word(&object["name"])
        ),
        reason: word(&body["reason"]),
        is_error: body["severity"] == "error",
        // Without a state it is about drift, and written elsewhere if at all.
        state: case["azdoState"].as_str().unwrap_or("pending").to_owned(),
    }
}

/// Every way in which a story is told.
fn ways() -> impl Iterator<Item = (Writer, bool, &'static str)> {
    let writers = [Writer::Flux, Writer::Connector].into_iter();
    writers.flat_map(|writer| {
        let reversed = [false, true].into_iter();
        reversed.flat_map(move |reversed| {
            ["same", "other"]
                .into_iter()
                .map(move |trees| (writer, reversed, trees))
        })
    })
}

/// Later commits hold our files, or others: either way it ends alike.
fn shared_commits(expected: &Value, trees: &str) -> Vec<(String, String)> {
    let each = ["C0", "C1", "C2", "C3"].iter().enumerate();
    let commits = each.map(|(at, id)| {
        let tree = match (at, trees) {
            (0, _) => "t0".to_owned(),
            (_, "same") => "t1".to_owned(),
            (at, _) => format!("t{at}"),
        };
        (expected["commits"][*id].as_str().unwrap().to_owned(), tree)
    });
    commits.collect()
}

#[test]
fn the_shared_stories_end_as_they_should() {
    let Some(folder) = fixtures() else {
        return;
    };
    let expected = read(&folder.join("expected.json"));
    let mut told = 0;
    for story in read(&folder.join("sequences.json"))["sequences"]
        .as_array()
        .unwrap()
    {
        let name = story["id"].as_str().unwrap();
        if NEED_CONNECTOR.contains(&name) {
            continue;
        }
        for (writer, reversed, trees) in ways() {
            let commits = shared_commits(&expected, trees);
            let mut run = Story::new(writer, &story["policy"], &commits, reversed);
            let branch = run.branch.clone();
            for step in story["steps"].as_array().unwrap() {
                run.step(step, &|step| {
                    shared_event(&folder, &expected, &branch, step)
                });
            }
            run.now += 1;
            run.look();
            run.check(&story["expect"], name);
            told += 1;
        }
    }
    assert_eq!(told, 17 * 8, "stories that were told");
}

/// Stories in which the order or the time of events is the point.
const IN_ORDER: [&str; 3] = ["S07", "S13", "S25"];

/// The same steps with the events in an order that the seed gives; who registers, what is
/// merged and how much time passes stays.
fn shuffled(steps: &[Value], seed: u64) -> Vec<Value> {
    let is_event = |step: &&Value| step["event"].is_string();
    let mut events: Vec<_> = steps.iter().filter(is_event).cloned().collect();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for at in (1..events.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let choices = u64::try_from(at + 1).unwrap();
        events.swap(at, usize::try_from(state % choices).unwrap());
    }
    let mut shuffled = steps.to_vec();
    for step in &mut shuffled {
        // What has not happened yet depends on what came.
        step["assertNoCallback"] = Value::Null;
        if is_event(&&*step) {
            *step = events.pop().unwrap();
        }
    }
    shuffled
}

#[test]
fn the_shared_stories_end_alike_in_shuffled_order() {
    let Some(folder) = fixtures() else {
        return;
    };
    let expected = read(&folder.join("expected.json"));
    let sequences = read(&folder.join("sequences.json"));
    let stories = sequences["sequences"].as_array().unwrap().iter();
    let is_skipped = |name: &str| NEED_CONNECTOR.contains(&name) || IN_ORDER.contains(&name);
    for story in stories.filter(|story| !is_skipped(story["id"].as_str().unwrap())) {
        let name = story["id"].as_str().unwrap();
        for seed in 1..=10 {
            let steps = shuffled(story["steps"].as_array().unwrap(), seed);
            for (writer, reversed, trees) in ways() {
                let commits = shared_commits(&expected, trees);
                let mut run = Story::new(writer, &story["policy"], &commits, reversed);
                let branch = run.branch.clone();
                for step in &steps {
                    run.step(step, &|step| {
                        shared_event(&folder, &expected, &branch, step)
                    });
                }
                run.now += 1;
                run.look();
                run.check(&story["expect"], &format!("{name}, seed {seed}"));
            }
        }
    }
}

/// Stories of our own, with events in short form: target, reason, commit.
fn own_stories() -> Vec<(&'static str, Value)> {
    vec![
        (
            "rolled out",
            json!({"steps": [
            {"register": "A", "pr": 1}, {"merge": 1, "commit": "C1"},
            {"event": "webapp Progressing C1"}, {"event": "webapp ReconciliationSucceeded C1"},
        ], "expect": {"callbacks": [{"run": "A", "result": "succeeded"}]}}),
        ),
        (
            "reported before anybody waits",
            json!({"steps": [
            {"merge": 1, "commit": "C1"}, {"event": "webapp ReconciliationSucceeded C1"},
            {"register": "A", "pr": 1},
        ], "expect": {"callbacks": [{"run": "A", "result": "succeeded"}]}}),
        ),
        (
            "late and twice",
            json!({"steps": [
            {"register": "A", "pr": 1}, {"merge": 1, "commit": "C1"},
            {"event": "webapp ReconciliationSucceeded C1"}, {"event": "webapp Progressing C1"},
            {"event": "webapp ReconciliationSucceeded C1"},
        ], "expect": {"callbacks": [{"run": "A", "result": "succeeded"}]}}),
        ),
        (
            "broken, and healed in time",
            json!({"policy": {"graceSeconds": 900}, "steps": [
            {"register": "A", "pr": 1}, {"merge": 1, "commit": "C1"},
            {"event": "webapp HealthCheckFailed! C1"}, {"advanceSeconds": 600},
            {"assertNoCallback": true}, {"event": "webapp ReconciliationSucceeded C1"},
        ], "expect": {"callbacks": [{"run": "A", "result": "succeeded"}]}}),
        ),
        (
            "broken",
            json!({"policy": {"graceSeconds": 15}, "steps": [
            {"register": "A", "pr": 1}, {"merge": 1, "commit": "C1"},
            {"event": "webapp HealthCheckFailed! C1"}, {"advanceSeconds": 15},
        ], "expect": {"callbacks": [{"run": "A", "result": "failed"}]}}),
        ),
        (
            "a skipped commit",
            json!({"steps": [
            {"register": "A", "pr": 1}, {"register": "B", "pr": 2},
            {"merge": 1, "commit": "C1"}, {"merge": 2, "commit": "C2"},
            {"event": "webapp ReconciliationSucceeded C2"},
        ], "expect": {"callbacks": [{"run": "A", "result": "succeeded"}, {"run": "B", "result": "succeeded"}]}}),
        ),
        (
            "the newer one is broken",
            json!({"steps": [
            {"register": "A", "pr": 1}, {"register": "B", "pr": 2},
            {"merge": 1, "commit": "C1"}, {"merge": 2, "commit": "C2"},
            {"event": "webapp HealthCheckFailed! C2"},
        ], "expect": {"callbacks": [{"run": "B", "result": "failed"}], "open": ["A"]}}),
        ),
        (
            "another target is broken",
            json!({"steps": [
            {"register": "A", "pr": 1}, {"merge": 1, "commit": "C1"},
            {"event": "other BuildFailed! C1"}, {"assertNoCallback": true},
            {"event": "webapp ReconciliationSucceeded C1"},
        ], "expect": {"callbacks": [{"run": "A", "result": "succeeded"}]}}),
        ),
        (
            "given up",
            json!({"steps": [
            {"register": "A", "pr": 1}, {"abandon": 1}, {"poll": true},
        ], "expect": {"callbacks": [{"run": "A", "result": "failed"}]}}),
        ),
        (
            "never merged",
            json!({"policy": {"waitSeconds": 60}, "steps": [
            {"register": "A", "pr": 1}, {"advanceSeconds": 60},
        ], "expect": {"callbacks": [{"run": "A", "result": "failed"}]}}),
        ),
        (
            "nobody says anything",
            json!({"policy": {"waitSeconds": 60}, "steps": [
            {"register": "A", "pr": 1}, {"merge": 1, "commit": "C1"}, {"advanceSeconds": 59},
            {"assertNoCallback": true}, {"advanceSeconds": 1},
        ], "expect": {"callbacks": [{"run": "A", "result": "failed"}]}}),
        ),
    ]
}

fn own_event(branch: &Branch, step: &Value) -> Event {
    let mut parts = step["event"].as_str().unwrap().split(' ');
    let (target, reason, commit) = (
        parts.next().unwrap(),
        parts.next().unwrap(),
        parts.next().unwrap(),
    );
    let is_error = reason.ends_with('!');
    let reason = reason.trim_end_matches('!');
    let state = match reason {
        "ReconciliationSucceeded" => "succeeded",
        _ if is_error => "failed",
        _ => "pending",
    };
    Event {
        commit: id_of(branch, commit),
        cluster: "prod-weu".to_owned(),
        target: format!("Kustomization/flux-system/{target}"),
        reason: reason.to_owned(),
        is_error,
        state: state.to_owned(),
    }
}

fn own_commits(trees: &str) -> Vec<(String, String)> {
    let tree = |at: usize| match (at, trees) {
        (0, _) => "t0".to_owned(),
        (_, "same") => "t1".to_owned(),
        (at, _) => format!("t{at}"),
    };
    (0..4).map(|at| (format!("c{at}"), tree(at))).collect()
}

#[test]
fn our_own_stories_end_as_they_should() {
    for (name, story) in own_stories() {
        for (writer, reversed, trees) in ways() {
            let mut run = Story::new(writer, &story["policy"], &own_commits(trees), reversed);
            let branch = run.branch.clone();
            for step in story["steps"].as_array().unwrap() {
                run.step(step, &|step| own_event(&branch, step));
            }
            run.look();
            run.check(&story["expect"], name);
        }
    }
}

/// Every order of the events of a story without clock ends in the same way.
#[test]
fn whatever_comes_first_the_end_is_the_same() {
    for (name, story) in own_stories() {
        let steps = story["steps"].as_array().unwrap();
        if steps
            .iter()
            .any(|step| step["advanceSeconds"].is_u64() || step["abandon"].is_u64())
        {
            continue;
        }
        for (writer, reversed, trees) in ways() {
            for turn in 0..steps.len() {
                let mut run = Story::new(writer, &story["policy"], &own_commits(trees), reversed);
                run.only_at_the_end = true;
                let branch = run.branch.clone();
                let mut shuffled = steps.clone();
                shuffled.rotate_left(turn);
                for step in &shuffled {
                    let mut step = step.clone();
                    step["assertNoCallback"] = Value::Null;
                    run.step(&step, &|step| own_event(&branch, step));
                }
                run.look();
                run.check(&story["expect"], name);
            }
        }
    }
}
