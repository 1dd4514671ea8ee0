//! One thing: decides whether anything is to be done, does it, and checks it
//! against the lock file.

use std::path::Path;
use std::sync::Arc;

use super::access::Access;
use super::files::Files;
use super::lock::{Lock, Locked, Resolved};
use super::place::{self, Record};
use super::repositories::Repositories;
use super::standing::{self, Standing};
use super::wish::{How, Wish};
use super::{Fault, Update, charts, content, dependencies};
use crate::fetch;
use crate::git::Revision;
use crate::host::{Authorization, Location};
use crate::model::{Finding, ObjectId};
use crate::parallel::blocking;

/// The largest static file, in bytes: what generating reads.
const LARGEST_FILE: u64 = 64 << 20;
/// How many left out files are named one by one.
const NAMED: usize = 5;

/// What happened to one thing.
pub(super) enum Done {
    /// It was put in its place.
    Fetched,
    /// It was there already.
    Unchanged,
    /// Something else is there and was left.
    Left,
}

/// What one thing came to.
pub(super) struct Outcome {
    pub locked: Locked,
    pub done: Done,
    pub findings: Vec<Finding>,
}

/// What a download is, before it is put in its place.
struct Got {
    resolved: Resolved,
    /// Its bytes follow from what `resolved` says.
    certain: bool,
}

/// What is needed for installing one thing.
pub(super) struct Fetcher<'a> {
    pub files: &'a Files,
    pub access: &'a Access,
    pub repositories: &'a Repositories<'a>,
    pub lock: &'a Lock,
}

