//! A chart's folder as a whole: a hash of its content, and copies of it.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::generate::reading::Reader;
use crate::generate::{BLOCK, Fault};
use crate::parallel;

/// How deep the folders of a chart may nest.
const DEPTH: usize = 64;

/// What a folder holds.
pub(super) struct Survey {
    /// A hash of all paths and contents; absent when not everything that helm
    /// may look at could be read.
    pub digest: Option<[u8; 32]>,
}

/// Reads every file of a checked folder. No link in it may lead out.
pub(super) fn survey(reader: &Reader, folder: &Path) -> Result<Survey, Fault> {
    let mut files = Vec::new();
    let has_git = list(reader, folder, "", 0, &mut files)?;
    let read = parallel::map(&files, BLOCK, |(_, path)| match reader.bytes(path) {
        Ok(content) => Ok(content.map(Sha256::digest)),
        Err(Fault::TooLarge { .. }) => Ok(None),
        Err(fault) => Err(fault),
    });
    let mut whole = Sha256::new();
    let mut complete = !has_git || ignores_git(reader, folder)?;
    for ((name, _), digest) in files.iter().zip(read) {
        whole.update((name.len() as u64).to_be_bytes());
        whole.update(name);
        match digest? {
            Some(digest) => whole.update(digest),
            None => complete = false,
        }
    }
    Ok(Survey {
        digest: complete.then(|| whole.finalize().into()),
    })
}

/// The files below a folder, in a fixed order, by path from the top. Git's own
/// folder is passed over, and whether there is one is given back.
fn list(
    reader: &Reader,
    folder: &Path,
    below: &str,
    depth: usize,
    files: &mut Vec<(String, PathBuf)>,
) -> Result<bool, Fault> {
    if depth > DEPTH {
        return Err(Fault::TooDeep(DEPTH));
    }
    let mut has_git = false;
    for entry in reader.entries(folder)? {
        let path = folder.join(&entry.name);
        let name = format!("{below}{}", entry.name.to_string_lossy());
        if depth == 0 && name == ".git" {
            has_git = true;
        } else if reader.is_folder(&path)? {
            list(reader, &path, &format!("{name}/"), depth + 1, files)?;
        } else {
            files.push((name, path));
        }
    }
    Ok(has_git)
}

/// Whether helm is told to pass git's folder over.
fn ignores_git(reader: &Reader, folder: &Path) -> Result<bool, Fault> {
    let rules = reader
        .text(&folder.join(".helmignore"))?
        .unwrap_or_default();
    Ok(rules
        .lines()
        .any(|line| matches!(line.trim(), ".git" | ".git/")))
}

/// Copies a checked folder, without git's own; links become what they lead to.
pub(super) fn copy(reader: &Reader, from: &Path, to: &Path) -> Result<(), Fault> {
    let mut files = Vec::new();
    list(reader, from, "", 0, &mut files)?;
    for (name, path) in files {
        let target = to.join(name);
        let copied = target
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::copy(&path, &target));
        copied.map_err(|error| reader.fault(&path, error))?;
    }
    Ok(())
}
