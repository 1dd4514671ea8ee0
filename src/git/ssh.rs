//! A repository behind SSH, through the user's own git program and keys.
//!
//! Git fills a private, temporary repository ([`struct@Copy`]) with what the other
//! transports fetch themselves, and pushes from it what they would send. The
//! lease of the push is the compare-and-swap. Nothing of the checkout that the
//! run works in is read.

mod copy;
mod outcome;
mod program;
mod snapshot;
mod trouble;

use std::path::PathBuf;
use std::sync::Arc;

pub(super) use copy::{Copy, objects};
use program::Git;
pub use trouble::Trouble;

use bytes::Bytes;

use super::Options;
use super::advertisement::Advertisement;
use super::commit::CommitDraft;
use super::error::{Error, Fault};
use super::history::{self, Ancestor};
use super::merge::{self, Merge};
use super::objects;
use super::read::{self, Seen};
use super::remote_history::is_ancestor;
use super::tip::{FolderChange, Pushed, Tip, Wanted};
use crate::host::{HostKind, SshAddress};
use crate::model::ObjectId;
use crate::parallel::blocking;

/// How many commits back a push of unknown outcome is looked for.
const LOOK_BACK: &str = "--depth=100";

/// Ways to read the tip, the least that comes down first. Servers that do not
/// know filters or shallow reading say so.
const WAYS: [&[&str]; 3] = [&["--depth=1", "--filter=blob:none"], &["--depth=1"], &[]];

/// Ways to read the newest commits with their trees and without files, and the tip
/// alone where that cannot be.
const WAYS_NEWEST: [&[&str]; 3] = [&["--depth=50", "--filter=blob:none"], &["--depth=1"], &[]];

/// Ways to read the newest commits.
const WAYS_BACK: [&[&str]; 4] = [
    &[LOOK_BACK, "--filter=tree:0"],
    &[LOOK_BACK, "--filter=blob:none"],
    &[LOOK_BACK],
    &[],
];

/// Ways to read the newest commits with their trees.
const WAYS_TO_MERGE: [&[&str]; 3] = [&[LOOK_BACK, "--filter=blob:none"], &[LOOK_BACK], &[]];

/// A repository behind SSH.
pub struct Ssh {
    address: SshAddress,
    kind: HostKind,
    git: Git,
    temp_root: PathBuf,
}

impl Ssh {
    pub(super) fn new(address: SshAddress, kind: HostKind, options: Options) -> Self {
        Self {
            address,
            kind,
            git: Git::new(options.tools),
            temp_root: options.temp_root,
        }
    }

    pub(super) fn display(&self) -> String {
        self.address.to_string()
    }

    pub(super) async fn read(&self, branch: Option<&str>, wanted: &[Wanted]) -> Result<Tip, Error> {
        let result = self.try_read(branch, wanted).await;
        result.map_err(|fault| self.error(branch, fault))
    }

    pub(super) async fn push(
        &self,
        tip: &Tip,
        changes: &[FolderChange],
        draft: &CommitDraft,
    ) -> Result<Pushed, Error> {
        let result = self.try_push(tip, changes, draft).await;
        result.map_err(|fault| self.error(Some(tip.moves()), fault))
    }

    pub(super) async fn delete(&self, tip: &Tip) -> Result<(), Error> {
        let nothing = Pushed {
            commit: ObjectId::ZERO,
            tree: ObjectId::ZERO,
        };
        let result = async { self.send(copy_of(tip)?, tip, nothing).await }.await;
        result
            .map(drop)
            .map_err(|fault| self.error(Some(tip.moves()), fault))
    }

    pub(super) async fn blobs(&self, tip: &Tip, ids: &[ObjectId]) -> Result<Vec<Bytes>, Error> {
        let result = self.try_blobs(tip, ids).await;
        result.map_err(|fault| self.error(Some(&tip.branch), fault))
    }

    async fn try_blobs(&self, tip: &Tip, ids: &[ObjectId]) -> Result<Vec<Bytes>, Fault> {
        let copy = copy_of(tip)?;
        let read = async || {
            let (place, ids) = (copy.place(), ids.to_vec());
            blocking(move || read::blobs(&copy::objects(&place)?, &ids)).await
        };
        // Everything is there where the server filters nothing.
        if let Ok(found) = read().await {
            return Ok(found);
        }
        self.git.fetch_objects(copy, ids).await?;
        read().await
    }

    pub(super) async fn contains(&self, tip: &Tip, commit: ObjectId) -> Result<bool, Error> {
        let result = self.try_contains(tip, commit).await;
        result.map_err(|fault| self.error(Some(&tip.branch), fault))
    }

