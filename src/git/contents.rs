//! The content of single files at a tip, for those who compare more than names.
//!
//! One further round trip, and none for nothing: by the objects' ids where the server
//! hands them out, else by the host's own interface, else with the whole commit.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use bytes::Bytes;

use super::Remote;
use super::error::Error;
use super::pack_guard::Limits as PackLimits;
use super::tip::Tip;
use crate::host::Api;
use crate::model::{Ledger, ObjectId};
use crate::parallel::blocking;
use crate::tools::archive::{self, Kind, Limits};

/// Bytes of all contents of an archive together.
const LARGEST: u64 = 512 << 20;

/// Contents of files by object id.
pub type Contents = BTreeMap<ObjectId, Bytes>;

impl Remote {
    /// The content of files of the tip. An id that no file of the tip has is an
    /// error. `api` is the interface of the repository's host, where there is one.
    pub async fn contents(
        &self,
        tip: &Tip,
        ids: &[ObjectId],
        api: Option<&Api>,
    ) -> Result<Contents, Error> {
        if ids.is_empty() {
            return Ok(Contents::new());
        }
        let found = match self {
            Self::Http(remote) => remote.blobs(tip, ids, api).await,
            Self::Ssh(remote) => remote.blobs(tip, ids).await,
            Self::Local(remote) => remote.blobs(tip, ids).await,
            Self::ReadOnly(remote) => return Box::pin(remote.contents(tip, ids, api)).await,
        };
        Ok(ids.iter().copied().zip(found?).collect())
    }

    /// Reads ledgers of the tip's commit by their ids; `None` for one that is
    /// damaged or of a newer format.
    pub async fn ledgers(
        &self,
        tip: &Tip,
        ids: &[ObjectId],
        api: Option<&Api>,
    ) -> Result<Vec<Option<Ledger>>, Error> {
        let contents = self.contents(tip, ids, api).await?;
        let parse = |id: &ObjectId| Ledger::parse(contents.get(id)?).ok();
        Ok(ids.iter().map(parse).collect())
    }
}

/// The same contents through the host's own interface, where it has them.
pub(super) async fn by_host(api: Option<&Api>, ids: &[ObjectId]) -> Option<Vec<Bytes>> {
    let archive = match api?.blobs(ids).await {
        Ok(archive) => archive?,
        Err(error) => {
            tracing::debug!(%error, "reading everything instead");
            return None;
        }
    };
    let ids = ids.to_vec();
    let found = blocking(move || unzipped(&archive, &ids)).await;
    found
        .inspect_err(|error| tracing::debug!(error, "reading everything instead"))
        .ok()
}

/// The wanted contents of a zip archive, in the order of the ids. What a file is follows
/// from its content alone; the error says what is wrong.
fn unzipped(archive: &[u8], ids: &[ObjectId]) -> Result<Vec<Bytes>, String> {
    let limits = Limits {
        entries: ids.len(),
        file: PackLimits::FILTERED.object,
        total: LARGEST,
    };
    let wanted: BTreeSet<_> = ids.iter().copied().collect();
    let mut found = Contents::new();
    archive::each(Cursor::new(archive), Kind::Zip, &limits, |content| {
        let id = ObjectId::of_blob(&content);
        if wanted.contains(&id) {
            found.insert(id, content.into());
        }
    })
    .map_err(|error| error.to_string())?;
    let content = |id: &ObjectId| {
        let found = found.get(id).cloned();
        found.ok_or_else(|| format!("the server did not send object {id}"))
    };
    ids.iter().map(content).collect()
}
