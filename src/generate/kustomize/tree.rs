//! The folders that an overlay may be made of: the source's own tree, and
//! repositories that were fetched for it.

use std::path::{Path, PathBuf};

use super::remote::Repository;
use super::shown::Shown;
use crate::generate::reading::Reader;

/// Where fetched repositories stand in the private copy.
const FETCHED: &str = ".fetched";

/// One of them.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) reader: Reader,
    /// Its place in the private copy.
    pub(super) at: PathBuf,
    /// What was fetched, when it was.
    pub(super) repository: Option<Repository>,
    shown: Shown,
    /// Gone with this value.
    _folder: Option<tempfile::TempDir>,
}

impl Tree {
    /// The source's own tree.
    pub(super) fn source(reader: Reader) -> Self {
        Self {
            shown: Shown::new(&reader),
            reader,
            at: PathBuf::new(),
            repository: None,
            _folder: None,
        }
    }

    /// A fetched repository, the `number`th.
    pub(super) fn fetched(
        reader: Reader,
        number: usize,
        repository: Repository,
        folder: tempfile::TempDir,
    ) -> Self {
        Self {
            shown: Shown::new(&reader),
            reader,
            at: Path::new(FETCHED).join(number.to_string()),
            repository: Some(repository),
            _folder: Some(folder),
        }
    }

    /// A path for messages.
    pub(super) fn show(&self, path: &Path) -> String {
        let Some(repository) = &self.repository else {
            return self.shown.path(path);
        };
        let inner = self.reader.below_root(path).unwrap_or(path);
        if inner.as_os_str().is_empty() {
            return repository.to_string();
        }
        format!("{repository}//{}", inner.display())
    }

    /// The place of a path in the private copy.
    pub(super) fn position(&self, path: &Path) -> Option<PathBuf> {
        let below = self.reader.below_root(path)?;
        Some(self.at.join(below))
    }
}
