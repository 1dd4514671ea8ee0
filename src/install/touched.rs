//! Which installed folders hooks may have changed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::place::Record;
use super::{Fault, content};

/// Folders whose content nobody knows before the end of the run.
#[derive(Debug, Default)]
pub(super) struct Touched(BTreeSet<PathBuf>);

impl Touched {
    /// Notes that hooks in `folder` may change those of the installed folders
    /// that it is in or that are in it. Should the run not come to its end,
    /// they are installed anew by the next one.
    pub(super) fn note<'p>(
        &mut self,
        installed: impl Iterator<Item = &'p PathBuf>,
        folder: &Path,
    ) -> Result<(), Fault> {
        for target in installed {
            let near = target.starts_with(folder) || folder.starts_with(target);
            if near
                && self.0.insert(target.clone())
                && let Some(mut record) = Record::of(target)
            {
                record.content = None;
                record.save(target)?;
            }
        }
        Ok(())
    }

    /// Records what hooks made of the folders.
    pub(super) fn settle(self) -> Result<(), Fault> {
        for target in self.0 {
            if let Some(mut record) = Record::of(&target).filter(|_| target.is_dir()) {
                record.content = Some(content::of_folder(&target)?);
                record.save(&target)?;
            }
        }
        Ok(())
    }
}
