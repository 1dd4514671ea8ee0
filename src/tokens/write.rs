//! Writing planned files: all or, as far as can be known before, none.
//!
//! Owns the two steps: every new content goes to a temporary file next to its
//! target first, and only when all of them are complete are they renamed.
//! Nothing else in this stage changes a file.

#![expect(
    clippy::disallowed_methods,
    reason = "files that the caller names, and the private copy"
)]

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, Permissions};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::NamedTempFile;

use crate::{parallel, temporary};

use super::BLOCK;
use super::error::Error;
use super::files::Planned;

/// Larger writes gain nothing.
const MOST_BUFFER: usize = 256 << 10;

/// Writes what changes; returns the paths written.
pub fn write(files: &[Planned]) -> Result<Vec<PathBuf>, Error> {
    // A later line may have replaced the output of an earlier one.
    let mut last: HashMap<&Path, usize> = HashMap::new();
    for (i, file) in files.iter().enumerate().filter(|(_, file)| file.writes()) {
        last.insert(&file.target, i);
    }
    let mut chosen: Vec<usize> = last.into_values().collect();
    chosen.sort_unstable();
    let jobs = chosen
        .iter()
        .map(|i| Ok((&files[*i], check(&files[*i].target)?)))
        .collect::<Result<Vec<_>, Error>>()?;
    let folders: BTreeSet<_> = jobs
        .iter()
        .map(|(file, _)| folder_of(&file.target))
        .collect();
    for folder in folders {
        temporary::remove_left_over(folder, START);
    }
    let staged = parallel::map(&jobs, BLOCK, |(file, existing)| {
        stage(file, existing.clone())
    })
    .into_iter()
    .zip(&jobs)
    .map(|(temporary, (file, _))| Ok((Mutex::new(Some(temporary?)), &*file.target)))
    .collect::<Result<Vec<_>, Error>>()?;
    parallel::map(&staged, BLOCK, |(temporary, target)| {
        let taken = temporary.lock().ok().and_then(|mut slot| slot.take());
        if let Some(temporary) = taken {
            put(temporary, target).map_err(Error::io("replacing", target))?;
        }
        Ok(target.to_path_buf())
    })
    .into_iter()
    .collect()
}

/// Refuses a target that could not, or should not, be written; the mode of one
/// that is there.
fn check(target: &Path) -> Result<Option<Permissions>, Error> {
    let Ok(there) = fs::metadata(target) else {
        return Ok(None);
    };
    let mode = there.permissions();
    let reason = if there.is_dir() {
        "it is a folder"
    } else if !there.is_file() {
        "it is not an ordinary file"
    } else {
        return Ok(Some(mode));
    };
    Err(Error::Target {
        path: target.to_path_buf(),
        reason,
    })
}

/// The new content in a temporary file next to the target.
fn stage(file: &Planned, existing: Option<Permissions>) -> Result<NamedTempFile, Error> {
    let target = &file.target;
    let folder = folder_of(target);
    if existing.is_none() {
        fs::create_dir_all(folder).map_err(Error::io("creating the folder", folder))?;
    }
    let is_known = existing.is_some();
    let wanted = existing.or_else(|| file.copies.then(|| permissions(&file.input)).flatten());
    let temporary = new_file(folder, is_known).map_err(Error::io("writing next to", target))?;
    let mut out = BufWriter::with_capacity(
        file.content.size_hint().min(MOST_BUFFER),
        temporary.as_file(),
    );
    file.content
        .write_to(&mut out)
        .and_then(|()| out.flush())
        .map_err(Error::io("writing", target))?;
    drop(out);
    keep_attributes(target, temporary.as_file());
    if let Some(wanted) = wanted {
        temporary
            .as_file()
            .set_permissions(wanted)
            .map_err(Error::io("setting the mode of", target))?;
    }
    Ok(temporary)
}

/// Puts a complete new content in the place of a target. A file with further
/// names is written through, so that it stays one file.
fn put(mut temporary: NamedTempFile, target: &Path) -> std::io::Result<()> {
    if has_more_names(target) {
        use std::io::Seek as _;
        temporary.rewind()?;
        let mut out = fs::OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(target)?;
        return std::io::copy(&mut temporary, &mut out).map(|_| ());
    }
    temporary.persist(target).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(unix)]
fn has_more_names(target: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(target).is_ok_and(|there| there.nlink() > 1)
}

#[cfg(not(unix))]
fn has_more_names(_: &Path) -> bool {
    false
}

/// Gives a new file the owner and the extended attributes of the one that it
/// replaces, as far as this user may.
#[cfg(unix)]
fn keep_attributes(target: &Path, new: &fs::File) {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let Ok(old) = fs::File::open(target) else {
        return;
    };
    if let (Ok(there), Ok(here)) = (old.metadata(), new.metadata())
        && (there.uid(), there.gid()) != (here.uid(), here.gid())
        && let Err(error) = fchown(new, Some(there.uid()), Some(there.gid()))
    {
        tracing::debug!("the owner of {} is not kept: {error}", target.display());
    }
    #[cfg(target_os = "linux")]
    copy_extended(&old, new);
}

#[cfg(not(unix))]
fn keep_attributes(_: &Path, _: &fs::File) {}

/// Copies extended attributes; what the system keeps for itself cannot be set.
#[cfg(target_os = "linux")]
fn copy_extended(old: &fs::File, new: &fs::File) {
    let mut names = [0_u8; 4096];
    let Ok(length) = rustix::fs::flistxattr(old, &mut names[..]) else {
        return;
    };
    let names = names[..length].split(|byte| *byte == 0);
    for name in names.filter(|name| !name.is_empty()) {
        let mut value = vec![0_u8; 64 << 10];
        if let Ok(length) = rustix::fs::fgetxattr(old, name, &mut value[..]) {
            let flags = rustix::fs::XattrFlags::empty();
            let _ = rustix::fs::fsetxattr(new, name, &value[..length], flags);
        }
    }
}

fn permissions(path: &Path) -> Option<Permissions> {
    fs::metadata(path).ok().map(|there| there.permissions())
}

/// The folder of a file.
fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// How names of temporary files begin.
const START: &str = ".tokens-";

/// A new file: for its owner alone until it gets the mode of the file that it
/// replaces, or else with the mode that any program's files get.
fn new_file(folder: &Path, is_known: bool) -> std::io::Result<NamedTempFile> {
    if is_known {
        // The builder's own mode is that.
        temporary::builder(START, |builder| builder.tempfile_in(folder))
    } else {
        temporary::for_others(START, folder)
    }
}
