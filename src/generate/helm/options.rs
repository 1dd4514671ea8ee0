//! What can be said about a chart and its release, and what cannot be.
//!
//! Names and versions are checked here, before helm could take them for
//! something else.

use std::path::{Path, PathBuf};

use super::dependencies::is_exact;
use super::error::HelmFault;
use super::packed::is_packed;
use super::remote::Pulls;
use crate::generate::{Policy, RenderCache};
use crate::model::Secret;

/// The version of Kubernetes that charts are rendered for when settings name
/// none. helm's own default depends on how helm was built.
pub const KUBE_VERSION: &str = "1.37.0";

/// Whether something is kept in the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Keep {
    /// It stays.
    Keep,
    /// It goes.
    Drop,
}

/// A values file.
#[derive(Debug, Clone)]
pub struct ValuesFile {
    /// Where it is in the checkout.
    pub path: PathBuf,
    /// What stands for its content: the same with tokens replaced.
    pub content: Option<Vec<u8>>,
}

impl<P: Into<PathBuf>> From<P> for ValuesFile {
    fn from(path: P) -> Self {
        Self {
            path: path.into(),
            content: None,
        }
    }
}

/// The credentials for one registry or repository.
#[derive(Debug, Clone)]
pub struct HelmLogin {
    /// Its host, with a port when it has one: `contoso.azurecr.io`.
    pub host: String,
    /// The user.
    pub username: String,
    /// The password or token.
    pub password: Secret,
}

/// Which chart is rendered, and with what.
#[derive(Debug, Clone)]
pub struct HelmOptions {
    /// The name of the release; without one, that of the chart.
    pub release: Option<String>,
    /// The namespace of the release, which resources without one are put into.
    /// Without one the chart sees `default`, and resources stay without.
    pub namespace: Option<String>,
    /// A chart from elsewhere: `oci://host/path/name`,
    /// `https://host/repository/name`, the address of a `.tgz` or the path of
    /// one. Without one, the source is the chart.
    pub chart: Option<String>,
    /// Its exact version.
    pub version: Option<String>,
    /// Its digest, `sha256:…`: of the manifest in a registry, or of the archive.
    pub digest: Option<String>,
    /// A chart from elsewhere without a digest.
    pub unpinned: Policy,
    /// Values files; later ones win.
    pub values_files: Vec<ValuesFile>,
    /// Values on top of these.
    pub values: serde_json::Map<String, serde_json::Value>,
    /// Single values on top of those, by path: `image.tag`, `hosts[0]`.
    pub set: Vec<(String, String)>,
    /// Whether the files in `crds` are part of the output.
    pub include_crds: bool,
    /// What becomes of hooks.
    pub hooks: Keep,
    /// What becomes of test hooks.
    pub tests: Keep,
    /// The version of Kubernetes that the chart sees.
    pub kube_version: Option<String>,
    /// API versions that the chart sees besides Kubernetes' own.
    pub api_versions: Vec<String>,
    /// Credentials, by host.
    pub logins: Vec<HelmLogin>,
    /// The host that gives out the tokens of the chart's registry, when it is
    /// not the registry itself: it may see the credentials, too.
    pub token_host: Option<String>,
    /// A folder that only this user can enter, where pulled charts and what
    /// was rendered are kept. Without one, nothing is kept.
    pub cache: Option<RenderCache>,
    /// What the run has pulled so far.
    pub pulls: Pulls,
}

impl Default for HelmOptions {
    fn default() -> Self {
        Self {
            release: None,
            namespace: None,
            chart: None,
            version: None,
            digest: None,
            unpinned: Policy::Warn,
            values_files: Vec::new(),
            values: serde_json::Map::new(),
            set: Vec::new(),
            include_crds: true,
            hooks: Keep::Keep,
            tests: Keep::Drop,
            kube_version: None,
            api_versions: Vec::new(),
            logins: Vec::new(),
            token_host: None,
            cache: None,
            pulls: Pulls::default(),
        }
    }
}

/// Refuses settings that helm would misunderstand.
pub(super) fn check(options: &HelmOptions) -> Result<(), HelmFault> {
    if let Some(release) = &options.release {
        check_release(release)?;
    }
    if let Some(namespace) = &options.namespace {
        check_namespace(namespace)?;
    }
    if let Some(version) = &options.kube_version {
        check_kube_version(version)?;
    }
    for version in &options.api_versions {
        check_api_version(version)?;
    }
    let setting = |name, value: &str, reason| HelmFault::Setting {
        name,
        value: value.to_owned(),
        reason,
    };
    if let Some(digest) = &options.digest {
        let hex = digest.strip_prefix("sha256:").unwrap_or_default();
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if hex.len() != 64 || !hex.bytes().all(digit) {
            let reason = "a digest is `sha256:` and 64 digits from 0 to 9 and a to f";
            return Err(setting("chartDigest", digest, reason));
        }
    }
    match (&options.chart, &options.version) {
        // What is on disk is one version.
        (Some(chart), None) if is_packed(Path::new(chart)) => Ok(()),
        (Some(chart), None) => Err(HelmFault::NoVersion(chart.clone())),
        (Some(_), Some(version)) if !is_exact(version) => {
            let reason = "it has to be one exact version, such as 1.2.3";
            Err(setting("chartVersion", version, reason))
        }
        (None, Some(version)) => {
            let reason = "it is for a chart from elsewhere, and `chart` is not set";
            Err(setting("chartVersion", version, reason))
        }
        _ => Ok(()),
    }
}

