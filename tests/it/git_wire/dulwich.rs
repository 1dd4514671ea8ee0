//! A server that is not git: one written on Dulwich, where Python has it
//! (`pip install dulwich`; `GITOPS_TEST_PYTHON` names another Python).

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use super::publisher::{Publisher, files};
use crate::support::git_repository::{GitRepository, command};
use gitops_publisher::publish::Outcome;

const SERVER: &str = r#"
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server
from dulwich.repo import Repo
from dulwich.server import DictBackend
from dulwich.web import make_wsgi_chain

class Quiet(WSGIRequestHandler):
    def log_message(self, *_): pass

app = make_wsgi_chain(DictBackend({"/manifests": Repo(sys.argv[1])}))
server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
"#;

struct Dulwich {
    root: tempfile::TempDir,
    repository: GitRepository,
    port: u16,
    child: Child,
}

impl Dulwich {
    /// Starts one; `None` where Python does not have it.
    fn start() -> Option<Self> {
        let python = std::env::var("GITOPS_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
        let root = tempfile::tempdir().unwrap();
        let repository = GitRepository::init(&root.path().join("manifests"));
        let mut child = command(&python)
            .args(["-c", SERVER])
            .arg(repository.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let Ok(port) = line.trim().parse() else {
            child.wait().unwrap();
            println!("skipped: {python} has no dulwich");
            return None;
        };
        Some(Self {
            root,
            repository,
            port,
            child,
        })
    }

    fn publisher(&self) -> Publisher {
        Publisher::to(&format!("http://127.0.0.1:{}/manifests", self.port))
    }
}

impl Drop for Dulwich {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
async fn it_is_published_to_and_read_again() {
    let Some(server) = Dulwich::start() else {
        return;
    };
    assert!(server.root.path().is_dir());
    let repository = &server.repository;
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let publisher = server.publisher();
    for round in ["a.yaml=1", "a.yaml=2"] {
        let files = files(&[round, "b/c.yaml=1"]);
        let outcome = publisher.publish("dev", &files).await.unwrap();
        assert!(matches!(outcome, Outcome::Published { attempt: 1, .. }));
    }
    let same = files(&["a.yaml=2", "b/c.yaml=1"]);
    let outcome = publisher.publish("dev", &same).await.unwrap();
    assert!(matches!(outcome, Outcome::Unchanged { .. }));
    publisher
        .publish("qa", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(
        repository.subjects("main"),
        ["Publish qa", "Publish dev", "Publish dev", "start"]
    );
    assert_eq!(repository.content("main", "dev/a.yaml"), "2");
    repository.assert_sound();
}

#[tokio::test]
async fn an_empty_repository_gets_its_first_branch() {
    let Some(server) = Dulwich::start() else {
        return;
    };
    let publisher = server.publisher();
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(server.repository.subjects("main"), ["Publish dev"]);
    server.repository.assert_sound();
}
