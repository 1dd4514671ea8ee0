//! The settings of what happens to manifests between a generator and the
//! checks.

use clap::{ArgAction, Args, ValueHint};

use crate::generate::Layout;

use super::marks::{SOURCE_PATH, switch};

/// Settings of an environment's manifests, whatever generated them.
#[derive(Debug, Clone, Args)]
#[command(mut_args = switch)]
pub struct ManifestArgs {
    /// How the manifests are spread over files. `auto` keeps the files of Fabrikate, Jsonnet and plain manifests, and makes one file per resource for Helm and Kustomize.
    #[arg(long, value_enum, default_value = "auto")]
    pub layout: Layout,

    /// Images to set: `name=tag`, `name@digest` or `name=newname:tag`, separated by commas or lines.
    #[arg(long, value_name = "IMAGES", value_delimiter = ',')]
    pub images: Vec<String>,

    /// Files in which a build lists the images that it made. What `images` says wins.
    #[arg(long, value_name = "FILES", value_delimiter = ',', value_hint = ValueHint::FilePath, add = SOURCE_PATH)]
    pub image_files: Vec<String>,

    /// Where images are in custom resources: `Kind:spec.image`, or `Kind:spec.repository,spec.tag` for two fields; one per line.
    #[arg(long, value_name = "PATHS", value_delimiter = '\n')]
    pub image_paths: Vec<String>,

    /// Render twice, and fail where the two results differ.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub prove_determinism: bool,
}
