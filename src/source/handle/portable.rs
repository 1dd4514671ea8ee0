//! A folder as its real path, where folders cannot be held open for this. Each
//! file is looked at again after it was opened.

#![expect(clippy::disallowed_methods, reason = "this is the reader")]

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::Kind;
use crate::source::root::real;

/// A folder.
#[derive(Debug)]
pub(in crate::source) struct Handle(PathBuf);

impl Handle {
    /// Opens a folder that the caller names.
    pub(in crate::source) fn open(path: &Path) -> io::Result<Self> {
        let path = real(path)?;
        if path.symlink_metadata()?.is_dir() {
            return Ok(Self(path));
        }
        Err(io::ErrorKind::NotADirectory.into())
    }

    /// What an entry is.
    pub(in crate::source) fn look(&self, name: &OsStr) -> io::Result<Kind> {
        Ok(self.0.join(name).symlink_metadata()?.file_type().into())
    }

    /// Where a link leads.
    pub(in crate::source) fn target(&self, name: &OsStr) -> io::Result<PathBuf> {
        self.0.join(name).read_link()
    }

    /// Opens a folder in this one.
    pub(in crate::source) fn folder(&self, name: &OsStr) -> io::Result<Self> {
        match self.look(name)? {
            Kind::Folder => Ok(Self(self.0.join(name))),
            _ => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// Opens a file in this folder.
    pub(in crate::source) fn file(&self, name: &OsStr) -> io::Result<File> {
        let path = self.0.join(name);
        let file = File::open(&path)?;
        // What was opened has to be what stands here, reached without a link.
        if real(&path)? == path && self.look(name)? == Kind::File {
            return Ok(file);
        }
        Err(io::Error::other("it was replaced while it was read"))
    }

    /// Calls `each` with every entry until it says that it has enough.
    pub(in crate::source) fn list(
        &self,
        each: &mut dyn FnMut(OsString, Kind) -> bool,
    ) -> io::Result<()> {
        for entry in self.0.read_dir()? {
            let entry = entry?;
            if !each(entry.file_name(), entry.file_type()?.into()) {
                break;
            }
        }
        Ok(())
    }

    /// Nothing promises here that no link is on the way.
    pub(in crate::source) fn straight(&self, _: &Path) -> io::Result<Option<File>> {
        Ok(None)
    }
}
