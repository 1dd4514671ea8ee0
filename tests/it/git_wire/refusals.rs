//! Every refusal of a push that servers are known to give, and our words for it.

use rstest::rstest;

use super::answers::refused;
use super::publisher::Publisher;
use crate::support::git_server::{Fault, GitServer, Turn};
use gitops_publisher::error::Kind;

#[rstest]
#[case::hook(
    "pre-receive",
    "echo 'ask the platform team' >&2; exit 1",
    "ask the platform team"
)]
#[case::update_hook(
    "update",
    "echo 'GH006: Protected branch update failed' >&2; exit 1",
    "GH006"
)]
#[cfg(unix)]
#[tokio::test]
async fn a_protected_branch_is_told_with_the_hooks_words(
    #[case] hook: &str,
    #[case] script: &str,
    #[case] expected: &str,
) {
    use std::os::unix::fs::PermissionsExt as _;
    let server = GitServer::start();
    let repository = server.create("manifests");
    let start = repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let path = repository.path().join("hooks").join(hook);
    write(&path, &format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let error = refused(&Publisher::at(&server, "manifests")).await;
    let message = error.to_string();
    assert_eq!(error.kind(), Kind::Policy);
    assert!(message.contains("branch \"main\" of http://"), "{message}");
    assert!(
        message.contains("is protected against pushes") && message.contains(expected),
        "{message}"
    );
    assert!(
        error.all_hints()[0].contains("pull request"),
        "{:?}",
        error.all_hints()
    );
    assert_eq!(repository.tip("main").unwrap(), start);
    assert_eq!(server.turns(), 3, "a refusal is not tried again");
}

#[rstest]
#[case(
    "TF402455: Pushes to this branch are not permitted; you must use a pull request",
    Kind::Policy,
    "protected against pushes"
)]
#[case(
    "GH013: Repository rule violations found",
    Kind::Policy,
    "protected against pushes"
)]
#[case(
    "protected branch hook declined",
    Kind::Policy,
    "protected against pushes"
)]
#[case(
    "VS403658: The push was rejected because of a large blob",
    Kind::Remote,
    "because of its size"
)]
#[case(
    "something unheard of",
    Kind::Remote,
    "the server refused the push: something unheard of"
)]
#[tokio::test]
async fn refusals_of_the_branch_are_understood(
    #[case] reason: &str,
    #[case] kind: Kind,
    #[case] expected: &str,
) {
    let server = GitServer::start();
    server.create("manifests");
    let line = |text: &str| format!("{:04x}{text}", text.len() + 4);
    let report = format!(
        "{}{}0000",
        line("unpack ok\n"),
        line(&format!("ng refs/heads/main {reason}\n"))
    );
    server.inject(
        Turn::Push,
        Fault::answer(
            200,
            &[("content-type", "application/x-git-receive-pack-result")],
            &report,
        ),
    );
    let error = refused(&Publisher::at(&server, "manifests")).await;
    assert_eq!(error.kind(), kind);
    assert!(error.to_string().contains(expected), "{error}");
}

#[rstest]
#[case::forbidden(
    403,
    "TF401027: You need the Git 'GenericContribute' permission",
    "does not permit this"
)]
#[case::too_large(413, "", "because of its size")]
#[case::expired(401, "", "refused the credentials")]
#[tokio::test]
async fn answers_to_a_push_are_told_too(
    #[case] status: u16,
    #[case] body: &str,
    #[case] expected: &str,
) {
    let server = GitServer::start();
    server.create("manifests");
    server.inject(
        Turn::Push,
        Fault::answer(status, &[("content-type", "text/plain")], body),
    );
    let error = refused(&Publisher::at(&server, "manifests")).await;
    assert!(error.to_string().contains(expected), "{error}");
}

#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "a test writes a hook")]
fn write(path: &std::path::Path, text: &str) {
    std::fs::write(path, text).unwrap();
}
