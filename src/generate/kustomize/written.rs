//! The text of what is handed to Kustomize: YAML in flow style, one value a
//! line, every text quoted and in ASCII.
//!
//! Readers of YAML disagree on line breaks, comments, anchors and tags. None
//! of these is ever written, so there is one way to read it.

use crate::text::yaml::{Dialect, Value};
use crate::text::{Form, Kind, Node};

/// A value that is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Written {
    /// A number, boolean or nothing, as it was written.
    Bare(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Written>),
    /// Keys and values.
    Map(Vec<(String, Written)>),
}

impl Written {
    /// A single value, with the type that it had.
    pub(super) fn scalar(text: &str, form: Form) -> Self {
        if form == Form::Text {
            return Self::Text(text.to_owned());
        }
        if text.is_empty() {
            return Self::Bare("null".to_owned());
        }
        // What has other characters is text for every reader.
        let fine = |c: char| c.is_ascii_alphanumeric() || "+-._~".contains(c);
        let bare = text.chars().all(fine) && text.contains(|c: char| c != '-');
        if bare {
            Self::Bare(text.to_owned())
        } else {
            Self::Text(text.to_owned())
        }
    }

    /// Any value as it is; `None` where a key is no single value.
    pub(super) fn any(node: &Node) -> Option<Self> {
        Some(match &node.kind {
            Kind::Scalar(text, form) => Self::scalar(text, *form),
            Kind::Sequence(items) => {
                Self::List(items.iter().map(Self::any).collect::<Option<_>>()?)
            }
            Kind::Mapping(pairs) => {
                let mut map = Vec::with_capacity(pairs.len());
                for (name, value) in pairs {
                    put(&mut map, key(name)?, Self::any(value)?);
                }
                Self::Map(map)
            }
        })
    }

    /// The document, ending in a line feed.
    pub(super) fn document(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out.push('\n');
        out
    }

    fn write(&self, out: &mut String, depth: usize) {
        match self {
            Self::Bare(text) => out.push_str(text),
            Self::Text(text) => quote(text, out),
            Self::List(items) if items.is_empty() => out.push_str("[]"),
            Self::Map(pairs) if pairs.is_empty() => out.push_str("{}"),
            Self::List(items) => {
                lines(out, depth, ('[', ']'), items, |item, out| {
                    item.write(out, depth + 1);
                });
            }
            Self::Map(pairs) => lines(out, depth, ('{', '}'), pairs, |(key, value), out| {
                quote(key, out);
                out.push_str(": ");
                value.write(out, depth + 1);
            }),
        }
    }
}

/// Adds a pair; of several with one key, the last one counts.
pub(super) fn put(map: &mut Vec<(String, Written)>, key: String, value: Written) {
    map.retain(|(known, _)| *known != key);
    map.push((key, value));
}

/// A key as Kubernetes' tools read it; `None` for a map or list.
pub(super) fn key(node: &Node) -> Option<String> {
    let text = node.text()?;
    Some(match Value::of(node, Dialect::Kubernetes) {
        Ok(Value::Bool(value)) => value.to_string(),
        Ok(Value::Int(value)) => value.to_string(),
        Ok(Value::Uint(value)) => value.to_string(),
        _ => text.to_owned(),
    })
}

fn lines<T>(
    out: &mut String,
    depth: usize,
    (open, close): (char, char),
    items: &[T],
    each: impl Fn(&T, &mut String),
) {
    out.push(open);
    for (at, item) in items.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        out.push_str(&"  ".repeat(depth + 1));
        each(item, out);
    }
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
    out.push(close);
}

/// A text in double quotes, with everything escaped that is not plain ASCII.
fn quote(text: &str, out: &mut String) {
    use std::fmt::Write as _;
    out.push('"');
    for c in text.chars() {
        let _ = match (c, u32::from(c)) {
            ('"' | '\\', _) => write!(out, "\\{c}"),
            ('\n', _) => write!(out, "\\n"),
            (' '..='~', _) => write!(out, "{c}"),
            (_, code @ 0..=0xffff) => write!(out, "\\u{code:04X}"),
            (_, code) => write!(out, "\\U{code:08X}"),
        };
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml;

    fn written(text: &str) -> String {
        let documents = yaml::parse(text).unwrap();
        Written::any(&documents[0].root).unwrap().document()
    }

    #[rstest::rstest]
    #[case("a: 1.10", "{\n  \"a\": 1.10\n}\n")]
    #[case("a: !!str 1.10", "{\n  \"a\": \"1.10\"\n}\n")]
    #[case("a: '~'\nb: ~\n", "{\n  \"a\": \"~\",\n  \"b\": ~\n}\n")]
    #[case("a: x#y", "{\n  \"a\": \"x#y\"\n}\n")]
    #[case("a: [x y, {}]", "{\n  \"a\": [\n    \"x y\",\n    {}\n  ]\n}\n")]
    #[case(
        "a: 1\nb: &b {x: 1}\nc: {<<: *b, z: 2}\na: 3",
        "{\n  \"b\": {\n    \"x\": 1\n  },\n  \"c\": {\n    \"x\": 1,\n    \"z\": 2\n  },\n  \"a\": 3\n}\n"
    )]
    #[case("yes: 1\n0x10: 2", "{\n  \"true\": 1,\n  \"16\": 2\n}\n")]
    fn values_keep_their_types(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(written(text), expected);
    }

    #[test]
    fn a_text_is_one_line_of_ascii() {
        let text = Written::Text("a\u{85}\u{2028}\"\\\n\u{17f}\u{1f600}\u{0}".to_owned());
        assert_eq!(
            text.document(),
            "\"a\\u0085\\u2028\\\"\\\\\\n\\u017F\\U0001F600\\u0000\"\n"
        );
        let read = yaml::parse(&text.document()).unwrap();
        assert_eq!(Written::any(&read[0].root), Some(text));
    }
}
