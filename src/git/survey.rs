//! What stands on a branch as a whole: every owned folder with its ledger, and which
//! of the newest commits changed it last. For whoever looks and writes nothing.
//!
//! After the list of branches it takes two round trips, whatever the number of
//! folders: the trees of the newest commits, then the ledgers by their ids.

mod changes;

use std::collections::{BTreeSet, HashSet};

use git2::ObjectType;

use super::Remote;
use super::commit;
use super::error::{Error, Fault};
use super::fetch::Wants;
use super::intake::{Objects, Store};
use super::local::{self, Local};
use super::pack_guard::Limits;
use super::smart_http::SmartHttp;
use super::ssh::Ssh;
use super::tree::{FolderTree, Reader, owned};
use crate::model::{Folder, FolderState, Ledger, ObjectId};
use crate::parallel::blocking;

use changes::{last_changes, writings};

/// How many commits back a folder's last change is looked for.
pub(super) const LOOK_BACK: u32 = 50;

/// A branch and its owned folders.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// The newest commits, from the tip along first parents; none where there is no
    /// such branch.
    pub commits: Vec<Dated>,
    /// The folders that were asked for, in their order; behind them the others.
    pub folders: Vec<Surveyed>,
    /// Folders of others that were too many to be looked at.
    pub passed_over: usize,
}

/// Which folders are looked at.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    /// These.
    pub folders: Vec<Folder>,
    /// And every other owned one, unless there are more than this.
    pub others: usize,
    /// Their ledgers in each of the newest commits, too.
    pub past: bool,
    /// As the branch was at this commit, where that is one of the newest.
    pub at: Option<ObjectId>,
}

impl Sight {
    /// Every owned folder.
    pub const EVERY: Self = Self {
        folders: Vec::new(),
        others: usize::MAX,
        past: false,
        at: None,
    };
}

/// A commit and its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated {
    /// The commit.
    pub id: ObjectId,
    /// When it was made, in seconds since 1970 (UTC).
    pub seconds: i64,
}

/// One folder of a branch.
#[derive(Debug, Clone)]
pub struct Surveyed {
    /// The folder.
    pub folder: Folder,
    /// What it holds; nothing where it is not there.
    pub state: FolderState,
    /// Why its ledger cannot be read, when it has one.
    pub damaged: Option<String>,
    /// Its tree; `None` where it is not there.
    pub tree: Option<ObjectId>,
    /// Which of the commits changed it last; `None` where none of them did.
    pub changed: Option<usize>,
    /// Which of them changed its ledger last: a hand edit leaves that alone.
    pub published: Option<usize>,
    /// Where the past was asked for: each of the commits that changed its ledger, the
    /// newest first, and what that says since. What cannot be read is left out.
    pub past: Vec<(usize, Ledger)>,
}

/// What was seen before the ledgers were read.
struct Look {
    commits: Vec<Dated>,
    folders: Vec<Seen>,
    passed_over: usize,
}

/// A folder before its ledger was read.
struct Seen {
    folder: Folder,
    tree: FolderTree,
    id: Option<ObjectId>,
    changed: Option<usize>,
    published: Option<usize>,
    past: Vec<(usize, ObjectId)>,
}

impl Remote {
    /// Looks at a branch.
    pub async fn survey(&self, branch: Option<&str>, sight: &Sight) -> Result<Survey, Error> {
        match self {
            Self::Http(remote) => {
                let result = remote.try_survey(branch, sight).await;
                result.map_err(|fault| remote.error(branch, fault))
            }
            Self::Ssh(remote) => {
                let result = remote.try_survey(branch, sight).await;
                result.map_err(|fault| remote.error(branch, fault))
            }
            Self::Local(remote) => {
                let result = remote.try_survey(branch, sight).await;
                result.map_err(|fault| remote.error(branch, fault))
            }
            Self::ReadOnly(remote) => Box::pin(remote.survey(branch, sight)).await,
        }
    }
}

