//! What may be overwritten or removed in an owned folder, and what may not.

use std::collections::{BTreeMap, HashSet};

use crate::error::{self, Kind};
use crate::model::{EntryMode, Folder, FolderState, Ledger, ObjectId, RelPath, SourceStamp};

use super::{Desired, Options};

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
        /// The files, by path from the folder. Names that cannot be written
        /// as they are stand there escaped.
        files: Vec<String>,
    },
    /// Files that cannot become ours.
    #[error(
        "the folder `{folder}` of the manifest repository cannot be taken over: it holds {} with a name that is not UTF-8, or has control characters or backslashes in it: {}",
        count(files.len()), listed(files)
    )]
    OddNames {
        /// The owned folder.
        folder: Folder,
        /// The files, escaped, by path from the folder.
        files: Vec<String>,
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
    /// Another source owns the folder.
    #[error(
        "the folder `{folder}` of the manifest repository belongs to the environment `{environment}` of {owner}; this run publishes from {ours}"
    )]
    OtherSource {
        /// The owned folder.
        folder: Folder,
        /// The environment in its ledger.
        environment: String,
        /// The source in its ledger.
        owner: Box<SourceStamp>,
        /// The source of this run.
        ours: Box<SourceStamp>,
    },
    /// Nobody can say whether the folder's source is that of this run.
    #[error(
        "the folder `{folder}` of the manifest repository belongs to the environment `{environment}` of {owner}; the source of this run is in no git checkout, so nothing shows that it is the same"
    )]
    UnknownSource {
        /// The owned folder.
        folder: Folder,
        /// The environment in its ledger.
        environment: String,
        /// The source in its ledger.
        owner: Box<SourceStamp>,
    },
    /// Another owned folder lies inside, where we would write or remove.
    #[error(
        "the folder `{folder}` of the manifest repository holds the owned folder `{inner}` of another environment"
    )]
    Nested {
        /// The owned folder.
        folder: Folder,
        /// The folder with a ledger of its own, by path from the owned one.
        inner: RelPath,
    },
    /// A person changed or removed what we wrote.
    #[error(
        "{} in the folder `{folder}` of the manifest repository changed since gitops-publisher wrote {}: {}",
        count(files.len()), if files.len() == 1 { "it" } else { "them" }, listed(files)
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
            Error::OddNames { .. } => &[
                "rename or remove these files, or set `foreignFiles` to `keep` to leave every file where it is",
            ],
            Error::OtherEnvironment { .. } => &[
                "give each environment a `folder` of its own; if the environment was renamed, run once with `--take-over` or the input `takeOver` on the task",
            ],
            Error::OtherSource { .. } => &[
                "give this source another `folder`, such as `web/{environment}`",
                "if it is the same source under another name or in another place, or is to replace it, run once with `--take-over` or the input `takeOver` on the task",
            ],
            Error::UnknownSource { .. } => &[
                "publish from a git checkout of that repository; when it was copied without `.git`, or has no commit yet, this is not one",
                "to publish to the folder from here all the same, run once with `takeOver: true` (`--take-over`)",
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
    wanted: &Desired<'_>,
    desired: &BTreeMap<&RelPath, ObjectId>,
    state: &FolderState,
) -> Result<(), Error> {
    let folder = wanted.folder;
    let adopt = options.foreign_files == ForeignFiles::Adopt;
    if let Some(ledger) = &state.ledger {
        check_owner(options, wanted, ledger)?;
    }
    if let Some(inner) = nested(adopt, desired, state) {
        return Err(Error::Nested {
            folder: folder.clone(),
            inner: inner.clone(),
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
        if state.odd.is_empty() {
            return Ok(());
        }
        return Err(Error::OddNames {
            folder: folder.clone(),
            files: state.odd.clone(),
        });
    }
    let files = in_the_way(desired, state);
    if !files.is_empty() {
        return Err(Error::InTheWay {
            folder: folder.clone(),
            files,
        });
    }
    if options.foreign_files == ForeignFiles::Fail && state.ledger.is_none() {
        let foreign = state
            .entries
            .keys()
            .filter(|path| !desired.contains_key(path));
        let foreign = foreign.map(ToString::to_string);
        let files: Vec<_> = foreign.chain(state.odd.iter().cloned()).collect();
        if !files.is_empty() {
            return Err(Error::Foreign {
                folder: folder.clone(),
                files,
            });
        }
    }
    Ok(())
}

/// Refuses a folder of another source or environment.
fn check_owner(options: Options, wanted: &Desired<'_>, ledger: &Ledger) -> Result<(), Error> {
    if options.take_over {
        return Ok(());
    }
    let owner = &ledger.publication.source;
    let ours = &wanted.publication.source;
    if owner.repository.is_some() && ours.repository.is_none() {
        return Err(Error::UnknownSource {
            folder: wanted.folder.clone(),
            environment: ledger.environment.clone(),
            owner: Box::new(owner.clone()),
        });
    }
    if !owner.may_be(ours, wanted.is_same_repository) {
        return Err(Error::OtherSource {
            folder: wanted.folder.clone(),
            environment: ledger.environment.clone(),
            owner: Box::new(owner.clone()),
            ours: Box::new(ours.clone()),
        });
    }
    if ledger.environment != wanted.environment && options.foreign_files != ForeignFiles::Adopt {
        return Err(Error::OtherEnvironment {
            folder: wanted.folder.clone(),
            owner: ledger.environment.clone(),
        });
    }
    Ok(())
}

/// Whether the folder changes hands, and from whom.
pub(super) fn former_owner(wanted: &Desired<'_>, ledger: &Ledger) -> Option<String> {
    let owner = &ledger.publication.source;
    let ours = &wanted.publication.source;
    let is_unknown = owner.repository.is_some() && ours.repository.is_none();
    let moved = is_unknown || !owner.may_be(ours, wanted.is_same_repository);
    (moved || ledger.environment != wanted.environment)
        .then(|| format!("environment `{}` of {owner}", ledger.environment))
}

/// A folder inside with a ledger of its own, that adopting would empty or that
/// we would write into.
fn nested<'s>(
    adopt: bool,
    desired: &BTreeMap<&RelPath, ObjectId>,
    state: &'s FolderState,
) -> Option<&'s RelPath> {
    let written = |folder: &RelPath| desired.keys().any(|path| path.starts_with(folder));
    let mut folders = state.inner.iter();
    folders.find(|folder| adopt || written(folder))
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
fn listed<T: ToString>(files: &[T]) -> String {
    const SHOWN: usize = 5;
    let mut text = files
        .iter()
        .take(SHOWN)
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    if files.len() > SHOWN {
        text.push_str(&format!(" and {} more", files.len() - SHOWN));
    }
    text
}
