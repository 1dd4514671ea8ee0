//! From parser events to nodes: anchors, aliases and merge keys are expanded
//! here, within bounds, so that nobody later has to know of them.
//!
//! Two things follow Go's libraries and not YAML 1.2, as these are what reads
//! manifests in the end: what a merge key is, and the end of a block text that
//! ends with the file. `tests/it/cases/yaml` has what they said.

mod merge;

use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use super::value::key_text;
use super::{breaks, ending};
use crate::text::{Form, Kind, Node, SyntaxError};
use merge::{is_merge_key, merged};

/// How deep a document may nest, aliases expanded.
const DEPTH: usize = 128;

/// How many nodes anchors, aliases and merge keys may copy in one text.
const EXPANSION: usize = 1_000_000;

/// How many values a text may have: about 400 MB of memory.
const NODES: usize = 4_000_000;

/// One document of a YAML stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The line its content starts at, from 1.
    pub line: usize,
    /// Its content; nothing and comments are a null scalar.
    pub root: Node,
    /// Keys that occur more than once in one map. Merge keys do not count.
    pub repeated: Vec<RepeatedKey>,
}

/// A key that its map has already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatedKey {
    /// The key, as text.
    pub key: String,
    /// The line it is in, from 1.
    pub line: usize,
    /// The line of the same key before it.
    pub first: usize,
}

/// Parses every document of a stream.
pub fn parse(text: &str) -> Result<Vec<Document>, SyntaxError> {
    documents(text, usize::MAX, false)
}

/// Parses the first document of a stream; what comes after it is not looked at.
pub fn parse_first(text: &str) -> Result<Option<Document>, SyntaxError> {
    Ok(documents(text, 1, false)?.pop())
}

/// Parses a file that people write for this program: a key that stands twice in
/// a map is an error, and what a merge key brings loses to every key of the map
/// itself, as [the merge key's page](https://yaml.org/type/merge.html) has it.
pub fn parse_strict(text: &str) -> Result<Vec<Document>, SyntaxError> {
    documents(text, usize::MAX, true)
}

/// The first documents of a stream.
fn documents(text: &str, most: usize, strict: bool) -> Result<Vec<Document>, SyntaxError> {
    within(NODES, text, most, strict)
}

fn within(
    nodes: usize,
    text: &str,
    most: usize,
    strict: bool,
) -> Result<Vec<Document>, SyntaxError> {
    let mut options = granit_parser::options! {
        flow_nesting_limit: DEPTH,
        block_nesting_limit: DEPTH,
    };
    options.set_emit_comments(false);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if most > 1 {
        breaks::refuse_disputed(text)?;
    }
    let mut composer = Composer {
        events: Parser::new_from_str_with_options(text, options),
        text,
        anchors: HashMap::new(),
        expanded: 0,
        left: nodes,
        repeated: Vec::new(),
        strict,
    };
    let mut documents = Vec::new();
    while let Some((event, span)) = composer.next()? {
        match event {
            Event::DocumentStart(..) => composer.anchors.clear(),
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            event => {
                let line = span.start.line();
                let root = composer.node(event, span, 0)?.node;
                let repeated = std::mem::take(&mut composer.repeated);
                documents.push(Document {
                    line,
                    root,
                    repeated,
                });
                if documents.len() == most {
                    break;
                }
            }
        }
    }
    Ok(documents)
}

/// The comments of a text that [`parse`] accepts, in their order.
pub(in crate::text) fn comments(text: &str) -> Vec<String> {
    let found = comment_lines(text).into_iter();
    found.map(|(_, comment)| comment).collect()
}

/// The same with the line, from 1, that each of them stands in.
pub(crate) fn comment_lines(text: &str) -> Vec<(usize, String)> {
    let mut options = granit_parser::options! {};
    options.set_emit_comments(true);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Parser::new_from_str_with_options(text, options)
        .map_while(Result::ok)
        .filter_map(|(event, span)| match event {
            Event::Comment(text, _) => Some((span.start.line(), text.into_owned())),
            _ => None,
        })
        .collect()
}

