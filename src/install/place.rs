//! Putting things where they belong: whole or not at all.
//!
//! Owns the folders below `components` and `helm_repos`, and the record beside
//! each that says what was put there.

#![expect(clippy::disallowed_methods, reason = "what it installed itself")]

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::Fault;
use super::lock::Resolved;
use crate::temporary;

/// What was put into a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub source: String,
    #[serde(flatten)]
    pub resolved: Resolved,
    /// SHA-256 of the folder's files; `None` while hooks may still change them.
    pub content: Option<String>,
}

/// The record of a folder stands beside it: everything inside may become a
/// manifest.
pub(super) fn record_of(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!(".{name}.installed"))
}

impl Record {
    /// Reads the record of a folder; `None` when there is none that is usable.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let text = std::fs::read(record_of(folder)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Writes it beside the folder.
    pub(super) fn save(&self, folder: &Path) -> Result<(), Fault> {
        let mut text = serde_json::json!(self).to_string();
        text.push('\n');
        write_file(&record_of(folder), text.as_bytes())
    }
}

/// How names of temporary files and folders begin.
const START: &str = ".gitops-";

/// A folder beside `target` that something can be made in, and moved from.
pub(super) fn neighbour(target: &Path) -> Result<TempDir, Fault> {
    let parent = target.parent().unwrap_or(target);
    temporary::remove_left_over(parent, START);
    temporary::builder(START, |builder| builder.tempdir_in(parent)).map_err(Fault::write(parent))
}

/// Forgets what was put into a folder.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the room that writes records"
)]
fn forget(target: &Path) -> Result<(), Fault> {
    match std::fs::remove_file(record_of(target)) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Fault::write(record_of(target))(error))
        }
        _ => Ok(()),
    }
}

/// Puts `fresh`, which stands in `beside`, in the place of `target`.
pub(super) fn put(
    beside: TempDir,
    fresh: &Path,
    target: &Path,
    record: &Record,
) -> Result<(), Fault> {
    let old = beside.path().join("old");
    forget(target)?;
    match std::fs::rename(target, &old) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(Fault::write(target)(error));
        }
        _ => {}
    }
    if let Err(error) = std::fs::rename(fresh, target) {
        // Better the old than none; the error that is told is the first.
        let _ = std::fs::rename(&old, target);
        return Err(Fault::write(target)(error));
    }
    record.save(target)?;
    clear(&old);
    drop(beside);
    Ok(())
}

/// Removes what was replaced, read-only files and folders too, such as those
/// of a `.git` folder. What cannot be removed is in nobody's way.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the room that replaces what is installed"
)]
fn clear(old: &Path) {
    if std::fs::remove_dir_all(old).is_err() {
        make_removable(old);
        let left = std::fs::remove_dir_all(old).or_else(|_| std::fs::remove_file(old));
        if let Err(error) = left {
            tracing::debug!(path = %old.display(), %error, "an old folder stays behind");
        }
    }
}

fn make_removable(path: &Path) {
    let Ok(meta) = path.symlink_metadata() else {
        return;
    };
    if meta.is_symlink() {
        return;
    }
    let mut permissions = meta.permissions();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        permissions.set_mode(permissions.mode() | 0o700);
    }
    #[cfg(not(unix))]
    permissions.set_readonly(false);
    let _ = std::fs::set_permissions(path, permissions);
    if meta.is_dir() {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.for_each(|entry| make_removable(&entry.path()));
    }
}

/// Writes a file as a whole, with the usual permissions.
pub(super) fn write_file(path: &Path, content: &[u8]) -> Result<(), Fault> {
    let parent = path.parent().unwrap_or(path);
    let mut file = temporary::for_others(START, parent).map_err(Fault::write(path))?;
    file.write_all(content).map_err(Fault::write(path))?;
    let kept = file.persist(path);
    kept.map_err(|error| Fault::write(path)(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn read_only_folders_are_replaced_and_nothing_is_left_beside() {
        use std::os::unix::fs::PermissionsExt as _;
        let temp = tempfile::tempdir().unwrap();
        let target = temp.path().join("web");
        std::fs::create_dir_all(target.join(".git/objects")).unwrap();
        write_file(&target.join(".git/objects/x"), b"x").unwrap();
        let locked = std::fs::Permissions::from_mode(0o555);
        std::fs::set_permissions(target.join(".git/objects"), locked).unwrap();
        let beside = neighbour(&target).unwrap();
        let fresh = beside.path().join("new");
        std::fs::create_dir(&fresh).unwrap();
        write_file(&fresh.join("component.yaml"), b"name: web").unwrap();
        let record = Record {
            source: "https://git.contoso.com/web".into(),
            resolved: Resolved::default(),
            content: None,
        };
        put(beside, &fresh, &target, &record).unwrap();
        assert!(target.join("component.yaml").exists() && !target.join(".git").exists());
        assert_eq!(Record::of(&target), Some(record));
        assert_eq!(temp.path().read_dir().unwrap().count(), 2);
    }
}
