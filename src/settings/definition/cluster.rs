//! The settings of the objects that a cluster needs, in the blocks `flux` and
//! `argocd` of the settings file.

use clap::{ArgAction, Args};

use super::marks::{MAP, switch};
use crate::generate::cluster::{ArgoCdVersion, FluxVersion, is_label};

/// Settings of the generator `flux`.
#[derive(Debug, Clone, Args)]
pub struct FluxArgs {
    /// The version of Flux in the cluster, such as `2.9`.
    #[arg(long, value_name = "VERSION")]
    pub version: Option<FluxVersion>,

    /// What commit statuses call the cluster. The last part of the environment's name when not given.
    #[arg(long, value_name = "NAME", value_parser = label)]
    pub cluster: Option<String>,

    /// The environments that the cluster runs. All others of the file when not given, as long as the file describes one cluster.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub environments: Vec<String>,

    /// What has to be healthy before an environment is applied: a map from its name to that of another environment, or a list of them.
    #[arg(long, value_name = "MAP", value_delimiter = ',', add = MAP)]
    pub depends_on: Vec<String>,

    /// The namespace of Flux and of the objects.
    #[arg(long, value_name = "NAME", default_value = "flux-system", value_parser = label)]
    pub namespace: String,

    /// How often Flux looks at the manifest repository, such as `30s`.
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = duration)]
    pub interval: String,

    /// How long an environment may take to become healthy before it counts as failed.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    pub timeout: String,

    /// The Secret by which Flux reads the manifest repository (`username` and `password`, or `identity` and `known_hosts`) and writes commit statuses (`token`).
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub secret: Option<String>,

    /// The Secret with the GitHub App by which Flux reads the manifest repository and writes commit statuses.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub github_app: Option<String>,

    /// The `ServiceAccount` whose managed identity reads the manifest repository and writes commit statuses, on Azure DevOps. Those of Flux's controllers when neither this nor `secret` is given.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub service_account: Option<String>,

    /// The Secret with the keys by which Flux decrypts what SOPS encrypted (entries that end in `.agekey` or `.asc`, or `sops.azure-kv`). Nothing is decrypted when not given.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub decryption_secret: Option<String>,

    /// The `ServiceAccount` with whose managed identity Flux signs in to the key service by which it decrypts what SOPS encrypted, such as Azure Key Vault; `kustomize-controller` for Flux's own. Nothing is decrypted so when not given.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub decrypt_as: Option<String>,

    /// The `ServiceAccount` whose rights Flux has when it applies environments. Those of its own controller when not given.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub apply_as: Option<String>,

    /// The Secret with the `token` of a Receiver, by which the host tells Flux of a push. No Receiver when not given.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub receiver: Option<String>,

    /// Where the environments' manifests are in a registry instead of in git, `oci://host/path:tag`; `{environment}` stands for the name of each. The tag is `latest` when not given.
    #[arg(long, value_name = "URL")]
    pub artifact: Option<String>,

    /// The Secret for the registry of `artifact`. Not needed for Azure Container Registry, which managed identities read.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub artifact_secret: Option<String>,
}

/// Settings of the generator `argocd`.
#[derive(Debug, Clone, Args)]
#[command(mut_args = switch)]
pub struct ArgoCdArgs {
    /// The version of Argo CD, such as `3.5`.
    #[arg(long, value_name = "VERSION")]
    pub version: Option<ArgoCdVersion>,

    /// What commit statuses call the cluster. The last part of the environment's name when not given.
    #[arg(long, value_name = "NAME", value_parser = label)]
    pub cluster: Option<String>,

    /// The environments that the cluster runs. All others of the file when not given, as long as the file describes one cluster.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub environments: Vec<String>,

    /// The namespace of Argo CD and of the objects.
    #[arg(long, value_name = "NAME", default_value = "argocd", value_parser = label)]
    pub namespace: String,

