//! The settings of what happens to manifests between a generator and the
//! checks.

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, ValueHint};

use super::choices::LayoutSetting;

/// Settings of an environment's manifests, whatever generated them.
#[derive(Debug, Clone, Args)]
pub struct ManifestArgs {
    /// How the manifests are spread over files. `auto` keeps the files of Fabrikate, Jsonnet and plain manifests, and makes one file per resource for Helm and Kustomize.
    #[arg(long, value_enum, default_value = "auto")]
    pub layout: LayoutSetting,

    /// Images to set: `name=tag`, `name@digest` or `name=newname:tag`, separated by commas or lines.
    #[arg(long, value_name = "IMAGES", value_delimiter = ',')]
    pub images: Vec<String>,

    /// Files in which a build tells the images that it made. What `images` says wins.
    #[arg(long, value_name = "FILES", value_delimiter = ',', value_hint = ValueHint::FilePath)]
    pub image_files: Vec<String>,

    /// Where images stand in custom resources: `Kind:spec.image`, or `Kind:spec.repository,spec.tag` for two fields; one per line.
    #[arg(long, value_name = "PATHS", value_delimiter = '\n')]
    pub image_paths: Vec<String>,

    /// Render twice, and fail where the two results differ.
    #[arg(long, default_value = "false", value_parser = BoolishValueParser::new(), hide_possible_values = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    pub prove_determinism: bool,
}
