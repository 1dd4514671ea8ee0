//! The zip: written with sorted entries, one fixed time and Unix modes, and
//! reopened to see that it holds what was put in.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};

use anyhow::{Context as _, ensure};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// One file of the package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its content.
    pub bytes: Vec<u8>,
    /// Whether it gets the execute bit. Not every server keeps that, which is
    /// why the launcher sets it again.
    pub executable: bool,
}

impl Part {
    /// A file that is not executable.
    pub fn file(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            executable: false,
        }
    }
}

/// The parts of a package by name, seen from its root without a leading slash.
pub type Parts = BTreeMap<String, Part>;

/// Writes the package.
///
/// # Errors
/// When a part is too large for a zip.
pub fn write(parts: &Parts) -> anyhow::Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in parts {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::default())
            .unix_permissions(if part.executable { 0o755 } else { 0o644 });
        zip.start_file(name, options)
            .and_then(|()| Ok(zip.write_all(&part.bytes)?))
            .with_context(|| format!("writing the part {name}"))?;
    }
    Ok(zip.finish().context("finishing the package")?.into_inner())
}

/// Reopens a package, compares it with what was put in, and returns the
/// compressed size of each part.
///
/// # Errors
/// When the package cannot be read or differs from `parts`.
pub fn verify(package: &[u8], parts: &Parts) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut zip = ZipArchive::new(Cursor::new(package)).context("reopening the package")?;
    ensure!(
        zip.len() == parts.len(),
        "the package holds {} parts instead of {}",
        zip.len(),
        parts.len()
    );
    let mut sizes = BTreeMap::new();
    for (name, part) in parts {
        let mut entry = zip
            .by_name(name)
            .with_context(|| format!("reading the part {name} back"))?;
        let mut bytes = Vec::with_capacity(part.bytes.len());
        entry
            .read_to_end(&mut bytes)
            .with_context(|| format!("reading the part {name} back"))?;
        ensure!(bytes == part.bytes, "the part {name} differs from its file");
        sizes.insert(name.clone(), entry.compressed_size());
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Parts {
        Parts::from([
            ("b.txt".into(), Part::file("b")),
            (
                "a/run.bin".into(),
                Part {
                    bytes: vec![0; 4096],
                    executable: true,
                },
            ),
        ])
    }

    #[test]
    fn the_same_parts_give_the_same_bytes() {
        assert_eq!(write(&parts()).unwrap(), write(&parts()).unwrap());
    }

    #[test]
    fn entries_are_sorted_with_modes_and_without_the_time_of_the_day() {
        let package = write(&parts()).unwrap();
        let mut zip = ZipArchive::new(Cursor::new(package)).unwrap();
        let names: Vec<_> = zip
            .file_names()
            .map(|name| name.unwrap().into_owned())
            .collect();
        assert_eq!(names, ["a/run.bin", "b.txt"]);
        let run = zip.by_index(0).unwrap();
        assert_eq!(run.unix_mode().unwrap() & 0o777, 0o755);
        assert_eq!(run.last_modified(), Some(DateTime::default()));
    }

    #[test]
    fn a_package_with_other_content_is_noticed() {
        let package = write(&parts()).unwrap();
        assert!(verify(&package, &parts()).unwrap()["a/run.bin"] < 100);
        let mut other = parts();
        other.insert("b.txt".into(), Part::file("c"));
        let error = verify(&package, &other).unwrap_err().to_string();
        assert!(error.contains("b.txt"), "{error}");
    }
}
