//! A fake of what signs a run in: Azure DevOps for assertions, Entra for tokens, and the
//! identity service of a machine. It takes no request that
//! [the protocols](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow)
//! do not know.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::json;

use super::loopback::Loopback;

pub const CONNECTION: &str = "5f2c1b6e-0000-4000-8000-0000000000aa";
pub const CLIENT: &str = "0b5f8a36-0000-4000-8000-0000000000bb";
pub const TENANT: &str = "72f988bf-0000-4000-8000-0000000000cc";
pub const JOB_TOKEN: &str = "marked-job-token-31c9";
pub const ASSERTION: &str = "eyJhbGciOiJSUzI1NiJ9.bWFya2VkLWFzc2VydGlvbg.c2ln";
const AZURE_DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Assertion,
    /// A token, with the fields of the form.
    Token(BTreeMap<String, String>),
    /// A token of the machine, for a client id.
    Machine(Option<String>),
}

#[derive(Default)]
struct Behavior {
    asked: Vec<Asked>,
    wrong: Vec<String>,
    /// Answers instead of assertions.
    no_assertion: Option<(u16, String)>,
    /// Answers instead of tokens, each once.
    no_token: Vec<(u16, String)>,
    lives: u64,
}

/// The running fake.
pub struct Entra {
    loopback: Loopback,
    behavior: Arc<Mutex<Behavior>>,
}

impl Entra {
    /// Gives out tokens that live for an hour.
    pub fn start() -> Self {
        let behavior = Arc::new(Mutex::new(Behavior {
            lives: 3599,
            ..Behavior::default()
        }));
        let app = Router::new()
            .fallback(handle)
            .with_state(Arc::clone(&behavior));
        Self {
            loopback: Loopback::serve(app),
            behavior,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.loopback.address)
    }

    /// The token that is given out for the `n`th time, from 1.
    pub fn token(n: usize) -> String {
        format!("eyJhbGciOiJSUzI1NiJ9.bWFya2VkLXRva2Vu{n}.c2ln")
    }

    /// How long tokens live, in seconds.
    pub fn lives(&self, seconds: u64) {
        self.behavior.lock().unwrap().lives = seconds;
    }

    /// Refuses assertions from now on.
    pub fn refuse_assertions(&self, status: u16, body: &str) {
        self.behavior.lock().unwrap().no_assertion = Some((status, body.to_owned()));
    }

    /// Refuses one token.
    pub fn refuse_token(&self, status: u16, body: &str) {
        let refusal = (status, body.to_owned());
        self.behavior.lock().unwrap().no_token.push(refusal);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.behavior.lock().unwrap().asked.clone()
    }
}

impl Drop for Entra {
    fn drop(&mut self) {
        let wrong = self.behavior.lock().unwrap().wrong.clone();
        if !std::thread::panicking() {
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        }
    }
}

async fn handle(State(behavior): State<Arc<Mutex<Behavior>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let query = parts.uri.query().unwrap_or_default();
    let query: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let mut behavior = behavior.lock().unwrap();
    let answered = match (parts.method.as_str(), parts.uri.path()) {
        ("POST", "/contoso/oidc") => behavior.assertion(&parts.headers, &query, &body),
        ("POST", path) if path == format!("/{TENANT}/oauth2/v2.0/token") => {
            behavior.token(&parts.headers, &body)
        }
        ("GET", "/metadata/identity/oauth2/token") => behavior.machine(&parts.headers, &query),
        (method, path) => Err(format!("{method} {path} is no address of a sign-in")),
    };
    let (status, body) = answered.unwrap_or_else(|wrong| {
        behavior.wrong.push(wrong.clone());
        (400, wrong)
    });
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap()
}

type Answered = Result<(u16, String), String>;

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

impl Behavior {
    fn assertion(
        &mut self,
        headers: &HeaderMap,
        query: &BTreeMap<String, String>,
        body: &[u8],
    ) -> Answered {
        let expected = [("api-version", "7.1"), ("serviceConnectionId", CONNECTION)];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        if *query != BTreeMap::from(expected) {
            return Err(format!("an assertion is not asked for with {query:?}"));
        }
        if header(headers, "authorization") != format!("Bearer {JOB_TOKEN}")
            || header(headers, "content-type") != "application/json"
            || header(headers, "x-tfs-fedauthredirect") != "Suppress"
            || body != b"{}"
        {
            return Err(format!("an assertion is not asked for with {headers:?}"));
        }
        self.asked.push(Asked::Assertion);
        Ok(self
            .no_assertion
            .clone()
            .unwrap_or_else(|| (200, json!({"oidcToken": ASSERTION}).to_string())))
    }

    fn token(&mut self, headers: &HeaderMap, body: &[u8]) -> Answered {
        if header(headers, "content-type") != "application/x-www-form-urlencoded"
            || headers.contains_key("authorization")
        {
            return Err(format!("a token is not asked for with {headers:?}"));
        }
        let form: BTreeMap<String, String> =
            url::form_urlencoded::parse(body).into_owned().collect();
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        let by_assertion = field("client_assertion_type")
            == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            && form.contains_key("client_assertion")
            && form.len() == 5;
        let by_secret = form.contains_key("client_secret") && form.len() == 4;
        let is_right = field("client_id") == CLIENT
            && field("grant_type") == "client_credentials"
            && field("scope") == format!("{AZURE_DEVOPS}/.default")
            && (by_assertion || by_secret);
        if !is_right {
            return Err(format!("a token is not asked for with {form:?}"));
        }
        self.asked.push(Asked::Token(form));
        if !self.no_token.is_empty() {
            return Ok(self.no_token.remove(0));
        }
        Ok((
            200,
            self.given(json!({"token_type": "Bearer", "expires_in": self.lives})),
        ))
    }

    fn machine(&mut self, headers: &HeaderMap, query: &BTreeMap<String, String>) -> Answered {
        let of = |name: &str| query.get(name).map(String::as_str);
        let is_right = header(headers, "metadata") == "true"
            && of("api-version") == Some("2018-02-01")
            && of("resource") == Some(AZURE_DEVOPS);
        if !is_right {
            return Err(format!(
                "the machine is not asked with {query:?}, {headers:?}"
            ));
        }
        self.asked
            .push(Asked::Machine(of("client_id").map(str::to_owned)));
        if !self.no_token.is_empty() {
            return Ok(self.no_token.remove(0));
        }
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let ends = now.unwrap().as_secs() + self.lives;
        Ok((200, self.given(json!({"expires_on": ends.to_string()}))))
    }

    fn given(&self, mut answer: serde_json::Value) -> String {
        let tokens = self.asked.iter().filter(|one| **one != Asked::Assertion);
        answer["access_token"] = json!(Entra::token(tokens.count()));
        answer.to_string()
    }
}
