//! Waiting for the rollout: the loop against fakes of both hosts with a clock
//! of the test, and the program as a user runs it.

mod attached;
mod ends;
mod faults;
mod limits;
mod meanwhile;
mod merged;
mod own_build;
mod program;
mod required;
mod stories;

use std::sync::Mutex;
use std::time::Duration;

use gitops_publisher::host::{Api, ApiOptions, Credentials, HostKind};
use gitops_publisher::http::{self, Retry};
use gitops_publisher::model::{Folder, ObjectId, RedactedUrl, Secret};
use gitops_publisher::report::{Event, Reporter, RolloutReport, Sink};
use gitops_publisher::wait::{Clock, Followed, Member, Start, Stopped, follow};
use gitops_rollout::{Authors, Outcome, Pattern, Policy, Required};

use crate::pull_requests::host::Host;
use crate::support::azure_devops::Azure;
use crate::support::git_repository::GitRepository;
use crate::support::github::Hub;
use crate::support::rest_fake::RestFake;

/// Runs each test on both hosts.
macro_rules! on_both_hosts {
    ($($name:ident),* $(,)?) => {
        mod azure_devops {
            $(#[test] fn $name() { super::$name::<crate::support::azure_devops::Azure>(); })*
        }
        mod github {
            $(#[test] fn $name() { super::$name::<crate::support::github::Hub>(); })*
        }
    };
}
pub(crate) use on_both_hosts;

pub const APPS: &str = "kustomization/apps";
const INFRA: &str = "kustomization/infra";

/// What Flux says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Says {
    Healthy,
    Unhealthy,
    /// Succeeded by state, and not by words.
    Blocked,
}

impl Says {
    fn words(self) -> &'static str {
        match self {
            Self::Healthy => "reconciliation succeeded",
            Self::Unhealthy => "health check failed",
            Self::Blocked => "dependency not ready",
        }
    }
}

/// A fake of a host to which a cluster reports.
pub trait Cluster: Host {
    const HOST: HostKind;
    /// Flux reports on a commit.
    fn flux(&mut self, commit: &str, target: &str, says: Says, author: &str);
    /// Flux watches `main` and reports at once.
    fn watch(&mut self, target: &str, says: Says);
    /// Somebody closed it by mistake.
    fn reopen(&mut self, at: usize);
}

impl Cluster for Azure {
    const HOST: HostKind = HostKind::Azure;

    fn flux(&mut self, commit: &str, target: &str, says: Says, author: &str) {
        let state = if says == Says::Unhealthy {
            "error"
        } else {
            "succeeded"
        };
        let context = format!("fluxcd//{target}/0a1b2c3d");
        self.report(commit, &context, state, says.words(), author);
    }

    fn watch(&mut self, target: &str, says: Says) {
        let state = if says == Says::Unhealthy {
            "error"
        } else {
            "succeeded"
        };
        let context = format!("fluxcd//{target}/0a1b2c3d");
        self.cluster = vec![(context, state.to_owned(), says.words().to_owned())];
    }

    fn reopen(&mut self, at: usize) {
        "active".clone_into(&mut self.pull_requests[at].status);
    }
}

impl Cluster for Hub {
    const HOST: HostKind = HostKind::GitHub;

    fn flux(&mut self, commit: &str, target: &str, says: Says, author: &str) {
        let state = if says == Says::Unhealthy {
            "failure"
        } else {
            "success"
        };
        self.report(
            commit,
            &format!("{target}/0a1b2c3d"),
            state,
            says.words(),
            author,
        );
    }

    fn watch(&mut self, target: &str, says: Says) {
        let state = if says == Says::Unhealthy {
            "failure"
        } else {
            "success"
        };
        let context = format!("{target}/0a1b2c3d");
        self.cluster = vec![(context, state.to_owned(), says.words().to_owned())];
    }

    fn reopen(&mut self, at: usize) {
        "open".clone_into(&mut self.pull_requests[at].state);
    }
}

type Happening<'a> = (Duration, Box<dyn FnOnce() + Send + 'a>);

/// A clock that jumps, and what happens at which time.
#[derive(Default)]
pub struct FakeClock<'a> {
    now: Mutex<Duration>,
    happenings: Mutex<Vec<Happening<'a>>>,
    sleeps: Mutex<Vec<Duration>>,
    /// How long an answer may take by the clock on the wall; as long as it wants where
    /// that is not said.
    patience: Option<Duration>,
}

impl<'a> FakeClock<'a> {
    /// Something happens at this second.
    fn at(self, second: u64, act: impl FnOnce() + Send + 'a) -> Self {
        let mut happenings = self.happenings.lock().unwrap();
        happenings.push((Duration::from_secs(second), Box::new(act)));
        happenings.sort_by_key(|(when, _)| *when);
        drop(happenings);
        self
    }

    fn seconds(&self) -> u64 {
        self.now.lock().unwrap().as_secs()
    }

    fn sleeps(&self) -> Vec<u64> {
        self.sleeps
            .lock()
            .unwrap()
            .iter()
            .map(Duration::as_secs)
            .collect()
    }
}

impl FakeClock<'_> {
    /// Lets time pass, and what happens in it.
    fn pass(&self, time: Duration) {
        let then = *self.now.lock().unwrap() + time;
        loop {
            let mut happenings = self.happenings.lock().unwrap();
            if happenings.first().is_none_or(|(when, _)| *when > then) {
                break;
            }
            let (when, act) = happenings.remove(0);
            drop(happenings);
            *self.now.lock().unwrap() = when;
            act();
        }
        *self.now.lock().unwrap() = then;
    }
}

