//! Publishing by pull request, through the program: the task with its inputs
//! against fakes of both hosts that serve real git from the same address.

mod app;
mod approved;
mod auto;
mod beside;
mod commits;
mod conflicts;
mod earlier;
mod faults;
mod heads;
pub mod host;
mod left_behind;
mod lifecycle;
mod people;
mod per_change;
mod races;
mod refused;
mod risk;
mod statuses;
mod targets;
mod threads;
mod verify;

use crate::support::git_repository::GitRepository;
use crate::support::program::{Ended, Program, Workspace};
use crate::support::rest_fake::RestFake;
use host::{Host, Seen};

const TOKEN: &str = "marked-token-7f3a";
const ADA: &str = "11111111-0000-4000-8000-000000000001";
const GRACE: &str = "11111111-0000-4000-8000-000000000002";

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
use on_both_hosts;

/// A source with one resource, and a host whose repository has a branch `main`.
pub struct Scene<H: Host> {
    pub workspace: Workspace,
    pub server: RestFake<H>,
    pub url: String,
}

impl<H: Host> Scene<H> {
    pub fn new() -> Self {
        let scene = Self::empty();
        scene.git(|git| drop(git.commit("main", "start", &[("README.md", "100644", "hello")])));
        scene
    }

    /// The repository has no commit.
    pub fn empty() -> Self {
        let server = H::start();
        server.with(Host::prepare);
        let scene = Self {
            workspace: Workspace::new(),
            url: H::address(&server),
            server,
        };
        scene.source(80);
        scene
    }

    /// Changes the source.
    pub fn source(&self, port: u16) -> &Self {
        let text = format!(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  ports: [{{port: {port}}}]\n"
        );
        self.workspace.write("src/web.yaml", &text);
        self
    }

    /// The task with these inputs besides the usual ones, as run 100.
    pub fn task(&self, inputs: &[(&str, &str)]) -> Program {
        let usual = [
            ("source", "src"),
            ("environments", "dev"),
            ("manifestRepo", self.url.as_str()),
            ("gitHost", H::KIND),
            ("token", TOKEN),
            ("mode", "pullRequest"),
        ];
        let task = self.workspace.task(&[&usual, inputs].concat());
        match self.url.split_once("shop/_git/") {
            Some((collection, _)) => task.variable("SYSTEM_COLLECTIONURI", collection),
            None => task,
        }
    }

    /// Runs the task, which succeeds without an error.
    pub fn run(&self, inputs: &[(&str, &str)]) -> Ended {
        sound(self.task(inputs).succeed())
    }

    /// Runs the task, which ends as failed; what it said.
    pub fn fails(&self, inputs: &[(&str, &str)]) -> String {
        failed(&self.task(inputs).succeed())
    }

    pub fn git<T>(&self, act: impl FnOnce(&GitRepository) -> T) -> T {
        self.server.with(|state| act(state.git()))
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.server.with(|state| state.seen())
    }

    /// The one pull request.
    pub fn only(&self) -> Seen {
        let [only] = <[Seen; 1]>::try_from(self.seen()).unwrap();
        only
    }

    /// State and head branch of each pull request.
    pub fn states(&self) -> Vec<(&'static str, String)> {
        let seen = self.seen().into_iter();
        seen.map(|one| (one.state, one.head)).collect()
    }

    pub fn branches(&self) -> Vec<String> {
        let list = self.git(|git| git.git(&["for-each-ref", "--format=%(refname:short)"]));
        list.lines().map(str::to_owned).collect()
    }

    pub fn tip(&self, branch: &str) -> Option<String> {
        self.git(|git| git.tip(branch))
    }

    /// Subjects of what a head branch has and `main` has not.
    pub fn proposed(&self, head: &str) -> Vec<String> {
        self.git(|git| git.subjects(&format!("main..{head}")))
    }
}

/// A run that the agent shows as succeeded.
pub fn sound(ended: Ended) -> Ended {
    assert!(!ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    ended
}

/// The error of a run that the agent shows as failed.
pub fn failed(ended: &Ended) -> String {
    let error = "##vso[task.logissue type=error]";
    let errors = ended.stdout.lines().filter_map(|l| l.strip_prefix(error));
    assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    errors.collect::<Vec<_>>().join("\n").replace("%0A", "\n")
}

/// A variable for later steps.
fn output(ended: &Ended, name: &str) -> Option<String> {
    let start = format!("##vso[task.setvariable variable={name};isOutput=true]");
    let found = ended.stdout.lines().find_map(|l| l.strip_prefix(&start));
    found.map(str::to_owned)
}

/// What the run warned of.
fn warnings(ended: &Ended) -> Vec<String> {
    let start = "##vso[task.logissue type=warning]";
    let found = ended.stdout.lines().filter_map(|l| l.strip_prefix(start));
    found.map(str::to_owned).collect()
}
