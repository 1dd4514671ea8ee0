//! Files of one name in the folders that an owned folder lies in.
//!
//! Their trees are read with every tip, so that looking costs nothing.

use super::tip::Tip;
use super::tree::parse;
use crate::model::{EntryMode, Folder, ObjectId, RelPath};

impl Tip {
    /// The files called `name` in the folders above `folder`, the root first, as far as
    /// these trees were read. The folder's own is not among them.
    pub fn above(&self, folder: &Folder, name: &RelPath) -> Vec<(RelPath, ObjectId)> {
        let mut found = Vec::new();
        let mut at = (self.root, Folder::ROOT);
        for segment in folder.path().iter().flat_map(|path| path.segments()) {
            let (Some(id), here) = &at else {
                break;
            };
            let entries = self.trees.get(id).and_then(|tree| parse(tree).ok());
            let entries = entries.unwrap_or_default();
            let mut files = entries.iter();
            let file = files.find(|entry| {
                let is_file = matches!(entry.kind(), Some(EntryMode::File | EntryMode::Executable));
                is_file && entry.name == name.as_str().as_bytes()
            });
            found.extend(file.map(|entry| (here.join(name), entry.id)));
            let mut folders = entries.iter().filter(|entry| entry.is_tree());
            let below = folders.find(|entry| entry.name == segment.as_bytes());
            let Ok(path) = RelPath::parse(segment) else {
                break;
            };
            at = (below.map(|entry| entry.id), Folder::from(here.join(&path)));
        }
        found
    }
}
