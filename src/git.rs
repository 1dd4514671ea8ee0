//! The manifest repository: reading the tip of a branch, and pushing one
//! commit on top of exactly that tip. Of any repository: the files of one
//! commit ([`Snapshot`]).
//!
//! Owns the wire protocol (pkt-lines, packs, smart HTTP in its oldest form,
//! which every host speaks), repositories behind SSH by way of the git program,
//! local repositories, and tree editing. A push is a
//! compare-and-swap: it names the tip that was read, and is refused as stale
//! when the branch has moved. Retrying is the caller's business (`publish`).

mod above;
mod advertisement;
mod answer;
mod before;
mod between;
mod blob_here;
mod checkout;
mod commit;
mod contents;
mod edit;
mod error;
mod fetch;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod glance;
mod history;
mod intake;
mod local;
mod merge;
mod objects;
mod pack_guard;
mod pkt;
mod read;
mod remote_history;
mod remote_read;
mod report;
mod smart_http;
mod snapshot;
pub mod source;
mod ssh;
mod survey;
mod tip;
mod tree;
mod uncommitted;
mod unfold;

pub use between::Between;
pub use commit::{CommitDraft, Identity, removal, with_trailers};
pub use contents::Contents;
pub use error::{Error, Fault};
pub use history::Ancestor;
pub use merge::Merge;
pub use snapshot::{Revision, Snapshot};
pub use ssh::Trouble;
pub use survey::{Dated, Sight, Survey, Surveyed};
pub use tip::{FolderChange, Mention, Publisher, Pushed, Tip, Wanted, folders_named};
pub use unfold::{Full, LeftOut, Room, Unfolded};

use std::path::PathBuf;

use crate::host::{Authorization, HostKind, Location, Place};
use crate::http;
use crate::model::{ObjectId, RelPath};
use crate::tools::Tools;

/// The id of the tree that holds exactly these ordinary files.
pub fn tree_of<'f>(files: impl IntoIterator<Item = (&'f RelPath, &'f bytes::Bytes)>) -> ObjectId {
    let files = files.into_iter();
    let ids = files.map(|(path, content)| (path.clone(), ObjectId::of_blob(content)));
    tree::tree_id(&ids.collect())
}

/// How to reach a repository.
#[derive(Clone)]
pub struct Options {
    /// How requests are sent. HTTP/1.1 is chosen here where the host needs it.
    pub http: http::Options,
    /// Credentials, when there are any. Local repositories ignore them.
    pub authorization: Option<Authorization>,
    /// Where temporary files may be made; nothing stays there.
    pub temp_root: PathBuf,
    /// For the git program, which SSH needs.
    pub tools: Tools,
    /// Make a bare repository at a local path where there is nothing yet.
    pub create_if_missing: bool,
}

/// A repository that can be read and pushed to.
pub enum Remote {
    /// Behind HTTP or HTTPS.
    Http(Box<smart_http::SmartHttp>),
    /// Behind SSH.
    Ssh(Box<ssh::Ssh>),
    /// On this machine.
    Local(local::Local),
    /// Any of these, to be read only.
    ReadOnly(Box<Remote>),
}

impl Remote {
    /// Prepares a repository; nothing is opened or sent yet.
    pub fn open(location: &Location, options: Options) -> Self {
        match &location.place {
            Place::Url(url) => {
                let kind = location.kind;
                Self::Http(Box::new(smart_http::SmartHttp::new(
                    url.clone(),
                    kind,
                    options,
                )))
            }
            Place::Ssh(address) => Self::Ssh(Box::new(ssh::Ssh::new(
                address.clone(),
                location.kind,
                options,
            ))),
            Place::Path(path) => {
                Self::Local(local::Local::new(path.clone(), options.create_if_missing))
            }
        }
    }

    /// Reads the tip of `branch` (by default the repository's default branch)
    /// and what the wanted folders hold there.
    ///
    /// When every folder already holds exactly what is wanted, the ledgers are
    /// not fetched and [`Tip::is_settled`] says so.
    pub async fn read(&self, branch: Option<&str>, wanted: &[Wanted]) -> Result<Tip, Error> {
        match self {
            Self::Http(remote) => remote.read(branch, wanted).await,
            Self::Ssh(remote) => remote.read(branch, wanted).await,
            Self::Local(remote) => remote.read(branch, wanted).await,
            Self::ReadOnly(remote) => Box::pin(remote.read(branch, wanted)).await,
        }
    }

