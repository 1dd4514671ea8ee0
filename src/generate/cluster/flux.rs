//! Objects of Flux: sources, a Kustomization per environment, and what writes
//! commit statuses.
//!
//! Sources: <https://fluxcd.io/flux/components/source/gitrepositories/>,
//! <https://fluxcd.io/flux/components/kustomize/kustomizations/>,
//! <https://fluxcd.io/flux/components/notification/providers/#git-commit-status-updates>,
//! <https://fluxcd.io/flux/components/notification/receivers/>

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::repository::{Repository, Statuses};
use super::version::FluxVersion;
use super::{Cluster, Deployed, Files, digits, environment_file, note, silent};
use crate::model::Finding;

/// How often what is applied is compared with the cluster.
const KEEP: &str = "10m";

/// How soon something that failed is tried again.
const RETRY: &str = "1m";

/// The `ServiceAccount` of what applies and decrypts.
const CONTROLLER: &str = "kustomize-controller";

/// Where Azure keeps registries, which managed identities can read.
const AZURE_REGISTRIES: &str = ".azurecr.io";

/// What is written for Flux.
#[derive(Debug, Clone)]
pub struct FluxObjects {
    /// The cluster, and what it runs.
    pub cluster: Cluster,
    /// The version of Flux.
    pub version: FluxVersion,
    /// How Flux signs in to the repository.
    pub login: Login,
    /// How often Flux looks at the repository.
    pub interval: String,
    /// How long an environment may take to become healthy.
    pub timeout: String,
    /// Of which objects an object depends, by their names.
    pub depends_on: BTreeMap<String, Vec<String>>,
    /// The Secret with the keys for what SOPS encrypted.
    pub decryption_secret: Option<String>,
    /// Whose identity gets the keys for that from a key service.
    pub decrypt_as: Option<String>,
    /// Whose rights apply environments, instead of those of Flux's controller.
    pub apply_as: Option<String>,
    /// The Secret of a receiver of pushes.
    pub receiver: Option<String>,
    /// Where the environments' artifacts are, when they do not come from git.
    pub artifacts: BTreeMap<String, Artifact>,
}

/// How Flux signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// With the managed identity of Flux's controllers, or of a `ServiceAccount`.
    Identity(Option<String>),
    /// With what a Secret holds.
    Secret(String),
    /// With the GitHub App in a Secret.
    GitHubApp(String),
    /// Not at all.
    Nothing,
}

/// An artifact in a registry.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// `oci://host/path`
    pub url: String,
    /// Its tag.
    pub tag: String,
    /// The Secret for the registry.
    pub secret: Option<String>,
}

/// The name of a target in the statuses that [`FluxObjects`] makes Flux write.
pub fn context(cluster: &str, namespace: &str, name: &str) -> String {
    format!("{cluster}/kustomization/{namespace}/{name}")
}

/// The files, and what is worth telling.
pub(super) fn files(objects: &FluxObjects) -> (Files, Vec<Finding>) {
    let mut findings = Vec::new();
    let cluster = &objects.cluster;
    if !objects.version.tells_failures() {
        findings.push(note(
            "Flux 2.8 writes no failures to commits, so a wait for this cluster fails only by its timeout; Flux 2.9 writes them",
        ));
    }
    let mut files: Files = vec![
        ("sources.yaml".to_owned(), sources(objects)),
        ("cluster.yaml".to_owned(), vec![own(objects)]),
    ];
    for one in &cluster.deployed {
        files.push((
            environment_file(&one.name),
            vec![kustomization(objects, one)],
        ));
    }
    let mut statuses = Vec::new();
    for repository in cluster.repositories() {
        if let Some(kind) = provider_type(repository) {
            statuses.push(provider(objects, repository, kind));
            statuses.push(alert(objects, repository));
        } else {
            findings.push(silent(&format!(
                "Flux writes no commit statuses to {}",
                repository.url
            )));
        }
    }
    if !statuses.is_empty() {
        files.push(("statuses.yaml".to_owned(), statuses));
    }
    if let Some(secret) = &objects.receiver {
        let repositories = cluster.repositories().into_iter();
        let receivers = repositories.map(|repository| receiver(objects, repository, secret));
        files.push(("receivers.yaml".to_owned(), receivers.collect()));
    }
    (files, findings)
}

