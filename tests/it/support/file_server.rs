//! A server of files on a random loopback port, which records what it is
//! asked and can misbehave.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};

use super::loopback::Loopback;

/// What happens to one request instead of the usual.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status and nothing else.
    Status(u16),
    /// A redirect to this URL.
    Redirect(String),
    /// Half of the file, then the connection is closed.
    Half,
    /// Half of the file, then nothing, for ever.
    Stall,
}

#[derive(Debug, Default)]
struct Shared {
    files: Mutex<BTreeMap<String, Bytes>>,
    faults: Mutex<VecDeque<Fault>>,
    requests: Mutex<Vec<String>>,
}

/// The server. It ends with this value.
pub struct FileServer {
    loopback: Loopback,
    shared: Arc<Shared>,
}

impl FileServer {
    pub fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let app = Router::new().fallback(answer).with_state(shared.clone());
        Self {
            loopback: Loopback::serve(app),
            shared,
        }
    }

    /// The address of a path: `/tools`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.loopback.address)
    }

    /// Serves a file.
    pub fn put(&self, path: &str, content: impl Into<Bytes>) {
        let mut files = self.shared.files.lock().unwrap();
        files.insert(path.to_owned(), content.into());
    }

    /// What happens to the next request, before those that come after it.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.lock().unwrap().push_back(fault);
    }

    /// The targets of all requests so far, as they were written, and whether
    /// credentials came along.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let target = request.uri().to_string();
    let asked = match request.headers().get("authorization") {
        Some(_) => format!("{target} with credentials"),
        None => target,
    };
    shared.requests.lock().unwrap().push(asked);
    let fault = shared.faults.lock().unwrap().pop_front();
    let file = {
        let files = shared.files.lock().unwrap();
        files.get(request.uri().path()).cloned()
    };
    let builder = Response::builder();
    let response = match (fault, file) {
        (Some(Fault::Status(status)), _) => builder.status(status).body(Body::empty()),
        (Some(Fault::Redirect(to)), _) => builder
            .status(302)
            .header("location", to)
            .body(Body::empty()),
        (_, None) => builder.status(StatusCode::NOT_FOUND).body(Body::empty()),
        (None, Some(file)) => builder.body(Body::from(file)),
        (Some(fault), Some(file)) => {
            let half = stream::iter([Ok(file.slice(..file.len() / 2))]);
            let body = if matches!(fault, Fault::Half) {
                let cut = stream::iter([Err(std::io::Error::other("cut"))]);
                Body::from_stream(half.chain(cut))
            } else {
                let half = half.map(|piece: Result<_, std::io::Error>| Ok(piece.unwrap()));
                Body::from_stream(half.chain(stream::pending::<Result<Bytes, Infallible>>()))
            };
            builder.header("content-length", file.len()).body(body)
        }
    };
    response.unwrap()
}
