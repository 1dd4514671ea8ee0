//! TLS in front of another server on this machine, by which clients have to
//! show a certificate.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    SignatureAlgorithm,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

use super::loopback::Loopback;

/// Whoever signs certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificates up to, and without, the root.
    chain: String,
    root: rcgen::Certificate,
}

impl Authority {
    pub fn new() -> Self {
        let (params, key) = (params("root", true), KeyPair::generate().unwrap());
        let root = params.self_signed(&key).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            chain: String::new(),
            root,
        }
    }

    /// Another one that this one vouches for.
    pub fn intermediate(&self) -> Self {
        let (params, key) = (params("intermediate", true), KeyPair::generate().unwrap());
        let own = params.signed_by(&key, &self.issuer).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            chain: format!("{}{}", own.pem(), self.chain),
            root: self.root.clone(),
        }
    }

    /// The certificate of the root (PEM).
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// A certificate with those above it, and its key (PEM both).
    pub fn client(&self, algorithm: &'static SignatureAlgorithm) -> (String, String) {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let own = params("client", false);
        let own = own.signed_by(&key, &self.issuer).unwrap();
        (format!("{}{}", own.pem(), self.chain), key.serialize_pem())
    }
}

fn params(name: &str, is_authority: bool) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    if is_authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params
}

/// The running server; it stops when dropped.
pub struct Tls {
    loopback: Loopback,
}

impl Tls {
    /// Passes everything on to `behind`, for clients that `authority` vouches for.
    pub fn before(
        behind: SocketAddr,
        authority: &Authority,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(authority.root.der().clone()).unwrap();
        let provider = Arc::new(default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        Self::with(behind, authority, versions, verifier.build().unwrap())
    }

    /// Passes everything on to `behind`, whoever asks.
    pub fn open(behind: SocketAddr, authority: &Authority) -> Self {
        let versions = tokio_rustls::rustls::ALL_VERSIONS;
        Self::with(
            behind,
            authority,
            versions,
            WebPkiClientVerifier::no_client_auth(),
        )
    }

    fn with(
        behind: SocketAddr,
        authority: &Authority,
        versions: &[&'static SupportedProtocolVersion],
        verifier: Arc<dyn ClientCertVerifier>,
    ) -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let own = params("server", false);
        let own = own.signed_by(&key, &authority.issuer).unwrap();
        let provider = Arc::new(default_provider());
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![own.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (loopback, listener) = Loopback::bind();
        loopback.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(mut outside) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut inside = tokio::net::TcpStream::connect(behind).await.unwrap();
                    drop(tokio::io::copy_bidirectional(&mut outside, &mut inside).await);
                });
            }
        });
        Self { loopback }
    }

    /// Its address with `path`.
    pub fn url(&self, path: &str) -> String {
        format!("https://{}/{path}", self.loopback.address)
    }
}
