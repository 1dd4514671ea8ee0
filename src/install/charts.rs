//! Charts: fetched, checked, unpacked, and completed with what they depend on.

use std::path::{Path, PathBuf};

use url::Url;

use super::Fault;
use super::access::Access;
use super::lock::{Locked, Resolved};
use super::repositories::Repositories;
use super::wish::Wish;
use crate::fetch;
use crate::host::Authorization;
use crate::model::RedactedUrl;
use crate::parallel::blocking;
use crate::tools::archive::{self, Kind, Limits};

/// The file that makes a folder a chart.
pub(super) const CHART_FILE: &str = "Chart.yaml";

/// A packed chart.
pub(super) struct Packed {
    pub address: String,
    pub bytes: Vec<u8>,
    pub version: String,
    /// Its SHA-256.
    pub digest: String,
}

/// Fetches a chart from a repository, in the version that is wanted.
pub(super) async fn fetch(
    repositories: &Repositories<'_>,
    access: &Access,
    written: &str,
    repository: &Url,
    name: &str,
    version: &str,
) -> Result<Packed, Fault> {
    let index = repositories.index(access, written, repository).await?;
    let offer = index.choose(name, version)?;
    let authorization = repositories.authorization(access, written, repository)?;
    let login = authorization.as_ref().map(Authorization::header);
    let (bytes, digest) =
        fetch::archive(&repositories.http, repository, name, &offer, login).await?;
    Ok(Packed {
        address: RedactedUrl::new(offer.url).to_string(),
        bytes,
        version: offer.version,
        digest,
    })
}

/// Fetches a chart from a registry.
pub(super) async fn pull(
    repositories: &Repositories<'_>,
    reference: &str,
    version: &str,
) -> Result<Packed, Fault> {
    let url = Url::parse(reference).map_err(|error| {
        Fault::Address(format!("is not an address that can be understood: {error}"))
    })?;
    let chart = fetch::pull(&repositories.http, &url, version, &fetch::Access::default()).await?;
    Ok(Packed {
        address: RedactedUrl::new(url).to_string(),
        bytes: chart.bytes,
        version: chart.version,
        digest: chart.archive,
    })
}

/// Unpacks a chart into `folder`, which becomes the chart's own; `work` is for
/// files on the way.
pub(super) async fn unpack(
    packed: Packed,
    name: &str,
    work: &Path,
    folder: &Path,
) -> Result<Resolved, Fault> {
    let (name, folder) = (name.to_owned(), folder.to_path_buf());
    let unpacked: PathBuf = work.join("unpacked");
    blocking(move || {
        std::fs::create_dir(&unpacked).map_err(Fault::write(&unpacked))?;
        let limits = Limits::text();
        archive::unpack_bytes(&packed.bytes, Kind::TarGz, &unpacked, &limits).map_err(
            |source| Fault::Archive {
                address: packed.address.clone(),
                source,
            },
        )?;
        let top = unpacked.join(&name);
        if !top.join(CHART_FILE).is_file() {
            return Err(Fault::NotAChart {
                address: packed.address,
                chart: name,
            });
        }
        std::fs::rename(&top, &folder).map_err(Fault::write(&folder))?;
        Ok(Resolved {
            commit: None,
            chart_version: Some(packed.version),
            digest: Some(packed.digest),
        })
    })
    .await
}

/// What the lock says about a chart, checked against what came.
pub(super) fn check_lock(wish: &Wish, locked: Option<&Locked>, digest: &str) -> Result<(), Fault> {
    let expected = locked.and_then(|locked| locked.resolved.digest.as_deref());
    match expected {
        Some(expected) if expected != digest => Err(Fault::Moved {
            origin: wish.wanted.source.clone(),
            what: format!("it has {digest}, and the lock file {expected}"),
        }),
        _ => Ok(()),
    }
}

/// A fault of fetching what is locked: the version is gone.
pub(super) fn gone(wish: &Wish, locked: Option<&Locked>, fault: Fault) -> Fault {
    match fault {
        Fault::Fetch(error @ (fetch::Error::NoChart { .. } | fetch::Error::NoVersion { .. }))
            if locked.is_some() =>
        {
            Fault::Moved {
                origin: wish.wanted.source.clone(),
                what: error.to_string(),
            }
        }
        fault => fault,
    }
}

/// The version to ask for: the locked one, or what the definition says.
pub(super) fn version_of(wish: &Wish, locked: Option<&Locked>) -> String {
    let chosen = locked.and_then(|locked| locked.resolved.chart_version.clone());
    chosen.unwrap_or_else(|| wish.wanted.version.clone())
}

/// The folder of a chart in an unfolded repository.
pub(super) fn inside(root: &Path, path: &str, origin: &str) -> Result<PathBuf, Fault> {
    let folder = crate::definition::join(root, path);
    let real = folder.canonicalize().ok();
    let there = real.filter(|real| real.starts_with(root) && real.join(CHART_FILE).is_file());
    there.ok_or_else(|| Fault::NotAChart {
        address: origin.to_owned(),
        chart: path.to_owned(),
    })
}
