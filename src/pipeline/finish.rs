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

/// The byte order mark.
const MARK: &str = "\u{feff}";

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
    let files = files.into_iter().map(as_plain_text).collect();
    Ok((files, findings))
}

/// The lines of a text end in a line feed, and it begins with no byte order mark,
/// whatever the machine that it was written or checked out on made of it: neither
/// means anything in YAML and JSON.
fn as_plain_text((path, content): (RelPath, Bytes)) -> (RelPath, Bytes) {
    let is_marked = content.starts_with(MARK.as_bytes());
    let is_other = is_marked || memchr::memchr(b'\r', &content).is_some();
    let is_text = is_other && !content.contains(&0);
    let text = std::str::from_utf8(&content).ok().filter(|_| is_text);
    let text = text.map(|text| text.trim_start_matches(MARK));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case::plain("a: 1\n", "a: 1\n")]
    #[case::a_mark("\u{feff}a: 1\n", "a: 1\n")]
    #[case::a_mark_alone("\u{feff}", "")]
    #[case::a_mark_and_line_ends("\u{feff}a: 1\r\nb: 2\r", "a: 1\nb: 2\n")]
    #[case::two_marks("\u{feff}\u{feff}a: 1\n", "a: 1\n")]
    #[case::not_at_the_start("a: \"\u{feff}\"\n", "a: \"\u{feff}\"\n")]
    #[case::no_text("\u{feff}\0\r\n", "\u{feff}\0\r\n")]
    fn what_another_machine_made_of_a_text_is_no_difference(
        #[case] content: &'static str,
        #[case] written: &str,
    ) {
        let path = RelPath::parse("a.yaml").unwrap();
        let (_, found) = as_plain_text((path, Bytes::from(content)));
        assert_eq!(found, written);
    }
}
