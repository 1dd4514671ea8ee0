//! What stands on a branch as a whole: every owned folder with its ledger, and which
//! of the newest commits changed it last. For whoever looks and writes nothing.
//!
//! After the list of branches it takes two round trips, whatever the number of
//! folders: the trees of the newest commits, then the ledgers by their ids.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use bytes::Bytes;
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
use super::tree::{FolderTree, Reader, owned, parse};
use crate::model::{Folder, FolderState, Ledger, ObjectId};
use crate::parallel::blocking;

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
    /// The folders that were asked for, or every owned one.
    pub folders: Vec<Surveyed>,
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
    /// Which of the commits changed it last; `None` where none of them did.
    pub changed: Option<usize>,
}

/// What was seen before the ledgers were read.
struct Look {
    commits: Vec<Dated>,
    folders: Vec<(Folder, FolderTree, Option<usize>)>,
}

impl Remote {
    /// Looks at a branch: at these folders, or at every owned one.
    pub async fn survey(
        &self,
        branch: Option<&str>,
        folders: Option<&[Folder]>,
    ) -> Result<Survey, Error> {
        match self {
            Self::Http(remote) => {
                let result = remote.try_survey(branch, folders).await;
                result.map_err(|fault| remote.error(branch, fault))
            }
            Self::Ssh(remote) => {
                let result = remote.try_survey(branch, folders).await;
                result.map_err(|fault| remote.error(branch, fault))
            }
            Self::Local(remote) => {
                let result = remote.try_survey(branch, folders).await;
                result.map_err(|fault| remote.error(branch, fault))
            }
            Self::ReadOnly(remote) => Box::pin(remote.survey(branch, folders)).await,
        }
    }
}

