//! TOML as the same nodes as YAML, with the place of each value.

use std::collections::BTreeMap;
use std::ops::Range;

use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::parser::{Event, EventKind, RecursionGuard, parse_document};
use toml_parser::{ParseError, Source};

use super::yaml::Style;
use super::{Form, Kind, Node, SyntaxError};

/// How deep arrays and inline tables may nest.
const DEPTH: u32 = 64;

/// Parses a document. Numbers, switches and times are what stands without quotes, as it is
/// written there.
pub fn parse(text: &str) -> Result<Node, SyntaxError> {
    Ok(Reader::read(text)?.0)
}

/// The bytes of the values that begin at these lines and columns, as
/// [`super::yaml::spans`] gives them.
pub(super) fn spans<'w, T>(
    text: &str,
    wanted: &'w BTreeMap<(usize, usize), T>,
) -> Vec<(Range<usize>, Style, &'w T)> {
    let Ok((_, values)) = Reader::read(text) else {
        return Vec::new();
    };
    let found = values.into_iter().filter_map(|(at, bytes, encoding)| {
        let style = match encoding {
            None => Style::Plain,
            Some(Encoding::LiteralString) => Style::Single,
            Some(Encoding::BasicString) => Style::Double,
            Some(Encoding::MlLiteralString | Encoding::MlBasicString) => Style::Block,
        };
        Some((bytes, style, wanted.get(&at)?))
    });
    found.collect()
}

/// Line and column, the bytes, and the quotes of a value.
type Placed = ((usize, usize), Range<usize>, Option<Encoding>);

struct Reader<'t> {
    source: Source<'t>,
    events: std::vec::IntoIter<Event>,
    /// Bytes in front of the text: a byte order mark.
    mark: usize,
    /// Where each line begins.
    lines: Vec<usize>,
    values: Vec<Placed>,
}

impl<'t> Reader<'t> {
    fn read(text: &'t str) -> Result<(Node, Vec<Placed>), SyntaxError> {
        let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
        let source = Source::new(bare);
        let tokens = source.lex().into_vec();
        let mut error = None::<ParseError>;
        let mut events = Vec::new();
        let mut receive = |event: Event| events.push(event);
        let mut guard = RecursionGuard::new(&mut receive, DEPTH);
        parse_document(&tokens, &mut guard, &mut error);
        events.retain(|event| {
            let kind = event.kind();
            !matches!(
                kind,
                EventKind::Whitespace | EventKind::Comment | EventKind::Newline | EventKind::KeySep
            )
        });
        let ends = bare.match_indices('\n').map(|(at, _)| at + 1);
        let mut reader = Self {
            source,
            events: events.into_iter(),
            mark: text.len() - bare.len(),
            lines: std::iter::once(0).chain(ends).collect(),
            values: Vec::new(),
        };
        if let Some(error) = error {
            return Err(reader.fault(&error));
        }
        let root = reader.document()?;
        Ok((root, reader.values))
    }

    fn document(&mut self) -> Result<Node, SyntaxError> {
        let mut root = map();
        let mut table = Vec::new();
        while let Some(event) = self.events.next() {
            match event.kind() {
                EventKind::StdTableOpen => {
                    table = self.keys(None, EventKind::StdTableClose)?;
                    self.reach(&mut root, &table, event)?;
                }
                EventKind::ArrayTableOpen => {
                    table = self.keys(None, EventKind::ArrayTableClose)?;
                    let Some((last, above)) = table.split_last() else {
                        continue;
                    };
                    let above = self.reach(&mut root, above, event)?;
                    let tables = child(above, last, || Kind::Sequence(Vec::new()));
                    match tables.map(|node| &mut node.kind) {
                        Some(Kind::Sequence(items)) => items.push(map()),
                        _ => return Err(self.wrong(event)),
                    }
                }
                EventKind::SimpleKey => {
                    let keys = self.keys(Some(event), EventKind::KeyValSep)?;
                    let value = self.value()?;
                    let at = self.reach(&mut root, &table, event)?;
                    self.put(at, &keys, value, event)?;
                }
                _ => return Err(self.wrong(event)),
            }
        }
        Ok(root)
    }

