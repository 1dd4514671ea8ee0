//! The versions of the controllers that objects can be written for.

use std::str::FromStr;

/// A version that nothing is known about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it can be {known}")]
pub struct UnknownVersion {
    /// Those that can be written for.
    known: String,
}

/// A minor version of Flux.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FluxVersion(u64);

impl FluxVersion {
    /// The minor versions of Flux 2 whose objects are known.
    const KNOWN: [u64; 3] = [8, 9, 10];

    /// The API version of Provider and Alert.
    pub(super) fn notification(self) -> &'static str {
        match self.0 {
            ..10 => "notification.toolkit.fluxcd.io/v1beta3",
            _ => "notification.toolkit.fluxcd.io/v1",
        }
    }

    /// Whether failures are written to commits.
    /// <https://github.com/fluxcd/notification-controller/issues/1373>
    pub(super) fn tells_failures(self) -> bool {
        self.0 > 8
    }
}

impl FromStr for FluxVersion {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        minor(text, 2, &Self::KNOWN).map(Self)
    }
}

/// A minor version of Argo CD. The objects are the same for all that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArgoCdVersion(u64);

impl ArgoCdVersion {
    /// The minor versions of Argo CD 3 whose objects are known.
    const KNOWN: [u64; 3] = [3, 4, 5];
}

impl FromStr for ArgoCdVersion {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        minor(text, 3, &Self::KNOWN).map(Self)
    }
}

/// The minor version in `2.9`, `2.9.3` or `v2.9.3`.
fn minor(text: &str, major: u64, known: &[u64]) -> Result<u64, UnknownVersion> {
    let parts: Option<Vec<u64>> = text
        .strip_prefix('v')
        .unwrap_or(text)
        .split('.')
        .map(|part| part.parse().ok())
        .collect();
    let found = match parts.as_deref() {
        Some([first, minor] | [first, minor, _]) if *first == major => Some(*minor),
        _ => None,
    };
    found
        .filter(|minor| known.contains(minor))
        .ok_or_else(|| UnknownVersion {
            known: known
                .iter()
                .map(|minor| format!("{major}.{minor}"))
                .collect::<Vec<_>>()
                .join(", "),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("2.8", Some(8))]
    #[case("2.9.3", Some(9))]
    #[case("v2.10.0", Some(10))]
    #[case("2.1", None)]
    #[case("2.11", None)]
    #[case("3.9", None)]
    #[case("2", None)]
    #[case("2.9.3.1", None)]
    #[case("2.9-rc.1", None)]
    #[case("latest", None)]
    #[case("", None)]
    fn minor_versions_are_what_counts(#[case] text: &str, #[case] minor: Option<u64>) {
        assert_eq!(text.parse::<FluxVersion>().ok(), minor.map(FluxVersion));
    }

    #[test]
    fn an_unknown_version_is_answered_with_the_known_ones() {
        let flux = "1.25".parse::<FluxVersion>().unwrap_err();
        assert_eq!(flux.to_string(), "it can be 2.8, 2.9, 2.10");
        let argocd = "2.14".parse::<ArgoCdVersion>().unwrap_err();
        assert_eq!(argocd.to_string(), "it can be 3.3, 3.4, 3.5");
    }
}
