//! The tool cache, in the agent's own layout.
//!
//! `<cache>/<tool>/<version>/<arch>/…` with `<arch>.complete` beside it. Only
//! what has its marker is used, and the marker is written last, so a folder
//! that was interrupted is as good as none.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::{Platform, Tool};
use crate::tools::search::is_executable;

/// How often a lock that another process holds is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The place of one version in the tool cache.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// `<cache>/<tool>/<version>`
    pub(super) folder: PathBuf,
    platform: Platform,
    tool: Tool,
}

impl Slot {
    pub(super) fn new(cache: &Path, tool: Tool, version: &str, platform: Platform) -> Self {
        Self {
            folder: cache.join(tool.name()).join(version),
            platform,
            tool,
        }
    }

    /// `<cache>/<tool>/<version>/<arch>`
    pub(super) fn home(&self) -> PathBuf {
        self.folder.join(self.platform.arch())
    }

    fn marker(&self) -> PathBuf {
        let name = format!("{}.complete", self.platform.arch());
        self.folder.join(name)
    }

    /// The program, when this version is there as a whole.
    pub(super) fn program(&self) -> Option<PathBuf> {
        if self.marker().is_file() {
            self.program_in(&self.home())
        } else {
            None
        }
    }

    /// The program in an unpacked release: at its top, or in the folder that
    /// is named after the platform.
    pub(super) fn program_in(&self, home: &Path) -> Option<PathBuf> {
        let name = self.platform.program(self.tool);
        [
            home.join(&name),
            home.join(self.platform.folder()).join(&name),
        ]
        .into_iter()
        .find(|path| is_executable(path))
    }

    /// Waits until no other process installs this version. The lock goes when
    /// the file is closed, however its owner ends.
    pub(super) async fn lock(&self) -> io::Result<Option<File>> {
        std::fs::create_dir_all(&self.folder)?;
        let path = self.folder.join(format!("{}.lock", self.platform.arch()));
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOOK_AGAIN).await,
                // A file system without locks. The rename below still keeps
                // halves from being seen; both processes do the work.
                Err(TryLockError::Error(_)) => return Ok(None),
            }
        }
    }

    /// A temporary folder beside the place, so that it can be moved there.
    /// With the lock held, what a killed process left is removed.
    pub(super) fn room(&self, locked: bool) -> io::Result<TempDir> {
        let prefix = format!(".new-{}-", self.platform.arch());
        if locked {
            for entry in std::fs::read_dir(&self.folder)?.flatten() {
                if entry.file_name().to_string_lossy().starts_with(&prefix) {
                    remove(&entry.path());
                }
            }
        }
        tempfile::Builder::new()
            .prefix(&prefix)
            .tempdir_in(&self.folder)
    }

    /// Moves an unpacked release to its place and marks it. `room` takes what
    /// an interrupted install left there.
    pub(super) fn settle(&self, unpacked: &Path, room: &Path) -> io::Result<()> {
        let home = self.home();
        if home.symlink_metadata().is_ok() {
            rename(&home, &room.join("old"))?;
        }
        rename(unpacked, &home)?;
        File::create(self.marker()).map(drop)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "leftovers of this module's own temporary folders"
)]
fn remove(folder: &Path) {
    // What cannot be removed is in nobody's way.
    let _ = std::fs::remove_dir_all(folder);
}

/// Renames a folder. On Windows a scanner may still look at its files.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let mut tries = if cfg!(windows) { 20 } else { 1 };
    loop {
        tries -= 1;
        match std::fs::rename(from, to) {
            Err(error) if tries > 0 && error.kind() == io::ErrorKind::PermissionDenied => {
                std::thread::sleep(LOOK_AGAIN);
            }
            result => return result,
        }
    }
}
