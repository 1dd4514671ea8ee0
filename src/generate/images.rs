//! New tags and digests for images, by name.
//!
//! Owns which images are named, where images stand in manifests, and which
//! names mean the same image. Only the bytes of a reference change; files in
//! which no named image can be are not even parsed.

mod error;
mod files;
mod given;
mod named;
mod paths;
mod reference;
mod resource;

use std::collections::HashSet;

use bytes::Bytes;

pub use error::Error;
pub use given::Images;
pub(super) use named::named;
pub use paths::ImagePath;

use self::resource::Trouble;
use super::{BLOCK, Fault, Part, documents};
use crate::model::{Finding, RelPath};
use crate::parallel;
use crate::text::change::EditError;
use crate::text::scalar_edit::{self, Syntax};

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The references that changed, in the order of sources and files.
    pub changes: Vec<ImageChange>,
    /// Images that were named for nothing.
    pub findings: Vec<Finding>,
}

/// A reference that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageChange {
    /// The source, as the user wrote it.
    pub source: String,
    /// The file.
    pub file: RelPath,
    /// The line, from 1.
    pub line: usize,
    /// What it was.
    pub from: String,
    /// What it is.
    pub to: String,
}

/// Sets the images in the manifests of an environment: in every list of
/// containers, in image volumes, and at the declared paths.
pub fn set_images(
    parts: &mut [Part],
    images: &Images,
    paths: &[ImagePath],
) -> Result<Report, Error> {
    let mut report = Report::default();
    if images.is_empty() {
        return Ok(report);
    }
    let needles: Vec<_> = images.given().iter().map(needle).collect();
    let mut used = HashSet::new();
    for part in parts {
        let done: Vec<_> = {
            let files: Vec<_> = part
                .files
                .iter()
                .filter(|(file, content)| {
                    documents::is_manifest(file) && may_hold(content, &needles)
                })
                .collect();
            let done = parallel::map(&files, BLOCK, |(file, content)| {
                one(&part.label, file, content, images, paths)
            });
            let named = files.into_iter().map(|(file, _)| file.clone()).zip(done);
            named.collect()
        };
        for (file, done) in done {
            let done = done?;
            used.extend(done.used);
            report.changes.extend(done.changes);
            if let Some(text) = done.text {
                part.files.insert(file, text);
            }
        }
    }
    report.findings = unused(images, &used);
    Ok(report)
}

/// What came of one file.
#[derive(Default)]
struct Done {
    text: Option<Bytes>,
    changes: Vec<ImageChange>,
    used: HashSet<usize>,
}

fn one(
    label: &str,
    file: &RelPath,
    content: &[u8],
    images: &Images,
    paths: &[ImagePath],
) -> Result<Done, Error> {
    let fault = |error| Error::Source {
        label: label.to_owned(),
        error,
    };
    let text = documents::text(file, content).map_err(fault)?;
    let mut done = Done::default();
    let mut changes = resource::Changes::new();
    let syntax = if documents::is_json(file) {
        Syntax::Json
    } else {
        Syntax::Yaml
    };
    let edited = scalar_edit::apply(text, syntax, |root, edits| {
        let mut setter = resource::Setter {
            images,
            paths,
            edits,
            used: &mut done.used,
            changes: &mut changes,
        };
        setter.document(root)
    });
    let edited = edited.map_err(|trouble| {
        let (label, file) = (label.to_owned(), file.clone());
        match trouble {
            Trouble::Edit(EditError::Syntax(source)) => fault(Fault::Syntax {
                file: file.to_string(),
                source,
            }),
            Trouble::Edit(refused @ EditError::Refused(_)) => Error::Shared {
                label,
                file,
                what: refused.to_string(),
            },
            Trouble::NoTag {
                resource,
                name,
                path,
            } => Error::NoTag {
                label,
                file,
                resource,
                name,
                path,
            },
            Trouble::DigestAlone {
                resource,
                name,
                path,
            } => Error::DigestAlone {
                label,
                file,
                resource,
                name,
                path,
            },
        }
    })?;
    done.text = edited.map(Bytes::from);
    let change = |(line, _, from, to)| ImageChange {
        source: label.to_owned(),
        file: file.clone(),
        line,
        from,
        to,
    };
    done.changes = changes.into_iter().map(change).collect();
    Ok(done)
}

/// The end of a name, which every way of writing it has.
fn needle(given: &given::Given) -> memchr::memmem::Finder<'_> {
    let name = &given.image.name;
    let last = name.rsplit('/').next().unwrap_or(name);
    memchr::memmem::Finder::new(last)
}

/// Whether a named image can be in a file. Escapes can hide its name.
fn may_hold(content: &[u8], needles: &[memchr::memmem::Finder<'_>]) -> bool {
    needles.iter().any(|needle| needle.find(content).is_some())
        || memchr::memchr(b'\\', content).is_some()
}

/// Images of the setting that occur nowhere, and files of which none does: a
/// build may make more images than an environment has.
fn unused(images: &Images, used: &HashSet<usize>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut files: Vec<(&str, bool)> = Vec::new();
    for (at, given) in images.given().iter().enumerate() {
        match &given.file {
            None if !used.contains(&at) => findings.push(Finding::warning(
                "`images`",
                format!("the image `{}` occurs in no manifest", given.image.name),
            )),
            None => {}
            Some(file) => match files.iter_mut().find(|(known, _)| known == file) {
                Some((_, some)) => *some |= used.contains(&at),
                None => files.push((file, used.contains(&at))),
            },
        }
    }
    let idle = files.into_iter().filter(|(_, some)| !some);
    findings.extend(idle.map(|(file, _)| {
        Finding::warning(
            format!("`{file}`"),
            "none of its images occurs in a manifest",
        )
    }));
    findings
}

#[cfg(test)]
mod tests;
