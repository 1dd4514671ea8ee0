//! The settings of what happens to manifests after they are generated, validated.

use std::path::PathBuf;

use crate::error::Error;
use crate::generate::{ImagePath, Images, Layout};

use super::definition::ManifestArgs;

/// What happens to the manifests of an environment.
#[derive(Debug, Clone)]
pub struct ManifestSettings {
    /// How they are spread over files.
    pub layout: Layout,
    /// Images to set.
    pub images: Images,
    /// Files with more of them.
    pub image_files: Vec<PathBuf>,
    /// Where images stand in custom resources.
    pub image_paths: Vec<ImagePath>,
    /// They are made twice and compared.
    pub prove_determinism: bool,
}

/// Validates what happens to manifests.
pub(super) fn manifests(args: &ManifestArgs) -> Result<ManifestSettings, Error> {
    Ok(ManifestSettings {
        layout: args.layout,
        images: Images::parse(&args.images)?,
        image_files: args.image_files.iter().map(PathBuf::from).collect(),
        image_paths: args
            .image_paths
            .iter()
            .map(|path| ImagePath::parse(path))
            .collect::<Result<_, _>>()?,
        prove_determinism: args.prove_determinism,
    })
}