impl Clock for FakeClock<'_> {
    fn now(&self) -> Duration {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, time: Duration) {
        self.sleeps.lock().unwrap().push(time);
        self.pass(time);
    }

    async fn within<T>(&self, time: Duration, work: impl Future<Output = T> + Send) -> Option<T> {
        let Some(patience) = self.patience else {
            return Some(work.await);
        };
        let done = tokio::time::timeout(patience, work).await;
        if done.is_err() {
            self.pass(time);
        }
        done.ok()
    }
}

/// Keeps what was told.
#[derive(Clone, Default)]
struct Kept(std::sync::Arc<Mutex<Vec<String>>>);

impl Sink for Kept {
    fn write(&self, event: Event<'_>) {
        let text = match event {
            Event::Info(text) => text.to_owned(),
            Event::Warning(text) => format!("warning: {text}"),
            _ => return,
        };
        self.0.lock().unwrap().push(text);
    }
}

/// How a wait ended.
struct Ended {
    rollouts: Vec<RolloutReport>,
    error: Option<String>,
    hints: Vec<String>,
    told: Vec<String>,
}

impl Ended {
    /// The outcome of the one environment.
    fn outcome(&self) -> Outcome {
        let [one] = self.rollouts.as_slice() else {
            panic!("{:?}", self.rollouts);
        };
        one.outcome
    }

    fn reasons(&self) -> String {
        self.rollouts[0].reasons.join("\n")
    }
}

/// A host whose repository has `main` with the folders of the environments.
pub struct Scene<H: Cluster> {
    server: RestFake<H>,
    policy: Policy,
}

impl<H: Cluster> Scene<H> {
    fn new() -> Self {
        let server = H::start();
        server.with(Host::prepare);
        let scene = Self {
            server,
            policy: Policy::default(),
        };
        scene.commit("dev", "0");
        scene
    }

    fn git<T>(&self, act: impl FnOnce(&GitRepository) -> T) -> T {
        self.server.with(|state| act(state.git()))
    }

    /// A commit on `main` that changes one folder.
    fn commit(&self, folder: &str, content: &str) -> String {
        let path = format!("{folder}/web.yaml");
        self.git(|git| git.commit("main", "change", &[(&path, "100644", content)]))
    }

    /// Flux, as it is believed, reports on a commit.
    fn says(&self, commit: &str, target: &str, says: Says) {
        self.server
            .with(|state| state.flux(commit, target, says, "cluster"));
    }

    fn api(&self) -> Api {
        let mut options = http::Options::new("test");
        options.retry = Retry::requests().without_pauses();
        options.rest_timeout = Duration::from_millis(1500);
        let token = Credentials::Token(Secret::new("a-token"));
        let url = RedactedUrl::new(H::address(&self.server).parse().unwrap());
        Api::open(&url, H::HOST, ApiOptions::new(options, token))
            .unwrap()
            .unwrap()
    }

    fn member(environment: &str, start: Start, required: &[&str]) -> Member {
        let patterns: Vec<_> = required
            .iter()
            .filter_map(|name| Pattern::parse(name))
            .collect();
        Member {
            environment: environment.to_owned(),
            folder: Folder::parse(environment).unwrap(),
            start,
            required: if patterns.is_empty() {
                Required::Lately
            } else {
                Required::Named(patterns)
            },
            authors: Authors::only(["cluster"]),
            known: Vec::new(),
            ago: 0,
        }
    }

    /// Waits for environments on `main`.
    fn follow(&self, members: Vec<Member>, clock: &FakeClock<'_>) -> Ended {
        let kept = Kept::default();
        let reporter = Reporter::new(kept.clone());
        let followed = Followed {
            api: std::sync::Arc::new(self.api()),
            place: "the repository".to_owned(),
            branch: "main".to_owned(),
            members,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let ended = runtime.block_on(follow(vec![followed], self.policy, clock, &reporter));
        let (rollouts, error) = match ended {
            Ok(rollouts) => (rollouts, None),
            Err(Stopped { rollouts, error }) => (rollouts, Some(error)),
        };
        Ended {
            rollouts,
            hints: error
                .iter()
                .flat_map(|error| error.all_hints().to_vec())
                .collect(),
            error: error.map(|error| error.to_string()),
            told: kept.0.lock().unwrap().clone(),
        }
    }

    /// Waits for `dev` at a commit, for the reports of `kustomization/apps`.
    fn dev(&self, commit: &str, clock: &FakeClock<'_>) -> Ended {
        let start = Start::Commit(ObjectId::parse(commit).unwrap());
        self.follow(vec![Self::member("dev", start, &[APPS])], clock)
    }

    /// A pull request from `gitops/dev` that changes a folder; its number.
    fn propose(&self, folder: &str, content: &str) -> u64 {
        use gitops_publisher::host::pull_request::Draft;
        let head = format!("gitops/{folder}");
        self.git(|git| {
            let tip = git.tip("main").unwrap();
            git.git(&["update-ref", &format!("refs/heads/{head}"), &tip]);
            let path = format!("{folder}/web.yaml");
            git.commit(&head, "propose", &[(&path, "100644", content)])
        });
        let draft = Draft {
            source: head,
            target: "main".to_owned(),
            title: "change".to_owned(),
            ..Draft::default()
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let opened = runtime.block_on(self.api().create(&draft)).unwrap();
        opened.pull_request.number
    }
}
