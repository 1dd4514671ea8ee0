//! The shared stories, told to the fakes of both hosts: pull requests are
//! squashed, Flux reports to commits, the clock is the test's.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use gitops_publisher::wait::Start;
use gitops_rollout::{Outcome, Policy};
use serde_json::Value;

use super::{Cluster, FakeClock, Says, Scene, on_both_hosts};
use crate::support::rest_fake::{Fault, Reply};

on_both_hosts! {
    the_shared_stories_end_as_they_should,
    the_shared_stories_end_alike_in_another_order,
    the_shared_stories_end_alike_when_calls_fail,
}

/// Stories that need the connector in the cluster.
const NEED_CONNECTOR: [&str; 8] = ["S14", "S15", "S16", "S17", "S18", "S21", "S22", "S23"];

/// Stories in which the order or the time of events is the point.
const IN_ORDER: [&str; 3] = ["S07", "S13", "S25"];

/// The largest number of orders in which each story is replayed.
const SHUFFLES: u64 = 4;

/// Which calls of a story fail: every third, from this one on, so that each does once.
/// No call is made again within one poll.
#[derive(Clone, Copy)]
struct Faults(usize);

impl Faults {
    /// More calls than a story makes.
    const CALLS: usize = 2000;

    fn inject<H: Cluster>(self, scene: &Scene<H>) {
        let down = || Fault::Answer(Reply::status(502));
        let odd = || Fault::Answer(Reply::json(200, &serde_json::json!({"odd": true})));
        let inject = |later, fault| scene.server.inject(later, fault);
        for (turn, at) in (self.0..Self::CALLS).step_by(3).enumerate() {
            inject(at, if turn % 2 == 0 { down() } else { odd() });
        }
    }
}

fn fixtures() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures/events");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no {}", folder.display());
    None
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What Flux's provider writes about an event: commit by name, target, words.
fn written(
    folder: &Path,
    names: &HashMap<String, String>,
    step: &Value,
) -> Option<(String, String, Says)> {
    let mut body = read(&folder.join(step["event"].as_str().unwrap()));
    for part in ["metadata", "involvedObject"] {
        for (key, value) in step["override"][part].as_object().into_iter().flatten() {
            body[part][key] = value.clone();
        }
    }
    let metadata = &body["metadata"];
    let revision = ["commit", "originRevision", "revision"];
    let revision = revision.iter().find_map(|key| metadata[*key].as_str())?;
    let commit = revision.rsplit([':', '/']).next()?;
    let commit = names
        .get(commit)
        .cloned()
        .unwrap_or_else(|| commit.to_owned());
    let object = &body["involvedObject"];
    let word = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
    let cluster = metadata["cluster"].as_str().unwrap_or("prod-weu");
    let target = format!(
        "{}/{}-{cluster}",
        word(&object["kind"]),
        word(&object["name"])
    );
    let says = match body["reason"].as_str()? {
        "Progressing" | "NewArtifact" => return None,
        "ReconciliationSucceeded" => Says::Healthy,
        _ if body["severity"] == "error" => Says::Unhealthy,
        _ => Says::Blocked,
    };
    Some((commit, target, says))
}

/// The names of commits in the stories, by their ids in the events.
fn commit_names(folder: &Path) -> HashMap<String, String> {
    let expected = read(&folder.join("expected.json"));
    let commits = expected["commits"].as_object().unwrap().iter();
    commits
        .map(|(name, id)| (id.as_str().unwrap().to_owned(), name.clone()))
        .collect()
}

/// Stories begin with open pull requests, each of a folder of its own; their
/// numbers in the story.
fn open_requests<H: Cluster>(scene: &Scene<H>, steps: &[Value]) -> Vec<u64> {
    let mut numbers: Vec<u64> = Vec::new();
    for step in steps {
        for key in ["pr", "merge", "abandon"] {
            let number = step[key].as_u64();
            if let Some(number) = number.filter(|number| !numbers.contains(number)) {
                numbers.push(number);
                scene.propose(&format!("env{number}"), "1");
            }
        }
    }
    numbers
}

/// Whom a story waits for.
fn required(policy: &Value) -> Vec<String> {
    let named = policy["required"].as_array().cloned().unwrap_or_default();
    if named.is_empty() {
        return vec!["kustomization/webapp-prod-weu".to_owned()];
    }
    let name = |text: &Value| {
        let (cluster, target) = text.as_str().unwrap().split_once(':').unwrap();
        let (kind, _) = target.split_once('/').unwrap();
        let (_, name) = target.rsplit_once('/').unwrap();
        format!("{}/{name}-{cluster}", kind.to_lowercase())
    };
    named.iter().map(name).collect()
}

