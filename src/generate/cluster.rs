//! The `flux` and `argocd` generators: the objects by which a cluster finds and
//! reports on what is published for other environments.
//!
//! They have no source: what they write follows from the settings of the other
//! environments. Owns which objects that are and what they are called. Holds no
//! secret: objects name Secrets that somebody else made.

mod argocd;
mod flux;
mod notifications;
mod repository;
mod version;

pub use argocd::{ArgoCdObjects, GitHubApp, application_name};
pub use flux::{Artifact, FluxObjects, Login};
pub use repository::{Repository, Statuses};
pub use version::{ArgoCdVersion, FluxVersion, UnknownVersion};

pub use argocd::context as argocd_context;
pub use flux::{context as flux_context, reports_to as flux_reports_to};

use sha2::{Digest as _, Sha256};

use super::Fault;
use crate::model::{FileSet, Finding, RelPath};
use crate::text::yaml;

/// What is written for one cluster.
#[derive(Debug, Clone)]
pub enum ClusterObjects {
    /// For Flux.
    Flux(FluxObjects),
    /// For Argo CD.
    ArgoCd(ArgoCdObjects),
}

/// What is written for a cluster, whoever controls it.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// What commit statuses call the cluster.
    pub name: String,
    /// The namespace of the objects.
    pub namespace: String,
    /// The environment that the objects themselves are published as.
    pub own: Deployed,
    /// The environments that the cluster runs.
    pub deployed: Vec<Deployed>,
}

impl Cluster {
    /// Whether everything is on Azure DevOps Services, where clusters can have
    /// identities.
    pub fn is_on_services(&self) -> bool {
        let services = |it: &Deployed| {
            matches!(
                it.repository.statuses,
                Statuses::Azure { services: true, .. }
            )
        };
        self.followed().all(services)
    }

    /// Whether something is read with a key.
    pub fn is_over_ssh(&self) -> bool {
        self.followed().any(|it| it.repository.is_over_ssh())
    }

    /// All that the cluster follows, the objects themselves first.
    fn followed(&self) -> impl Iterator<Item = &Deployed> {
        std::iter::once(&self.own).chain(&self.deployed)
    }

    /// The repositories, each once.
    fn repositories(&self) -> Vec<&Repository> {
        let mut found: Vec<&Repository> = Vec::new();
        for one in self.followed() {
            if !found.contains(&&one.repository) {
                found.push(&one.repository);
            }
        }
        found
    }
}

/// One environment, as a cluster sees it.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// What its object is called.
    pub name: String,
    /// Where it is published.
    pub repository: Repository,
    /// The branch there.
    pub branch: String,
    /// The folder there; `.` is the root.
    pub folder: String,
}

/// The longest name that a label can hold, which the names of objects become.
const LABEL: usize = 63;

/// What the object of an environment is called; `None` when its name cannot be
/// a [DNS label](https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names).
pub fn object_name(environment: &str) -> Option<String> {
    let name = environment.replace('/', "-");
    is_label(&name).then_some(name)
}

/// Whether a text is a DNS label.
pub fn is_label(text: &str) -> bool {
    let is_inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty()
        && text.len() <= LABEL
        && text.bytes().all(is_inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// The files of a cluster, and what is worth telling.
pub(super) fn run(objects: &ClusterObjects) -> Result<(FileSet, Vec<Finding>), Fault> {
    let (files, findings) = match objects {
        ClusterObjects::Flux(objects) => flux::files(objects),
        ClusterObjects::ArgoCd(objects) => argocd::files(objects),
    };
    let mut set = FileSet::new();
    for (path, objects) in files {
        let documents: Vec<_> = objects
            .into_iter()
            .map(|object| yaml::emit_manifest(&value(object)))
            .collect();
        let path = RelPath::parse(&path).map_err(Fault::Name)?;
        set.insert(path, documents.join("---\n"));
    }
    Ok((set, findings))
}

/// Files by path, each with its objects.
type Files = Vec<(String, Vec<serde_json::Value>)>;

/// Something good to know about all of it.
fn note(message: &str) -> Finding {
    Finding {
        place: None,
        ..Finding::info("", message)
    }
}

/// Nobody learns how a rollout ended.
fn silent(why: &str) -> Finding {
    Finding {
        place: None,
        ..Finding::warning("", format!("{why}, so nothing can wait for this cluster"))
    }
}

/// The file of what makes one environment run.
fn environment_file(name: &str) -> String {
    format!("environments/{name}.yaml")
}

fn value(json: serde_json::Value) -> yaml::Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => yaml::Value::Null,
        Json::Bool(value) => yaml::Value::Bool(value),
        Json::Number(number) => number
            .as_i64()
            .map_or_else(|| yaml::Value::Str(number.to_string()), yaml::Value::Int),
        Json::String(text) => yaml::Value::Str(text),
        Json::Array(items) => yaml::Value::List(items.into_iter().map(value).collect()),
        Json::Object(pairs) => yaml::Value::Map(
            pairs
                .into_iter()
                .map(|(key, item)| (yaml::Value::Str(key), value(item)))
                .collect(),
        ),
    }
}

/// A few digits that stand for a text.
fn digits(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    format!(
        "{:08x}",
        u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
    )
}

#[cfg(test)]
mod tests;
