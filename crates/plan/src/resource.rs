//! One resource as the caller hands it over, and its identity.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::value::Value;

/// Version, kind, namespace and name of a resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// `v1`, `apps/v1`, …
    pub api_version: String,
    /// `Deployment`, …
    pub kind: String,
    /// `metadata.namespace`, when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// `metadata.name`; for resources without one, `metadata.generateName` and a `*`.
    pub name: String,
}

impl Identity {
    /// The identity that a resource states.
    pub fn of(value: &Value) -> Self {
        let metadata = value.at(&["metadata"]);
        let name = metadata.at(&["name"]).scalar();
        let generated = metadata.at(&["generateName"]).text();
        Self {
            api_version: value.at(&["apiVersion"]).scalar(),
            kind: value.at(&["kind"]).scalar(),
            namespace: metadata
                .at(&["namespace"])
                .text()
                .filter(|namespace| !namespace.is_empty())
                .map(str::to_owned),
            name: match generated {
                Some(start) if name.is_empty() => format!("{start}*"),
                _ => name,
            },
        }
    }

    /// The API group: `apps`, and nothing for the core group.
    pub fn group(&self) -> &str {
        self.api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }

    /// The group that the server keeps the kind in: some have moved since.
    pub(crate) fn storage_group(&self) -> &str {
        match (self.group(), self.kind.as_str()) {
            ("extensions", "Ingress" | "NetworkPolicy") => "networking.k8s.io",
            ("extensions", "PodSecurityPolicy") => "policy",
            ("extensions", "Deployment" | "DaemonSet" | "ReplicaSet") => "apps",
            (group, _) => group,
        }
    }

    /// Kind and name, as people say it: `Deployment shop/web`.
    pub fn short(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{} {namespace}/{}", self.kind, self.name),
            None => format!("{} {}", self.kind, self.name),
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.api_version, self.short())
    }
}

/// One resource of a set.
#[derive(Debug, Clone)]
pub struct Resource<'a> {
    /// Its file, relative to the environment's folder.
    pub file: &'a str,
    /// The line on which it begins, from 1; 0 when that is not known.
    pub line: usize,
    /// Whether we wrote it; of the old side, what is not ours is adopted.
    pub is_ours: bool,
    /// Its content.
    pub value: &'a Value,
    pub(crate) id: Identity,
}

impl<'a> Resource<'a> {
    /// A resource that is ours.
    pub fn new(file: &'a str, line: usize, value: &'a Value) -> Self {
        Self {
            file,
            line,
            is_ours: true,
            value,
            id: Identity::of(value),
        }
    }

    /// What it is called.
    pub fn identity(&self) -> &Identity {
        &self.id
    }
}
