//! Writing planned files: all or, as far as can be known before, none.
//!
//! Owns the two steps: every new content goes to a temporary file next to its
//! target first, and only when all of them are complete are they renamed.
//! Nothing else in this stage changes a file.

use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::error::Error;
use super::files::Planned;
use super::parallel;

/// Writes what changes; returns the paths written.
pub fn write(files: &[Planned]) -> Result<Vec<PathBuf>, Error> {
    // A later line may have replaced the output of an earlier one.
    let mut last: HashMap<&Path, usize> = HashMap::new();
    for (i, file) in files.iter().enumerate().filter(|(_, file)| file.writes()) {
        last.insert(&file.target, i);
    }
    let mut chosen: Vec<usize> = last.into_values().collect();
    chosen.sort_unstable();
    for i in &chosen {
        check(&files[*i].target)?;
    }
    let staged = parallel::map(&chosen, |i| stage(&files[*i]))
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    let jobs: Vec<_> = chosen.iter().zip(staged).collect();
    let mut written = Vec::with_capacity(jobs.len());
    for (i, temporary) in jobs {
        let target = &files[*i].target;
        temporary
            .persist(target)
            .map_err(|error| Error::io("replacing", target)(error.error))?;
        written.push(target.clone());
    }
    Ok(written)
}

/// Refuses a target that could not, or should not, be written.
fn check(target: &Path) -> Result<(), Error> {
    let reason = match fs::metadata(target) {
        Ok(there) if there.is_dir() => "it is a folder",
        Ok(there) if there.permissions().readonly() => "it is write-protected",
        Ok(there) if !there.is_file() => "it is no ordinary file",
        _ => return Ok(()),
    };
    Err(Error::Target {
        path: target.to_path_buf(),
        reason,
    })
}

/// The new content in a temporary file next to the target.
fn stage(file: &Planned) -> Result<NamedTempFile, Error> {
    let target = &file.target;
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let existing = permissions(target);
    if existing.is_none() {
        fs::create_dir_all(folder).map_err(Error::io("creating the folder", folder))?;
    }
    let wanted = existing.or_else(|| file.copies.then(|| permissions(&file.input)).flatten());
    let temporary = new_file(folder).map_err(Error::io("writing next to", target))?;
    let mut out = BufWriter::with_capacity(256 << 10, temporary.as_file());
    file.content
        .write_to(&mut out)
        .and_then(|()| out.flush())
        .map_err(Error::io("writing", target))?;
    drop(out);
    if let Some(wanted) = wanted {
        temporary
            .as_file()
            .set_permissions(wanted)
            .map_err(Error::io("setting the mode of", target))?;
    }
    Ok(temporary)
}

fn permissions(path: &Path) -> Option<Permissions> {
    fs::metadata(path).ok().map(|there| there.permissions())
}

/// A new file with the mode that any program's files get.
fn new_file(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tokens-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}
