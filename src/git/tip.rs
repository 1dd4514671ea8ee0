//! What was read from a branch, and what is to be pushed on top of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;

use super::commit;
use super::error::Fault;
use super::smart_http::Session;
use super::ssh::Copy;
use super::tree::{self, Reader};
use crate::host::is_same_repository;
use crate::model::{Folder, FolderPlan, FolderState, Ledger, ObjectId, RelPath};

/// Raw tree objects by id.
pub(super) type Trees = HashMap<ObjectId, Bytes>;

/// An owned folder, and the content it should come to hold.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The folder.
    pub folder: Folder,
    /// The id of every file's content, the ledger not among them. `None` asks
    /// for the ledger in any case.
    pub files: Option<BTreeMap<RelPath, ObjectId>>,
    /// Who publishes to it; `None` where that does not matter.
    pub publisher: Option<Publisher>,
}

impl Wanted {
    /// Whether a commit says that it was made for this folder and its publisher.
    /// A commit that names no ledger may be for any folder.
    pub fn is_named_in(&self, message: &str) -> bool {
        let folder = self.folder.to_string();
        let folders = folders_named(message);
        let is_here = folders.is_empty() || folders.contains(&folder);
        is_here && self.is_published_by(message)
    }

    /// Whether a commit says that it was made for this publisher, whatever the folder.
    pub fn is_published_by(&self, message: &str) -> bool {
        let publisher = self.publisher.as_ref();
        publisher.is_none_or(|own| own.is_named_in(message))
    }
}

/// The folders that a commit says it was made for.
pub fn folders_named(message: &str) -> Vec<String> {
    let ledgers = commit::ledgers_named(message).into_iter();
    ledgers.map(|(_, folder)| folder).collect()
}

/// Who publishes to a folder, as its ledger and the messages of commits tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publisher {
    /// The source repository, where it is known.
    pub repository: Option<String>,
    /// The environment in the ledger.
    pub environment: String,
    /// The environment that messages name.
    pub announced: String,
}

impl Publisher {
    /// Whether a commit says that it was made for this publisher. Anybody can
    /// write that, and nothing is believed but this: that content which stands
    /// there as it should is ours. What says less, or something else, is looked at.
    pub(super) fn is_named_in(&self, message: &str) -> bool {
        let said = commit::announced(message);
        let mut names = said
            .environments
            .into_iter()
            .flat_map(|list| list.split(", "));
        names.any(|name| name == self.announced) && self.is_from(said.repository)
    }

    /// Whether a ledger is of this publisher, as far as a first look tells.
    pub(super) fn owns(&self, ledger: &Ledger) -> bool {
        let repository = ledger.publication.source.repository.as_deref();
        ledger.environment == self.environment && self.is_from(repository)
    }

    fn is_from(&self, repository: Option<&str>) -> bool {
        match (&self.repository, repository) {
            (Some(ours), Some(theirs)) => is_same_repository(ours, theirs),
            (None, Some(_)) => false,
            (_, None) => true,
        }
    }
}

/// A plan for one owned folder.
#[derive(Debug, Clone)]
pub struct FolderChange {
    /// The folder.
    pub folder: Folder,
    /// What changes in it.
    pub plan: FolderPlan,
}

/// The tip of a branch, as it was read. A push builds on exactly this.
#[derive(Clone)]
pub struct Tip {
    /// Name of the branch, without `refs/heads/`.
    pub branch: String,
    /// The commit to build on: the branch's, or the default branch's where the
    /// branch does not exist. `None` in an empty repository.
    pub commit: Option<ObjectId>,
    /// Whether the branch exists.
    pub exists: bool,
    /// The repository's default branch, where it has one.
    pub default_branch: Option<String>,
    /// Every branch of the repository.
    pub branches: Arc<[String]>,
    /// The branch is to begin with a commit without parents, though the
    /// repository has other branches.
    pub starts_anew: bool,
    /// Owned folders that nobody asked for, with their files by path from the
    /// folder; read for a branch that does not exist.
    pub others: Vec<(Folder, Vec<RelPath>)>,
    /// Every owned folder, with the id of its ledger; `None` where only some of
    /// the trees were read.
    pub neighbours: Option<Vec<(Folder, ObjectId)>>,
    /// Folders that recent commits say they were made for, the newest first;
    /// known where `neighbours` are not. Anybody can write that.
    pub mentioned: Vec<Mention>,
    /// The message of that commit.
    pub message: Option<String>,
    /// The parents of that commit.
    pub parents: Vec<ObjectId>,
    /// What each wanted folder holds, in the order they were asked for.
    pub folders: Vec<FolderState>,
    /// The ids of the ledgers that were found.
    pub(super) ledgers: BTreeMap<Folder, ObjectId>,
    pub(super) settled: bool,
    pub(super) root: Option<ObjectId>,
    pub(super) trees: Arc<Trees>,
    pub(super) session: Option<Arc<Session>>,
    /// Where git keeps what was read over SSH.
    pub(super) copy: Option<Arc<Copy>>,
    /// Another branch to move, and where it must still be.
    pub(super) destination: Option<(String, ObjectId)>,
    /// What was merged into it, for the next commit.
    pub(super) merged: Option<Arc<MergedIn>>,
}