impl SmartHttp {
    async fn try_survey(&self, branch: Option<&str>, sight: &Sight) -> Result<Survey, Fault> {
        let (session, refs) = self.advertisement().await?;
        let (branch, commit, exists) = refs.choose(branch)?;
        let Some(commit) = commit.filter(|_| exists) else {
            return Ok(nothing(branch, sight));
        };
        let filtered = Wants {
            ids: &[commit],
            depth: Some(LOOK_BACK),
            filter: Some("blob:none"),
            limits: Limits::FILTERED,
        };
        // Without a filter, the past would come with every file in it.
        let whole = Wants {
            ids: &[commit],
            depth: Some(1),
            filter: None,
            limits: Limits::WHOLE,
        };
        let store = if session.capabilities.has("filter") {
            match self.fetch(&session, &filtered).await {
                Err(fault) if self.wants_less(&fault) => self.fetch(&session, &whole).await?,
                result => result?,
            }
        } else {
            self.fetch(&session, &whole).await?
        };
        let (store, look) = looked(store, commit, sight).await?;
        let mut stores = vec![store];
        let missing = {
            let objects = Store::together(&stores)?;
            look.missing(&objects)
        };
        if !missing.is_empty() {
            let found = match self.objects_by_id(&session, &missing).await {
                // The server hands out no objects by id.
                Err(fault) if self.wants_less(&fault) => self.fetch(&session, &whole).await,
                found => found,
            };
            stores.push(found?);
        }
        blocking(move || look.into_survey(branch, &Store::together(&stores)?)).await
    }
}

async fn looked(store: Store, commit: ObjectId, sight: &Sight) -> Result<(Store, Look), Fault> {
    let sight = sight.clone();
    blocking(move || {
        let look = Look::at(&store.objects()?, commit, &sight)?;
        Ok((store, look))
    })
    .await
}

impl Ssh {
    async fn try_survey(&self, branch: Option<&str>, sight: &Sight) -> Result<Survey, Fault> {
        let ((branch, commit, exists), copy) = self.chosen(branch).await?;
        let Some(commit) = commit.filter(|_| exists) else {
            return Ok(nothing(branch, sight));
        };
        let copy = self.newest(copy, commit).await?;
        let sight = sight.clone();
        let place = copy.place();
        let (look, missing) = blocking(move || {
            let objects = super::ssh::objects(&place)?;
            let look = Look::at(&objects, commit, &sight)?;
            let missing = look.missing(&objects);
            Ok::<_, Fault>((look, missing))
        })
        .await?;
        if !missing.is_empty() {
            self.add_objects(&copy, &missing).await?;
        }
        blocking(move || look.into_survey(branch, &copy.objects()?)).await
    }
}

impl Local {
    async fn try_survey(&self, branch: Option<&str>, sight: &Sight) -> Result<Survey, Fault> {
        let path = self.path.clone();
        let branch = branch.map(str::to_owned);
        let sight = sight.clone();
        blocking(move || {
            let (repository, name, commit, exists) = local::chosen(&path, branch.as_deref())?;
            let Some(commit) = commit.filter(|_| exists) else {
                return Ok(nothing(name, &sight));
            };
            let objects = local::objects(&repository)?;
            Look::at(&objects, commit, &sight)?.into_survey(name, &objects)
        })
        .await
    }
}

/// A branch that does not exist.
fn nothing(branch: String, sight: &Sight) -> Survey {
    let empty = |folder: &Folder| Surveyed {
        folder: folder.clone(),
        state: FolderState::default(),
        damaged: None,
        tree: None,
        changed: None,
        published: None,
        past: Vec::new(),
    };
    Survey {
        branch,
        folders: sight.folders.iter().map(empty).collect(),
        ..Survey::default()
    }
}