struct Composer<'t> {
    events: Parser<'t, granit_parser::StrInput<'t>>,
    text: &'t str,
    anchors: HashMap<usize, Built>,
    expanded: usize,
    /// How many more values may come.
    left: usize,
    repeated: Vec<RepeatedKey>,
    strict: bool,
}

/// A finished node and what it costs to copy it.
#[derive(Clone)]
struct Built {
    node: Node,
    size: usize,
    height: usize,
}

impl<'t> Composer<'t> {
    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, SyntaxError> {
        match self.events.next() {
            None => Ok(None),
            Some(Ok(pair)) => Ok(Some(pair)),
            Some(Err(error)) => Err(syntax(&error)),
        }
    }

    fn required(&mut self, span: Span) -> Result<(Event<'t>, Span), SyntaxError> {
        self.next()?
            .ok_or_else(|| fault(span, "the document ends too early"))
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Built, SyntaxError> {
        if depth > DEPTH {
            return Err(fault(span, "it is nested too deeply"));
        }
        self.left = self.left.checked_sub(1).ok_or_else(|| SyntaxError {
            hint: Some("split the file"),
            ..fault(span, "the text has more than 4,000,000 values")
        })?;
        let anchor = event.anchor_id();
        let built = match event {
            Event::Scalar(text, style, _, tag) => {
                let mut text = text.into_owned();
                if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    ending::as_written(&mut text, self.text, &span);
                }
                let kind = scalar(text, style, tag.as_deref(), span)?;
                leaf(span, kind)
            }
            Event::Alias(id) => return self.alias(id, span, depth),
            Event::SequenceStart(..) => self.sequence(span, depth)?,
            Event::MappingStart(..) => self.mapping(span, depth)?,
            _ => return Err(fault(span, "a value is missing")),
        };
        if let Some(id) = anchor {
            // The copy counts too: anchors in anchors would add up.
            self.charge(built.size, span)?;
            self.anchors.insert(id, built.clone());
        }
        Ok(built)
    }

    fn alias(&mut self, id: usize, span: Span, depth: usize) -> Result<Built, SyntaxError> {
        let Some(built) = self.anchors.get(&id) else {
            return Err(fault(span, "an anchor contains itself"));
        };
        if depth + built.height > DEPTH {
            return Err(fault(span, "it is nested too deeply"));
        }
        let built = built.clone();
        self.charge(built.size, span)?;
        Ok(built)
    }

    fn charge(&mut self, nodes: usize, span: Span) -> Result<(), SyntaxError> {
        self.expanded += nodes;
        if self.expanded > EXPANSION {
            return Err(fault(span, "its aliases expand to too many values"));
        }
        Ok(())
    }

    fn sequence(&mut self, start: Span, depth: usize) -> Result<Built, SyntaxError> {
        let (mut items, mut size, mut height) = (Vec::new(), 1, 0);
        loop {
            let (event, span) = self.required(start)?;
            if matches!(event, Event::SequenceEnd) {
                return Ok(placed(start, Kind::Sequence(items), size, height + 1));
            }
            let item = self.node(event, span, depth + 1)?;
            size += item.size;
            height = height.max(item.height);
            items.push(item.node);
        }
    }

    fn mapping(&mut self, start: Span, depth: usize) -> Result<Built, SyntaxError> {
        let (mut pairs, mut size, mut height) = (Vec::new(), 1, 0);
        // Where the keys are that the map itself has.
        let mut own = Vec::new();
        // Of a strict map: what was merged in, and the names of its own keys.
        let (mut below, mut names) = (Vec::new(), HashSet::new());
        loop {
            let (event, span) = self.required(start)?;
            if matches!(event, Event::MappingEnd) {
                self.repeated(&pairs, &own);
                if !below.is_empty() {
                    below.append(&mut pairs);
                    pairs = below;
                }
                return Ok(placed(start, Kind::Mapping(pairs), size, height + 1));
            }
            let merge = match &event {
                Event::Scalar(text, style, _, tag) => is_merge_key(text, *style, tag.as_deref()),
                _ => false,
            };
            let key = self.node(event, span, depth + 1)?;
            let (event, at) = self.required(start)?;
            let alias = matches!(event, Event::Alias(_));
            let value = self.node(event, at, depth + 1)?;
            size += key.size + value.size;
            height = height.max(key.height).max(value.height);
            if self.strict
                && let Some(name) = key.node.text()
                && !names.insert(name.to_owned())
            {
                let message = format!("the key `{name}` appears twice");
                return Err(SyntaxError {
                    hint: Some("keep one of the two"),
                    ..fault(span, &message)
                });
            }
            if merge {
                self.charge(value.size, at)?;
                let pairs = if self.strict { &mut below } else { &mut pairs };
                merged(value.node, alias, at, pairs)?;
            } else {
                own.push(pairs.len());
                pairs.push((key.node, value.node));
            }
        }
    }

