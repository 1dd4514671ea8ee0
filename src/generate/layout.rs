//! Which files the manifests of an environment stand in.
//!
//! Owns the names and the joining and splitting of files. What is in a resource
//! stays as it is to Kubernetes; where a layout keeps files whole, so do their
//! bytes. Pure: from the parts of an environment to its file set.

mod error;
mod join;
mod names;
mod split;

use std::collections::HashMap;

use bytes::Bytes;

pub use error::{Error, Place};

use super::{Fault, Kind, Part, documents};
use crate::model::{FileSet, Finding, RelPath};

/// How the manifests of an environment are spread over files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Layout {
    /// What suits the generator of each source.
    #[default]
    Auto,
    /// One file per Fabrikate component; for other generators one per source,
    /// and its custom resource definitions in another.
    Component,
    /// One file per resource, in a folder per namespace.
    Resource,
    /// One file for everything.
    Single,
    /// The files that the generator made.
    Source,
}

impl Layout {
    /// Every layout, in the order of the documentation.
    pub const ALL: [Self; 5] = [
        Self::Auto,
        Self::Component,
        Self::Resource,
        Self::Single,
        Self::Source,
    ];

    /// The name that users write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Component => "component",
            Self::Resource => "resource",
            Self::Single => "single",
            Self::Source => "source",
        }
    }

    /// What is done with the files of this generator.
    #[must_use]
    pub fn of(self, kind: Kind) -> Self {
        match self {
            Self::Auto => match kind {
                Kind::Fabrikate => Self::Component,
                Kind::Helm | Kind::Kustomize => Self::Resource,
                Kind::Jsonnet | Kind::Manifests | Kind::Flux | Kind::ArgoCd => Self::Source,
            },
            layout => layout,
        }
    }
}

/// Puts the parts of an environment together.
///
/// A file or a resource that two sources make is an error. In the layouts that
/// give each resource its place, `resource` and `single`, a resource that is
/// made twice is written once, with a finding, when both are equal; else it is
/// an error.
pub fn lay_out(parts: Vec<Part>, layout: Layout) -> Result<(FileSet, Vec<Finding>), Error> {
    let mut findings = Vec::new();
    let splits = |layout| matches!(layout, Layout::Resource | Layout::Single);
    if parts.len() > 1 && !parts.iter().all(|part| splits(layout.of(part.kind))) {
        split::refuse_shared(&parts)?;
    }
    if layout == Layout::Single {
        let files = split::single(&parts, &mut findings)?;
        return Ok((files, findings));
    }
    let (split, whole): (Vec<Part>, Vec<Part>) = parts
        .into_iter()
        .partition(|part| splits(layout.of(part.kind)));
    let mut files = Files::default();
    for part in whole {
        let label = part.label;
        if layout.of(part.kind) == Layout::Component && part.kind != Kind::Fabrikate {
            let joined = join::join(&label, &part.files);
            for (path, content) in joined.map_err(|error| source(&label, error))? {
                files.add(path, content, &label)?;
            }
        } else {
            for (path, content) in part.files {
                if documents::is_manifest(&path) {
                    files.add(path, content, &label)?;
                }
            }
        }
    }
    for (path, content, label) in split::per_resource(&split, &mut findings)? {
        files.add(path, content, &label)?;
    }
    Ok((files.set, findings))
}

fn source(label: &str, error: Fault) -> Error {
    Error::Source {
        label: label.to_owned(),
        error,
    }
}

/// Files and the sources they are from.
#[derive(Default)]
struct Files {
    set: FileSet,
    from: HashMap<RelPath, String>,
}

impl Files {
    fn add(&mut self, file: RelPath, content: Bytes, label: &str) -> Result<(), Error> {
        if let Some(first) = self.from.insert(file.clone(), label.to_owned()) {
            let second = label.to_owned();
            return Err(Error::File {
                file,
                first,
                second,
            });
        }
        self.set.insert(file, content);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
