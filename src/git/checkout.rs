//! A commit of the checkout that the source comes from: whether it is what is
//! checked out, and its files in a folder of their own.
//!
//! Reads the repository of the checkout and never writes to it, nor to its
//! files.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use git2::{Repository, RepositoryInitOptions, StatusOptions};

use super::error::Fault;
use super::intake::{Objects, object_id, oid};
use super::source::Source;
use super::unfold::{self, Room, Unfolded};
use crate::model::ObjectId;

const READING: &str = "reading the source's repository";
const WRITING: &str = "writing the files";

impl Source {
    /// The top folder of the checkout; `None` for a bare repository.
    pub fn folder(&self) -> Option<PathBuf> {
        self.repository.workdir()?.canonicalize().ok()
    }

    /// The commit that a revision leads to, as git reads revisions.
    pub fn commit(&self, revision: &str) -> Option<ObjectId> {
        let object = self.repository.revparse_single(revision).ok()?;
        Some(object_id(object.peel_to_commit().ok()?.id()))
    }

    /// Whether the past of its commits is cut off.
    pub fn is_shallow(&self) -> bool {
        self.repository.is_shallow()
    }

    /// Whether exactly this commit is checked out: no file differs from it, and
    /// there is none besides those that git is told to ignore.
    pub fn is_checked_out(&self, commit: ObjectId) -> Result<bool, Fault> {
        if self.head() != Some(commit) {
            return Ok(false);
        }
        let mut options = StatusOptions::new();
        options.include_untracked(true).include_ignored(false);
        let found = self.repository.statuses(Some(&mut options));
        Ok(found.map_err(Fault::machine(READING))?.is_empty())
    }

    /// Whether a file, by its path from the top, is what the commit that is checked
    /// out has, line ends aside. Git itself can be told not to look at a file.
    #[expect(
        clippy::disallowed_methods,
        reason = "a file that is held against its commit"
    )]
    pub fn is_as_committed(&self, path: &str) -> bool {
        let committed = || {
            let tree = self.repository.head().ok()?.peel_to_tree().ok()?;
            let entry = tree.get_path(Path::new(path)).ok()?;
            let blob = self.repository.find_blob(entry.id()).ok()?;
            Some(blob.content().to_vec())
        };
        let here = || std::fs::read(self.folder()?.join(path)).ok();
        let lines = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        match (committed(), here()) {
            (Some(committed), Some(here)) => lines(committed) == lines(here),
            _ => false,
        }
    }

    /// Writes the commit's files into `folder`, which must be there and empty.
    ///
    /// It becomes a repository of its own that borrows the objects of this one:
    /// what looks for a checkout finds it, with the commit and its past, and
    /// nothing that runs there reaches the user's branches and files.
    pub fn unfold(&self, commit: ObjectId, folder: &Path) -> Result<Unfolded, Fault> {
        let found = self.repository.find_commit(oid(&commit));
        let tree = found.map_err(Fault::machine(READING))?.tree_id();
        let odb = self.repository.odb().map_err(Fault::machine(READING))?;
        let written = unfold::write(
            &Objects::new(odb),
            object_id(tree),
            folder,
            &Room::default(),
        )?;
        self.lend(commit, folder)?;
        Ok(written)
    }

    /// Makes `folder` a repository at `commit` that borrows its objects here.
    fn lend(&self, commit: ObjectId, folder: &Path) -> Result<(), Fault> {
        let io = |error: std::io::Error| Fault::Machine {
            doing: WRITING,
            reason: error.to_string(),
        };
        let mut options = RepositoryInitOptions::new();
        options.external_template(false).no_reinit(true);
        let fresh = Repository::init_opts(folder, &options).map_err(Fault::machine(WRITING))?;
        let lender = self.repository.commondir().canonicalize().map_err(io)?;
        let info = fresh.path().join("objects").join("info");
        std::fs::create_dir_all(&info).map_err(io)?;
        let mut alternates = std::fs::File::create(info.join("alternates")).map_err(io)?;
        writeln!(alternates, "{}", for_git(&lender.join("objects"))).map_err(io)?;
        let shallow = lender.join("shallow");
        if shallow.is_file() {
            std::fs::copy(shallow, fresh.path().join("shallow")).map_err(io)?;
        }
        // Opened again, it sees what it borrows.
        let fresh = Repository::open(folder).map_err(Fault::machine(WRITING))?;
        fresh
            .set_head_detached(oid(&commit))
            .map_err(Fault::machine(WRITING))
    }
}

/// A path as git writes it: on Windows without backslashes and the prefix of
/// canonical paths.
fn for_git(path: &Path) -> String {
    let text = path.display().to_string();
    if cfg!(windows) {
        text.trim_start_matches(r"\\?\").replace('\\', "/")
    } else {
        text
    }
}
