//! The settings of Helm charts.

use clap::{ArgAction, Args, ValueHint};

use crate::generate::Keep;

use super::marks::{LITERAL_MAP, SOURCE_PATH, TRUSTED_ONLY, switch};

/// Settings of a source that is a Helm chart.
#[derive(Debug, Clone, Args)]
#[command(mut_args = switch)]
pub struct HelmArgs {
    /// A Helm chart from elsewhere instead of the source: `oci://host/path/name`, `https://host/repository/name`, or the URL or path of a `.tgz`.
    #[arg(long, value_name = "CHART")]
    pub chart: Option<String>,

    /// The exact version of `chart`.
    #[arg(long, value_name = "VERSION")]
    pub chart_version: Option<String>,

    /// The digest of `chart`, `sha256:…`. Without it the run warns and says which one it found.
    #[arg(long, value_name = "DIGEST")]
    pub chart_digest: Option<String>,

    /// The user name for the registry or repository of `chart`. The password is the input `chartPassword` or the variable `GITOPS_CHART_PASSWORD`.
    #[arg(long, value_name = "NAME")]
    pub chart_user: Option<String>,

    /// The host that gives out the tokens of the chart's registry, where it is not the registry itself, such as `git.contoso.com`: it gets user name and password, too.
    #[arg(long, value_name = "HOST", add = TRUSTED_ONLY)]
    pub chart_token_host: Option<String>,

    /// The name of the Helm release. The name of the chart when not given.
    #[arg(long, value_name = "NAME")]
    pub release: Option<String>,

    /// Values files of a Helm chart; later ones win. Those of the top of the settings file come first, then the environment's, then the source's.
    #[arg(long, value_name = "FILES", value_delimiter = ',', value_hint = ValueHint::FilePath, add = SOURCE_PATH)]
    pub values_files: Vec<String>,

    /// Values on top of the files, `image.tag=1.2.3` one per line; in the settings file also a map. Those of the environment are merged over those of the top.
    #[arg(long, value_name = "PATH=VALUE", value_delimiter = '\n', add = LITERAL_MAP)]
    pub values: Vec<String>,

    /// The version of Kubernetes that charts are rendered for, such as `1.37.0`.
    #[arg(long, value_name = "VERSION")]
    pub kube_version: Option<String>,

    /// API versions that charts see in addition to those of Kubernetes, such as `monitoring.coreos.com/v1`.
    #[arg(long, value_name = "VERSIONS", value_delimiter = ',')]
    pub api_versions: Vec<String>,

    /// Whether the custom resource definitions in a chart's `crds` folder are part of the manifests.
    #[arg(long, default_value = "true", action = ArgAction::Set)]
    pub include_crds: bool,

    /// What to do with a chart's hooks: Argo CD runs them, Flux applies them like any other resource.
    #[arg(long, value_enum, default_value = "keep")]
    pub helm_hooks: Keep,

    /// What to do with a chart's test hooks.
    #[arg(long, value_enum, default_value = "drop")]
    pub helm_tests: Keep,
}