    pub(super) async fn merge(
        &self,
        ours: &Tip,
        theirs: &Tip,
        wanted: &[Wanted],
    ) -> Result<Merge, Error> {
        let result = self.try_merge(ours, theirs, wanted).await;
        result.map_err(|fault| self.error(Some(&ours.branch), fault))
    }

    pub(super) fn error(&self, branch: Option<&str>, fault: Fault) -> Error {
        Error {
            repository: self.display(),
            kind: self.kind,
            branch: branch.map(str::to_owned),
            fault: Box::new(fault),
        }
    }

    async fn try_read(&self, branch: Option<&str>, wanted: &[Wanted]) -> Result<Tip, Fault> {
        let (refs, copy) = self.refs().await?;
        let (branch, commit, exists) = refs.choose(branch)?;
        let (copy, tip) = match commit {
            None => (copy, read::empty(branch, wanted, None)),
            Some(commit) => {
                if let Some(tip) = read::orphan(&branch, exists, wanted, None) {
                    (copy, tip)
                } else {
                    let (copy, seen) = self.seen(copy, commit, exists, wanted).await?;
                    let settled = exists && seen.is_settled(wanted);
                    let tip = seen.into_tip(branch, commit, exists, settled, wanted, None)?;
                    (copy, tip)
                }
            }
        };
        Ok(Tip {
            copy: Some(Arc::new(copy)),
            default_branch: refs.default_branch(),
            branches: refs.branches(),
            ..tip
        })
    }

    /// The branch to read, its commit, whether it exists; and a private repository.
    pub(super) async fn chosen(
        &self,
        branch: Option<&str>,
    ) -> Result<((String, Option<ObjectId>, bool), Copy), Fault> {
        let (refs, copy) = self.refs().await?;
        Ok((refs.choose(branch)?, copy))
    }

    /// What the server has; and a private repository.
    async fn refs(&self) -> Result<(Advertisement, Copy), Fault> {
        let copy = self.copy().await?;
        let list = self.git.list(&copy).await?;
        Ok((Advertisement::listed(&list)?, copy))
    }

    /// Fills a private repository with the newest commits and their trees, as far
    /// back as that needs no file.
    pub(super) async fn newest(&self, first: Copy, commit: ObjectId) -> Result<Copy, Fault> {
        let mut copy = first;
        let mut ways = WAYS_NEWEST.into_iter().peekable();
        while let Some(way) = ways.next() {
            match self.git.fetch(&copy, way, &[commit]).await {
                Err(Fault::WantRefused(_)) if ways.peek().is_some() => copy = self.copy().await?,
                Err(fault) => return Err(fault),
                Ok(()) => return Ok(copy),
            }
        }
        Err(Fault::protocol(
            "reading the objects",
            "there is no way left",
        ))
    }

    /// Adds single objects to a private repository.
    pub(super) async fn add_objects(&self, copy: &Copy, ids: &[ObjectId]) -> Result<(), Fault> {
        self.git.fetch_objects(copy, ids).await
    }

    /// The owned folders and their ledgers, in the first way that works.
    async fn seen(
        &self,
        first: Copy,
        commit: ObjectId,
        exists: bool,
        wanted: &[Wanted],
    ) -> Result<(Copy, Seen), Fault> {
        let mut copy = first;
        let mut ways = WAYS.into_iter().peekable();
        while let Some(way) = ways.next() {
            let result = self.seen_by(&copy, way, commit, exists, wanted).await;
            match result {
                Err(Fault::WantRefused(said)) if ways.peek().is_some() => {
                    tracing::debug!(said, "reading more instead");
                    // What a filter left out is not asked for again in one repository.
                    copy = self.copy().await?;
                }
                result => return Ok((copy, result?)),
            }
        }
        Err(Fault::protocol(
            "reading the objects",
            "there is no way left",
        ))
    }

    async fn seen_by(
        &self,
        copy: &Copy,
        way: &[&str],
        commit: ObjectId,
        exists: bool,
        wanted: &[Wanted],
    ) -> Result<Seen, Fault> {
        self.git.fetch(copy, way, &[commit]).await?;
        let seen = see(copy, commit, exists, wanted).await?;
        let settled = exists && seen.is_settled(wanted);
        let unread = seen.unread_ledgers(settled);
        if unread.is_empty() {
            return Ok(seen);
        }
        self.git.fetch_objects(copy, &unread).await?;
        let seen = see(copy, commit, exists, wanted).await?;
        match seen.unread_ledgers(settled).first() {
            None => Ok(seen),
            Some(id) => Err(Fault::WantRefused(format!("object {id} did not come"))),
        }
    }

