//! The source: every file that a file of the source can name is opened here.
//!
//! Owns the one way to read the checkout: confined to it whatever links, `..`
//! or absolute paths say, safe against links that are swapped while we look,
//! bounded in size, count, depth and time, and recorded, so that a render can
//! tell what it was made from. May not write, run or fetch anything, and knows
//! no format.

#![expect(clippy::disallowed_methods, reason = "this is the reader")]

mod budget;
mod error;
mod handle;
mod locate;
mod record;
mod root;
mod shown;
mod subtree;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use budget::Limits;
pub use error::Error;
pub use record::{Answer, Id, Record, Recorder};
pub use root::{checkout_of, copied_from, real, root_for, working_folder};
pub use subtree::Below;

use budget::Budget;
pub use handle::Kind;
use locate::{Located, Root, Spot};
use record::Mark;

/// The folder that nothing is read outside of, usually the checkout. Cheap to
/// clone; clones share limits and record.
#[derive(Debug, Clone)]
pub struct SourceTree {
    roots: Arc<[Root]>,
    /// Single files that the caller names, wherever they are.
    files: Arc<[PathBuf]>,
    budget: Arc<Budget>,
    recorder: Option<Recorder>,
    /// What is read is not used for that alone.
    looks: bool,
    /// Where paths in messages are seen from, and what that is called.
    base: Option<Arc<(PathBuf, PathBuf)>>,
}

/// One entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: OsString,
    /// What it is itself; a link is not followed.
    pub kind: Kind,
}

impl SourceTree {
    /// Opens the folder that confines everything. It is taken as it is: the
    /// caller, and never the source, decides which folder that is.
    pub fn open(root: &Path) -> Result<Self, Error> {
        Ok(Self {
            roots: Arc::new([Root::open(root)?]),
            files: Arc::new([]),
            budget: Arc::new(Budget::new(Limits::default())),
            recorder: None,
            looks: false,
            base: None,
        })
    }

    /// The same with another folder, or a single file, that the command line or
    /// the task names: it may lie anywhere. What is named in the checkout stays
    /// confined to it, as the source says where links there lead.
    pub fn and(&self, path: &Path) -> Result<Self, Error> {
        let whole = root::whole(path).map_err(|error| self.read(path, error))?;
        if locate::is_inside(&self.roots, &locate::without_dots(&whole)) {
            return Ok(self.clone());
        }
        if path.is_dir() {
            let mut roots = self.roots.to_vec();
            roots.push(Root::open(path)?);
            return Ok(Self {
                roots: roots.into(),
                ..self.clone()
            });
        }
        let mut files = self.files.to_vec();
        // It is asked for by either name.
        files.extend(real(path));
        files.push(whole);
        Ok(Self {
            files: files.into(),
            ..self.clone()
        })
    }

