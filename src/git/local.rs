//! A repository on this machine, through libgit2. Other programs may use it
//! at the same time: the branch is moved by compare-and-swap only.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use git2::{ErrorCode, Repository, RepositoryInitOptions, RepositoryOpenFlags};

use super::advertisement::choose;
use super::commit::CommitDraft;
use super::error::{Error, Fault};
use super::history::{self, Ancestor};
use super::intake::{Objects, object_id, oid};
use super::merge::{self, Merge};
use super::objects;
use super::read::{self, Seen};
use super::tip::{FolderChange, Pushed, Tip, Wanted};
use crate::host::{HostKind, Refusal};
use crate::model::ObjectId;
use crate::parallel::blocking;

const OPENING: &str = "opening the repository";
const READING: &str = "reading the repository";
const WRITING: &str = "writing to the repository";

/// A repository at a path.
pub struct Local {
    pub(super) path: PathBuf,
    create: bool,
}

impl Local {
    pub(super) fn new(path: PathBuf, create: bool) -> Self {
        Self { path, create }
    }

    pub(super) fn display(&self) -> String {
        self.path.display().to_string()
    }

    pub(super) async fn read(&self, branch: Option<&str>, wanted: &[Wanted]) -> Result<Tip, Error> {
        let (path, create) = (self.path.clone(), self.create);
        let (name, folders) = (branch.map(str::to_owned), wanted.to_vec());
        let result = blocking(move || read_tip(&path, create, name.as_deref(), &folders)).await;
        result.map_err(|fault| self.error(branch, fault))
    }

    pub(super) async fn push(
        &self,
        tip: &Tip,
        changes: &[FolderChange],
        draft: &CommitDraft,
    ) -> Result<Pushed, Error> {
        let (path, create) = (self.path.clone(), self.create);
        let (at, changes, draft) = (tip.clone(), changes.to_vec(), draft.clone());
        let result = blocking(move || push_to(&path, create, &at, &changes, &draft)).await;
        result.map_err(|fault| self.error(Some(tip.moves()), fault))
    }

    pub(super) async fn delete(&self, tip: &Tip) -> Result<(), Error> {
        let (path, at) = (self.path.clone(), tip.clone());
        let result = blocking(move || delete_at(&path, &at)).await;
        result.map_err(|fault| self.error(Some(tip.moves()), fault))
    }

    pub(super) async fn blobs(&self, tip: &Tip, ids: &[ObjectId]) -> Result<Vec<Bytes>, Error> {
        let (path, ids) = (self.path.clone(), ids.to_vec());
        let result = blocking(move || {
            let repository = open(&path)?;
            let odb = repository.odb().map_err(Fault::machine(READING))?;
            read::blobs(&Objects::new(odb), &ids)
        });
        result
            .await
            .map_err(|fault| self.error(Some(&tip.branch), fault))
    }

    pub(super) async fn contains(&self, tip: &Tip, commit: ObjectId) -> Result<bool, Error> {
        let (path, top) = (self.path.clone(), tip.commit);
        let result = blocking(move || {
            let Some(top) = top else {
                return Ok(false);
            };
            let repository = open(&path)?;
            Ok(repository
                .graph_descendant_of(oid(&top), oid(&commit))
                .unwrap_or(false))
        });
        result
            .await
            .map_err(|fault| self.error(Some(&tip.branch), fault))
    }

    pub(super) async fn own_commits(&self, tip: &Tip, other: &Tip) -> Result<Vec<Ancestor>, Error> {
        let (path, top, base) = (self.path.clone(), tip.commit, other.commit);
        let result = blocking(move || {
            let (Some(top), Some(base)) = (top, base) else {
                return Ok(Vec::new());
            };
            let repository = open(&path)?;
            let odb = repository.odb().map_err(Fault::machine(READING))?;
            history::own(&Objects::new(odb), top, base)
        });
        let found = result.await;
        found.map_err(|fault| self.error(Some(&tip.branch), fault))
    }

    pub(super) async fn merge(
        &self,
        ours: &Tip,
        theirs: &Tip,
        wanted: &[Wanted],
    ) -> Result<Merge, Error> {
        let branch = ours.branch.clone();
        let (path, wanted) = (self.path.clone(), wanted.to_vec());
        let (ours, theirs) = (ours.clone(), theirs.clone());
        let result = blocking(move || {
            let repository = open(&path)?;
            let objects = Objects::new(repository.odb().map_err(Fault::machine(READING))?);
            merge::merge(&objects, &ours, &theirs, &wanted)
        });
        let merged = result.await;
        merged.map_err(|fault| self.error(Some(&branch), fault))
    }

