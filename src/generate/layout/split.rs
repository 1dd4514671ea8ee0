//! One file per resource, and one file with all of them.
//!
//! Documents are read and written anew: anchors are expanded, comments go, keys
//! are sorted. To Kubernetes each is the same object as before.

use std::collections::HashMap;

use bytes::Bytes;

use super::super::documents::{self, Document, Documents};
use super::super::{BLOCK, Fault, Part, Policy};
use super::{Error, Place, names, source};
use crate::model::{FileSet, Finding, RelPath, ResourceId, ResourceKey};
use crate::parallel;
use crate::text::yaml::emit_manifest;

/// The file of the layout `single`.
const SINGLE: &str = "manifests.yaml";

/// One resource, and where it was made.
struct Made<'p> {
    id: ResourceId,
    part: usize,
    label: &'p str,
    file: &'p RelPath,
    line: usize,
    content: Document,
}

impl Made<'_> {
    fn place(&self) -> Place {
        Place {
            source: self.label.to_owned(),
            file: self.file.clone(),
            line: self.line,
        }
    }

    /// Namespace, kind, group, name: the order of the file names.
    fn order(&self) -> (Option<&str>, &str, &str, &str) {
        let (group, kind, namespace, name) = self.id.key();
        (namespace, kind, group, name)
    }
}

/// Refuses an object that two sources make. One that a source makes twice is
/// its own affair, and names that the cluster gives are different ones.
pub(super) fn refuse_shared(parts: &[Part]) -> Result<(), Error> {
    let read = read(parts, Policy::Warn)?;
    let mut seen: HashMap<ResourceKey<'_>, &Made<'_>> = HashMap::with_capacity(read.len());
    for made in read.iter().filter(|made| !made.id.name.ends_with('*')) {
        let first = seen.entry(made.id.key()).or_insert(made);
        if first.part != made.part {
            return Err(twice(first, made));
        }
    }
    Ok(())
}

/// A file for each resource, with the source it is from.
pub(super) fn per_resource(
    parts: &[Part],
    findings: &mut Vec<Finding>,
) -> Result<Vec<(RelPath, Bytes, String)>, Error> {
    let resources = unique(parts, findings)?;
    let files = parallel::map(&resources, BLOCK, |made| {
        let content = Bytes::from(emit_manifest(&made.content.value));
        (RelPath::parse(&names::path(&made.id)), content)
    });
    let mut all = Vec::with_capacity(files.len());
    let mut kinds: HashMap<RelPath, &Made<'_>> = HashMap::with_capacity(files.len());
    for ((path, content), made) in files.into_iter().zip(&resources) {
        let path = path.map_err(|error| source(made.label, error.into()))?;
        if let Some(first) = kinds.insert(path.clone(), made) {
            return Err(Error::KindCase {
                kinds: (first.id.kind.clone(), made.id.kind.clone()),
                first: Box::new(first.place()),
                second: Box::new(made.place()),
            });
        }
        all.push((path, content, made.label.to_owned()));
    }
    Ok(all)
}

/// All resources in one file, sorted.
pub(super) fn single(parts: &[Part], findings: &mut Vec<Finding>) -> Result<FileSet, Error> {
    let mut resources = unique(parts, findings)?;
    resources.sort_by(|a, b| a.order().cmp(&b.order()));
    let documents = parallel::map(&resources, BLOCK, |made| emit_manifest(&made.content.value));
    let mut files = FileSet::new();
    if !documents.is_empty() {
        let path = RelPath::parse(SINGLE).expect("it is a plain file name");
        files.insert(path, documents.join("---\n"));
    }
    Ok(files)
}

/// Every resource, each of which occurs once. Of equal ones the first stays.
fn unique<'p>(parts: &'p [Part], findings: &mut Vec<Finding>) -> Result<Vec<Made<'p>>, Error> {
    let read = read(parts, Policy::Refuse)?;
    let mut seen: HashMap<ResourceKey<'_>, &Made<'_>> = HashMap::with_capacity(read.len());
    let mut keep = Vec::with_capacity(read.len());
    for made in &read {
        let first = *seen.entry(made.id.key()).or_insert(made);
        let again = !std::ptr::eq(first, made);
        // Names that the cluster gives are different ones.
        let generated = made.id.name.ends_with('*');
        if again && (generated || first.content.value.digest() != made.content.value.digest()) {
            return Err(twice(first, made));
        }
        if again {
            findings.push(Finding::warning(
                format!("source {}, {}, line {}", made.label, made.file, made.line),
                format!(
                    "{} is the same as in {}: it is written once",
                    made.id,
                    first.place()
                ),
            ));
        }
        keep.push(!again);
    }
    let kept = read.into_iter().zip(keep);
    Ok(kept
        .filter_map(|(made, keep)| keep.then_some(made))
        .collect())
}

/// The resources of all parts in their order. Other documents are passed over,
/// or refused.
fn read(parts: &[Part], others: Policy) -> Result<Vec<Made<'_>>, Error> {
    let files: Vec<_> = parts
        .iter()
        .enumerate()
        .flat_map(|(at, part)| part.files.iter().map(move |file| (at, part, file)))
        .filter(|(_, _, (file, _))| documents::is_manifest(file))
        .collect();
    let read = parallel::map(&files, BLOCK, |(part, from, (file, content))| {
        let label = from.label.as_str();
        let made = documents::read(file, content).and_then(|documents| {
            if others == Policy::Refuse {
                refuse_odd(file, &documents)?;
            }
            let mut made = Vec::with_capacity(documents.all.len());
            for content in documents.all {
                let line = content.line;
                match content.identity() {
                    Ok(id) => made.push(Made {
                        id,
                        part: *part,
                        label,
                        file,
                        line,
                        content,
                    }),
                    Err(lack) if others == Policy::Refuse => {
                        let place = format!("{file}, line {line}");
                        return Err(Fault::NoResource { place, lack });
                    }
                    Err(_) => {}
                }
            }
            Ok(made)
        });
        made.map_err(|error| source(label, error))
    });
    let mut all = Vec::new();
    for made in read {
        all.extend(made?);
    }
    Ok(all)
}

/// What is written anew must mean the same to every reader, and its faults are
/// told with their place in the source.
fn refuse_odd(file: &RelPath, documents: &Documents) -> Result<(), Fault> {
    if !documents.faults.is_empty() {
        let faults = documents.faults.iter();
        return Err(Fault::Fields(
            faults
                .map(|fault| (file.to_string(), fault.clone()))
                .collect(),
        ));
    }
    documents::refuse_repeated(file, &documents.repeated)
}

fn twice(first: &Made<'_>, second: &Made<'_>) -> Error {
    let (id, same) = (second.id.clone(), first.part == second.part);
    let (first, second) = (Box::new(first.place()), Box::new(second.place()));
    if same {
        Error::Twice { id, first, second }
    } else {
        Error::Shared { id, first, second }
    }
}
