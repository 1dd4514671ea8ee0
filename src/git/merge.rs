//! Merging one branch into another: trees only, file by file as a whole.
//!
//! Owns the three-way merge of two tips. What both sides changed in different
//! ways is a conflict and is named; no file is ever opened to merge its lines.
//! Files that are published are left as they are on the first side: whoever
//! merges writes them anew.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use git2::ObjectType;

use super::commit;
use super::error::Fault;
use super::intake::Objects;
use super::tip::{MergedIn, Tip, Trees, Wanted};
use super::tree::{DEEPEST, Entry, Reader, parse, serialize};
use crate::model::ledger::LEDGER_FILE;
use crate::model::{FolderState, ObjectId, RelPath};

/// How many commits back the common one is looked for.
pub(super) const LOOK_BACK: u32 = 100;

/// What merging one branch into another comes to.
#[derive(Debug)]
pub enum Merge {
    /// There is nothing to merge: the first has every commit of the second.
    Contained,
    /// What to push on top of.
    Clean(Box<Tip>),
    /// Both changed these paths, in different ways.
    Conflict(Vec<String>),
    /// The last commits have no single one in common to compare with.
    Unrelated,
}

/// Merges `theirs` into `ours`. The files that either ledger or `wanted` names
/// stay as they are in `ours`.
pub(super) fn merge(
    objects: &Objects<'_>,
    ours: &Tip,
    theirs: &Tip,
    wanted: &[Wanted],
) -> Result<Merge, Fault> {
    let (Some(our_commit), Some(their_commit)) = (ours.commit, theirs.commit) else {
        return Ok(Merge::Unrelated);
    };
    let mine = ancestors(objects, our_commit)?;
    if mine.contains_key(&their_commit) {
        return Ok(Merge::Contained);
    }
    let other = ancestors(objects, their_commit)?;
    let Some(base) = common(&mine, &other) else {
        return Ok(Merge::Unrelated);
    };
    let root = |commit: &ObjectId| -> Result<ObjectId, Fault> {
        let bytes = objects.need(commit, ObjectType::Commit)?;
        let links = commit::links(&bytes);
        links.map(|links| links.tree).ok_or_else(|| {
            Fault::protocol("reading the objects", format!("commit {commit} is damaged"))
        })
    };
    let published = published(ours, theirs, wanted);
    let merger = Merger {
        objects,
        published: &published,
        fresh: RefCell::default(),
        conflicts: RefCell::default(),
    };
    let roots = Sides {
        base: Some(root(&base)?),
        ours: Some(root(&our_commit)?),
        theirs: Some(root(&their_commit)?),
    };
    let top = merger.trees(roots, "")?;
    let conflicts = merger.conflicts.into_inner();
    if !conflicts.is_empty() {
        return Ok(Merge::Conflict(conflicts.into_iter().collect()));
    }
    let mut fresh = merger.fresh.into_inner();
    let root = top.unwrap_or_else(|| {
        let empty = ObjectId::of_tree(b"");
        fresh.insert(empty, Bytes::new());
        empty
    });
    let tip = tip(objects, ours, wanted, root, their_commit, fresh)?;
    Ok(Merge::Clean(Box::new(tip)))
}

/// The commits that a commit leads to, each with its parents, as far as they came along.
fn ancestors(
    objects: &Objects<'_>,
    top: ObjectId,
) -> Result<BTreeMap<ObjectId, Vec<ObjectId>>, Fault> {
    let mut found = BTreeMap::new();
    let mut queue = vec![top];
    while let Some(id) = queue.pop() {
        if found.contains_key(&id) {
            continue;
        }
        if let Some(bytes) = objects.read(&id, ObjectType::Commit)? {
            let parents = commit::links(&bytes).map(|links| links.parents);
            let parents = parents.unwrap_or_default();
            queue.extend(&parents);
            found.insert(id, parents);
        }
    }
    Ok(found)
}

/// The newest commit that both have; none where there are several.
fn common(
    mine: &BTreeMap<ObjectId, Vec<ObjectId>>,
    other: &BTreeMap<ObjectId, Vec<ObjectId>>,
) -> Option<ObjectId> {
    let both: Vec<_> = mine.keys().filter(|id| other.contains_key(id)).collect();
    let mut below = HashSet::new();
    let mut queue: Vec<_> = both.iter().flat_map(|id| &mine[*id]).collect();
    while let Some(id) = queue.pop() {
        if below.insert(*id) {
            queue.extend(mine.get(id).into_iter().flatten());
        }
    }
    let mut newest = both.into_iter().filter(|id| !below.contains(*id));
    let first = newest.next().copied();
    first.filter(|_| newest.next().is_none())
}

