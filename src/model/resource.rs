//! The identity of a Kubernetes object, and where it stands.

use std::fmt;

use super::RelPath;

/// Group, version, kind, namespace and name of one Kubernetes object.
///
/// Written `group/version Kind namespace/name`, without the namespace where
/// there is none: `apps/v1 Deployment shop/web`, `v1 Namespace shop`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId {
    /// `v1`, `apps/v1`, …
    pub api_version: String,
    /// `Deployment`, …
    pub kind: String,
    /// `metadata.namespace`, when given.
    pub namespace: Option<String>,
    /// `metadata.name`; for objects without one, `metadata.generateName` with a final `*`.
    pub name: String,
}

/// What makes two manifests the same object: group, kind, namespace, name. The
/// version does not count.
pub type ResourceKey<'i> = (&'i str, &'i str, Option<&'i str>, &'i str);

impl ResourceId {
    /// The API group: `apps`, and nothing for the core group.
    pub fn group(&self) -> &str {
        let group = self.api_version.split_once('/');
        group.map_or("", |(group, _)| group)
    }

    /// What two versions of one object have in common.
    pub fn key(&self) -> ResourceKey<'_> {
        let namespace = self.namespace.as_deref();
        (self.group(), &self.kind, namespace, &self.name)
    }

    /// Reads the written form; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ' ');
        let (api_version, kind, name) = (parts.next()?, parts.next()?, parts.next()?);
        let (namespace, name) = match name.split_once('/') {
            Some((namespace, name)) => (Some(namespace.to_owned()), name),
            None => (None, name),
        };
        Some(Self {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace,
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.api_version, self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}

impl serde::Serialize for ResourceId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for ResourceId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("expected `group/version Kind namespace/name`"))
    }
}

/// One Kubernetes object in a file set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// What it is.
    pub id: ResourceId,
    /// The file it stands in.
    pub file: RelPath,
    /// The line its document starts at, from 1.
    pub line: usize,
    /// A hash of its parsed content: equal for documents that mean the same.
    pub digest: String,
    /// The images of its containers, as they are written; sorted.
    pub images: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("apps/v1 Deployment shop/web")]
    #[case("v1 Namespace shop")]
    #[case("rbac.authorization.k8s.io/v1 ClusterRole system:node")]
    fn identities_read_back_as_written(#[case] text: &str) {
        assert_eq!(ResourceId::parse(text).unwrap().to_string(), text);
    }
}
