//! Receiving a pack: checked, indexed and stored in a temporary folder that
//! disappears with the [`Store`].

use std::io::Write as _;
use std::path::Path;

use bytes::Bytes;
use git2::{Indexer, ObjectType, Odb};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::error::Fault;
use super::pack_guard::{Guard, Limits};
use crate::model::ObjectId;

/// Pieces that may wait for the indexer.
const QUEUE: usize = 16;

/// A pack that is being received.
pub(super) struct Intake {
    pieces: mpsc::Sender<Bytes>,
    worker: JoinHandle<Result<Store, Fault>>,
}

impl Intake {
    /// Starts a worker that stores what is fed below `temp_root`.
    pub(super) fn start(temp_root: &Path, limits: Limits) -> Self {
        let (pieces, queue) = mpsc::channel(QUEUE);
        let temp_root = temp_root.to_path_buf();
        #[expect(
            clippy::disallowed_methods,
            reason = "it goes on beside the reading of the answer"
        )]
        let worker = tokio::task::spawn_blocking(move || receive(&temp_root, limits, queue));
        Self { pieces, worker }
    }

    /// Passes a piece on; `false` when the worker has given up, whose reason
    /// [`Intake::finish`] tells.
    pub(super) async fn feed(&self, piece: Bytes) -> bool {
        self.pieces.send(piece).await.is_ok()
    }

    /// Waits until everything is indexed, then reads from it.
    pub(super) async fn finish(self) -> Result<Store, Fault> {
        drop(self.pieces);
        joined(self.worker.await)
    }

    /// Gives up, and waits until the temporary folder is gone.
    pub(super) async fn abandon(self) {
        drop(self.pieces);
        drop(self.worker.await);
    }
}

fn joined<T>(result: Result<Result<T, Fault>, tokio::task::JoinError>) -> Result<T, Fault> {
    match result {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Fault::Machine {
            doing: "reading the repository",
            reason: "it was cancelled".into(),
        }),
    }
}

fn receive(
    temp_root: &Path,
    limits: Limits,
    mut queue: mpsc::Receiver<Bytes>,
) -> Result<Store, Fault> {
    const STORING: &str = "storing temporary files";
    let io = |error: std::io::Error| Fault::Machine {
        doing: STORING,
        reason: error.to_string(),
    };
    let folder = tempfile::Builder::new()
        .prefix("gitops-git-")
        .tempdir_in(temp_root)
        .map_err(io)?;
    let packs = folder.path().join("pack");
    std::fs::create_dir(&packs).map_err(io)?;
    let mut indexer = Indexer::new(None, &packs, 0o600, false).map_err(Fault::machine(STORING))?;
    let mut guard = Guard::new(limits);
    while let Some(piece) = queue.blocking_recv() {
        guard.feed(&piece)?;
        indexer
            .write_all(&piece)
            .map_err(|error| Fault::protocol("reading the objects", error.to_string()))?;
    }
    indexer
        .commit()
        .map_err(|error| Fault::protocol("reading the objects", error.message()))?;
    Ok(Store { folder })
}

/// Received objects on disk.
pub(super) struct Store {
    folder: TempDir,
}

impl Store {
    /// Opens the objects for reading.
    pub(super) fn objects(&self) -> Result<Objects<'_>, Fault> {
        Self::together(std::slice::from_ref(self))
    }

    /// Opens the objects of several stores as one.
    pub(super) fn together(stores: &[Self]) -> Result<Objects<'_>, Fault> {
        const OPENING: &str = "opening temporary files";
        let odb = Odb::new().map_err(Fault::machine(OPENING))?;
        for store in stores {
            let path = store.folder.path().to_str().ok_or(Fault::Machine {
                doing: OPENING,
                reason: "the temporary folder's name is not Unicode".to_owned(),
            })?;
            odb.add_disk_alternate(path)
                .map_err(Fault::machine(OPENING))?;
        }
        Ok(Objects(odb))
    }
}

/// An object database that is read with care: the size is looked at first.
pub(super) struct Objects<'a>(Odb<'a>);

impl<'a> Objects<'a> {
    /// Wraps an object database.
    pub(super) fn new(odb: Odb<'a>) -> Self {
        Self(odb)
    }

    /// The bytes of an object of the expected type; `None` when it is absent.
    pub(super) fn read(&self, id: &ObjectId, kind: ObjectType) -> Result<Option<Bytes>, Fault> {
        self.read_up_to(id, kind, Limits::FILTERED.object)
    }

    /// The same, for objects of at most `limit` bytes.
    pub(super) fn read_up_to(
        &self,
        id: &ObjectId,
        kind: ObjectType,
        limit: u64,
    ) -> Result<Option<Bytes>, Fault> {
        const READING: &str = "reading the objects";
        let oid = oid(id);
        if !self.0.exists(oid) {
            return Ok(None);
        }
        let wrong = |reason: &str| Fault::protocol(READING, format!("object {id} {reason}"));
        let (size, found) = self
            .0
            .read_header(oid)
            .map_err(|error| wrong(error.message()))?;
        if found != kind {
            return Err(wrong("is of another type than it should be"));
        }
        if size as u64 > limit {
            return Err(Fault::TooBig {
                what: "an object",
                limit: format!("{} MiB", limit >> 20),
            });
        }
        let object = self.0.read(oid).map_err(|error| wrong(error.message()))?;
        Ok(Some(Bytes::copy_from_slice(object.data())))
    }

    /// The type of an object; `None` when it is absent.
    pub(super) fn kind(&self, id: &ObjectId) -> Option<ObjectType> {
        self.0.read_header(oid(id)).ok().map(|(_, kind)| kind)
    }

    /// The one object whose id begins with these digits.
    pub(super) fn beginning_with(&self, digits: &str) -> Option<ObjectId> {
        let start = git2::Oid::from_str(digits).ok()?;
        let found = self.0.exists_prefix(start, digits.len()).ok()?;
        Some(object_id(found))
    }

    /// The bytes of an object that must be there.
    pub(super) fn need(&self, id: &ObjectId, kind: ObjectType) -> Result<Bytes, Fault> {
        self.read(id, kind)?.ok_or_else(|| {
            Fault::protocol(
                "reading the objects",
                format!("the server did not send object {id}"),
            )
        })
    }
}

/// Our id as libgit2's.
pub(super) fn oid(id: &ObjectId) -> git2::Oid {
    git2::Oid::from_bytes(id.as_bytes()).unwrap_or(git2::Oid::ZERO_SHA1)
}

/// libgit2's id as ours.
pub(super) fn object_id(oid: git2::Oid) -> ObjectId {
    oid.as_bytes()
        .try_into()
        .map_or(ObjectId::ZERO, ObjectId::from_bytes)
}
