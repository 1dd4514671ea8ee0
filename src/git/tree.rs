//! Raw tree objects: reading owned folders, and editing nothing but them.
//!
//! Entries that are not ours are carried over byte for byte (mode text and
//! name as they stand), which is why trees are not read into anything richer.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::error::Fault;
use super::tip::{FolderChange, Trees};
use crate::model::ledger::LEDGER_FILE;
use crate::model::{EntryMode, FileChange, Folder, FolderEntry, ObjectId, RelPath};

/// Entries in the owned folders, at most.
const MOST_ENTRIES: usize = 2_000_000;
/// Folders below each other, at most.
const DEEPEST: usize = 200;

/// One line of a tree object.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    mode: Bytes,
    name: Bytes,
    id: ObjectId,
}

impl Entry {
    fn is_tree(&self) -> bool {
        matches!(&self.mode[..], b"40000" | b"040000")
    }

    /// What the mode means; `None` for a folder.
    fn kind(&self) -> Option<EntryMode> {
        match &self.mode[..] {
            _ if self.is_tree() => None,
            b"120000" => Some(EntryMode::Symlink),
            b"160000" => Some(EntryMode::Submodule),
            [.., b'7', _, _] => Some(EntryMode::Executable),
            _ => Some(EntryMode::File),
        }
    }

    /// What the entry is called in a message.
    fn noun(&self) -> &'static str {
        match self.kind() {
            None => "a folder with files that were not published from here",
            Some(EntryMode::Symlink) => "a symbolic link",
            Some(EntryMode::Submodule) => "a submodule",
            Some(EntryMode::File | EntryMode::Executable) => "a file",
        }
    }

    /// Git sorts folders as if their name ended in a slash.
    fn sort_key(&self) -> Vec<u8> {
        let mut key = self.name.to_vec();
        if self.is_tree() {
            key.push(b'/');
        }
        key
    }
}

fn parse(tree: &Bytes) -> Result<Vec<Entry>, Fault> {
    let damaged = || Fault::protocol("reading a tree", "the tree object is damaged");
    let mut entries = Vec::new();
    let mut at = 0;
    while at < tree.len() {
        let space = at + find(&tree[at..], b' ').ok_or_else(damaged)?;
        let nul = space + find(&tree[space..], 0).ok_or_else(damaged)?;
        let id: [u8; 20] = tree
            .get(nul + 1..nul + 21)
            .and_then(|id| id.try_into().ok())
            .ok_or_else(damaged)?;
        entries.push(Entry {
            mode: tree.slice(at..space),
            name: tree.slice(space + 1..nul),
            id: ObjectId::from_bytes(id),
        });
        at = nul + 21;
    }
    Ok(entries)
}

fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    bytes.iter().position(|&byte| byte == wanted)
}

fn serialize(mut entries: Vec<Entry>) -> Vec<u8> {
    entries.sort_by_key(Entry::sort_key);
    let mut tree = Vec::new();
    for entry in entries {
        tree.extend_from_slice(&entry.mode);
        tree.push(b' ');
        tree.extend_from_slice(&entry.name);
        tree.push(0);
        tree.extend_from_slice(entry.id.as_bytes());
    }
    tree
}

/// What an owned folder holds, its ledger by id only.
#[derive(Debug, Clone, Default)]
pub(super) struct FolderTree {
    pub(super) entries: BTreeMap<RelPath, FolderEntry>,
    pub(super) ledger: Option<ObjectId>,
}

/// Gives the raw bytes of a tree object.
pub(super) type Load<'a> = dyn Fn(&ObjectId) -> Result<Bytes, Fault> + 'a;

/// Reads trees and keeps every one that a later edit may need.
pub(super) struct Reader<'a> {
    load: &'a Load<'a>,
    trees: Trees,
    seen: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(load: &'a Load<'a>) -> Self {
        Self {
            load,
            trees: Trees::new(),
            seen: 0,
        }
    }

    /// The trees that were read.
    pub(super) fn into_trees(self) -> Trees {
        self.trees
    }

    /// Keeps the root tree.
    pub(super) fn root(&mut self, root: ObjectId) -> Result<(), Fault> {
        self.tree(root).map(drop)
    }

    /// Reads `folder` below the root tree; empty when it does not exist.
    pub(super) fn folder(&mut self, root: ObjectId, folder: &Folder) -> Result<FolderTree, Fault> {
        let mut id = root;
        let mut walked = String::new();
        for segment in folder.path().iter().flat_map(|path| path.segments()) {
            walked = if walked.is_empty() {
                segment.to_owned()
            } else {
                format!("{walked}/{segment}")
            };
            let found = self
                .tree(id)?
                .into_iter()
                .find(|entry| entry.name == segment.as_bytes());
            match found {
                None => return Ok(FolderTree::default()),
                Some(entry) if entry.is_tree() => id = entry.id,
                Some(entry) => {
                    return Err(Fault::InTheWay {
                        path: walked,
                        what: entry.noun(),
                    });
                }
            }
        }
        let mut result = FolderTree::default();
        self.walk(id, None, 0, &mut result)?;
        let ledger = RelPath::parse(LEDGER_FILE)
            .ok()
            .and_then(|path| result.entries.remove(&path));
        result.ledger = ledger.map(|entry| entry.id);
        Ok(result)
    }

    /// Takes every file below a tree. Names that no safe path can have cannot
    /// be ours: they stay in the tree and are not listed.
    fn walk(
        &mut self,
        id: ObjectId,
        prefix: Option<&RelPath>,
        depth: usize,
        into: &mut FolderTree,
    ) -> Result<(), Fault> {
        if depth > DEEPEST {
            return Err(Fault::TooBig {
                what: "the nesting of folders",
                limit: format!("{DEEPEST} levels"),
            });
        }
        for entry in self.tree(id)? {
            self.seen += 1;
            if self.seen > MOST_ENTRIES {
                return Err(Fault::TooBig {
                    what: "the number of files",
                    limit: format!("{MOST_ENTRIES} entries"),
                });
            }
            let name = std::str::from_utf8(&entry.name)
                .ok()
                .and_then(|name| RelPath::parse(name).ok());
            let Some(name) = name else {
                continue;
            };
            let path = prefix.map_or_else(|| name.clone(), |prefix| prefix.join(&name));
            match entry.kind() {
                None => self.walk(entry.id, Some(&path), depth + 1, into)?,
                Some(mode) => {
                    into.entries
                        .insert(path, FolderEntry { mode, id: entry.id });
                }
            }
        }
        Ok(())
    }

    fn tree(&mut self, id: ObjectId) -> Result<Vec<Entry>, Fault> {
        if !self.trees.contains_key(&id) {
            let bytes = (self.load)(&id)?;
            self.trees.insert(id, bytes);
        }
        parse(&self.trees[&id])
    }
}

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
pub(super) fn edit(
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
#[path = "tree_tests.rs"]
mod tests;
