//! Typed YAML values.

use sha2::{Digest as _, Sha256};

use super::scalar;
use crate::text::{Form, Kind, Node};

/// Who reads a document, which decides the types of its scalars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Fabrikate reading configuration: rules of 2018, every key is its text.
    Config,
    /// Fabrikate reading rendered manifests: rules of 2018, keys have types,
    /// and texts on which readers disagree stay as they were written.
    Rendered,
    /// Kubernetes' own tools, today: every key becomes text.
    Kubernetes,
}

/// A YAML value. Maps keep source order; each key occurs once.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number that is too large for the signed type.
    Uint(u64),
    /// Any other number.
    Float(f64),
    /// A string.
    Str(String),
    /// A plain text that readers of different age take for a number or for a
    /// string, such as `1e3`: written back without quotes, as it came.
    Disputed(String),
    /// A list.
    List(Vec<Value>),
    /// Keys and values.
    Map(Vec<(Value, Value)>),
}

/// A map or list stands where a key should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: a map key is not a single value")]
pub struct KeyError {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
}

impl Value {
    /// Types a node for this reader.
    pub fn of(node: &Node, dialect: Dialect) -> Result<Self, KeyError> {
        Ok(match &node.kind {
            Kind::Scalar(text, form) => single(text, *form, dialect),
            Kind::Sequence(items) => Self::List(
                items
                    .iter()
                    .map(|item| Self::of(item, dialect))
                    .collect::<Result<_, _>>()?,
            ),
            Kind::Mapping(pairs) => {
                let mut map = Vec::with_capacity(pairs.len());
                for (key, value) in pairs {
                    map.push((key_of(key, dialect)?, Self::of(value, dialect)?));
                }
                last_wins(&mut map);
                Self::Map(map)
            }
        })
    }

    /// Types one scalar for this reader.
    pub fn single(text: &str, form: Form, dialect: Dialect) -> Self {
        single(text, form, dialect)
    }