    pub(super) fn error(&self, branch: Option<&str>, fault: Fault) -> Error {
        Error {
            repository: self.display(),
            kind: HostKind::Git,
            branch: branch.map(str::to_owned),
            fault: Box::new(fault),
        }
    }
}

/// Opens exactly this path, not a repository that happens to be above it.
pub(super) fn open(path: &Path) -> Result<Repository, Fault> {
    let none: [&std::ffi::OsStr; 0] = [];
    Repository::open_ext(path, RepositoryOpenFlags::NO_SEARCH, none).map_err(|error| {
        match error.code() {
            ErrorCode::NotFound if is_vacant(path) => Fault::Missing,
            ErrorCode::NotFound => {
                Fault::NotARepository("the folder holds something else".to_owned())
            }
            _ if error.message().contains("object format") => {
                Fault::ObjectFormat("sha256".to_owned())
            }
            _ => Fault::machine(OPENING)(error),
        }
    })
}

/// Nothing there, or an empty folder.
fn is_vacant(path: &Path) -> bool {
    match std::fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

fn read_tip(
    path: &Path,
    create: bool,
    branch: Option<&str>,
    wanted: &[Wanted],
) -> Result<Tip, Fault> {
    let repository = match open(path) {
        Err(Fault::Missing) if create => {
            let (name, _, _) = choose(branch, None, &|_| None, true)?;
            return Ok(read::empty(name, wanted, None));
        }
        result => result?,
    };
    let (name, commit, exists) = choice(&repository, branch)?;
    let with_default = |tip| Tip {
        default_branch: default_branch(&repository),
        branches: branches(&repository),
        ..tip
    };
    let Some(commit) = commit else {
        return Ok(with_default(read::empty(name, wanted, None)));
    };
    if let Some(tip) = read::orphan(&name, exists, wanted, None) {
        return Ok(with_default(tip));
    }
    let objects = Objects::new(repository.odb().map_err(Fault::machine(READING))?);
    let seen = Seen::read(&objects, commit, exists, wanted)?;
    let settled = exists && seen.is_settled(wanted);
    seen.into_tip(name, commit, exists, settled, wanted, None)
        .map(with_default)
}

/// The branch that `HEAD` names, there or not.
fn default_branch(repository: &Repository) -> Option<String> {
    let head = repository.find_reference("HEAD").ok()?;
    let target = head.symbolic_target().ok().flatten()?;
    target.strip_prefix("refs/heads/").map(str::to_owned)
}

/// The names of all branches.
fn branches(repository: &Repository) -> Arc<[String]> {
    let Ok(mut found) = repository.references_glob("refs/heads/*") else {
        return Arc::default();
    };
    let names = found.names().filter_map(Result::ok);
    let names = names.filter_map(|name| name.strip_prefix("refs/heads/"));
    names.map(str::to_owned).collect()
}

/// The branch to read, its commit, and whether it exists.
fn choice(
    repository: &Repository,
    branch: Option<&str>,
) -> Result<(String, Option<ObjectId>, bool), Fault> {
    let tip_of = |name: &str| {
        let reference = repository
            .find_reference(&format!("refs/heads/{name}"))
            .ok()?;
        Some(object_id(reference.peel_to_commit().ok()?.id()))
    };
    let empty = repository
        .references()
        .map_err(Fault::machine(READING))?
        .next()
        .is_none();
    choose(branch, default_branch(repository), &tip_of, empty)
}

/// The repository at a path, and the branch to read there.
pub(super) fn chosen(
    path: &Path,
    branch: Option<&str>,
) -> Result<(Repository, String, Option<ObjectId>, bool), Fault> {
    let repository = open(path)?;
    let (name, commit, exists) = choice(&repository, branch)?;
    Ok((repository, name, commit, exists))
}

/// Everything in a repository.
pub(super) fn objects(repository: &Repository) -> Result<Objects<'_>, Fault> {
    Ok(Objects::new(
        repository.odb().map_err(Fault::machine(READING))?,
    ))
}

