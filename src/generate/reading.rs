//! The source of one generator: where it is, and what it is called.
//!
//! Owns no way to open a file: that is [`crate::source`].

use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Fault, Options};
pub(super) use crate::definition::join;
use crate::source::{self, Entry, Kind, SourceTree, copied_from, real, root_for, working_folder};
use crate::text::Format;

/// A source, and the folder that confines it. Both are real paths.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    /// The source itself.
    pub source: PathBuf,
    tree: SourceTree,
    /// The files with replaced tokens.
    fitted: Arc<BTreeSet<PathBuf>>,
}

impl Deref for Reader {
    type Target = SourceTree;

    fn deref(&self) -> &SourceTree {
        &self.tree
    }
}

impl Reader {
    /// Looks the source up.
    pub(super) fn new(options: &Options) -> Result<Self, Fault> {
        let shown = options.original.as_ref().unwrap_or(&options.source);
        let missing = || Fault::SourceMissing(shown.display().to_string());
        let own = || real(&options.source).map(|place| root_for(&place, &working_folder()));
        let root = options.confine.clone().map_or_else(own, Ok);
        let root = root.map_err(|_| missing())?;
        let mut tree = SourceTree::open(&root)?;
        if let Some(original) = &options.original {
            tree = tree.as_copy(copied_from(original, &options.source, &root));
        }
        for folder in options.linked.iter().chain(&options.reachable) {
            tree = tree.and(folder)?;
        }
        let tree = tree.recorded_by(options.recorder.as_ref());
        let named = tree
            .clone()
            .seen_from(options.source.clone(), shown.clone());
        let source = named.resolve(&options.source)?.ok_or_else(missing)?;
        Ok(Self {
            tree: tree.seen_from(source.clone(), shown.clone()),
            source,
            fitted: Arc::new(options.fitted.clone()),
        })
    }

    /// Whether a file may be read in one of these formats: not when its tokens were
    /// replaced as those of another.
    pub(super) fn fits(&self, real: &Path, formats: &[Format]) -> bool {
        let Ok(inner) = real.strip_prefix(&self.source) else {
            return true;
        };
        let format = Format::of(&real.to_string_lossy());
        !self.fitted.contains(inner) || format.is_some_and(|format| formats.contains(&format))
    }

    /// Refuses a path that leads out. One that leads nowhere passes.
    pub(super) fn check(&self, path: &Path) -> Result<(), Fault> {
        self.kind(path)?;
        Ok(())
    }

    /// The real path of a folder that settings name.
    pub(super) fn folder(&self, path: &Path) -> Result<PathBuf, Fault> {
        let absent = || Fault::FolderMissing(path.display().to_string());
        if !self.is_folder(path)? {
            return Err(absent());
        }
        self.resolve(path)?.ok_or_else(absent)
    }

    /// Where a path stands below one of the folders that may be read.
    pub(super) fn below_root<'p>(&self, path: &'p Path) -> Option<&'p Path> {
        self.roots().find_map(|root| path.strip_prefix(root).ok())
    }

    /// The content of a file that is there.
    pub(super) fn content(&self, path: &Path) -> Result<Vec<u8>, Fault> {
        if let Some(content) = self.bytes(path)? {
            return Ok(content);
        }
        let file = self.show(path);
        if self.is_folder(path)? {
            return Err(source::Error::NotAFile(file).into());
        }
        let source = std::io::ErrorKind::NotFound.into();
        Err(source::Error::Read { file, source }.into())
    }

    /// The entries of a folder that is there, in byte order of their names.
    pub(super) fn entries(&self, folder: &Path) -> Result<Vec<Entry>, Fault> {
        if let Some(entries) = self.tree.entries(folder)? {
            return Ok(entries);
        }
        let (file, source) = (self.show(folder), std::io::ErrorKind::NotFound.into());
        Err(source::Error::Read { file, source }.into())
    }

    /// The same for a look at names that decides nothing.
    pub(super) fn names(&self, folder: &Path) -> Result<Vec<Entry>, Fault> {
        let tree = self.tree.clone().looking();
        Ok(tree.entries(folder)?.unwrap_or_default())
    }

    /// Refuses a folder with a link below it that leads out.
    pub(super) fn check_below(&self, folder: &Path) -> Result<(), Fault> {
        if self.is_folder(folder)? {
            self.below(folder)?;
        }
        Ok(())
    }

    /// Whether an entry is a folder, links followed.
    pub(super) fn leads_to_folder(&self, entry: &Entry, path: &Path) -> Result<bool, Fault> {
        match entry.kind {
            Kind::Link => Ok(self.is_folder(path)?),
            kind => Ok(kind == Kind::Folder),
        }
    }
}
