//! The client of one repository: where it is now, and as whom we speak.

use std::sync::atomic::AtomicBool;
use std::sync::{PoisonError, RwLock};

use reqwest::header::HeaderValue;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::place::{Place, place};
use super::token::bearer;
use crate::host::api::{ApiOptions, Credentials};
use crate::host::fault::Fault;
use crate::host::pull_request::Repository;
use crate::host::rest::{Answer, Call, Rest};
use crate::host::{HostKind, Refusal, young};
use crate::http;

/// The version that the requests are written for; older servers ignore it.
pub(super) const HEADERS: [(&str, &str); 1] = [("x-github-api-version", "2022-11-28")];

/// Pages of one list that are read, at most.
const PAGES: usize = 50;

/// One repository of GitHub.
pub(in crate::host) struct Client {
    pub(in crate::host) rest: Rest,
    credentials: Credentials,
    place: RwLock<Place>,
    /// The token may not read check runs, as it turned out.
    pub(super) without_runs: AtomicBool,
}

#[derive(Deserialize)]
struct Found {
    full_name: String,
    html_url: String,
    default_branch: Option<String>,
}

impl Client {
    /// Reads the address; nothing is sent yet.
    pub(in crate::host) fn new(address: &Url, options: ApiOptions) -> Result<Self, Fault> {
        match &options.credentials {
            Credentials::Token(token) => {
                bearer(token)?;
            }
            Credentials::Entra(_) => return Err(not_taken()),
            Credentials::None | Credentials::App(_) => {}
        }
        Ok(Self {
            place: RwLock::new(place(address)?),
            rest: Rest::new(HostKind::GitHub, options.http, &HEADERS),
            credentials: options.credentials,
            without_runs: AtomicBool::new(false),
        })
    }

    /// The repository, as the server describes it.
    pub(in crate::host) async fn repository(&self) -> Result<Repository, Fault> {
        let found = self.locate().await?;
        Ok(Repository {
            name: found.full_name,
            url: found.html_url,
            default_branch: found.default_branch,
        })
    }

    /// Where the repository is, as far as is known.
    pub(super) fn place(&self) -> Place {
        self.place
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Asks where the repository is now and keeps it.
    async fn locate(&self) -> Result<Found, Fault> {
        let call = Call::get(self.place().repository(&[])).following();
        let found: Found = understood(self.authorized(&call).await?.json)?;
        if let Some((owner, name)) = found.full_name.split_once('/') {
            let mut place = self.place.write().unwrap_or_else(PoisonError::into_inner);
            owner.clone_into(&mut place.owner);
            name.clone_into(&mut place.name);
        }
        Ok(found)
    }

    /// Sends a call. A repository that was renamed answers every call with a
    /// redirect: it is located once, and the call goes to its new place.
    pub(super) async fn send(&self, make: impl Fn(&Place) -> Call) -> Result<Answer, Fault> {
        let before = self.place();
        let sent = self.authorized(&make(&before)).await;
        if !matches!(sent, Err(Fault::Http(http::Error::Redirect { .. }))) {
            return sent;
        }
        self.locate().await?;
        let now = self.place();
        if now == before {
            return sent;
        }
        self.authorized(&make(&now)).await
    }

    /// Sends a call whose answer has a known form.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        make: impl Fn(&Place) -> Call,
    ) -> Result<T, Fault> {
        understood(self.send(make).await?.json)
    }