/// The paths of what is published, from the repository's root.
fn published(ours: &Tip, theirs: &Tip, wanted: &[Wanted]) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for (at, wanted) in wanted.iter().enumerate() {
        let listed = [ours, theirs].into_iter().filter_map(|tip| {
            let ledger = tip.folders.get(at)?.ledger.as_ref()?;
            Some(ledger.files.keys())
        });
        let files = wanted.files.iter().flat_map(BTreeMap::keys);
        let ledger = RelPath::parse(LEDGER_FILE).ok();
        let all = listed.flatten().chain(files).chain(&ledger);
        paths.extend(all.map(|path| wanted.folder.join(path).to_string()));
    }
    paths
}

/// The same thing on the three sides.
#[derive(Clone, Copy)]
struct Sides<T> {
    base: Option<T>,
    ours: Option<T>,
    theirs: Option<T>,
}

struct Merger<'a> {
    objects: &'a Objects<'a>,
    published: &'a BTreeSet<String>,
    fresh: RefCell<Trees>,
    conflicts: RefCell<BTreeSet<String>>,
}

impl Merger<'_> {
    /// The merged tree; `None` when nothing is left in it.
    fn trees(&self, ids: Sides<ObjectId>, at: &str) -> Result<Option<ObjectId>, Fault> {
        if at.matches('/').count() > DEEPEST {
            return Err(Fault::TooBig {
                what: "the nesting of folders",
                limit: format!("{DEEPEST} levels"),
            });
        }
        let read = |id: Option<ObjectId>| -> Result<BTreeMap<Bytes, Entry>, Fault> {
            let Some(id) = id else {
                return Ok(BTreeMap::new());
            };
            let entries = parse(&self.objects.need(&id, ObjectType::Tree)?)?;
            Ok(entries
                .into_iter()
                .map(|it| (it.name.clone(), it))
                .collect())
        };
        let sides = [read(ids.base)?, read(ids.ours)?, read(ids.theirs)?];
        let names: BTreeSet<_> = sides.iter().flat_map(BTreeMap::keys).collect();
        let mut merged = Vec::new();
        for name in names {
            let path = format!("{at}{}", String::from_utf8_lossy(name));
            let [base, ours, theirs] = [0, 1, 2].map(|side| sides[side].get(name));
            let entry = self.entry(Sides { base, ours, theirs }, &path)?;
            merged.extend(entry);
        }
        if merged.is_empty() {
            return Ok(None);
        }
        let bytes = serialize(merged);
        let id = ObjectId::of_tree(&bytes);
        if ![ids.base, ids.ours, ids.theirs].contains(&Some(id)) {
            self.fresh.borrow_mut().insert(id, bytes.into());
        }
        Ok(Some(id))
    }

    /// One entry of a merged tree.
    fn entry(&self, sides: Sides<&Entry>, path: &str) -> Result<Option<Entry>, Fault> {
        let Sides { base, ours, theirs } = sides;
        if self.published.contains(path) {
            return Ok(ours.cloned());
        }
        let below = format!("{path}/");
        let holds_ours = self
            .published
            .range(below.clone()..)
            .next()
            .is_some_and(|first| first.starts_with(&below));
        if ours == theirs || (theirs == base && !holds_ours) {
            return Ok(ours.cloned());
        }
        if ours == base && !holds_ours {
            return Ok(theirs.cloned());
        }
        let folder = |side: Option<&Entry>| side.is_none_or(Entry::is_tree);
        if folder(ours) && folder(theirs) {
            let id = |side: Option<&Entry>| side.filter(|it| it.is_tree()).map(|it| it.id);
            let ids = Sides {
                base: id(base),
                ours: id(ours),
                theirs: id(theirs),
            };
            let merged = self.trees(ids, &below)?;
            let like = ours.or(theirs);
            return Ok(merged
                .zip(like)
                .map(|(id, like)| Entry { id, ..like.clone() }));
        }
        if theirs == base {
            return Ok(ours.cloned());
        }
        if ours == base {
            return Ok(theirs.cloned());
        }
        self.conflicts.borrow_mut().insert(path.to_owned());
        Ok(ours.cloned())
    }
}

/// The tip to push on, with its folders as they are after the merge.
fn tip(
    objects: &Objects<'_>,
    ours: &Tip,
    wanted: &[Wanted],
    root: ObjectId,
    their_commit: ObjectId,
    fresh: Trees,
) -> Result<Tip, Fault> {
    let load = |id: &ObjectId| match fresh.get(id) {
        Some(bytes) => Ok(bytes.clone()),
        None => objects.need(id, ObjectType::Tree),
    };
    let mut reader = Reader::new(&load);
    reader.root(root)?;
    let mut folders = Vec::new();
    for (wanted, before) in wanted.iter().zip(&ours.folders) {
        folders.push(FolderState {
            entries: reader.folder(root, &wanted.folder)?.entries,
            ..before.clone()
        });
    }
    let mut trees = Trees::clone(&ours.trees);
    trees.extend(reader.into_trees());
    Ok(Tip {
        folders,
        root: Some(root),
        trees: Arc::new(trees),
        settled: false,
        merged: Some(Arc::new(MergedIn {
            commit: their_commit,
            trees: fresh.into_values().collect(),
        })),
        ..ours.clone()
    })
}
