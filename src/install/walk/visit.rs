//! A component that takes part in an installation, and its names from the root.

use std::path::PathBuf;

use crate::definition::Component;

/// A component that takes part.
pub(super) struct Visit {
    pub(super) component: Component,
    /// Where it stands on disk.
    pub(super) folder: PathBuf,
    /// Its names from the root.
    pub(super) label: String,
    /// It comes from elsewhere, not with the checkout.
    pub(super) foreign: bool,
    /// The root is to be replaced by what is installed for it.
    pub(super) stands_in: bool,
    /// Folders and sources that led here, outermost first.
    pub(super) chain: Vec<String>,
    pub(super) depth: usize,
}

/// An entry that shares its parent's folder.
pub(super) fn inlined(parent: &Visit, entry: &Component, label: String) -> Visit {
    Visit {
        component: entry.clone(),
        folder: parent.folder.clone(),
        label,
        foreign: parent.foreign,
        stands_in: false,
        chain: parent.chain.clone(),
        depth: parent.depth + 1,
    }
}

/// The names of an entry from the root.
pub(super) fn below(label: &str, name: &str) -> String {
    match label {
        "." => name.to_owned(),
        above => format!("{above}/{name}"),
    }
}
