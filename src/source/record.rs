//! What a render read of the source.
//!
//! A list of questions and answers that is enough to tell whether a later
//! source would give the same: contents by SHA-256, what was not there, which
//! names a folder had, where links lead, whole folders that another program
//! was given. Besides files, whatever else went in: programs, charts,
//! settings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::{Entry, Kind};

/// What the reader answered about one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing is there.
    Absent,
    /// Something is there; nobody looked into it.
    There(Kind),
    /// A link, and where it leads.
    Link(PathBuf),
    /// A file with this content.
    Content(Id),
    /// A folder with these names and kinds of entries.
    Listing(Id),
    /// A folder with everything below it.
    Subtree(Id),
}

/// A SHA-256.
pub type Id = [u8; 32];

impl Answer {
    pub(super) fn content(bytes: &[u8]) -> Self {
        Self::Content(Sha256::digest(bytes).into())
    }

    pub(super) fn listing(entries: &[Entry]) -> Self {
        let mut id = Sha256::new();
        for entry in entries {
            let name = entry.name.as_encoded_bytes();
            id.update([kind_letter(entry.kind)]);
            id.update((name.len() as u64).to_be_bytes());
            id.update(name);
        }
        Self::Listing(id.finalize().into())
    }

    /// How much an answer tells: of two about one path the better one stays.
    fn weight(&self) -> u8 {
        match self {
            Self::Absent | Self::There(_) => 0,
            Self::Link(_) | Self::Content(_) | Self::Listing(_) => 1,
            Self::Subtree(_) => 2,
        }
    }

    fn feed(&self, id: &mut Sha256) {
        let (letter, bytes): (u8, &[u8]) = match self {
            Self::Absent => (b'-', &[]),
            Self::There(kind) => (b't', &[kind_letter(*kind)]),
            Self::Link(target) => (b'l', target.as_os_str().as_encoded_bytes()),
            Self::Content(content) => (b'c', content),
            Self::Listing(names) => (b'd', names),
            Self::Subtree(all) => (b's', all),
        };
        id.update([letter]);
        id.update((bytes.len() as u64).to_be_bytes());
        id.update(bytes);
    }
}

pub(super) fn kind_letter(kind: Kind) -> u8 {
    match kind {
        Kind::File => b'f',
        Kind::Folder => b'd',
        Kind::Link => b'l',
        Kind::Other => b'o',
    }
}

/// Everything that a render used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// By path: below the root where it lies in one, whole otherwise.
    pub answers: BTreeMap<PathBuf, Answer>,
    /// Programs, charts and settings, by what they are, as a hash: a setting
    /// may be a secret.
    pub inputs: BTreeMap<String, Id>,
    /// Files and links, by path as above, that went into the render; not those that
    /// somebody only looked into, as tokens are looked for.
    pub used: BTreeSet<PathBuf>,
    /// What the render asked for and did not find.
    pub missed: BTreeSet<PathBuf>,
    /// Folders of which the render took what is in them.
    pub listed: BTreeSet<PathBuf>,
}

/// What became of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Used,
    Missed,
    Listed,
}

impl Record {
    /// One id for all of it.
    pub fn id(&self) -> String {
        use std::fmt::Write as _;
        let mut id = Sha256::new();
        for (path, answer) in &self.answers {
            let path = path.as_os_str().as_encoded_bytes();
            id.update((path.len() as u64).to_be_bytes());
            id.update(path);
            answer.feed(&mut id);
        }
        for (name, input) in &self.inputs {
            id.update((name.len() as u64).to_be_bytes());
            id.update(name.as_bytes());
            id.update(input);
        }
        let digest = id.finalize();
        digest.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// Where a record is written while a render goes on. Clones write the same one.
#[derive(Debug, Clone)]
pub struct Recorder {
    /// Paths below it are recorded relative to it, so that two checkouts of
    /// one commit give one record.
    root: Arc<Path>,
    record: Arc<Mutex<Record>>,
}

impl Recorder {
    /// A recorder for one environment, whose checkout is `root`, a real path.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.into(),
            record: Arc::default(),
        }
    }

    /// What was recorded so far.
    pub fn record(&self) -> Record {
        let record = self.record.lock();
        record.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records something that is no file of the source: a program, a chart, a
    /// setting.
    pub fn input(&self, name: &str, content: &[u8]) {
        let id = Sha256::digest(content).into();
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.inputs.insert(name.to_owned(), id);
    }

    /// A path as the record has it.
    fn place(&self, root: &Path, below: &Path) -> PathBuf {
        if *root == *self.root {
            return below.to_path_buf();
        }
        let whole = root.join(below);
        let inner = whole.strip_prefix(&self.root).map(Path::to_path_buf);
        inner.unwrap_or(whole)
    }

    pub(super) fn mark(&self, root: &Path, below: &Path, mark: Mark) {
        let path = self.place(root, below);
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        match mark {
            Mark::Used => record.used.insert(path),
            Mark::Missed => record.missed.insert(path),
            Mark::Listed => record.listed.insert(path),
        };
    }

    pub(super) fn note(&self, root: &Path, below: &Path, answer: Answer) {
        let path = self.place(root, below);
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        match record.answers.get(&path) {
            Some(known) if known.weight() > answer.weight() => {}
            _ => {
                record.answers.insert(path, answer);
            }
        }
    }
}
