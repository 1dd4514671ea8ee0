//! Values of a configuration file.

use super::{Assignment, Error, File};
use crate::text::Node;
use crate::text::change::{Change, Data, Step};
use crate::text::yaml::{Dialect, Value};

/// The file with these values in the configuration of one component.
///
/// `subcomponent` is the way to it through the lists of subcomponents, empty
/// for the component of the file itself. `new_keys` says whether keys may be
/// added.
pub fn set(
    file: &File<'_>,
    subcomponent: &[String],
    assignments: &[Assignment],
    new_keys: bool,
) -> Result<String, Error> {
    let mut root = file.root()?;
    let mut changes = Vec::new();
    for assignment in assignments {
        let way = way(subcomponent, &assignment.path);
        if let Some(change) = plan(file, &root, &way, &assignment.value, new_keys)? {
            change.apply(&mut root);
            changes.push(change);
        }
    }
    file.edit(&changes)
}

/// The keys from the root, and whether each is a field of the format.
fn way<'a>(subcomponent: &'a [String], path: &'a [String]) -> Vec<(&'a str, bool)> {
    let names = subcomponent.iter();
    let mut way: Vec<_> = names
        .flat_map(|name| [("subcomponents", true), (name.as_str(), false)])
        .collect();
    way.push(("config", true));
    way.extend(path.iter().map(|key| (key.as_str(), false)));
    way
}

/// The change that sets one value; none when it is there already.
fn plan(
    file: &File<'_>,
    root: &Node,
    way: &[(&str, bool)],
    value: &str,
    new_keys: bool,
) -> Result<Option<Change>, Error> {
    let (mut at, mut node) = (Vec::new(), root);
    for (depth, (name, is_field)) in way.iter().enumerate() {
        let found = if *is_field {
            file.field(node, name)
        } else {
            key(node, name)
        };
        let last = depth + 1 == way.len();
        let empty = |node: &Node| node.is_null() || node.pairs().is_some_and(<[_]>::is_empty);
        match found {
            Some((_, old)) if last && is_text(old, value) => return Ok(None),
            Some((key, old)) if !last && !empty(old) => {
                if old.pairs().is_none() {
                    let message = format!(
                        "`{}` is {}, so it has no `{}` in it",
                        shown(&way[..=depth]),
                        old.noun(),
                        way[depth + 1].0
                    );
                    return Err(file.wrong(old, message));
                }
                at.push(Step::Key(key.to_owned()));
                node = old;
            }
            found => {
                let exists = last && found.is_some();
                if !(new_keys || exists) {
                    return Err(Error::NewKey {
                        file: file.name.to_owned(),
                        key: shown(way),
                    });
                }
                return Ok(Some(Change::Put {
                    at,
                    key: found.map_or(*name, |(key, _)| key).to_owned(),
                    value: nested(&way[depth + 1..], value),
                }));
            }
        }
    }
    Ok(None)
}

fn key<'n>(node: &'n Node, name: &str) -> Option<(&'n str, &'n Node)> {
    let mut pairs = node.pairs()?.iter().rev();
    pairs.find_map(|(key, value)| Some((key.text().filter(|key| *key == name)?, value)))
}

/// Whether every reader takes the node for this string.
fn is_text(node: &Node, text: &str) -> bool {
    [Dialect::Config, Dialect::Kubernetes]
        .iter()
        .all(|&dialect| Value::of(node, dialect) == Ok(Value::Str(text.to_owned())))
}

fn nested(way: &[(&str, bool)], value: &str) -> Data {
    match way.split_first() {
        None => Data::Text(value.to_owned()),
        Some(((key, _), rest)) => Data::Map(vec![((*key).to_owned(), nested(rest, value))]),
    }
}

fn shown(way: &[(&str, bool)]) -> String {
    let names: Vec<&str> = way.iter().map(|(name, _)| *name).collect();
    names.join(".")
}
