//! Archives from elsewhere, read so that nothing in them can do harm.
//!
//! Owns the rules: names stay below their folder and mean the same file on
//! every system, there are files and folders and nothing else, and count and
//! sizes are bounded by what really comes out, not by what headers promise.
//! Writes below the one folder it is given; knows nothing of where an archive
//! is from.

mod error;
mod names;
mod tarball;
mod zipped;

use std::fs::File;
use std::io::{Cursor, Read, Seek, Write};
use std::path::Path;

pub use error::Error;

use crate::model::RelPath;
use names::Names;

/// How an archive is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// tar in gzip: `.tar.gz`, `.tgz`.
    TarGz,
    /// zip, stored or deflated.
    Zip,
}

impl Kind {
    /// The kind that a file name says.
    pub fn of(file_name: &str) -> Option<Self> {
        let name = file_name.to_ascii_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        if ends(&[".tar.gz", ".tgz"]) {
            Some(Self::TarGz)
        } else if ends(&[".zip"]) {
            Some(Self::Zip)
        } else {
            None
        }
    }
}

/// How much an archive may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Files and folders.
    pub entries: usize,
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of all files together.
    pub total: u64,
}

impl Limits {
    /// For a released program with its licence: 512 MiB in 1000 entries.
    pub fn program() -> Self {
        Self {
            entries: 1000,
            file: 512 << 20,
            total: 512 << 20,
        }
    }

    /// For a Helm chart or a folder of manifests: 10,000 files of at most
    /// 16 MiB, 128 MiB in all.
    pub fn text() -> Self {
        Self {
            entries: 10_000,
            file: 16 << 20,
            total: 128 << 20,
        }
    }
}

/// Unpacks everything into the folder `into`, which exists and is empty.
/// Gives back the files' names, in the archive's order. On an error what has
/// been written stays, so unpack into a temporary folder.
pub fn unpack(
    archive: impl Read + Seek,
    kind: Kind,
    into: &Path,
    limits: &Limits,
) -> Result<Vec<RelPath>, Error> {
    let mut files = Vec::new();
    walk(archive, kind, limits, &mut |item, content| {
        let path = item.path.on_disk(into);
        let write = |source| Error::Write {
            path: path.clone(),
            source,
        };
        if item.folder {
            return std::fs::create_dir_all(&path).map_err(write);
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(write)?;
        }
        let mut file = File::create_new(&path).map_err(write)?;
        content.copy(&mut file, &path)?;
        make_executable(&file, item.executable).map_err(write)?;
        files.push(item.path.clone());
        Ok(())
    })?;
    Ok(files)
}

/// The content of the file `name`; `None` when there is none. The whole
/// archive is checked, whatever is asked for.
pub fn member(
    archive: impl Read + Seek,
    kind: Kind,
    name: &str,
    limits: &Limits,
) -> Result<Option<Vec<u8>>, Error> {
    let mut found = None;
    walk(archive, kind, limits, &mut |item, content| {
        if item.folder {
            return Ok(());
        }
        if item.path.as_str() == name {
            let mut bytes = Vec::new();
            content.copy(&mut bytes, Path::new(name))?;
            found = Some(bytes);
            return Ok(());
        }
        content.copy(&mut std::io::sink(), Path::new(name))
    })?;
    Ok(found)
}

/// Gives the content of each file to `take`, in the archive's order.
pub fn each(
    archive: impl Read + Seek,
    kind: Kind,
    limits: &Limits,
    mut take: impl FnMut(Vec<u8>),
) -> Result<(), Error> {
    walk(archive, kind, limits, &mut |item, content| {
        if !item.folder {
            let mut bytes = Vec::new();
            content.copy(&mut bytes, Path::new(item.path.as_str()))?;
            take(bytes);
        }
        Ok(())
    })
}

/// [`unpack`] for an archive in memory.
pub fn unpack_bytes(
    archive: &[u8],
    kind: Kind,
    into: &Path,
    limits: &Limits,
) -> Result<Vec<RelPath>, Error> {
    unpack(Cursor::new(archive), kind, into, limits)
}

/// One checked entry.
struct Item {
    path: RelPath,
    folder: bool,
    executable: bool,
}

/// The content of one entry, with its bounds.
struct Content<'a> {
    reader: &'a mut dyn Read,
    name: &'a str,
    /// What the header promises.
    size: u64,
    /// What is left of the total.
    left: &'a mut u64,
    limits: &'a Limits,
}

impl Content<'_> {
    /// Copies all of it; more or less than was promised is an error.
    fn copy(&mut self, out: &mut dyn Write, path: &Path) -> Result<(), Error> {
        let mut chunk = vec![0; 64 << 10];
        let mut copied = 0;
        loop {
            let count = match self.reader.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(source) => return Err(Error::damaged(Some(self.name), &source)),
            };
            copied += count as u64;
            if copied > self.limits.file {
                return Err(Error::FileTooLarge {
                    name: self.name.to_owned(),
                    limit: self.limits.file,
                });
            }
            *self.left = self
                .left
                .checked_sub(count as u64)
                .ok_or(Error::TooLarge(self.limits.total))?;
            let write = |source| Error::Write {
                path: path.to_owned(),
                source,
            };
            out.write_all(&chunk[..count]).map_err(write)?;
        }
        if copied == self.size {
            Ok(())
        } else {
            Err(Error::Damaged {
                place: format!(" at `{}`", self.name),
                reason: format!("{copied} of {} bytes are there", self.size),
            })
        }
    }
}

/// What is done with each entry. A file's content must be read to its end.
type Visit<'a> = &'a mut dyn FnMut(&Item, &mut Content<'_>) -> Result<(), Error>;

fn walk(
    archive: impl Read + Seek,
    kind: Kind,
    limits: &Limits,
    visit: Visit<'_>,
) -> Result<(), Error> {
    let mut names = Names::new(limits.entries);
    match kind {
        Kind::TarGz => tarball::walk(archive, limits, &mut names, visit),
        Kind::Zip => zipped::walk(archive, limits, &mut names, visit),
    }
}

#[cfg(unix)]
fn make_executable(file: &File, executable: bool) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = if executable { 0o755 } else { 0o644 };
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
fn make_executable(_: &File, _: bool) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
