//! Where scalars stand in a text, byte for byte, and how they are written.

use std::collections::BTreeMap;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::text) enum Style {
    /// Without quotes.
    Plain,
    /// Without quotes, inside brackets or braces.
    PlainInFlow,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// As a block of lines.
    Block,
}

/// The bytes of the scalars that begin at these lines and columns, in the
/// order of the text. The text is one that [`super::parse`] accepts.
pub(in crate::text) fn spans<'w, T>(
    text: &str,
    wanted: &'w BTreeMap<(usize, usize), T>,
) -> Vec<(Range<usize>, Style, &'w T)> {
    let mut options = granit_parser::options! {};
    options.set_emit_comments(false);
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mark = text.len() - bare.len();
    let mut found = Vec::with_capacity(wanted.len());
    let mut flows = Vec::new();
    for (event, span) in Parser::new_from_str_with_options(bare, options).map_while(Result::ok) {
        match event {
            Event::MappingStart(style, ..) | Event::SequenceStart(style, ..) => {
                flows.push(style == StructureStyle::Flow);
            }
            Event::MappingEnd | Event::SequenceEnd => {
                flows.pop();
            }
            Event::Scalar(_, style, ..) => {
                let at = (span.start.line(), span.start.col() + 1);
                let (Some(item), Some(bytes)) = (wanted.get(&at), span.byte_range()) else {
                    continue;
                };
                // A value that is left out stands where the next thing begins.
                if bytes.is_empty() {
                    continue;
                }
                let style = match style {
                    ScalarStyle::Plain if flows.contains(&true) => Style::PlainInFlow,
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::Single,
                    ScalarStyle::DoubleQuoted => Style::Double,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                found.push((bytes.start + mark..bytes.end + mark, style, item));
            }
            _ => {}
        }
    }
    found
}
