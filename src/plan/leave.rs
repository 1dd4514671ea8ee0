//! What it takes to leave a folder: what we wrote there goes, and nothing else.

use std::collections::BTreeMap;

use super::ownership::is_plain;
use super::{Error, HandEdits, Options};
use crate::model::{FileChange, Folder, FolderPlan, FolderState, Ledger, RelPath, ResourceChange};

/// What to do with a folder that no environment owns any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Orphans {
    /// Leave it, and say so on every run.
    #[default]
    Warn,
    /// Remove it, within the limits of every removal.
    Remove,
    /// Stop.
    Fail,
}

/// The plan that takes everything of ours out of a folder. A file that a person
/// changed since stops it, unless it may be overwritten. What lies in a folder
/// inside with a ledger of its own is not ours any more, whatever our ledger says.
pub fn leave(options: Options, folder: &Folder, state: &FolderState) -> Result<FolderPlan, Error> {
    let Some(ledger) = &state.ledger else {
        return Ok(FolderPlan::default());
    };
    let is_inside = |path: &RelPath| state.inner.iter().any(|inner| path.starts_with(inner));
    let there = ledger.files.iter().filter_map(|(path, file)| {
        let entry = state.entries.get(path).filter(|_| !is_inside(path))?;
        Some((
            path,
            entry.id == file.blob && is_plain(entry.mode),
            &file.resources,
        ))
    });
    let there: Vec<_> = there.collect();
    let edited = there.iter().filter(|(_, as_written, _)| !as_written);
    let edited: Vec<_> = edited.map(|(path, ..)| (*path).clone()).collect();
    if options.hand_edits == HandEdits::Fail && !edited.is_empty() {
        return Err(Error::HandEdited {
            folder: folder.clone(),
            files: edited,
        });
    }
    let resources = there.iter().flat_map(|(.., resources)| resources.keys());
    let with_resources = |path: &&RelPath| !ledger.files[*path].resources.is_empty();
    let edits_dropped = edited.iter().filter(with_resources);
    Ok(FolderPlan {
        edits_dropped: edits_dropped
            .map(|path| (path.clone(), state.entries[path].id))
            .collect(),
        files: there
            .iter()
            .map(|(path, ..)| ((*path).clone(), FileChange::Removed))
            .collect(),
        resources: resources
            .map(|id| (id.clone(), ResourceChange::Removed))
            .collect(),
        resources_before: ledger.resources().count(),
        files_before: state.entries.len(),
        ledger: Some(Ledger::new(
            &ledger.environment,
            ledger.generator.clone(),
            ledger.publication.clone(),
            BTreeMap::new(),
        )),
        ..FolderPlan::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        EntryMode, FolderEntry, GeneratorStamp, LedgerFile, ObjectId, PublicationStamp, ResourceId,
    };

    fn path(text: &str) -> RelPath {
        RelPath::parse(text).unwrap()
    }

    /// A folder with these files of ours, each with what is there now.
    fn state(files: &[(&str, Option<(&str, EntryMode)>)], inner: &[&str]) -> FolderState {
        let mut state = FolderState::default();
        let mut listed = BTreeMap::new();
        for (name, now) in files {
            let id = ResourceId::parse(&format!("v1 ConfigMap {}", name.replace('/', "-")));
            let file = LedgerFile {
                blob: ObjectId::of_blob(b"ours"),
                resources: BTreeMap::from([(id.unwrap(), "h".to_owned())]),
            };
            listed.insert(path(name), file);
            if let Some((content, mode)) = now {
                let id = ObjectId::of_blob(content.as_bytes());
                let entry = FolderEntry { mode: *mode, id };
                state.entries.insert(path(name), entry);
            }
        }
        let id = ObjectId::of_blob(b"theirs");
        let mode = EntryMode::File;
        state
            .entries
            .insert(path("README.md"), FolderEntry { mode, id });
        state.inner = inner.iter().map(|inner| path(inner)).collect();
        state.ledger = Some(Ledger::new(
            "dev",
            GeneratorStamp::default(),
            PublicationStamp::default(),
            listed,
        ));
        state
    }

    fn removed(options: Options, state: &FolderState) -> Result<Vec<String>, String> {
        let plan = leave(options, &Folder::parse("dev").unwrap(), state);
        let plan = plan.map_err(|error| error.to_string())?;
        assert!(plan.ledger.unwrap().files.is_empty());
        assert!(plan.writes.is_empty());
        Ok(plan.files.keys().map(ToString::to_string).collect())
    }

    const OURS: Option<(&str, EntryMode)> = Some(("ours", EntryMode::File));
    const EDITED: Option<(&str, EntryMode)> = Some(("by hand", EntryMode::File));
    const LINK: Option<(&str, EntryMode)> = Some(("ours", EntryMode::Symlink));

    #[rstest::rstest]
    #[case::ours_goes_and_theirs_stays(&[("a", OURS), ("b/c", OURS)], &[], &["a", "b/c"])]
    #[case::what_is_gone_already(&[("a", OURS), ("b", None)], &[], &["a"])]
    #[case::in_a_folder_of_another(&[("a", OURS), ("in/b", OURS)], &["in"], &["a"])]
    #[case::edited_in_a_folder_of_another(&[("a", OURS), ("in/b", EDITED)], &["in"], &["a"])]
    #[case::beside_a_folder_of_another(&[("inside", OURS)], &["in"], &["inside"])]
    fn only_what_the_ledger_lists_goes(
        #[case] files: &[(&str, Option<(&str, EntryMode)>)],
        #[case] inner: &[&str],
        #[case] expected: &[&str],
    ) {
        let found = removed(Options::default(), &state(files, inner)).unwrap();
        assert_eq!(found, expected);
    }

    #[rstest::rstest]
    #[case::another_content(EDITED)]
    #[case::a_link(LINK)]
    fn what_a_person_changed_stops_it_unless_it_may_be_overwritten(
        #[case] now: Option<(&str, EntryMode)>,
    ) {
        let state = state(&[("a", now), ("b", OURS)], &[]);
        assert_eq!(
            removed(Options::default(), &state).unwrap_err(),
            "1 file in the folder `dev` of the manifest repository changed since gitops-publisher wrote it: a"
        );
        let overwrite = Options {
            hand_edits: HandEdits::Overwrite,
            ..Options::default()
        };
        assert_eq!(removed(overwrite, &state).unwrap(), ["a", "b"]);
    }

    #[test]
    fn a_folder_without_a_ledger_is_nobodys() {
        let nothing = FolderState::default();
        let plan = leave(Options::default(), &Folder::ROOT, &nothing).unwrap();
        assert!(plan.is_empty());
    }
}
