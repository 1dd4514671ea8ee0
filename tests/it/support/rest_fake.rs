//! What the fakes of both hosts' interfaces share: a server on a random
//! loopback port that records every request, checks it against the official
//! description, meets it with faults, and serves git from the same address.
//!
//! A request that the description does not know fails the test when the fake
//! is dropped.

mod git;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value;

use super::description::Description;
use super::git_server::connection::{Counted, Handle, Traffic};
use git::{GitAsked, PUSH};

/// What happens to one request instead of the usual.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This answer, and nothing is done.
    Answer(Reply),
    /// The request is carried out, and this is answered.
    AnswerAfter(Reply),
    /// The connection is closed before anything is done.
    DropBefore,
    /// The request is carried out, and the connection is closed without an answer.
    DropAfter,
    /// The request is carried out, and the answer never comes.
    Stall,
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    /// Decoded segments of the path.
    pub segments: Vec<String>,
    /// The path as it was sent.
    pub path: String,
    /// Decoded pairs.
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Null when there is none.
    pub body: Value,
}

impl Asked {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A parameter's value.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether it asks for a change. Questions that are too long for an address are posted.
    pub fn writes(&self) -> bool {
        let query = self.body["query"].as_str().unwrap_or_default();
        let reads = ["blobs", "commitsbatch", "itemsbatch"];
        let last = self.segments.last().map_or("", String::as_str);
        self.method != "GET" && !query.starts_with("query") && !reads.contains(&last)
    }

    /// `POST /path`, for messages.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer in JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json; charset=utf-8".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    /// An answer without a body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// A zip archive of these files.
    pub fn zip(files: &[(String, Vec<u8>)]) -> Self {
        use std::io::Write as _;
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, content) in files {
            let options = zip::write::SimpleFileOptions::default();
            archive.start_file(name.as_str(), options).unwrap();
            archive.write_all(content).unwrap();
        }
        Self {
            status: 200,
            headers: vec![("content-type", "application/zip".to_owned())],
            body: archive.finish().unwrap().into_inner(),
        }
    }

    /// With one more header.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// What one host does.
pub trait Service: Send + 'static {
    /// The address in the words of the description, and its base path taken
    /// off; `None` for what the description does not hold, which the service
    /// must check by itself.
    fn described(&self, asked: &Asked) -> Option<Vec<String>>;

    /// Does what was asked for. An `Err` is a request that no client of this
    /// host may send.
    fn answer(&mut self, asked: &Asked) -> Result<Reply, String>;

    /// What git's own protocol is answered with, where that is not git itself.
    fn serve_git(&mut self, target: &str, authorization: Option<&str>) -> Option<Reply>;
}

/// What somebody does meanwhile.
type Happening<S> = Box<dyn FnOnce(&mut S) + Send>;

struct Behaviour<S> {
    service: S,
    faults: Vec<(usize, Fault)>,
    requests: Vec<Asked>,
    git_faults: Vec<(&'static str, Fault)>,
    git_requests: Vec<GitAsked>,
    /// What happens before git is asked for branches, so often from now.
    git_happenings: Vec<(usize, Happening<S>)>,
    wrong: Vec<String>,
}

struct Shared<S> {
    root: tempfile::TempDir,
    description: Option<Description>,
    behaviour: Mutex<Behaviour<S>>,
}

/// The running fake; it stops when dropped.
pub struct RestFake<S: Service> {
    address: std::net::SocketAddr,
    shared: Arc<Shared<S>>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl<S: Service> RestFake<S> {
    /// Starts a fake. `make` gets the folder that git is served from and the
    /// fake's address; `descriptions` are files below the shared schemas.
    pub fn start(make: impl FnOnce(&Path, &str) -> S, descriptions: &[&str]) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let root = tempfile::tempdir().unwrap();
        let service = make(root.path(), &format!("http://{address}"));
        let shared = Arc::new(Shared {
            root,
            description: Description::load(descriptions),
            behaviour: Mutex::new(Behaviour {
                service,
                faults: Vec::new(),
                requests: Vec::new(),
                git_faults: Vec::new(),
                git_requests: Vec::new(),
                git_happenings: Vec::new(),
                wrong: Vec::new(),
            }),
        });
        let app = Router::new()
            .fallback(handle::<S>)
            .with_state(shared.clone());
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let listener = Counted::new(listener, Traffic::default());
            let service = app.into_make_service_with_connect_info::<Handle>();
            axum::serve(listener, service).await.unwrap();
        });
        Self {
            address,
            shared,
            runtime: Some(runtime),
        }
    }

    /// An address on this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Looks at the state or changes it, as somebody else would.
    pub fn with<T>(&self, act: impl FnOnce(&mut S) -> T) -> T {
        act(&mut self.behaviour().service)
    }

    /// The request after the next `later` ones meets `fault`.
    pub fn inject(&self, later: usize, fault: Fault) {
        let mut behaviour = self.behaviour();
        let at = behaviour.requests.len() + later;
        behaviour.faults.push((at, fault));
    }

    /// No request meets a fault any more.
    pub fn heal(&self) {
        self.behaviour().faults.clear();
    }

    /// The next push meets `fault`; more than one queue up.
    pub fn inject_push(&self, fault: Fault) {
        self.behaviour().git_faults.push((PUSH, fault));
    }

    /// Somebody does something before git is asked for branches the next time but `later`.
    pub fn before_refs(&self, later: usize, act: impl FnOnce(&mut S) + Send + 'static) {
        let mut behaviour = self.behaviour();
        behaviour.git_happenings.push((later, Box::new(act)));
    }

    /// Every request of git's own protocol so far.
    pub fn git_requests(&self) -> Vec<GitAsked> {
        self.behaviour().git_requests.clone()
    }

    /// How many pushes there were so far.
    pub fn pushes(&self) -> usize {
        let asked = self.git_requests();
        asked
            .iter()
            .filter(|asked| asked.path.ends_with(PUSH))
            .count()
    }

    /// Every request to the interface so far.
    pub fn requests(&self) -> Vec<Asked> {
        self.behaviour().requests.clone()
    }

    /// How many of the requests so far asked for a change.
    pub fn writes(&self) -> usize {
        let behaviour = self.behaviour();
        behaviour
            .requests
            .iter()
            .filter(|asked| asked.writes())
            .count()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        let mut behaviour = self.behaviour();
        behaviour.requests.clear();
        behaviour.git_requests.clear();
    }

    /// What was wrong with the requests so far; afterwards dropping does not fail.
    pub fn take_wrong(&self) -> Vec<String> {
        std::mem::take(&mut self.behaviour().wrong)
    }

    fn behaviour(&self) -> MutexGuard<'_, Behaviour<S>> {
        self.shared.behaviour.lock().unwrap()
    }
}

