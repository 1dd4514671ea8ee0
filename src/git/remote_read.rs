//! What to ask a server for, so that little comes down in few requests.
//!
//! Two ways lead to the same result. The narrow one asks for the trees above
//! the owned folders, then for the folders and the ledgers that recent commits
//! name in their messages: its cost does not depend on what else is in the
//! repository. The broad one asks for every tree of the tip, or without a
//! filter for everything. What a message says is never trusted: a ledger counts
//! only when the folder's own tree names it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::contents;
use super::error::Fault;
use super::fetch::Wants;
use super::glance::{self, Glance};
use super::intake::Store;
use super::pack_guard::Limits;
use super::read::{self, Seen};
use super::smart_http::{Session, SmartHttp};
use super::tip::{Tip, Wanted};
use crate::host::{Api, HostKind};
use crate::http;
use crate::model::ObjectId;
use crate::parallel::blocking;
use bytes::Bytes;

/// Folders below each other, at most, for the narrow way.
const DEEPEST: usize = 32;

impl SmartHttp {
    /// Turns 1 to 3 of a publication: the tip and the owned folders at it.
    pub(super) async fn try_read(
        &self,
        branch: Option<&str>,
        wanted: &[Wanted],
    ) -> Result<Tip, Fault> {
        let (session, refs) = self.advertisement().await?;
        if refs.is_silent() {
            self.refuse_other_ids(&session).await?;
        }
        let unborn = match branch {
            None if refs.is_empty() => self.unborn_head(&session).await,
            _ => None,
        };
        let (branch, commit, exists) = refs.choose(branch.or(unborn.as_deref()))?;
        let (default, branches) = (refs.default_branch(), refs.branches());
        let session = Arc::new(session);
        let tip = self
            .read_at((branch, commit, exists), wanted, session)
            .await?;
        Ok(Tip {
            default_branch: default,
            branches,
            ..tip
        })
    }

    async fn read_at(
        &self,
        (branch, commit, exists): (String, Option<ObjectId>, bool),
        wanted: &[Wanted],
        session: Arc<Session>,
    ) -> Result<Tip, Fault> {
        let Some(commit) = commit else {
            return Ok(read::empty(branch, wanted, Some(session)));
        };
        if let Some(tip) = read::orphan(&branch, exists, wanted, Some(&session)) {
            return Ok(tip);
        }
        let narrow = match self.narrow_depth(&session, wanted) {
            // A new branch is read as a whole: it must not carry what others own.
            Some(depth) if exists => self.narrow(&session, commit, exists, wanted, depth).await?,
            _ => None,
        };
        let seen = match narrow {
            Some(seen) => seen,
            None => self.broad(&session, commit, exists, wanted).await?,
        };
        let settled = exists && seen.is_settled(wanted);
        seen.into_tip(branch, commit, exists, settled, wanted, Some(session))
    }

    /// How deep the owned folders lie, where the narrow way is open: the server
    /// filters trees by depth and hands out trees by id. Azure DevOps and
    /// GitHub know no depth but 0, so that asking would only cost a turn.
    fn narrow_depth(&self, session: &Session, wanted: &[Wanted]) -> Option<usize> {
        let offered = ["filter", "shallow", "allow-reachable-sha1-in-want"];
        let able = self.kind == HostKind::Git
            && offered.iter().all(|name| session.capabilities.has(name))
            && !self.narrow_refused.load(Ordering::Relaxed);
        let depth = |wanted: &Wanted| Some(wanted.folder.path()?.segments().count());
        let depths: Option<Vec<_>> = wanted.iter().map(depth).collect();
        let deepest = depths?.into_iter().max()?;
        (able && deepest <= DEEPEST).then_some(deepest)
    }

