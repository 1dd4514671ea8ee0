//! What users read when a host says no.

use gitops_publisher::error::Error;
use gitops_publisher::host::{Api, ApiOptions, Credentials, HostKind};
use gitops_publisher::model::{RedactedUrl, Secret};
use rstest::rstest;
use serde_json::json;

use super::{azure, branches, draft, github, options};
use crate::support::azure_devops::AzureDevOps;
use crate::support::github::GitHub;
use crate::support::rest_fake::{Fault, Reply};

fn said(message: &str, status: u16) -> Reply {
    Reply::json(status, &json!({"message": message}))
}

/// The message and hints when opening a pull request is answered like this.
async fn told(kind: HostKind, reply: Reply) -> String {
    let fault = Fault::Answer(reply);
    let (error, address) = if kind == HostKind::Azure {
        let server = AzureDevOps::start_shop();
        server.inject(0, fault);
        (azure(&server).create(&draft()).await, server.url(""))
    } else {
        let server = GitHub::start_contoso();
        server.inject(0, fault);
        (github(&server).create(&draft()).await, server.url(""))
    };
    let error = Error::from(error.unwrap_err());
    let text = format!("{error}\n> {}", error.all_hints().join("\n> "));
    text.replace(&address, "https://host/")
}

#[tokio::test]
async fn a_sign_in_page_is_a_matter_of_the_token() {
    let page = Reply {
        body: "<html>Sign in</html>".into(),
        ..Reply::status(203).with("content-type", "text/html; charset=utf-8")
    };
    insta::assert_snapshot!(told(HostKind::Azure, page).await, @r#"
    opening the pull request from "gitops/dev" to "main" in https://host/contoso/shop/_git/manifests failed: GET https://host/contoso/shop/_apis/git/repositories/manifests answered 203
    > check the access token: it may be expired, or made for another organization. In a pipeline, `$(System.AccessToken)` must be handed to the step
    "#);
    let elsewhere =
        Reply::status(302).with("location", "https://login.contoso.com/_signin?realm=x");
    insta::assert_snapshot!(told(HostKind::Azure, elsewhere).await, @r#"
    opening the pull request from "gitops/dev" to "main" in https://host/contoso/shop/_git/manifests failed: GET https://host/contoso/shop/_apis/git/repositories/manifests was answered with a redirect to https://login.contoso.com/_signin, which is not followed
    > check the access token: it may be expired, or made for another organization. In a pipeline, `$(System.AccessToken)` must be handed to the step
    "#);
}

#[tokio::test]
async fn a_missing_permission_is_named_with_who_needs_it() {
    let message = r"TF401027: You need the Git 'PullRequestContribute' permission to perform this action. Details: identity 'Build\f2a1', scope 'repository'.";
    insta::assert_snapshot!(told(HostKind::Azure, said(message, 403)).await, @r#"
    opening the pull request from "gitops/dev" to "main" in https://host/contoso/shop/_git/manifests failed: GET https://host/contoso/shop/_apis/git/repositories/manifests answered 403: TF401027: You need the Git 'PullRequestContribute' permission to perform this action. Details: identity 'Build\f2a1', scope 'repository'.
    > give the identity "Build\f2a1" the permission "Contribute to pull requests" on this repository (Project settings > Repositories > Security). In a pipeline the identity is "<Project> Build Service (<organization>)"
    "#);
    let app = said("Resource not accessible by integration", 403)
        .with("x-accepted-github-permissions", "pull_requests=write");
    insta::assert_snapshot!(told(HostKind::GitHub, app).await, @r#"
    opening the pull request from "gitops/dev" to "main" in https://host/contoso/manifests failed: POST https://host/api/v3/repos/contoso/manifests/pulls answered 403: Resource not accessible by integration
    > give the GitHub App, or the workflow's `permissions`, pull_requests=write
    "#);
    let classic = said("Must have admin rights to Repository.", 403)
        .with("x-oauth-scopes", "repo:status")
        .with("x-accepted-oauth-scopes", "repo");
    insta::assert_snapshot!(told(HostKind::GitHub, classic).await, @r#"
    opening the pull request from "gitops/dev" to "main" in https://host/contoso/manifests failed: POST https://host/api/v3/repos/contoso/manifests/pulls answered 403: Must have admin rights to Repository.
    > the token has repo:status; this needs one of: repo. Make a token with that scope
    "#);
}

#[tokio::test]
async fn what_is_hidden_looks_missing() {
    insta::assert_snapshot!(told(HostKind::GitHub, said("Not Found", 404)).await, @r#"
    opening the pull request from "gitops/dev" to "main" in https://host/contoso/manifests failed: POST https://host/api/v3/repos/contoso/manifests/pulls answered 404: Not Found
    > check the spelling of owner and repository
    > GitHub also answers "not found" for private repositories that the token may not see: check the token's repository access
    "#);
}

#[tokio::test]
async fn wrong_credentials_are_told() {
    insta::assert_snapshot!(told(HostKind::GitHub, said("Bad credentials", 401)).await, @r#"
    opening the pull request from "gitops/dev" to "main" in https://host/contoso/manifests failed: POST https://host/api/v3/repos/contoso/manifests/pulls answered 401: Bad credentials
    > check the access token: it may be expired, revoked, or not yet authorized for single sign-on of the organization
    "#);
}

#[tokio::test]
async fn a_server_that_wants_an_hour_gets_no_second_request() {
    let server = GitHub::start_contoso();
    let hour = said("API rate limit exceeded for installation", 403)
        .with("retry-after", "3600")
        .with("x-ratelimit-remaining", "0");
    server.inject(0, Fault::Answer(hour));
    let error = github(&server).create(&draft()).await.unwrap_err();
    let text = error.to_string().replace(&server.url(""), "https://host/");
    insta::assert_snapshot!(text, @r#"
    opening the pull request from "gitops/dev" to "main" in https://host/contoso/manifests failed: POST https://host/api/v3/repos/contoso/manifests/pulls answered 403: API rate limit exceeded for installation (it asks to wait 60 minutes)
    "#);
    assert_eq!(server.requests().len(), 1);
}

/// What a host that is too busy holds back, it says for how long: the next request
/// waits as long.
#[rstest]
#[case::a_part_of_a_second("x-ratelimit-delay", "0.3", 300)]
#[case::with_blanks("x-ratelimit-delay", " 0.2 ", 200)]
#[case::no_longer_than_we_are_willing_to("x-ratelimit-delay", "3600", 400)]
#[case::as_most_hosts_say_it("retry-after", "3600", 400)]
#[case::not_at_all("x-ratelimit-delay", "0", 0)]
#[case::what_is_no_time("x-ratelimit-delay", "soon", 0)]
#[tokio::test]
async fn a_host_that_holds_requests_back_is_left_alone_as_long(
    #[case] name: &'static str,
    #[case] value: &str,
    #[case] least: u64,
) {
    let server = GitHub::start_contoso();
    let good = Reply::json(200, &json!([])).with(name, value);
    server.inject(0, Fault::Answer(good));
    let mut http = options();
    http.retry.longest_asked = std::time::Duration::from_millis(400);
    let token = Credentials::Token(Secret::new("a-token"));
    let url = RedactedUrl::new(server.url("contoso/manifests").parse().unwrap());
    let api = Api::open(&url, HostKind::GitHub, ApiOptions::new(http, token));
    let api = api.unwrap().unwrap();
    assert!(api.find("gitops/dev", "main").await.unwrap().is_none());
    let began = std::time::Instant::now();
    api.find("gitops/dev", "main").await.unwrap();
    let took = began.elapsed();
    assert!(took.as_millis() >= u128::from(least), "{took:?}");
}

#[rstest]
#[case(HostKind::Azure)]
#[case(HostKind::GitHub)]
#[tokio::test]
async fn a_token_is_sent_to_no_other_host_and_never_shown(#[case] kind: HostKind) {
    let elsewhere = Reply::status(307).with("location", "https://evil.contoso.com/x");
    let text = told(kind, elsewhere).await;
    assert!(
        text.contains("redirect to https://evil.contoso.com/x"),
        "{text}"
    );
    assert!(!text.contains("a-token"), "{text}");
}

#[tokio::test]
async fn the_branch_must_be_there() {
    let server = AzureDevOps::start_shop();
    let error = azure(&server).create(&draft()).await.unwrap_err();
    assert!(error.to_string().contains("TF401398"), "{error}");
    server.with(|state| branches(&state.git));
    azure(&server).create(&draft()).await.unwrap();
}

#[tokio::test]
async fn a_client_certificate_must_be_one() {
    let mut http = options();
    http.client_identity_pem = Some(b"no certificate".to_vec().into());
    let server = GitHub::start_contoso();
    let url = server.url("contoso/manifests").parse().unwrap();
    let url = gitops_publisher::model::RedactedUrl::new(url);
    let options =
        gitops_publisher::host::ApiOptions::new(http, gitops_publisher::host::Credentials::None);
    let api = gitops_publisher::host::Api::open(&url, HostKind::GitHub, options);
    let error = api.unwrap().unwrap().repository().await.unwrap_err();
    assert!(error.to_string().contains("client certificate"), "{error}");
}
