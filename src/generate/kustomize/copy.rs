//! A private copy of what an overlay names.
//!
//! Kustomize has helm unpack charts beside the kustomization, and nothing may
//! be written in the checkout. The copy holds what was looked at and nothing
//! else, at the same places below its folder.

use std::io::Write as _;
use std::path::Path;

use super::graph::Graph;
use crate::generate::Fault;
use crate::generate::reading::Reader;
use crate::tools;

/// How deep the folders of a chart may nest.
const DEPTH: usize = 64;

/// Copies everything into the empty folder `into`.
pub(super) fn copy(reader: &Reader, graph: &Graph, into: &Path) -> Result<(), Fault> {
    for (position, real) in &graph.files {
        file(reader, real, &into.join(position), into)?;
    }
    for chart in &graph.charts {
        for folder in chart.folders() {
            let position = reader.below_root(&folder);
            let real = reader.resolve(&folder)?;
            if let (Some(position), Some(real)) = (position, real) {
                self::folder(reader, &real, &into.join(position), into, 0)?;
            }
        }
    }
    for (from, to) in &graph.links {
        link(&into.join(from), &into.join(to)).map_err(|error| no_room(into, error))?;
    }
    Ok(())
}

fn file(reader: &Reader, from: &Path, to: &Path, into: &Path) -> Result<(), Fault> {
    let content = reader.bytes(from)?.unwrap_or_default();
    let write = || {
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::File::create(to)?.write_all(&content)
    };
    write().map_err(|error| no_room(into, error))
}

/// A chart's folder, with links replaced by what they lead to.
fn folder(reader: &Reader, from: &Path, to: &Path, into: &Path, depth: usize) -> Result<(), Fault> {
    if depth > DEPTH {
        return Err(Fault::TooDeep(DEPTH));
    }
    for entry in reader.entries(from)? {
        let (from, to) = (from.join(&entry.name), to.join(&entry.name));
        if reader.leads_to_folder(&entry, &from)? {
            folder(reader, &from, &to, into, depth + 1)?;
        } else {
            file(reader, &from, &to, into)?;
        }
    }
    Ok(())
}

fn no_room(into: &Path, source: std::io::Error) -> Fault {
    Fault::Tool(tools::Error::Temporary {
        folder: into.to_owned(),
        source,
    })
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    if let Some(parent) = from.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::os::unix::fs::symlink(to, from)
}

#[cfg(windows)]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    if let Some(parent) = from.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::os::windows::fs::symlink_dir(to, from)
}
