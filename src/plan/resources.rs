//! The plan in terms of resources: what the cluster will see.

use std::collections::BTreeMap;

use crate::model::{Ledger, ResourceChange, ResourceId};

/// Compares the resources of two ledgers by identity and content.
///
/// A resource that moved to another file is no change: the cluster does not
/// see files.
pub(super) fn changes(
    before: Option<&Ledger>,
    after: &Ledger,
) -> BTreeMap<ResourceId, ResourceChange> {
    let before: BTreeMap<_, _> = before.into_iter().flat_map(Ledger::resources).collect();
    let after: BTreeMap<_, _> = after.resources().collect();
    let mut changes = BTreeMap::new();
    for (id, digest) in &after {
        let change = match before.get(id) {
            Some(old) if old == digest => continue,
            Some(_) => ResourceChange::Changed,
            None => ResourceChange::Added,
        };
        changes.insert((*id).clone(), change);
    }
    for id in before.keys().filter(|id| !after.contains_key(*id)) {
        changes.insert((*id).clone(), ResourceChange::Removed);
    }
    changes
}
