//! A real git server on a random loopback port: `git http-backend` behind a
//! small HTTP server that can refuse, lose connections, count and record.
//!
//! ```ignore
//! let server = GitServer::start();
//! let repository = server.create("manifests");
//! server.require("git", "token");                 // Basic authentication
//! server.inject(Turn::Push, Fault::DropAfter);    // the next push's answer is lost
//! let url = server.url("manifests");
//! ```

pub(super) mod cgi;
pub(super) mod connection;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::git_repository::GitRepository;
use connection::{Counted, Handle};

use super::loopback::Loopback;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// GET info/refs.
    Advertisement,
    /// POST git-upload-pack.
    Fetch,
    /// POST git-receive-pack.
    Push,
    /// Anything else, such as a page of a sign-in redirect.
    Other,
}

/// What happens to one request instead of the usual.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This answer, and nothing is done.
    Answer {
        /// HTTP status.
        status: u16,
        /// Headers.
        headers: Vec<(&'static str, String)>,
        /// Body.
        body: Vec<u8>,
    },
    /// The request is carried out, and this body is answered.
    AnswerAfter(Vec<u8>),
    /// Nothing: the request is served as usual. For "the second one, not the first".
    Nothing,
    /// The connection is closed before anything is done.
    DropBefore,
    /// The request is carried out, and the connection is closed without an answer.
    DropAfter,
    /// The request is carried out, and the answer never comes.
    Stall,
    /// The request is carried out, and the connection is closed in the middle of the answer.
    CutAnswer,
}

impl Fault {
    /// An answer without a body.
    pub fn status(status: u16) -> Self {
        Self::answer(status, &[], "")
    }

    /// Any answer.
    pub fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        Self::Answer {
            status,
            headers,
            body: body.as_bytes().to_vec(),
        }
    }
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// `GET` or `POST`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Headers in the order of their names.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

type Hook = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Behaviour {
    accepted: Option<Vec<String>>,
    oldest_protocol: bool,
    faults: Vec<(Turn, Fault)>,
    before_push: VecDeque<Hook>,
    requests: Vec<Recorded>,
}

struct Shared {
    root: tempfile::TempDir,
    behaviour: Mutex<Behaviour>,
    traffic: connection::Traffic,
}

/// The running server; it stops when dropped.
pub struct GitServer {
    loopback: Loopback,
    shared: Arc<Shared>,
}

impl GitServer {
    /// Starts a server without repositories that lets everybody in.
    pub fn start() -> Self {
        let (loopback, listener) = Loopback::bind();
        let shared = Arc::new(Shared {
            root: tempfile::tempdir().unwrap(),
            behaviour: Mutex::default(),
            traffic: connection::Traffic::default(),
        });
        let app = Router::new().fallback(handle).with_state(shared.clone());
        let traffic = shared.traffic.clone();
        loopback.spawn(async move {
            let listener = Counted::new(
                tokio::net::TcpListener::from_std(listener).unwrap(),
                traffic,
            );
            let service = app.into_make_service_with_connect_info::<Handle>();
            axum::serve(listener, service).await.unwrap();
        });
        Self { loopback, shared }
    }

    /// A new empty repository that offers filters and single objects.
    pub fn create(&self, name: &str) -> GitRepository {
        let repository = GitRepository::init(&self.root().join(name));
        repository.config("uploadpack.allowFilter", "true");
        repository.config("uploadpack.allowAnySHA1InWant", "true");
        repository
    }

    /// The folder with the repositories.
    pub fn root(&self) -> &Path {
        self.shared.root.path()
    }

    /// Where it listens.
    pub fn address(&self) -> std::net::SocketAddr {
        self.loopback.address
    }

