//! Which folder confines a run. The caller decides, never the source.

use std::io;
use std::path::{Component, Path, PathBuf};

/// The real, absolute path, in the plain form that programs understand.
pub fn real(path: &Path) -> io::Result<PathBuf> {
    let path = path.canonicalize()?;
    // On Windows that is a verbatim path, which helm and sh do not take.
    match path.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(plain) if !plain.starts_with("UNC\\") => Ok(PathBuf::from(plain)),
        _ => Ok(path),
    }
}

/// A path from the top of the file system. A relative one is seen from the
/// working folder, which is a real path: `..` in front of it leads to the
/// folders above by their names.
pub(super) fn whole(path: &Path) -> io::Result<PathBuf> {
    if path.is_absolute() {
        return std::path::absolute(path);
    }
    let mut base = std::env::current_dir()?;
    let mut parts = path.components().peekable();
    while let Some(part @ (Component::CurDir | Component::ParentDir)) = parts.peek() {
        if *part == Component::ParentDir {
            base.pop();
        }
        parts.next();
    }
    base.extend(parts);
    Ok(base)
}

/// The working folder, a real path.
pub fn working_folder() -> PathBuf {
    real(Path::new(".")).unwrap_or_default()
}

/// The nearest folder with a `.git` that holds a real path, or the path itself;
/// for a file, its folder.
pub fn checkout_of(place: &Path) -> PathBuf {
    let has_git = |folder: &&Path| folder.join(".git").symlink_metadata().is_ok();
    let above = place.ancestors().find(has_git);
    let own = place.parent().filter(|_| !place.is_dir());
    above.or(own).unwrap_or(place).to_path_buf()
}

/// The folder that confines what is read around `place`, which the caller
/// named: the checkout of the working folder, or the working folder itself
/// where there is none. Only a place outside of it has a checkout of its own.
pub fn root_for(place: &Path, working: &Path) -> PathBuf {
    let here = checkout_of(working);
    if place.starts_with(&here) {
        here
    } else {
        checkout_of(place)
    }
}

/// The folder of which `root` is a copy, in which `source` is what `original` is.
pub fn copied_from(original: &Path, source: &Path, root: &Path) -> PathBuf {
    let mut folder = real(original).unwrap_or_else(|_| original.to_path_buf());
    if source.is_dir() && !folder.is_dir() {
        folder.pop();
    }
    let inner = real(source).unwrap_or_else(|_| source.to_path_buf());
    let root = real(root).unwrap_or_else(|_| root.to_path_buf());
    let inner = inner.strip_prefix(root).unwrap_or(Path::new(""));
    for _ in inner {
        folder.pop();
    }
    folder
}