/// What the message of a commit says of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The source repository that it names.
    pub source: String,
    /// The folder.
    pub folder: Folder,
    /// The folder's ledger, as it was then.
    pub ledger: ObjectId,
}

/// Another branch in the next commit.
pub(super) struct MergedIn {
    /// Its tip: the second parent.
    pub(super) commit: ObjectId,
    /// The trees that neither branch has.
    pub(super) trees: Vec<Bytes>,
}

impl Tip {
    /// The same commit to build on, but a push moves `branch`, which must be
    /// at `at` by then; `None` says that it must not exist.
    #[must_use]
    pub fn onto(&self, branch: &str, at: Option<ObjectId>) -> Self {
        Self {
            destination: Some((branch.to_owned(), at.unwrap_or(ObjectId::ZERO))),
            ..self.clone()
        }
    }

    /// The root tree of the commit.
    pub fn tree(&self) -> Option<ObjectId> {
        self.root
    }

    /// The id of a folder's tree; `None` when there is no such folder, or the trees
    /// above it were not read.
    pub fn folder_tree(&self, folder: &Folder) -> Option<ObjectId> {
        let load = |id: &ObjectId| {
            let bytes = self.trees.get(id).cloned();
            bytes.ok_or_else(|| Fault::protocol("reading a tree", "it was not read"))
        };
        Reader::new(&load).find(self.root?, folder).ok()?.0
    }

    /// Whether everything below a folder lies in some others, as far as its trees were
    /// read.
    pub fn holds_only(&self, at: &RelPath, folders: &[Folder]) -> bool {
        let mut paths = folders.iter().filter_map(Folder::path);
        if paths.clone().any(|path| path == at) {
            return true;
        }
        if !paths.any(|path| path.starts_with(at)) {
            return false;
        }
        let id = self.folder_tree(&Folder::from(at.clone()));
        let tree = id.and_then(|id| self.trees.get(&id));
        tree.and_then(|tree| tree::parse(tree).ok())
            .is_some_and(|entries| {
                entries.iter().all(|entry| {
                    let name = std::str::from_utf8(&entry.name).ok();
                    let name = name.and_then(|name| RelPath::parse(name).ok());
                    entry.is_tree()
                        && name.is_some_and(|name| self.holds_only(&at.join(&name), folders))
                })
            })
    }

    /// The id of the ledger in an owned folder that was asked for.
    pub fn ledger(&self, folder: &Folder) -> Option<ObjectId> {
        self.ledgers.get(folder).copied()
    }

    /// Whether every folder holds exactly what is wanted and is its publisher's,
    /// on a branch that exists: there is nothing to publish. The ledgers may not
    /// have been read then.
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// Whether a push makes a further branch in a repository that has some.
    pub fn is_new_branch(&self) -> bool {
        !self.exists && (self.commit.is_some() || self.starts_anew)
    }

    /// Whether the branch that a push moves is already at `commit`.
    pub fn is_at(&self, commit: ObjectId) -> bool {
        self.old_id() == commit
    }

    /// The branch that a push moves, without `refs/heads/`.
    pub(super) fn moves(&self) -> &str {
        let branch = self.destination.as_ref().map(|(branch, _)| branch);
        branch.unwrap_or(&self.branch)
    }

    /// The full name of the reference that a push moves.
    pub(super) fn reference(&self) -> String {
        format!("refs/heads/{}", self.moves())
    }

    /// The id that it must still have when the push arrives.
    pub(super) fn old_id(&self) -> ObjectId {
        match (&self.destination, self.commit) {
            (Some((_, at)), _) => *at,
            (None, Some(commit)) if self.exists => commit,
            (None, _) => ObjectId::ZERO,
        }
    }
}

impl std::fmt::Debug for Tip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tip")
            .field("branch", &self.branch)
            .field("commit", &self.commit)
            .field("exists", &self.exists)
            .field("settled", &self.settled)
            .finish_non_exhaustive()
    }
}

/// A commit that landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pushed {
    /// The commit.
    pub commit: ObjectId,
    /// Its root tree.
    pub tree: ObjectId,
}
