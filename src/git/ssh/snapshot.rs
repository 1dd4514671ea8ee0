//! One commit of a repository behind SSH with everything in it.

use std::sync::Arc;

use git2::ObjectType;

use super::{Copy, Ssh};
use crate::git::advertisement::Advertisement;
use crate::git::error::{Error, Fault};
use crate::git::snapshot::{Held, Revision, Snapshot, find, peel};
use crate::model::ObjectId;
use crate::parallel::blocking;

/// Ways to read one commit, the least that comes down first.
const WAYS: [&[&str]; 2] = [&["--depth=1"], &[]];

impl Ssh {
    /// What a revision leads to, or the known commit.
    pub(in crate::git) async fn snapshot(
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
        let list = self.git.list_all(&self.copy().await?).await?;
        let refs = Advertisement::listed(&list)?;
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
        let current = named.as_ref().map(|named| named.commit);
        let (commit, copy) = match (named, known, revision) {
            (Some(named), known, _) if known.is_none_or(|known| known == named.commit) => {
                self.found(&refs, named.want).await?
            }
            (_, Some(known), _) => self.found(&refs, known).await?,
            (None, None, Revision::Version(text)) => match ObjectId::parse(text) {
                Some(id) => self.found(&refs, id).await?,
                None => self.begun(&refs, text).await?,
            },
            (_, None, _) => return Err(Fault::Empty),
        };
        Ok(Snapshot {
            commit,
            current: current.or((known.is_none()).then_some(commit)),
            held: Held::Copy(Arc::new(copy)),
            repository: self.display(),
            kind: self.kind,
        })
    }

    /// The commit that an object is or leads to. Where the server does not hand
    /// it out by its id, everything that its references lead to is fetched.
    async fn found(&self, refs: &Advertisement, id: ObjectId) -> Result<(ObjectId, Copy), Fault> {
        for way in WAYS {
            let copy = self.copy().await?;
            match self.git.fetch(&copy, way, &[id]).await {
                Ok(()) => return peeled(copy, id).await,
                Err(Fault::WantRefused(said)) => tracing::debug!(said, "reading more instead"),
                Err(fault) => return Err(fault),
            }
        }
        let copy = self.everything(refs).await?;
        let objects = copy.objects()?;
        if objects.kind(&id).is_none() {
            return Err(Fault::NoCommit(id));
        }
        drop(objects);
        peeled(copy, id).await
    }

    /// A commit by the start of its id, which only its repository can tell.
    async fn begun(&self, refs: &Advertisement, start: &str) -> Result<(ObjectId, Copy), Fault> {
        let copy = self.everything(refs).await?;
        let start = start.to_ascii_lowercase();
        blocking(move || {
            let id = find(&copy.objects()?, &start)?;
            Ok((id, copy))
        })
        .await
    }

    async fn everything(&self, refs: &Advertisement) -> Result<Copy, Fault> {
        let ids: Vec<_> = refs.every_tip().into_iter().collect();
        if ids.is_empty() {
            return Err(Fault::Empty);
        }
        let copy = self.copy().await?;
        self.git.fetch(&copy, &[], &ids).await?;
        Ok(copy)
    }
}

async fn peeled(copy: Copy, id: ObjectId) -> Result<(ObjectId, Copy), Fault> {
    blocking(move || {
        let objects = copy.objects()?;
        let commit = peel(&objects, id)?;
        if objects.kind(&commit) != Some(ObjectType::Commit) {
            return Err(Fault::NoCommit(commit));
        }
        drop(objects);
        Ok((commit, copy))
    })
    .await
}
