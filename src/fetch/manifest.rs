//! Manifests of a registry: which layer is the chart, and that layer itself.

use serde_json::Value;

use super::registry::{LARGEST, Registry};
use super::{Error, LARGEST_CHART, digest};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
/// The layer that is the chart, and what it was called before Helm 3.7.
const CHARTS: [&str; 2] = [
    "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
    "application/tar+gzip",
];

/// How many manifests of an index are looked at.
const MANIFESTS: usize = 32;

/// Something that a manifest names.
pub(super) struct Descriptor {
    pub(super) digest: String,
    pub(super) size: u64,
}

impl Registry<'_> {
    /// The digest of the manifest under a tag, and the chart that it names.
    pub(super) async fn manifest(&self, version: &str) -> Result<(String, Descriptor), Error> {
        // A tag cannot have a `+`.
        let tag = version.replace('+', "_");
        let fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if tag.is_empty() || tag.len() > 128 || !tag.chars().all(fine) {
            return Err(Error::Version(version.to_owned()));
        }
        let (digest, kind, manifest) = match self.document(&tag).await {
            Err(error) if error.status() == Some(404) => return Err(self.absent(version, None)),
            other => other?,
        };
        if kind != INDEX {
            let layer = self.chart_of(&digest, &manifest)?;
            return Ok((digest, layer));
        }
        // Of several manifests the chart is the first whose configuration says so.
        let listed = manifest.get("manifests").and_then(Value::as_array);
        for one in listed.into_iter().flatten().take(MANIFESTS) {
            let one = self.descriptor(&digest, one)?;
            let (inner, _, manifest) = self.document(&one.digest).await?;
            if media_type(manifest.get("config")) == Some(CONFIG) {
                let layer = self.chart_of(&inner, &manifest)?;
                return Ok((digest, layer));
            }
        }
        Err(self.wrong(&at(&digest), "none of its manifests is that of a chart"))
    }

    /// A manifest or index: its digest, type and content.
    async fn document(&self, reference: &str) -> Result<(String, String, Value), Error> {
        let url = self.address(&format!("manifests/{reference}"))?;
        let mut response = self.get(&url, &format!("{MANIFEST}, {INDEX}")).await?;
        let header = response.text_header("docker-content-digest");
        let said = header
            .filter(|said| said.starts_with("sha256:"))
            .map(str::to_owned);
        let named = reference.contains(':').then(|| reference.to_owned());
        let sent = response.content_type();
        let bytes = response.bytes(LARGEST).await?;
        let found = digest(&bytes);
        if let Some(expected) = named.into_iter().chain(said).find(|it| *it != found) {
            return Err(self.differs(&at(reference), expected, found));
        }
        let value = serde_json::from_slice::<Value>(&bytes);
        let value = value.map_err(|error| self.wrong(&at(reference), error.to_string()))?;
        let kind = media_type(Some(&value)).unwrap_or(&sent).to_owned();
        Ok((found, kind, value))
    }

    fn differs(&self, what: &str, expected: String, found: String) -> Error {
        Error::Digest {
            address: self.shown(what),
            by: "its registry",
            expected,
            found,
        }
    }

    /// The one layer that is the chart.
    fn chart_of(&self, digest: &str, manifest: &Value) -> Result<Descriptor, Error> {
        let layers = manifest.get("layers").and_then(Value::as_array);
        let layers = layers.map(Vec::as_slice).unwrap_or_default();
        let is_chart =
            |layer: &&Value| media_type(Some(layer)).is_some_and(|it| CHARTS.contains(&it));
        let mut charts = layers.iter().filter(is_chart);
        match (charts.next(), charts.next()) {
            (Some(chart), None) => self.descriptor(digest, chart),
            (None, _) => Err(self.wrong(&at(digest), "it holds no chart")),
            (Some(_), Some(_)) => Err(self.wrong(&at(digest), "it holds several charts")),
        }
    }

    fn descriptor(&self, of: &str, value: &Value) -> Result<Descriptor, Error> {
        let digest = value.get("digest").and_then(Value::as_str);
        let hex = digest.and_then(|digest| digest.strip_prefix("sha256:"));
        let is_hex = |hex: &&str| {
            hex.len() == 64
                && hex
                    .bytes()
                    .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
        };
        let size = value.get("size").and_then(Value::as_u64);
        match (hex.filter(is_hex), size) {
            (Some(hex), Some(size)) => Ok(Descriptor {
                digest: format!("sha256:{hex}"),
                size,
            }),
            _ => Err(self.wrong(
                &at(of),
                "it names something without a size and a digest of SHA-256",
            )),
        }
    }

    pub(super) async fn layer(&self, layer: &Descriptor) -> Result<Vec<u8>, Error> {
        let what = at(&layer.digest);
        if layer.size > LARGEST_CHART {
            let reason = format!("it is larger than {LARGEST_CHART} bytes");
            return Err(self.wrong(&what, reason));
        }
        let url = self.address(&format!("blobs/{}", layer.digest))?;
        let mut response = self.get(&url, "*/*").await?;
        let bytes = response.bytes(layer.size).await?;
        let found = digest(&bytes);
        if found != layer.digest {
            return Err(self.differs(&what, layer.digest.clone(), found));
        }
        Ok(bytes)
    }
}

/// How a tag or digest stands behind a name.
fn at(reference: &str) -> String {
    let sign = if reference.contains(':') { '@' } else { ':' };
    format!("{sign}{reference}")
}

fn media_type(value: Option<&Value>) -> Option<&str> {
    value?.get("mediaType").and_then(Value::as_str)
}
