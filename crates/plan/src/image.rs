//! References to images: registry, repository, tag, digest, and which of two versions is
//! the older one.

use serde::{Deserialize, Serialize};

/// A container that gets another image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageMove {
    /// Where the image is named.
    pub path: String,
    /// What it was.
    pub old: String,
    /// What it becomes.
    pub new: String,
}

/// The parts of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image<'t> {
    pub(crate) registry: &'t str,
    pub(crate) repository: &'t str,
    pub(crate) tag: Option<&'t str>,
    pub(crate) digest: Option<&'t str>,
}

/// Tags that are made to be moved.
const MUTABLE: &[&str] = &[
    "latest", "main", "master", "trunk", "develop", "dev", "edge", "nightly", "canary", "stable",
    "rolling", "snapshot",
];

impl<'t> Image<'t> {
    pub(crate) fn parse(text: &'t str) -> Self {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let (rest, tag) = match rest.rsplit_once(':') {
            // A colon before a slash belongs to the port of the registry.
            Some((rest, tag)) if !tag.contains('/') => (rest, Some(tag)),
            _ => (rest, None),
        };
        let (registry, repository) = match rest.split_once('/') {
            Some((first, after)) if first.contains(['.', ':']) || first == "localhost" => {
                (first, after)
            }
            _ => ("docker.io", rest),
        };
        // Two names of one registry.
        let registry = match registry {
            "index.docker.io" | "registry-1.docker.io" => "docker.io",
            other => other,
        };
        Self {
            registry,
            repository,
            tag,
            digest,
        }
    }

    /// Whether others decide what it is tomorrow.
    pub(crate) fn is_mutable(&self) -> bool {
        let is_moved = |tag: &str| {
            let tag = tag.to_ascii_lowercase();
            MUTABLE.contains(&tag.as_str()) || tag.starts_with("latest-")
        };
        self.digest.is_none() && self.tag.is_none_or(is_moved)
    }

    /// Whether its version is older than the other's; unknown where they do not compare.
    pub(crate) fn is_older_than(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.tag.and_then(version), other.tag.and_then(version));
        mine.zip(theirs).is_some_and(|(mine, theirs)| mine < theirs)
    }
}

/// The numbers of a version of at least two: a single one may be a date or a build. Of
/// equal numbers, one with `-rc` and the like is older.
pub(crate) fn version(text: &str) -> Option<(Vec<u64>, bool)> {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let mut numbers: Vec<u64> = (text[..end].split('.'))
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    if numbers.len() < 2 || numbers.len() > 4 {
        return None;
    }
    numbers.resize(4, 0);
    let suffix = text[end..].trim_start_matches(['-', '+', '_']);
    let early = ["alpha", "beta", "rc", "pre", "dev", "preview", "snapshot"];
    let suffix = suffix.to_ascii_lowercase();
    Some((
        numbers,
        !early.iter().any(|start| suffix.starts_with(start)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("nginx", "docker.io", "nginx", None, None)]
    #[case(
        "contoso.azurecr.io/a/b:1",
        "contoso.azurecr.io",
        "a/b",
        Some("1"),
        None
    )]
    #[case("localhost:5000/a", "localhost:5000", "a", None, None)]
    #[case("a/b:1@sha256:c", "docker.io", "a/b", Some("1"), Some("sha256:c"))]
    fn parts(
        #[case] text: &str,
        #[case] registry: &str,
        #[case] repository: &str,
        #[case] tag: Option<&str>,
        #[case] digest: Option<&str>,
    ) {
        let expected = Image {
            registry,
            repository,
            tag,
            digest,
        };
        assert_eq!(Image::parse(text), expected);
    }

    #[rstest::rstest]
    #[case("1.3.9", "1.4.2", true)]
    #[case("1.10.0", "1.9.0", false)]
    #[case("v1.6.9", "v20231011-8b53cabe0", false)]
    #[case("1.4.2-alpine", "1.4.2", false)]
    #[case("1.4.2-rc.1", "1.4.2", true)]
    #[case("1.4", "1.4.1", true)]
    #[case("latest", "1.4.2", false)]
    #[case("12", "13", false)]
    fn older(#[case] a: &str, #[case] b: &str, #[case] expected: bool) {
        let (a, b) = (format!("x:{a}"), format!("x:{b}"));
        assert_eq!(Image::parse(&a).is_older_than(&Image::parse(&b)), expected);
    }
}
