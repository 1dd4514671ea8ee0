//! How a value is written in place of another, and why it cannot be.

use super::{Refusal, Set, Target, Way};
use crate::model::RelPath;
use crate::text::change::EditError;
use crate::text::scalar_edit::Syntax;
use crate::text::yaml::{Dialect, Value};
use crate::text::{Form, Kind, Node, toml};

/// How a value is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spelled {
    pub(super) text: String,
    /// Without quotes, as a number or a switch is.
    pub(super) bare: bool,
}

/// What a value is to the readers of its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Switch(bool),
    Number,
    /// Only TOML has dates and times of its own.
    Date,
    Text,
}

/// How a value is written; `None` where it is that already.
pub(super) fn spelling(
    node: &Node,
    target: &Target,
    syntax: Syntax,
    place: &str,
) -> Result<Option<Spelled>, Refusal> {
    let Kind::Scalar(old, form) = &node.kind else {
        return Ok(None);
    };
    let value = target.value.as_str();
    let before = match form {
        Form::Text => Type::Text,
        _ => Type::of(old, syntax),
    };
    let spelled = |text: &str, bare| {
        Some(Spelled {
            text: text.to_owned(),
            bare,
        })
    };
    let is_whole = |text: &str| text.parse::<i64>().is_ok_and(|it| it.to_string() == text);
    let is_named = target.is_named_text && before == Type::Number;
    if target.is_text || before == Type::Text || (is_named && !(is_whole(old) && is_whole(value))) {
        let stays = before == Type::Text && old == value;
        return Ok(spelled(value, false).filter(|_| !stays));
    }
    match (before, Type::of(value, syntax)) {
        // Every language prints its own spelling of a boolean; readers of YAML 1.2 know one.
        (Type::Switch(was), Type::Switch(comes)) => {
            let text = if comes { "true" } else { "false" };
            Ok(spelled(text, true).filter(|_| was != comes))
        }
        (Type::Number, Type::Number) | (Type::Date, Type::Date) => {
            Ok(spelled(value, true).filter(|_| old != value))
        }
        _ => {
            let (what, hint) = match before {
                Type::Switch(_) => ("a boolean", "give `true` or `false`"),
                Type::Number => ("a number", "give a number"),
                _ => ("a date or time", "give one"),
            };
            let way = &target.way;
            Err(
                Refusal::new(format!("{place}: `{way}` is {what}, and `{value}` is none")).hint(
                    format!(
                        "{hint}; where a text is meant, write the value in quotes once by hand"
                    ),
                ),
            )
        }
    }
}

impl Type {
    /// The type of what stands without quotes.
    fn of(text: &str, syntax: Syntax) -> Self {
        match Value::single(text, Form::Plain, Dialect::Kubernetes) {
            Value::Bool(value) => return Self::Switch(value),
            Value::Int(_) | Value::Uint(_) | Value::Float(_) if syntax == Syntax::Yaml => {
                return Self::Number;
            }
            _ => {}
        }
        match syntax {
            Syntax::Json if serde_json::from_str::<serde_json::Number>(text).is_ok() => {
                Self::Number
            }
            Syntax::Yaml | Syntax::Json => Self::Text,
            Syntax::Toml => Self::of_toml(text),
        }
    }

    fn of_toml(text: &str) -> Self {
        let Ok(root) = toml::parse(&format!("v = {text}")) else {
            return Self::Text;
        };
        match Way::keys(&["v"]).find(&root).map(|node| &node.kind) {
            // A comment is no part of the value.
            Ok(Kind::Scalar(found, Form::Plain)) if found == text => {}
            _ => return Self::Text,
        }
        let number = text.replace('_', "");
        let unsigned = number.trim_start_matches(['+', '-']);
        let radix = match unsigned.get(..2) {
            Some("0x") => 16,
            Some("0o") => 8,
            Some("0b") => 2,
            _ => 10,
        };
        let in_range = match radix {
            10 => number.parse::<i64>(),
            radix => i64::from_str_radix(&unsigned[2..], radix),
        };
        let is_whole = radix != 10 || unsigned.bytes().all(|byte| byte.is_ascii_digit());
        match (is_whole, in_range.is_ok()) {
            (true, true) => Self::Number,
            // Readers refuse the whole file.
            (true, false) => Self::Text,
            (false, _) if matches!(unsigned, "inf" | "nan") => Self::Number,
            (false, _) if number.parse::<f64>().is_ok() => Self::Number,
            (false, _) => Self::Date,
        }
    }
}

/// Why a value cannot change by itself.
pub(super) fn stuck(path: &RelPath, text: &str, set: &[Set], error: &EditError) -> Refusal {
    let Some(set) = set.first() else {
        return Refusal::new(format!("{path}: {error}"));
    };
    let line = text.lines().nth(set.line - 1).unwrap_or_default();
    let place = format!("{path}, line {}: `{}`", set.line, set.field);
    let value = line.split(':').next_back().unwrap_or_default().trim();
    let above = text
        .lines()
        .nth(set.line.saturating_sub(2))
        .unwrap_or_default();
    let opens = |line: &str| {
        let line = line.split(" #").next().unwrap_or_default().trim_end();
        let end = line.rsplit([' ', ':']).next().unwrap_or_default();
        end.starts_with(['|', '>'])
    };
    let quotes = line.contains("\"\"\"") || line.contains("'''");
    if quotes || opens(value) || opens(line) || opens(above) {
        return Refusal::new(format!("{place} is a block of text, which is not edited"))
            .hint("write the value in the line of its key");
    }
    Refusal::new(format!(
        "{place} cannot be changed on its own: other places share it through an anchor or a merge key"
    ))
    .hint("write the value out at the places that share it, or edit the file by hand")
}
