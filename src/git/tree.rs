//! Raw tree objects, and reading owned folders from them.
//!
//! Modes and names are kept as they stand, so that an edit can carry over what
//! is not ours byte for byte.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::error::Fault;
use super::tip::Trees;
use crate::model::ledger::{LEDGER_FILE, is_reserved};
use crate::model::{EntryMode, Folder, FolderEntry, ObjectId, RelPath, fold};

/// Entries in the owned folders, at most.
const MOST_ENTRIES: usize = 2_000_000;
/// Folders below each other, at most.
pub(super) const DEEPEST: usize = 200;

/// One line of a tree object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) mode: Bytes,
    pub(super) name: Bytes,
    pub(super) id: ObjectId,
}

impl Entry {
    pub(super) fn is_tree(&self) -> bool {
        matches!(&self.mode[..], b"40000" | b"040000")
    }

    /// What the mode means; `None` for a folder.
    pub(super) fn kind(&self) -> Option<EntryMode> {
        match &self.mode[..] {
            _ if self.is_tree() => None,
            b"120000" => Some(EntryMode::Symlink),
            b"160000" => Some(EntryMode::Submodule),
            [.., b'7', _, _] => Some(EntryMode::Executable),
            _ => Some(EntryMode::File),
        }
    }

    /// Whether it is a file with content.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.kind(), Some(EntryMode::File | EntryMode::Executable))
    }

    /// What the entry is called in a message.
    pub(super) fn noun(&self) -> &'static str {
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

/// Reads a tree object.
pub(super) fn parse(tree: &Bytes) -> Result<Vec<Entry>, Fault> {
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

/// Writes a tree object, in git's order.
pub(super) fn serialize(mut entries: Vec<Entry>) -> Vec<u8> {
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

/// The id of the tree that holds exactly these ordinary files.
pub(super) fn tree_id(files: &BTreeMap<RelPath, ObjectId>) -> ObjectId {
    let files: Vec<_> = files
        .iter()
        .map(|(path, id)| (path.as_str(), *id))
        .collect();
    id_of(&files)
}

/// The id of a tree. The paths are sorted, so that those below one folder
/// stand together.
fn id_of(files: &[(&str, ObjectId)]) -> ObjectId {
    let mut entries = Vec::new();
    let mut rest = files;
    while let Some(((path, id), after)) = rest.split_first() {
        let Some((top, _)) = path.split_once('/') else {
            entries.push(Entry {
                mode: Bytes::from_static(b"100644"),
                name: Bytes::copy_from_slice(path.as_bytes()),
                id: *id,
            });
            rest = after;
            continue;
        };
        let below = |path: &str| Some(path.strip_prefix(top)?.strip_prefix('/')?.len());
        let count = rest.iter().take_while(|(path, _)| below(path).is_some());
        let (group, after) = rest.split_at(count.count());
        let group: Vec<_> = group
            .iter()
            .map(|(path, id)| (&path[top.len() + 1..], *id))
            .collect();
        entries.push(Entry {
            mode: Bytes::from_static(b"40000"),
            name: Bytes::copy_from_slice(top.as_bytes()),
            id: id_of(&group),
        });
        rest = after;
    }
    ObjectId::of_tree(&serialize(entries))
}

/// What an owned folder holds, its ledger by id only.
#[derive(Debug, Clone, Default)]
pub(super) struct FolderTree {
    pub(super) entries: BTreeMap<RelPath, FolderEntry>,
    pub(super) ledger: Option<ObjectId>,
    /// Folders inside with a ledger of their own.
    pub(super) inner: Vec<RelPath>,
    /// Names that no safe path can have, escaped.
    pub(super) odd: Vec<String>,
    /// What stands around it.
    pub(super) around: Around,
}

impl FolderTree {
    /// Its ledger, and those of the folders that it lies in.
    pub(super) fn ledgers(&self) -> impl Iterator<Item = ObjectId> + '_ {
        let outer = self.around.outer.iter().map(|(_, ledger)| *ledger);
        self.ledger.into_iter().chain(outer)
    }
}

/// What the trees above a folder tell of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Around {
    /// Owned folders that it lies in, with their ledgers.
    pub(super) outer: Vec<(Folder, ObjectId)>,
    /// What stands where the folder, or one above it that does not exist yet,
    /// would be for those who do not tell the case of letters apart.
    pub(super) twin: Option<RelPath>,
}

