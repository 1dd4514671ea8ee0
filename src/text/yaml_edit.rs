//! Changes in YAML files that keep every other byte: comments, quotes, order.
//!
//! The library edits and is not trusted: each result is parsed anew and
//! compared with what was intended, and refused when anything else changed.

use std::fmt::Write as _;
use std::str::FromStr as _;

use yaml_edit::{Document, Mapping, ScalarValue, Sequence, YamlFile, YamlNode};

use super::change::{Change, Data, EditError, Step, alike, same};
use super::yaml::{self, needs_quotes};

/// The text with all changes made in its first document.
///
/// # Errors
/// When the text is not YAML, or when a change would touch more than its
/// place, such as a map that other places share through an anchor.
pub fn apply(text: &str, changes: &[Change]) -> Result<String, EditError> {
    let mut edited = text.to_owned();
    for change in changes {
        edited = one(&edited, change)?;
    }
    Ok(edited)
}

/// A new file that holds this.
pub fn write(data: &Data) -> String {
    let mut out = String::new();
    block(data, 0, &mut out);
    out
}

fn one(text: &str, change: &Change) -> Result<String, EditError> {
    let mut expected: Vec<_> = roots(text)?;
    let refused = || EditError::Refused(format!("`{}`", change.place()));
    let (mark, bare) = match text.strip_prefix('\u{feff}') {
        Some(bare) => ("\u{feff}", bare),
        None => ("", text),
    };
    let removes = expected
        .first_mut()
        .is_some_and(|root| change.removes(root));
    let made = if expected.first().is_none_or(super::Node::is_null) {
        // Nothing is there yet but comments.
        let mut root = Data::Map(Vec::new()).node();
        if !change.apply(&mut root) || expected.len() > 1 {
            return Err(refused());
        }
        expected = vec![root];
        start(bare, change)
    } else {
        if !change.apply(&mut expected[0]) {
            return Err(refused());
        }
        edit(bare, change)
    };
    let edited = format!("{mark}{}", made.ok_or_else(refused)?);
    let found = roots(&edited).map_err(|_| refused())?;
    // What a merge key brings has no place of its own.
    let merges = text.contains("<<");
    let whole = found.len() == expected.len()
        && (found.iter().zip(&expected)).all(|(a, b)| same(a, b) || (merges && alike(a, b)))
        && (removes || yaml::comments(bare) == yaml::comments(&edited));
    if whole { Ok(edited) } else { Err(refused()) }
}

fn roots(text: &str) -> Result<Vec<super::Node>, EditError> {
    let documents = yaml::parse(text)?;
    Ok(documents.into_iter().map(|found| found.root).collect())
}

/// The first key of a file without content.
fn start(text: &str, change: &Change) -> Option<String> {
    let Change::Put { at, key, value } = change else {
        return None;
    };
    if !at.is_empty() {
        return None;
    }
    let mut edited = text.to_owned();
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    if !edited.is_empty() && !edited.ends_with('\n') {
        edited.push_str(end);
    }
    let added = write(&Data::Map(vec![(key.clone(), value.clone())]));
    edited.push_str(&added.replace('\n', end));
    Some(edited)
}

fn edit(text: &str, change: &Change) -> Option<String> {
    let file = YamlFile::from_str(text).ok()?;
    let document = file.documents().next()?;
    match change {
        Change::Put { at, key, value } => {
            let map = reach(&document, at)?.as_mapping()?.clone();
            put(&map, key, value)?;
        }
        Change::Append { at, value } => {
            let list = reach(&document, at)?.as_sequence()?.clone();
            append(&list, value)?;
        }
        Change::Drop { at, step } => {
            let place = reach(&document, at)?;
            match step {
                Step::Item(index) => drop(place.as_sequence()?.remove(*index)?),
                Step::Key(key) => while place.as_mapping()?.remove(key.as_str()).is_some() {},
            }
        }
    }
    Some(file.to_string())
}

