//! Entries of a component file: adding, replacing, removing.

use super::{Error, File};
use crate::model::Finding;
use crate::text::change::{Change, Data, Step};
use crate::text::{Form, Kind, Node, yaml_edit};

/// What Fabrikate knows of an entry besides its name: replacing an entry
/// replaces these. Anything else in it stays.
const FIELDS: [&str; 10] = [
    "type",
    "generator",
    "source",
    "method",
    "path",
    "version",
    "branch",
    "hooks",
    "repositories",
    "subcomponents",
];

/// An entry to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// `component`, `helm`, `static`.
    pub kind: String,
    /// Where it comes from.
    pub source: String,
    /// How it comes: `git`, `helm`, `local`, `http`.
    pub method: String,
    /// Where in the source it is. Empty is absent.
    pub path: String,
    /// Which version. Empty is absent.
    pub version: String,
    /// Which branch. Empty is absent.
    pub branch: String,
}

impl Entry {
    /// The fields that have a value, in Fabrikate's order.
    fn fields(&self) -> Vec<(&'static str, &str)> {
        let fields = [
            ("name", &self.name),
            ("type", &self.kind),
            ("source", &self.source),
            ("method", &self.method),
            ("path", &self.path),
            ("version", &self.version),
            ("branch", &self.branch),
        ];
        fields
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (key, value.as_str()))
            .collect()
    }

    fn data(&self) -> Data {
        Data::Map(
            self.fields()
                .into_iter()
                .map(|(key, value)| (key.to_owned(), Data::Text(value.to_owned())))
                .collect(),
        )
    }
}

/// A new component file in YAML with one entry.
pub fn new_component(name: &str, entry: &Entry) -> String {
    yaml_edit::write(&Data::Map(vec![
        ("name".to_owned(), Data::Text(name.to_owned())),
        ("subcomponents".to_owned(), Data::List(vec![entry.data()])),
    ]))
}

/// The file with the entry at the end of its list, or in the place of the
/// entry with that name. Of several with that name the last one, which
/// counts, is replaced and the others go.
pub fn add(file: &File<'_>, entry: &Entry) -> Result<String, Error> {
    let root = file.root()?;
    let (key, entries) = entries(file, &root)?;
    let mut same = named(file, entries, &entry.name);
    let Some(place) = same.pop() else {
        let change = if entries.is_empty() {
            Change::Put {
                at: Vec::new(),
                key,
                value: Data::List(vec![entry.data()]),
            }
        } else {
            Change::Append {
                at: vec![Step::Key(key)],
                value: entry.data(),
            }
        };
        return file.edit(&[change]);
    };
    let at = vec![Step::Key(key.clone()), Step::Item(place)];
    let mut changes = replace(file, &entries[place], entry, &at);
    changes.extend(drop_items(&key, &same));
    file.edit(&changes)
}

/// The file without the entries of these names, and a warning for each name
/// that it does not have.
pub fn remove(file: &File<'_>, names: &[String]) -> Result<(String, Vec<Finding>), Error> {
    let root = file.root()?;
    let (key, entries) = entries(file, &root)?;
    let (mut items, mut findings) = (Vec::new(), Vec::new());
    for name in names {
        let found = named(file, entries, name);
        if found.is_empty() {
            let message = format!("there is no entry `{name}` to remove");
            findings.push(Finding::warning(file.name, message));
        }
        items.extend(found);
    }
    items.sort_unstable();
    items.dedup();
    Ok((file.edit(&drop_items(&key, &items))?, findings))
}

/// The list of entries and the name of its field.
fn entries<'n>(file: &File<'_>, root: &'n Node) -> Result<(String, &'n [Node]), Error> {
    let Some((key, list)) = file.field(root, "subcomponents") else {
        return Ok(("subcomponents".to_owned(), &[]));
    };
    let items: &[Node] = match &list.kind {
        Kind::Sequence(items) => items,
        _ if list.is_null() => &[],
        _ => {
            let message = format!("`{key}` is {}, not a list", list.noun());
            return Err(file.wrong(list, message));
        }
    };
    let odd = |item: &&Node| item.pairs().is_none() && !item.is_null();
    if let Some(item) = items.iter().find(odd) {
        let message = format!("a subcomponent is {}, not a map", item.noun());
        return Err(file.wrong(item, message));
    }
    Ok((key.to_owned(), items))
}

/// Where the entries of that name are.
fn named(file: &File<'_>, entries: &[Node], name: &str) -> Vec<usize> {
    let fits = |entry: &Node| {
        (file.field(entry, "name")).is_some_and(|(_, value)| value.text() == Some(name))
    };
    (0..entries.len())
        .filter(|&at| fits(&entries[at]))
        .collect()
}

/// The changes that make `old` what `new` says, field by field, so that
/// comments beside the fields stay.
fn replace(file: &File<'_>, old: &Node, new: &Entry, at: &[Step]) -> Vec<Change> {
    let mut changes = Vec::new();
    let fields = new.fields();
    for (name, value) in &fields {
        let found = file.field(old, name);
        let known = |node: &Node| match &node.kind {
            Kind::Scalar(text, form) => text == value && *form != Form::Json && !node.is_null(),
            _ => false,
        };
        if found.is_some_and(|(_, node)| known(node)) {
            continue;
        }
        changes.push(Change::Put {
            at: at.to_vec(),
            key: found.map_or(*name, |(key, _)| key).to_owned(),
            value: Data::Text((*value).to_owned()),
        });
    }
    for name in FIELDS {
        let kept = fields.iter().any(|(field, _)| *field == name);
        if let Some((key, _)) = file.field(old, name).filter(|_| !kept) {
            changes.push(Change::Drop {
                at: at.to_vec(),
                step: Step::Key(key.to_owned()),
            });
        }
    }
    changes
}

/// Drops items, the last one first, so that the others keep their places.
fn drop_items(key: &str, items: &[usize]) -> Vec<Change> {
    let drop = |item: &usize| Change::Drop {
        at: vec![Step::Key(key.to_owned())],
        step: Step::Item(*item),
    };
    items.iter().rev().map(drop).collect()
}
