//! What a server is asked about the commits of branches: whether one holds a commit, what
//! it has of its own, how two of them merge.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use git2::ObjectType;

use super::commit;
use super::error::Fault;
use super::fetch::Wants;
use super::history::{self, Ancestor};
use super::intake::{Objects, Store};
use super::merge::{self, Merge};
use super::pack_guard::Limits;
use super::smart_http::{Session, SmartHttp};
use super::tip::{Tip, Wanted};
use crate::model::ObjectId;
use crate::parallel::blocking;

/// How many commits back a push of unknown outcome is looked for.
const LOOK_BACK: u32 = 100;

impl SmartHttp {
    /// Whether `commit` is among the newest commits of the tip. Parents beyond
    /// the depth that was asked for are absent, and not asked for again.
    pub(super) async fn try_contains(&self, tip: &Tip, commit: ObjectId) -> Result<bool, Fault> {
        let (Some(session), Some(top), true) = (&tip.session, tip.commit, tip.exists) else {
            return Ok(false);
        };
        let store = self.commits(session, &[top]).await?;
        blocking(move || is_ancestor(&store.objects()?, commit, top)).await
    }

    /// The commits that `tip` has and `other` has not, along first parents.
    pub(super) async fn try_own_commits(
        &self,
        tip: &Tip,
        other: &Tip,
    ) -> Result<Vec<Ancestor>, Fault> {
        let (Some(session), Some(top), Some(base)) = (&tip.session, tip.commit, other.commit)
        else {
            return Ok(Vec::new());
        };
        let store = self.commits(session, &[top, base]).await?;
        blocking(move || history::own(&store.objects()?, top, base)).await
    }

    /// The newest commits of some branches, without their contents where the server
    /// can leave them out.
    async fn commits(&self, session: &Session, tops: &[ObjectId]) -> Result<Store, Fault> {
        let filters: &[Option<&str>] = if session.capabilities.has("filter") {
            &[Some("tree:0"), Some("blob:none"), None]
        } else {
            &[None]
        };
        let mut filters = filters.iter().peekable();
        loop {
            let filter = filters.next().copied().flatten();
            let wants = Wants {
                ids: tops,
                depth: Some(LOOK_BACK),
                filter,
                limits: filter.map_or(Limits::WHOLE, |_| Limits::FILTERED),
            };
            match self.fetch(session, &wants).await {
                Err(fault) if filters.peek().is_some() && self.wants_less(&fault) => {}
                result => return result,
            }
        }
    }

    /// Merges two branches by the trees of their newest commits.
    pub(super) async fn try_merge(
        &self,
        ours: &Tip,
        theirs: &Tip,
        wanted: &[Wanted],
    ) -> Result<Merge, Fault> {
        let (Some(session), Some(one), Some(other)) = (&ours.session, ours.commit, theirs.commit)
        else {
            return Ok(Merge::Unrelated);
        };
        let has_filter =
            session.capabilities.has("filter") && !self.filter_refused.load(Ordering::Relaxed);
        let wants = Wants {
            ids: &[one, other],
            depth: Some(merge::LOOK_BACK),
            filter: has_filter.then_some("blob:none"),
            limits: if has_filter {
                Limits::FILTERED
            } else {
                Limits::WHOLE
            },
        };
        let store = self.fetch(session, &wants).await?;
        let (ours, theirs, wanted) = (ours.clone(), theirs.clone(), wanted.to_vec());
        blocking(move || merge::merge(&store.objects()?, &ours, &theirs, &wanted)).await
    }
}

/// Whether `commit` is `top` or among those of its ancestors that are at hand.
pub(super) fn is_ancestor(
    objects: &Objects<'_>,
    commit: ObjectId,
    top: ObjectId,
) -> Result<bool, Fault> {
    let mut queue = vec![top];
    let mut met = HashSet::new();
    while let Some(id) = queue.pop() {
        if id == commit {
            return Ok(true);
        }
        if met.insert(id)
            && let Some(bytes) = objects.read(&id, ObjectType::Commit)?
        {
            queue.extend(
                commit::links(&bytes)
                    .into_iter()
                    .flat_map(|links| links.parents),
            );
        }
    }
    Ok(false)
}
