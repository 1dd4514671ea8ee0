//! Stage: what publishing would change in one owned folder.
//!
//! A pure function from what was rendered and what stands at the tip of the
//! branch to a [`FolderPlan`]. Owns the rules of ownership: only files in the
//! ledger are removed, a file that a person changed stops the run, files that
//! are not ours are left alone. May not talk to a server or look at settings.

mod error;
mod leave;
mod ownership;
mod resources;

use std::collections::BTreeMap;

use crate::model::{
    FileChange, FileSet, Folder, FolderPlan, FolderState, GeneratorStamp, Ledger, LedgerFile,
    ObjectId, PublicationStamp, Resource, SameRepository,
};

pub use error::Error;
pub use leave::{Orphans, leave};
pub use ownership::{ForeignFiles, HandEdits};

/// How to treat files in an owned folder that are not as we left them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Files that we did not write.
    pub foreign_files: ForeignFiles,
    /// Files that we wrote and a person changed since.
    pub hand_edits: HandEdits,
    /// The folder may belong to another source or environment.
    pub take_over: bool,
}

/// What an environment was rendered to, and for whom.
#[derive(Clone, Copy)]
pub struct Desired<'a> {
    /// The environment's name.
    pub environment: &'a str,
    /// The folder in the manifest repository that it owns.
    pub folder: &'a Folder,
    /// The settings file, or a default, says that it is this folder; an input may
    /// give one environment several.
    pub is_folder_of_file: bool,
    /// The files, by path from the folder.
    pub files: &'a FileSet,
    /// The resources in those files.
    pub resources: &'a [Resource],
    /// What generated them.
    pub generator: &'a GeneratorStamp,
    /// What they were made from, and which run this is.
    pub publication: &'a PublicationStamp,
    /// Whether two addresses name one source repository.
    pub is_same_repository: SameRepository<'a>,
}

/// Compares `desired` with the folder as it stands.
///
/// The plan is empty when every byte already stands there, whatever generator
/// version or run wrote it: the same inputs never make a commit.
pub fn folder(
    options: Options,
    desired: &Desired<'_>,
    state: &FolderState,
) -> Result<FolderPlan, Error> {
    let ids: BTreeMap<_, _> = desired
        .files
        .iter()
        .map(|(path, content)| (path, ObjectId::of_blob(content)))
        .collect();
    let state = ownership::own(state);
    let state = &*state;
    ownership::check(options, desired, &ids, state)?;

    let nothing_owned = BTreeMap::new();
    let owned = state
        .ledger
        .as_ref()
        .map_or(&nothing_owned, |ledger| &ledger.files);
    let mut plan = FolderPlan {
        resources_before: resources::before(desired, state),
        files_before: state.entries.len(),
        is_new_folder: state.ledger.is_none() && state.entries.is_empty(),
        ..FolderPlan::default()
    };
    for (path, content) in desired.files.iter() {
        let change = match state.entries.get(path) {
            Some(entry) if ownership::is_plain(entry.mode) && entry.id == ids[path] => continue,
            Some(entry) => {
                if !owned.contains_key(path) {
                    plan.foreign_replaced.insert(path.clone(), entry.id);
                }
                FileChange::Changed
            }
            None => FileChange::Added,
        };
        plan.files.insert(path.clone(), change);
        plan.writes.insert(path.clone(), content.clone());
    }
    let adopt = options.foreign_files == ForeignFiles::Adopt;
    for (path, entry) in &state.entries {
        if !ids.contains_key(path) && (adopt || owned.contains_key(path)) {
            plan.files.insert(path.clone(), FileChange::Removed);
            if !owned.contains_key(path) {
                plan.foreign_removed.insert(path.clone(), entry.id);
            }
        }
    }
    let edits = owned.iter().filter_map(|(path, listed)| {
        let entry = state.entries.get(path)?;
        let is_dropped = entry.id != listed.blob && plan.files.contains_key(path);
        (is_dropped && !listed.resources.is_empty()).then(|| (path.clone(), entry.id))
    });
    plan.edits_dropped = edits.collect();
    // A folder with the right bytes and no ledger becomes ours by adding one.
    let unowned = state.ledger.is_none() && !desired.files.is_empty();
    let ledger = state.ledger.as_ref();
    plan.taken_over_from = ledger.and_then(|ledger| ownership::former_owner(desired, ledger));
    // An edit that the source caught up with is an edit no longer.
    let lists_other = |ledger: &Ledger| {
        let listed = ledger.files.iter().map(|(path, file)| (path, &file.blob));
        !listed.eq(ids.iter().map(|(path, id)| (*path, id)))
    };
    let overwrites = options.hand_edits == HandEdits::Overwrite;
    let is_stale = overwrites && ledger.is_some_and(lists_other);
    if !plan.files.is_empty() || unowned || is_stale || plan.taken_over_from.is_some() {
        let ledger = new_ledger(desired, &ids);
        plan.resources = resources::changes(state, &plan.files, &ledger);
        plan.ledger = Some(ledger);
    }
    Ok(plan)
}

/// The ledger to write with this publication.
fn new_ledger(desired: &Desired<'_>, ids: &BTreeMap<&crate::model::RelPath, ObjectId>) -> Ledger {
    let mut files: BTreeMap<_, _> = ids
        .iter()
        .map(|(path, blob)| {
            let file = LedgerFile {
                blob: *blob,
                resources: BTreeMap::new(),
            };
            ((*path).clone(), file)
        })
        .collect();
    for resource in desired.resources {
        if let Some(file) = files.get_mut(&resource.file) {
            file.resources
                .insert(resource.id.clone(), resource.digest.clone());
        }
    }
    let mut ledger = Ledger::new(
        desired.environment,
        desired.generator.clone(),
        desired.publication.clone(),
        files,
    );
    let resources = desired.resources.iter();
    ledger.images = Some(resources.flat_map(|own| own.images.clone()).collect());
    ledger.folder = desired
        .is_folder_of_file
        .then(|| desired.folder.to_string());
    ledger
}

#[cfg(test)]
mod tests;
