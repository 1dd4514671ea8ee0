//! From what the sources of an environment yield to its files: proof, images,
//! layout.

use std::path::Path;

use bytes::Bytes;

use crate::error::{Error, Kind};
use crate::generate::{Part, determinism, lay_out, set_images};
use crate::model::{FileSet, Finding, RelPath};
use crate::settings::ManifestSettings;
use crate::source::SourceTree;

use super::source::Sourced;

/// Refuses an environment whose two renders differ.
pub(super) fn prove(first: &[Sourced], second: &[Sourced]) -> Result<(), Error> {
    for (first, second) in first.iter().zip(second) {
        determinism::prove(&first.generated.files, &second.generated.files)
            .map_err(|error| Error::from(error).context(format!("source {}", first.name)))?;
    }
    Ok(())
}

/// The files of an environment, and what was noticed on the way.
pub(super) fn finish(
    tree: &SourceTree,
    sourced: Vec<Sourced>,
    settings: &ManifestSettings,
) -> Result<(FileSet, Vec<Finding>), Error> {
    let (mut parts, mut findings) = (Vec::with_capacity(sourced.len()), Vec::new());
    for source in sourced {
        findings.extend(source.findings);
        parts.push(Part {
            label: source.name,
            files: source.generated.files,
            kind: source.generated.kind,
        });
    }
    let mut images = settings.images.clone();
    for path in &settings.image_files {
        let text = read(tree, path)?;
        images.add_file(&path.display().to_string(), &text)?;
    }
    let report = set_images(&mut parts, &images, &settings.image_paths)?;
    for change in &report.changes {
        tracing::debug!(file = %change.file, from = change.from, to = change.to, "image set");
    }
    findings.extend(report.findings);
    let (files, more) = lay_out(parts, settings.layout)?;
    findings.extend(more);
    let files = files.into_iter().map(with_line_feeds).collect();
    Ok((files, findings))
}

/// The lines of a text end in a line feed, whatever the machine that checked the
/// source out made of them: it is what git stores, and what a line break means
/// in YAML and JSON.
fn with_line_feeds((path, content): (RelPath, Bytes)) -> (RelPath, Bytes) {
    let is_text = !content.contains(&0) && memchr::memchr(b'\r', &content).is_some();
    let text = std::str::from_utf8(&content).ok().filter(|_| is_text);
    // One alone ends a line, too: a reader that splits documents first sees none.
    match text.map(|text| text.replace("\r\n", "\n").replace('\r', "\n")) {
        Some(text) => (path, Bytes::from(text)),
        None => (path, content),
    }
}

/// A file in which a build tells the images that it made.
fn read(tree: &SourceTree, path: &Path) -> Result<String, Error> {
    let said = format!("cannot read the image file {}", path.display());
    match tree.text(path) {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(
            Error::message(Kind::Input, format!("{said}: there is no such file")).hint(
                "check `imageFiles`; a file that a build publishes has to be downloaded before this step",
            ),
        ),
        Err(error) => Err(Error::from(error).context(said)),
    }
}
