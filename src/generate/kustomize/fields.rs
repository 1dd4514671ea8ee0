//! Looking into a parsed kustomization.

use crate::text::{Format, Kind, Node};

/// What may stand in an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A file, a folder with a kustomization, or something remote.
    Resource,
    /// A folder with a kustomization, or something remote.
    Folder,
    /// A file with YAML or JSON.
    File,
    /// A file with a setting on each line.
    Settings,
    /// A file that nobody looks into.
    Data,
    /// A file with values, which helm gets as one of a list with commas.
    Values,
    /// A file, with or without a key in front: `key=path`.
    KeyedFile,
    /// A file or folder with plugins, or the text of one.
    Plugin,
    /// A file, or the text of a patch.
    Patch,
    /// A folder with charts.
    ChartHome,
}

impl What {
    /// Whether only a file can stand there.
    pub(super) fn names_a_file(self) -> bool {
        matches!(
            self,
            Self::File | Self::Settings | Self::Data | Self::Values
        )
    }

    /// The formats that it may be read in, and the ends of their names; `None` where it
    /// is not looked into.
    pub(super) fn formats(self) -> Option<(&'static [Format], &'static str)> {
        match self {
            Self::Data | Self::KeyedFile => None,
            Self::Settings => Some((&[Format::Lines], "`.env` or `.properties`")),
            _ => Some((&[Format::Yaml, Format::Json], "`.yaml`, `.yml` or `.json`")),
        }
    }

    /// Whether a character of its path may be read as something else than a part of a
    /// name: by YAML, as a separator or drive on Windows, or by helm.
    pub(super) fn disputes(self, c: char) -> bool {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
            || r#"\:"*?<>|"#.contains(c)
            || self == Self::Values && c == ','
            // `key=path` has one `=`.
            || self == Self::Data && c == '='
    }
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