    /// The keys up to an event, which is taken along.
    fn keys(&mut self, first: Option<Event>, end: EventKind) -> Result<Vec<Node>, SyntaxError> {
        let mut keys = Vec::new();
        let mut next = first.or_else(|| self.events.next());
        while let Some(event) = next.filter(|event| event.kind() != end) {
            if event.kind() != EventKind::SimpleKey {
                return Err(self.wrong(event));
            }
            let mut text = String::new();
            if let Some(raw) = self.source.get(event) {
                raw.decode_key(&mut text, &mut ());
            }
            keys.push(self.node(event, Kind::Scalar(text, Form::Text)));
            next = self.events.next();
        }
        Ok(keys)
    }

    fn value(&mut self) -> Result<Node, SyntaxError> {
        let Some(event) = self.events.next() else {
            return Err(self.at(self.source.input().len(), "a value is missing"));
        };
        match event.kind() {
            EventKind::Scalar => {
                let (mut text, mut error) = (String::new(), None::<ParseError>);
                let raw = self.source.get(event);
                let kind = raw.map(|raw| raw.decode_scalar(&mut text, &mut error));
                if let Some(error) = error {
                    return Err(self.fault(&error));
                }
                let form = match kind {
                    None | Some(ScalarKind::String) => Form::Text,
                    Some(_) => {
                        // Decoding leaves out how a number is written, such as `0x`.
                        raw.map_or("", |raw| raw.as_str()).clone_into(&mut text);
                        Form::Plain
                    }
                };
                let node = self.node(event, Kind::Scalar(text, form));
                let bytes = event.span().start() + self.mark..event.span().end() + self.mark;
                let place = (node.line, node.column);
                self.values.push((place, bytes, event.encoding()));
                Ok(node)
            }
            EventKind::ArrayOpen => {
                let mut items = Vec::new();
                while let Some(next) = self.events.as_slice().first().copied() {
                    match next.kind() {
                        EventKind::ArrayClose => break,
                        EventKind::ValueSep => drop(self.events.next()),
                        _ => items.push(self.value()?),
                    }
                }
                self.events.next();
                Ok(self.node(event, Kind::Sequence(items)))
            }
            EventKind::InlineTableOpen => {
                let mut table = self.node(event, Kind::Mapping(Vec::new()));
                while let Some(next) = self.events.next() {
                    match next.kind() {
                        EventKind::InlineTableClose => break,
                        EventKind::ValueSep => {}
                        _ => {
                            let keys = self.keys(Some(next), EventKind::KeyValSep)?;
                            let value = self.value()?;
                            self.put(&mut table, &keys, value, next)?;
                        }
                    }
                }
                Ok(table)
            }
            _ => Err(self.wrong(event)),
        }
    }

    /// The table at the end of these keys, made where there is none.
    fn reach<'n>(
        &self,
        root: &'n mut Node,
        keys: &[Node],
        event: Event,
    ) -> Result<&'n mut Node, SyntaxError> {
        let mut node = root;
        for key in keys {
            let found = child(node, key, || Kind::Mapping(Vec::new()));
            node = found.ok_or_else(|| self.wrong(event))?;
            // Of an array of tables, the last one is meant.
            if matches!(node.kind, Kind::Sequence(_)) {
                let Kind::Sequence(items) = &mut node.kind else {
                    return Err(self.wrong(event));
                };
                node = items.last_mut().ok_or_else(|| self.wrong(event))?;
            }
        }
        Ok(node)
    }

    fn put(
        &self,
        table: &mut Node,
        keys: &[Node],
        value: Node,
        event: Event,
    ) -> Result<(), SyntaxError> {
        let Some((last, above)) = keys.split_last() else {
            return Err(self.wrong(event));
        };
        let table = self.reach(table, above, event)?;
        match &mut table.kind {
            Kind::Mapping(pairs) if pairs.iter().all(|(key, _)| key.text() != last.text()) => {
                pairs.push((last.clone(), value));
                Ok(())
            }
            _ => Err(self.at(event.span().start(), "the key is there already")),
        }
    }

    fn node(&self, event: Event, kind: Kind) -> Node {
        let (line, column) = self.place(event.span().start());
        Node { line, column, kind }
    }

    fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[line - 1];
        let before = self.source.input().get(start..offset).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    fn fault(&self, error: &ParseError) -> SyntaxError {
        let span = error.unexpected().or_else(|| error.context());
        let offset = span.map_or(0, |span| span.start());
        self.at(offset, error.description())
    }

    fn wrong(&self, event: Event) -> SyntaxError {
        self.at(event.span().start(), "this is not expected here")
    }

    fn at(&self, offset: usize, message: &str) -> SyntaxError {
        let (line, column) = self.place(offset);
        SyntaxError {
            line,
            column,
            message: message.to_owned(),
            hint: None,
        }
    }
}

