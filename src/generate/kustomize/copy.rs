//! The private copy that Kustomize works on.
//!
//! It holds what was looked at and nothing else: kustomizations and
//! configurations of plugins as they were written again, other files as they
//! are, charts as folders for helm. All stand at the same places below its
//! folder as in their tree.

use std::io::Write as _;
use std::path::Path;

use super::graph::{Content, Graph};
use super::tree::Tree;
use crate::generate::Fault;
use crate::generate::reading::Reader;
use crate::tools;

/// How deep the folders of a chart may nest.
const DEPTH: usize = 64;

/// Writes everything into the folder `into`, where pulled charts may stand.
pub(super) fn copy(trees: &[Tree], graph: &Graph, into: &Path) -> Result<(), Fault> {
    for chart in &graph.charts {
        let tree = &trees[chart.tree];
        for folder in chart.folders() {
            let real = tree.reader.resolve(&folder)?;
            if let (Some(position), Some(real)) = (tree.position(&folder), real) {
                self::folder(&tree.reader, &real, &into.join(position), into, 0)?;
            }
        }
    }
    // Last, so that no file of a chart stands where Kustomize reads.
    for (position, content) in &graph.files {
        let to = into.join(position);
        match content {
            Content::Same(tree, real) => file(&trees[*tree].reader, real, &to, into)?,
            Content::Written(text) => write(text.as_bytes(), &to, into)?,
            Content::Fetched(content) => write(content, &to, into)?,
        }
    }
    Ok(())
}

fn file(reader: &Reader, from: &Path, to: &Path, into: &Path) -> Result<(), Fault> {
    write(&reader.bytes(from)?.unwrap_or_default(), to, into)
}

fn write(content: &[u8], to: &Path, into: &Path) -> Result<(), Fault> {
    let write = || {
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::File::create(to)?.write_all(content)
    };
    write().map_err(|error| no_room(into, error))
}

/// A chart's folder, with links replaced by what they lead to.
fn folder(reader: &Reader, from: &Path, to: &Path, into: &Path, depth: usize) -> Result<(), Fault> {
    if depth > DEPTH {
        return Err(Fault::TooDeep(DEPTH));
    }
    for entry in reader.entries(from)? {
        if entry.name == ".git" {
            continue;
        }
        let (from, to) = (from.join(&entry.name), to.join(&entry.name));
        if reader.leads_to_folder(&entry, &from)? {
            folder(reader, &from, &to, into, depth + 1)?;
        } else {
            file(reader, &from, &to, into)?;
        }
    }
    Ok(())
}

/// The fault of not being able to write below `into`.
pub(super) fn no_room(into: &Path, source: std::io::Error) -> Fault {
    Fault::Tool(tools::Error::Temporary {
        folder: into.to_owned(),
        source,
    })
}
