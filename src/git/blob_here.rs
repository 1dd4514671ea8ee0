//! Whether a file of the work tree is what a commit has, whatever checking it out made
//! of it: line ends, keywords, encodings, and what filters of other programs do.

use std::path::Path;
use std::time::UNIX_EPOCH;

use git2::{AttrCheckFlags, AttrValue, Blob, DiffOptions, Repository, Tree};
use sha2::{Digest as _, Sha256};

/// How the text begins that Git LFS commits instead of a file
/// (<https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>).
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// The mode of a link in a tree.
const LINK: i32 = 0o120_000;

/// Whether the file at `path`, from the `top` of the work tree, is that of the tree.
#[expect(
    clippy::disallowed_methods,
    reason = "a file that is held against its commit"
)]
pub(super) fn is_blob_here(
    repository: &Repository,
    tree: &Tree<'_>,
    top: &Path,
    path: &Path,
) -> bool {
    let Ok(entry) = tree.get_path(path) else {
        return false;
    };
    let Ok(blob) = repository.find_blob(entry.id()) else {
        return false;
    };
    let whole = top.join(path);
    if entry.filemode() == LINK && whole.is_symlink() {
        let target = std::fs::read_link(&whole);
        return target.is_ok_and(|target| target.as_os_str().as_encoded_bytes() == blob.content());
    }
    let Ok(here) = std::fs::read(&whole) else {
        return false;
    };
    blob.content() == here
        || (!blob.is_binary() && unix_lines(blob.content()) == unix_lines(&here))
        || is_pointed_to(&blob, &here)
        || is_unmodified(repository, tree, path)
        || (is_of_a_program(repository, path) && is_as_indexed(repository, &whole, path))
}

fn unix_lines(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

/// Whether the blob is a pointer of Git LFS to this content.
fn is_pointed_to(blob: &Blob<'_>, here: &[u8]) -> bool {
    let text = blob.content();
    if !text.starts_with(POINTER) {
        return false;
    }
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines();
    let oid = lines.find_map(|line| line.strip_prefix("oid sha256:"));
    let digest = Sha256::digest(here);
    let digest = digest.iter().map(|byte| format!("{byte:02x}"));
    oid.is_some_and(|oid| oid == digest.collect::<String>())
}

/// Whether git's own conversions lead from the one to the other.
fn is_unmodified(repository: &Repository, tree: &Tree<'_>, path: &Path) -> bool {
    let mut options = DiffOptions::new();
    options.pathspec(path).disable_pathspec_match(true);
    let diff = repository.diff_tree_to_workdir(Some(tree), Some(&mut options));
    diff.is_ok_and(|diff| diff.deltas().len() == 0)
}

/// Whether another program, or an encoding that only git itself knows, has a say in what
/// the file looks like.
fn is_of_a_program(repository: &Repository, path: &Path) -> bool {
    ["filter", "working-tree-encoding"].iter().any(|name| {
        let value = repository.get_attr(path, name, AttrCheckFlags::FILE_THEN_INDEX);
        let value = value.ok().flatten();
        matches!(AttrValue::from_string(value), AttrValue::String(_))
    })
}

/// Whether the file was not touched since git checked it out, and nothing else is staged.
fn is_as_indexed(repository: &Repository, whole: &Path, path: &Path) -> bool {
    let found = || {
        let entry = repository.index().ok()?.get_path(path, 0)?;
        let meta = whole.metadata().ok()?;
        let written = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        let seconds = i32::try_from(written.as_secs()).ok()?;
        let is_size = u64::from(entry.file_size) == meta.len();
        Some(is_size && entry.mtime.seconds() == seconds)
    };
    found().unwrap_or(false)
}
