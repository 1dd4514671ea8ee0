//! Tests of reading and editing raw trees, without a repository.

use std::cell::RefCell;

use super::*;
use crate::model::{Folder, FolderPlan};

fn entry(mode: &str, name: &str, id: ObjectId) -> Entry {
    Entry {
        mode: mode.to_owned().into(),
        name: name.to_owned().into(),
        id,
    }
}

/// Applies writes and removals to one tree; gives back the new root's entries.
fn edited(
    before: Vec<Entry>,
    writes: &[(&str, &str)],
    removals: &[&str],
) -> Result<Vec<Entry>, Fault> {
    let root = ObjectId::of_blob(b"stands for the root");
    let trees = Trees::from([(root, Bytes::from(serialize(before)))]);
    let path = |text: &str| RelPath::parse(text).unwrap();
    let plan = FolderPlan {
        files: removals
            .iter()
            .map(|text| (path(text), FileChange::Removed))
            .collect(),
        writes: writes
            .iter()
            .map(|(text, content)| (path(text), Bytes::from((*content).to_owned())))
            .collect(),
        ..FolderPlan::default()
    };
    let change = FolderChange {
        folder: Folder::ROOT,
        plan,
    };
    let written = RefCell::new(Trees::new());
    let write = |_: git2::ObjectType, bytes: &[u8]| {
        let id = ObjectId::of_blob(bytes);
        written
            .borrow_mut()
            .insert(id, Bytes::copy_from_slice(bytes));
        Ok(id)
    };
    let id = apply(Some(root), &trees, &[change], &write)?;
    match written.borrow().get(&id) {
        Some(tree) => parse(tree),
        None => parse(&trees[&id]),
    }
}

#[test]
fn odd_modes_and_names_are_carried_over() {
    let id = ObjectId::of_blob(b"x");
    let odd = [
        entry("100664", "group-writable", id),
        entry("160000", "submodule", id),
        entry("120000", "link", id),
        Entry {
            name: Bytes::from_static(b"\xff\xfe"),
            ..entry("100644", "", id)
        },
    ];
    let after = edited(odd.to_vec(), &[("new", "1")], &[]).unwrap();
    assert!(odd.iter().all(|entry| after.contains(entry)), "{after:?}");
    assert_eq!(after.len(), 5);
}

#[test]
fn folders_sort_as_if_their_name_ended_in_a_slash() {
    let id = ObjectId::of_blob(b"x");
    let before = vec![entry("40000", "a", id), entry("100644", "a-b", id)];
    let after = edited(before, &[("a.b", "1"), ("a0", "1")], &[]).unwrap();
    let names: Vec<_> = after.iter().map(|entry| entry.name.clone()).collect();
    assert_eq!(names, ["a-b", "a.b", "a", "a0"]);
}

#[test]
fn a_change_that_changes_nothing_gives_the_same_tree() {
    let before = vec![entry("100755", "run", ObjectId::of_blob(b"1"))];
    assert_eq!(
        edited(before.clone(), &[("run", "1")], &["absent"]).unwrap(),
        before
    );
}

#[test]
fn a_removed_name_that_became_a_folder_is_not_ours_to_remove() {
    let before = vec![entry("40000", "a", ObjectId::of_blob(b"x"))];
    assert_eq!(edited(before.clone(), &[], &["a"]).unwrap(), before);
}

#[test]
fn damaged_trees_are_told_apart_from_empty_ones() {
    assert!(parse(&Bytes::new()).unwrap().is_empty());
    for damaged in ["100644", "100644 name", "100644 name\0too short"] {
        assert!(parse(&Bytes::from_static(damaged.as_bytes())).is_err());
    }
}