impl SmartHttp {
    async fn try_survey(
        &self,
        branch: Option<&str>,
        folders: Option<&[Folder]>,
    ) -> Result<Survey, Fault> {
        let (session, refs) = self.advertisement().await?;
        let (branch, commit, exists) = refs.choose(branch)?;
        let Some(commit) = commit.filter(|_| exists) else {
            return Ok(nothing(branch, folders));
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
        let (store, look) = looked(store, commit, folders).await?;
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

async fn looked(
    store: Store,
    commit: ObjectId,
    folders: Option<&[Folder]>,
) -> Result<(Store, Look), Fault> {
    let folders = folders.map(<[Folder]>::to_vec);
    blocking(move || {
        let look = Look::at(&store.objects()?, commit, folders.as_deref())?;
        Ok((store, look))
    })
    .await
}

impl Ssh {
    async fn try_survey(
        &self,
        branch: Option<&str>,
        folders: Option<&[Folder]>,
    ) -> Result<Survey, Fault> {
        let ((branch, commit, exists), copy) = self.chosen(branch).await?;
        let Some(commit) = commit.filter(|_| exists) else {
            return Ok(nothing(branch, folders));
        };
        let copy = self.newest(copy, commit).await?;
        let wanted = folders.map(<[Folder]>::to_vec);
        let place = copy.place();
        let (look, missing) = blocking(move || {
            let objects = super::ssh::objects(&place)?;
            let look = Look::at(&objects, commit, wanted.as_deref())?;
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
    async fn try_survey(
        &self,
        branch: Option<&str>,
        folders: Option<&[Folder]>,
    ) -> Result<Survey, Fault> {
        let path = self.path.clone();
        let branch = branch.map(str::to_owned);
        let folders = folders.map(<[Folder]>::to_vec);
        blocking(move || {
            let (repository, name, commit, exists) = local::chosen(&path, branch.as_deref())?;
            let Some(commit) = commit.filter(|_| exists) else {
                return Ok(nothing(name, folders.as_deref()));
            };
            let objects = local::objects(&repository)?;
            Look::at(&objects, commit, folders.as_deref())?.into_survey(name, &objects)
        })
        .await
    }
}

/// A branch that does not exist.
fn nothing(branch: String, folders: Option<&[Folder]>) -> Survey {
    let empty = |folder: &Folder| Surveyed {
        folder: folder.clone(),
        state: FolderState::default(),
        damaged: None,
        changed: None,
    };
    Survey {
        branch,
        commits: Vec::new(),
        folders: folders.into_iter().flatten().map(empty).collect(),
    }
}

impl Look {
    fn at(objects: &Objects<'_>, tip: ObjectId, folders: Option<&[Folder]>) -> Result<Self, Fault> {
        let (commits, roots, is_whole) = past(objects, tip)?;
        let root = roots[0];
        let load = |id: &ObjectId| objects.need(id, ObjectType::Tree);
        let folders: Vec<_> = match folders {
            Some(folders) => folders.to_vec(),
            None => owned(&load, root)?
                .into_iter()
                .map(|(folder, _)| folder)
                .collect(),
        };
        let mut reader = Reader::new(&load);
        let mut seen = Vec::new();
        for folder in folders {
            let found = match reader.folder(root, &folder) {
                // A file is in the way: there is no such folder.
                Err(Fault::InTheWay { .. }) => FolderTree::default(),
                found => found?,
            };
            seen.push((folder, found, None));
        }
        last_changes(objects, &roots, is_whole, &mut seen)?;
        Ok(Self {
            commits,
            folders: seen,
        })
    }

    /// The ledgers that are not at hand.
    fn missing(&self, objects: &Objects<'_>) -> Vec<ObjectId> {
        let ids = self.folders.iter().filter_map(|(_, tree, _)| tree.ledger);
        let ids: BTreeSet<_> = ids.filter(|id| objects.kind(id).is_none()).collect();
        ids.into_iter().collect()
    }

    fn into_survey(self, branch: String, objects: &Objects<'_>) -> Result<Survey, Fault> {
        let mut folders = Vec::new();
        for (folder, tree, changed) in self.folders {
            let bytes = match tree.ledger {
                Some(id) => Some(objects.need(&id, ObjectType::Blob)?),
                None => None,
            };
            let ledger = bytes.map(|bytes| Ledger::parse(&bytes)).transpose();
            folders.push(Surveyed {
                folder,
                changed,
                damaged: ledger.as_ref().err().map(ToString::to_string),
                state: FolderState {
                    entries: tree.entries,
                    ledger: ledger.ok().flatten(),
                    inner: tree.inner,
                    odd: tree.odd,
                    outer: Vec::new(),
                    twin: None,
                },
            });
        }
        Ok(Survey {
            branch,
            commits: self.commits,
            folders,
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

/// Finds the commit that changed each folder last.
fn last_changes(
    objects: &Objects<'_>,
    roots: &[ObjectId],
    is_whole: bool,
    folders: &mut [(Folder, FolderTree, Option<usize>)],
) -> Result<(), Fault> {
    let mut trees = Trees {
        objects,
        read: HashMap::new(),
    };
    let mut open: Vec<(usize, ObjectId)> = Vec::new();
    for (at, (folder, ..)) in folders.iter().enumerate() {
        if let Some(tree) = trees.find(roots[0], folder)? {
            open.push((at, tree));
        }
    }
    for (before, pair) in roots.windows(2).enumerate() {
        if pair[0] == pair[1] {
            continue;
        }
        let mut still = Vec::new();
        for (at, tree) in open {
            let (folder, _, changed) = &mut folders[at];
            if trees.find(pair[1], folder)? == Some(tree) {
                still.push((at, tree));
            } else {
                *changed = Some(before);
            }
        }
        open = still;
    }
    if is_whole {
        for (at, _) in open {
            folders[at].2 = Some(roots.len() - 1);
        }
    }
    Ok(())
}

type Folders = HashMap<Bytes, ObjectId>;

/// Trees that are read once: many folders share those above them.
struct Trees<'a, 'o> {
    objects: &'a Objects<'o>,
    read: HashMap<ObjectId, Rc<Folders>>,
}

impl Trees<'_, '_> {
    fn find(&mut self, root: ObjectId, folder: &Folder) -> Result<Option<ObjectId>, Fault> {
        let mut id = root;
        for segment in folder.path().iter().flat_map(|path| path.segments()) {
            match self.folders(id)?.get(segment.as_bytes()) {
                Some(below) => id = *below,
                None => return Ok(None),
            }
        }
        Ok(Some(id))
    }

    fn folders(&mut self, id: ObjectId) -> Result<Rc<Folders>, Fault> {
        if let Some(found) = self.read.get(&id) {
            return Ok(Rc::clone(found));
        }
        let entries = parse(&self.objects.need(&id, ObjectType::Tree)?)?;
        let folders = entries.into_iter().filter(super::tree::Entry::is_tree);
        let folders: Rc<Folders> = Rc::new(folders.map(|own| (own.name, own.id)).collect());
        self.read.insert(id, Rc::clone(&folders));
        Ok(folders)
    }
}