impl Look {
    fn at(objects: &Objects<'_>, tip: ObjectId, sight: &Sight) -> Result<Self, Fault> {
        let (mut commits, mut roots, is_whole) = past(objects, tip)?;
        let is_there = |id: ObjectId| commits.iter().position(|commit| commit.id == id);
        if let Some(since) = sight.at.and_then(is_there) {
            commits.drain(..since);
            roots.drain(..since);
        }
        let root = roots[0];
        let load = |id: &ObjectId| objects.need(id, ObjectType::Tree);
        let mut folders = sight.folders.clone();
        let mut passed_over = 0;
        if sight.others > 0 {
            let known: HashSet<_> = folders.iter().cloned().collect();
            let owned = owned(&load, root)?.into_iter().map(|(folder, _)| folder);
            let others: Vec<_> = owned.filter(|folder| !known.contains(folder)).collect();
            if others.len() > sight.others {
                passed_over = others.len();
            } else {
                folders.extend(others);
            }
        }
        let mut reader = Reader::new(&load);
        let mut seen = Vec::new();
        for folder in folders {
            let tree = match reader.folder(root, &folder) {
                // A file is in the way: there is no such folder.
                Err(Fault::InTheWay { .. }) => FolderTree::default(),
                found => found?,
            };
            seen.push(Seen {
                folder,
                tree,
                id: None,
                changed: None,
                published: None,
                past: Vec::new(),
            });
        }
        last_changes(objects, &roots, is_whole, &mut seen)?;
        if sight.past {
            writings(objects, &roots, is_whole, &mut seen)?;
        }
        Ok(Self {
            commits,
            folders: seen,
            passed_over,
        })
    }

    /// The ledgers that are not at hand.
    fn missing(&self, objects: &Objects<'_>) -> Vec<ObjectId> {
        let ids = self.folders.iter().flat_map(|one| {
            let past = one.past.iter().map(|(_, id)| *id);
            one.tree.ledger.into_iter().chain(past)
        });
        let ids: BTreeSet<_> = ids.filter(|id| objects.kind(id).is_none()).collect();
        ids.into_iter().collect()
    }

    fn into_survey(self, branch: String, objects: &Objects<'_>) -> Result<Survey, Fault> {
        let mut folders = Vec::new();
        for seen in self.folders {
            let bytes = match seen.tree.ledger {
                Some(id) => Some(objects.need(&id, ObjectType::Blob)?),
                None => None,
            };
            let ledger = bytes.map(|bytes| Ledger::parse(&bytes)).transpose();
            let mut past = Vec::new();
            for (at, id) in seen.past {
                let bytes = objects.read(&id, ObjectType::Blob)?;
                if let Some(ledger) = bytes.and_then(|bytes| Ledger::parse(&bytes).ok()) {
                    past.push((at, ledger));
                }
            }
            folders.push(Surveyed {
                folder: seen.folder,
                tree: seen.id,
                changed: seen.changed,
                published: seen.published,
                past,
                damaged: ledger.as_ref().err().map(ToString::to_string),
                state: FolderState {
                    entries: seen.tree.entries,
                    ledger: ledger.ok().flatten(),
                    inner: seen.tree.inner,
                    odd: seen.tree.odd,
                    outer: Vec::new(),
                    twin: None,
                },
            });
        }
        Ok(Survey {
            branch,
            commits: self.commits,
            folders,
            passed_over: self.passed_over,
        })
    }
}

/// The newest commits along first parents with their trees, and whether these are
/// all that there are.
fn past(objects: &Objects<'_>, tip: ObjectId) -> Result<(Vec<Dated>, Vec<ObjectId>, bool), Fault> {
    let (mut commits, mut roots) = (Vec::new(), Vec::new());
    let mut next = Some(tip);
    while let Some(id) = next {
        let bytes = match objects.read(&id, ObjectType::Commit)? {
            Some(bytes) => bytes,
            None if commits.is_empty() => objects.need(&id, ObjectType::Commit)?,
            // Beyond what came.
            None => return Ok((commits, roots, false)),
        };
        let links = commit::links(&bytes).ok_or_else(|| {
            Fault::protocol("reading the objects", format!("commit {id} is damaged"))
        })?;
        commits.push(Dated {
            id,
            seconds: commit::seconds(&bytes).unwrap_or_default(),
        });
        roots.push(links.tree);
        next = links.parents.first().copied();
        if commits.len() == LOOK_BACK as usize && next.is_some() {
            return Ok((commits, roots, false));
        }
    }
    Ok((commits, roots, true))
}
