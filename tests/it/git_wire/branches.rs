//! Which branch is read and pushed to.

use rstest::rstest;

use super::publisher::{Publisher, files};
use crate::support::git_server::GitServer;
use gitops_publisher::publish::Outcome;

#[rstest]
#[case::named(Some("release/1"), "release/1")]
#[case::named_in_full(Some("refs/heads/live"), "live")]
#[tokio::test]
async fn a_missing_branch_starts_at_the_default_branch(
    #[case] branch: Option<&str>,
    #[case] name: &str,
) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.git(&["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    let start = repository.commit("trunk", "start", &[("README.md", "100644", "hello")]);
    let mut publisher = Publisher::at(&server, "manifests");
    publisher.branch = branch.map(str::to_owned);
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(
        repository.git(&["rev-parse", &format!("{name}^")]).trim(),
        start
    );
    assert_eq!(repository.tip("trunk").unwrap(), start);
    assert_eq!(
        repository.paths(name),
        ["README.md", "dev/.gitops-publisher", "dev/a.yaml"]
    );
}

#[tokio::test]
async fn a_missing_branch_is_made_without_a_commit_when_nothing_differs() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    let mut publisher = Publisher::at(&server, "manifests");
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    publisher.branch = Some("live".into());
    let outcome = publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert!(matches!(outcome, Outcome::Published { .. }), "{outcome:?}");
    assert_eq!(repository.tip("live"), repository.tip("main"));
    let again = publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert!(matches!(again, Outcome::Unchanged { .. }), "{again:?}");
}

#[tokio::test]
async fn the_default_branch_is_found_whatever_its_name() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.git(&["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    repository.commit("main", "another branch", &[("x", "100644", "x")]);
    repository.commit("trunk", "start", &[("README.md", "100644", "hello")]);
    Publisher::at(&server, "manifests")
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(repository.subjects("trunk"), ["Publish dev", "start"]);
}

#[rstest::rstest]
#[case::what_head_names("refs/heads/trunk", true, None, "trunk")]
#[case::with_a_folder("refs/heads/live/eu", true, None, "live/eu")]
#[case::what_is_asked_for("refs/heads/trunk", true, Some("dev"), "dev")]
#[case::a_server_that_does_not_say("refs/heads/trunk", false, None, "main")]
#[tokio::test]
async fn an_empty_repository_gets_the_branch_that_its_head_names(
    #[case] head: &str,
    #[case] says: bool,
    #[case] branch: Option<&str>,
    #[case] made: &str,
) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.git(&["symbolic-ref", "HEAD", head]);
    if !says {
        server.speak_only_the_oldest_protocol();
    }
    let mut publisher = Publisher::at(&server, "manifests");
    publisher.branch = branch.map(str::to_owned);
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(repository.subjects(made), ["Publish dev"]);
}
