//! Objects of Argo CD: an Application per environment, and notifications that
//! write commit statuses.
//!
//! Sources: <https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/>,
//! <https://argo-cd.readthedocs.io/en/stable/user-guide/private-repositories/>

use serde_json::{Map, Value, json};

use super::repository::{Repository, Statuses};
use super::version::ArgoCdVersion;
use super::{Cluster, Deployed, Files, environment_file, notifications, silent};
use crate::model::Finding;

/// The cluster that Argo CD itself runs in.
const HERE: &str = "https://kubernetes.default.svc";

/// What is written for Argo CD.
#[derive(Debug, Clone)]
pub struct ArgoCdObjects {
    /// The cluster, and what it runs.
    pub cluster: Cluster,
    /// The version of Argo CD.
    pub version: ArgoCdVersion,
    /// The project of the applications.
    pub project: String,
    /// What Argo CD calls the cluster, when it runs in another one.
    pub destination: Option<String>,
    /// The address of Argo CD's pages, for links.
    pub url: Option<String>,
    /// Whether Argo CD reads the repository with its own managed identity.
    pub workload_identity: bool,
    /// The app that writes statuses, instead of a token.
    pub github_app: Option<GitHubApp>,
    /// The repositories of every cluster that this Argo CD serves.
    pub repositories: Vec<Repository>,
    /// Whether the objects that those clusters share are written with these: a
    /// second Application with the same object would fight over it.
    pub writes_shared: bool,
}

impl ArgoCdObjects {
    /// What the Application of an environment is called. One Argo CD can run the
    /// same environment in several clusters.
    fn application_name(&self, one: &Deployed) -> String {
        let is_own = one.name == self.cluster.own.name;
        let elsewhere = self.destination.is_some() && !is_own;
        application_name(&self.cluster.name, &one.name, elsewhere)
    }

    /// The repositories of every cluster that this Argo CD serves.
    pub(super) fn repositories(&self) -> Vec<&Repository> {
        self.repositories.iter().collect()
    }
}

/// What the Application of an environment is called: where it runs in a cluster
/// other than Argo CD's own, the name of the cluster is part of it.
pub fn application_name(cluster: &str, name: &str, elsewhere: bool) -> String {
    if elsewhere {
        format!("{cluster}-{name}")
    } else {
        name.to_owned()
    }
}

/// The annotation of an Application that holds the name of its target in
/// statuses. The templates read it, so that they are the same for all clusters.
pub(super) const TARGET: &str = "gitops-status-target";

/// A GitHub App whose key is in the Secret of Argo CD's notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GitHubApp {
    /// Its number.
    pub id: u64,
    /// The number of its installation.
    pub installation: u64,
}

/// The name of a target in the statuses that [`ArgoCdObjects`] makes Argo CD write.
pub fn context(cluster: &str, name: &str) -> String {
    format!("{cluster}/{name}")
}

/// The files, and what is worth telling.
pub(super) fn files(objects: &ArgoCdObjects) -> (Files, Vec<Finding>) {
    let cluster = &objects.cluster;
    let here = json!({ "server": HERE, "namespace": cluster.namespace });
    let there = match &objects.destination {
        Some(name) => json!({ "name": name }),
        None => json!({ "server": HERE }),
    };
    let own = application(objects, &cluster.own, &here);
    let mut files: Files = vec![("cluster.yaml".to_owned(), vec![own])];
    for one in &cluster.deployed {
        let application = application(objects, one, &there);
        files.push((environment_file(&one.name), vec![application]));
    }
    let mut findings = Vec::new();
    let mute = cluster.repositories().into_iter();
    for repository in mute.filter(|it| it.statuses == Statuses::None) {
        findings.push(silent(&format!(
            "{} has no commit statuses",
            repository.url
        )));
    }
    if !objects.writes_shared {
        return (files, findings);
    }
    if let Some(config) = notifications::config(objects) {
        files.push(("notifications.yaml".to_owned(), vec![config]));
    }
    if objects.workload_identity {
        let repositories = objects.repositories().into_iter();
        let repositories = repositories.map(|it| repository(objects, it));
        files.push(("repositories.yaml".to_owned(), repositories.collect()));
    }
    (files, findings)
}

fn application(objects: &ArgoCdObjects, one: &Deployed, destination: &Value) -> Value {
    let name = objects.application_name(one);
    let mut metadata = json!({ "name": name, "namespace": objects.cluster.namespace });
    if let Some(service) = notifications::service(objects, &one.repository) {
        let key = format!("notifications.argoproj.io/subscribe.{service}.{service}");
        metadata["annotations"] = Value::Object(Map::from_iter([(key, json!(""))]));
        metadata["annotations"][TARGET] = json!(context(&objects.cluster.name, &one.name));
    }
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": metadata,
        "spec": {
            "project": objects.project,
            "source": {
                "repoURL": one.repository.url,
                "targetRevision": one.branch,
                "path": one.folder,
                "directory": { "recurse": true },
            },
            "destination": destination,
            "syncPolicy": {
                "automated": { "prune": true, "selfHeal": true },
                "syncOptions": ["ServerSideApply=true"],
                "retry": {
                    "limit": 3,
                    "backoff": { "duration": "10s", "factor": 2, "maxDuration": "2m" },
                },
            },
        },
    })
}

/// Tells Argo CD to read a repository with its managed identity. It is a Secret
/// to Argo CD, and holds none.
fn repository(objects: &ArgoCdObjects, repository: &Repository) -> Value {
    let name = repository.label("", &objects.repositories());
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            // Names of Secrets may be longer than labels.
            "name": format!("repository-{name}"),
            "namespace": objects.cluster.namespace,
            "labels": { "argocd.argoproj.io/secret-type": "repository" },
        },
        "stringData": {
            "type": "git",
            "url": repository.url,
            "useAzureWorkloadIdentity": "true",
        },
    })
}
