//! Every answer to a read that servers are known to give, and our words for it.

use rstest::rstest;

use super::publisher::{Publisher, files};
use crate::support::git_server::{Fault, GitServer, Turn};
use gitops_publisher::error::{Error, Kind};
use gitops_publisher::host::HostKind;
use gitops_publisher::publish::Failure;

/// Publishes and gives back the error as a user would see it.
pub(super) async fn refused(publisher: &Publisher) -> Error {
    let result = publisher.publish("dev", &files(&["a.yaml=1"])).await;
    match result.unwrap_err() {
        Failure::Git(error) => error.into(),
        other => panic!("{other:?}"),
    }
}

fn page(status: u16) -> Fault {
    Fault::answer(
        status,
        &[("content-type", "text/html; charset=utf-8")],
        "<html><title>Azure DevOps Services | Sign In</title>",
    )
}

fn framed(text: &str) -> String {
    format!(
        "001e# service=git-upload-pack\n0000{:04x}{text}",
        text.len() + 4
    )
}

#[rstest]
#[case::unauthorized(
    Fault::status(401),
    HostKind::Git,
    "refused the credentials",
    "gitUser"
)]
#[case::sign_in_page(
    page(203),
    HostKind::Azure,
    "refused the credentials",
    "personal access token"
)]
#[case::sign_in_page_as_success(
    page(200),
    HostKind::Azure,
    "refused the credentials",
    "access token"
)]
#[case::sign_in_redirect(
    Fault::answer(302, &[("location", "https://spsprodeus1.vssps.visualstudio.com/_signin?realm=dev.azure.com")], ""),
    HostKind::Azure, "refused the credentials", "access token")]
#[case::no_permission(
    Fault::answer(403, &[("content-type", "application/x-git-upload-pack-advertisement")], &framed("TF401027: You need the Git 'GenericRead' permission\n")),
    HostKind::Azure, "does not permit this: GET", "Build Service")]
#[case::forbidden_on_github(Fault::answer(403, &[("content-type", "text/plain")], "Permission to contoso/m.git denied to bot"), HostKind::GitHub, "does not permit this", "Contents")]
#[case::not_found_on_azure(
    Fault::answer(404, &[("content-type", "text/plain")], "TF401019: The Git repository with name or identifier m does not exist"),
    HostKind::Azure, "was not found", "organization, project and repository")]
#[case::not_found_on_github(
    Fault::status(404),
    HostKind::GitHub,
    "was not found",
    "private repositories"
)]
#[case::no_repository(Fault::answer(200, &[("content-type", "text/html")], "<html>Welcome"), HostKind::Git, "there is no git repository", "git clone")]
#[case::no_repository_either(Fault::answer(200, &[("content-type", "application/x-git-upload-pack-advertisement")], "hello"), HostKind::Git, "there is no git repository", "git clone")]
#[case::another_host(Fault::answer(301, &[("location", "https://elsewhere.contoso.com/x")], ""), HostKind::Git, "is not followed", "address that the server points to")]
#[case::broken(Fault::answer(500, &[("content-type", "text/plain"), ("x-request-id", "r-42")], "out of order"), HostKind::Git, "answered 500 (request r-42): out of order", "check the address")]
#[tokio::test]
async fn answers_to_a_read_are_told_with_what_to_do(
    #[case] fault: Fault,
    #[case] kind: HostKind,
    #[case] expected: &str,
    #[case] hint: &str,
) {
    let server = GitServer::start();
    server.create("manifests");
    server.inject(Turn::Advertisement, fault);
    let mut publisher = Publisher::at(&server, "manifests");
    publisher.kind = Some(kind);
    publisher.token = Some("marked-token".into());
    let error = refused(&publisher).await;
    let message = error.to_string();
    assert_eq!(error.kind(), Kind::Remote);
    assert!(message.starts_with(&server.url("manifests")), "{message}");
    assert!(message.contains(expected), "{message}");
    assert!(
        !message.contains("001e") && !message.contains("<html>"),
        "{message}"
    );
    assert!(
        error.all_hints().iter().any(|text| text.contains(hint)),
        "{:?}",
        error.all_hints()
    );
    assert_eq!(server.turns(), 1, "nothing is tried again");
}