/// The repositories and registries that Flux reads, each once.
fn sources(objects: &FluxObjects) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    for one in objects.cluster.followed() {
        let source = match objects.artifacts.get(&one.name) {
            Some(artifact) => oci_repository(objects, one, artifact),
            None => git_repository(objects, one),
        };
        if !found.contains(&source) {
            found.push(source);
        }
    }
    found
}

fn git_repository(objects: &FluxObjects, one: &Deployed) -> Value {
    let mut spec = json!({
        "interval": objects.interval,
        "url": one.repository.url,
        "ref": { "branch": one.branch },
    });
    match &objects.login {
        Login::Identity(account) => {
            spec["provider"] = json!("azure");
            if let Some(account) = account {
                spec["serviceAccountName"] = json!(account);
            }
        }
        Login::Secret(name) => spec["secretRef"] = json!({ "name": name }),
        Login::GitHubApp(name) => {
            spec["provider"] = json!("github");
            spec["secretRef"] = json!({ "name": name });
        }
        Login::Nothing => {}
    }
    let name = git_name(objects, one);
    object(
        objects,
        "source.toolkit.fluxcd.io/v1",
        "GitRepository",
        &name,
        &spec,
    )
}

fn git_name(objects: &FluxObjects, one: &Deployed) -> String {
    let all = objects.cluster.repositories();
    let name = one.repository.label(&one.branch, &all);
    if name == objects.cluster.namespace {
        // `flux bootstrap` calls its own object like the namespace.
        return format!("{name}-{}", digits(&one.repository.url));
    }
    name
}

fn oci_repository(objects: &FluxObjects, one: &Deployed, artifact: &Artifact) -> Value {
    let mut spec = json!({
        "interval": objects.interval,
        "url": artifact.url,
        "ref": { "tag": artifact.tag },
    });
    let host = artifact.url.trim_start_matches("oci://");
    let host = host.split(['/', ':']).next().unwrap_or_default();
    if let Some(secret) = &artifact.secret {
        spec["secretRef"] = json!({ "name": secret });
    } else if host.ends_with(AZURE_REGISTRIES) {
        spec["provider"] = json!("azure");
        if let Login::Identity(Some(account)) = &objects.login {
            spec["serviceAccountName"] = json!(account);
        }
    }
    object(
        objects,
        "source.toolkit.fluxcd.io/v1",
        "OCIRepository",
        &one.name,
        &spec,
    )
}

/// What applies one environment, and waits until it is healthy: only then its
/// success means that it works.
fn kustomization(objects: &FluxObjects, one: &Deployed) -> Value {
    let mut spec = apply(objects, one);
    spec["wait"] = json!(true);
    if let Some(decryption) = decryption(objects) {
        spec["decryption"] = decryption;
    }
    if let Some(account) = &objects.apply_as {
        spec["serviceAccountName"] = json!(account);
    }
    let needed = objects.depends_on.get(&one.name).into_iter().flatten();
    let needed: Vec<_> = needed.map(|name| json!({ "name": name })).collect();
    if !needed.is_empty() {
        spec["dependsOn"] = json!(needed);
    }
    object(
        objects,
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        &one.name,
        &spec,
    )
}

/// How what SOPS encrypted is decrypted: with keys in a Secret, with those of a key
/// service, or either.
fn decryption(objects: &FluxObjects) -> Option<Value> {
    let (secret, account) = (&objects.decryption_secret, &objects.decrypt_as);
    if secret.is_none() && account.is_none() {
        return None;
    }
    let mut decryption = json!({ "provider": "sops" });
    if let Some(secret) = secret {
        decryption["secretRef"] = json!({ "name": secret });
    }
    // Flux's own identity is used without being named, and needs no feature gate so.
    if let Some(account) = account.as_ref().filter(|name| *name != CONTROLLER) {
        decryption["serviceAccountName"] = json!(account);
    }
    Some(decryption)
}

/// What applies these objects themselves. It cannot wait until they are
/// healthy, as it is one of them.
fn own(objects: &FluxObjects) -> Value {
    let own = &objects.cluster.own;
    object(
        objects,
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        &own.name,
        &apply(objects, own),
    )
}

