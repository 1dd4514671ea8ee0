//! As a GitHub App, and with a client certificate.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Scene, failed, sound, warnings};
use crate::support::github::{APP, Hub};
use crate::support::program::Program;

fn key() -> String {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let text = STANDARD.encode(der.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
}

fn installed() -> Scene<Hub> {
    let scene = Scene::<Hub>::new();
    scene.server.with(|state| state.app_installed = true);
    scene
}

/// The task as the app, without a token.
fn as_app(scene: &Scene<Hub>, inputs: &[(&str, &str)]) -> Program {
    let app = [("token", ""), ("githubAppId", APP)];
    scene.task(&[&app, inputs].concat())
}

#[test]
fn an_app_pushes_and_opens_pull_requests_with_tokens_of_its_own() {
    let scene = installed();
    let key = key();
    let inputs = [("githubAppKey", key.as_str()), ("environments", "dev,prod")];
    let ended = sound(as_app(&scene, &inputs).succeed());
    let open = |name: &str| ("open", format!("gitops/{name}"));
    assert_eq!(scene.states(), [open("dev"), open("prod")]);
    assert_eq!(scene.server.with(|state| state.made_tokens), 1);
    let log: Vec<_> = ended
        .stdout
        .lines()
        .filter(|line| !line.starts_with("##vso[task.setsecret]"))
        .collect();
    assert!(!log.concat().contains("ghs_installation1"));
    let masked = "##vso[task.setsecret]ghs_installation1";
    assert!(ended.stdout.contains(masked), "{}", ended.stdout);
    let body = key.lines().nth(1).unwrap();
    assert!(!log.concat().contains(body), "the key is nowhere");
}

#[test]
fn the_key_may_be_in_a_variable_or_a_file() {
    let key = key();
    let scene = installed();
    let variable = as_app(&scene, &[]).variable("GITOPS_GITHUB_APP_KEY", &key);
    sound(variable.succeed());
    let scene = installed();
    scene.workspace.write("app.pem", &key).write(
        "gitops.yaml",
        "githubAppKeyFile: app.pem\nenvironments: {dev: {}}\n",
    );
    sound(as_app(&scene, &[]).succeed());
    assert_eq!(scene.states().len(), 1);
}

#[rstest::rstest]
#[case(&[("githubAppKey", "")], "the private key of the GitHub App 4711 is not given\nHint: set the input `githubAppKey` to a secret variable, the variable `GITOPS_GITHUB_APP_KEY`, or `githubAppKeyFile`")]
#[case(&[("githubAppKey", "$(appKey)")], "the input `githubAppKey` contains `$(appKey)`, a variable that this run does not have\nHint: define the secret variable")]
#[case(&[("githubAppId", ""), ("githubAppKey", "x")], "the input `githubAppKey` is given, and `githubAppId` is not\nHint: set `githubAppId` to the id or client id of the app")]
fn what_is_missing_is_named(#[case] inputs: &[(&str, &str)], #[case] expected: &str) {
    let scene = installed();
    let error = failed(&as_app(&scene, inputs).succeed());
    assert_eq!(error, expected);
    assert_eq!(scene.server.requests().len(), 0);
}

#[test]
fn a_key_that_cannot_sign_is_told_before_anything_is_sent() {
    let scene = installed();
    let error = failed(&as_app(&scene, &[("githubAppKey", "hello")]).succeed());
    assert!(
        error.contains("it has no line -----BEGIN") && error.contains("Hint: give the whole PEM"),
        "{error}"
    );
    assert_eq!(scene.server.requests().len(), 0);
}

#[test]
fn an_app_that_is_not_installed_is_told() {
    let scene = Scene::<Hub>::new();
    let error = failed(&as_app(&scene, &[("githubAppKey", &key())]).succeed());
    assert!(
        error.contains("getting a token for the GitHub App"),
        "{error}"
    );
    assert!(
        error.contains("install the GitHub App for this repository"),
        "{error}"
    );
}

#[test]
fn on_a_build_of_a_pull_request_a_settings_file_gets_no_proof() {
    let scene = installed();
    scene.workspace.write(
        "gitops.yaml",
        &format!(
            "manifestRepo: {}\ngitHost: github\nenvironments: {{dev: {{}}}}\n",
            scene.url
        ),
    );
    let inputs = [
        ("githubAppKey", &*key()),
        ("manifestRepo", ""),
        ("command", "verify"),
    ];
    let verify = as_app(&scene, &inputs).variable("BUILD_REASON", "PullRequest");
    let ended = verify.succeed();
    assert!(
        warnings(&ended)
            .concat()
            .contains("the GitHub App's proof is not sent to"),
        "{}",
        ended.stdout
    );
    assert_eq!(scene.server.requests().len(), 0);
    let asked = scene.server.git_requests();
    assert!(asked.iter().all(|asked| asked.authorization.is_none()));
}

#[rstest::rstest]
#[case("githubAppKeyFile")]
#[case("clientCertificate")]
fn on_a_build_of_a_pull_request_a_settings_file_names_no_file_with_a_key(#[case] setting: &str) {
    let scene = installed();
    let text = format!("{setting}: key.pem\nenvironments: {{dev: {{}}}}\n");
    scene.workspace.write("gitops.yaml", &text);
    let verify = scene.task(&[("command", "verify")]);
    let error = failed(&verify.variable("BUILD_REASON", "PullRequest").succeed());
    assert!(
        error.contains(
            "is not accepted in pull request builds, because the file is untrusted there"
        ),
        "{error}"
    );
}

#[test]
fn a_client_certificate_that_is_none_is_told() {
    let scene = Scene::<Hub>::new();
    scene.workspace.write("client.pem", "hello");
    let error = scene.fails(&[("clientCertificate", "client.pem")]);
    assert!(
        error.contains("the client certificate and its key cannot be read"),
        "{error}"
    );
    let error = scene.fails(&[("clientCertificate", "gone.pem")]);
    assert!(
        error.contains("cannot read the client certificate gone.pem"),
        "{error}"
    );
}
