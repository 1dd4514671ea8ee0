//! What a YAML parser reads: the scalars with tokens, and the shape of it all.
//!
//! Owns the walk over the parser's events. Knows the words of a template, and
//! nothing of values.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};

use super::rule::Document;
use super::template::Template;
use crate::text::yaml::block_as_written;

/// A scalar that contains at least one word.
#[derive(Debug)]
pub(super) struct Slot {
    /// Its bytes in the template, quotes included; of a block the lines only.
    pub(super) at: Range<usize>,
    pub(super) style: ScalarStyle,
    /// Whether it is inside brackets or braces.
    pub(super) in_flow: bool,
    pub(super) is_key: bool,
    /// What the parser makes of it, with the words.
    pub(super) value: String,
    /// A tag of YAML's own, without `!!`.
    pub(super) tag: Option<String>,
    /// The keys above it, its own last; items of lists are empty.
    pub(super) path: Vec<String>,
    pub(super) document: usize,
    /// Which event it is.
    pub(super) event: usize,
}

/// One event, as far as readers care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Structure(u8),
    /// The hash of its value.
    Scalar(u64),
}

/// A text as it was read.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) slots: Vec<Slot>,
    pub(super) documents: Vec<Document>,
    pub(super) shapes: Vec<Shape>,
}

/// Why a text is not YAML.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) line: usize,
    pub(super) reason: String,
}

pub(super) fn shape_of(value: &str) -> Shape {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    Shape::Scalar(hasher.finish())
}

/// A collection that is open.
enum Open {
    List,
    /// The key whose value comes next.
    Map(Option<String>),
}

/// Reads a text; with a template, the scalars that hold its words too.
pub(super) fn read(text: &str, template: Option<&Template>) -> Result<Reading, Unread> {
    let mut options = granit_parser::options! {};
    options.set_emit_comments(false);
    let mut walk = Walk {
        text,
        template,
        reading: Reading::default(),
        open: Vec::new(),
        flows: 0,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| Unread {
            line: error.marker().line(),
            // Its own text ends with the place.
            reason: error
                .to_string()
                .split(" at char ")
                .next()
                .unwrap_or_default()
                .to_owned(),
        })?;
        walk.event(event, span);
    }
    Ok(walk.reading)
}

struct Walk<'t> {
    text: &'t str,
    template: Option<&'t Template>,
    reading: Reading,
    open: Vec<Open>,
    /// How many open collections are in brackets or braces.
    flows: usize,
}

impl Walk<'_> {
    fn event(&mut self, mut event: Event<'_>, span: Span) {
        if let Event::Scalar(value, ScalarStyle::Literal | ScalarStyle::Folded, ..) = &mut event {
            block_as_written(value.to_mut(), self.text, &span);
        }
        let at = span.byte_range().unwrap_or_default();
        let shape = match &event {
            Event::Scalar(value, ..) => shape_of(value),
            Event::DocumentStart(..) => Shape::Structure(0),
            Event::DocumentEnd => Shape::Structure(1),
            Event::SequenceStart(..) => Shape::Structure(2),
            Event::SequenceEnd => Shape::Structure(3),
            Event::MappingStart(..) => Shape::Structure(4),
            Event::MappingEnd => Shape::Structure(5),
            Event::Alias(..) => Shape::Structure(6),
            _ => return,
        };
        match event {
            Event::DocumentStart(..) => self.reading.documents.push(Document::default()),
            Event::Scalar(value, style, _, tag) => {
                let tag = tag.as_ref().and_then(|tag| tag.core_suffix());
                self.scalar(&value, style, tag, at);
            }
            Event::SequenceStart(style, ..) => self.start(Open::List, style),
            Event::MappingStart(style, ..) => self.start(Open::Map(None), style),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(..) => self.node_done(None),
            _ => {}
        }
        self.reading.shapes.push(shape);
    }

    fn start(&mut self, open: Open, style: StructureStyle) {
        // Flow collections hold nothing but flow collections.
        if style == StructureStyle::Flow || self.flows > 0 {
            self.flows += 1;
        }
        self.open.push(open);
    }

    fn end(&mut self) {
        self.open.pop();
        self.flows = self.flows.saturating_sub(1);
        self.node_done(None);
    }

    /// A node is complete: a key, or what a key or a list was waiting for.
    fn node_done(&mut self, text: Option<&str>) {
        if let Some(Open::Map(key)) = self.open.last_mut() {
            *key = match key.take() {
                Some(_) => None,
                None => Some(text.unwrap_or_default().to_owned()),
            };
        }
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, tag: Option<&str>, at: Range<usize>) {
        let is_key = matches!(self.open.last(), Some(Open::Map(None)));
        if let ([Open::Map(Some(key))], Some(document)) =
            (self.open.as_slice(), self.reading.documents.last_mut())
        {
            match key.as_str() {
                "kind" => document.kind = Some(value.to_owned()),
                "apiVersion" => document.has_version = true,
                _ => {}
            }
        }
        if self.template.is_some_and(|it| !it.holes_in(&at).is_empty()) {
            let path = self.open.iter().map(|open| match open {
                Open::Map(Some(key)) => key.clone(),
                Open::Map(None) | Open::List => String::new(),
            });
            let slot = Slot {
                at,
                style,
                in_flow: self.flows > 0,
                is_key,
                value: value.to_owned(),
                tag: tag.map(str::to_owned),
                path: path.collect(),
                document: self.reading.documents.len().saturating_sub(1),
                event: self.reading.shapes.len(),
            };
            self.reading.slots.push(slot);
        }
        self.node_done(Some(value));
    }
}
