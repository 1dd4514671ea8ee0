//! Building what a push sends: blobs, trees and one commit, all in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;

use git2::{Buf, ObjectType, Odb, Repository};

use super::commit::CommitDraft;
use super::edit;
use super::error::Fault;
use super::intake::object_id;
use super::tip::{FolderChange, Pushed, Tip};
use crate::model::{Folder, ObjectId};

const DOING: &str = "building the commit";

/// A commit, and a pack with every object that is new in it.
pub(super) struct Built {
    pub(super) pushed: Pushed,
    pub(super) pack: Buf,
}

/// Builds one commit with `changes` on top of `tip`.
pub(super) fn build(
    tip: &Tip,
    changes: &[FolderChange],
    draft: &CommitDraft,
) -> Result<Built, Fault> {
    let odb = Odb::new().map_err(Fault::machine(DOING))?;
    odb.add_new_mempack_backend(1000)
        .map_err(Fault::machine(DOING))?;
    let fresh = RefCell::new(Vec::new());
    let write = |kind: ObjectType, bytes: &[u8]| -> Result<ObjectId, Fault> {
        let id = odb.write(kind, bytes).map_err(Fault::machine(DOING))?;
        fresh.borrow_mut().push(id);
        Ok(object_id(id))
    };
    let merged = tip.merged.as_deref();
    for tree in merged.into_iter().flat_map(|merged| &merged.trees) {
        write(ObjectType::Tree, tree)?;
    }
    let tree = edit::apply(tip.root, &tip.trees, changes, &write)?;
    let commit = match tip.commit {
        // A commit that changes nothing is not made; a new branch then starts
        // at the commit that is there.
        Some(parent) if tip.root == Some(tree) && merged.is_none() => parent,
        parent => {
            let others = merged.map(|merged| merged.commit);
            let parents: Vec<_> = parent.into_iter().chain(others).collect();
            let bytes = draft.to_bytes(&tree, &parents, &ledgers(tip, changes));
            write(ObjectType::Commit, &bytes)?
        }
    };
    let pack = pack(odb, &fresh.into_inner())?;
    Ok(Built {
        pushed: Pushed { commit, tree },
        pack,
    })
}

/// The ledgers that stand in the owned folders once `changes` are made; those
/// of folders that do not change are known from the tip.
fn ledgers(tip: &Tip, changes: &[FolderChange]) -> BTreeMap<Folder, ObjectId> {
    let mut ledgers = tip.ledgers.clone();
    for FolderChange { folder, plan } in changes {
        match &plan.ledger {
            Some(ledger) if ledger.files.is_empty() => {
                ledgers.remove(folder);
            }
            Some(ledger) => {
                let id = ObjectId::of_blob(&ledger.to_bytes());
                ledgers.insert(folder.clone(), id);
            }
            None => {}
        }
    }
    ledgers
}

fn pack(odb: Odb<'_>, objects: &[git2::Oid]) -> Result<Buf, Fault> {
    let repository = Repository::from_odb(odb).map_err(Fault::machine(DOING))?;
    let mut builder = repository.packbuilder().map_err(Fault::machine(DOING))?;
    for id in objects {
        builder
            .insert_object(*id, None)
            .map_err(Fault::machine(DOING))?;
    }
    let mut pack = Buf::new();
    builder
        .write_buf(&mut pack)
        .map_err(Fault::machine(DOING))?;
    Ok(pack)
}
