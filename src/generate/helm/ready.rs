//! A chart that is ready for helm: one of the checkout, with what it depends on brought
//! together, or one that is pulled.

use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::super::reading::Reader;
use super::super::{Fault, Options, off_thread};
use super::chart::Chart;
use super::origin::Origin;
use super::{HelmOptions, dependencies, remote};
use crate::model::Finding;
use crate::source::SourceTree;
use crate::tools::Tools;

/// A chart that is ready for helm.
pub(super) struct Ready {
    pub(super) content: Content,
    /// Where the charts are that were brought together.
    pub(super) places: Vec<(String, String)>,
    /// What identifies its content, when everything in it is known.
    pub(super) identity: Option<Vec<u8>>,
}

/// Where a chart is.
pub(super) enum Content {
    /// In the checkout, and to be copied.
    Checkout(PathBuf),
    /// In a private folder.
    Private(PathBuf, TempDir),
    /// In memory, packed.
    Archive(Vec<u8>),
}

/// The chart that the source is, with everything that it depends on.
pub(super) async fn local(
    tools: &Tools,
    reader: &Arc<Reader>,
    options: &Options,
    findings: &mut Vec<Finding>,
) -> Result<(Ready, String, String), Fault> {
    let folder = reader.source.clone();
    let shown = reader.show(&folder);
    let looked = {
        let (reader, folder) = (Arc::clone(reader), folder.clone());
        off_thread(move || {
            if !reader.is_folder(&folder)? {
                return Err(Fault::SourceIsFile(reader.show(&folder)));
            }
            let chart = Chart::read(&reader, &folder)?;
            let plan = dependencies::plan(&reader, &folder, &chart)?;
            let identity = reader.subtree(&folder)?;
            Ok((chart, plan, identity))
        })
    };
    let (chart, mut plan, mut identity) = looked.await?;
    findings.append(&mut plan.findings);
    let places = plan.places(reader);
    let content = if plan.is_empty() {
        Content::Checkout(folder)
    } else {
        let helm = &options.helm;
        let (folder, copy) = dependencies::together(tools, reader, helm, &folder, plan).await?;
        let whole = copy.clone();
        identity = off_thread(move || SourceTree::open(&whole)?.subtree(&whole)).await?;
        Content::Private(copy, folder)
    };
    let ready = Ready {
        content,
        places,
        identity: identity.map(Vec::from),
    };
    Ok((ready, chart.name, shown))
}

/// A chart that is pulled.
pub(super) async fn elsewhere(
    tools: &Tools,
    options: &HelmOptions,
    origin: &Origin,
    findings: &mut Vec<Finding>,
) -> Result<Ready, Fault> {
    let version = options.version.as_deref().unwrap_or_default();
    let (bytes, more) = remote::chart(tools, options, origin, version).await?;
    findings.extend(more);
    Ok(Ready {
        identity: Some(Sha256::digest(&bytes).to_vec()),
        content: Content::Archive(bytes),
        places: Vec::new(),
    })
}
