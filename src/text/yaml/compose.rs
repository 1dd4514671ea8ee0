//! From parser events to nodes: anchors, aliases and merge keys are expanded
//! here, within bounds, so that nobody later has to know of them.

use std::collections::HashMap;

use base64::Engine as _;
use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use crate::text::{Form, Kind, Node, SyntaxError};

/// How deep a document may nest, aliases expanded.
const DEPTH: usize = 128;

/// How many nodes anchors, aliases and merge keys may copy in one text.
const EXPANSION: usize = 1_000_000;

/// One document of a YAML stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The line its content starts at, from 1.
    pub line: usize,
    /// Its content; nothing and comments are a null scalar.
    pub root: Node,
}

/// Parses every document of a stream.
pub fn parse(text: &str) -> Result<Vec<Document>, SyntaxError> {
    documents(text, usize::MAX)
}

/// Parses the first document of a stream; what comes after it is not looked at.
pub fn parse_first(text: &str) -> Result<Option<Document>, SyntaxError> {
    Ok(documents(text, 1)?.pop())
}

/// The first documents of a stream.
fn documents(text: &str, most: usize) -> Result<Vec<Document>, SyntaxError> {
    let mut options = granit_parser::options! {
        flow_nesting_limit: DEPTH,
        block_nesting_limit: DEPTH,
    };
    options.set_emit_comments(false);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut composer = Composer {
        events: Parser::new_from_str_with_options(text, options),
        anchors: HashMap::new(),
        expanded: 0,
    };
    let mut documents = Vec::new();
    while let Some((event, span)) = composer.next()? {
        match event {
            Event::DocumentStart(..) => composer.anchors.clear(),
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            event => {
                let line = span.start.line();
                let root = composer.node(event, span, 0)?.node;
                documents.push(Document { line, root });
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
    let mut options = granit_parser::options! {};
    options.set_emit_comments(true);
    Parser::new_from_str_with_options(text, options)
        .map_while(Result::ok)
        .filter_map(|(event, _)| match event {
            Event::Comment(text, _) => Some(text.into_owned()),
            _ => None,
        })
        .collect()
}

struct Composer<'t> {
    events: Parser<'t, granit_parser::StrInput<'t>>,
    anchors: HashMap<usize, Built>,
    expanded: usize,
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
        let anchor = event.anchor_id();
        let built = match event {
            Event::Scalar(text, style, _, tag) => {
                let kind = scalar(text.into_owned(), style, tag.as_deref(), span)?;
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
        loop {
            let (event, span) = self.required(start)?;
            if matches!(event, Event::MappingEnd) {
                return Ok(placed(start, Kind::Mapping(pairs), size, height + 1));
            }
            let merge = is_merge_key(&event);
            let key = self.node(event, span, depth + 1)?;
            let (event, at) = self.required(start)?;
            let value = self.node(event, at, depth + 1)?;
            size += key.size + value.size;
            height = height.max(key.height).max(value.height);
            if merge {
                self.charge(value.size, at)?;
                merged(value.node, at, &mut pairs)?;
            } else {
                pairs.push((key.node, value.node));
            }
        }
    }
}

/// Adds what a merge key brings. Go's libraries let a merge win over keys
/// before it and lose to keys after it; in a list, the first map wins.
fn merged(value: Node, span: Span, pairs: &mut Vec<(Node, Node)>) -> Result<(), SyntaxError> {
    match value.kind {
        Kind::Mapping(more) => pairs.extend(more),
        Kind::Sequence(items) => {
            for item in items.into_iter().rev() {
                match item.kind {
                    Kind::Mapping(more) => pairs.extend(more),
                    _ => return Err(fault(span, "a merge key needs a map or a list of maps")),
                }
            }
        }
        Kind::Scalar(..) => return Err(fault(span, "a merge key needs a map or a list of maps")),
    }
    Ok(())
}

fn is_merge_key(event: &Event<'_>) -> bool {
    matches!(event, Event::Scalar(text, ScalarStyle::Plain, _, tag)
        if text == "<<" && tag.as_ref().is_none_or(|tag| tag.core_suffix() == Some("merge")))
}

fn scalar(
    text: String,
    style: ScalarStyle,
    tag: Option<&Tag>,
    span: Span,
) -> Result<Kind, SyntaxError> {
    let bare = matches!(style, ScalarStyle::Plain);
    let known = tag.and_then(|tag| tag.suffix_in_namespace("tag:yaml.org,2002:"));
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

fn fault(span: Span, message: &str) -> SyntaxError {
    SyntaxError {
        line: span.start.line(),
        column: span.start.col() + 1,
        message: message.to_owned(),
    }
}

fn syntax(error: &ScanError) -> SyntaxError {
    SyntaxError {
        line: error.marker().line(),
        column: error.marker().col() + 1,
        message: error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[rstest::rstest]
    #[case("a: 1\nb: [1\nc: 2\n", "line 3")]
    #[case("a: b: c\n", "line 1")]
    #[case("a: &x [*x]\n", "line 1, column 8: an anchor contains itself")]
    #[case("a: *nope\n", "line 1, column 4")]
    #[case(
        "<<: 5\n",
        "line 1, column 5: a merge key needs a map or a list of maps"
    )]
    #[case("a: !!binary '*'\n", "line 1")]
    fn faults_have_a_place(#[case] text: &str, #[case] part: &str) {
        let message = parse(text).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let below = format!("*a{}, ", level - 1).repeat(10);
            let _ = writeln!(text, "a{level}: &a{level} [{below}]");
        }
        let message = parse(&text).unwrap_err().to_string();
        assert!(message.contains("too many values"), "{message}");
    }

    #[test]
    fn endless_nesting_is_refused() {
        assert!(parse(&"[".repeat(100_000)).is_err());
        let mut text = "a0: &a0 [x]\n".to_owned();
        for level in 1..2000 {
            let _ = writeln!(text, "a{level}: &a{level} [*a{}]", level - 1);
        }
        let message = parse(&text).unwrap_err().to_string();
        assert!(message.contains("nested too deeply"), "{message}");
    }

    #[test]
    fn documents_know_their_lines() {
        let lines: Vec<_> = parse("# c\n---\na: 1\n---\n# nothing\n---\n\nb: 2\n")
            .unwrap()
            .into_iter()
            .map(|document| (document.line, document.root.is_null()))
            .collect();
        assert_eq!(lines.first(), Some(&(3, false)));
        assert_eq!(lines.last(), Some(&(8, false)));
        assert!(lines[1].1, "a document of comments is nothing");
    }
}
