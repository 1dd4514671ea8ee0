//! The client of one repository: where it is, credentials, version.

use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;
use url::Url;

use super::place::{Place, places};
use super::wire;
use crate::host::api::{ApiOptions, Credentials};
use crate::host::fault::Fault;
use crate::host::pull_request::Repository;
use crate::host::rest::{Answer, Call, Rest};
use crate::host::{Authorization, HostKind, Refusal, authorization};
use crate::identity::Identity;
use crate::model::Secret;

/// The version of the interface that is asked for first.
const VERSION: &str = "7.1";

/// A sign-in page is no answer to a program: the service says 401 instead.
const HEADERS: [(&str, &str); 1] = [("x-tfs-fedauthredirect", "Suppress")];

/// One repository of Azure DevOps.
pub(in crate::host) struct Client {
    pub(in crate::host) rest: Rest,
    login: Login,
    places: Vec<Place>,
    place: OnceCell<Place>,
    version: Mutex<String>,
}

/// As whom calls are sent.
enum Login {
    Nobody,
    Token(Authorization),
    Identity(Arc<Identity>),
}

impl Client {
    /// Reads the address; nothing is sent yet.
    pub(in crate::host) fn new(address: &Url, options: ApiOptions) -> Result<Self, Fault> {
        let places = places(address, options.collection.as_ref())?;
        Self::at(places, options)
    }

    /// For what belongs to a project, and to none of its repositories.
    pub(in crate::host) fn of_project(
        collection: &Url,
        project: &str,
        options: ApiOptions,
    ) -> Result<Self, Fault> {
        Self::at(vec![Place::of_project(collection, project)], options)
    }

    fn at(places: Vec<Place>, options: ApiOptions) -> Result<Self, Fault> {
        let login = match &options.credentials {
            Credentials::None => Login::Nobody,
            Credentials::Token(token) => Login::Token(header_of(token)?),
            Credentials::Entra(identity) => Login::Identity(Arc::clone(identity)),
            Credentials::App(_) => {
                return Err(Fault::refused(
                    Refusal::Authentication,
                    "the credentials are those of a GitHub App, which Azure DevOps does not take",
                ));
            }
        };
        Ok(Self {
            rest: Rest::new(HostKind::Azure, options.http, &HEADERS),
            login,
            places,
            place: OnceCell::new(),
            version: Mutex::new(VERSION.to_owned()),
        })
    }

    /// The repository, as the server describes it.
    pub(in crate::host) async fn repository(&self) -> Result<Repository, Fault> {
        let place = self.place().await?;
        let found: wire::Repository = self.read(Call::get, place.git(&[])).await?;
        Ok(Repository {
            name: format!("{}/{}", place.project, found.name),
            url: found.web_url.unwrap_or_else(|| place.web().to_string()),
            default_branch: found.default_branch.map(|name| wire::short(&name)),
        })
    }

    /// Where the repository is. When the address leaves a choice, the server
    /// is asked which of the places exists.
    pub(super) async fn place(&self) -> Result<&Place, Fault> {
        self.found_place(false).await
    }

    /// The same; `once` says that whoever asks does so again soon.
    pub(super) async fn found_place(&self, once: bool) -> Result<&Place, Fault> {
        let find = || async {
            let [first, others @ ..] = self.places.as_slice() else {
                return Err(Fault::answer("there is no place to ask"));
            };
            if others.is_empty() {
                return Ok(first.clone());
            }
            let mut refused = None;
            for place in &self.places {
                let make = |url| Call::get(url).once(once);
                let found: Result<wire::Repository, _> = self.read(make, place.git(&[])).await;
                match found {
                    Ok(_) => return Ok(place.clone()),
                    Err(fault) if is_elsewhere(&fault) => {
                        refused.get_or_insert(fault);
                    }
                    Err(fault) => return Err(fault),
                }
            }
            Err(refused.unwrap_or_else(|| Fault::answer("there is no place to ask")))
        };
        self.place.get_or_try_init(find).await
    }

    /// Sends a call whose answer has a known form.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        make: impl Fn(Url) -> Call,
        url: Url,
    ) -> Result<T, Fault> {
        let answer = self.send(make, url).await?;
        understood(answer.json)
    }

    /// Sends a call with the version that the server understands.
    pub(super) async fn send(&self, make: impl Fn(Url) -> Call, url: Url) -> Result<Answer, Fault> {
        let asked = self.version();
        let sent = self.send_as(&make, &url, &asked).await;
        let Err(Fault::Invalid { said, .. }) = &sent else {
            return sent;
        };
        // Older servers: "…is out of range for this server. The latest REST API
        // version this server supports is 6.0."
        let Some(newest) = said
            .split("server supports is ")
            .nth(1)
            .map(|rest| rest.trim_end_matches('.').to_owned())
            .filter(|newest| *newest != asked && is_version(newest))
        else {
            return sent;
        };
        newest.clone_into(&mut self.version.lock().unwrap_or_else(PoisonError::into_inner));
        self.send_as(&make, &url, &newest).await
    }

    async fn send_as(
        &self,
        make: &impl Fn(Url) -> Call,
        url: &Url,
        version: &str,
    ) -> Result<Answer, Fault> {
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("api-version", version);
        self.sent(&make(url)).await
    }

    /// Sends a call as it is, as whom we are. A token of Entra that is refused is renewed
    /// once: it may have ended on the way.
    pub(super) async fn sent(&self, call: &Call) -> Result<Answer, Fault> {
        let identity = match &self.login {
            Login::Nobody => return self.rest.send(call, None).await,
            Login::Token(authorization) => {
                return self.rest.send(call, Some(authorization.header())).await;
            }
            Login::Identity(identity) => identity,
        };
        let authorization = header_of(&identity.token().await?)?;
        let sent = self.rest.send(call, Some(authorization.header())).await;
        let is_old =
            matches!(&sent, Err(fault) if fault.meaning() == Some(Refusal::Authentication));
        if !is_old || !identity.forget().await {
            return sent;
        }
        let authorization = header_of(&identity.token().await?)?;
        self.rest.send(call, Some(authorization.header())).await
    }

    fn version(&self) -> String {
        self.version
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Nothing is there, or the first folder is no collection.
fn is_elsewhere(fault: &Fault) -> bool {
    fault.meaning() == Some(Refusal::NotFound) || matches!(fault, Fault::Invalid { .. })
}

fn is_version(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.')
}

pub(super) fn understood<T: DeserializeOwned>(json: Value) -> Result<T, Fault> {
    serde_json::from_value(json).map_err(|error| Fault::answer(error.to_string()))
}

fn header_of(token: &Secret) -> Result<Authorization, Fault> {
    authorization(HostKind::Azure, token, None)
        .map_err(|error| Fault::refused(Refusal::Authentication, error.to_string()))
}
