//! How a value is written in place of another, and why it cannot be.

use super::{Refusal, Set, Target};
use crate::model::RelPath;
use crate::text::change::EditError;
use crate::text::yaml::{Dialect, Value};
use crate::text::{Form, Kind, Node};

/// How a value is written; `None` where it is that already.
pub(super) fn spelling(node: &Node, target: &Target) -> Option<Form> {
    let Kind::Scalar(old, form) = &node.kind else {
        return None;
    };
    let value = target.value.as_str();
    let typed = |text: &str, form| Value::single(text, form, Dialect::Kubernetes);
    let (before, bare) = (typed(old, *form), typed(value, Form::Plain));
    let stays = match (&before, &bare) {
        _ if target.is_text || *form == Form::Text => false,
        (Value::Int(_) | Value::Uint(_) | Value::Float(_), bare) => match bare {
            Value::Int(number) => number.to_string() == value,
            Value::Uint(number) => number.to_string() == value,
            // `1.10` would be read as 1.1.
            Value::Float(number) => number.to_string() == value,
            _ => false,
        },
        (Value::Bool(_), Value::Bool(_)) => matches!(value, "true" | "false"),
        _ => false,
    };
    if stays {
        return (old != value).then_some(Form::Plain);
    }
    (before != Value::Str(value.to_owned())).then_some(Form::Text)
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
