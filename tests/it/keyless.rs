//! Signing in to Azure DevOps without a stored token: what is asked of whom, where the token
//! goes, and what is said when it is refused.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use sha1::{Digest as _, Sha1};

use crate::pull_requests::{Scene, failed, sound};
use crate::support::azure_devops::Azure;
use crate::support::entra::{ASSERTION, Asked, CLIENT, CONNECTION, Entra, JOB_TOKEN, TENANT};
use crate::support::program::Program;

/// A repository that takes the first three tokens of Entra, and nothing else.
fn scene() -> Scene<Azure> {
    let scene = Scene::<Azure>::new();
    scene
        .server
        .with(|state| state.tokens = (1..=3).map(Entra::token).collect());
    scene
}

/// The task with a service connection that signs in as `scheme`.
fn task(scene: &Scene<Azure>, entra: &Entra, scheme: &str, inputs: &[(&str, &str)]) -> Program {
    let usual = [("token", ""), ("azureDevOpsServiceConnection", CONNECTION)];
    let of = |part: &str| format!("ENDPOINT_{part}_{CONNECTION}");
    scene
        .task(&[&usual, inputs].concat())
        .variable(
            "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN",
            JOB_TOKEN,
        )
        .variable("SYSTEM_OIDCREQUESTURI", &entra.url("contoso/oidc"))
        .variable(&of("AUTH_SCHEME"), scheme)
        .variable(
            &format!("{}_SERVICEPRINCIPALID", of("AUTH_PARAMETER")),
            CLIENT,
        )
        .variable(&format!("{}_TENANTID", of("AUTH_PARAMETER")), TENANT)
        .variable(
            &format!("{}_ACTIVEDIRECTORYAUTHORITY", of("DATA")),
            &entra.url(""),
        )
}

const FEDERATED: &str = "WorkloadIdentityFederation";

fn token_of(asked: &Asked) -> &std::collections::BTreeMap<String, String> {
    match asked {
        Asked::Token(form) => form,
        other => panic!("{other:?}"),
    }
}

