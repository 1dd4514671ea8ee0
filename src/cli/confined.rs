//! Which folders a run may read, by the words of the caller.
//!
//! Owns the root of confinement. Nothing in the source may change it.

use std::path::{Component, Path, PathBuf};

use crate::error::Error;
use crate::source::{SourceTree, checkout_of, real, root_for, working_folder};

/// The folder that confines what the source names, and that of a settings file
/// elsewhere, which the caller names.
///
/// Both follow from the working folder and the command line; nothing in the
/// source has a say.
pub(super) fn roots(config: Option<&Path>) -> (PathBuf, Option<PathBuf>) {
    let working = working_folder();
    let root = root_for(&working, &working);
    let config = config.and_then(|config| std::path::absolute(config).ok());
    let Some(folder) = config.as_deref().and_then(Path::parent) else {
        return (root, None);
    };
    let plain = folder.components().all(|part| part != Component::ParentDir);
    if plain && folder.starts_with(&root) {
        // Whatever links are on the way: they are part of the checkout.
        return (root, None);
    }
    let elsewhere = real(folder)
        .ok()
        .filter(|folder| !folder.starts_with(&root));
    (root, elsewhere.map(|folder| checkout_of(&folder)))
}

/// What reads the settings file, in the checkout or in the files of a commit.
pub(super) fn reader(
    roots: &(PathBuf, Option<PathBuf>),
    config: &Path,
    to: &dyn Fn(&Path) -> PathBuf,
) -> Result<SourceTree, Error> {
    let mut tree = SourceTree::open(&roots.0)?.seen_from(working_folder(), PathBuf::from("."));
    if let Some(elsewhere) = &roots.1 {
        tree = tree.and(elsewhere)?;
    }
    let folder = std::path::absolute(config).ok();
    let checkout = folder.as_deref().and_then(Path::parent).map(checkout_of);
    match checkout.map(|checkout| (to(&checkout), checkout)) {
        Some((moved, checkout)) if moved != checkout => Ok(tree.and(&moved)?),
        _ => Ok(tree),
    }
}