    /// The narrow way; `None` when the server does not let us go it.
    async fn narrow(
        &self,
        session: &Session,
        commit: ObjectId,
        exists: bool,
        wanted: &[Wanted],
        depth: usize,
    ) -> Result<Option<Seen>, Fault> {
        match self
            .try_narrow(session, commit, exists, wanted, depth)
            .await
        {
            Ok(seen) => Ok(Some(seen)),
            Err(fault)
                if self.wants_less(&fault)
                    || matches!(fault, Fault::Protocol { .. } | Fault::TooBig { .. }) =>
            {
                tracing::debug!(%fault, "reading every tree instead");
                self.narrow_refused.store(true, Ordering::Relaxed);
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }

    /// Whether a server cannot do what it offered: it refuses, or breaks at it.
    /// Some that are not git fall over a filter that follows a depth.
    pub(super) fn wants_less(&self, fault: &Fault) -> bool {
        match fault {
            Fault::WantRefused(_) => true,
            Fault::Http(http::Error::Status(failure)) => {
                self.kind == HostKind::Git && matches!(failure.status, 400 | 500)
            }
            _ => false,
        }
    }

    async fn try_narrow(
        &self,
        session: &Session,
        commit: ObjectId,
        exists: bool,
        wanted: &[Wanted],
        depth: usize,
    ) -> Result<Seen, Fault> {
        // The root has depth 0, so the folders' own trees stay away; files that
        // lie above a folder have a smaller depth and need the second filter.
        let filter = match depth {
            1 => "tree:1".to_owned(),
            _ => format!("combine:blob:none+tree:{depth}"),
        };
        let wants = Wants {
            ids: &[commit],
            depth: Some(glance::LOOK_BACK),
            filter: Some(&filter),
            limits: Limits::FILTERED,
        };
        let above = self.fetch(session, &wants).await?;
        let folders = wanted.to_vec();
        let (above, glance) = blocking(move || {
            let glance = Glance::read(&above.objects()?, commit, &folders)?;
            Ok::<_, Fault>((above, glance))
        })
        .await?;
        if exists && let Some(seen) = glance.proven(wanted) {
            return Ok(seen);
        }
        let mut stores = vec![above];
        let ids = glance.wants();
        if !ids.is_empty() {
            stores.push(self.objects_by_id(session, &ids).await?);
        }
        let (stores, seen) = see(stores, commit, exists, wanted).await?;
        let seen = self.with_ledgers(session, stores, seen, commit, exists, wanted);
        let mut seen = seen.await?;
        seen.mentioned = glance.mentioned;
        Ok(seen)
    }

    /// The broad way: every tree of the tip, and the ledgers by their ids.
    async fn broad(
        &self,
        session: &Session,
        commit: ObjectId,
        exists: bool,
        wanted: &[Wanted],
    ) -> Result<Seen, Fault> {
        if session.capabilities.has("filter") && !self.filter_refused.load(Ordering::Relaxed) {
            let result = async {
                let wants = Wants {
                    ids: &[commit],
                    depth: Some(1),
                    filter: Some("blob:none"),
                    limits: Limits::FILTERED,
                };
                let stores = vec![self.fetch(session, &wants).await?];
                let (stores, seen) = see(stores, commit, exists, wanted).await?;
                self.with_ledgers(session, stores, seen, commit, exists, wanted)
                    .await
            };
            match result.await {
                Err(fault) if self.wants_less(&fault) => {
                    tracing::debug!(%fault, "reading everything instead");
                    self.filter_refused.store(true, Ordering::Relaxed);
                }
                result => return result,
            }
        }
        let wants = Wants {
            ids: &[commit],
            depth: Some(1),
            filter: None,
            limits: Limits::WHOLE,
        };
        let stores = vec![self.fetch(session, &wants).await?];
        let (stores, seen) = see(stores, commit, exists, wanted).await?;
        self.with_ledgers(session, stores, seen, commit, exists, wanted)
            .await
    }

    /// Fetches the ledgers that are still needed.
    async fn with_ledgers(
        &self,
        session: &Session,
        mut stores: Vec<Store>,
        seen: Seen,
        commit: ObjectId,
        exists: bool,
        wanted: &[Wanted],
    ) -> Result<Seen, Fault> {
        let settled = exists && seen.is_settled(wanted);
        let unread = seen.unread_ledgers(settled);
        if unread.is_empty() {
            return Ok(seen);
        }
        stores.push(self.objects_by_id(session, &unread).await?);
        let (_, seen) = see(stores, commit, exists, wanted).await?;
        match seen.unread_ledgers(settled).first() {
            None => Ok(seen),
            Some(id) => Err(Fault::protocol(
                "reading the objects",
                format!("the server did not send object {id}"),
            )),
        }
    }

    /// Single objects; of a tree, also the trees below it.
    pub(super) async fn objects_by_id(
        &self,
        session: &Session,
        ids: &[ObjectId],
    ) -> Result<Store, Fault> {
        let wants = Wants {
            ids,
            depth: None,
            filter: session.capabilities.has("filter").then_some("blob:none"),
            limits: Limits::FILTERED,
        };
        self.fetch(session, &wants).await
    }

    /// The contents of some files of the tip's commit, by their ids.
    pub(super) async fn try_blobs(
        &self,
        tip: &Tip,
        ids: &[ObjectId],
        api: Option<&Api>,
    ) -> Result<Vec<Bytes>, Fault> {
        let (Some(session), Some(commit)) = (&tip.session, tip.commit) else {
            return Err(Fault::protocol("reading the objects", "nothing was read"));
        };
        let able = ["filter", "allow-reachable-sha1-in-want"];
        let mut store = None;
        // A partial clone reads its files by id, so who filters hands them out.
        if able.iter().any(|name| session.capabilities.has(name)) {
            match self.objects_by_id(session, ids).await {
                // Who hands out objects by id refuses one that is not there.
                Err(Fault::WantRefused(said)) if !session.capabilities.has(able[1]) => {
                    tracing::debug!(said, "objects are not handed out by id");
                }
                result => store = Some(result?),
            }
        }
        if store.is_none()
            && let Some(found) = contents::by_host(api, ids).await
        {
            return Ok(found);
        }
        let store = if let Some(store) = store {
            store
        } else {
            let wants = Wants {
                ids: &[commit],
                depth: Some(1),
                filter: None,
                limits: Limits::WHOLE,
            };
            self.fetch(session, &wants).await?
        };
        let ids = ids.to_vec();
        blocking(move || read::blobs(&store.objects()?, &ids)).await
    }
}

/// Looks at the owned folders in what was received so far.
async fn see(
    stores: Vec<Store>,
    commit: ObjectId,
    exists: bool,
    wanted: &[Wanted],
) -> Result<(Vec<Store>, Seen), Fault> {
    let wanted = wanted.to_vec();
    blocking(move || {
        let seen = Seen::read(&Store::together(&stores)?, commit, exists, &wanted)?;
        Ok((stores, seen))
    })
    .await
}
