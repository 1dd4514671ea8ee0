//! Answers to a push that say nothing of our branch: the branch is looked at
//! once, and nothing is pushed again.

use rstest::rstest;

use super::publisher::{Failure, Publisher, files};
use crate::support::git_server::{Fault, GitServer, Turn};
use gitops_publisher::error::{Error, Kind};
use gitops_publisher::publish::Outcome;

fn packets(lines: &[&str]) -> String {
    let lines = lines
        .iter()
        .map(|line| format!("{:04x}{line}", line.len() + 4));
    lines.collect::<String>() + "0000"
}

fn pushes(server: &GitServer) -> usize {
    let asked = server.requests();
    asked
        .iter()
        .filter(|one| one.method == "POST" && one.target.ends_with("receive-pack"))
        .count()
}

#[rstest]
#[case::unpack_only(&packets(&["unpack ok\n"]))]
#[case::another_branch(&packets(&["unpack ok\n", "ok refs/heads/other\n"]))]
#[case::a_longer_name(&packets(&["unpack ok\n", "ok refs/heads/main2\n"]))]
#[case::an_empty_report(&packets(&[]))]
#[case::an_empty_body("")]
#[case::banded(&packets(&[&format!("\u{1}{}", packets(&["unpack ok\n"]))]))]
#[tokio::test]
async fn what_did_not_land_is_not_pushed_again(#[case] body: &str) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    let start = repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let content = [("content-type", "application/x-git-receive-pack-result")];
    server.inject(Turn::Push, Fault::answer(200, &content, body));
    let publisher = Publisher::at(&server, "manifests");
    let result = publisher.publish("dev", &files(&["a.yaml=1"])).await;
    let error: Error = match result.unwrap_err() {
        Failure::Git(error) => error.into(),
        other => panic!("{other:?}"),
    };
    assert_eq!(error.kind(), Kind::Remote);
    assert_eq!(
        error.to_string(),
        format!(
            "branch \"main\" of {}: the server took the push without a word about the branch, which has not moved",
            server.url("manifests")
        )
    );
    assert_eq!(
        error.all_hints(),
        [
            "look at the server's log for this push: it took the request and did not say what became of it"
        ]
    );
    assert_eq!(repository.tip("main").unwrap(), start);
    assert_eq!(pushes(&server), 1);
}

#[rstest]
#[case::unpack_only(&packets(&["unpack ok\n"]))]
#[case::an_empty_report(&packets(&[]))]
#[case::an_empty_body("")]
#[tokio::test]
async fn what_landed_is_found(#[case] body: &str) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    server.inject(Turn::Push, Fault::AnswerAfter(body.as_bytes().to_vec()));
    let publisher = Publisher::at(&server, "manifests");
    let outcome = publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert!(
        matches!(outcome, Outcome::Published { attempt: 1, .. }),
        "{outcome:?}"
    );
    assert_eq!(repository.subjects("main"), ["Publish dev", "start"]);
    assert_eq!(pushes(&server), 1);
}
