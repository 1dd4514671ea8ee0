//! The one private folder of a run, for what its programs read and write.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::{Builder, TempDir};

use super::Error;
use crate::temporary::private::{Needs, PrivateFolder};

/// Room for a few overlays and charts.
const NEEDS: Needs = Needs {
    bytes: 256 << 20,
    programs: false,
};

/// Made when they are needed first.
#[derive(Debug)]
pub(super) struct Temporary {
    root: PathBuf,
    private: Mutex<Option<PrivateFolder>>,
    disk: Mutex<Option<PrivateFolder>>,
}

impl Temporary {
    /// Where there is no room in memory all stands below `root`.
    pub(super) fn below(root: PathBuf) -> Self {
        Self {
            root,
            private: Mutex::new(None),
            disk: Mutex::new(None),
        }
    }

    pub(super) fn file(&self, suffix: &str, content: &[u8]) -> Result<tempfile::TempPath, Error> {
        let make = |place: &Path| {
            let mut file = Builder::new().suffix(suffix).tempfile_in(place)?;
            file.write_all(content)?;
            file.flush()?;
            Ok(file.into_temp_path())
        };
        self.private()
            .and_then(|place| make(&place))
            .map_err(|source| self.failed(source))
    }

    pub(super) fn folder(&self, prefix: &str) -> Result<TempDir, Error> {
        let made = self
            .private()
            .and_then(|place| Builder::new().prefix(prefix).tempdir_in(place));
        made.map_err(|source| self.failed(source))
    }

    pub(super) fn on_disk(&self) -> Result<TempDir, Error> {
        let place = known(&self.disk, || PrivateFolder::in_place(&self.root));
        place
            .and_then(tempfile::tempdir_in)
            .map_err(|source| self.failed(source))
    }

    fn private(&self) -> io::Result<PathBuf> {
        known(&self.private, || PrivateFolder::new(&self.root, NEEDS))
    }

    /// The fault of not being able to write there.
    fn failed(&self, source: io::Error) -> Error {
        Error::Temporary {
            folder: self.root.clone(),
            source,
        }
    }
}

/// Where a folder is; makes it when there is none yet.
fn known(
    folder: &Mutex<Option<PrivateFolder>>,
    make: impl FnOnce() -> io::Result<PrivateFolder>,
) -> io::Result<PathBuf> {
    let mut folder = folder.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = match &mut *folder {
        Some(folder) => folder,
        none => none.insert(make()?),
    };
    Ok(folder.path().to_path_buf())
}
