//! YAML variable documents to trees, scalars kept as they were written.
//!
//! Owns YAML 1.2 core resolution with merge keys, as variable files need it:
//! the text of a number or a date must not get lost, which is why this reads
//! parser events and not values.

use std::collections::HashMap;
use std::rc::Rc;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::date;
use super::number::{javascript, yaml_number};
use super::tree::{Kind, Node};

/// Why a text is no YAML that variables can be read from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct YamlError {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) reason: String,
}

impl YamlError {
    fn at(span: &Span, reason: impl Into<String>) -> Self {
        Self {
            line: span.start.line(),
            column: span.start.col() + 1,
            reason: reason.into(),
        }
    }
}

/// A list or map that is not closed yet.
enum Open {
    List(Vec<Node>),
    Map {
        pairs: Vec<(String, Node)>,
        /// Where a key stands in `pairs`, and whether it came from a merge.
        seen: HashMap<String, (usize, bool)>,
        key: Option<(String, bool)>,
    },
}

/// Every document of `text`.
pub(super) fn documents(text: &str) -> Result<Vec<Node>, YamlError> {
    let mut reader = Reader::default();
    let options = granit_parser::options! { emit_comments: false };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| YamlError {
            line: error.marker().line(),
            column: error.marker().col() + 1,
            // Its own text ends with the place, which is said already.
            reason: error
                .to_string()
                .split(" at char ")
                .next()
                .unwrap_or_default()
                .to_owned(),
        })?;
        reader.event(event, &span)?;
    }
    Ok(reader.documents)
}

#[derive(Default)]
struct Reader {
    documents: Vec<Node>,
    open: Vec<(Open, usize, usize)>,
    anchors: HashMap<usize, Node>,
}

impl Reader {
    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), YamlError> {
        let line = span.start.line();
        match event {
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, tag) => {
                let merge = is_merge_key(&text, style, tag.as_deref());
                let kind = scalar(&text, style, tag.as_deref());
                let node = Node { line, kind };
                self.remember(anchor, &node);
                self.add(node, merge, span)?;
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open.push((Open::List(Vec::new()), anchor, line));
            }
            Event::MappingStart(_, anchor, _) => {
                let map = Open::Map {
                    pairs: Vec::new(),
                    seen: HashMap::new(),
                    key: None,
                };
                self.open.push((map, anchor, line));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((open, anchor, line)) = self.open.pop() {
                    let kind = match open {
                        Open::List(items) => Kind::List(Rc::new(items)),
                        Open::Map { pairs, .. } => Kind::Map(Rc::new(pairs)),
                    };
                    let node = Node { line, kind };
                    self.remember(anchor, &node);
                    self.add(node, false, span)?;
                }
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => self.add(node, false, span)?,
                None => return Err(YamlError::at(span, "an alias is inside its own anchor")),
            },
            _ => {}
        }
        Ok(())
    }

    fn remember(&mut self, anchor: usize, node: &Node) {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
    }

    /// Puts a finished node where it belongs.
    fn add(&mut self, node: Node, merge: bool, span: &Span) -> Result<(), YamlError> {
        let Some((open, _, _)) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        match open {
            Open::List(items) => items.push(node),
            Open::Map { pairs, seen, key } => match key.take() {
                None => *key = Some((key_text(&node, span)?, merge)),
                Some((_, true)) => merge_into(pairs, seen, &node, span)?,
                Some((name, false)) => match seen.get(&name) {
                    Some((_, false)) => {
                        return Err(YamlError {
                            line: node.line,
                            column: 0,
                            reason: format!("the key {name:?} is there twice"),
                        });
                    }
                    Some((at, true)) => {
                        let at = *at;
                        pairs[at].1 = node;
                        seen.insert(name, (at, false));
                    }
                    None => {
                        seen.insert(name.clone(), (pairs.len(), false));
                        pairs.push((name, node));
                    }
                },
            },
        }
        Ok(())
    }
}

/// The pairs of a `<<` value, unless they are there already.
fn merge_into(
    pairs: &mut Vec<(String, Node)>,
    seen: &mut HashMap<String, (usize, bool)>,
    node: &Node,
    span: &Span,
) -> Result<(), YamlError> {
    match &node.kind {
        Kind::Map(merged) => {
            for (name, value) in merged.iter() {
                if !seen.contains_key(name) {
                    seen.insert(name.clone(), (pairs.len(), true));
                    pairs.push((name.clone(), value.clone()));
                }
            }
            Ok(())
        }
        Kind::List(maps) if maps.iter().all(|map| matches!(map.kind, Kind::Map(_))) => maps
            .iter()
            .try_for_each(|map| merge_into(pairs, seen, map, span)),
        _ => Err(YamlError::at(span, "`<<` takes a map or a list of maps")),
    }
}

/// Whether a key merges: without quotes and tag, or with the tag of merge keys.
fn is_merge_key(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> bool {
    text == "<<"
        && match tag {
            None => style == ScalarStyle::Plain,
            Some(tag) => tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref() == Some("merge"),
        }
}

/// A key as text.
fn key_text(node: &Node, span: &Span) -> Result<String, YamlError> {
    Ok(match &node.kind {
        Kind::Null => "null".to_owned(),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(number, _) => javascript(*number),
        Kind::Date(text) | Kind::Text(text) => text.clone(),
        _ => return Err(YamlError::at(span, "a key is not a scalar")),
    })
}

/// A scalar by its style, tag and text.
pub(super) fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Kind {
    let forced_text = tag.is_some_and(|tag| tag.core_suffix() == Some("str"));
    if style != ScalarStyle::Plain || forced_text {
        return Kind::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => match yaml_number(text) {
            Some(number) => Kind::Number(number, text.to_owned()),
            None if date::iso(text).is_some() => Kind::Date(text.to_owned()),
            None => Kind::Text(text.to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As js-yaml 4 reads them, which the original tool uses.
    #[rstest::rstest]
    #[case("<<", &["x", "y"])]
    #[case("!!merge <<", &["x", "y"])]
    #[case("!!merge \"<<\"", &["x", "y"])]
    #[case("!<tag:yaml.org,2002:merge> <<", &["x", "y"])]
    #[case("\"<<\"", &["<<", "y"])]
    #[case("!!str <<", &["<<", "y"])]
    #[case("! <<", &["<<", "y"])]
    fn a_key_merges_with_or_without_its_tag(#[case] key: &str, #[case] expected: &[&str]) {
        let text = format!("b: &b {{x: 1}}\nm: {{{key}: *b, y: 2}}\n");
        let documents = documents(&text).unwrap();
        let Kind::Map(root) = &documents[0].kind else {
            panic!("{:?}", documents[0].line);
        };
        let Kind::Map(merged) = &root[1].1.kind else {
            panic!("{:?}", root[1].1.line);
        };
        let keys: Vec<_> = merged.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, expected);
    }
}
