//! How a folder stands to what was put there.

use std::path::{Path, PathBuf};

use super::files::Files;
use super::lock::{Lock, Locked};
use super::place::Record;
use super::{Fault, content};

/// What is found where something is to be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing.
    Absent,
    /// What this program put there, and it is still as it was.
    Ours(Record),
    /// What this program put there, in a run that did not come to its end.
    Unsettled,
    /// Something else: changed by hand, or put there by somebody else. Its hash.
    Changed(String),
}

/// Looks at a folder.
pub(super) fn look(target: &Path) -> Result<Standing, Fault> {
    match target.symlink_metadata() {
        Err(_) => return Ok(Standing::Absent),
        Ok(meta) if !meta.is_dir() => return Ok(Standing::Changed(String::new())),
        Ok(_) => {}
    }
    let empty = || {
        let entries = target.read_dir();
        entries.is_ok_and(|mut entries| entries.next().is_none())
    };
    if empty() {
        return Ok(Standing::Absent);
    }
    let record = Record::of(target);
    if record
        .as_ref()
        .is_some_and(|record| record.content.is_none())
    {
        return Ok(Standing::Unsettled);
    }
    let found = content::of_folder(target)?;
    Ok(match record {
        Some(record) if record.content.as_ref() == Some(&found) => Standing::Ours(record),
        _ => Standing::Changed(found),
    })
}

/// The folders that the lock file of a definition names, and whether each holds what is
/// locked. None where there is no lock file that can be read.
pub fn locked_folders(definition: &Path) -> Vec<(PathBuf, bool)> {
    let lock = Files::new(definition, definition).and_then(|files| Lock::load(&files));
    let installed = lock.map(|lock| lock.installed).unwrap_or_default();
    let folders = installed.iter().map(|(key, locked)| {
        let target = definition.join(key);
        let is_locked = look(&target).is_ok_and(|standing| standing.is(locked));
        (target, is_locked)
    });
    folders.collect()
}

impl Standing {
    /// Whether exactly what is locked stands there.
    pub(super) fn is(&self, locked: &Locked) -> bool {
        match self {
            Self::Ours(record) => {
                record.resolved == locked.resolved && record.source == locked.wanted.source
            }
            Self::Changed(found) => *found == locked.content,
            Self::Absent | Self::Unsettled => false,
        }
    }

    /// Whether nothing is lost when it is replaced.
    pub(super) fn may_go(&self) -> bool {
        !matches!(self, Self::Changed(_))
    }
}
