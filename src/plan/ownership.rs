//! What may be overwritten or removed in an owned folder, and what may not.

use std::collections::{BTreeMap, HashSet};

use crate::error::{self, Kind};
use crate::model::ledger::LEDGER_FILE;
use crate::model::{EntryMode, Folder, FolderState, ObjectId, RelPath};

use super::Options;

/// What to do when an owned folder holds files that we did not write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ForeignFiles {
    /// Stop before the first publication into a folder that already holds files.
    #[default]
    Fail,
    /// Leave them alone; stop only where one stands in the way.
    Keep,
    /// Take the folder over: they become ours, and go when nothing generates them.
    Adopt,
}

/// What to do when a person changed a file that we wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum HandEdits {
    /// Stop and name the files.
    #[default]
    Fail,
    /// Write our content over it.
    Overwrite,
}

/// Why a folder may not be published to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder is in use by something else.
    #[error(
        "the folder `{folder}` of the manifest repository already holds {} that gitops-publisher did not write: {}",
        count(files.len()), listed(files)
    )]
    Foreign {
        /// The owned folder.
        folder: Folder,
        /// The files, by path from the folder.
        files: Vec<RelPath>,
    },
    /// Somebody else's file stands where one of ours must go.
    #[error(
        "the folder `{folder}` of the manifest repository holds {} that gitops-publisher did not write, at a path it generates: {}",
        count(files.len()), listed(files)
    )]
    InTheWay {
        /// The owned folder.
        folder: Folder,
        /// The files, by path from the folder.
        files: Vec<RelPath>,
    },
    /// Another environment owns the folder.
    #[error(
        "the folder `{folder}` of the manifest repository belongs to the environment `{owner}`"
    )]
    OtherEnvironment {
        /// The owned folder.
        folder: Folder,
        /// The environment in its ledger.
        owner: String,
    },
    /// Another owned folder lies inside, where we would write or remove.
    #[error(
        "the folder `{folder}` of the manifest repository holds the owned folder `{inner}` of another environment"
    )]
    Nested {
        /// The owned folder.
        folder: Folder,
        /// The folder with a ledger of its own, by path from the owned one.
        inner: String,
    },
    /// A person changed or removed what we wrote.
    #[error(
        "{} in the folder `{folder}` of the manifest repository changed since gitops-publisher wrote them: {}",
        count(files.len()), listed(files)
    )]
    HandEdited {
        /// The owned folder.
        folder: Folder,
        /// The files, by path from the folder.
        files: Vec<RelPath>,
    },
}

impl From<Error> for error::Error {
    fn from(error: Error) -> Self {
        let hints: &[&str] = match &error {
            Error::Foreign { .. } => &[
                "set `foreignFiles` to `adopt` to take the folder over (files that nothing generates are then removed)",
                "set `foreignFiles` to `keep` to leave them where they are, or choose another `folder`",
            ],
            Error::InTheWay { .. } => {
                &["set `foreignFiles` to `adopt` to replace them, or choose another `folder`"]
            }
            Error::OtherEnvironment { .. } => &[
                "give each environment a `folder` of its own; if the environment was renamed, set `foreignFiles` to `adopt` once",
            ],
            Error::Nested { .. } => {
                &["give each environment a `folder` of its own, none inside another"]
            }
            Error::HandEdited { .. } => &[
                "make the change in the source instead; it would be lost with the next publication",
                "set `handEdits` to `overwrite` to write the generated content over it",
            ],
        };
        Self::new(Kind::Conflict, error).hints(hints.iter().map(|&hint| hint.to_owned()))
    }
}

/// Whether git stores content under this mode.
pub(super) fn is_plain(mode: EntryMode) -> bool {
    matches!(mode, EntryMode::File | EntryMode::Executable)
}