    async fn try_push(
        &self,
        tip: &Tip,
        changes: &[FolderChange],
        draft: &CommitDraft,
    ) -> Result<Pushed, Fault> {
        let copy = copy_of(tip)?;
        let (at, changes, draft) = (tip.clone(), changes.to_vec(), draft.clone());
        let place = Arc::clone(copy);
        let pushed = blocking(move || {
            let built = objects::build(&at, &changes, &draft)?;
            if at.commit != Some(built.pushed.commit) {
                place.add(&built.pack)?;
            }
            Ok::<_, Fault>(built.pushed)
        })
        .await?;
        if tip.is_at(pushed.commit) {
            return Ok(pushed);
        }
        self.send(copy, tip, pushed).await
    }

    /// Moves the branch of `tip`, or deletes it.
    async fn send(&self, copy: &Copy, tip: &Tip, pushed: Pushed) -> Result<Pushed, Fault> {
        let reference = tip.reference();
        let old = match tip.old_id() {
            ObjectId::ZERO => String::new(),
            old => old.to_string(),
        };
        let new = match pushed.commit {
            ObjectId::ZERO => String::new(),
            new => new.to_string(),
        };
        let lease = format!("--force-with-lease={reference}:{old}");
        let change = format!("{new}:{reference}");
        let said = self.git.push(copy, &lease, &change).await;
        outcome::judge(said, &reference, pushed)
    }

    async fn try_contains(&self, tip: &Tip, commit: ObjectId) -> Result<bool, Fault> {
        let (Some(top), true) = (tip.commit, tip.exists) else {
            return Ok(false);
        };
        let copy = self.commits(&[top]).await?;
        blocking(move || is_ancestor(&copy.objects()?, commit, top)).await
    }

    /// The commits that `tip` has and `other` has not, along first parents.
    pub(super) async fn own_commits(&self, tip: &Tip, other: &Tip) -> Result<Vec<Ancestor>, Error> {
        let found = async {
            let (Some(top), Some(base)) = (tip.commit, other.commit) else {
                return Ok(Vec::new());
            };
            let copy = self.commits(&[top, base]).await?;
            blocking(move || history::own(&copy.objects()?, top, base)).await
        };
        found
            .await
            .map_err(|fault| self.error(Some(&tip.branch), fault))
    }

    /// A private repository with the newest commits of some branches.
    async fn commits(&self, tops: &[ObjectId]) -> Result<Copy, Fault> {
        let mut ways = WAYS_BACK.into_iter().peekable();
        loop {
            let way = ways.next().unwrap_or_default();
            let copy = self.copy().await?;
            match self.git.fetch(&copy, way, tops).await {
                Err(Fault::WantRefused(_)) if ways.peek().is_some() => {}
                result => return result.map(|()| copy),
            }
        }
    }

    /// Merges two branches in a repository that has the newest commits of both;
    /// the push that follows comes from there.
    async fn try_merge(&self, ours: &Tip, theirs: &Tip, wanted: &[Wanted]) -> Result<Merge, Fault> {
        let (Some(one), Some(other)) = (ours.commit, theirs.commit) else {
            return Ok(Merge::Unrelated);
        };
        let mut ways = WAYS_TO_MERGE.into_iter().peekable();
        while let Some(way) = ways.next() {
            let copy = self.copy().await?;
            match self.git.fetch(&copy, way, &[one, other]).await {
                Err(Fault::WantRefused(_)) if ways.peek().is_some() => {}
                Err(fault) => return Err(fault),
                Ok(()) => {
                    let (ours, theirs, wanted) = (ours.clone(), theirs.clone(), wanted.to_vec());
                    return blocking(move || {
                        let merged = merge::merge(&copy.objects()?, &ours, &theirs, &wanted)?;
                        Ok(match merged {
                            Merge::Clean(mut tip) => {
                                tip.copy = Some(Arc::new(copy));
                                Merge::Clean(tip)
                            }
                            other => other,
                        })
                    })
                    .await;
                }
            }
        }
        Ok(Merge::Unrelated)
    }

    /// A new private repository.
    async fn copy(&self) -> Result<Copy, Fault> {
        let (temp_root, address) = (self.temp_root.clone(), self.address.to_string());
        blocking(move || Copy::make(&temp_root, &address)).await
    }
}

/// The private repository that a tip was read into.
fn copy_of(tip: &Tip) -> Result<&Arc<Copy>, Fault> {
    let copy = tip.copy.as_ref();
    copy.ok_or_else(|| Fault::protocol("pushing", "the tip was read from another repository"))
}

/// Looks at the owned folders in what came so far.
async fn see(
    copy: &Copy,
    commit: ObjectId,
    exists: bool,
    wanted: &[Wanted],
) -> Result<Seen, Fault> {
    let (place, wanted) = (copy.place(), wanted.to_vec());
    blocking(move || Seen::read(&copy::objects(&place)?, commit, exists, &wanted)).await
}

#[cfg(all(test, unix))]
mod tests;
