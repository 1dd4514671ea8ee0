//! One commit of a repository with everything in it, for whoever needs the
//! files and no history.
//!
//! Owns the choice of the commit: what a branch, a tag or an id leads to, and
//! how a commit is come by that the server does not hand out by its id.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::{ObjectType, Repository};

use super::advertisement::{Advertisement, Named};
use super::commit;
use super::error::{Error, Fault};
use super::fetch::Wants;
use super::intake::{Objects, Store, object_id, oid};
use super::local::{Local, open};
use super::pack_guard::Limits;
use super::smart_http::{Session, SmartHttp};
use super::ssh;
use super::unfold::{self, Room, Unfolded};
use crate::host::HostKind;
use crate::model::ObjectId;
use crate::parallel::blocking;

const READING: &str = "reading the repository";
/// Digits that a commit id must have at least, as with git.
const SHORTEST: usize = 4;
/// Tag objects that point to tag objects.
const TAGS: usize = 8;

/// Which commit is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Revision {
    /// What a clone checks out.
    Default,
    /// The tip of a branch.
    Branch(String),
    /// A tag, or else a branch, or else a commit by its id or the start of it.
    Version(String),
}

/// The objects of one commit, on disk.
pub struct Snapshot {
    /// The commit.
    pub commit: ObjectId,
    /// The commit that the revision leads to now; `None` when it leads nowhere.
    pub current: Option<ObjectId>,
    pub(super) held: Held,
    pub(super) repository: String,
    pub(super) kind: HostKind,
}

/// Where the objects are.
pub(super) enum Held {
    Store(Store),
    Copy(Arc<ssh::Copy>),
    Repository(PathBuf),
}

impl Snapshot {
    /// Writes the commit's files into `folder`, which must be there and empty,
    /// as far as there is room.
    pub fn unfold(&self, folder: &Path, room: &Room) -> Result<Unfolded, Error> {
        let written = match &self.held {
            Held::Store(store) => store
                .objects()
                .and_then(|objects| self.write(&objects, folder, room)),
            Held::Copy(copy) => copy
                .objects()
                .and_then(|objects| self.write(&objects, folder, room)),
            Held::Repository(path) => open(path).and_then(|repository| {
                let objects = objects_of(&repository)?;
                self.write(&objects, folder, room)
            }),
        };
        written.map_err(|fault| Error {
            repository: self.repository.clone(),
            kind: self.kind,
            branch: None,
            fault: Box::new(fault),
        })
    }

    fn write(&self, objects: &Objects<'_>, folder: &Path, room: &Room) -> Result<Unfolded, Fault> {
        let bytes = objects.need(&self.commit, ObjectType::Commit)?;
        let links = commit::links(&bytes).ok_or_else(|| {
            Fault::protocol(
                "reading the objects",
                format!("commit {} is damaged", self.commit),
            )
        })?;
        unfold::write(objects, links.tree, folder, room)
    }
}

impl Revision {
    /// The name without what git lets people write in front of it, and which
    /// of tag and branch it can be.
    fn parts(version: &str) -> (&str, bool, bool) {
        for prefix in ["refs/tags/", "tags/"] {
            if let Some(name) = version.strip_prefix(prefix) {
                return (name, true, false);
            }
        }
        for prefix in ["refs/heads/", "heads/", "origin/"] {
            if let Some(name) = version.strip_prefix(prefix) {
                return (name, false, true);
            }
        }
        (version, true, true)
    }

    /// What the revision leads to, as `branch` and `tag` find it; `None` when
    /// it can only be the id of a commit.
    pub(super) fn named(
        &self,
        default: impl FnOnce() -> Option<Named>,
        branch: impl Fn(&str) -> Option<Named>,
        tag: impl Fn(&str) -> Option<Named>,
    ) -> Result<Option<Named>, Fault> {
        match self {
            Self::Default => default().map(Some).ok_or(Fault::Empty),
            Self::Branch(name) => {
                let found = branch(name).map(Some);
                found.ok_or_else(|| Fault::NoBranch(name.clone()))
            }
            Self::Version(text) => {
                // As it is written first: a tag may be called `origin/x`.
                let (name, is_tag, is_branch) = Self::parts(text);
                let found = tag(text)
                    .or_else(|| branch(text))
                    .or_else(|| tag(name).filter(|_| is_tag))
                    .or_else(|| branch(name).filter(|_| is_branch));
                if found.is_none() && !is_id(text) {
                    return Err(Fault::NoVersion(text.clone()));
                }
                Ok(found)
            }
        }
    }
}

