//! The settings of one source. An environment has one, or several in the
//! settings file, which may have different generators.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueHint};

use crate::generate::{Kind, KustomizeAllow};

use super::helm::HelmArgs;
use super::marks::{LITERAL, OrAuto, SOURCE_PATH, between, or_auto, switch};

/// Settings that each source of an environment can have for itself.
#[derive(Debug, Clone, Args)]
#[command(mut_args = switch)]
pub struct SourceArgs {
    /// The folder with the templates: a Fabrikate definition, a Helm chart, a Kustomize overlay, Jsonnet programs or plain manifests.
    #[arg(long, value_name = "FOLDER", default_value = ".", value_hint = ValueHint::DirPath, add = SOURCE_PATH)]
    pub source: PathBuf,

    /// What turns the source into manifests. `auto` looks at the source. `flux` and `argocd` have no source: they write the objects by which a cluster runs the other environments of the settings file.
    #[arg(long, value_name = "GENERATOR", default_value = "auto", value_parser = or_auto::<Kind>())]
    pub generator: OrAuto<Kind>,

    /// The configurations of a Fabrikate definition, most important first. The environment's name when not given.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub fabrikate_environments: Vec<String>,

    /// The library folders of Jsonnet programs; the first that has a file wins. `vendor` and `lib` in the source when not given.
    #[arg(long, value_name = "FOLDERS", value_delimiter = ',', value_hint = ValueHint::DirPath, add = SOURCE_PATH)]
    pub jsonnet_paths: Vec<String>,

    /// What `std.extVar` finds in Jsonnet programs: `name=value`, one per line. `environment` is the environment's name. Those of the environment are added to those of the top, and win.
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = '\n', add = LITERAL)]
    pub jsonnet_variables: Vec<String>,

    /// The arguments of Jsonnet programs that are functions: `name=value`, one per line. They add up like `jsonnetVariables`.
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = '\n', add = LITERAL)]
    pub jsonnet_arguments: Vec<String>,

    /// How many seconds the Jsonnet programs of a source may take together.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400), add = between(1, 86_400))]
    pub jsonnet_timeout: u64,

    /// How much memory, in MiB, the Jsonnet programs of a source may take.
    #[arg(long, value_name = "MIB", default_value_t = 2048, value_parser = clap::value_parser!(u64).range(64..=1_048_576), add = between(64, 1_048_576))]
    pub jsonnet_memory: u64,

    /// What is rendered when it is a Helm chart.
    #[command(flatten)]
    pub helm: HelmArgs,

    /// The folder in the source that Kustomize builds, when it is not the source itself.
    #[arg(long, value_name = "FOLDER")]
    pub kustomize_overlay: Option<String>,

    /// What overlays may do besides the usual: `filesOutsideRoot` lets them name files of the checkout outside the folder of their kustomization, `tags` lets them pin bases by a tag instead of a commit, and `urls` lets them name files on servers.
    #[arg(
        long,
        value_name = "WHAT",
        value_enum,
        value_delimiter = ',',
        hide_possible_values = true
    )]
    pub kustomize_allow: Vec<KustomizeAllow>,

    /// The namespace of a Helm release, and of every resource that belongs to a namespace and names none (not for Fabrikate and Kustomize, which have their own).
    #[arg(long, value_name = "NAME")]
    pub namespace: Option<String>,

    /// Accept a Helm chart that renders to no document.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub allow_empty_charts: bool,

    /// Fail when a configuration of a Fabrikate definition is in no component, instead of a warning.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub require_configuration: bool,
}