impl<S: Service> Drop for RestFake<S> {
    fn drop(&mut self) {
        // Also from within a test's own runtime, where waiting is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        if !std::thread::panicking() {
            let wrong = self.take_wrong();
            assert!(
                wrong.is_empty(),
                "requests that no server takes:\n{}",
                wrong.join("\n")
            );
        }
    }
}

async fn handle<S: Service>(
    State(shared): State<Arc<Shared<S>>>,
    ConnectInfo(connection): ConnectInfo<Handle>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    let path = head.uri.path();
    let git = ["/info/refs", "/git-upload-pack", "/git-receive-pack"];
    if git.iter().any(|end| path.ends_with(end)) {
        return git::serve(&shared, &connection, &head, body).await;
    }
    let asked = asked(&head, &body);
    let (reply, fault) = {
        let mut behaviour = shared.behaviour.lock().unwrap();
        behaviour.requests.push(asked.clone());
        let at = behaviour.requests.len() - 1;
        let fault = behaviour.faults.iter().position(|(when, _)| *when == at);
        let fault = fault.map(|place| behaviour.faults.remove(place).1);
        let checked = match (&shared.description, behaviour.service.described(&asked)) {
            (Some(description), Some(segments)) => description.check(&segments, &asked),
            _ => Ok(()),
        };
        let reply = match &fault {
            Some(Fault::Answer(reply)) => Ok(reply.clone()),
            Some(Fault::DropBefore) => Ok(Reply::status(500)),
            _ => behaviour.service.answer(&asked),
        };
        let reply = checked.and(reply).unwrap_or_else(|wrong| {
            let wrong = format!("{}: {wrong}", asked.line());
            behaviour.wrong.push(wrong.clone());
            Reply::json(400, &serde_json::json!({"message": wrong}))
        });
        (reply, fault)
    };
    match fault {
        Some(Fault::DropBefore | Fault::DropAfter) => connection.cut(),
        Some(Fault::Stall) => return std::future::pending().await,
        Some(Fault::AnswerAfter(instead)) => return respond(instead),
        Some(Fault::Answer(_)) | None => {}
    }
    respond(reply)
}

fn respond(reply: Reply) -> Response {
    let mut response = Response::builder().status(StatusCode::from_u16(reply.status).unwrap());
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}

fn asked(head: &axum::http::request::Parts, body: &Bytes) -> Asked {
    let path = head.uri.path().to_owned();
    let decoded = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8_lossy()
            .into_owned()
    };
    let query = head.uri.query().unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    Asked {
        method: head.method.to_string(),
        segments: path.trim_matches('/').split('/').map(decoded).collect(),
        path,
        query: pairs
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect(),
        headers: texts(&head.headers),
        body: serde_json::from_slice(body).unwrap_or_default(),
    }
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text =
        |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect()
}
