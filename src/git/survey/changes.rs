//! Which of the newest commits changed a folder, and its ledger.

use std::collections::HashMap;
use std::rc::Rc;

use bytes::Bytes;
use git2::ObjectType;

use super::super::error::Fault;
use super::super::intake::Objects;
use super::super::tree::parse;
use super::Seen;
use crate::model::ledger::LEDGER_FILE;
use crate::model::{Folder, ObjectId};

/// Finds the commit that changed each folder last, and the one that changed its ledger;
/// notes the folders' trees.
pub(super) fn last_changes(
    objects: &Objects<'_>,
    roots: &[ObjectId],
    is_whole: bool,
    folders: &mut [Seen],
) -> Result<(), Fault> {
    let mut trees = Trees::of(objects);
    for of_ledger in [false, true] {
        let find = |trees: &mut Trees<'_, '_>, root, folder: &Folder| {
            let tree = trees.find(root, folder)?;
            match tree.filter(|_| of_ledger) {
                Some(tree) => trees.ledger(tree),
                None => Ok(tree),
            }
        };
        let mut open: Vec<(usize, ObjectId)> = Vec::new();
        for (at, one) in folders.iter().enumerate() {
            if let Some(id) = find(&mut trees, roots[0], &one.folder)? {
                open.push((at, id));
            }
        }
        if !of_ledger {
            for (at, id) in &open {
                folders[*at].id = Some(*id);
            }
        }
        let mut last = Vec::new();
        for (before, pair) in roots.windows(2).enumerate() {
            if pair[0] == pair[1] {
                continue;
            }
            let mut still = Vec::new();
            for (at, id) in open {
                if find(&mut trees, pair[1], &folders[at].folder)? == Some(id) {
                    still.push((at, id));
                } else {
                    last.push((at, before));
                }
            }
            open = still;
        }
        if is_whole {
            last.extend(open.into_iter().map(|(at, _)| (at, roots.len() - 1)));
        }
        for (at, commit) in last {
            let one = &mut folders[at];
            let found = if of_ledger {
                &mut one.published
            } else {
                &mut one.changed
            };
            *found = Some(commit);
        }
    }
    Ok(())
}

/// Finds every commit that changed a folder's ledger, the newest first.
pub(super) fn writings(
    objects: &Objects<'_>,
    roots: &[ObjectId],
    is_whole: bool,
    folders: &mut [Seen],
) -> Result<(), Fault> {
    let mut trees = Trees::of(objects);
    for one in folders {
        let mut ids = Vec::new();
        for root in roots {
            let tree = trees.find(*root, &one.folder)?;
            ids.push(tree.map_or(Ok(None), |tree| trees.ledger(tree))?);
        }
        for (at, id) in ids.iter().enumerate() {
            let has_changed = match ids.get(at + 1) {
                Some(before) => before != id,
                None => is_whole,
            };
            one.past
                .extend(id.filter(|_| has_changed).map(|id| (at, id)));
        }
    }
    Ok(())
}

/// The folders of a tree, and its ledger.
type Folders = HashMap<Bytes, ObjectId>;

/// Trees that are read once: many folders share those above them.
struct Trees<'a, 'o> {
    objects: &'a Objects<'o>,
    read: HashMap<ObjectId, Rc<Folders>>,
}

impl<'a, 'o> Trees<'a, 'o> {
    fn of(objects: &'a Objects<'o>) -> Self {
        Self {
            objects,
            read: HashMap::new(),
        }
    }

    fn find(&mut self, root: ObjectId, folder: &Folder) -> Result<Option<ObjectId>, Fault> {
        let mut id = root;
        for segment in folder.path().iter().flat_map(|path| path.segments()) {
            match self.folders(id)?.get(segment.as_bytes()) {
                Some(below) => id = *below,
                None => return Ok(None),
            }
        }
        Ok(Some(id))
    }

    fn ledger(&mut self, tree: ObjectId) -> Result<Option<ObjectId>, Fault> {
        Ok(self.folders(tree)?.get(LEDGER_FILE.as_bytes()).copied())
    }

    fn folders(&mut self, id: ObjectId) -> Result<Rc<Folders>, Fault> {
        if let Some(found) = self.read.get(&id) {
            return Ok(Rc::clone(found));
        }
        let entries = parse(&self.objects.need(&id, ObjectType::Tree)?)?;
        let ours = entries
            .into_iter()
            .filter(|own| own.is_tree() != (own.name == LEDGER_FILE.as_bytes()));
        let folders: Rc<Folders> = Rc::new(ours.map(|own| (own.name, own.id)).collect());
        self.read.insert(id, Rc::clone(&folders));
        Ok(folders)
    }
}