    /// The value under `key`, when this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Map(pairs) => pairs
                .iter()
                .find(|(name, _)| matches!(name, Self::Str(name) if name == key))
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The string, when this is one that is not empty.
    pub fn non_empty_text(&self) -> Option<&str> {
        match self {
            Self::Str(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// A hash of what the value means: the order of keys does not matter.
    pub fn digest(&self) -> String {
        use std::fmt::Write as _;
        let mut bytes = Vec::new();
        self.canonical(&mut bytes);
        let hash = Sha256::digest(&bytes);
        let mut text = String::with_capacity(64);
        for byte in hash {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// Bytes that are equal for equal values and different for different ones.
    fn canonical(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.push(b'0'),
            Self::Bool(value) => out.extend([b'b', u8::from(*value)]),
            Self::Int(value) => number(out, b'i', value.to_be_bytes()),
            Self::Uint(value) => number(out, b'u', value.to_be_bytes()),
            Self::Float(value) => number(out, b'f', value.to_bits().to_be_bytes()),
            Self::Str(text) => string(out, b's', text),
            Self::Disputed(text) => string(out, b'd', text),
            Self::List(items) => {
                number(out, b'l', (items.len() as u64).to_be_bytes());
                for item in items {
                    item.canonical(out);
                }
            }
            Self::Map(pairs) => {
                let mut entries: Vec<Vec<u8>> = pairs
                    .iter()
                    .map(|(key, value)| {
                        let mut entry = Vec::new();
                        key.canonical(&mut entry);
                        value.canonical(&mut entry);
                        entry
                    })
                    .collect();
                entries.sort_unstable();
                number(out, b'm', (entries.len() as u64).to_be_bytes());
                for entry in &entries {
                    out.extend(entry);
                }
            }
        }
    }
}

fn number(out: &mut Vec<u8>, kind: u8, bytes: [u8; 8]) {
    out.push(kind);
    out.extend(bytes);
}

fn string(out: &mut Vec<u8>, kind: u8, text: &str) {
    number(out, kind, (text.len() as u64).to_be_bytes());
    out.extend(text.as_bytes());
}

fn single(text: &str, form: Form, dialect: Dialect) -> Value {
    match (form, dialect) {
        (Form::Text, _) => Value::Str(text.to_owned()),
        (Form::Json, _) => json(text),
        (Form::Plain, Dialect::Kubernetes) => scalar::of_today(text),
        (Form::Plain, Dialect::Rendered) if scalar::is_disputed(text) => {
            Value::Disputed(text.to_owned())
        }
        (Form::Plain, Dialect::Config | Dialect::Rendered) => scalar::of_2018(text),
    }
}

/// A JSON literal. Whole numbers stay whole numbers, however large.
fn json(text: &str) -> Value {
    match text {
        "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => (text.parse().map(Value::Int))
            .or_else(|_| text.parse().map(Value::Uint))
            .or_else(|_| text.parse().map(Value::Float))
            .unwrap_or_else(|_| Value::Str(text.to_owned())),
    }
}

fn key_of(key: &Node, dialect: Dialect) -> Result<Value, KeyError> {
    let Kind::Scalar(text, form) = &key.kind else {
        return Err(KeyError {
            line: key.line,
            column: key.column,
        });
    };
    Ok(match dialect {
        Dialect::Config => Value::Str(text.clone()),
        Dialect::Rendered => single(text, *form, dialect),
        Dialect::Kubernetes => Value::Str(kubernetes_key(text, *form)),
    })
}

/// The text that a key is to Kubernetes' tools, when it is a single value.
pub(super) fn key_text(key: &Node) -> Option<String> {
    match &key.kind {
        Kind::Scalar(text, form) => Some(kubernetes_key(text, *form)),
        _ => None,
    }
}

fn kubernetes_key(text: &str, form: Form) -> String {
    match single(text, form, Dialect::Kubernetes) {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        _ => text.to_owned(),
    }
}

/// So many keys are compared one by one more quickly than through a table.
const FEW: usize = 24;

/// Of pairs with the same key, only the last stays.
fn last_wins(map: &mut Vec<(Value, Value)>) {
    let twice = |at: usize| map[..at].iter().any(|(key, _)| *key == map[at].0);
    if map.len() <= FEW && !(1..map.len()).any(twice) {
        return;
    }
    let mut seen = std::collections::HashSet::with_capacity(map.len());
    let mut keep: Vec<bool> = map
        .iter()
        .rev()
        .map(|(key, _)| {
            let mut bytes = Vec::new();
            key.canonical(&mut bytes);
            seen.insert(bytes)
        })
        .collect();
    if keep.contains(&false) {
        map.retain(|_| keep.pop().unwrap_or(true));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, dialect: Dialect) -> Value {
        Value::of(&crate::text::yaml::parse(text).unwrap()[0].root, dialect).unwrap()
    }

    #[test]
    fn key_order_does_not_change_the_digest_but_content_does() {
        let digest = |text| read(text, Dialect::Kubernetes).digest();
        assert_eq!(digest("{a: 1, b: [x]}"), digest("b:\n- x\na: 1\n"));
        assert_ne!(digest("a: 1"), digest("a: '1'"));
        assert_ne!(digest("a: [b, c]"), digest("a: [c, b]"));
        assert_ne!(digest("{a: {b: 1}, c: 2}"), digest("{a: {b: 1, c: 2}}"));
    }

    #[test]
    fn merge_keys_win_over_what_stands_before_and_lose_to_what_comes_after() {
        let text = "base: &b {x: 1, y: 1}\nd: {x: 0, <<: *b, y: 2}\n";
        let value = read(text, Dialect::Config);
        let merged = value.get("d").unwrap();
        assert_eq!(merged.get("x"), Some(&Value::Int(1)));
        assert_eq!(merged.get("y"), Some(&Value::Int(2)));
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        assert_eq!(
            read("{a: 1, b: 2, a: 3}", Dialect::Config).get("a"),
            Some(&Value::Int(3))
        );
    }

    #[test]
    fn keys_are_text_or_typed_by_who_reads() {
        let key = |dialect| match read("yes: 1", dialect) {
            Value::Map(pairs) => pairs[0].0.clone(),
            _ => unreachable!(),
        };
        assert_eq!(key(Dialect::Config), Value::Str("yes".into()));
        assert_eq!(key(Dialect::Rendered), Value::Bool(true));
        assert_eq!(key(Dialect::Kubernetes), Value::Str("true".into()));
    }
}
