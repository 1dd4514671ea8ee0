//! What may be overwritten or removed in an owned folder, and what may not.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use crate::model::{EntryMode, Folder, FolderState, Ledger, Names, ObjectId, RelPath};

use super::error::Error;
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
    // A former folder of the same environment may be around its new one.
    let is_other = |(_, ledger): &&(Folder, Ledger)| former_owner(wanted, ledger).is_some();
    if let Some((outer, ledger)) = state.outer.iter().find(is_other) {
        return Err(Error::Inside {
            folder: folder.clone(),
            outer: outer.clone(),
            environment: ledger.environment.clone(),
            owner: Box::new(ledger.publication.source.clone()),
        });
    }
    if let Some((ours, theirs)) = folder_twin(folder, state) {
        return Err(Error::Twin { ours, theirs });
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
    if let Some((ours, theirs)) = twins(desired, state) {
        let below = |name| RelPath::parse(name).map(|name| folder.join(&name));
        if let (Ok(ours), Ok(theirs)) = (below(ours), below(theirs)) {
            return Err(Error::Twin { ours, theirs });
        }
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

/// A folder inside with a ledger of its own that adopting would empty, that we would
/// write into or over, or that would be inside ours from now on.
fn nested<'s>(
    adopt: bool,
    desired: &BTreeMap<&RelPath, ObjectId>,
    state: &'s FolderState,
) -> Option<&'s RelPath> {
    let written = |folder: &RelPath| {
        let mut paths = desired.keys();
        paths.any(|path| path.starts_with(folder) || folder.starts_with(path))
    };
    let mut folders = state.inner.iter();
    folders.find(|folder| adopt || state.ledger.is_none() || written(folder))
}

/// The folder without what lies in owned folders inside: that is not ours, whatever
/// our ledger says of it.
pub(super) fn own(state: &FolderState) -> Cow<'_, FolderState> {
    if state.inner.is_empty() {
        return Cow::Borrowed(state);
    }
    let is_own = |path: &RelPath| !state.inner.iter().any(|inner| path.starts_with(inner));
    let mut own = state.clone();
    own.entries.retain(|path, _| is_own(path));
    if let Some(ledger) = &mut own.ledger {
        ledger.files.retain(|path, _| is_own(path));
    }
    Cow::Owned(own)
}

/// A new folder, or a new one above it, and what is there under its name for Windows
/// and macOS.
fn folder_twin(folder: &Folder, state: &FolderState) -> Option<(RelPath, RelPath)> {
    let theirs = state.twin.as_ref().filter(|_| state.ledger.is_none())?;
    let depth = theirs.segments().count();
    let ours: Vec<_> = folder.path()?.segments().take(depth).collect();
    let ours = RelPath::parse(&ours.join("/")).ok()?;
    Some((ours, theirs.clone()))
}

/// What we would write for the first time, or a new folder for it, and what stays there
/// beside it with a name that Windows and macOS take for the same.
fn twins<'p>(
    desired: &BTreeMap<&'p RelPath, ObjectId>,
    state: &'p FolderState,
) -> Option<(&'p str, &'p str)> {
    let listed = |path: &RelPath| {
        let ledger = state.ledger.as_ref();
        ledger.is_some_and(|ledger| ledger.files.contains_key(path))
    };
    let stays = |path: &&RelPath| !desired.contains_key(path) && !listed(path);
    let mut staying: Names<'_> = state.entries.keys().filter(stays).collect();
    if staying.is_empty() {
        return None;
    }
    staying.know(state.entries.keys());
    let mut new = desired
        .keys()
        .filter(|path| !state.entries.contains_key(path));
    new.find_map(|path| staying.twin(path))
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