    /// Pushes one commit with `changes` on top of `tip`.
    ///
    /// Changes that leave every tree as it is make no commit: the result names
    /// the tip's own, and at most the branch is created.
    pub async fn push(
        &self,
        tip: &Tip,
        changes: &[FolderChange],
        draft: &CommitDraft,
    ) -> Result<Pushed, Error> {
        match self {
            Self::Http(remote) => remote.push(tip, changes, draft).await,
            Self::Ssh(remote) => remote.push(tip, changes, draft).await,
            Self::Local(remote) => remote.push(tip, changes, draft).await,
            Self::ReadOnly(_) => Err(self.refused(tip)),
        }
    }

    /// Deletes the branch of `tip`, on condition that it is where it was read.
    pub async fn delete(&self, tip: &Tip) -> Result<(), Error> {
        match self {
            Self::Http(remote) => remote.delete(tip).await,
            Self::Ssh(remote) => remote.delete(tip).await,
            Self::Local(remote) => remote.delete(tip).await,
            Self::ReadOnly(_) => Err(self.refused(tip)),
        }
    }

    /// The same repository, which nothing can be written to.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self::ReadOnly(Box::new(self))
    }

    fn refused(&self, tip: &Tip) -> Error {
        Error {
            repository: self.display(),
            kind: HostKind::Git,
            branch: Some(tip.branch.clone()),
            fault: Box::new(Fault::ReadOnly),
        }
    }

    /// What merging `theirs` into `ours` comes to; nothing is sent. The files
    /// that are published stay as they are in `ours`.
    pub async fn merge(&self, ours: &Tip, theirs: &Tip, wanted: &[Wanted]) -> Result<Merge, Error> {
        match self {
            Self::Http(remote) => remote.merge(ours, theirs, wanted).await,
            Self::Ssh(remote) => remote.merge(ours, theirs, wanted).await,
            Self::Local(remote) => remote.merge(ours, theirs, wanted).await,
            Self::ReadOnly(remote) => Box::pin(remote.merge(ours, theirs, wanted)).await,
        }
    }

    /// Whether `commit` is the tip or one of its recent ancestors: the way to
    /// learn what became of a push whose answer was lost.
    pub async fn contains(&self, tip: &Tip, commit: ObjectId) -> Result<bool, Error> {
        if tip.commit == Some(commit) {
            return Ok(true);
        }
        match self {
            Self::Http(remote) => remote.contains(tip, commit).await,
            Self::Ssh(remote) => remote.contains(tip, commit).await,
            Self::Local(remote) => remote.contains(tip, commit).await,
            Self::ReadOnly(remote) => Box::pin(remote.contains(tip, commit)).await,
        }
    }

    /// From now on every tree of a tip is read, so that its owned folders are
    /// known, though the server would hand out fewer.
    pub fn see_everything(&self) {
        match self {
            Self::Http(remote) => remote.see_everything(),
            Self::ReadOnly(remote) => remote.see_everything(),
            Self::Ssh(_) | Self::Local(_) => {}
        }
    }

    /// Fetches one commit with everything in it.
    ///
    /// `known` is the commit to take whatever the revision leads to by now.
    pub async fn snapshot(
        &self,
        revision: &Revision,
        known: Option<ObjectId>,
    ) -> Result<Snapshot, Error> {
        match self {
            Self::Http(remote) => remote.snapshot(revision, known).await,
            Self::Ssh(remote) => remote.snapshot(revision, known).await,
            Self::Local(remote) => remote.snapshot(revision, known).await,
            Self::ReadOnly(remote) => Box::pin(remote.snapshot(revision, known)).await,
        }
    }

    /// The repository's address or path, free of credentials.
    pub fn display(&self) -> String {
        match self {
            Self::Http(remote) => remote.display(),
            Self::Ssh(remote) => remote.display(),
            Self::Local(remote) => remote.display(),
            Self::ReadOnly(remote) => remote.display(),
        }
    }
}