fn map() -> Node {
    Node {
        line: 0,
        column: 0,
        kind: Kind::Mapping(Vec::new()),
    }
}

/// The value of a key, made where there is none; `None` where this is no table.
fn child<'n>(node: &'n mut Node, key: &Node, make: impl FnOnce() -> Kind) -> Option<&'n mut Node> {
    let Kind::Mapping(pairs) = &mut node.kind else {
        return None;
    };
    let found = pairs.iter().position(|(own, _)| own.text() == key.text());
    let at = found.unwrap_or_else(|| {
        let kind = make();
        pairs.push((key.clone(), Node { kind, ..map() }));
        pairs.len() - 1
    });
    pairs.get_mut(at).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::change::EditError;
    use crate::text::scalar_edit::{self, Syntax};
    use crate::text::yaml::{self, Dialect, Value};

    #[test]
    fn a_document_has_the_nodes_that_it_would_have_in_yaml() {
        let text = "top = 'a' # why\nnum = 1_0\n[a.\"b.c\"]\nx.yy = [1, {z = true}]\n[[l]]\nt = \"\\u00e9\"\n[l.deep]\nd = 1979-05-27\n[[l]]\nt = \"\"\"\nq\"\"\"\n";
        let meant = "{top: a, num: 10, a: {b.c: {x: {yy: [1, {z: true}]}}}, l: [{t: é, deep: {d: '1979-05-27'}}, {t: q}]}";
        let meant = &yaml::parse(meant).unwrap()[0].root;
        let typed = |node: &Node| Value::of(node, Dialect::Kubernetes).unwrap();
        assert_eq!(typed(&parse(text).unwrap()), typed(meant));
    }

    #[rstest::rstest]
    #[case("a = ", "line 1, column 5")]
    #[case("a = 1\na = 2\n", "line 2, column 1: the key is there already")]
    #[case(
        "[a]\nb = 1\n[a.b]\nc = 1\n",
        "line 4, column 1: the key is there already"
    )]
    #[case("a = 1\n[a.b]\n", "line 2, column 1: this is not expected here")]
    #[case("a = 1\n[[a]]\n", "line 2, column 1: this is not expected here")]
    #[case("a = {", "line 1")]
    fn what_is_no_document_is_refused_with_its_place(#[case] text: &str, #[case] said: &str) {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }

    /// Gives every single value a text.
    fn set_all(node: &mut Node, edits: &mut scalar_edit::Edits) {
        match &mut node.kind {
            Kind::Scalar(..) => edits.set(node, "it's \"x\"".to_owned()),
            Kind::Sequence(items) => items.iter_mut().for_each(|item| set_all(item, edits)),
            Kind::Mapping(pairs) => pairs.iter_mut().for_each(|(_, it)| set_all(it, edits)),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn whatever_the_text_only_values_change_or_nothing(
            parts in prop::collection::vec(
                prop_oneof![
                    Just("a = "), Just("b.c = "), Just("\"d\" = "), Just("\n"), Just("\r\n"), Just("[a]\n"), Just("[[l]]\n"),
                    Just("[l.m]\n"), Just("1"), Just("true"), Just("'é'"), Just("\"\\u00e9\""), Just("'''x'''"), Just("["),
                    Just("]"), Just("{"), Just("}"), Just(", "), Just("# c\n"), Just("1979-05-27"), Just("inf"), Just("="),
                ],
                0..16,
            ),
        ) {
            let text = parts.concat();
            let edited = scalar_edit::apply::<EditError>(&text, Syntax::Toml, |root, edits| {
                set_all(root, edits);
                Ok(())
            });
            if let Ok(Some(edited)) = edited {
                let again = scalar_edit::apply::<EditError>(&edited, Syntax::Toml, |root, edits| {
                    set_all(root, edits);
                    Ok(())
                });
                prop_assert_eq!(again.unwrap(), Some(edited));
            }
        }
    }
}