impl Fetcher<'_> {
    /// Installs one thing; `settled` says that its folder was in order before
    /// hooks ran.
    pub(super) async fn install(&self, wish: &Wish, settled: bool) -> Result<Outcome, Fault> {
        let locked = self.locked(wish);
        let target = wish.target.clone();
        let mut standing = blocking(move || standing::look(&target)).await?;
        if settled && matches!(standing, Standing::Changed(_)) {
            standing = Standing::Unsettled;
        }
        if let Some(locked) = locked {
            if standing.is(locked) {
                adopt(wish, locked, &standing)?;
                return Ok(outcome(locked.clone(), Done::Unchanged, Vec::new()));
            }
            if !standing.may_go() && !self.repositories.options.force {
                return Ok(outcome(locked.clone(), Done::Left, vec![left(wish)]));
            }
        }
        self.bring(wish, locked, &standing).await
    }

    /// What the lock file says, as far as it is about what is wanted now.
    fn locked(&self, wish: &Wish) -> Option<&Locked> {
        let locked = self.lock.installed.get(&wish.key)?;
        let renewed = match &self.repositories.options.update {
            Update::Nothing => false,
            Update::Everything => true,
            Update::Only(names) => names.iter().any(|name| is_called(wish, name)),
        };
        (locked.wanted == wish.wanted && !renewed).then_some(locked)
    }

    async fn bring(
        &self,
        wish: &Wish,
        locked: Option<&Locked>,
        standing: &Standing,
    ) -> Result<Outcome, Fault> {
        let wanted = &wish.wanted;
        self.repositories
            .around
            .tell(&format!("Fetching {} from {}", wish.label, wanted.source));
        let parent = wish.target.parent().unwrap_or(&wish.target);
        let parent = self.files.make(parent)?;
        let name = wish.target.file_name().unwrap_or_default();
        let target = parent.join(name);
        let beside = place::neighbour(&target)?;
        // Its real path: what is unpacked is checked against it.
        let work = beside
            .path()
            .canonicalize()
            .map_err(Fault::write(&target))?;
        let fresh = work.join("new");
        let mut findings = Vec::new();
        let got = self.get(wish, locked, &work, &fresh, &mut findings).await?;
        if !matches!(wish.how, How::Git { .. }) {
            let (fresh, room) = (fresh.clone(), Arc::clone(&self.repositories.room));
            blocking(move || content::charge(&fresh, &room)).await?;
        }
        let found = {
            let fresh = fresh.clone();
            blocking(move || content::of_folder(&fresh)).await?
        };
        if let Some(locked) = locked
            && !got.certain
            && locked.content != found
        {
            return Err(Fault::Moved {
                origin: wanted.source.clone(),
                what: "what it gives for the chart and its dependencies has another content"
                    .to_owned(),
            });
        }
        let now = Locked {
            wanted: wanted.clone(),
            resolved: got.resolved,
            content: found.clone(),
        };
        let record = record(wish, &now.resolved, Some(found.clone()));
        let same = match standing {
            Standing::Changed(there) => *there == found,
            Standing::Ours(record) => record.content.as_ref() == Some(&found),
            Standing::Absent | Standing::Unsettled => false,
        };
        if same {
            record.save(&target)?;
            return Ok(outcome(now, Done::Unchanged, findings));
        }
        if !standing.may_go() && !self.repositories.options.force {
            findings.push(left(wish));
            return Ok(outcome(now, Done::Left, findings));
        }
        blocking(move || place::put(beside, &fresh, &target, &record)).await?;
        Ok(outcome(now, Done::Fetched, findings))
    }

    /// Brings it into the folder `fresh`, which is not there yet.
    async fn get(
        &self,
        wish: &Wish,
        locked: Option<&Locked>,
        work: &Path,
        fresh: &Path,
        findings: &mut Vec<Finding>,
    ) -> Result<Got, Fault> {
        let repositories = self.repositories;
        match &wish.how {
            How::Git {
                location,
                revision,
                chart,
            } => {
                std::fs::create_dir(fresh).map_err(Fault::write(fresh))?;
                let commit = self
                    .commit(wish, locked, location, revision, fresh, findings)
                    .await?;
                let completed = match chart {
                    None => false,
                    Some(path) => self.complete(wish, path, fresh).await?,
                };
                let resolved = Resolved {
                    commit: Some(commit.to_string()),
                    ..Resolved::default()
                };
                Ok(Got {
                    resolved,
                    certain: !completed,
                })
            }
            How::Chart { repository, name } => {
                let version = charts::version_of(wish, locked);
                let fetched = charts::fetch(
                    repositories,
                    self.access,
                    &wish.written,
                    repository,
                    name,
                    &version,
                );
                let packed = fetched
                    .await
                    .map_err(|fault| charts::gone(wish, locked, fault))?;
                self.packed(wish, locked, packed, name, work, fresh).await
            }
            How::Oci { reference } => {
                let version = charts::version_of(wish, locked);
                let packed = charts::pull(repositories, reference, &version)
                    .await
                    .map_err(|fault| charts::gone(wish, locked, fault))?;
                let name = reference.rsplit('/').next().unwrap_or(reference);
                self.packed(wish, locked, packed, name, work, fresh).await
            }
            How::File { url, name } => {
                let authorization = repositories.authorization(self.access, &wish.written, url)?;
                let given = authorization.as_ref().map(Authorization::header);
                let bytes = fetch::file(&repositories.http, url, given, LARGEST_FILE).await?;
                let digest = fetch::digest(&bytes);
                charts::check_lock(wish, locked, &digest)?;
                std::fs::create_dir(fresh).map_err(Fault::write(fresh))?;
                place::write_file(&fresh.join(name), &bytes)?;
                let resolved = Resolved {
                    digest: Some(digest),
                    ..Resolved::default()
                };
                Ok(Got {
                    resolved,
                    certain: true,
                })
            }
        }
    }

    /// Unpacks a chart and completes it.
    async fn packed(
        &self,
        wish: &Wish,
        locked: Option<&Locked>,
        packed: charts::Packed,
        name: &str,
        work: &Path,
        fresh: &Path,
    ) -> Result<Got, Fault> {
        charts::check_lock(wish, locked, &packed.digest)?;
        let resolved = charts::unpack(packed, name, work, fresh).await?;
        let completed = self.complete(wish, "", fresh).await?;
        Ok(Got {
            resolved,
            certain: !completed,
        })
    }

    /// Brings what a chart depends on.
    async fn complete(&self, wish: &Wish, path: &str, root: &Path) -> Result<bool, Fault> {
        let chart = charts::inside(root, path, &wish.wanted.source)?;
        dependencies::complete(self.repositories, self.access, &chart, root).await
    }

    /// Writes the files of a commit into the folder `fresh`.
    async fn commit(
        &self,
        wish: &Wish,
        locked: Option<&Locked>,
        location: &Location,
        revision: &Revision,
        fresh: &Path,
        findings: &mut Vec<Finding>,
    ) -> Result<ObjectId, Fault> {
        let known = locked.and_then(|locked| ObjectId::parse(locked.resolved.commit.as_ref()?));
        let snapshot = self
            .repositories
            .snapshot(self.access, &wish.written, location, revision, known)
            .await
            .map_err(|fault| match known {
                Some(_) => moved(wish, fault),
                None => fault,
            })?;
        let commit = snapshot.commit;
        if let (Some(known), Revision::Version(version)) = (known, revision)
            && snapshot.current != Some(known)
            && ObjectId::parse(version).is_none()
        {
            let now = match snapshot.current {
                Some(current) => format!("leads to the commit {} now", current.short()),
                None => "is not there any more".to_owned(),
            };
            findings.push(Finding::warning(
                &wish.label,
                format!(
                    "`{version}` of {} {now}; installed is {}, which is locked",
                    wish.wanted.source,
                    known.short()
                ),
            ));
        }
        let (into, room) = (fresh.to_path_buf(), Arc::clone(&self.repositories.room));
        let unfolded = blocking(move || snapshot.unfold(&into, &room)).await?;
        for left in unfolded.left_out.iter().take(NAMED) {
            let said = format!(
                "`{}` is not as its author meant it: {}",
                left.path, left.reason
            );
            findings.push(Finding::warning(&wish.label, said));
        }
        let more = unfolded.left_out.len().saturating_sub(NAMED);
        if more > 0 {
            let said = format!("and {more} more like these");
            findings.push(Finding::warning(&wish.label, said));
        }
        Ok(commit)
    }
}

