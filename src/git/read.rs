//! From the objects of a commit to a [`Tip`]: shared by both transports.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use git2::ObjectType;

use super::commit;
use super::error::Fault;
use super::intake::Objects;
use super::smart_http::Session;
use super::tip::{Mention, Tip, Trees, Wanted};
use super::tree::{FolderTree, Reader, owned};
use crate::model::{EntryMode, Folder, FolderState, Ledger, ObjectId, RelPath};

/// What was seen of a commit.
pub(super) struct Seen {
    root: ObjectId,
    message: String,
    parents: Vec<ObjectId>,
    trees: Trees,
    folders: Vec<FolderTree>,
    /// Contents of the ledgers that came along.
    ledgers: HashMap<ObjectId, Bytes>,
    /// Owned folders that nobody asked for, with their files.
    others: Vec<(Folder, Vec<RelPath>)>,
    /// The same with the ids of their ledgers; `None` where not every tree came.
    neighbours: Option<Vec<(Folder, ObjectId)>>,
    /// Folders that recent commits say they were made for.
    pub(super) mentioned: Vec<Mention>,
}

impl Seen {
    /// Reads the folders of a commit, and their ledgers where they are at hand.
    /// For a branch that is to be made (`exists` is false) also the other owned
    /// folders: they have no place in it.
    pub(super) fn read(
        objects: &Objects<'_>,
        commit: ObjectId,
        exists: bool,
        folders: &[Folder],
    ) -> Result<Self, Fault> {
        let bytes = objects.need(&commit, ObjectType::Commit)?;
        let links = commit::links(&bytes).ok_or_else(|| {
            Fault::protocol("reading the objects", format!("commit {commit} is damaged"))
        })?;
        let load = |id: &ObjectId| objects.need(id, ObjectType::Tree);
        let mut reader = Reader::new(&load);
        // The root is needed for an edit even where no folder is asked for.
        reader.root(links.tree)?;
        let mut read = Vec::new();
        for folder in folders {
            read.push(reader.folder(links.tree, folder)?);
        }
        let mut others = Vec::new();
        let neighbours = match owned(&load, links.tree) {
            Err(fault) if !exists => return Err(fault),
            found => found.ok(),
        };
        for (folder, _) in neighbours.iter().flatten().filter(|_| !exists) {
            if folders.iter().all(|wanted| !wanted.overlaps(folder)) {
                let found = reader.folder(links.tree, folder)?;
                others.push((folder.clone(), found.entries.into_keys().collect()));
            }
        }
        let mut ledgers = HashMap::new();
        for id in read.iter().filter_map(|folder: &FolderTree| folder.ledger) {
            if let Some(bytes) = objects.read(&id, ObjectType::Blob)? {
                ledgers.insert(id, bytes);
            }
        }
        Ok(Self {
            root: links.tree,
            message: commit::message(&bytes),
            parents: links.parents,
            trees: reader.into_trees(),
            folders: read,
            ledgers,
            others,
            neighbours,
            mentioned: Vec::new(),
        })
    }

    /// What is known of a commit without its folders' trees and ledgers.
    pub(super) fn of(
        root: ObjectId,
        message: String,
        parents: Vec<ObjectId>,
        trees: Trees,
        folders: Vec<FolderTree>,
    ) -> Self {
        Self {
            root,
            message,
            parents,
            trees,
            folders,
            ledgers: HashMap::new(),
            others: Vec::new(),
            neighbours: None,
            mentioned: Vec::new(),
        }
    }

    /// Whether every folder has a ledger and exactly the wanted files.
    pub(super) fn is_settled(&self, wanted: &[Wanted]) -> bool {
        self.folders.iter().zip(wanted).all(|(found, wanted)| {
            let Some(files) = &wanted.files else {
                return false;
            };
            let same = found.entries.len() == files.len()
                && found
                    .entries
                    .iter()
                    .zip(files)
                    .all(|((path, entry), (wanted, id))| {
                        let plain = matches!(entry.mode, EntryMode::File | EntryMode::Executable);
                        path == wanted && entry.id == *id && plain
                    });
            found.ledger.is_some() && same
        })
    }

