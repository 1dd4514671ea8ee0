//! The content of single files at a tip, for those who compare more than names.
//!
//! One further round trip, and none for nothing. Where a server does not hand out
//! objects by id, the whole commit is fetched instead.

use std::collections::BTreeMap;

use bytes::Bytes;
use git2::ObjectType;

use super::error::{Error, Fault};
use super::fetch::Wants;
use super::intake::{Objects, Store};
use super::pack_guard::Limits;
use super::smart_http::SmartHttp;
use super::tip::Tip;
use super::{Remote, local, ssh};
use crate::model::ObjectId;
use crate::parallel::blocking;

/// Contents of files by object id.
pub type Contents = BTreeMap<ObjectId, Bytes>;

/// The objects that a whole commit is fetched for, and that are not in it.
const READING: &str = "reading published files";

impl Remote {
    /// The content of files of the tip. An id that no file of the tip has is an
    /// error.
    pub async fn contents(&self, tip: &Tip, ids: &[ObjectId]) -> Result<Contents, Error> {
        if ids.is_empty() {
            return Ok(Contents::new());
        }
        match self {
            Self::Http(remote) => {
                let read = remote.contents(tip, ids).await;
                read.map_err(|fault| remote.error(Some(&tip.branch), fault))
            }
            Self::Ssh(remote) => {
                let read = remote.contents(tip, ids).await;
                read.map_err(|fault| remote.error(Some(&tip.branch), fault))
            }
            Self::Local(remote) => {
                let read = remote.contents(ids).await;
                read.map_err(|fault| remote.error(Some(&tip.branch), fault))
            }
            Self::ReadOnly(remote) => Box::pin(remote.contents(tip, ids)).await,
        }
    }
}

impl SmartHttp {
    async fn contents(&self, tip: &Tip, ids: &[ObjectId]) -> Result<Contents, Fault> {
        let (Some(session), Some(commit)) = (&tip.session, tip.commit) else {
            return Err(Fault::protocol(READING, "the branch has no commit"));
        };
        let store = match self.objects_by_id(session, ids).await {
            Err(fault) if self.wants_less(&fault) => {
                tracing::debug!(%fault, "reading every file instead");
                let wants = Wants {
                    ids: &[commit],
                    depth: Some(1),
                    filter: None,
                    limits: Limits::WHOLE,
                };
                self.fetch(session, &wants).await?
            }
            result => result?,
        };
        read_from(store, ids).await
    }
}

impl ssh::Ssh {
    async fn contents(&self, tip: &Tip, ids: &[ObjectId]) -> Result<Contents, Fault> {
        let copy = self.with_objects(tip, ids).await?;
        let ids = ids.to_vec();
        blocking(move || read(&copy.objects()?, &ids)).await
    }
}

impl local::Local {
    async fn contents(&self, ids: &[ObjectId]) -> Result<Contents, Fault> {
        let (path, ids) = (self.path().to_path_buf(), ids.to_vec());
        blocking(move || {
            let repository = local::open(&path)?;
            let objects = Objects::new(repository.odb().map_err(Fault::machine(READING))?);
            read(&objects, &ids)
        })
        .await
    }
}

async fn read_from(store: Store, ids: &[ObjectId]) -> Result<Contents, Fault> {
    let ids = ids.to_vec();
    blocking(move || read(&store.objects()?, &ids)).await
}

fn read(objects: &Objects<'_>, ids: &[ObjectId]) -> Result<Contents, Fault> {
    let one = |id: &ObjectId| Ok((*id, objects.need(id, ObjectType::Blob)?));
    ids.iter().map(one).collect()
}