    /// Notes the keys that are there more than once, be it in another spelling.
    fn repeated(&mut self, pairs: &[(Node, Node)], own: &[usize]) {
        /// So many are compared one by one more quickly than through a table.
        const FEW: usize = 16;
        let raw = |at: &usize| pairs[*at].0.text();
        let differ = if own.len() <= FEW {
            let same = |at: usize| own[..at].iter().any(|before| raw(before) == raw(&own[at]));
            own.iter().all(|at| is_unambiguous(&pairs[*at].0)) && !(1..own.len()).any(same)
        } else {
            let mut seen = HashSet::with_capacity(own.len());
            own.iter()
                .all(|at| is_unambiguous(&pairs[*at].0) && seen.insert(raw(at)))
        };
        if differ {
            return;
        }
        let mut seen: HashMap<String, usize> = HashMap::with_capacity(own.len());
        for (node, _) in own.iter().map(|at| &pairs[*at]) {
            let Some(key) = key_text(node) else { continue };
            if let Some(first) = seen.insert(key.clone(), node.line) {
                let line = node.line;
                self.repeated.push(RepeatedKey { key, line, first });
            }
        }
    }
}

/// Whether a key is its own text to every reader.
fn is_unambiguous(key: &Node) -> bool {
    match &key.kind {
        Kind::Scalar(_, Form::Text) => true,
        Kind::Scalar(text, _) => !super::needs_quotes(text),
        _ => false,
    }
}

/// The type that a tag names, when it is one of YAML's own.
fn yaml_type(tag: &Tag) -> Option<std::borrow::Cow<'_, str>> {
    tag.suffix_in_namespace("tag:yaml.org,2002:")
}

fn scalar(
    text: String,
    style: ScalarStyle,
    tag: Option<&Tag>,
    span: Span,
) -> Result<Kind, SyntaxError> {
    let bare = matches!(style, ScalarStyle::Plain);
    let known = tag.and_then(yaml_type);
    let form = match known.as_deref() {
        Some("binary") => {
            let compact: String = text.split_ascii_whitespace().collect();
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(compact)
                .map_err(|_| fault(span, "a !!binary value is not base64"))?;
            let text = String::from_utf8(bytes)
                .map_err(|_| fault(span, "a !!binary value is not UTF-8 text"))?;
            return Ok(Kind::Scalar(text, Form::Text));
        }
        Some("int" | "float" | "bool" | "null") => Form::Plain,
        None if bare && tag.is_none() => Form::Plain,
        _ => Form::Text,
    };
    Ok(Kind::Scalar(text, form))
}

fn leaf(span: Span, kind: Kind) -> Built {
    placed(span, kind, 1, 0)
}

fn placed(span: Span, kind: Kind, size: usize, height: usize) -> Built {
    let node = Node {
        line: span.start.line(),
        column: span.start.col() + 1,
        kind,
    };
    Built { node, size, height }
}

/// What is nearly always the reason. The parser notices it a line too late.
const INDENTATION: &str = "check the indentation of this line and the one before it: the keys of one map begin in the same column, and each is followed by a colon";

fn fault(span: Span, message: &str) -> SyntaxError {
    SyntaxError {
        line: span.start.line(),
        column: span.start.col() + 1,
        message: message.to_owned(),
        hint: None,
    }
}

fn syntax(error: &ScanError) -> SyntaxError {
    SyntaxError {
        line: error.marker().line(),
        column: error.marker().col() + 1,
        message: error.kind().to_string(),
        hint: Some(INDENTATION),
    }
}

#[cfg(test)]
mod tests;