    /// The URL of a repository.
    pub fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.loopback.address)
    }

    /// Lets only this user in.
    pub fn require(&self, user: &str, token: &str) {
        let basic = format!("Basic {}", STANDARD.encode(format!("{user}:{token}")));
        self.behaviour(|behaviour| {
            behaviour.accepted = Some(vec![basic, format!("Bearer {token}")]);
        });
    }

    /// Hides newer protocol versions, which our client does not ask for but git does.
    pub fn speak_only_the_oldest_protocol(&self) {
        self.behaviour(|behaviour| behaviour.oldest_protocol = true);
    }

    /// The next request of this sort meets `fault`; more than one queue up.
    pub fn inject(&self, turn: Turn, fault: Fault) {
        self.behaviour(|behaviour| behaviour.faults.push((turn, fault)));
    }

    /// Runs something when the next push arrives, before git sees it: what the
    /// pusher read is out of date then.
    pub fn before_push(&self, hook: impl FnOnce() + Send + 'static) {
        self.behaviour(|behaviour| behaviour.before_push.push_back(Box::new(hook)));
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.behaviour(|behaviour| behaviour.requests.clone())
    }

    /// The number of requests so far.
    pub fn turns(&self) -> usize {
        self.behaviour(|behaviour| behaviour.requests.len())
    }

    /// Bytes from clients and to clients so far, headers included.
    pub fn bytes(&self) -> (u64, u64) {
        self.shared.traffic.bytes()
    }

    /// Connections so far.
    pub fn connections(&self) -> u64 {
        self.shared.traffic.connections()
    }

    /// Forgets the requests and counts so far.
    pub fn forget(&self) {
        self.behaviour(|behaviour| behaviour.requests.clear());
        self.shared.traffic.reset();
    }

    fn behaviour<T>(&self, act: impl FnOnce(&mut Behaviour) -> T) -> T {
        act(&mut self.shared.behaviour.lock().unwrap())
    }
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Handle>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    let turn = match head.uri.path() {
        path if path.ends_with("/info/refs") => Turn::Advertisement,
        path if path.ends_with("/git-upload-pack") => Turn::Fetch,
        path if path.ends_with("/git-receive-pack") => Turn::Push,
        _ => Turn::Other,
    };
    let (fault, allowed, hook, newest) = {
        let mut behaviour = shared.behaviour.lock().unwrap();
        behaviour.requests.push(Recorded {
            method: head.method.to_string(),
            target: head.uri.to_string(),
            headers: texts(&head.headers),
            body: body.to_vec(),
        });
        let fault = behaviour.faults.iter().position(|(at, _)| *at == turn);
        let fault = fault.map(|place| behaviour.faults.remove(place).1);
        let given = head
            .headers
            .get("authorization")
            .and_then(|value| value.to_str().ok());
        let allowed = behaviour.accepted.as_ref().is_none_or(|accepted| {
            given.is_some_and(|given| accepted.iter().any(|known| known == given))
        });
        let hook = (turn == Turn::Push && allowed)
            .then(|| behaviour.before_push.pop_front())
            .flatten();
        (fault, allowed, hook, !behaviour.oldest_protocol)
    };
    if let Some(Fault::Answer {
        status,
        headers,
        body,
    }) = &fault
    {
        return canned(*status, headers, body.clone());
    }
    if matches!(fault, Some(Fault::DropBefore)) {
        connection.cut();
        return canned(500, &[], Vec::new());
    }
    if !allowed {
        return canned(
            401,
            &[("www-authenticate", "Basic realm=\"git\"".to_owned())],
            b"who are you?".to_vec(),
        );
    }
    if let Some(hook) = hook {
        tokio::task::spawn_blocking(hook).await.unwrap();
    }
    let answer = cgi::run(shared.root.path(), &head, body, newest).await;
    match fault {
        Some(Fault::DropAfter) => {
            connection.cut();
            answer
        }
        Some(Fault::CutAnswer) => half(answer).await,
        Some(Fault::AnswerAfter(body)) => {
            let (mut head, _) = answer.into_parts();
            head.headers.remove("content-length");
            Response::from_parts(head, Body::from(body))
        }
        Some(Fault::Stall) => std::future::pending().await,
        _ => answer,
    }
}

/// The first half of an answer; then the connection breaks.
async fn half(answer: Response) -> Response {
    let (head, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let pieces = [
        Ok(body.slice(..body.len() / 2)),
        Err(std::io::Error::other("cut")),
    ];
    Response::from_parts(head, Body::from_stream(futures_util::stream::iter(pieces)))
}

fn canned(status: u16, headers: &[(&'static str, String)], body: Vec<u8>) -> Response {
    let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
    for (name, value) in headers {
        response = response.header(*name, value);
    }
    response.body(Body::from(body)).unwrap()
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text =
        |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect()
}
