//! The hash of a folder's files: whether it still holds what was put there.

#![expect(clippy::disallowed_methods, reason = "what it installed itself")]

use std::fs::FileType;
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::Fault;
use super::place::record_of;
use crate::definition::{CHARTS, COMPONENTS};
use crate::git::Room;

/// Folders below each other, at most.
const DEEPEST: usize = 200;

/// The hash of the files of a folder, by path and content. What is installed
/// inside it, and a `.git` folder at its top, do not count.
pub(super) fn of_folder(folder: &Path) -> Result<String, Fault> {
    let mut hasher = Sha256::new();
    walk(folder, "", 0, &mut hasher)?;
    Ok(shown(&hasher.finalize()))
}

/// Takes the room that the files of a folder need.
pub(super) fn charge(folder: &Path, room: &Room) -> Result<(), Fault> {
    let unreadable = |source| Fault::Read {
        file: folder.display().to_string(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        room.take_entries(1)?;
        if entry.file_type().map_err(unreadable)?.is_dir() {
            charge(&entry.path(), room)?;
        } else {
            room.take_bytes(entry.metadata().map_err(unreadable)?.len())?;
        }
    }
    Ok(())
}

fn shown(hash: &[u8]) -> String {
    hash.iter().fold("sha256:".to_owned(), |text, byte| {
        format!("{text}{byte:02x}")
    })
}

fn walk(folder: &Path, path: &str, depth: usize, hasher: &mut Sha256) -> Result<(), Fault> {
    let unreadable = |source| Fault::Read {
        file: folder.display().to_string(),
        source,
    };
    if depth > DEEPEST {
        return Err(Fault::TooDeep(DEEPEST));
    }
    let holds_installed = folder
        .file_name()
        .is_some_and(|name| name == COMPONENTS || name == CHARTS);
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let installed = holds_installed
            && depth > 0
            && (record_of(&entry.path()).exists()
                || (name.starts_with('.') && name.ends_with(".installed")));
        let of_git = depth == 0 && name == ".git";
        if !installed && !of_git {
            entries.push((name, entry.file_type().map_err(unreadable)?));
        }
    }
    entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    for (name, file_type) in entries {
        let inner = folder.join(&name);
        let path = format!("{path}/{name}");
        if file_type.is_dir() {
            // Git keeps no empty folders; they do not count here either.
            walk(&inner, &path, depth + 1, hasher)?;
        } else {
            one(&inner, &path, file_type, hasher).map_err(|source| Fault::Read {
                file: inner.display().to_string(),
                source,
            })?;
        }
    }
    Ok(())
}

fn one(file: &Path, path: &str, file_type: FileType, hasher: &mut Sha256) -> std::io::Result<()> {
    hasher.update(path.as_bytes());
    if file_type.is_symlink() {
        let target = std::fs::read_link(file)?;
        let target = target.as_os_str().as_encoded_bytes();
        hasher.update(b"\0link\0");
        hasher.update((target.len() as u64).to_le_bytes());
        hasher.update(target);
    } else if file_type.is_file() {
        let mut file = std::fs::File::open(file)?;
        hasher.update(b"\0file\0");
        hasher.update(file.metadata()?.len().to_le_bytes());
        let mut piece = vec![0; 64 << 10];
        loop {
            match file.read(&mut piece)? {
                0 => break,
                count => hasher.update(&piece[..count]),
            }
        }
    } else {
        hasher.update(b"\0other\0");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::place::write_file;

    #[test]
    fn every_file_counts_but_not_what_is_installed_inside() {
        let temp = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = temp.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            write_file(&path, text.as_bytes()).unwrap();
        };
        write("component.yaml", "name: a");
        write("components/own/component.yaml", "name: own");
        let first = of_folder(temp.path()).unwrap();
        write("components/x/component.yaml", "name: x");
        write("components/.x.installed", "{}");
        write(".git/config", "");
        assert_eq!(of_folder(temp.path()).unwrap(), first);
        write("components/own/component.yaml", "name: other");
        assert_ne!(of_folder(temp.path()).unwrap(), first);
        assert!(first.starts_with("sha256:") && first.len() == 71);
    }
}
