//! The settings of one source. An environment has one, or several in the
//! settings file, which may have different generators.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, ValueHint};

use super::choices::GeneratorSetting;
use super::helm::HelmArgs;

/// Settings that each source of an environment can have for itself.
#[derive(Debug, Clone, Args)]
pub struct SourceArgs {
    /// The folder with the templates: a Fabrikate definition, a Helm chart, a Kustomize overlay, Jsonnet programs or plain manifests.
    #[arg(long, value_name = "FOLDER", default_value = ".", value_hint = ValueHint::DirPath)]
    pub source: PathBuf,

    /// What turns the source into manifests. `auto` looks at the source.
    #[arg(long, value_enum, default_value = "auto")]
    pub generator: GeneratorSetting,

    /// The configurations of a Fabrikate definition, most important first. The environment's name when not given.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub fabrikate_environments: Vec<String>,

    /// The library folders of Jsonnet programs; the first that has a file wins. `vendor` and `lib` in the source when not given.
    #[arg(long, value_name = "FOLDERS", value_delimiter = ',', value_hint = ValueHint::DirPath)]
    pub jsonnet_paths: Vec<String>,

    /// What `std.extVar` finds in Jsonnet programs: `name=value`, one per line. `environment` is the environment's name.
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = '\n')]
    pub jsonnet_variables: Vec<String>,

    /// The arguments of Jsonnet programs that are functions: `name=value`, one per line.
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = '\n')]
    pub jsonnet_arguments: Vec<String>,

    /// How many seconds the Jsonnet programs of a source may take together.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub jsonnet_timeout: u64,

    /// How much memory, in MiB, the Jsonnet programs of a source may take.
    #[arg(long, value_name = "MIB", default_value_t = 2048, value_parser = clap::value_parser!(u64).range(64..=1_048_576))]
    pub jsonnet_memory: u64,

    /// What is rendered when it is a Helm chart.
    #[command(flatten)]
    pub helm: HelmArgs,

    /// The folder in the source that Kustomize builds, when it is not the source itself.
    #[arg(long, value_name = "FOLDER")]
    pub kustomize_overlay: Option<String>,

    /// The namespace of a Helm release, and of every resource that belongs to a namespace and names none (not for Fabrikate and Kustomize, which have their own).
    #[arg(long, value_name = "NAME")]
    pub namespace: Option<String>,

    /// Accept a Helm chart that renders to no document.
    #[arg(long, default_value = "false", value_parser = BoolishValueParser::new(), hide_possible_values = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    pub allow_empty_charts: bool,

    /// Fail when a configuration of a Fabrikate definition is in no component, instead of a warning.
    #[arg(long, default_value = "false", value_parser = BoolishValueParser::new(), hide_possible_values = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    pub require_configuration: bool,
}