/// Whether this can be the id of a commit, or the start of one.
fn is_id(text: &str) -> bool {
    (SHORTEST..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl SmartHttp {
    pub(super) async fn snapshot(
        &self,
        revision: &Revision,
        known: Option<ObjectId>,
    ) -> Result<Snapshot, Error> {
        let result = self.try_snapshot(revision, known).await;
        result.map_err(|fault| self.error(None, fault))
    }

    async fn try_snapshot(
        &self,
        revision: &Revision,
        known: Option<ObjectId>,
    ) -> Result<Snapshot, Fault> {
        let (session, refs) = self.advertisement().await?;
        let named = revision.named(
            || refs.default_tip(),
            |name| refs.branch(name),
            |name| refs.tag(name),
        );
        let named = match named {
            // A branch may be gone while its commit is still there.
            Err(_) if known.is_some() => None,
            named => named?,
        };
        let current = named.map(|named| named.commit);
        let (commit, store) = match (named, known, revision) {
            (Some(named), None, _) => self.by_name(&session, named).await?,
            (Some(named), Some(known), _) if named.commit == known => {
                self.by_name(&session, named).await?
            }
            (_, Some(known), _) => (known, self.by_id(&session, &refs, known).await?),
            (None, None, Revision::Version(text)) => match ObjectId::parse(text) {
                Some(id) => (id, self.by_id(&session, &refs, id).await?),
                None => self.by_start(&session, &refs, text).await?,
            },
            (None, None, _) => return Err(Fault::Empty),
        };
        Ok(Snapshot {
            commit,
            current: current.or((known.is_none()).then_some(commit)),
            held: Held::Store(store),
            repository: self.display(),
            kind: self.kind,
        })
    }

    /// A commit that a reference leads to: only it, without its past.
    async fn by_name(&self, session: &Session, named: Named) -> Result<(ObjectId, Store), Fault> {
        let store = self.whole(session, &[named.want], Some(1)).await?;
        blocking(move || {
            let commit = peel(&store.objects()?, named.want)?;
            Ok((commit, store))
        })
        .await
    }

    /// A commit by its id. Where the server does not hand it out, everything
    /// that its references lead to is fetched, and the commit looked for.
    async fn by_id(
        &self,
        session: &Session,
        refs: &Advertisement,
        id: ObjectId,
    ) -> Result<Store, Fault> {
        match self.whole(session, &[id], Some(1)).await {
            Ok(store) => return checked(store, id).await,
            Err(
                fault @ (Fault::WantRefused(_) | Fault::Protocol { .. } | Fault::Refused { .. }),
            ) => {
                tracing::debug!(%fault, "looking for the commit in the whole repository");
            }
            Err(fault) => return Err(fault),
        }
        let store = self.everything(session, refs).await?;
        checked(store, id).await
    }

    /// A commit by the start of its id, which only its repository can tell.
    async fn by_start(
        &self,
        session: &Session,
        refs: &Advertisement,
        start: &str,
    ) -> Result<(ObjectId, Store), Fault> {
        let store = self.everything(session, refs).await?;
        let start = start.to_ascii_lowercase();
        blocking(move || {
            let id = find(&store.objects()?, &start)?;
            Ok((id, store))
        })
        .await
    }

    async fn everything(&self, session: &Session, refs: &Advertisement) -> Result<Store, Fault> {
        let ids: Vec<_> = refs.every_tip().into_iter().collect();
        if ids.is_empty() {
            return Err(Fault::Empty);
        }
        self.whole(session, &ids, None).await
    }

    async fn whole(
        &self,
        session: &Session,
        ids: &[ObjectId],
        depth: Option<u32>,
    ) -> Result<Store, Fault> {
        let wants = Wants {
            ids,
            depth,
            filter: None,
            limits: Limits::WHOLE,
        };
        self.fetch(session, &wants).await
    }
}

/// The store, when it has the commit.
async fn checked(store: Store, id: ObjectId) -> Result<Store, Fault> {
    blocking(move || {
        let there = store.objects()?.kind(&id) == Some(ObjectType::Commit);
        there.then_some(store).ok_or(Fault::NoCommit(id))
    })
    .await
}

/// The commit that an object is or leads to.
pub(super) fn peel(objects: &Objects<'_>, from: ObjectId) -> Result<ObjectId, Fault> {
    let mut id = from;
    for _ in 0..TAGS {
        if objects.kind(&id) != Some(ObjectType::Tag) {
            break;
        }
        let bytes = objects.need(&id, ObjectType::Tag)?;
        let line = bytes.split(|&byte| byte == b'\n').next();
        let target = line
            .and_then(|line| std::str::from_utf8(line).ok())
            .and_then(|line| ObjectId::parse(line.strip_prefix("object ")?));
        let damaged = || Fault::protocol(READING, format!("tag {id} is damaged"));
        id = target.ok_or_else(damaged)?;
    }
    match objects.kind(&id) {
        Some(ObjectType::Commit) => Ok(id),
        _ => Err(Fault::protocol(READING, format!("{from} is no commit"))),
    }
}

/// The one commit whose id begins so.
pub(super) fn find(objects: &Objects<'_>, start: &str) -> Result<ObjectId, Fault> {
    let found = objects.beginning_with(start);
    found
        .filter(|id| objects.kind(id) == Some(ObjectType::Commit))
        .ok_or_else(|| Fault::NoVersion(start.to_owned()))
}

fn objects_of(repository: &Repository) -> Result<Objects<'_>, Fault> {
    Ok(Objects::new(
        repository.odb().map_err(Fault::machine(READING))?,
    ))
}

impl Local {
    pub(super) async fn snapshot(
        &self,
        revision: &Revision,
        known: Option<ObjectId>,
    ) -> Result<Snapshot, Error> {
        let (path, wanted) = (self.path.clone(), revision.clone());
        let result = blocking(move || choose_local(&path, &wanted, known)).await;
        let (commit, current) = result.map_err(|fault| self.error(None, fault))?;
        Ok(Snapshot {
            commit,
            current,
            held: Held::Repository(self.path.clone()),
            repository: self.display(),
            kind: HostKind::Git,
        })
    }
}

fn choose_local(
    path: &Path,
    revision: &Revision,
    known: Option<ObjectId>,
) -> Result<(ObjectId, Option<ObjectId>), Fault> {
    let repository = open(path)?;
    let at = |name: &str| {
        let commit = repository
            .find_reference(name)
            .ok()?
            .peel_to_commit()
            .ok()?;
        let id = object_id(commit.id());
        Some(Named {
            want: id,
            commit: id,
        })
    };
    let named = revision.named(
        || at("HEAD"),
        |name| at(&format!("refs/heads/{name}")),
        |name| at(&format!("refs/tags/{name}")),
    );
    if let Some(known) = known {
        if repository.find_commit(oid(&known)).is_err() {
            return Err(Fault::NoCommit(known));
        }
        let current = named.ok().flatten().map(|named| named.commit);
        return Ok((known, current));
    }
    let commit = match (named?, revision) {
        (Some(named), _) => named.commit,
        (None, Revision::Version(text)) => {
            find(&objects_of(&repository)?, &text.to_ascii_lowercase())?
        }
        (None, _) => return Err(Fault::Empty),
    };
    Ok((commit, Some(commit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("v1.0", ("v1.0", true, true))]
    #[case("refs/tags/v1.0", ("v1.0", true, false))]
    #[case("origin/dev", ("dev", false, true))]
    fn versions_are_read_as_git_reads_them(#[case] text: &str, #[case] parts: (&str, bool, bool)) {
        assert_eq!(Revision::parts(text), parts);
    }

    #[rstest::rstest]
    #[case("abc", false)]
    #[case("abcd", true)]
    #[case("1.2.3", false)]
    #[case("v1234567", false)]
    #[case("ce013625030ba8dba906f756967f9e9ca394464a", true)]
    #[case("ce013625030ba8dba906f756967f9e9ca394464a0", false)]
    fn only_digits_of_an_id_are_looked_for(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(is_id(text), expected);
    }
}