fn push_to(
    path: &Path,
    create: bool,
    tip: &Tip,
    changes: &[FolderChange],
    draft: &CommitDraft,
) -> Result<Pushed, Fault> {
    let repository = match open(path) {
        Err(Fault::Missing) if create => make(path, &tip.branch)?,
        result => result?,
    };
    if !repository.is_bare() && is_checked_out(&repository, &tip.reference()) {
        return Err(Fault::CheckedOut);
    }
    let built = objects::build(tip, changes, draft)?;
    if tip.is_at(built.pushed.commit) {
        return Ok(built.pushed);
    }
    // A new branch may start at a commit that is there.
    if tip.commit != Some(built.pushed.commit) {
        write_pack(&repository, &built.pack)?;
    }
    let (name, new) = (tip.reference(), oid(&built.pushed.commit));
    let log = "publish";
    let moved = match tip.old_id() {
        ObjectId::ZERO => repository.reference(&name, new, false, log),
        old => repository.reference_matching(&name, new, true, oid(&old), log),
    };
    moved.map_err(|error| match error.code() {
        ErrorCode::Modified | ErrorCode::Locked | ErrorCode::Exists | ErrorCode::NotFound => {
            Fault::Refused {
                meaning: Refusal::Stale,
                said: error.message().to_owned(),
            }
        }
        _ => Fault::machine(WRITING)(error),
    })?;
    Ok(built.pushed)
}

fn write_pack(repository: &Repository, pack: &[u8]) -> Result<(), Fault> {
    let odb = repository.odb().map_err(Fault::machine(WRITING))?;
    let mut writer = odb.packwriter().map_err(Fault::machine(WRITING))?;
    let failed = |error: std::io::Error| Fault::Machine {
        doing: WRITING,
        reason: error.to_string(),
    };
    writer.write_all(pack).map_err(failed)?;
    writer.commit().map_err(Fault::machine(WRITING))?;
    Ok(())
}

/// Deletes the branch of a tip, unless it has moved or is gone.
fn delete_at(path: &Path, tip: &Tip) -> Result<(), Fault> {
    let repository = open(path)?;
    let stale = || Fault::Refused {
        meaning: Refusal::Stale,
        said: "the branch is not where it was".to_owned(),
    };
    let name = tip.reference();
    if !repository.is_bare() && is_checked_out(&repository, &name) {
        return Err(Fault::CheckedOut);
    }
    // libgit2 deletes only what still points to where it was read.
    let mut reference = repository.find_reference(&name).map_err(|_| stale())?;
    if reference.target() != Some(oid(&tip.old_id())) {
        return Err(stale());
    }
    reference.delete().map_err(|error| match error.code() {
        ErrorCode::Modified | ErrorCode::Locked | ErrorCode::NotFound => stale(),
        _ => Fault::machine(WRITING)(error),
    })
}

fn is_checked_out(repository: &Repository, reference: &str) -> bool {
    let head = repository.find_reference("HEAD").ok();
    head.is_some_and(|head| head.symbolic_target().ok().flatten() == Some(reference))
}

/// Makes a bare repository beside its place and moves it there, so that it is
/// there as a whole or not at all, whenever this program is killed.
fn make(path: &Path, branch: &str) -> Result<Repository, Fault> {
    const MAKING: &str = "making the repository";
    let io = |error: std::io::Error| Fault::Machine {
        doing: MAKING,
        reason: error.to_string(),
    };
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(parent).map_err(io)?;
    let fresh = tempfile::Builder::new()
        .prefix(".gitops-new-")
        .tempdir_in(parent)
        .map_err(io)?;
    let place = fresh.path().join("repository");
    let mut options = RepositoryInitOptions::new();
    options
        .bare(true)
        .initial_head(branch)
        .external_template(false);
    Repository::init_opts(&place, &options).map_err(Fault::machine(MAKING))?;
    match std::fs::rename(&place, path) {
        Ok(()) => open(path),
        // Windows does not replace an empty folder; somebody else may have been quicker.
        Err(_) if open(path).is_ok() => open(path),
        Err(_) if is_vacant(path) && std::fs::remove_dir(path).is_ok() => {
            std::fs::rename(&place, path).map_err(io)?;
            open(path)
        }
        Err(error) => Err(io(error)),
    }
}
