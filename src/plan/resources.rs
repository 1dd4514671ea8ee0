//! The plan in terms of resources: what the cluster will see.

use std::collections::BTreeMap;

use super::Desired;
use crate::model::{FileChange, FolderState, Ledger, RelPath, ResourceChange, ResourceId};

/// How many resources the folder has: those of its ledger, and those that come with a
/// file that is there already and was never ours. What other files of others hold
/// counts where they go.
pub(super) fn before(desired: &Desired<'_>, state: &FolderState) -> usize {
    let old = state.ledger.as_ref();
    let listed = old.map_or(0, |ledger| ledger.resources().count());
    let adopted = desired
        .resources
        .iter()
        .filter(|resource| is_adopted(state, &resource.file));
    listed + adopted.count()
}

/// Whether a file is there and was not written by us.
fn is_adopted(state: &FolderState, file: &RelPath) -> bool {
    let old = state.ledger.as_ref();
    let is_listed = old.is_some_and(|ledger| ledger.files.contains_key(file));
    state.entries.contains_key(file) && !is_listed
}

/// Compares the resources of two ledgers by identity and content.
///
/// A resource that moved to another file is no change: the cluster does not
/// see files. What a file holds that no ledger lists is not known; a resource
/// that is put there counts as changed, or as unchanged where the file stays.
pub(super) fn changes(
    state: &FolderState,
    files: &BTreeMap<RelPath, FileChange>,
    after: &Ledger,
) -> BTreeMap<ResourceId, ResourceChange> {
    let old = state.ledger.as_ref();
    let before: BTreeMap<_, _> = old.into_iter().flat_map(Ledger::resources).collect();
    let mut changes = BTreeMap::new();
    for (path, file) in &after.files {
        for (id, digest) in &file.resources {
            let change = match before.get(id) {
                Some(old) if *old == digest => continue,
                None if !is_adopted(state, path) => ResourceChange::Added,
                None if !files.contains_key(path) => continue,
                _ => ResourceChange::Changed,
            };
            changes.insert(id.clone(), change);
        }
    }
    let after: BTreeMap<_, _> = after.resources().collect();
    for id in before.keys().filter(|id| !after.contains_key(*id)) {
        changes.insert((*id).clone(), ResourceChange::Removed);
    }
    changes
}