fn reach(document: &Document, at: &[Step]) -> Option<YamlNode> {
    let root = document
        .as_mapping()
        .map(YamlNode::Mapping)
        .or_else(|| document.as_sequence().map(YamlNode::Sequence))?;
    at.iter().try_fold(root, |node, step| match step {
        Step::Key(key) => entry(node.as_mapping()?, key)?.value_node(),
        Step::Item(index) => node.as_sequence()?.get(*index),
    })
}

/// The last entry with this key: it is the one that counts.
fn entry(map: &Mapping, key: &str) -> Option<yaml_edit::MappingEntry> {
    let fits = |found: &yaml_edit::MappingEntry| {
        found
            .key_node()
            .is_some_and(|node| node.as_scalar().is_some_and(|text| text.as_string() == key))
    };
    map.entries().filter(fits).last()
}

fn put(map: &Mapping, key: &str, value: &Data) -> Option<()> {
    let flow = map.is_flow_style();
    let found = entry(map, key);
    let key = scalar(key);
    match (value, found) {
        (Data::Text(text), Some(found)) => found.set_value(scalar(text), flow),
        (Data::Text(text), None) => map.set(key, scalar(text)),
        (_, found) => {
            let value = parsed(value, flow)?;
            match found {
                Some(found) => found.set_value(value, flow),
                None => map.set(key, value),
            }
        }
    }
    Some(())
}

fn append(list: &Sequence, value: &Data) -> Option<()> {
    match value {
        Data::Text(text) => list.push(scalar(text)),
        _ => list.push(parsed(value, list.is_flow_style())?),
    }
    Some(())
}

/// A collection as the library wants it.
fn parsed(data: &Data, flow: bool) -> Option<YamlNode> {
    let mut text = String::new();
    if flow {
        inline(data, &mut text);
    } else {
        block(data, 0, &mut text);
    }
    let document = Document::from_str(&text).ok()?;
    match data {
        Data::List(_) => document.as_sequence().map(YamlNode::Sequence),
        _ => document.as_mapping().map(YamlNode::Mapping),
    }
}

/// A string in the quotes it needs for readers of any age.
fn scalar(text: &str) -> ScalarValue {
    if text.chars().any(|c| c.is_control() || c == '\u{feff}') {
        ScalarValue::double_quoted(text)
    } else if is_plain(text) {
        ScalarValue::plain(text)
    } else {
        ScalarValue::single_quoted(text)
    }
}

/// Whether a text is the same string without quotes, in any context.
pub(super) fn is_plain(text: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || " _-./@%+~$^*&!?;|<>=()".contains(c) || c == ':';
    text.starts_with(|c: char| c.is_alphanumeric() || "_./$^(".contains(c))
        && text.chars().all(inner)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !needs_quotes(text)
}

fn block(data: &Data, indent: usize, out: &mut String) {
    match data {
        Data::Map(pairs) if !pairs.is_empty() => {
            for (at, (key, value)) in pairs.iter().enumerate() {
                if at > 0 || !out.ends_with("- ") {
                    out.push_str(&" ".repeat(indent));
                }
                out.push_str(&scalar(key).to_yaml_string());
                out.push(':');
                match value {
                    Data::Map(inner) if !inner.is_empty() => {
                        out.push('\n');
                        block(value, indent + 2, out);
                    }
                    Data::List(items) if !items.is_empty() => {
                        out.push('\n');
                        block(value, indent, out);
                    }
                    _ => {
                        out.push(' ');
                        inline(value, out);
                        out.push('\n');
                    }
                }
            }
        }
        Data::List(items) if !items.is_empty() => {
            for item in items {
                let _ = write!(out, "{}- ", " ".repeat(indent));
                block(item, indent + 2, out);
            }
        }
        _ => {
            inline(data, out);
            out.push('\n');
        }
    }
}

fn inline(data: &Data, out: &mut String) {
    match data {
        Data::Text(text) => out.push_str(&scalar(text).to_yaml_string()),
        Data::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                inline(item, out);
            }
            out.push(']');
        }
        Data::Map(pairs) => {
            out.push('{');
            for (at, (key, value)) in pairs.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                let _ = write!(out, "{}: ", scalar(key).to_yaml_string());
                inline(value, out);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests;
