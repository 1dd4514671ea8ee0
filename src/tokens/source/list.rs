//! Which files of a source a generator may look at.

use std::path::{Path, PathBuf};

use super::super::error::Error;
use super::{Scope, SourceTree};
use crate::source::{self, Kind};

/// How deep folders may nest.
const DEPTH: usize = 64;

/// One entry of the source that has to be in a copy.
pub(super) struct Item {
    /// By path from the source, `/` between segments; empty for a single file.
    pub(super) path: String,
    /// Where its content is.
    pub(super) real: PathBuf,
    /// Taken as it is: no file, or a link that leaves the checkout, which the
    /// generator explains when it meets it.
    pub(super) as_is: bool,
}

/// Everything of the source that a generator may look at.
pub(super) fn list(source: &Path, tree: SourceTree<'_>) -> Result<Vec<Item>, Error> {
    let exclude = tree.exclude.iter();
    let mut walk = Walk {
        reader: tree.reader,
        scope: tree.scope,
        // What lies elsewhere is no part of the source anyway.
        exclude: exclude
            .filter_map(|path| tree.reader.resolve(path).ok().flatten())
            .collect(),
        above: Vec::new(),
        items: Vec::new(),
    };
    if tree.reader.is_file(source)? {
        walk.items.push(Item {
            path: String::new(),
            real: source.to_path_buf(),
            as_is: false,
        });
    } else {
        walk.folder(source, "")?;
    }
    Ok(walk.items)
}

/// One walk through a source. Links are followed and keep their names, as the
/// generators follow them.
struct Walk<'a> {
    reader: &'a source::SourceTree,
    scope: Scope,
    exclude: Vec<PathBuf>,
    /// The real paths of the folders that are being walked.
    above: Vec<PathBuf>,
    items: Vec<Item>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, path: &str) -> Result<(), Error> {
        // A link back to where we are would never end.
        if self.above.iter().any(|above| above == folder) || self.above.len() > DEPTH {
            return Ok(());
        }
        self.above.push(folder.to_path_buf());
        for entry in self.reader.entries(folder)?.unwrap_or_default() {
            // A name that is no text is the generator's to refuse.
            if let Some(name) = entry.name.to_str().filter(|name| *name != ".git") {
                let below = if path.is_empty() {
                    name.to_owned()
                } else {
                    format!("{path}/{name}")
                };
                self.entry(&folder.join(name), entry.kind, name, below)?;
            }
        }
        self.above.pop();
        Ok(())
    }

    fn entry(&mut self, file: &Path, kind: Kind, name: &str, path: String) -> Result<(), Error> {
        let plain = self.scope == Scope::Manifests;
        if plain && name.starts_with('.') {
            return Ok(());
        }
        // A link that leads nowhere, or out, is taken as it is.
        let found = match kind {
            Kind::Link => self.linked(file)?,
            kind => Some((file.to_path_buf(), kind)),
        };
        let Some((real, kind)) = found else {
            self.items.push(Item {
                path,
                real: file.to_path_buf(),
                as_is: true,
            });
            return Ok(());
        };
        if self.exclude.contains(&real) {
            return Ok(());
        }
        if kind == Kind::Folder {
            return self.folder(&real, &path);
        }
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let manifests = ["yaml", "yml", "json"];
        let is_manifest = manifests
            .iter()
            .any(|it| extension.eq_ignore_ascii_case(it));
        if !plain || is_manifest {
            let as_is = kind != Kind::File;
            self.items.push(Item { path, real, as_is });
        }
        Ok(())
    }

    /// Where a link leads, and to what, unless it leads nowhere or out.
    fn linked(&self, link: &Path) -> Result<Option<(PathBuf, Kind)>, Error> {
        let kind = match self.reader.kind(link) {
            Err(source::Error::Outside { .. } | source::Error::Git(_)) => None,
            kind => kind?,
        };
        let Some(kind) = kind else { return Ok(None) };
        let real = self.reader.resolve(link)?;
        Ok(real.map(|real| (real, kind)))
    }
}
