//! A door for the fuzz target of kustomizations.
//!
//! Owns nothing. Compiled with the feature `fuzz` only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::graph::{self, Content, Known, Rules};
use super::tree::Tree;
use crate::generate::Options;
use crate::generate::reading::Reader;

/// What Kustomize would be given for the overlay in a folder: texts that were
/// written again, and `None` for files that are taken as they are.
///
/// # Errors
/// The message of the refusal.
pub fn kustomization(folder: &Path) -> Result<BTreeMap<PathBuf, Option<String>>, String> {
    let mut options = Options::new(folder, "fuzz");
    options.confine = Some(folder.to_owned());
    let reader = Reader::new(&options).map_err(|fault| fault.to_string())?;
    let folder = reader.source.clone();
    let known = Known {
        trees: vec![Tree::source(reader)],
        files: BTreeMap::new(),
    };
    let rules = Rules {
        offline: true,
        allow: Vec::new(),
    };
    let graph = graph::walk(&known, &folder, &rules).map_err(|fault| fault.to_string())?;
    let files = graph.files.into_iter().map(|(path, content)| {
        let text = match content {
            Content::Written(text) => Some(text),
            Content::Same(..) | Content::Fetched(_) => None,
        };
        (path, text)
    });
    Ok(files.collect())
}
