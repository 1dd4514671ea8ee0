//! Pull requests, comments and statuses through the interfaces of both hosts:
//! the library's clients against fakes that take no request which the official
//! descriptions do not know.

mod app;
mod azure;
mod faults;
mod github;
mod prism;
mod refusals;

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use gitops_publisher::host::pull_request::{
    Draft, Note, PullRequest, Reviewer, Status, StatusState,
};
use gitops_publisher::host::{Api, ApiOptions, Credentials, HostKind};
use gitops_publisher::http::{self, Retry};
use gitops_publisher::model::{ObjectId, RedactedUrl, Secret};

use crate::support::azure_devops::AzureDevOps;
use crate::support::git_repository::{GitRepository, git};
use crate::support::github::GitHub;

/// A client without pauses, whose patience is short.
fn api(url: &str, kind: HostKind) -> Api {
    api_as(url, kind, Credentials::Token(Secret::new("a-token")))
}

fn api_as(url: &str, kind: HostKind, credentials: Credentials) -> Api {
    let mut options = ApiOptions::new(options(), credentials);
    options.http.rest_timeout = Duration::from_millis(1500);
    let url = RedactedUrl::new(url.parse().unwrap());
    Api::open(&url, kind, options).unwrap().unwrap()
}

fn options() -> http::Options {
    let mut options = http::Options::new("test");
    options.retry = Retry::requests().without_pauses();
    options
}

fn azure(server: &AzureDevOps) -> Api {
    api(&server.url("contoso/shop/_git/manifests"), HostKind::Azure)
}

fn github(server: &GitHub) -> Api {
    api(&server.url("contoso/manifests"), HostKind::GitHub)
}

/// `main`, and a branch `gitops/dev` that is ahead of it. Made once and
/// copied: there are many runs.
fn branches(git: &GitRepository) {
    static MADE: LazyLock<(tempfile::TempDir, GitRepository)> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let git = GitRepository::init(&folder.path().join("m"));
        git.commit("main", "start", &[("a.yaml", "100644", "1")]);
        let tip = git.tip("main").unwrap();
        git.git(&["update-ref", "refs/heads/gitops/dev", &tip]);
        git.commit("gitops/dev", "change", &[("a.yaml", "100644", "2")]);
        (folder, git)
    });
    for part in ["objects", "refs"] {
        copy(&MADE.1.path().join(part), &git.path().join(part));
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in from.read_dir().unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn draft() -> Draft {
    Draft {
        source: "gitops/dev".into(),
        target: "main".into(),
        title: "dev: 1 changed".into(),
        description: "| a | b |".into(),
        ..Draft::default()
    }
}

fn reviewer(name: &str) -> Reviewer {
    Reviewer {
        name: name.into(),
        required: false,
    }
}

fn note(text: &str) -> Note {
    Note {
        marker: "plan/dev".into(),
        text: text.into(),
        blocks: false,
    }
}

fn status(environment: &str, state: StatusState) -> Status {
    Status {
        environment: environment.into(),
        state,
        description: "1 changed".into(),
        link: Some("https://contoso.com/run/1".into()),
    }
}

fn commit(git: &GitRepository, branch: &str) -> ObjectId {
    ObjectId::parse(&git.tip(branch).unwrap()).unwrap()
}

async fn opened(api: &Api) -> PullRequest {
    api.create(&draft()).await.unwrap().pull_request
}

/// The stages run on any thread.
#[test]
fn operations_can_move_between_threads() {
    fn sends(_: impl Send) {}
    let api = api("https://github.com/contoso/manifests", HostKind::GitHub);
    let draft = draft();
    sends(api.create(&draft));
    sends(api.find("a", "b"));
    let statuses = [status("dev", StatusState::Failed)];
    sends(api.commit_statuses(ObjectId::of_blob(b""), &statuses));
}

#[test]
fn the_fakes_serve_git_from_the_same_address() {
    let folder = tempfile::tempdir().unwrap();
    let azure = AzureDevOps::start_shop();
    let github = GitHub::start_contoso();
    azure.with(|state| branches(&state.git));
    github.with(|state| branches(&state.git));
    let addresses = [
        azure.url("contoso/shop/_git/manifests"),
        github.url("contoso/manifests"),
    ];
    for address in addresses {
        let seen = git(folder.path(), &["ls-remote", "--heads", &address]);
        assert!(seen.contains("refs/heads/gitops/dev"), "{seen}");
    }
    assert!(
        azure.requests().is_empty(),
        "git is no call of the interface"
    );
}

#[test]
fn other_git_servers_have_no_interface() {
    let url = RedactedUrl::new("https://git.contoso.com/m".parse().unwrap());
    let options = ApiOptions::new(options(), Credentials::None);
    assert!(Api::open(&url, HostKind::Git, options).unwrap().is_none());
}
