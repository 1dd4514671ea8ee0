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
    "a rule or hook of the server refused the push to branch \"main\" of ",
    ": pre-receive hook declined (ask the platform team)",
    "ask those who run the server about this rule; the words above are its own"
)]
#[case::update_hook(
    "update",
    "echo 'GH006: Protected branch update failed' >&2; exit 1",
    "branch \"main\" of ",
    " is protected against pushes: hook declined (GH006: Protected branch update failed; error: hook declined to update refs/heads/main)",
    "the branch's policy forbids direct pushes: publish to another branch and open a pull request, or let this identity bypass the policy"
)]
#[case::author(
    "pre-receive",
    "echo \"VS403702: The push was rejected because one or more commits contain author email 'publisher@contoso.com' which does not match the policy-specified patterns.\" >&2; exit 1",
    "branch \"main\" of ",
    " does not take commits of this author: pre-receive hook declined (VS403702: The push was rejected because one or more commits contain author email 'publisher@contoso.com' which does not match the policy-specified patterns.)",
    "set `authorEmail` to an address that the server allows, and `authorName` to match"
)]
#[case::signed(
    "pre-receive",
    "printf 'error: GH013: Repository rule violations found for refs/heads/main.\\n\\n- Commits must have verified signatures.\\n' >&2; exit 1",
    "branch \"main\" of ",
    " takes signed commits only: pre-receive hook declined (error: GH013: Repository rule violations found for refs/heads/main.; - Commits must have verified signatures.)",
    "the commits of this program are not signed: let this identity bypass the rule, or take the branch out of it"
)]
#[case::secrets(
    "pre-receive",
    "echo 'VS403654: The push was rejected because it contains one or more secrets.' >&2; exit 1",
    "branch \"main\" of ",
    " refused the push because of a secret in it: pre-receive hook declined (VS403654: The push was rejected because it contains one or more secrets.)",
    "take the secret out of what is published, and revoke it; if it isn't one, allow it as the server's words say"
)]
#[case::name(
    "pre-receive",
    "echo 'VS403729: The push was rejected because a commit contains a path, which exceeds the maximum length of 32766 characters.' >&2; exit 1",
    "branch \"main\" of ",
    " refused the push because of the name of a file: pre-receive hook declined (VS403729: The push was rejected because a commit contains a path, which exceeds the maximum length of 32766 characters.)",
    "rename what becomes this file, or shorten `folder` and the names in the source"
)]
#[cfg(unix)]
#[tokio::test]
async fn every_rule_is_told_apart_in_the_servers_words(
    #[case] hook: &str,
    #[case] script: &str,
    #[case] begins: &str,
    #[case] ends: &str,
    #[case] hint: &str,
) {
    use std::os::unix::fs::PermissionsExt as _;
    let server = GitServer::start();
    let repository = server.create("manifests");
    let start = repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let path = repository.path().join("hooks").join(hook);
    write(&path, &format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let error = refused(&Publisher::at(&server, "manifests")).await;
    assert_eq!(error.kind(), Kind::Policy);
    let expected = format!("{begins}{}{ends}", server.url("manifests"));
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.all_hints(), [hint]);
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
#[case::without_credentials(401, "", "asks for credentials, and this run has none for it")]
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
