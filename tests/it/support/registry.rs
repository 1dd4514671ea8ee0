//! Charts of a container registry, served by a [`WebServer`].

use super::chart_server::digest;
use super::web_server::WebServer;

pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
pub const LAYER: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/// What a manifest says of something.
pub fn descriptor(media_type: &str, content: &[u8]) -> serde_json::Value {
    serde_json::json!({ "mediaType": media_type, "digest": digest(content), "size": content.len() })
}

/// The manifest of a chart.
pub fn manifest(packed: &[u8]) -> serde_json::Value {
    serde_json::json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(CONFIG, b"{}"),
        "layers": [descriptor(LAYER, packed)],
    })
}

/// Serves a chart under a tag, and lists that; gives the digest of its manifest.
pub fn serve(server: &WebServer, name: &str, tag: &str, packed: &[u8]) -> String {
    server.put(&format!("v2/{name}/blobs/{}", digest(packed)), packed);
    let tags = format!("v2/{name}/tags/list");
    let mut all: serde_json::Value = match server.body(&tags) {
        Some(list) => serde_json::from_slice(&list).unwrap(),
        None => serde_json::json!({ "name": name, "tags": [] }),
    };
    all["tags"].as_array_mut().unwrap().push(tag.into());
    server.put(&tags, all.to_string());
    answer(server, name, tag, MANIFEST, &manifest(packed))
}

/// Serves any manifest under a tag and by its digest, which it gives.
pub fn answer(
    server: &WebServer,
    name: &str,
    tag: &str,
    media_type: &str,
    manifest: &serde_json::Value,
) -> String {
    let text = manifest.to_string();
    let digest = digest(text.as_bytes());
    for reference in [tag, &digest] {
        let path = format!("v2/{name}/manifests/{reference}");
        let headers = [
            ("content-type", media_type),
            ("docker-content-digest", digest.as_str()),
        ];
        server.answer(&path, 200, &headers, text.clone());
    }
    digest
}
