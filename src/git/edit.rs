//! Applying plans to trees: only the trees on the way to an owned folder, and
//! in it, are written anew; every other entry is carried over byte for byte.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::error::Fault;
use super::tip::{FolderChange, Trees};
use super::tree::{Entry, parse, serialize};
use crate::model::ledger::LEDGER_FILE;
use crate::model::{EntryMode, FileChange, ObjectId, RelPath};

/// What happens below one folder of the tree.
#[derive(Default)]
struct Edit {
    files: BTreeMap<String, Option<Bytes>>,
    folders: BTreeMap<String, Edit>,
}

impl Edit {
    fn set(&mut self, path: &RelPath, content: Option<Bytes>) {
        let mut node = self;
        let mut segments = path.segments().peekable();
        while let Some(segment) = segments.next() {
            if segments.peek().is_none() {
                node.files.insert(segment.to_owned(), content);
                return;
            }
            node = node.folders.entry(segment.to_owned()).or_default();
        }
    }

    fn writes_anything(&self) -> bool {
        self.files.values().any(Option::is_some) || self.folders.values().any(Self::writes_anything)
    }
}

/// Writes objects into wherever they are collected; gives back their id.
pub(super) type Write<'a> = dyn Fn(git2::ObjectType, &[u8]) -> Result<ObjectId, Fault> + 'a;

/// Applies plans to a root tree; gives back the new root's id.
pub(super) fn apply(
    root: Option<ObjectId>,
    trees: &Trees,
    changes: &[FolderChange],
    write: &Write<'_>,
) -> Result<ObjectId, Fault> {
    let mut edit = Edit::default();
    for FolderChange { folder, plan } in changes {
        for (path, change) in &plan.files {
            if *change == FileChange::Removed {
                edit.set(&folder.join(path), None);
            }
        }
        for (path, content) in &plan.writes {
            edit.set(&folder.join(path), Some(content.clone()));
        }
        if let (Some(ledger), Ok(path)) = (&plan.ledger, RelPath::parse(LEDGER_FILE)) {
            let content = (!ledger.files.is_empty()).then(|| ledger.to_bytes().into());
            edit.set(&folder.join(&path), content);
        }
    }
    let editor = Editor { trees, write };
    match editor.apply(root, &edit, "")? {
        Some(id) => Ok(id),
        None => write(git2::ObjectType::Tree, b""),
    }
}

struct Editor<'a> {
    trees: &'a Trees,
    write: &'a Write<'a>,
}

impl Editor<'_> {
    /// The id of the edited tree; `None` when nothing is left in it.
    fn apply(
        &self,
        id: Option<ObjectId>,
        edit: &Edit,
        at: &str,
    ) -> Result<Option<ObjectId>, Fault> {
        let before = match id {
            Some(id) => parse(self.raw(&id)?)?,
            None => Vec::new(),
        };
        let mut entries = before.clone();
        entries.retain(|entry| entry.is_tree() || !edit.removes(&entry.name));
        for (name, below) in &edit.folders {
            self.folder(&mut entries, name, below, at)?;
        }
        for (name, content) in &edit.files {
            if let Some(content) = content {
                self.file(&mut entries, name, content, at)?;
            }
        }
        if entries.is_empty() {
            return Ok(None);
        }
        if entries == before {
            return Ok(id);
        }
        (self.write)(git2::ObjectType::Tree, &serialize(entries)).map(Some)
    }

    fn folder(
        &self,
        entries: &mut Vec<Entry>,
        name: &str,
        below: &Edit,
        at: &str,
    ) -> Result<(), Fault> {
        let place = entries
            .iter()
            .position(|entry| entry.name == name.as_bytes());
        let base = match place.map(|place| &entries[place]) {
            Some(entry) if entry.is_tree() => Some(entry.id),
            Some(_) if !below.writes_anything() => return Ok(()),
            Some(entry) => {
                return Err(Fault::InTheWay {
                    path: format!("{at}{name}"),
                    what: entry.noun(),
                });
            }
            None => None,
        };
        let result = self.apply(base, below, &format!("{at}{name}/"))?;
        match (place, result) {
            (Some(place), Some(id)) => entries[place].id = id,
            (Some(place), None) => {
                entries.remove(place);
            }
            (None, Some(id)) => entries.push(Entry {
                mode: Bytes::from_static(b"40000"),
                name: name.to_owned().into(),
                id,
            }),
            (None, None) => {}
        }
        Ok(())
    }

    fn file(
        &self,
        entries: &mut Vec<Entry>,
        name: &str,
        content: &Bytes,
        at: &str,
    ) -> Result<(), Fault> {
        let known = entries
            .iter_mut()
            .find(|entry| entry.name == name.as_bytes());
        let same = known
            .as_ref()
            .is_some_and(|entry| entry.id == ObjectId::of_blob(content));
        match known {
            Some(entry) if entry.is_tree() => Err(Fault::InTheWay {
                path: format!("{at}{name}"),
                what: entry.noun(),
            }),
            Some(entry) => {
                // The mode of a file stays: not every machine can see an execute bit.
                if !matches!(entry.kind(), Some(EntryMode::File | EntryMode::Executable)) {
                    entry.mode = Bytes::from_static(b"100644");
                }
                if !same {
                    entry.id = (self.write)(git2::ObjectType::Blob, content)?;
                }
                Ok(())
            }
            None => {
                let id = (self.write)(git2::ObjectType::Blob, content)?;
                entries.push(Entry {
                    mode: Bytes::from_static(b"100644"),
                    name: name.to_owned().into(),
                    id,
                });
                Ok(())
            }
        }
    }

    fn raw(&self, id: &ObjectId) -> Result<&Bytes, Fault> {
        self.trees
            .get(id)
            .ok_or_else(|| Fault::protocol("editing the tree", format!("tree {id} was not read")))
    }
}

impl Edit {
    fn removes(&self, name: &[u8]) -> bool {
        let name = std::str::from_utf8(name).ok();
        name.is_some_and(|name| matches!(self.files.get(name), Some(None)))
    }
}

#[cfg(test)]
mod tests;