/// A GitHub App's token is answered like an unknown one in its first seconds.
#[rstest]
#[case::unauthorized(401)]
#[case::forbidden(403)]
#[case::not_found(404)]
#[tokio::test]
async fn a_token_that_is_seconds_old_is_sent_again(#[case] status: u16) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    for _ in 0..3 {
        server.inject(Turn::Advertisement, Fault::status(status));
    }
    let mut publisher = Publisher::at(&server, "manifests");
    publisher.kind = Some(HostKind::GitHub);
    publisher.token = Some("young".into());
    publisher.made = Some(std::time::Instant::now());
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(repository.subjects("main"), ["Publish dev", "start"]);
    let sent = server.requests().into_iter().map(|one| one.headers);
    let tokens: std::collections::BTreeSet<_> = sent
        .flat_map(|headers| {
            headers
                .into_iter()
                .filter(|(name, _)| name == "authorization")
        })
        .collect();
    assert_eq!(tokens.len(), 1, "the same token");

    // One that is older is not known at all.
    server.inject(Turn::Advertisement, Fault::status(status));
    server.forget();
    let minute = std::time::Duration::from_mins(1);
    publisher.made = std::time::Instant::now().checked_sub(minute);
    refused(&publisher).await;
    assert_eq!(server.turns(), 1);
}

#[tokio::test]
async fn a_wrong_token_is_refused_by_a_real_server() {
    let server = GitServer::start();
    server.create("manifests");
    server.require("git", "right");
    let mut publisher = Publisher::at(&server, "manifests");
    publisher.token = Some("wrong-token".into());
    let message = refused(&publisher).await.to_string();
    assert!(
        message.contains("refused the credentials: GET"),
        "{message}"
    );
    assert!(!message.contains("wrong-token"));
}

#[tokio::test]
async fn a_repository_that_is_not_there_is_not_found() {
    let server = GitServer::start();
    let message = refused(&Publisher::at(&server, "manifests"))
        .await
        .to_string();
    assert!(message.contains("was not found"), "{message}");
}

#[rstest]
#[case::too_many(429)]
#[case::no_gateway(502)]
#[case::unavailable(503)]
#[case::gateway_timeout(504)]
#[tokio::test]
async fn passing_trouble_while_reading_is_waited_out(#[case] status: u16) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    server.inject(
        Turn::Advertisement,
        Fault::answer(status, &[("retry-after", "7")], ""),
    );
    server.inject(Turn::Fetch, Fault::status(status));
    server.inject(Turn::Fetch, Fault::DropBefore);
    Publisher::at(&server, "manifests")
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(repository.subjects("main"), ["Publish dev", "start"]);
}

#[tokio::test]
async fn requests_without_end_are_told_as_such() {
    let server = GitServer::start();
    server.create("manifests");
    (0..4).for_each(|_| server.inject(Turn::Advertisement, Fault::status(429)));
    let error = refused(&Publisher::at(&server, "manifests")).await;
    assert!(
        error.to_string().contains("asks for fewer requests"),
        "{error}"
    );
}

#[tokio::test]
async fn a_fetch_that_is_cut_off_is_read_again() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    server.inject(Turn::Fetch, Fault::CutAnswer);
    let publisher = Publisher::at(&server, "manifests");
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(repository.subjects("main"), ["Publish dev", "start"]);
    assert_eq!(std::fs::read_dir(publisher.temp_root()).unwrap().count(), 0);
}

