//! JSON with comments as a tree of variables, and the rules of JavaScript where the old
//! program had them.

use std::borrow::Cow;

use crate::text::jsonc::{self, Value};

use super::super::error::Error;
use super::super::number::javascript;
use super::super::options::Compatibility;
use super::super::tree::{Kind, Node};

pub(super) fn json(text: &str, origin: &str, level: Compatibility) -> Result<Node, Error> {
    let text = &*if level.is_own() {
        Cow::Borrowed(text)
    } else {
        without_lone_surrogates(text)
    };
    let value = jsonc::parse(text).map_err(|error| Error::Variables {
        origin: origin.to_owned(),
        line: error.line,
        column: error.column,
        reason: error.reason,
    })?;
    let mut lines = Lines {
        text,
        at: 0,
        line: 1,
    };
    Ok(node(&value, &mut lines))
}

/// JavaScript reads half of a surrogate pair, which no file can hold: it is
/// written as U+FFFD, or as `?`.
fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    let unit = |at: usize| {
        let digits = text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut fixed = Cow::Borrowed(text);
    let mut at = 0;
    while let Some(next) = text[at..].find('\\').map(|offset| at + offset) {
        at = match unit(next) {
            Some(0xd800..=0xdbff) if matches!(unit(next + 6), Some(0xdc00..=0xdfff)) => next + 12,
            Some(0xd800..=0xdfff) => {
                fixed.to_mut().replace_range(next..next + 6, "\\ufffd");
                next + 6
            }
            // An escaped backslash hides what follows it.
            _ => text[next + 1..]
                .chars()
                .next()
                .map_or(text.len(), |c| next + 1 + c.len_utf8()),
        };
    }
    fixed
}

/// Lines of offsets that only grow.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

/// A JSON value as a tree. The parser bounds the depth.
fn node(value: &Value<'_>, lines: &mut Lines<'_>) -> Node {
    let start = jsonc::Ranged::start(value).max(lines.at);
    let passed = &lines.text.as_bytes()[lines.at..start];
    lines.line += memchr::memchr_iter(b'\n', passed).count();
    lines.at = start;
    let line = lines.line;
    let kind = match value {
        Value::NullKeyword(_) => Kind::Null,
        Value::BooleanLit(literal) => Kind::Bool(literal.value),
        Value::NumberLit(literal) => number(literal.value),
        Value::StringLit(literal) => Kind::Text(literal.value.to_string()),
        Value::Array(array) => Kind::List(
            array
                .elements
                .iter()
                .map(|item| node(item, lines))
                .collect::<Vec<_>>()
                .into(),
        ),
        Value::Object(object) => Kind::Map(
            object
                .properties
                .iter()
                .map(|property| {
                    (
                        property.name.as_str().to_owned(),
                        node(&property.value, lines),
                    )
                })
                .collect::<Vec<_>>()
                .into(),
        ),
    };
    Node { line, kind }
}

/// A JSON number; what a double cannot hold is infinite, as in JavaScript.
fn number(text: &str) -> Kind {
    match text.parse::<f64>() {
        Ok(number) => Kind::Number(number, text.to_owned()),
        Err(_) => Kind::Text(javascript(f64::NAN)),
    }
}
