//! What a file of the source was before the commit that is checked out.

use std::path::Path;

use git2::{Oid, Tree};

use super::source::Source;

/// A file before the commit that is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Before {
    /// The history of the checkout does not reach back far enough.
    Unknown,
    /// It was this, or was not there.
    File(Option<Vec<u8>>),
    /// The commit changes nothing but this file, which was this before.
    Alone(Vec<u8>),
}

impl Source {
    /// What a file, by its path from the top, was before the change that it is part of:
    /// in the commit that is checked out where the file was changed since, otherwise in
    /// that commit's first parent.
    pub fn before(&self, path: &str) -> Before {
        let head = self
            .repository
            .head()
            .and_then(|head| head.peel_to_commit());
        let Ok(head) = head else {
            return Before::File(None);
        };
        let Ok(tree) = head.tree() else {
            return Before::Unknown;
        };
        if !self.is_as_committed(path) {
            return Before::File(self.content(&tree, path));
        }
        let Ok(parent) = head.parent_id(0) else {
            // The first commit, or one whose past was cut off.
            let cut = self.repository.is_shallow();
            return if cut {
                Before::Unknown
            } else {
                Before::File(None)
            };
        };
        let Some(parent) = self.tree(parent) else {
            return Before::Unknown;
        };
        let before = self.content(&parent, path);
        let diff = self
            .repository
            .diff_tree_to_tree(Some(&parent), Some(&tree), None);
        let alone = diff.is_ok_and(|diff| {
            let mut deltas = diff.deltas();
            deltas.all(|delta| delta.new_file().path() == Some(Path::new(path)))
        });
        match before {
            Some(before) if alone => Before::Alone(before),
            before => Before::File(before),
        }
    }

    fn tree(&self, commit: Oid) -> Option<Tree<'_>> {
        self.repository.find_commit(commit).ok()?.tree().ok()
    }

    fn content(&self, tree: &Tree<'_>, path: &str) -> Option<Vec<u8>> {
        let entry = tree.get_path(Path::new(path)).ok()?;
        let blob = self.repository.find_blob(entry.id()).ok()?;
        Some(blob.content().to_vec())
    }
}
