//! Values as JSON text, the way go-jsonnet writes them.

use std::fmt::Write as _;

use rsjsonnet_lang::program::{Value, ValueKind};

/// How deep a value may nest.
const DEPTH: usize = 500;

/// What JSON text looks like.
pub(super) struct Format {
    indent: String,
    newline: String,
    key_value: String,
    item: &'static str,
    /// What an empty array and an empty object are; none for the rule of others.
    empty: Option<[&'static str; 2]>,
    /// Numbers and strings as Go's JSON encoder writes them, not as Jsonnet does.
    as_go: bool,
}

impl Format {
    /// A value that becomes a string.
    pub(super) fn text() -> Self {
        Self {
            indent: String::new(),
            newline: String::new(),
            key_value: ": ".to_owned(),
            item: ", ",
            empty: Some(["[ ]", "{ }"]),
            as_go: false,
        }
    }

    /// `std.manifestJsonEx`.
    pub(super) fn json(indent: String, newline: String, key_value: String) -> Self {
        Self {
            indent,
            newline,
            key_value,
            item: ",",
            empty: None,
            as_go: true,
        }
    }
}

/// The text of a value.
pub(super) fn write(value: &Value<'_>, format: &Format) -> Result<String, String> {
    let mut out = String::new();
    put(value, format, 0, &mut out)?;
    Ok(out)
}

fn put(value: &Value<'_>, format: &Format, depth: usize, out: &mut String) -> Result<(), String> {
    if depth > DEPTH {
        return Err(format!("a value nests more than {DEPTH} levels deep"));
    }
    match value.kind() {
        ValueKind::Null => out.push_str("null"),
        ValueKind::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        ValueKind::Number(value) => number(value, format.as_go, out),
        ValueKind::String(text) => string(&text, format.as_go, out),
        ValueKind::Function => return Err("a function has no text".to_owned()),
        ValueKind::Array(items) => {
            if let (true, Some([empty, _])) = (items.is_empty(), format.empty) {
                out.push_str(empty);
                return Ok(());
            }
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                begin(at, format, depth, out);
                put(item, format, depth + 1, out)?;
            }
            end(items.is_empty(), format, depth, out);
            out.push(']');
        }
        ValueKind::Object(fields) => {
            if let (true, Some([_, empty])) = (fields.is_empty(), format.empty) {
                out.push_str(empty);
                return Ok(());
            }
            out.push('{');
            for (at, (name, field)) in fields.iter().enumerate() {
                begin(at, format, depth, out);
                string(name.value(), format.as_go, out);
                out.push_str(&format.key_value);
                put(field, format, depth + 1, out)?;
            }
            end(fields.is_empty(), format, depth, out);
            out.push('}');
        }
    }
    Ok(())
}

/// What stands in front of an item.
fn begin(at: usize, format: &Format, depth: usize, out: &mut String) {
    if at > 0 {
        out.push_str(format.item);
    }
    out.push_str(&format.newline);
    out.push_str(&format.indent.repeat(depth + 1));
}

/// What stands behind the last item.
fn end(is_empty: bool, format: &Format, depth: usize, out: &mut String) {
    out.push_str(&format.newline);
    if is_empty {
        out.push_str(&format.newline);
    }
    out.push_str(&format.indent.repeat(depth));
}

/// A number: Go's encoder writes the shortest digits, Jsonnet 17 of them (`%.17g`).
fn number(value: f64, as_go: bool, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = if as_go {
        write!(out, "{value}")
    } else if value.fract() == 0.0 {
        write!(out, "{value:.0}")
    } else {
        write!(out, "{}", digits(value))
    };
}

fn digits(value: f64) -> String {
    let text = format!("{value:.16e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if exponent < -4 {
        let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
        return format!("{mantissa}e{exponent:+03}");
    }
    // A number with a fraction is below 2^52, and its exponent below 16.
    let decimals = usize::try_from(16 - exponent).unwrap_or_default();
    let text = format!("{value:.decimals$}");
    text.trim_end_matches('0').to_owned()
}

fn string(text: &str, as_go: bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        let is_escaped = match c {
            '\0'..='\u{1f}' => true,
            '\u{7f}'..='\u{9f}' => !as_go,
            '\u{2028}' | '\u{2029}' => as_go,
            _ => false,
        };
        match c {
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if is_escaped => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(1.0 / 3.0, "0.33333333333333331", "0.3333333333333333")]
    #[case(0.1, "0.10000000000000001", "0.1")]
    #[case(1e-7, "9.9999999999999995e-08", "0.0000001")]
    #[case(1e23, "99999999999999991611392", "100000000000000000000000")]
    #[case(-0.0, "-0", "-0")]
    fn numbers_have_the_digits_of_go_jsonnet(
        #[case] value: f64,
        #[case] text: &str,
        #[case] json: &str,
    ) {
        let shown = |as_go| {
            let mut out = String::new();
            number(value, as_go, &mut out);
            out
        };
        assert_eq!((shown(false).as_str(), shown(true).as_str()), (text, json));
    }
}
