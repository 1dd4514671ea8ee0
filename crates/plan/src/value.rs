//! The tree that resources are handed over in. Owns what equality means for
//! Kubernetes; knows no text format.
//!
//! Not `serde_json::Value`: that keeps a hash table per map, which is most of the time and
//! memory of a plan. The variants are those of the program's own typed YAML, so
//! handing over moves every string and parses nothing again.

mod json;

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// A parsed value. Each key of a map occurs once, in any order.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// Nothing.
    #[default]
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
    /// A list.
    List(Vec<Value>),
    /// Keys and values.
    Map(Vec<(String, Value)>),
}

/// What is asked of something that is not there.
static NOTHING: Value = Value::Null;

impl Value {
    /// The value under `key`, when this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.pairs()
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// The value under the keys, one after another; nothing where one is missing.
    pub fn at(&self, keys: &[&str]) -> &Value {
        let mut value = self;
        for key in keys {
            match value.get(key) {
                Some(inner) => value = inner,
                None => return &NOTHING,
            }
        }
        value
    }

    /// Whether there is nothing.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The string, when this is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is `true`.
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// The whole number, when this is one.
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Uint(number) => i64::try_from(*number).ok(),
            // YAML's `3.0` gets to the server as 3.
            #[expect(clippy::cast_possible_truncation, reason = "whole, and small enough")]
            Self::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                Some(*number as i64)
            }
            _ => None,
        }
    }

    /// The items of a list; of anything else, none.
    pub fn items(&self) -> &[Value] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The pairs of a map; of anything else, none.
    pub fn pairs(&self) -> &[(String, Value)] {
        match self {
            Self::Map(pairs) => pairs,
            _ => &[],
        }
    }

    /// A single value as people write it; empty for lists and maps.
    pub fn scalar(&self) -> String {
        match self {
            Self::Null | Self::List(_) | Self::Map(_) => String::new(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Uint(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Str(text) => text.clone(),
        }
    }

    /// Whether this is neither a list nor a map.
    pub fn is_scalar(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Map(_))
    }

    /// A number for what this means: equal values have the same.
    pub fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.feed(&mut hasher);
        hasher.finish()
    }

    fn feed(&self, hasher: &mut DefaultHasher) {
        match self {
            Self::Null => 0_u8.hash(hasher),
            Self::Bool(value) => (1_u8, value).hash(hasher),
            Self::Int(_) | Self::Uint(_) | Self::Float(_) => (2_u8, self.number()).hash(hasher),
            Self::Str(text) => (3_u8, text).hash(hasher),
            Self::List(items) => {
                (4_u8, items.len()).hash(hasher);
                for item in items {
                    item.feed(hasher);
                }
            }
            Self::Map(pairs) => {
                // A sum does not depend on the order of keys.
                let sum = pairs.iter().fold(0_u64, |sum, (key, value)| {
                    let mut inner = DefaultHasher::new();
                    key.hash(&mut inner);
                    value.feed(&mut inner);
                    sum.wrapping_add(inner.finish())
                });
                (5_u8, pairs.len(), sum).hash(hasher);
            }
        }
    }

    /// The number as bits that are equal for equal numbers: JSON writes 1.0 as 1.
    fn number(&self) -> (bool, u64) {
        match self {
            Self::Int(value) => (true, value.cast_unsigned()),
            Self::Uint(value) => (i64::try_from(*value).is_ok(), *value),
            Self::Float(value) => whole(*value).map_or((false, value.to_bits()), |whole| {
                (true, whole.cast_unsigned())
            }),
            _ => (false, 0),
        }
    }
}

/// The whole number that a float is.
#[expect(clippy::cast_possible_truncation, reason = "checked to be exact")]
fn whole(value: f64) -> Option<i64> {
    let exact = value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0;
    exact.then_some(value as i64)
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a.len() == b.len() && maps_equal(a, b),
            (
                Self::Int(_) | Self::Uint(_) | Self::Float(_),
                Self::Int(_) | Self::Uint(_) | Self::Float(_),
            ) => self.number() == other.number(),
            _ => false,
        }
    }
}

fn maps_equal(a: &[(String, Value)], b: &[(String, Value)]) -> bool {
    if a.iter().zip(b).all(|(a, b)| a.0 == b.0) {
        return a.iter().zip(b).all(|(a, b)| a.1 == b.1);
    }
    let (a, b) = (sorted(a), sorted(b));
    a.iter().zip(&b).all(|(a, b)| a.0 == b.0 && a.1 == b.1)
}

/// The pairs in the order of their keys.
pub(crate) fn sorted(pairs: &[(String, Value)]) -> Vec<&(String, Value)> {
    let mut sorted: Vec<_> = pairs.iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    sorted
}

/// A value of a map on the old side, on the new side, or on both.
pub(crate) type Sides<'a> = (&'a str, Option<&'a Value>, Option<&'a Value>);

/// The keys of two maps with the values of both sides, in the order of the keys.
pub(crate) fn joined<'a>(old: &'a [(String, Value)], new: &'a [(String, Value)]) -> Vec<Sides<'a>> {
    let (old, new) = (sorted(old), sorted(new));
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::with_capacity(old.len().max(new.len()));
    while i < old.len() || j < new.len() {
        let order = match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) => a.0.cmp(&b.0),
            (Some(_), None) => Ordering::Less,
            _ => Ordering::Greater,
        };
        match order {
            Ordering::Less => out.push((old[i].0.as_str(), Some(&old[i].1), None)),
            Ordering::Greater => out.push((new[j].0.as_str(), None, Some(&new[j].1))),
            Ordering::Equal => out.push((old[i].0.as_str(), Some(&old[i].1), Some(&new[j].1))),
        }
        i += usize::from(order != Ordering::Greater);
        j += usize::from(order != Ordering::Less);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[rstest::rstest]
    #[case::order_of_keys(r#"{"a":1,"b":[2]}"#, r#"{"b":[2],"a":1}"#, true)]
    #[case::a_float_that_is_whole("1.0", "1", true)]
    #[case::another_float("1.5", "1", false)]
    #[case::a_large_number("18446744073709551615", "-1", false)]
    #[case::text_and_number("\"1\"", "1", false)]
    #[case::order_of_items("[1,2]", "[2,1]", false)]
    #[case::other_keys(r#"{"a":1,"b":1}"#, r#"{"a":1,"c":1}"#, false)]
    fn equality_and_hash_agree(#[case] a: &str, #[case] b: &str, #[case] equal: bool) {
        assert_eq!(read(a) == read(b), equal);
        assert_eq!(read(a).hash() == read(b).hash(), equal);
    }

    #[test]
    fn both_sides_of_a_map_are_joined_by_key() {
        let (old, new) = (read(r#"{"c":1,"a":1}"#), read(r#"{"b":2,"c":3}"#));
        let keys: Vec<_> = joined(old.pairs(), new.pairs())
            .iter()
            .map(|(key, old, new)| (*key, old.is_some(), new.is_some()))
            .collect();
        assert_eq!(
            keys,
            [("a", true, false), ("b", false, true), ("c", true, true)]
        );
    }
}
