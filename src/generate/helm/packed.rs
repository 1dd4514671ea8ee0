//! Packed charts on disk, such as a build publishes as an artifact: as the
//! source itself, or named by `chart`.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::chart::name_and_version;
use super::error::HelmFault;
use super::remote::same_version;
use super::{Content, HelmOptions, Ready, archive};
use crate::generate::Fault;
use crate::generate::cache::hex;
use crate::generate::reading::Reader;

/// Whether a path is that of a packed chart.
pub fn is_packed(path: &Path) -> bool {
    let end = path.extension().and_then(|end| end.to_str());
    end == Some("tgz") && !path.to_string_lossy().contains("://")
}

/// Reads a packed chart, and compares it with what settings pin. Gives back
/// its name too.
pub(super) fn read(
    reader: &Reader,
    options: &HelmOptions,
    path: &Path,
) -> Result<(Ready, String), Fault> {
    let shown = reader.show(path);
    let bytes = reader.bytes(path)?;
    let bytes = bytes.ok_or_else(|| HelmFault::ArchiveMissing(shown.clone()))?;
    let text = archive::chart_file(&bytes).map_err(|reason| HelmFault::Archive {
        file: shown.clone(),
        reason,
    })?;
    let (name, version) = name_and_version(&text, &shown)?;
    let digest = Sha256::digest(&bytes);
    let found = format!("sha256:{}", hex(&digest));
    if let Some(wanted) = options.digest.as_ref().filter(|wanted| **wanted != found) {
        return Err(HelmFault::WrongDigest {
            chart: shown,
            found,
            wanted: wanted.clone(),
        }
        .into());
    }
    let other = |wanted: &&String| !same_version(&version, wanted);
    if let Some(wanted) = options.version.as_ref().filter(other) {
        return Err(HelmFault::OtherChart {
            chart: shown,
            found: format!("{name} {version}"),
            wanted: format!("{name} {wanted}"),
        }
        .into());
    }
    let ready = Ready {
        identity: Some(digest.to_vec()),
        content: Content::Archive(bytes),
        places: Vec::new(),
    };
    Ok((ready, name))
}
