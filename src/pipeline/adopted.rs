//! The resources in content of others that a publication would remove: they go from the
//! cluster like our own, and no ledger lists them.
//!
//! The files are read from the manifest repository, in one further round trip, where
//! some would go or be written over (`foreignFiles: adopt`, `handEdits: overwrite`) and
//! not otherwise. The contents of an id never change, so that what was read stays known
//! when the branch moves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use crate::error::Error;
use crate::generate::documents;
use crate::git::Tip;
use crate::model::{FolderPlan, ObjectId, RelPath, ResourceId};
use crate::parallel::blocking;

use super::Connection;

/// What is known of the files of others.
#[derive(Default)]
pub(super) struct Adopted(Mutex<Files>);

#[derive(Default)]
struct Files {
    /// The resources of each file, by the id of its content; `None` where it cannot be
    /// read.
    known: BTreeMap<ObjectId, Option<Vec<ResourceId>>>,
    /// Files that have to be read before anything is decided.
    missing: BTreeMap<ObjectId, RelPath>,
}

impl Adopted {
    /// Counts the resources of files that go into a plan. What is not known is noted.
    pub(super) fn count(&self, plan: &mut FolderPlan) {
        let mut files = self.lock();
        let Files { known, missing } = &mut *files;
        let mut found = BTreeSet::new();
        let mut unreadable = BTreeSet::new();
        for (path, id) in plan.content_of_others() {
            match known.get(id) {
                Some(Some(resources)) => found.extend(resources.iter().cloned()),
                // What our own file held is in the ledger.
                Some(None) if plan.edits_dropped.contains_key(path) => {}
                Some(None) => drop(unreadable.insert(path.clone())),
                None if documents::is_manifest(path) => {
                    missing.insert(*id, path.clone());
                }
                None => {}
            }
        }
        drop(files);
        plan.unreadable = unreadable;
        plan.remove_foreign(found);
    }

    /// Whether a decision was made without everything that it needs.
    pub(super) fn is_incomplete(&self) -> bool {
        !self.lock().missing.is_empty()
    }

    /// Reads what was missing from the tip that it was missed at.
    pub(super) async fn read(&self, on: &Connection, tip: &Tip) -> Result<(), Error> {
        let missing = std::mem::take(&mut self.lock().missing);
        let ids: Vec<_> = missing.keys().copied().collect();
        let contents = on.remote.contents(tip, &ids, on.api.as_ref()).await?;
        let read = blocking(move || {
            let resources = |(id, path): (ObjectId, RelPath)| {
                let content = contents.get(&id).map_or(&[][..], |content| &content[..]);
                (id, documents::resources(&path, content))
            };
            missing.into_iter().map(resources).collect::<Vec<_>>()
        });
        let read = read.await;
        self.lock().known.extend(read);
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Files> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
