//! The content of single files at a tip, for those who compare more than names.
//!
//! One further round trip, and none for nothing. Where a server does not hand out
//! objects by id, the whole commit is fetched instead.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::Remote;
use super::error::Error;
use super::tip::Tip;
use crate::model::{Ledger, ObjectId};

/// Contents of files by object id.
pub type Contents = BTreeMap<ObjectId, Bytes>;

impl Remote {
    /// The content of files of the tip. An id that no file of the tip has is an
    /// error.
    pub async fn contents(&self, tip: &Tip, ids: &[ObjectId]) -> Result<Contents, Error> {
        if ids.is_empty() {
            return Ok(Contents::new());
        }
        let found = match self {
            Self::Http(remote) => remote.blobs(tip, ids).await,
            Self::Ssh(remote) => remote.blobs(tip, ids).await,
            Self::Local(remote) => remote.blobs(tip, ids).await,
            Self::ReadOnly(remote) => return Box::pin(remote.contents(tip, ids)).await,
        };
        Ok(ids.iter().copied().zip(found?).collect())
    }

    /// Reads ledgers of the tip's commit by their ids; `None` for one that is
    /// damaged or of a newer format.
    pub async fn ledgers(&self, tip: &Tip, ids: &[ObjectId]) -> Result<Vec<Option<Ledger>>, Error> {
        let contents = self.contents(tip, ids).await?;
        let parse = |id: &ObjectId| Ledger::parse(contents.get(id)?).ok();
        Ok(ids.iter().map(parse).collect())
    }
}