/// Records what stands there already, where nobody has.
fn adopt(wish: &Wish, locked: &Locked, standing: &Standing) -> Result<(), Fault> {
    match standing {
        Standing::Changed(found) => {
            let record = record(wish, &locked.resolved, Some(found.clone()));
            record.save(&wish.target)
        }
        _ => Ok(()),
    }
}

/// A locked commit that is not there any more.
fn moved(wish: &Wish, fault: Fault) -> Fault {
    match fault {
        Fault::Git(error) if matches!(error.fault(), crate::git::Fault::NoCommit(_)) => {
            Fault::Moved {
                origin: wish.wanted.source.clone(),
                what: error.fault().to_string(),
            }
        }
        fault => fault,
    }
}

/// Whether a person may mean this entry by `name`.
pub(super) fn is_called(wish: &Wish, name: &str) -> bool {
    let last = wish.label.rsplit('/').next();
    name == wish.label || name == wish.key || last == Some(name)
}

fn record(wish: &Wish, resolved: &Resolved, content: Option<String>) -> Record {
    Record {
        source: wish.wanted.source.clone(),
        resolved: resolved.clone(),
        content,
    }
}

fn left(wish: &Wish) -> Finding {
    let said = format!(
        "`{}` was changed by hand or by another program, and stays as it is; `--force` replaces it",
        wish.key
    );
    Finding::warning(&wish.label, said)
}

fn outcome(locked: Locked, done: Done, findings: Vec<Finding>) -> Outcome {
    Outcome {
        locked,
        done,
        findings,
    }
}
