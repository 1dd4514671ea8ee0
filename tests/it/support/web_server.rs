//! A loopback server of files: chart repositories and static manifests. It
//! records what it was asked, and can ask for credentials.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::loopback::Loopback;

/// One answer.
#[derive(Debug, Clone)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// Who may see what is below a path, and what everybody else is told.
struct Guard {
    below: String,
    accepted: String,
    challenge: String,
}

#[derive(Default)]
struct Behaviour {
    files: BTreeMap<String, Answer>,
    /// Answers that come once, before those of `files`.
    once: BTreeMap<String, Answer>,
    accepted: Option<String>,
    guards: Vec<Guard>,
    requests: Vec<(String, Option<String>)>,
}

/// The running server; it stops when dropped.
pub struct WebServer {
    loopback: Loopback,
    behaviour: Arc<Mutex<Behaviour>>,
}

impl WebServer {
    pub fn start() -> Self {
        let behaviour = Arc::new(Mutex::new(Behaviour::default()));
        let app = Router::new()
            .fallback(handle)
            .with_state(Arc::clone(&behaviour));
        Self {
            loopback: Loopback::serve(app),
            behaviour,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.loopback.address)
    }

    /// Serves a file.
    pub fn put(&self, path: &str, body: impl Into<Vec<u8>>) {
        self.answer(path, 200, &[], body);
    }

    /// Answers a path with anything.
    pub fn answer(
        &self,
        path: &str,
        status: u16,
        headers: &[(&'static str, &str)],
        body: impl Into<Vec<u8>>,
    ) {
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        let answer = Answer {
            status,
            headers: headers.collect(),
            body: body.into(),
        };
        let mut behaviour = self.behaviour.lock().unwrap();
        behaviour.files.insert(format!("/{path}"), answer);
    }

    /// What a path answers with.
    pub fn body(&self, path: &str) -> Option<Vec<u8>> {
        let behaviour = self.behaviour.lock().unwrap();
        let answer = behaviour.files.get(&format!("/{path}"))?;
        Some(answer.body.clone())
    }

    /// What a path answers now, it answers once more; then the next `answer` holds.
    pub fn once_more(&self, path: &str) {
        let mut behaviour = self.behaviour.lock().unwrap();
        let path = format!("/{path}");
        let now = behaviour.files[&path].clone();
        behaviour.once.insert(path, now);
    }

    /// Lets only this header in below a path; others are asked with `challenge`.
    pub fn guard(&self, below: &str, accepted: &str, challenge: &str) {
        self.behaviour.lock().unwrap().guards.push(Guard {
            below: format!("/{below}"),
            accepted: accepted.to_owned(),
            challenge: challenge.to_owned(),
        });
    }

    /// Host and port.
    pub fn host(&self) -> String {
        self.loopback.address.to_string()
    }

    pub fn address(&self) -> std::net::SocketAddr {
        self.loopback.address
    }

    /// Serves a chart repository with these packed charts.
    pub fn charts(&self, folder: &str, charts: &[(&str, &str, &[u8])]) {
        let mut index = "apiVersion: v1\nentries:\n".to_owned();
        for (name, version, packed) in charts {
            let file = format!("{name}-{version}.tgz");
            let digest = hex(&Sha256::digest(packed));
            index.push_str(&format!(
                "  {name}:\n  - {{name: {name}, version: {version}, urls: [{file}], digest: {digest}}}\n"
            ));
            self.put(&format!("{folder}/{file}"), *packed);
        }
        self.put(&format!("{folder}/index.yaml"), index);
    }

    /// Lets only this user in.
    pub fn require(&self, user: &str, token: &str) {
        let basic = format!("Basic {}", STANDARD.encode(format!("{user}:{token}")));
        self.behaviour.lock().unwrap().accepted = Some(basic);
    }

    /// Paths that were asked for, and the credentials that came along.
    pub fn requests(&self) -> Vec<(String, Option<String>)> {
        self.behaviour.lock().unwrap().requests.clone()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        self.behaviour.lock().unwrap().requests.clear();
    }
}

async fn handle(State(behaviour): State<Arc<Mutex<Behaviour>>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let given = request.headers().get("authorization");
    let given = given
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let mut behaviour = behaviour.lock().unwrap();
    behaviour.requests.push((path.clone(), given.clone()));
    let refused = behaviour.accepted.is_some() && behaviour.accepted != given;
    let guard = behaviour
        .guards
        .iter()
        .find(|guard| path.starts_with(&guard.below));
    let guard = guard.filter(|guard| Some(&guard.accepted) != given.as_ref());
    let challenge = guard.map(|guard| guard.challenge.clone());
    let once = behaviour.once.remove(&path).filter(|_| challenge.is_none());
    let found = once.or_else(|| behaviour.files.get(&path).cloned());
    let answer = match found {
        _ if challenge.is_some() => Answer {
            status: 401,
            headers: vec![("www-authenticate", challenge.unwrap_or_default())],
            body: format!("{given:?} is not let in").into_bytes(),
        },
        _ if refused => Answer {
            status: 401,
            headers: Vec::new(),
            body: b"who are you?".to_vec(),
        },
        Some(answer) => answer,
        None => Answer {
            status: 404,
            headers: Vec::new(),
            body: b"nothing here".to_vec(),
        },
    };
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body)).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// A `.tgz` with these files.
pub fn packed(files: &[(&str, &str)]) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(encoder);
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        // Written by hand: the library refuses to write what a test must read.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, content.as_bytes()).unwrap();
    }
    let mut encoder = archive.into_inner().unwrap();
    encoder.flush().unwrap();
    encoder.finish().unwrap()
}

/// A packed chart that renders one `ConfigMap`.
pub fn chart(name: &str, version: &str) -> Vec<u8> {
    let meta = format!("apiVersion: v2\nname: {name}\nversion: {version}\n");
    let template = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  version: {{{{ .Chart.Version | quote }}}}\n"
    );
    packed(&[
        (&format!("{name}/Chart.yaml"), &meta),
        (&format!("{name}/templates/all.yaml"), &template),
    ])
}
