//! File sets, and what stands in an owned folder of the manifest repository.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{Folder, Ledger, ObjectId, RelPath};

/// The exchange type between stages: relative path to bytes, sorted, in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSet(BTreeMap<RelPath, Bytes>);

impl FileSet {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file; gives back what stood there before.
    pub fn insert(&mut self, path: RelPath, content: impl Into<Bytes>) -> Option<Bytes> {
        self.0.insert(path, content.into())
    }

    /// The content of one file.
    pub fn get(&self, path: &RelPath) -> Option<&Bytes> {
        self.0.get(path)
    }

    /// The files in byte order of their paths.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&RelPath, &Bytes)> {
        self.0.iter()
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(RelPath, Bytes)> for FileSet {
    fn from_iter<I: IntoIterator<Item = (RelPath, Bytes)>>(files: I) -> Self {
        Self(files.into_iter().collect())
    }
}

impl IntoIterator for FileSet {
    type Item = (RelPath, Bytes);
    type IntoIter = std::collections::btree_map::IntoIter<RelPath, Bytes>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// What kind of thing a git tree entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryMode {
    /// An ordinary file (100644).
    File,
    /// An executable file (100755).
    Executable,
    /// A symbolic link (120000).
    Symlink,
    /// A submodule (160000).
    Submodule,
}

/// One file of an owned folder, as it stands at the tip of the branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FolderEntry {
    /// The kind of entry.
    pub mode: EntryMode,
    /// The id of its content.
    pub id: ObjectId,
}

/// What an owned folder holds at the tip of the branch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderState {
    /// Every file below the folder, by path from the folder. Names that are
    /// ours alone ([`super::ledger::is_reserved`]) are not among them.
    pub entries: BTreeMap<RelPath, FolderEntry>,
    /// The ledger, when the folder has one.
    pub ledger: Option<Ledger>,
    /// Folders inside with a ledger of their own, by path from the folder.
    pub inner: Vec<RelPath>,
    /// Names inside that no safe path can have, as far as they can be shown.
    pub odd: Vec<String>,
    /// Owned folders that this one lies in, with their ledgers.
    pub outer: Vec<(Folder, Ledger)>,
    /// A path of the repository that stands where the folder, or one above it
    /// that does not exist yet, would be on Windows and macOS.
    pub twin: Option<RelPath>,
}
