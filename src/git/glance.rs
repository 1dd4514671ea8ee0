//! A first look at a tip through the trees above the owned folders: which tree
//! each folder is, and which ledger recent commits say it has.
//!
//! The say of a commit message is a guess. It saves a request when it is right
//! and costs one when it is wrong; it decides nothing by itself.

use std::collections::{BTreeSet, HashMap};

use git2::ObjectType;

use super::commit;
use super::error::Fault;
use super::intake::Objects;
use super::read::Seen;
use super::tip::{Mention, Trees, Wanted};
use super::tree::{Around, FolderTree, Reader, tree_id};
use crate::model::ledger::LEDGER_FILE;
use crate::model::{EntryMode, Folder, FolderEntry, ObjectId, RelPath};

/// How many commits back the names of ledgers are looked for. Few, because the
/// trees above the folders come along with each.
pub(super) const LOOK_BACK: u32 = 10;

/// What the trees above the owned folders tell.
pub(super) struct Glance {
    root: ObjectId,
    message: String,
    parents: Vec<ObjectId>,
    trees: Trees,
    folders: Vec<Glimpse>,
    /// Folders that recent commits say they were made for.
    pub(super) mentioned: Vec<Mention>,
}

/// One owned folder from above.
#[derive(Default)]
struct Glimpse {
    /// Its tree, when it exists.
    tree: Option<ObjectId>,
    /// The ledger that it is said to have.
    ledger: Option<ObjectId>,
    /// The ledger is said to be of who publishes to the folder.
    is_named: bool,
    around: Around,
}

impl Glance {
    /// Reads the trees above the folders, and the messages of the commits that
    /// came along.
    pub(super) fn read(
        objects: &Objects<'_>,
        commit: ObjectId,
        wanted: &[Wanted],
    ) -> Result<Self, Fault> {
        let bytes = objects.need(&commit, ObjectType::Commit)?;
        let links = commit::links(&bytes).ok_or_else(|| {
            Fault::protocol("reading the objects", format!("commit {commit} is damaged"))
        })?;
        let load = |id: &ObjectId| objects.need(id, ObjectType::Tree);
        let mut reader = Reader::new(&load);
        reader.root(links.tree)?;
        let mut folders = Vec::new();
        for wanted in wanted {
            // What stands in the way is told when the folder itself is read.
            let (tree, around) = match reader.find(links.tree, &wanted.folder) {
                Err(Fault::InTheWay { .. }) => Default::default(),
                result => result?,
            };
            folders.push(Glimpse {
                tree,
                around,
                ..Glimpse::default()
            });
        }
        let mentioned = ledgers_said(objects, commit, wanted, &mut folders)?;
        Ok(Self {
            root: links.tree,
            message: commit::message(&bytes),
            parents: links.parents,
            trees: reader.into_trees(),
            folders,
            mentioned,
        })
    }

    /// What is in the folders, when each holds exactly what is wanted. The
    /// folder's id proves it: it is the hash of all that the folder holds.
    pub(super) fn proven(&self, wanted: &[Wanted]) -> Option<Seen> {
        let ledger_path = RelPath::parse(LEDGER_FILE).ok()?;
        let prove = |(glimpse, wanted): (&Glimpse, &Wanted)| {
            let files = wanted.files.as_ref()?;
            let ledger = glimpse.ledger.filter(|_| glimpse.is_named)?;
            if !glimpse.around.outer.is_empty() {
                return None;
            }
            let mut all = files.clone();
            if all.insert(ledger_path.clone(), ledger).is_some() {
                return None;
            }
            if Some(tree_id(&all)) != glimpse.tree {
                return None;
            }
            let entry = |(path, id): (&RelPath, &ObjectId)| {
                let mode = EntryMode::File;
                (path.clone(), FolderEntry { mode, id: *id })
            };
            Some(FolderTree {
                entries: files.iter().map(entry).collect(),
                ledger: Some(ledger),
                ..FolderTree::default()
            })
        };
        let folders: Option<Vec<_>> = self.folders.iter().zip(wanted).map(prove).collect();
        let mut seen = Seen::of(
            self.root,
            self.message.clone(),
            self.parents.clone(),
            self.trees.clone(),
            folders?,
        );
        seen.vouched = self.folders.iter().filter_map(|it| it.ledger).collect();
        seen.mentioned.clone_from(&self.mentioned);
        Some(seen)
    }

    /// The ledgers that the folders are said to have, those of the folders around
    /// them, and the folders' trees.
    ///
    /// In this order: git forgets that a file was asked for by its id when it
    /// meets it in a tree first, and the filter then keeps the file back.
    pub(super) fn wants(&self) -> Vec<ObjectId> {
        let outer = self.folders.iter().flat_map(|it| &it.around.outer);
        let mut ledgers: BTreeSet<_> = outer.map(|(_, ledger)| *ledger).collect();
        ledgers.extend(self.folders.iter().filter_map(|it| it.ledger));
        let trees: BTreeSet<_> = self.folders.iter().filter_map(|it| it.tree).collect();
        ledgers
            .iter()
            .chain(trees.difference(&ledgers))
            .copied()
            .collect()
    }
}

/// Notes what the newest message says of each folder that exists, from `commit`
/// along first parents as far as the commits are at hand.
fn ledgers_said(
    objects: &Objects<'_>,
    commit: ObjectId,
    wanted: &[Wanted],
    folders: &mut [Glimpse],
) -> Result<Vec<Mention>, Fault> {
    let mut mentioned: Vec<Mention> = Vec::new();
    let mut removed = Vec::new();
    let mut next = Some(commit);
    for _ in 0..LOOK_BACK {
        let Some(id) = next else {
            break;
        };
        let Some(bytes) = objects.read(&id, ObjectType::Commit)? else {
            break;
        };
        let message = commit::message(&bytes);
        let said: HashMap<_, _> = commit::ledgers_named(&message)
            .into_iter()
            .map(|(ledger, folder)| (folder, ledger))
            .collect();
        if let Some(source) = commit::announced(&message).repository {
            let mention = |(text, ledger): (&String, &ObjectId)| {
                let folder = Folder::parse(text).ok()?;
                let is_known =
                    mentioned.iter().any(|known| known.folder == folder) || removed.contains(text);
                (!is_known).then(|| Mention {
                    source: source.to_owned(),
                    folder,
                    ledger: *ledger,
                })
            };
            let mut news: Vec<_> = said.iter().filter_map(mention).collect();
            news.sort_unstable_by(|one, other| one.folder.cmp(&other.folder));
            mentioned.extend(news);
        }
        removed.extend(commit::removed(&bytes));
        for (glimpse, wanted) in folders.iter_mut().zip(wanted) {
            if glimpse.tree.is_some() && glimpse.ledger.is_none() {
                glimpse.ledger = said.get(&wanted.folder.to_string()).copied();
                let publisher = wanted.publisher.as_ref();
                glimpse.is_named = publisher.is_none_or(|own| own.is_named_in(&message));
            }
        }
        next = commit::links(&bytes).and_then(|links| links.parents.first().copied());
    }
    Ok(mentioned)
}
