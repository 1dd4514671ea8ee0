//! A folder as an open file descriptor. Between looking at an entry and
//! opening it nothing can be slipped in that leads elsewhere: both start from
//! the descriptor, and neither follows a link.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, openat, readlinkat, statat};

use super::Kind;

/// What opens a folder without the right to list it, where that exists.
#[cfg(target_os = "linux")]
const FOLDER: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const FOLDER: OFlags = OFlags::RDONLY;

/// Opening a pipe would wait for its other end, opening a terminal could make
/// it ours.
const FILE: OFlags = OFlags::RDONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// An open folder.
#[derive(Debug)]
pub(in crate::source) struct Handle(OwnedFd);

impl Handle {
    /// Opens a folder that the caller names.
    pub(in crate::source) fn open(path: &Path) -> io::Result<Self> {
        let flags = FOLDER | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(rustix::fs::open(path, flags, Mode::empty())?))
    }

    /// What an entry is.
    pub(in crate::source) fn look(&self, name: &OsStr) -> io::Result<Kind> {
        let stat = statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(kind(FileType::from_raw_mode(stat.st_mode)))
    }

    /// Where a link leads.
    pub(in crate::source) fn target(&self, name: &OsStr) -> io::Result<PathBuf> {
        let target = readlinkat(&self.0, name, Vec::new())?;
        Ok(OsString::from_vec(target.into_bytes()).into())
    }

    /// Opens a folder in this one.
    pub(in crate::source) fn folder(&self, name: &OsStr) -> io::Result<Self> {
        let flags = FOLDER | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self(openat(&self.0, name, flags, Mode::empty())?))
    }

    /// Opens a file in this folder.
    pub(in crate::source) fn file(&self, name: &OsStr) -> io::Result<File> {
        let flags = FILE | OFlags::NOFOLLOW;
        Ok(openat(&self.0, name, flags, Mode::empty())?.into())
    }

    /// Calls `each` with every entry until it says that it has enough.
    pub(in crate::source) fn list(
        &self,
        each: &mut dyn FnMut(OsString, Kind) -> bool,
    ) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        for entry in Dir::new(openat(&self.0, ".", flags, Mode::empty())?)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            let name = OsString::from_vec(name.to_vec());
            let kind = match entry.file_type() {
                // Some file systems do not say.
                FileType::Unknown => match self.look(&name) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    looked => looked?,
                },
                known => kind(known),
            };
            if !each(name, kind) {
                break;
            }
        }
        Ok(())
    }

    /// Opens a file below this folder in one step, when the kernel can promise
    /// that no link is on the way; `None` when somebody has to look.
    ///
    /// <https://man7.org/linux/man-pages/man2/openat2.2.html>
    #[cfg(target_os = "linux")]
    pub(in crate::source) fn straight(&self, below: &Path) -> io::Result<Option<File>> {
        use rustix::fs::{ResolveFlags, openat2};
        use rustix::io::Errno;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match openat2(&self.0, below, FILE, Mode::empty(), resolve) {
            Ok(file) => Ok(Some(file.into())),
            Err(Errno::ACCESS | Errno::MFILE | Errno::NFILE) => Err(Errno::ACCESS.into()),
            // Links, absence, folders, sockets, old kernels: step by step.
            Err(_) => Ok(None),
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(in crate::source) fn straight(&self, _: &Path) -> io::Result<Option<File>> {
        Ok(None)
    }
}

fn kind(kind: FileType) -> Kind {
    match kind {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        _ => Kind::Other,
    }
}