#[rstest]
#[case::no_pack("0008NAK\n", "", "pack")]
#[case::garbage("0008NAK\n0016\u{1}not a pack at all0000", "", "the pack is damaged")]
#[case::bomb(
    "0008NAK\n0011\u{1}PACK\0\0\0\u{2}~~~~0000",
    "",
    "the number of objects is larger than"
)]
#[case::a_fatal_error("0008NAK\n000f\u{3}disk full\n0000", "", "the server said: disk full")]
#[case::a_page("<html>", "text/html", "no git repository")]
#[tokio::test]
async fn hostile_and_broken_packs_are_refused_and_leave_nothing(
    #[case] body: &str,
    #[case] content_type: &str,
    #[case] expected: &str,
) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let usual = "application/x-git-upload-pack-result";
    let content_type = if content_type.is_empty() {
        usual
    } else {
        content_type
    };
    let answer = Fault::answer(200, &[("content-type", content_type)], body);
    for _every_way_to_ask in 0..2 {
        server.inject(Turn::Fetch, answer.clone());
    }
    let publisher = Publisher::at(&server, "manifests");
    let error = refused(&publisher).await.to_string();
    assert!(error.contains(expected), "{error}");
    assert_eq!(std::fs::read_dir(publisher.temp_root()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let error = refused(&Publisher::to(&format!(
        "http://127.0.0.1:{port}/manifests"
    )))
    .await;
    let message = error.to_string();
    assert!(
        message.starts_with(&format!(
            "http://127.0.0.1:{port}/manifests could not be reached"
        )),
        "{message}"
    );
    assert!(message.contains("onnection refused"), "{message}");
}

#[tokio::test]
async fn a_ledger_that_cannot_be_read_stops_the_run() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.commit(
        "main",
        "start",
        &[("dev/.gitops-publisher", "100644", "{\"version\": 9}")],
    );
    let error = refused(&Publisher::at(&server, "manifests")).await;
    assert_eq!(error.kind(), Kind::Input);
    let expected = "the ledger dev/.gitops-publisher cannot be read: it has format version 9; this program knows 1";
    assert!(error.to_string().contains(expected), "{error}");
    assert!(error.all_hints()[0].contains("newer"));
}

/// Also where everything else stands as it should, so that nothing would be published.
#[rstest]
#[case::of_a_newer_version("{\"version\": 9}", "it has format version 9; this program knows 1")]
#[case::damaged("hello", "")]
#[case::empty("", "")]
#[case::of_another_form("{\"version\": 1}", "")]
#[case::cut("{\"version\": 1, \"environment\": \"de", "")]
#[tokio::test]
async fn a_ledger_that_was_spoilt_is_noticed_before_content_changes(
    #[case] ledger: &str,
    #[case] reason: &str,
    #[values(true, false)] narrow: bool,
) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    let mut publisher = Publisher::at(&server, "manifests");
    publisher.kind = (!narrow).then_some(HostKind::GitHub);
    let same = files(&["a.yaml=1"]);
    publisher.publish("dev", &same).await.unwrap();
    let ledger = ("dev/.gitops-publisher", "100644", ledger);
    repository.commit("main", "by hand", &[ledger]);
    let error: Error = match publisher.publish("dev", &same).await.unwrap_err() {
        Failure::Git(error) => error.into(),
        other => panic!("{other:?}"),
    };
    assert_eq!(error.kind(), Kind::Input);
    let expected = format!("the ledger dev/.gitops-publisher cannot be read: {reason}");
    assert!(error.to_string().contains(&expected), "{error}");
}

#[tokio::test]
async fn a_redirect_within_the_host_is_followed_for_the_whole_run() {
    let server = GitServer::start();
    let repository = server.create("renamed");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let target = format!(
        "{}/info/refs?service=git-upload-pack",
        server.url("renamed")
    );
    server.inject(
        Turn::Advertisement,
        Fault::answer(301, &[("location", &target)], ""),
    );
    Publisher::at(&server, "manifests")
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(repository.subjects("main"), ["Publish dev", "start"]);
}

#[tokio::test]
async fn no_default_branch_asks_for_a_name() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    for branch in ["dev", "qa"] {
        repository.commit(branch, "start", &[("README.md", "100644", "hello")]);
    }
    let error = refused(&Publisher::at(&server, "manifests")).await;
    assert!(
        error.to_string().ends_with("it has no default branch"),
        "{error}"
    );
}