    /// Every item of a list, page by page; `items` takes them out of a page.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        first: impl Fn(&Place) -> Url,
        items: impl Fn(Value) -> Value,
    ) -> Result<Vec<T>, Fault> {
        let mut answer = self.send(|place| Call::get(first(place))).await?;
        let mut all: Vec<T> = Vec::new();
        for _ in 0..PAGES {
            let page: Vec<T> = understood(items(answer.json))?;
            all.extend(page);
            let Some(next) = answer.next else {
                break;
            };
            answer = self.authorized(&Call::get(next).following()).await?;
        }
        Ok(all)
    }

    /// A question or change in GraphQL, for what REST does not have. Ours are
    /// all safe to repeat.
    pub(super) async fn graphql(&self, query: &str, variables: Value) -> Result<Value, Fault> {
        let body = json!({"query": query, "variables": variables});
        let call = Call::post(self.place().graphql, body).safe();
        data(self.authorized(&call).await?, false)
    }

    /// Asks a question that changes nothing. GitHub's own trouble passes.
    pub(super) async fn graphql_question(
        &self,
        query: &str,
        variables: Value,
        once: bool,
    ) -> Result<Value, Fault> {
        let body = json!({"query": query, "variables": variables});
        let call = Call::post(self.place().graphql, body).safe().once(once);
        data(self.authorized(&call).await?, true)
    }

    /// Sends a call with our token. A GitHub App's that is refused is sent again
    /// while it is young, and then renewed once.
    async fn authorized(&self, call: &Call) -> Result<Answer, Fault> {
        let mut backoff = young::retry(self.rest.retry()).start();
        loop {
            let header = self.header().await?;
            let sent = self.rest.send(call, header.as_ref()).await;
            let (Credentials::App(tokens), Err(Fault::Refused { meaning, help, .. })) =
                (&self.credentials, &sent)
            else {
                return sent;
            };
            // A host that names what is missing knows the token.
            if help.is_empty()
                && young::is_late(*meaning, tokens.made().await)
                && let Some(pause) = backoff.pause(None)
            {
                tracing::debug!(?pause, "the app's token is not known everywhere yet");
                tokio::time::sleep(pause).await;
                continue;
            }
            if *meaning != Refusal::Authentication {
                return sent;
            }
            tokens.forget().await;
            let header = self.header().await?;
            return self.rest.send(call, header.as_ref()).await;
        }
    }

    async fn header(&self) -> Result<Option<HeaderValue>, Fault> {
        Ok(match &self.credentials {
            Credentials::None => None,
            Credentials::Token(token) => Some(bearer(token)?),
            Credentials::App(tokens) => Some(bearer(&tokens.current().await?)?),
            Credentials::Entra(_) => return Err(not_taken()),
        })
    }
}

fn not_taken() -> Fault {
    Fault::refused(
        Refusal::Authentication,
        "the credentials are those of an identity of Entra, which GitHub does not take",
    )
}

/// The data of an answer in GraphQL.
fn data(answer: Answer, is_question: bool) -> Result<Value, Fault> {
    let mut json = answer.json;
    let Some(errors) = json["errors"]
        .as_array()
        .filter(|errors| !errors.is_empty())
    else {
        return Ok(json.get_mut("data").map(Value::take).unwrap_or_default());
    };
    let texts: Vec<&str> = errors
        .iter()
        .filter_map(|error| error["message"].as_str())
        .collect();
    let said = texts.join(": ");
    let first = &errors[0];
    Err(match first["type"].as_str() {
        Some("FORBIDDEN") => Fault::refused(Refusal::Permission, said),
        Some("NOT_FOUND") => Fault::refused(Refusal::NotFound, said),
        Some("RATE_LIMITED" | "RATE_LIMIT") => Fault::Refused {
            meaning: Refusal::Throttled,
            said,
            help: Vec::new(),
            after: answer.used_up,
        },
        Some("INTERNAL" | "SERVICE_UNAVAILABLE") if is_question => Fault::answer(said),
        // What is wrong with a question has a code; this is trouble of the server's own:
        // "Something went wrong while executing your query".
        None if is_question && first["extensions"]["code"].is_null() => Fault::answer(said),
        _ => Fault::Invalid { status: 200, said },
    })
}

pub(super) fn understood<T: DeserializeOwned>(json: Value) -> Result<T, Fault> {
    serde_json::from_value(json).map_err(|error| Fault::answer(error.to_string()))
}