/// What a run printed besides the commands that hide secrets.
fn shown(stdout: &str) -> String {
    let lines = stdout.lines();
    let lines = lines.filter(|line| !line.starts_with("##vso[task.setsecret]"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_run_trades_the_assertion_of_its_connection_for_a_token_and_proposes_with_it() {
    let (scene, entra) = (scene(), Entra::start());
    let ended = sound(task(&scene, &entra, FEDERATED, &[]).succeed());
    assert_eq!(scene.states(), [("open", "gitops/dev".to_owned())]);
    let asked = entra.asked();
    assert_eq!(
        (asked.len(), &asked[0]),
        (2, &Asked::Assertion),
        "one sign-in for git and pull requests"
    );
    assert_eq!(token_of(&asked[1])["client_assertion"], ASSERTION);
    let written = shown(&ended.stdout);
    for secret in [JOB_TOKEN, ASSERTION, &Entra::token(1)] {
        assert!(!written.contains(secret), "{written}");
        let masked = format!("##vso[task.setsecret]{secret}");
        assert!(
            secret == JOB_TOKEN || ended.stdout.contains(&masked),
            "{}",
            ended.stdout
        );
    }
    let before = scene.tip("gitops/dev");
    for _ in 0..2 {
        sound(task(&scene, &entra, FEDERATED, &[]).succeed());
    }
    assert_eq!(scene.tip("gitops/dev"), before);
}

#[test]
fn a_secret_and_a_certificate_prove_who_it_is_too() {
    let (scene, entra) = (scene(), Entra::start());
    let parameter = |name: &str| format!("ENDPOINT_AUTH_PARAMETER_{CONNECTION}_{name}");
    let secret = task(&scene, &entra, "ServicePrincipal", &[])
        .variable(&parameter("SERVICEPRINCIPALKEY"), "marked-s3cret");
    let ended = sound(secret.succeed());
    assert_eq!(
        token_of(&entra.asked()[0])["client_secret"],
        "marked-s3cret"
    );
    assert!(!shown(&ended.stdout).contains("marked-s3cret"));

    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let key: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let certificate = b"any certificate";
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(certificate),
        STANDARD.encode(key.as_ref())
    );
    let entra = Entra::start();
    let by_certificate = task(&scene, &entra, "ServicePrincipal", &[])
        .variable(&parameter("AUTHENTICATIONTYPE"), "spnCertificate")
        .variable(&parameter("SERVICEPRINCIPALCERTIFICATE"), &pem);
    sound(by_certificate.succeed());
    let assertion = token_of(&entra.asked()[0])["client_assertion"].clone();
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public.as_ref())
        .verify(
            signed.as_bytes(),
            &URL_SAFE_NO_PAD.decode(signature).unwrap(),
        )
        .unwrap();
    let part = |at: usize| -> Value {
        let text = signed.split('.').nth(at).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    };
    assert_eq!(
        part(0)["x5t"],
        URL_SAFE_NO_PAD.encode(Sha1::digest(certificate))
    );
    assert_eq!(
        part(1)["aud"],
        entra.url(&format!("{TENANT}/oauth2/v2.0/token"))
    );
    assert_eq!(
        (&part(1)["iss"], &part(1)["sub"]),
        (&CLIENT.into(), &CLIENT.into())
    );
}

#[rstest::rstest]
#[case("managedIdentity", None)]
#[case("managedIdentity:0b5f-77", Some("0b5f-77"))]
fn a_machine_signs_in_as_itself(#[case] login: &str, #[case] client: Option<&str>) {
    let (scene, entra) = (scene(), Entra::start());
    // What it says while it is being updated.
    entra.refuse_token(410, "{}");
    let program = scene
        .workspace
        .program(&[
            "publish",
            "--source",
            "src",
            "--environments",
            "dev",
            "--git-host",
            "azure",
            "--manifest-repo",
            &scene.url,
            "--azure-login",
            login,
        ])
        .variable(
            "AZURE_POD_IDENTITY_AUTHORITY_HOST",
            &entra.url("").replace("127.0.0.1", "localhost"),
        )
        // The machine's own service is behind no proxy.
        .variable("HTTP_PROXY", "http://127.0.0.1:9")
        .variable("NO_PROXY", "127.0.0.1");
    program.succeed();
    let asked = Asked::Machine(client.map(str::to_owned));
    assert_eq!(entra.asked(), [asked.clone(), asked]);
    assert_ne!(scene.tip("main"), None);
}

#[cfg(unix)]
#[test]
fn at_a_terminal_what_az_login_left_does() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = scene();
    scene.workspace.write(
        "bin/az",
        &format!("#!/bin/sh\necho \"$@\" > az.log\necho '{{\"accessToken\": \"{}\", \"expires_on\": 4102444800}}'\n", Entra::token(1)),
    );
    let az = scene.workspace.path().join("bin/az");
    std::fs::set_permissions(&az, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!(
        "{}:{}",
        az.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let publish = |scene: &Scene<Azure>| {
        scene
            .workspace
            .program(&[
                "publish",
                "--source",
                "src",
                "--environments",
                "dev",
                "--git-host",
                "azure",
                "--manifest-repo",
                &scene.url,
                "--azure-login",
                "az",
            ])
            .variable("PATH", &path)
    };
    publish(&scene).succeed();
    assert_eq!(
        scene.workspace.read("az.log"),
        "account get-access-token --output json --resource 499b84ac-1321-427f-aa17-267ca6975798\n"
    );
    scene.workspace.write(
        "bin/az",
        "#!/bin/sh\necho \"ERROR: Please run 'az login' to setup account.\" >&2\nexit 1\n",
    );
    let ended = publish(&scene).fail();
    assert!(
        ended.stderr.contains("signing in with `az` failed: `az account get-access-token` answered: ERROR: Please run 'az login' to setup account.\n  help: sign in with `az login`"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_refused_assertion_and_a_refused_token_are_told_with_the_remedy() {
    let (scene, entra) = (scene(), Entra::start());
    entra.refuse_token(400, r#"{"error":"invalid_request","error_description":"AADSTS700213: No matching federated identity record found for presented assertion subject 'sc://contoso/shop/manifests'.\r\nTrace ID: 1","error_codes":[700213]}"#);
    let error = failed(&task(&scene, &entra, FEDERATED, &[]).succeed());
    insta::assert_snapshot!(error, @r#"
    signing in with the service connection of the input `azureDevOpsServiceConnection` failed: Entra answered: AADSTS700213: No matching federated identity record found for presented assertion subject 'sc://contoso/shop/manifests'.
    Hint: compare the federated credential of the application with the issuer and the subject that the service connection shows: one is missing or differs. A connection whose issuer is `https://vstoken.dev.azure.com/…` breaks when it, its project or its organization is renamed
    "#);
    let message = format!("No service connection found with identifier {CONNECTION}.");
    entra.refuse_assertions(404, &serde_json::json!({"message": message}).to_string());
    let error = failed(&task(&scene, &entra, FEDERATED, &[]).succeed());
    assert!(
        error.contains("authorize this pipeline to use it"),
        "{error}"
    );
    assert_eq!(scene.states(), []);
}

#[rstest::rstest]
#[case::two(
    &[("azureSubscription", CONNECTION)],
    &[],
    "`azureDevOpsServiceConnection` and `azureSubscription` are both set\nHint: one of them says who signs in"
)]
#[case::no_address(
    &[],
    &[("SYSTEM_OIDCREQUESTURI", "")],
    "needs an OIDC token of the run, and this job has no address to request one from\nHint: Azure DevOps Services only has workload identity: on Azure DevOps Server leave the input out"
)]
#[case::without_encryption(
    &[],
    &[("SYSTEM_OIDCREQUESTURI", "http://dev.azure.com/contoso/oidc")],
    "to which a secret would go without encryption"
)]
#[case::not_authorized(
    &[("azureDevOpsServiceConnection", "another")],
    &[],
    "holds neither a secret nor a certificate\nHint: check that the pipeline is authorized to use it"
)]
#[case::another_server(
    &[("manifestRepo", "https://tfs.contoso.com/tfs/Main/shop/_git/manifests")],
    &[],
    "https://tfs.contoso.com/tfs/Main/shop/_git/manifests is not at Azure DevOps Services, and takes no token of Entra\nHint: leave the service connection or `azureLogin` out: the job's own token"
)]
fn what_cannot_sign_in_is_refused_before_anything_is_sent(
    #[case] inputs: &[(&str, &str)],
    #[case] variables: &[(&str, &str)],
    #[case] expected: &str,
) {
    let (scene, entra) = (scene(), Entra::start());
    let mut task = task(&scene, &entra, FEDERATED, inputs);
    for (name, value) in variables {
        task = task.variable(name, value);
    }
    let error = failed(&task.succeed());
    assert!(error.contains(expected), "{error}");
    assert_eq!(entra.asked(), []);
    assert_eq!(scene.server.requests().len(), 0);
}

