//! Looking into a parsed kustomization.

use crate::text::{Kind, Node};

/// What may stand in an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A file, a folder with a kustomization, or something remote.
    Resource,
    /// A folder with a kustomization, or something remote.
    Folder,
    /// A file.
    File,
    /// A file, with or without a key in front: `key=path`.
    KeyedFile,
    /// A file or folder with plugins, or the text of one.
    Plugin,
    /// A file, or the text of a patch.
    Patch,
    /// A folder with charts.
    ChartHome,
}

/// One entry of a kustomization.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'n> {
    pub(super) field: &'static str,
    pub(super) what: What,
    pub(super) text: &'n str,
    pub(super) line: usize,
}

/// The value under a key; where it stands twice, the last one counts.
pub(super) fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let mut pairs = node.pairs()?.iter().rev();
    let found = pairs.find(|(name, _)| name.text() == Some(key));
    found
        .map(|(_, value)| value)
        .filter(|value| !value.is_null())
}

/// The text under a key, when it is one that is not empty.
pub(super) fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    get(node, key)?.text().filter(|text| !text.is_empty())
}

/// The items of a list; a single value is a list of one.
pub(super) fn items(node: &Node) -> &[Node] {
    match &node.kind {
        Kind::Sequence(items) => items,
        _ => std::slice::from_ref(node),
    }
}
