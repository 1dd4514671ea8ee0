//! A server that asks for a client certificate, in a real handshake.

use rcgen::{PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm};
use rstest::rstest;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use crate::support::git_repository::GitRepository;
use crate::support::git_server::GitServer;
use crate::support::program::{Ended, Workspace};
use crate::support::tls::{Authority, Tls};

struct Scene {
    workspace: Workspace,
    repository: GitRepository,
    authority: Authority,
    tls: Tls,
    _server: GitServer,
}

impl Scene {
    fn new() -> Self {
        Self::speaking(&[&TLS13, &TLS12])
    }

    fn speaking(versions: &[&'static tokio_rustls::rustls::SupportedProtocolVersion]) -> Self {
        let server = GitServer::start();
        let repository = server.create("manifests");
        repository.commit("main", "start", &[("README.md", "100644", "hello")]);
        let authority = Authority::new();
        let tls = Tls::before(server.address(), &authority, versions);
        let workspace = Workspace::new();
        workspace.write(
            "src/web.yaml",
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: shop\n",
        );
        workspace.write("root.pem", &authority.root_pem());
        Self {
            workspace,
            repository,
            authority,
            tls,
            _server: server,
        }
    }

    /// Publishes with these inputs and variables.
    fn publish(&self, inputs: &[(&str, &str)], variables: &[(&str, &str)]) -> Ended {
        let url = self.tls.url("manifests");
        let usual = [
            ("source", "src"),
            ("environments", "dev"),
            ("manifestRepo", url.as_str()),
            ("gitHost", "git"),
        ];
        let root = self.workspace.path().join("root.pem");
        let mut task = self
            .workspace
            .task(&[&usual, inputs].concat())
            .variable("AGENT_CAINFO", root.to_str().unwrap());
        for (name, value) in variables {
            task = task.variable(name, value);
        }
        task.succeed()
    }

    fn published(&self) -> bool {
        self.repository.subjects("main").len() == 2
    }
}

#[rstest]
#[case::p256(&PKCS_ECDSA_P256_SHA256)]
#[case::p384(&PKCS_ECDSA_P384_SHA384)]
#[case::ed25519(&PKCS_ED25519)]
fn a_named_certificate_is_shown(#[case] algorithm: &'static SignatureAlgorithm) {
    let scene = Scene::new();
    let (certificate, key) = scene.authority.client(algorithm);
    // In whatever order they are in the file.
    scene
        .workspace
        .write("client.pem", &format!("{key}{certificate}"));
    let ended = scene.publish(&[("clientCertificate", "client.pem")], &[]);
    assert!(scene.published(), "{}", ended.stdout);
}

#[test]
fn one_with_an_authority_in_between_is_shown_with_it() {
    let scene = Scene::new();
    let (certificate, key) = scene
        .authority
        .intermediate()
        .client(&PKCS_ECDSA_P256_SHA256);
    scene
        .workspace
        .write("client.pem", &format!("{certificate}{key}"));
    let ended = scene.publish(&[("clientCertificate", "client.pem")], &[]);
    assert!(scene.published(), "{}", ended.stdout);
}

#[test]
fn a_server_that_speaks_only_tls_1_2_gets_it_too() {
    let scene = Scene::speaking(&[&TLS12]);
    let (certificate, key) = scene.authority.client(&PKCS_ECDSA_P256_SHA256);
    scene
        .workspace
        .write("client.pem", &format!("{certificate}{key}"));
    let ended = scene.publish(&[("clientCertificate", "client.pem")], &[]);
    assert!(scene.published(), "{}", ended.stdout);
}

#[test]
fn the_agents_own_certificate_is_shown() {
    let scene = Scene::new();
    let (certificate, key) = scene.authority.client(&PKCS_ECDSA_P256_SHA256);
    scene
        .workspace
        .write("cert.pem", &certificate)
        .write("key.pem", &key);
    let at = |name: &str| scene.workspace.path().join(name).display().to_string();
    let ended = scene.publish(
        &[],
        &[
            ("AGENT_CLIENTCERT", &at("cert.pem")),
            ("AGENT_CLIENTCERTKEY", &at("key.pem")),
        ],
    );
    assert!(scene.published(), "{}", ended.stdout);
}

#[rstest]
#[case::none(
    false,
    "the server asks for a client certificate: name a PEM file with it and its key with `clientCertificate`"
)]
#[case::of_another_authority(
    true,
    "the server does not take this client certificate: check who signed it, how long it is valid, and that those who signed it are in the file too"
)]
fn without_the_right_one_the_error_says_so(#[case] other: bool, #[case] hint: &str) {
    let scene = Scene::new();
    let (certificate, key) = Authority::new().client(&PKCS_ECDSA_P256_SHA256);
    scene
        .workspace
        .write("client.pem", &format!("{certificate}{key}"));
    let named = [("clientCertificate", "client.pem")];
    let given: &[(&str, &str)] = if other { &named } else { &[] };
    // The server's alert comes after the handshake. When the connection ends
    // before the request is sent, the client library says only that.
    let mut runs = (0..10).map(|_| scene.publish(given, &[]));
    let ended = runs.find(|ended| ended.stdout.contains(hint)).unwrap();
    assert!(!scene.published());
    assert!(
        ended
            .stdout
            .contains("could not be reached: GET https://127.0.0.1:"),
        "{}",
        ended.stdout
    );
}