    /// The same with bounds of its own.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self {
            budget: Arc::new(Budget::new(limits)),
            ..self
        }
    }

    /// The same, and what it answers is recorded.
    #[must_use]
    pub fn recorded_by(self, recorder: Option<&Recorder>) -> Self {
        Self {
            recorder: recorder.cloned(),
            ..self
        }
    }

    /// The same for a look at files that a render may do without: they are
    /// recorded, but not as used.
    #[must_use]
    pub fn looking(self) -> Self {
        Self {
            looks: true,
            ..self
        }
    }

    /// The same, where the first folder is a private copy of recorded files in the
    /// folder `of`: which files are read says what is used, not what is in them.
    #[must_use]
    pub fn as_copy(self, of: PathBuf) -> Self {
        let mut roots = self.roots.to_vec();
        roots[0].copy_of = Some(of);
        Self {
            roots: roots.into(),
            ..self
        }
    }

    /// The same, with paths in messages relative to `folder`, which itself is
    /// called `shown`.
    #[must_use]
    pub fn seen_from(self, folder: PathBuf, shown: PathBuf) -> Self {
        Self {
            base: Some(Arc::new((folder, shown))),
            ..self
        }
    }

    /// The folder that confines everything, a real path.
    pub fn root(&self) -> &Path {
        &self.roots[0].path
    }

    /// The folders that may be read: the root first.
    pub fn roots(&self) -> impl Iterator<Item = &Path> {
        self.roots.iter().map(|root| root.path.as_path())
    }

    /// Where a path really leads; `None` when there is nothing.
    pub fn resolve(&self, path: &Path) -> Result<Option<PathBuf>, Error> {
        if self.is_callers(path) {
            return Ok(real(path).ok());
        }
        let found = self.locate(path)?;
        Ok(found.map(|spot| self.roots[spot.root].path.join(&spot.below)))
    }

    /// What a path leads to, links followed; `None` when there is nothing.
    pub fn kind(&self, path: &Path) -> Result<Option<Kind>, Error> {
        if self.is_callers(path) {
            return Ok(Some(Kind::File).filter(|_| path.exists()));
        }
        Ok(self.locate(path)?.map(|spot| spot.kind))
    }

    /// Whether a path leads to a folder.
    pub fn is_folder(&self, path: &Path) -> Result<bool, Error> {
        Ok(self.kind(path)? == Some(Kind::Folder))
    }

    /// Whether a path leads to an ordinary file.
    pub fn is_file(&self, path: &Path) -> Result<bool, Error> {
        Ok(self.kind(path)? == Some(Kind::File))
    }

    /// The content of a file; `None` when there is no such file.
    pub fn bytes(&self, path: &Path) -> Result<Option<Vec<u8>>, Error> {
        self.bytes_up_to(path, self.budget.limits.file)
    }

    /// The content of a file of at most `limit` bytes.
    pub fn bytes_up_to(&self, path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        let _timed = self.budget.timed()?;
        if self.is_callers(path) {
            return self.callers_file(path, limit);
        }
        if let Some((root, below, file)) = self.straight(path)? {
            return self.content(path, root, &below, file, limit).map(Some);
        }
        let Some(spot) = self.locate(path)? else {
            return Ok(None);
        };
        match (spot.kind, &spot.at) {
            (Kind::Folder, _) => Ok(None),
            (Kind::File, Some((parent, name))) => {
                let file = parent.file(name).map_err(|error| self.read(path, error))?;
                self.content(path, spot.root, &spot.below, file, limit)
                    .map(Some)
            }
            _ => Err(Error::NotAFile(self.show(path))),
        }
    }

    /// The text of a file; `None` when there is no such file.
    pub fn text(&self, path: &Path) -> Result<Option<String>, Error> {
        let Some(bytes) = self.bytes(path)? else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes);
        text.map(Some).map_err(|_| Error::NotText(self.show(path)))
    }

    /// The entries of a folder, in byte order of their names; `None` when
    /// there is no such folder.
    pub fn entries(&self, path: &Path) -> Result<Option<Vec<Entry>>, Error> {
        let _timed = self.budget.timed()?;
        let Some(spot) = self.locate(path)? else {
            return Ok(None);
        };
        let Some(folder) = &spot.folder else {
            return Ok(None);
        };
        let mut entries = Vec::new();
        let mut fine = true;
        let read = folder.list(&mut |name, kind| {
            entries.push(Entry { name, kind });
            fine = self.budget.entry().is_ok();
            fine
        });
        read.map_err(|error| self.read(path, error))?;
        if !fine {
            self.budget.entry()?;
        }
        entries.sort_unstable_by(|a, b| a.name.as_encoded_bytes().cmp(b.name.as_encoded_bytes()));
        self.note(spot.root, &spot.below, || Answer::listing(&entries));
        self.mark(spot.root, &spot.below, Mark::Listed);
        Ok(Some(entries))
    }

    /// Where it is recorded what was answered.
    pub fn recorder(&self) -> Option<&Recorder> {
        self.recorder.as_ref()
    }

    /// Whether the caller named this very file.
    fn is_callers(&self, path: &Path) -> bool {
        !self.files.is_empty() && root::whole(path).is_ok_and(|path| self.files.contains(&path))
    }

    /// The content of a file that the caller named: also of a pipe.
    fn callers_file(&self, path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        let bytes = match std::fs::File::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            opened => opened.and_then(|file| budget::whole(file, 0, limit)),
        };
        let bytes = bytes.map_err(|error| self.read(path, error))?;
        let bytes = bytes.map_err(|size| self.too_large(path, size, limit))?;
        self.budget.read(bytes.len() as u64)?;
        if let Some(recorder) = &self.recorder {
            recorder.note(Path::new(""), path, Answer::content(&bytes));
            if !self.looks {
                recorder.mark(Path::new(""), path, Mark::Used);
            }
        }
        Ok(Some(bytes))
    }

    fn too_large(&self, path: &Path, size: u64, limit: u64) -> Error {
        Error::TooLarge {
            file: self.show(path),
            size,
            limit,
        }
    }

    /// A file in one step, when no link is on the way and the system can say
    /// so; `None` when it has to be looked for step by step.
    fn straight(&self, path: &Path) -> Result<Option<(usize, PathBuf, std::fs::File)>, Error> {
        let Some((root, below)) = locate::plainly_below(&self.roots, path) else {
            return Ok(None);
        };
        let opened = self.roots[root].handle.straight(below);
        let opened = opened.map_err(|error| self.read(path, error))?;
        // What is no file is explained step by step.
        let file = opened.filter(|file| file.metadata().is_ok_and(|meta| meta.is_file()));
        Ok(file.map(|file| (root, below.to_path_buf(), file)))
    }

    fn locate(&self, path: &Path) -> Result<Option<Spot>, Error> {
        let _timed = self.budget.timed()?;
        let whole = root::whole(path).map_err(|error| self.read(path, error))?;
        if self.files.iter().any(|file| whole.starts_with(file)) {
            // Below a file there is nothing.
            return Ok(None);
        }
        let note = |root: usize, below: &Path, answer: Answer| {
            match answer {
                Answer::Link(_) => self.mark(root, below, Mark::Used),
                Answer::Absent => self.mark(root, below, Mark::Missed),
                _ => {}
            }
            self.note(root, below, || answer);
        };
        match locate::locate(&self.roots, &whole, &note) {
            Ok(Located::There(spot)) => Ok(Some(spot)),
            Ok(Located::Absent) => Ok(None),
            Err(locate::Failed::Outside) => Err(Error::Outside {
                path: self.show(path),
                root: self.shown_root(),
            }),
            Err(locate::Failed::Git) => Err(Error::Git(self.show(path))),
            Err(locate::Failed::Read(error)) => Err(self.read(path, error)),
        }
    }

    /// The content of a file that is open.
    fn content(
        &self,
        path: &Path,
        root: usize,
        below: &Path,
        file: std::fs::File,
        limit: u64,
    ) -> Result<Vec<u8>, Error> {
        let fault = |error| self.read(path, error);
        let meta = file.metadata().map_err(fault)?;
        if !meta.is_file() {
            return Err(Error::NotAFile(self.show(path)));
        }
        let bytes = budget::whole(file, meta.len(), limit).map_err(fault)?;
        let bytes = bytes.map_err(|size| self.too_large(path, size, limit))?;
        self.budget.read(bytes.len() as u64)?;
        self.note(root, below, || Answer::content(&bytes));
        self.mark(root, below, Mark::Used);
        Ok(bytes)
    }

    fn mark(&self, root: usize, below: &Path, mark: Mark) {
        if let Some(recorder) = self.recorder.as_ref().filter(|_| !self.looks) {
            let root = &self.roots[root];
            recorder.mark(root.copy_of.as_ref().unwrap_or(&root.path), below, mark);
        }
    }

    fn note(&self, root: usize, below: &Path, answer: impl FnOnce() -> Answer) {
        let root = &self.roots[root];
        if let Some(recorder) = self.recorder.as_ref().filter(|_| root.copy_of.is_none()) {
            recorder.note(&root.path, below, answer());
        }
    }

    fn read(&self, path: &Path, source: std::io::Error) -> Error {
        Error::Read {
            file: self.show(path),
            source,
        }
    }
}

#[cfg(test)]
mod tests;