/// Checks a release name by helm's rule.
pub(super) fn check_release(name: &str) -> Result<(), HelmFault> {
    let label = |label: &str| {
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let inner = label.bytes().all(|byte| letter(byte) || byte == b'-');
        let ends = [label.bytes().next(), label.bytes().last()];
        inner && ends.into_iter().all(|end| end.is_some_and(letter))
    };
    if name.len() <= 53 && name.split('.').all(label) {
        return Ok(());
    }
    Err(HelmFault::Setting {
        name: "release",
        value: name.to_owned(),
        reason: "a release has at most 53 lower-case letters, digits, `-` and `.`, and starts and ends with a letter or digit",
    })
}

/// The release name that a chart's name gives.
pub(super) fn release_of(chart: &str) -> String {
    let lower = chart.to_ascii_lowercase();
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let text: String = lower
        .chars()
        .map(|c| if fine(c) { c } else { '-' })
        .collect();
    let labels = text.split('.').map(|label| label.trim_matches('-'));
    let labels: Vec<_> = labels.filter(|label| !label.is_empty()).collect();
    let mut name = labels.join(".");
    name.truncate(53);
    name.trim_end_matches(['-', '.']).to_owned()
}

/// Checks a namespace.
pub(super) fn check_namespace(name: &str) -> Result<(), HelmFault> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fine = !name.is_empty()
        && name.len() <= 63
        && name.bytes().all(letter)
        && !name.starts_with('-')
        && !name.ends_with('-');
    if fine {
        return Ok(());
    }
    Err(HelmFault::Setting {
        name: "namespace",
        value: name.to_owned(),
        reason: "a namespace has at most 63 lower-case letters, digits and `-`, and starts and ends with a letter or digit",
    })
}

/// Checks a version of Kubernetes.
pub(super) fn check_kube_version(version: &str) -> Result<(), HelmFault> {
    let bare = version.strip_prefix('v').unwrap_or(version);
    let core = bare.split(['-', '+']).next().unwrap_or(bare);
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let count = core.split('.').count();
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    if (2..=3).contains(&count) && core.split('.').all(number) && bare.chars().all(letter) {
        return Ok(());
    }
    Err(HelmFault::Setting {
        name: "kubeVersion",
        value: version.to_owned(),
        reason: "a version of Kubernetes looks like 1.37.0",
    })
}

/// Checks an API version: `group/version` or `group/version/Kind`.
pub(super) fn check_api_version(version: &str) -> Result<(), HelmFault> {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.chars().all(letter)
    };
    if version.split('/').all(part) && version.split('/').count() <= 3 {
        return Ok(());
    }
    Err(HelmFault::Setting {
        name: "apiVersions",
        value: version.to_owned(),
        reason: "an API version looks like monitoring.coreos.com/v1 or monitoring.coreos.com/v1/ServiceMonitor",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("web", "web")]
    #[case("My_Web", "my-web")]
    #[case("-a.-b-.c-", "a.b.c")]
    #[case("läden", "l-den")]
    fn the_name_of_a_chart_becomes_that_of_a_release(#[case] chart: &str, #[case] name: &str) {
        assert_eq!(release_of(chart), name);
        check_release(name).unwrap();
    }

    #[rstest::rstest]
    #[case("")]
    #[case("-web")]
    #[case("Web")]
    #[case("a..b")]
    #[case(&"a".repeat(54))]
    fn a_release_has_the_name_that_helm_allows(#[case] name: &str) {
        let error = check_release(name).unwrap_err().to_string();
        assert!(error.starts_with(&format!("`release` cannot be {name:?}: a release has")));
    }

    #[test]
    fn versions_and_namespaces_are_checked_before_helm_sees_them() {
        check_kube_version("1.31").unwrap();
        check_kube_version("v1.31.0-eks").unwrap();
        for wrong in ["1", "latest", "1.31.0.1", "1.31.0 --debug"] {
            assert!(check_kube_version(wrong).is_err(), "{wrong}");
        }
        check_namespace("shop-1").unwrap();
        for wrong in ["", "-a", "Shop", "a.b", &"a".repeat(64)] {
            assert!(check_namespace(wrong).is_err(), "{wrong}");
        }
        check_api_version("v1").unwrap();
        check_api_version("monitoring.coreos.com/v1/ServiceMonitor").unwrap();
        for wrong in ["", "-a", "a,b", "a//b", "a/b/c/d"] {
            assert!(check_api_version(wrong).is_err(), "{wrong}");
        }
    }
}
