//! What publishing would change in one owned folder.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{Ledger, RelPath, ResourceId};

/// What happens to one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileChange {
    /// It is not there yet.
    Added,
    /// Its bytes differ.
    Changed,
    /// We wrote it before and no longer do.
    Removed,
}

/// What happens to one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ResourceChange {
    /// It is new.
    Added,
    /// It stays, with other content.
    Changed,
    /// It goes.
    Removed,
}

/// The plan for one owned folder: the writes, the removals, and what they
/// mean for the resources. Paths are seen from the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderPlan {
    /// What happens to each file that does not stay as it is.
    pub files: BTreeMap<RelPath, FileChange>,
    /// What happens to each resource that does not stay as it is.
    pub resources: BTreeMap<ResourceId, ResourceChange>,
    /// How many resources the folder had before.
    pub resources_before: usize,
    /// How many files the folder had before, whoever wrote them.
    pub files_before: usize,
    /// How many files go that were never ours.
    pub foreign_removed: usize,
    /// Content of the added and changed files.
    pub writes: BTreeMap<RelPath, Bytes>,
    /// What was published before was made from the same commit, and something
    /// of it changes.
    pub is_same_commit: bool,
    /// Whose folder it was, when it becomes ours.
    pub taken_over_from: Option<String>,
    /// The ledger to write along; absent when nothing changes.
    pub ledger: Option<Ledger>,
}

impl FolderPlan {
    /// Whether the folder stays as it is, ledger included.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.ledger.is_none()
    }

    /// How many resources have this change.
    pub fn count(&self, change: ResourceChange) -> usize {
        self.resources.values().filter(|&&c| c == change).count()
    }
}