/// Refuses what the options do not allow.
pub(super) fn check(
    options: Options,
    environment: &str,
    folder: &Folder,
    desired: &BTreeMap<&RelPath, ObjectId>,
    state: &FolderState,
) -> Result<(), Error> {
    let adopt = options.foreign_files == ForeignFiles::Adopt;
    if let Some(ledger) = state
        .ledger
        .as_ref()
        .filter(|ledger| ledger.environment != environment)
        && !adopt
    {
        return Err(Error::OtherEnvironment {
            folder: folder.clone(),
            owner: ledger.environment.clone(),
        });
    }
    if let Some(inner) = nested(adopt, desired, state) {
        return Err(Error::Nested {
            folder: folder.clone(),
            inner: inner.to_owned(),
        });
    }
    if options.hand_edits == HandEdits::Fail {
        let files = hand_edited(desired, state);
        if !files.is_empty() {
            return Err(Error::HandEdited {
                folder: folder.clone(),
                files,
            });
        }
    }
    if adopt {
        return Ok(());
    }
    let files = in_the_way(desired, state);
    if !files.is_empty() {
        return Err(Error::InTheWay {
            folder: folder.clone(),
            files,
        });
    }
    if options.foreign_files == ForeignFiles::Fail && state.ledger.is_none() {
        let files: Vec<_> = state
            .entries
            .keys()
            .filter(|path| !desired.contains_key(path))
            .cloned()
            .collect();
        if !files.is_empty() {
            return Err(Error::Foreign {
                folder: folder.clone(),
                files,
            });
        }
    }
    Ok(())
}

/// A folder inside with a ledger of its own, that adopting would empty or that
/// we would write into.
fn nested<'s>(
    adopt: bool,
    desired: &BTreeMap<&RelPath, ObjectId>,
    state: &'s FolderState,
) -> Option<&'s str> {
    let inner = |path: &'s RelPath| path.as_str().strip_suffix(LEDGER_FILE)?.strip_suffix('/');
    let folders: Vec<&str> = state.entries.keys().filter_map(inner).collect();
    let written = |folder: &str| {
        desired
            .keys()
            .any(|path| path.ancestors().any(|top| top == folder))
    };
    folders.into_iter().find(|folder| adopt || written(folder))
}

/// Files of the ledger that stand there with other content, or are gone,
/// unless they are already what we would write.
fn hand_edited(desired: &BTreeMap<&RelPath, ObjectId>, state: &FolderState) -> Vec<RelPath> {
    let Some(ledger) = &state.ledger else {
        return Vec::new();
    };
    let edited = |path: &RelPath, written: ObjectId| {
        let now = state.entries.get(path).map(|entry| entry.id);
        now != Some(written) && now != desired.get(path).copied()
    };
    ledger
        .files
        .iter()
        .filter(|(path, file)| edited(path, file.blob))
        .map(|(path, _)| path.clone())
        .collect()
}

/// Files that are not ours, differ from what we would write, and stand at a
/// path we generate, above it, or below it.
fn in_the_way(desired: &BTreeMap<&RelPath, ObjectId>, state: &FolderState) -> Vec<RelPath> {
    let ours = |path: &RelPath| {
        state
            .ledger
            .as_ref()
            .is_some_and(|ledger| ledger.files.contains_key(path))
    };
    let above = desired_folders(desired);
    let blocks = |path: &RelPath| {
        above.contains(path.as_str()) || path.ancestors().any(|top| desired_file(desired, top))
    };
    state
        .entries
        .iter()
        .filter(|(path, _)| !ours(path))
        .filter(|(path, entry)| match desired.get(path) {
            Some(id) => *id != entry.id || !is_plain(entry.mode),
            None => blocks(path),
        })
        .map(|(path, _)| path.clone())
        .collect()
}

/// Every folder that the desired files need.
fn desired_folders<'p>(desired: &BTreeMap<&'p RelPath, ObjectId>) -> HashSet<&'p str> {
    desired.keys().flat_map(|path| path.ancestors()).collect()
}

/// Whether a file is desired at exactly this path.
fn desired_file(desired: &BTreeMap<&RelPath, ObjectId>, path: &str) -> bool {
    RelPath::parse(path).is_ok_and(|path| desired.contains_key(&path))
}

/// `1 file`, `3 files`.
fn count(number: usize) -> String {
    match number {
        1 => "1 file".to_owned(),
        _ => format!("{number} files"),
    }
}

/// The first few names, and how many more there are.
fn listed(files: &[RelPath]) -> String {
    const SHOWN: usize = 5;
    let mut text = files
        .iter()
        .take(SHOWN)
        .map(RelPath::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    if files.len() > SHOWN {
        text.push_str(&format!(" and {} more", files.len() - SHOWN));
    }
    text
}