fn apply(objects: &FluxObjects, one: &Deployed) -> Value {
    let (kind, source, path) = if objects.artifacts.contains_key(&one.name) {
        ("OCIRepository", one.name.clone(), "./".to_owned())
    } else {
        let folder = one.folder.trim_start_matches('.');
        (
            "GitRepository",
            git_name(objects, one),
            format!("./{folder}"),
        )
    };
    json!({
        "interval": KEEP,
        "retryInterval": RETRY,
        "timeout": objects.timeout,
        "sourceRef": { "kind": kind, "name": source },
        "path": path,
        "prune": true,
    })
}

/// The type of the provider that writes statuses to a repository. Flux takes
/// addresses of Azure DevOps with exactly one part before the project.
fn provider_type(repository: &Repository) -> Option<&'static str> {
    match &repository.statuses {
        Statuses::Azure { collection, .. } => {
            let rest = collection.split_once("://").map_or("", |(_, rest)| rest);
            (rest.matches('/').count() == 1).then_some("azuredevops")
        }
        Statuses::GitHub { .. } => Some("github"),
        Statuses::None => None,
    }
}

/// Whether Flux can write commit statuses there.
pub fn reports_to(repository: &Repository) -> bool {
    provider_type(repository).is_some()
}

fn provider(objects: &FluxObjects, repository: &Repository, kind: &str) -> Value {
    let cluster = &objects.cluster;
    let mut spec = json!({
        "type": kind,
        "address": repository.page,
        "commitStatusExpr": format!(
            "('{}/' + event.involvedObject.kind + '/' + event.involvedObject.namespace + '/' + event.involvedObject.name).lowerAscii()",
            cluster.name,
        ),
    });
    match &objects.login {
        Login::Secret(name) | Login::GitHubApp(name) => spec["secretRef"] = json!({ "name": name }),
        Login::Identity(Some(account)) => spec["serviceAccountName"] = json!(account),
        Login::Identity(None) | Login::Nothing => {}
    }
    let name = status_name(objects, repository);
    object(
        objects,
        objects.version.notification(),
        "Provider",
        &name,
        &spec,
    )
}

fn alert(objects: &FluxObjects, repository: &Repository) -> Value {
    let followed = objects.cluster.followed();
    let followed = followed.filter(|one| one.repository == *repository);
    let sources: Vec<_> = followed
        .map(|one| json!({ "kind": "Kustomization", "name": one.name }))
        .collect();
    let name = status_name(objects, repository);
    let spec = json!({
        "providerRef": { "name": name },
        "eventSeverity": "info",
        "eventSources": sources,
    });
    object(
        objects,
        objects.version.notification(),
        "Alert",
        &name,
        &spec,
    )
}

fn status_name(objects: &FluxObjects, repository: &Repository) -> String {
    repository.label("status", &objects.cluster.repositories())
}

/// What the host tells of a push. Only GitHub signs what it sends; Azure DevOps
/// knows a secret path.
fn receiver(objects: &FluxObjects, repository: &Repository, secret: &str) -> Value {
    let mut names: Vec<String> = Vec::new();
    for one in objects.cluster.followed() {
        let is_read = one.repository == *repository && !objects.artifacts.contains_key(&one.name);
        let name = git_name(objects, one);
        if is_read && !names.contains(&name) {
            names.push(name);
        }
    }
    let resources: Vec<_> = names
        .iter()
        .map(|name| json!({ "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "name": name }))
        .collect();
    let mut spec = json!({
        "type": "generic",
        "secretRef": { "name": secret },
        "resources": resources,
    });
    if matches!(repository.statuses, Statuses::GitHub { .. }) {
        spec["type"] = json!("github");
        spec["events"] = json!(["ping", "push"]);
    }
    let name = repository.label("push", &objects.cluster.repositories());
    object(
        objects,
        "notification.toolkit.fluxcd.io/v1",
        "Receiver",
        &name,
        &spec,
    )
}

fn object(objects: &FluxObjects, version: &str, kind: &str, name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": version,
        "kind": kind,
        "metadata": { "name": name, "namespace": objects.cluster.namespace },
        "spec": spec,
    })
}
