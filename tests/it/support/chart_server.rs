//! A registry and a chart repository on a random loopback port, for helm.
//!
//! ```ignore
//! let server = ChartServer::start().await;
//! server.add("web", "1.0.0", packed);
//! let chart = server.registry("web");       // oci://127.0.0.1:…/helm/web
//! let chart = server.repository("web");     // http://127.0.0.1:…/charts/web
//! server.require("me", "token");            // Basic authentication
//! ```

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
const LAYER: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

pub struct ChartServer {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    /// Packed charts by name and version.
    charts: BTreeMap<(String, String), Vec<u8>>,
    /// What an Authorization header has to be.
    required: Option<String>,
    /// Paths that were asked for.
    requests: Vec<String>,
}

impl ChartServer {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Mutex::new(Shared::default()));
        let app = Router::new()
            .fallback(answer)
            .with_state((address, Arc::clone(&shared)));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            address,
            shared,
            task,
        }
    }

    /// Offers a packed chart, in both ways; replaces one of the same version.
    pub fn add(&self, name: &str, version: &str, packed: Vec<u8>) {
        let key = (name.to_owned(), version.to_owned());
        self.shared.lock().unwrap().charts.insert(key, packed);
    }

    /// From now on, only who has this password is served.
    pub fn require(&self, user: &str, password: &str) {
        let pair = STANDARD.encode(format!("{user}:{password}"));
        self.shared.lock().unwrap().required = Some(format!("Basic {pair}"));
    }

    /// How many requests there were so far.
    pub fn requests(&self) -> usize {
        self.shared.lock().unwrap().requests.len()
    }

    pub fn host(&self) -> String {
        self.address.to_string()
    }

    pub fn registry(&self, name: &str) -> String {
        format!("oci://{}/helm/{name}", self.address)
    }

    pub fn repository(&self, name: &str) -> String {
        format!("http://{}/charts/{name}", self.address)
    }

    /// The digest of a chart's manifest in the registry.
    pub fn manifest_digest(&self, name: &str, version: &str) -> String {
        let shared = self.shared.lock().unwrap();
        digest(&manifest(
            &shared.charts[&(name.to_owned(), version.to_owned())],
        ))
    }
}

impl Drop for ChartServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `sha256:…`
pub fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let mut text = "sha256:".to_owned();
    for byte in hash {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

fn manifest(packed: &[u8]) -> Vec<u8> {
    let part = |media_type: &str, content: &[u8]| serde_json::json!({ "mediaType": media_type, "digest": digest(content), "size": content.len() });
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": part(CONFIG, b"{}"),
        "layers": [part(LAYER, packed)],
    });
    manifest.to_string().into_bytes()
}

type Served = (SocketAddr, Arc<Mutex<Shared>>);

async fn answer(State((address, shared)): State<Served>, request: Request) -> Response {
    let mut shared = shared.lock().unwrap();
    let path = request.uri().path().to_owned();
    shared.requests.push(path.clone());
    let header = request.headers().get("authorization");
    let given = header.map(|value| value.to_str().unwrap().to_owned());
    if shared.required.is_some() && shared.required != given {
        return Response::builder()
            .status(StatusCode::UNAUTHORIZED)
            .header("www-authenticate", "Basic realm=\"charts\"")
            .body(Body::from("{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}"))
            .unwrap();
    }
    let Some((media_type, content)) = content(&shared, address, &path) else {
        return Response::builder()
            .status(StatusCode::NOT_FOUND)
            .body(Body::empty())
            .unwrap();
    };
    let response = Response::builder()
        .header("content-type", media_type)
        .header("content-length", content.len())
        .header("docker-content-digest", digest(&content));
    let body = if request.method() == Method::HEAD {
        Body::empty()
    } else {
        Body::from(content)
    };
    response.body(body).unwrap()
}

fn content(shared: &Shared, address: SocketAddr, path: &str) -> Option<(&'static str, Vec<u8>)> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let of = |name: &str| {
        let charts = shared.charts.iter();
        let named = charts.filter(|((chart, _), _)| chart == name);
        named.collect::<Vec<_>>()
    };
    match parts[..] {
        ["v2", ""] => Some(("application/json", b"{}".to_vec())),
        ["v2", "helm", name, "manifests", reference] => {
            let mut all = of(name)
                .into_iter()
                .map(|((_, version), packed)| (version, manifest(packed)));
            let found = all
                .find(|(version, manifest)| *version == reference || digest(manifest) == reference);
            found.map(|(_, manifest)| (MANIFEST, manifest))
        }
        ["v2", "helm", _, "blobs", wanted] if wanted == digest(b"{}") => {
            Some((CONFIG, b"{}".to_vec()))
        }
        ["v2", "helm", name, "blobs", wanted] => {
            let found = of(name)
                .into_iter()
                .find(|(_, packed)| digest(packed) == wanted);
            found.map(|(_, packed)| (LAYER, packed.clone()))
        }
        ["charts", "index.yaml"] => {
            let mut entries = serde_json::Map::new();
            for ((name, version), packed) in &shared.charts {
                let list = entries.entry(name).or_insert_with(|| serde_json::json!([]));
                let url = format!("http://{address}/charts/{name}-{version}.tgz");
                list.as_array_mut().unwrap().push(serde_json::json!({
                    "apiVersion": "v2", "name": name, "version": version,
                    "urls": [url], "digest": &digest(packed)[7..],
                }));
            }
            let index = serde_json::json!({ "apiVersion": "v1", "entries": entries });
            Some(("application/yaml", index.to_string().into_bytes()))
        }
        ["charts", file] => {
            let mut all = shared.charts.iter();
            let named = |(name, version): &(String, String)| format!("{name}-{version}.tgz");
            let found = all.find(|(key, _)| named(key) == file);
            found.map(|(_, packed)| ("application/gzip", packed.clone()))
        }
        _ => None,
    }
}
