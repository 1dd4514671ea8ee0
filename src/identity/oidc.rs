//! The assertion of a pipeline run: Azure DevOps says who the service connection is.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use crate::http::{Http, Request};
use crate::model::Secret;

use super::error::Fault;
use super::{ANSWER, answer};

/// The largest answer of a sign-in.
pub(super) const LARGEST: u64 = 1 << 20;

/// How a run asks for the assertion of a service connection:
/// [oidctoken](https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create).
#[derive(Debug, Clone)]
pub struct OidcRequest {
    /// The address, without its query.
    pub address: Url,
    /// The id of the service connection.
    pub connection: String,
    /// The job's own token.
    pub job_token: Secret,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    oidc_token: Zeroizing<String>,
}

impl OidcRequest {
    /// An assertion, good for ten minutes.
    pub(super) async fn assertion(&self, http: &Http) -> Result<Secret, Fault> {
        let mut address = self.address.clone();
        address
            .query_pairs_mut()
            .append_pair("api-version", "7.1")
            .append_pair("serviceConnectionId", &self.connection);
        let bearer = Zeroizing::new(format!("Bearer {}", self.job_token.expose()));
        let mut authorization = HeaderValue::from_str(&bearer).map_err(|_| Fault::Setting {
            said: "the job's own token contains characters that no header can carry".into(),
            hint: "run the step again; the agent hands out a new token".into(),
        })?;
        authorization.set_sensitive(true);
        let request = Request::post(address, "{}")
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(
                HeaderName::from_static("x-tfs-fedauthredirect"),
                HeaderValue::from_static("Suppress"),
            )
            .timeout(ANSWER)
            .without_redirects()
            .idempotent();
        let mut response = http.send(&request).await?;
        if response.status() != 200 {
            return Err(answer::of_azure_devops(&response.into_failure().await));
        }
        let body = Zeroizing::new(response.bytes(LARGEST).await?);
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| Fault::Answer {
            whose: "Azure DevOps",
            what: "`oidcToken`",
        })?;
        Ok(Secret::new(&answer.oidc_token))
    }
}