/// Gives the raw bytes of a tree object.
pub(super) type Load<'a> = dyn Fn(&ObjectId) -> Result<Bytes, Fault> + 'a;

/// The owned folders below a root tree, with the ids of their ledgers. Fails
/// where a tree is not at hand; none is kept.
pub(super) fn owned(load: &Load<'_>, root: ObjectId) -> Result<Vec<(Folder, ObjectId)>, Fault> {
    let mut found = Vec::new();
    let mut seen = 0;
    let mut open = vec![(root, None::<RelPath>, 0)];
    while let Some((id, at, depth)) = open.pop() {
        let entries = parse(&load(&id)?)?;
        seen += entries.len();
        if seen > MOST_ENTRIES {
            break;
        }
        for entry in entries {
            let name = std::str::from_utf8(&entry.name).ok();
            let Some(name) = name.and_then(|name| RelPath::parse(name).ok()) else {
                continue;
            };
            if entry.is_tree() && depth < DEEPEST {
                let below = at
                    .as_ref()
                    .map_or_else(|| name.clone(), |at| at.join(&name));
                open.push((entry.id, Some(below), depth + 1));
            } else if name.as_str() == LEDGER_FILE && !entry.is_tree() {
                let folder = at.clone().map_or(Folder::ROOT, Folder::from);
                found.push((folder, entry.id));
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// An entry that differs from `segment` and is the same on Windows and macOS.
fn twin(entries: &[Entry], segment: &str) -> Option<RelPath> {
    let folded = fold(segment);
    let mut names = entries
        .iter()
        .filter_map(|entry| std::str::from_utf8(&entry.name).ok());
    let found = names.find(|name| *name != segment && fold(name) == folded)?;
    RelPath::parse(found).ok()
}

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
        let (id, around) = self.find(root, folder)?;
        let mut result = FolderTree {
            around,
            ..FolderTree::default()
        };
        if let Some(id) = id {
            self.walk(id, None, 0, &mut result)?;
        }
        Ok(result)
    }

    /// The id of `folder`'s tree below the root tree, or `None` when it does not
    /// exist, and what stands around it. The folder's own tree is not read.
    pub(super) fn find(
        &mut self,
        root: ObjectId,
        folder: &Folder,
    ) -> Result<(Option<ObjectId>, Around), Fault> {
        let mut id = root;
        let mut at: Option<RelPath> = None;
        let mut around = Around::default();
        let path = folder.path();
        for segment in path.iter().flat_map(|path| path.segments()) {
            let entries = self.tree(id)?;
            let is_ledger = |entry: &&Entry| entry.name == LEDGER_FILE && entry.is_plain();
            if let Some(ledger) = entries.iter().find(is_ledger) {
                let outer = at.clone().map_or(Folder::ROOT, Folder::from);
                around.outer.push((outer, ledger.id));
            }
            let below = |name: RelPath| match &at {
                Some(at) => at.join(&name),
                None => name,
            };
            let is_own = |entry: &&Entry| entry.name == segment.as_bytes();
            let found = entries.iter().find(is_own);
            let walked = RelPath::parse(segment).map(below).ok();
            let is_last = walked.as_ref() == path;
            if found.is_none() || is_last {
                around.twin = twin(&entries, segment).map(below);
            }
            match found {
                None => return Ok((None, around)),
                Some(entry) if entry.is_tree() => id = entry.id,
                Some(entry) => {
                    return Err(Fault::InTheWay {
                        path: walked.map_or_else(String::new, |path| path.to_string()),
                        what: entry.noun(),
                    });
                }
            }
            at = walked;
        }
        Ok((Some(id), around))
    }

    /// Takes every file below a tree. Names that no safe path can have cannot
    /// be ours: they stay in the tree, and are listed apart. Reserved names are
    /// ours and no content.
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
                let above = prefix.map_or_else(String::new, |prefix| format!("{prefix}/"));
                into.odd
                    .push(format!("{above}{}", entry.name.escape_ascii()));
                continue;
            };
            if is_reserved(name.as_str()) {
                if name.as_str() == LEDGER_FILE && !entry.is_tree() {
                    match prefix {
                        None => into.ledger = Some(entry.id),
                        Some(folder) => into.inner.push(folder.clone()),
                    }
                }
                continue;
            }
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