/// Tells a story to one run; how its wait ended.
fn told<H: Cluster>(
    folder: &Path,
    story: &Value,
    steps: &[Value],
    run: &str,
    faults: Option<Faults>,
) -> Outcome {
    let names = commit_names(folder);
    let policy = &story["policy"];
    let mut scene = Scene::<H>::new();
    scene.policy = Policy {
        grace: policy["graceSeconds"].as_u64().unwrap_or(0),
        timeout: policy["waitSeconds"].as_u64().unwrap_or(7200),
        ..Policy::default()
    };
    let numbers = open_requests(&scene, steps);
    let place = |number: u64| numbers.iter().position(|own| *own == number).unwrap();
    // Commits by their names in the story, once they are there; what is said
    // about a commit before that is said when it comes.
    let commits: Mutex<HashMap<String, String>> = Mutex::default();
    let early: Mutex<Vec<(String, String, Says)>> = Mutex::default();
    let say =
        |commit: String, target: String, says: Says| match commits.lock().unwrap().get(&commit) {
            Some(id) => scene
                .server
                .with(|state| state.flux(id, &target, says, "cluster")),
            None => early.lock().unwrap().push((commit, target, says)),
        };
    let act = |step: &Value| {
        if let Some(number) = step["merge"].as_u64() {
            scene.server.with(|state| state.squash(place(number)));
            let tip = scene.git(|git| git.tip("main").unwrap());
            let name = step["commit"].as_str().unwrap().to_owned();
            commits.lock().unwrap().insert(name, tip);
            for (commit, target, says) in std::mem::take(&mut *early.lock().unwrap()) {
                say(commit, target, says);
            }
        }
        if let Some(number) = step["abandon"].as_u64() {
            scene.server.with(|state| state.abandon(place(number)));
        }
        if let Some(number) = step["reactivate"].as_u64() {
            scene.server.with(|state| state.reopen(place(number)));
        }
        if step["event"].is_string()
            && let Some((commit, target, says)) = written(folder, &names, step)
        {
            say(commit, target, says);
        }
    };
    let is_start = |step: &&Value| step["register"] == run;
    let start = steps.iter().position(|step| is_start(&step)).unwrap();
    steps[..start].iter().for_each(&act);
    let register = &steps[start];
    let mut clock = FakeClock::default();
    let mut second = 1;
    for step in &steps[start + 1..] {
        // Giving up and coming back happen between two looks; all else is seen.
        second += if step["reactivate"].is_u64() { 1 } else { 61 };
        second += step["advanceSeconds"].as_u64().unwrap_or_default();
        let act = &act;
        clock = clock.at(second, move || act(step));
    }
    let (environment, begin) = match register["pr"].as_u64() {
        Some(number) => {
            let request = u64::try_from(place(number) + 1).unwrap();
            (format!("env{number}"), Start::Request(request, None))
        }
        None => ("dev".to_owned(), Start::Unchanged),
    };
    let required = required(policy);
    let required: Vec<_> = required.iter().map(String::as_str).collect();
    scene.server.forget();
    if let Some(faults) = faults {
        faults.inject(&scene);
    }
    let member = Scene::<H>::member(&environment, begin, &required);
    let ended = scene.follow(vec![member], &clock);
    scene.server.heal();
    assert!(ended.error.is_none(), "{:?}", ended.error);
    ended.outcome()
}

fn tell_all<H: Cluster>(
    skip: &[&str],
    change: impl Fn(&[Value]) -> Vec<(Vec<Value>, Option<Faults>)>,
) {
    let Some(folder) = fixtures() else {
        return;
    };
    for story in read(&folder.join("sequences.json"))["sequences"]
        .as_array()
        .unwrap()
    {
        let name = story["id"].as_str().unwrap();
        if NEED_CONNECTOR.contains(&name) || skip.contains(&name) {
            continue;
        }
        for (steps, faults) in change(story["steps"].as_array().unwrap()) {
            for callback in story["expect"]["callbacks"].as_array().unwrap() {
                let run = callback["run"].as_str().unwrap();
                let outcome = told::<H>(&folder, story, &steps, run, faults);
                let passes = callback["result"] == "succeeded";
                assert_eq!(outcome.passes(), passes, "{name}, {run}: {outcome:?}");
            }
            for open in story["expect"]["open"].as_array().into_iter().flatten() {
                let run = open.as_str().unwrap();
                let outcome = told::<H>(&folder, story, &steps, run, faults);
                assert_eq!(outcome, Outcome::TimedOut, "{name}, {run}");
            }
        }
    }
}

fn the_shared_stories_end_as_they_should<H: Cluster>() {
    tell_all::<H>(&[], |steps| vec![(steps.to_vec(), None)]);
}

/// Events come in other orders, the other direction among them; who registers and what is
/// merged stays.
fn the_shared_stories_end_alike_in_another_order<H: Cluster>() {
    tell_all::<H>(&IN_ORDER, |steps| {
        let is_event = |step: &&Value| step["event"].is_string();
        let events: Vec<_> = steps.iter().filter(is_event).cloned().collect();
        let mut orders = vec![events.iter().rev().cloned().collect()];
        for seed in 0..SHUFFLES {
            let mut order = events.clone();
            fastrand::Rng::with_seed(seed).shuffle(&mut order);
            if order != events && !orders.contains(&order) {
                orders.push(order);
            }
        }
        let told = orders.into_iter().map(|mut events| {
            let mut other = steps.to_vec();
            for step in other.iter_mut().filter(|step| is_event(&&**step)) {
                *step = events.pop().unwrap();
            }
            (other, None)
        });
        told.collect()
    });
}

fn the_shared_stories_end_alike_when_calls_fail<H: Cluster>() {
    tell_all::<H>(&[], |steps| {
        let each = (0..3).map(Faults);
        each.map(|faults| (steps.to_vec(), Some(faults))).collect()
    });
}
