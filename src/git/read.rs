//! From the objects of a commit to a [`Tip`]: shared by both transports.

use std::collections::{BTreeMap, HashMap, HashSet};
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
    /// Ledgers that a commit says were written for the folder's publisher.
    pub(super) vouched: HashSet<ObjectId>,
}

impl Seen {
    /// Reads the folders of a commit, and their ledgers where they are at hand.
    /// For a branch that is to be made (`exists` is false) also the other owned
    /// folders: they have no place in it.
    pub(super) fn read(
        objects: &Objects<'_>,
        commit: ObjectId,
        exists: bool,
        wanted: &[Wanted],
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
        for wanted in wanted {
            read.push(reader.folder(links.tree, &wanted.folder)?);
        }
        let mut others = Vec::new();
        let neighbours = match owned(&load, links.tree) {
            Err(fault) if !exists => return Err(fault),
            found => found.ok(),
        };
        for (folder, _) in neighbours.iter().flatten().filter(|_| !exists) {
            if wanted.iter().all(|wanted| !wanted.folder.overlaps(folder)) {
                let found = reader.folder(links.tree, folder)?;
                others.push((folder.clone(), found.entries.into_keys().collect()));
            }
        }
        let mut ledgers = HashMap::new();
        for id in read.iter().flat_map(FolderTree::ledgers) {
            if let Some(bytes) = objects.read(&id, ObjectType::Blob)? {
                ledgers.insert(id, bytes);
            }
        }
        let message = commit::message(&bytes);
        let vouched = vouched(&message, wanted);
        Ok(Self {
            root: links.tree,
            message,
            vouched,
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
            vouched: HashSet::new(),
        }
    }

    /// Whether every folder is its publisher's, holds exactly the wanted files, and
    /// lies in no other that is owned.
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
            same && found.around.outer.is_empty() && self.is_of_publisher(found, wanted)
        })
    }

    /// Whether the folder's ledger is its publisher's, by itself where it was read,
    /// else by what commits say.
    fn is_of_publisher(&self, found: &FolderTree, wanted: &Wanted) -> bool {
        let Some(id) = found.ledger else {
            return false;
        };
        match (self.ledgers.get(&id), &wanted.publisher) {
            (None, _) => self.vouched.contains(&id),
            (Some(_), None) => true,
            // One that is damaged is reported elsewhere.
            (Some(bytes), Some(publisher)) => {
                Ledger::parse(bytes).is_ok_and(|ledger| publisher.owns(&ledger))
            }
        }
    }

    /// The ledgers that still have to be read: those that are there and were not
    /// sent. Where everything stands as it should, none: commits vouch for them.
    pub(super) fn unread_ledgers(&self, settled: bool) -> Vec<ObjectId> {
        let ids = self.folders.iter().flat_map(FolderTree::ledgers);
        let mut missing: Vec<_> = ids.filter(|id| !self.ledgers.contains_key(id)).collect();
        missing.retain(|id| !(settled && self.vouched.contains(id)));
        missing.sort_unstable();
        missing.dedup();
        missing
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
            let parse = |folder: &Folder, id: &ObjectId| {
                let ledger = self.ledgers.get(id).map(|bytes| Ledger::parse(bytes));
                ledger.transpose().map_err(|source| Fault::Ledger {
                    folder: folder.clone(),
                    source,
                })
            };
            let id = found.ledger.as_ref();
            let ledger = id.map(|id| parse(&wanted.folder, id)).transpose()?;
            let mut outer = Vec::new();
            for (folder, id) in found.around.outer {
                outer.extend(parse(&folder, &id)?.map(|ledger| (folder, ledger)));
            }
            folders.push(FolderState {
                entries: found.entries,
                ledger: ledger.flatten(),
                inner: found.inner,
                odd: found.odd,
                outer,
                twin: found.around.twin,
            });
        }
        Ok(Tip {
            branch,
            commit: Some(commit),
            exists,
            default_branch: None,
            branches: Arc::default(),
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

/// The ledgers that a message names, of the folders that it says it publishes to.
fn vouched(message: &str, wanted: &[Wanted]) -> HashSet<ObjectId> {
    let ledgers = commit::ledgers_named(message).into_iter();
    let is_named = |folder: &str| {
        let mut wanted = wanted.iter();
        wanted.any(|wanted| {
            let publisher = wanted.publisher.as_ref();
            wanted.folder.to_string() == folder
                && publisher.is_none_or(|own| own.is_named_in(message))
        })
    };
    ledgers
        .filter_map(|(id, folder)| is_named(&folder).then_some(id))
        .collect()
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
        default_branch: None,
        branches: Arc::default(),
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