    /// The project that the applications belong to.
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = name)]
    pub project: String,

    /// What Argo CD calls the cluster that the environments run in, when it is not its own.
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub destination: Option<String>,

    /// The address of Argo CD's web interface, for links in commit statuses.
    #[arg(long, value_name = "URL", value_parser = page)]
    pub url: Option<String>,

    /// Read the manifest repository with the managed identity of Argo CD, on Azure DevOps.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub workload_identity: bool,

    /// The id of the GitHub App that writes commit statuses. The token `gitops-status-token` of Argo CD's notifications does when not given.
    #[arg(long, value_name = "ID")]
    pub github_app_id: Option<u64>,

    /// The number of the installation of `githubAppId`.
    #[arg(long, value_name = "NUMBER")]
    pub github_app_installation: Option<u64>,
}

/// A name that becomes part of a label or of a commit status.
fn label(text: &str) -> Result<String, &'static str> {
    is_label(text).then(|| text.to_owned()).ok_or(
        "names have lower-case letters, digits and `-`, at most 63, and begin and end with a letter or digit",
    )
}

/// The name of an object, which may have dots.
fn name(text: &str) -> Result<String, &'static str> {
    (text.len() <= 253 && text.split('.').all(is_label))
        .then(|| text.to_owned())
        .ok_or("names of objects have lower-case letters, digits, `-` and `.`")
}

/// A length of time as Go writes it.
fn duration(text: &str) -> Result<String, &'static str> {
    let wrong = "write a number with its unit, such as `30s`, `5m` or `1h30m`";
    let units = [("h", 3_600_000), ("ms", 1), ("m", 60_000), ("s", 1_000)];
    let mut rest = text;
    let mut all: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or(wrong)?;
        let (number, after) = rest.split_at(digits);
        let unit = units.iter().find(|(unit, _)| after.starts_with(unit));
        let (unit, milliseconds) = unit.filter(|_| digits > 0).ok_or(wrong)?;
        let number: u64 = number.parse().map_err(|_| TOO_LONG)?;
        all = all.saturating_add(number.saturating_mul(*milliseconds));
        rest = &after[unit.len()..];
    }
    match all {
        0 => Err(wrong),
        1..=LONGEST => Ok(text.to_owned()),
        _ => Err(TOO_LONG),
    }
}

/// A year in milliseconds. Go reads no more than 292 years, and a controller that cannot
/// read one object lists none.
const LONGEST: u64 = 366 * 24 * 3_600_000;
const TOO_LONG: &str = "write a duration of at most a year";

/// The address of a page.
fn page(text: &str) -> Result<String, &'static str> {
    let url = url::Url::parse(text).ok();
    let is_page = |url: &url::Url| {
        ["http", "https"].contains(&url.scheme())
            && !text.contains(|c: char| c.is_whitespace() || ['"', '\\', '{'].contains(&c))
    };
    let mut url = url
        .filter(is_page)
        .ok_or("write an address such as `https://argocd.contoso.com`")?;
    let is_plain = url.username().is_empty() && url.password().is_none();
    // It is published for everybody to read. An error would show it, too.
    let is_cleared = url.set_username("").and_then(|()| url.set_password(None));
    match (is_plain, is_cleared) {
        (false, Ok(())) => Ok(url.as_str().trim_end_matches('/').to_owned()),
        _ => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #[rstest::rstest]
    #[case("https://argocd.contoso.com", "https://argocd.contoso.com")]
    #[case("https://contoso.com/argocd/", "https://contoso.com/argocd/")]
    #[case("https://ada:hunter2@argocd.contoso.com", "https://argocd.contoso.com")]
    #[case("https://ada@contoso.com/argocd", "https://contoso.com/argocd")]
    fn an_address_is_published_without_credentials(#[case] text: &str, #[case] page: &str) {
        assert_eq!(super::page(text).as_deref(), Ok(page));
    }
}
