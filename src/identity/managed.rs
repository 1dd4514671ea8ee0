//! Tokens for the identity of an Azure machine:
//! [the instance metadata service](https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#get-a-token-using-http).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use crate::http::{self, Http, Request, Retry};
use crate::model::Secret;

use super::entra::seconds;
use super::error::Fault;
use super::oidc::LARGEST;
use super::{Granted, answer};

/// Where every Azure machine asks. It is reached without a proxy.
const SERVICE: &str = "http://169.254.169.254/";

/// How long an answer may take: the service is on the machine itself.
const ANSWER: Duration = Duration::from_secs(5);

/// The identity of the machine.
#[derive(Debug, Clone, Default)]
pub struct ManagedIdentity {
    /// Which one, by its client id, where the machine has several.
    pub client: Option<String>,
    /// Where it is asked for, when not at the usual place.
    pub service: Option<Url>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: Zeroizing<String>,
    #[serde(deserialize_with = "seconds")]
    expires_on: u64,
}

impl ManagedIdentity {
    pub(super) async fn token(
        &self,
        options: &http::Options,
        resource: &str,
    ) -> Result<Granted, Fault> {
        let http = Http::new(http::Options {
            proxy: None,
            direct: true,
            connect_timeout: ANSWER,
            retry: Retry {
                attempts: 1,
                ..options.retry.clone()
            },
            ..options.clone()
        });
        let request = self.request(resource)?;
        let mut backoff = patience(&options.retry).start();
        let mut response = loop {
            let response = http.send(&request).await.map_err(Fault::NoMachine)?;
            // It says these while it is being updated.
            let is_passing = matches!(response.status(), 404 | 410 | 429 | 500..);
            let pause = is_passing.then(|| backoff.pause(response.retry_after()));
            match pause.flatten() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => break response,
            }
        };
        if response.status() != 200 {
            return Err(answer::of_machine(&response.into_failure().await));
        }
        let body = Zeroizing::new(response.bytes(LARGEST).await?);
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| Fault::Answer {
            whose: "the machine's identity service",
            what: "`access_token` and `expires_on`",
        })?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default();
        Ok(Granted {
            token: Secret::new(&answer.access_token),
            lives: Duration::from_secs(answer.expires_on).saturating_sub(now),
        })
    }

    fn request(&self, resource: &str) -> Result<Request, Fault> {
        let malformed = |_| Fault::Setting {
            said: "the address of the machine's identity service is malformed".into(),
            hint: "check the variable `AZURE_POD_IDENTITY_AUTHORITY_HOST`".into(),
        };
        let service = match &self.service {
            Some(service) => service.clone(),
            None => Url::parse(SERVICE).map_err(malformed)?,
        };
        let path = "metadata/identity/oauth2/token";
        let mut address = service.join(path).map_err(malformed)?;
        address
            .query_pairs_mut()
            .append_pair("api-version", "2018-02-01")
            .append_pair("resource", resource);
        if let Some(client) = &self.client {
            address.query_pairs_mut().append_pair("client_id", client);
        }
        Ok(Request::get(address)
            .header(
                HeaderName::from_static("metadata"),
                HeaderValue::from_static("true"),
            )
            .timeout(ANSWER)
            .without_redirects())
    }
}

/// Tried for as long as Microsoft's libraries do.
fn patience(like: &Retry) -> Retry {
    let patient = Retry {
        attempts: 7,
        limit: Some(Duration::from_secs(72)),
        first: Duration::from_millis(1340),
        longest: Duration::from_secs(43),
        ..like.clone()
    };
    if like.longest.is_zero() {
        patient.without_pauses()
    } else {
        patient
    }
}