    /// Ledgers that are there but were not sent.
    pub(super) fn missing_ledgers(&self) -> Vec<ObjectId> {
        let ids = self.folders.iter().filter_map(|folder| folder.ledger);
        let mut missing: Vec<_> = ids.filter(|id| !self.ledgers.contains_key(id)).collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// The ledgers that still have to be read. Where everything stands as it
    /// should, one that the newest commit's message names was written by us
    /// and is what it should be; any other is looked at.
    pub(super) fn unread_ledgers(&self, settled: bool) -> Vec<ObjectId> {
        let mut unread = self.missing_ledgers();
        if settled {
            let named = commit::ledgers_named(&self.message);
            unread.retain(|id| named.iter().all(|(own, _)| own != id));
        }
        unread
    }

    /// Makes the tip.
    pub(super) fn into_tip(
        self,
        branch: String,
        commit: ObjectId,
        exists: bool,
        settled: bool,
        wanted: &[Wanted],
        session: Option<Arc<Session>>,
    ) -> Result<Tip, Fault> {
        let mut folders = Vec::new();
        let mut ledgers = BTreeMap::new();
        for (found, wanted) in self.folders.into_iter().zip(wanted) {
            ledgers.extend(found.ledger.map(|id| (wanted.folder.clone(), id)));
            let bytes = found.ledger.and_then(|id| self.ledgers.get(&id));
            let ledger = bytes.map(|bytes| Ledger::parse(bytes)).transpose();
            let ledger = ledger.map_err(|source| Fault::Ledger {
                folder: wanted.folder.clone(),
                source,
            })?;
            folders.push(FolderState {
                entries: found.entries,
                ledger,
                inner: found.inner,
                odd: found.odd,
            });
        }
        Ok(Tip {
            branch,
            commit: Some(commit),
            exists,
            starts_anew: false,
            others: self.others,
            neighbours: self.neighbours,
            mentioned: self.mentioned,
            message: Some(self.message),
            parents: self.parents,
            folders,
            ledgers,
            settled,
            root: Some(self.root),
            trees: Arc::new(self.trees),
            session,
            copy: None,
            destination: None,
            merged: None,
        })
    }
}

/// The contents of some files.
pub(super) fn blobs(objects: &Objects<'_>, ids: &[ObjectId]) -> Result<Vec<Bytes>, Fault> {
    let read = |id| objects.need(id, ObjectType::Blob);
    ids.iter().map(read).collect()
}

/// The tip of a branch that does not exist and is to be owned as a whole: what
/// other branches hold has no place in it.
pub(super) fn orphan(
    branch: &str,
    exists: bool,
    wanted: &[Wanted],
    session: Option<&Arc<Session>>,
) -> Option<Tip> {
    let whole = |wanted: &Wanted| wanted.folder.path().is_none();
    (!exists && wanted.iter().any(whole)).then(|| Tip {
        starts_anew: true,
        ..empty(branch.to_owned(), wanted, session.cloned())
    })
}

/// The tip of a repository without any commit.
pub(super) fn empty(branch: String, wanted: &[Wanted], session: Option<Arc<Session>>) -> Tip {
    Tip {
        branch,
        commit: None,
        exists: false,
        starts_anew: false,
        others: Vec::new(),
        neighbours: Some(Vec::new()),
        mentioned: Vec::new(),
        message: None,
        parents: Vec::new(),
        folders: wanted.iter().map(|_| FolderState::default()).collect(),
        ledgers: BTreeMap::new(),
        settled: false,
        root: None,
        trees: Arc::default(),
        session,
        copy: None,
        destination: None,
        merged: None,
    }
}
