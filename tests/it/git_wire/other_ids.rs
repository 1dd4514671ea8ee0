//! Repositories with SHA-256 object ids are refused by name before anything is
//! sent, however little the server says of them.

use rstest::rstest;

use super::answers::refused;
use super::publisher::{Publisher, files};
use crate::support::git_repository::{self, GitRepository};
use crate::support::git_server::{Fault, GitServer, Turn};
use gitops_publisher::error::Kind;

/// Makes a bare repository with SHA-256 ids, whose HEAD is this branch.
fn init(parent: &std::path::Path, name: &str, head: &str) {
    let args = ["init", "-q", "--bare", "--object-format=sha256", "-b"];
    git_repository::git(parent, &[&args[..], &[head, name]].concat());
    git_repository::git(&parent.join(name), &["config", "http.receivepack", "true"]);
}

/// Adds a commit without a file to the reference.
fn commit(repository: &std::path::Path, reference: &str) {
    let git = |args: &[&str]| git_repository::git(repository, args).trim().to_owned();
    let tree = git(&["mktree"]);
    let who = ["-c", "user.name=t", "-c", "user.email=t@contoso.com"];
    let commit = git(&[&who[..], &["commit-tree", &tree, "-m", "start"]].concat());
    git(&["update-ref", reference, &commit]);
}

async fn assert_refused(publisher: &Publisher) {
    let error = refused(publisher).await;
    let message = error.to_string();
    assert!(
        message.ends_with("it uses the object format sha256; only sha1 is supported"),
        "{message}"
    );
    assert_eq!(error.kind(), Kind::Remote);
    assert_eq!(
        error.all_hints(),
        ["use a repository with the object format sha1"]
    );
}

#[rstest]
#[case::empty("main", None)]
#[case::empty_with_another_head("trunk", None)]
#[case::with_a_commit("main", Some("refs/heads/main"))]
#[case::with_another_branch_only("main", Some("refs/heads/other"))]
#[case::with_a_tag_only("main", Some("refs/tags/v1"))]
#[tokio::test]
async fn over_http(#[case] head: &str, #[case] reference: Option<&str>) {
    let server = GitServer::start();
    init(server.root(), "manifests", head);
    if let Some(reference) = reference {
        commit(&server.root().join("manifests"), reference);
    }
    assert_refused(&Publisher::at(&server, "manifests")).await;
    let pushes = server.requests();
    let pushes = pushes.iter().filter(|asked| asked.method == "POST");
    assert_eq!(pushes.count(), 0, "nothing is sent");
}

/// What servers of other versions say of an empty repository.
#[rstest]
#[case::since_2_41(
    64,
    "multi_ack side-band-64k no-progress shallow filter object-format=sha256 agent=git/2.55.0"
)]
#[case::without_the_format(64, "multi_ack side-band-64k")]
#[case::with_short_zeros(40, "side-band-64k object-format=sha256")]
#[tokio::test]
async fn as_other_servers_say_it(#[case] zeros: usize, #[case] capabilities: &str) {
    let line = format!("{} capabilities^{{}}\0{capabilities}\n", "0".repeat(zeros));
    let server = GitServer::start();
    server.create("manifests");
    let answer = format!(
        "001e# service=git-upload-pack\n0000{:04x}{line}0000",
        line.len() + 4
    );
    let content = "application/x-git-upload-pack-advertisement";
    server.inject(
        Turn::Advertisement,
        Fault::answer(200, &[("content-type", content)], &answer),
    );
    assert_refused(&Publisher::at(&server, "manifests")).await;
    assert_eq!(server.turns(), 1);
}

#[rstest]
#[case::empty(false)]
#[case::with_a_commit(true)]
#[tokio::test]
async fn on_this_machine(#[case] filled: bool) {
    let root = tempfile::tempdir().unwrap();
    init(root.path(), "manifests", "main");
    let path = root.path().join("manifests");
    if filled {
        commit(&path, "refs/heads/main");
    }
    assert_refused(&Publisher::to(path.to_str().unwrap())).await;
}

#[cfg(unix)]
#[rstest]
#[case::empty(false)]
#[case::with_a_commit(true)]
#[tokio::test]
async fn over_ssh(#[case] filled: bool) {
    let server = crate::support::ssh_server::SshServer::start();
    // Made in its place, with the other kind of ids.
    let sound = server.create("manifests.git");
    let (parent, path) = (sound.path().parent().unwrap(), sound.path().to_path_buf());
    std::fs::remove_dir_all(&path).unwrap();
    init(parent, "manifests.git", "main");
    if filled {
        commit(&path, "refs/heads/main");
    }
    assert_refused(&super::ssh::publisher(&server)).await;
    let received = git_repository::git(&path, &["for-each-ref", "--format=%(refname)"]);
    assert_eq!(received.lines().count(), usize::from(filled));
}

/// An old server says nothing at all of an empty repository; which ids it has
/// costs one more question, and only then. What its HEAD names costs another.
#[tokio::test]
async fn an_ordinary_empty_repository_is_published_to() {
    let server = GitServer::start();
    let repository: GitRepository = server.create("manifests");
    let content = "application/x-git-upload-pack-advertisement";
    server.inject(
        Turn::Advertisement,
        Fault::answer(
            200,
            &[("content-type", content)],
            "001e# service=git-upload-pack\n00000000",
        ),
    );
    Publisher::at(&server, "manifests")
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(repository.subjects("main"), ["Publish dev"]);
    let asked: Vec<_> = server
        .requests()
        .into_iter()
        .map(|one| one.target)
        .collect();
    assert_eq!(
        asked,
        [
            "/manifests/info/refs?service=git-upload-pack",
            "/manifests/info/refs?service=git-receive-pack",
            "/manifests/git-upload-pack",
            "/manifests/git-receive-pack",
        ]
    );
}
