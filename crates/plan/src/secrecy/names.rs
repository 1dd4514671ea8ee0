//! Names that are secrets themselves: a token as the key of a map, as the element of a set,
//! as what an item is known by. Owns what of a path may not be shown.

use super::{REFERENCES, WORDS, cleaned, is_confidential_name, is_key, plain};
use crate::path::{Path, Step};
use crate::value::Value;

/// Maps and lists whose entries are often known by the secret.
const KEYED: &[&str] = &["tokens", "apikeys"];
/// Names shorter than this are looked at for nothing but where they stand.
const LOOKED_AT: usize = 16;

/// Whether what is below this name is often known by the secret.
fn is_keyed(name: &str) -> bool {
    let name = plain(name);
    let ends = KEYED.iter().any(|ending| name.ends_with(ending));
    let one = name.trim_end_matches('s');
    ends && !REFERENCES.iter().any(|reference| one.ends_with(reference))
}

/// Whether a name looks like a token and not like a word.
fn is_token(name: &str) -> bool {
    let has = |is: fn(&char) -> bool| name.chars().any(|c| is(&c));
    let mixed = has(char::is_ascii_digit) && has(char::is_ascii_alphabetic);
    let key = plain(name);
    let is_word = WORDS.contains(&key.as_str());
    !is_word && (name.len() >= 8 && mixed || name.len() >= 24 && !name.contains([' ', '.', '/']))
}

/// Whether a text has a login or a token in it.
fn holds_secret(text: &str) -> bool {
    text.len() >= LOOKED_AT && (is_key(text) || cleaned(text).is_some())
}

/// The steps of a path whose names may not be shown.
pub(crate) fn steps(path: &Path) -> Vec<usize> {
    let mut above = "";
    let mut hidden = Vec::new();
    for (at, step) in path.0.iter().enumerate() {
        let hides = match step {
            Step::Key(key) => is_keyed(above) && is_token(key) || holds_secret(key),
            Step::Element(text) => is_confidential_name(above) || holds_secret(text),
            Step::Item(keys) => keys.iter().any(|(key, value)| {
                is_confidential_name(key)
                    || is_keyed(above) && is_token(value)
                    || holds_secret(value)
            }),
            Step::Index(_) | Step::Inside(_) => false,
        };
        if hides {
            hidden.push(at);
        }
        if let Step::Key(key) = step {
            above = key;
        }
    }
    hidden
}

/// Whether a value has a secret as a name: as the key of a map, or as what it is called.
pub(super) fn hides(path: &Path, value: &Value) -> bool {
    match value {
        Value::Map(pairs) if is_keyed(path.last_key(0)) => {
            pairs.iter().any(|(key, _)| is_token(key))
        }
        Value::Str(name) => {
            path.last_key(0) == "name" && is_keyed(path.last_key(1)) && is_token(name)
        }
        _ => false,
    }
}
