//! Tokens for an application of Entra, by what proves that we are it:
//! [client credentials](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::{Deserialize, Deserializer};
use serde_json::json;
use url::Url;
use zeroize::Zeroizing;

use crate::http::{Http, Request};
use crate::model::Secret;

use super::error::Fault;
use super::oidc::LARGEST;
use super::rsa;
use super::{ANSWER, Granted, OidcRequest, answer};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How long a proof by certificate is good for, in seconds, as Microsoft's libraries have it.
const PROOF_SECONDS: u64 = 300;

/// An application of Entra.
#[derive(Debug, Clone)]
pub struct Application {
    /// The authority, such as `https://login.microsoftonline.com/`.
    pub authority: Url,
    /// The tenant's id or domain.
    pub tenant: String,
    /// The client id of the application.
    pub client: String,
    /// What proves that we are it.
    pub proof: Proof,
}

/// What proves to be an application.
#[derive(Debug, Clone)]
pub enum Proof {
    /// What Azure DevOps says about the run: nothing is stored.
    Federated(OidcRequest),
    /// A secret.
    Secret(Secret),
    /// A certificate with its private key (PEM).
    Certificate(Secret),
}

#[derive(Deserialize)]
struct Answer {
    access_token: Zeroizing<String>,
    #[serde(deserialize_with = "seconds")]
    expires_in: u64,
}

/// Seconds, which old authorities write as a text.
pub(super) fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(u64),
        Text(String),
    }
    match Written::deserialize(from)? {
        Written::Number(seconds) => Ok(seconds),
        Written::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

impl Application {
    pub(super) async fn token(
        &self,
        http: &Http,
        service: &str,
        on_secret: &(dyn Fn(&Secret) + Send + Sync),
    ) -> Result<Granted, Fault> {
        let address = self.address()?;
        let (name, proof) = match &self.proof {
            Proof::Secret(secret) => ("client_secret", secret.clone()),
            Proof::Federated(request) => ("client_assertion", request.assertion(http).await?),
            Proof::Certificate(pem) => {
                on_secret(pem);
                ("client_assertion", self.by_certificate(&address, pem)?)
            }
        };
        on_secret(&proof);
        let form = self.form(service, (name, &proof));
        let request = Request::post(address, form.as_bytes().to_vec())
            .header(
                CONTENT_TYPE,
                HeaderValue::from_static("application/x-www-form-urlencoded"),
            )
            .timeout(ANSWER)
            .without_redirects()
            .idempotent();
        let mut response = http.send(&request).await?;
        if response.status() != 200 {
            return Err(answer::of_entra(&response.into_failure().await));
        }
        let body = Zeroizing::new(response.bytes(LARGEST).await?);
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| Fault::Answer {
            whose: "Entra",
            what: "`access_token` and `expires_in`",
        })?;
        Ok(Granted {
            token: Secret::new(&answer.access_token),
            lives: Duration::from_secs(answer.expires_in),
        })
    }

    /// What is sent.
    fn form(&self, service: &str, (name, proof): (&str, &Secret)) -> Zeroizing<String> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("client_id", &self.client)
            .append_pair("grant_type", "client_credentials")
            .append_pair("scope", &format!("{service}/.default"))
            .append_pair(name, proof.expose());
        if name == "client_assertion" {
            form.append_pair("client_assertion_type", ASSERTION_TYPE);
        }
        Zeroizing::new(form.finish())
    }

    /// Where tokens are asked for.
    fn address(&self) -> Result<Url, Fault> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
        let is_dots = self.tenant.bytes().all(|byte| byte == b'.');
        let malformed = || Fault::Setting {
            said: format!("the tenant id `{}` is malformed", self.tenant),
            hint: "check the tenant id of the service connection".into(),
        };
        if is_dots || !self.tenant.bytes().all(is_name) {
            return Err(malformed());
        }
        let mut address = self.authority.clone();
        address
            .path_segments_mut()
            .map_err(|()| malformed())?
            .pop_if_empty()
            .extend([self.tenant.as_str(), "oauth2", "v2.0", "token"]);
        Ok(address)
    }

    /// An assertion that is signed with the key of a certificate:
    /// [certificate credentials](https://learn.microsoft.com/entra/identity-platform/certificate-credentials).
    fn by_certificate(&self, address: &Url, pem: &Secret) -> Result<Secret, Fault> {
        let mut id = [0_u8; 16];
        aws_lc_rs::rand::fill(&mut id).map_err(|_| rsa::KeyFault("signing with it failed"))?;
        let id = URL_SAFE_NO_PAD.encode(id);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_secs());
        let head = json!({"alg": "RS256", "typ": "JWT", "x5t": rsa::thumbprint(pem)?});
        let claims = json!({
            "aud": address.as_str(),
            "iss": self.client,
            "sub": self.client,
            "jti": id,
            "nbf": now,
            "exp": now + PROOF_SECONDS,
        });
        Ok(rsa::signed(&head, &claims, pem)?)
    }
}
