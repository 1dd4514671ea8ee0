//! What a kustomization names: files, folders, plugins, charts.

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
    /// A file or folder with plugins, or the text of one.
    Plugin,
    /// A file, or the text of a patch.
    Patch,
}

/// One entry of a kustomization.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'n> {
    pub(super) field: &'static str,
    pub(super) what: What,
    pub(super) text: &'n str,
    pub(super) line: usize,
}

/// Lists of entries.
const LISTS: [(&str, What); 9] = [
    ("resources", What::Resource),
    ("bases", What::Folder),
    ("components", What::Folder),
    ("crds", What::File),
    ("configurations", What::File),
    ("generators", What::Plugin),
    ("transformers", What::Plugin),
    ("validators", What::Plugin),
    ("patchesStrategicMerge", What::Patch),
];

/// Lists of maps, and the keys in them that name files.
const MAPS: [(&str, &[&str]); 6] = [
    ("patches", &["path"]),
    ("patchesJson6902", &["path"]),
    ("replacements", &["path"]),
    ("configMapGenerator", &["files", "envs", "env"]),
    ("secretGenerator", &["files", "envs", "env"]),
    ("helmCharts", &["valuesFile", "additionalValuesFiles"]),
];

/// Keys of built-in plugins that name files.
const PLUGIN_KEYS: [&str; 7] = [
    "path",
    "paths",
    "files",
    "envs",
    "env",
    "valuesFile",
    "additionalValuesFiles",
];

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

/// Everything that a kustomization names, in order.
pub(super) fn entries(root: &Node) -> Vec<Entry<'_>> {
    let mut found = Vec::new();
    for (field, what) in LISTS {
        if let Some(list) = get(root, field) {
            found.extend(
                items(list)
                    .iter()
                    .filter_map(|item| entry(item, field, what)),
            );
        }
    }
    for (field, keys) in MAPS {
        let Some(list) = get(root, field) else {
            continue;
        };
        for item in items(list) {
            named(item, field, keys, &mut found);
        }
    }
    if let Some(openapi) = get(root, "openapi") {
        named(openapi, "openapi", &["path"], &mut found);
    }
    // The older form of `helmCharts`, whose `values` is a file.
    if let Some(list) = get(root, "helmChartInflationGenerator") {
        for item in items(list) {
            named(item, "helmChartInflationGenerator", &["values"], &mut found);
        }
    }
    found
}

/// What the configuration of a built-in plugin names.
pub(super) fn plugin_entries(root: &Node) -> Vec<Entry<'_>> {
    let mut found = Vec::new();
    named(root, "transformers", &PLUGIN_KEYS, &mut found);
    if let Some(list) = get(root, "replacements") {
        for item in items(list) {
            named(item, "replacements", &["path"], &mut found);
        }
    }
    found
}

fn named<'n>(item: &'n Node, field: &'static str, keys: &[&str], found: &mut Vec<Entry<'n>>) {
    for key in keys {
        let Some(value) = get(item, key) else {
            continue;
        };
        let files = items(value)
            .iter()
            .filter_map(|value| entry(value, field, What::File));
        found.extend(files.map(|mut entry| {
            // `key=path` names the key in the config map, too.
            if *key == "files"
                && let Some((_, path)) = entry.text.split_once('=')
            {
                entry.text = path;
            }
            entry
        }));
    }
}

fn entry<'n>(node: &'n Node, field: &'static str, what: What) -> Option<Entry<'n>> {
    let text = node.text().filter(|text| !text.is_empty())?;
    Some(Entry {
        field,
        what,
        text,
        line: node.line,
    })
}