#[test]
fn on_a_build_of_a_pull_request_a_settings_file_gets_no_token() {
    let (scene, entra) = (scene(), Entra::start());
    scene.workspace.write(
        "gitops.yaml",
        &format!(
            "manifestRepo: {}\ngitHost: azure\nenvironments: {{dev: {{}}}}\n",
            scene.url
        ),
    );
    let inputs = [("manifestRepo", ""), ("command", "plan")];
    let plan = task(&scene, &entra, FEDERATED, &inputs).variable("BUILD_REASON", "PullRequest");
    let ended = plan.succeed();
    assert!(
        ended.stdout.contains("the identity's token is not sent to"),
        "{}",
        ended.stdout
    );
    assert_eq!(entra.asked(), []);
}

mod renewal {
    use std::sync::Arc;

    use gitops_publisher::http;
    use gitops_publisher::identity::{
        AZURE_DEVOPS, Application, Identity, Login, OidcRequest, Proof,
    };
    use gitops_publisher::model::Secret;

    use super::*;

    fn identity(entra: &Entra) -> Identity {
        let request = OidcRequest {
            address: entra.url("contoso/oidc").parse().unwrap(),
            connection: CONNECTION.to_owned(),
            job_token: Secret::new(JOB_TOKEN),
        };
        let application = Application {
            authority: entra.url("").parse().unwrap(),
            tenant: TENANT.to_owned(),
            client: CLIENT.to_owned(),
            proof: Proof::Federated(request),
        };
        let options = http::Options::new("test");
        let login = Login::Application(application);
        Identity::new(login, "a test", AZURE_DEVOPS, options, Arc::new(|_| ()))
    }

    #[tokio::test]
    async fn a_token_serves_until_it_ends_and_then_both_requests_are_made_again() {
        let entra = Entra::start();
        let identity = identity(&entra);
        for _ in 0..2 {
            let token = identity.token().await.unwrap();
            assert_eq!(token.expose(), Entra::token(1));
        }
        assert_eq!(entra.asked().len(), 2);

        let entra = Entra::start();
        entra.lives(0);
        let identity = self::identity(&entra);
        for n in 1..=2 {
            let token = identity.token().await.unwrap();
            assert_eq!(token.expose(), Entra::token(n));
        }
        assert_eq!(entra.asked().len(), 4);
    }

    #[tokio::test]
    async fn a_life_that_no_token_has_is_not_believed() {
        let entra = Entra::start();
        entra.lives(u64::MAX);
        let identity = identity(&entra);
        for _ in 0..2 {
            identity.token().await.unwrap();
        }
        assert_eq!(entra.asked().len(), 2);
    }

    #[tokio::test]
    async fn a_token_that_is_refused_at_once_is_not_replaced() {
        let entra = Entra::start();
        let identity = identity(&entra);
        identity.token().await.unwrap();
        assert!(!identity.forget().await);
        identity.token().await.unwrap();
        assert_eq!(entra.asked().len(), 2);
    }
}
