//! As a GitHub App.

use std::sync::{Arc, Mutex};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gitops_publisher::error::Error;
use gitops_publisher::host::{ApiError, App, AppTokens, Credentials, HostKind};
use gitops_publisher::model::{RedactedUrl, Secret};

use super::{api_as, branches, draft, options};
use crate::support::github::{APP, GitHub, INSTALLATION};
use crate::support::rest_fake::{Fault, Reply};

/// Tokens and proofs in the order in which they were to be masked.
type Masked = Arc<Mutex<Vec<String>>>;

fn pem(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

fn tokens(
    server: &GitHub,
    key: &str,
    installation: Option<u64>,
) -> (Result<AppTokens, ApiError>, Masked) {
    let masked = Masked::default();
    let list = masked.clone();
    let app = App {
        id: APP.into(),
        private_key: Secret::new(key),
        installation,
    };
    let url = RedactedUrl::new(server.url("contoso/manifests").parse().unwrap());
    let on_token = Arc::new(move |token: &Secret| list.lock().unwrap().push(token.expose().into()));
    (AppTokens::new(&url, app, options(), on_token), masked)
}

fn server() -> GitHub {
    let server = GitHub::start_contoso();
    server.with(|state| {
        branches(&state.git);
        state.app_installed = true;
    });
    server
}

#[tokio::test]
async fn an_app_gets_a_token_for_the_repository_and_a_new_one_when_it_expires() {
    let server = server();
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let key = pem("PRIVATE KEY", pkcs8.as_ref());
    let (tokens, masked) = tokens(&server, &key, None);
    let tokens = Arc::new(tokens.unwrap());
    let api = api_as(
        &server.url("contoso/manifests"),
        HostKind::GitHub,
        Credentials::App(tokens.clone()),
    );
    api.create(&draft()).await.unwrap();
    api.find("gitops/dev", "main").await.unwrap().unwrap();
    assert_eq!(server.with(|state| state.made_tokens), 1);
    server.with(|state| state.tokens.clear());
    api.find("gitops/dev", "main").await.unwrap().unwrap();
    assert_eq!(server.with(|state| state.made_tokens), 2);
    let token = tokens.token().await.unwrap();
    assert_eq!(token.expose(), "ghs_installation2", "for git as well");

    let masked = masked.lock().unwrap().clone();
    let [proof, first, _, second] = masked.as_slice() else {
        panic!("{masked:?}");
    };
    assert_eq!([first, second], ["ghs_installation1", "ghs_installation2"]);
    let (signed, signature) = proof.rsplit_once('.').unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref());
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    public.verify(signed.as_bytes(), &signature).unwrap();
}

#[tokio::test]
async fn a_key_may_come_as_github_makes_it_or_on_one_line() {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    // The RSA key inside starts behind version, algorithm and length.
    let pkcs1 = pem("RSA PRIVATE KEY", &pkcs8.as_ref()[26..]);
    for key in [
        pkcs1.clone(),
        pkcs1.replace('\n', "\\n"),
        pkcs1.replace('\n', " "),
    ] {
        let server = server();
        let (tokens, _) = tokens(&server, &key, Some(INSTALLATION));
        let token = tokens.unwrap().token().await.unwrap();
        assert_eq!(token.expose(), "ghs_installation1");
        assert_eq!(server.requests().len(), 1, "the installation is known");
    }
}

#[rstest::rstest]
#[case("hello", "it has no line -----BEGIN")]
#[case("-----BEGIN PRIVATE KEY-----\nAAAA", "it has no line -----END")]
#[case(
    "-----BEGIN PRIVATE KEY-----\n%%%\n-----END PRIVATE KEY-----",
    "not base64"
)]
#[case(
    "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
    "not a usable RSA key"
)]
#[case(
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
    "encrypted"
)]
#[case(
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    "not an RSA private key"
)]
#[tokio::test]
async fn a_key_that_cannot_sign_is_told_before_anything_is_sent(
    #[case] key: &str,
    #[case] reason: &str,
) {
    let server = server();
    let (tokens, _) = tokens(&server, key, None);
    let error = Error::from(tokens.unwrap_err());
    assert!(error.to_string().contains(reason), "{error}");
    assert!(error.all_hints()[0].contains("whole PEM file"));
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn an_app_that_is_not_installed_is_told() {
    let server = GitHub::start_contoso();
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let (tokens, _) = tokens(&server, &pem("PRIVATE KEY", pkcs8.as_ref()), None);
    let error = Error::from(tokens.unwrap().token().await.unwrap_err());
    let text = error.to_string().replace(&server.url(""), "https://host/");
    insta::assert_snapshot!(text, @"getting a token for the GitHub App in https://host/contoso/manifests failed: GET https://host/api/v3/repos/contoso/manifests/installation answered 404: Not Found");
    insta::assert_snapshot!(error.all_hints()[0], @"install the GitHub App for this repository, and check owner and repository in the address");
}

/// A host hands out a token before all of its servers know it.
#[rstest::rstest]
#[case(&[401])]
#[case(&[403])]
#[case(&[404])]
#[case(&[404, 403, 401, 404])]
#[tokio::test]
async fn a_token_that_is_seconds_old_is_sent_again(#[case] statuses: &[u16]) {
    let server = server();
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let key = pem("PRIVATE KEY", pkcs8.as_ref());
    let (tokens, _) = tokens(&server, &key, Some(INSTALLATION));
    let api = api_as(
        &server.url("contoso/manifests"),
        HostKind::GitHub,
        Credentials::App(Arc::new(tokens.unwrap())),
    );
    for (at, status) in statuses.iter().enumerate() {
        let reply = Reply::json(*status, &serde_json::json!({"message": "Not Found"}));
        server.inject(1 + at, Fault::Answer(reply));
    }
    // Also what writes: nothing was done.
    api.create(&draft()).await.unwrap();
    assert_eq!(server.with(|state| state.made_tokens), 1, "the same token");
    assert_eq!(server.with(|state| state.pull_requests.len()), 1);
}

#[tokio::test]
async fn a_host_that_names_what_is_missing_is_not_asked_again() {
    let server = server();
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let key = pem("PRIVATE KEY", pkcs8.as_ref());
    let (tokens, _) = tokens(&server, &key, Some(INSTALLATION));
    let api = api_as(
        &server.url("contoso/manifests"),
        HostKind::GitHub,
        Credentials::App(Arc::new(tokens.unwrap())),
    );
    let message = serde_json::json!({"message": "Resource not accessible by integration"});
    let reply = Reply::json(403, &message);
    let reply = reply.with("x-accepted-github-permissions", "pull_requests=write");
    server.inject(1, Fault::Answer(reply));
    let error = Error::from(api.create(&draft()).await.unwrap_err());
    assert_eq!(
        error.all_hints(),
        ["give the GitHub App, or the workflow's `permissions`, pull_requests=write"]
    );
    assert_eq!(server.requests().len(), 2);
}
