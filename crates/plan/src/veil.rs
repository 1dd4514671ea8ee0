//! Texts that belong to a secret although the run does not know them as one: what stands,
//! or stood, in the place of a secret is a value that is in use. Owns their collection
//! while two sides are compared, and the last word on whether a text may be shown.

mod names;

use std::collections::BTreeSet;

use crate::options::Options;
use crate::schema::words;
use crate::secrecy::HIDDEN;
use crate::value::Value;

pub(crate) use names::identities;

/// Longer texts are hidden where they stand; that they occur elsewhere is not looked for.
const LONGEST: usize = 200;
/// So many texts are remembered.
const MOST: usize = 1_000;
/// Shorter texts count as whole words only.
const SHORT: usize = 4;

/// The side of a change that a text is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// What was published.
    Old,
    /// What is to be published.
    New,
}

/// Texts that are not shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Veil {
    texts: BTreeSet<String>,
    /// Parts of longer texts: what is a part of these is not shown, either.
    parts: BTreeSet<String>,
}

impl Veil {
    /// Adds what differs between two places of which one holds a secret.
    pub(crate) fn pair(&mut self, old: &[&Value], new: &[&Value], options: &Options<'_>) {
        let texts = |side: &[&Value]| {
            let mut texts = BTreeSet::new();
            for one in side {
                collect(one, &mut texts);
            }
            texts
        };
        if let ([Value::Str(old)], [Value::Str(new)]) = (old, new) {
            let (old, new) = differing(old, new);
            for part in [old, new] {
                if self.may_add(part, options) {
                    self.parts.insert(part.trim().to_owned());
                }
            }
        }
        let (old, new) = (texts(old), texts(new));
        for text in old.symmetric_difference(&new) {
            self.add(text, options);
        }
    }

    /// Adds names of which one holds a secret.
    pub(crate) fn names<'n>(
        &mut self,
        names: impl Iterator<Item = &'n str>,
        options: &Options<'_>,
    ) {
        names.for_each(|name| self.add(name, options));
    }

    fn add(&mut self, text: &str, options: &Options<'_>) {
        if self.may_add(text, options) {
            self.texts.insert(text.trim().to_owned());
        }
    }

    fn may_add(&self, text: &str, options: &Options<'_>) -> bool {
        let text = text.trim();
        // The secret itself is masked, and what the API calls a field tells nothing.
        let is_known = options.masked(text).is_some() || words::is_field("", text);
        let has_room = self.texts.len() + self.parts.len() < MOST;
        !text.is_empty() && text.len() <= LONGEST && !is_known && has_room
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.texts.extend(other.texts);
        self.parts.extend(other.parts);
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        self.texts.iter().chain(&self.parts)
    }

    /// Whether one of these is in a text.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.all().any(|veiled| holds(text, veiled))
    }

    /// Whether a text that is quoted has to do with one of these: it holds one, or is a
    /// part of one.
    pub(crate) fn covers(&self, text: &str) -> bool {
        let is_part = |part: &String| text.len() >= 3 && holds(part, text);
        self.is_in(text) || self.parts.iter().any(is_part)
    }

    /// A text of several parts without these.
    pub(crate) fn cleaned(&self, text: &str, place: &str) -> Option<String> {
        let mut out: Option<String> = None;
        // The longest one first: it may hold another.
        let mut all: Vec<_> = self.all().collect();
        all.sort_by_key(|text| std::cmp::Reverse(text.len()));
        for veiled in all {
            let current = out.as_deref().unwrap_or(text);
            // Half of all fields are one of the two.
            let is_switch = matches!(veiled.as_str(), "true" | "false");
            if veiled.len() >= SHORT && !is_switch && current.contains(veiled.as_str()) {
                out = Some(current.replace(veiled.as_str(), place));
            }
        }
        out
    }

    /// A message without the quotes that have to do with these.
    pub(crate) fn message(&self, text: &str) -> Option<String> {
        self.all().next()?;
        let parts = text.split('`').enumerate();
        let parts: Vec<_> = parts
            .map(|(at, part)| (at % 2 == 1 && self.covers(part), part))
            .collect();
        if !parts.iter().any(|(covered, _)| *covered) {
            return None;
        }
        let parts = parts.into_iter();
        let parts = parts.map(|(covered, part)| if covered { HIDDEN } else { part });
        Some(parts.collect::<Vec<_>>().join("`"))
    }
}

/// Whether a text holds another; a short one as a word.
fn holds(text: &str, part: &str) -> bool {
    let is_word = |at: usize| {
        let before = text[..at].chars().next_back();
        let after = text[at + part.len()..].chars().next();
        let is_end = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
        is_end(before) && is_end(after)
    };
    let mut found = text.match_indices(part);
    found.any(|(at, _)| part.len() >= SHORT || is_word(at))
}

/// The texts and numbers in a value, and the names of maps.
fn collect(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::Null => {}
        Value::List(items) => items.iter().for_each(|item| collect(item, out)),
        Value::Map(pairs) => {
            for (key, value) in pairs {
                out.insert(key.clone());
                collect(value, out);
            }
        }
        single => {
            out.insert(single.scalar());
        }
    }
}

/// The words in which two texts differ, from the first to the last.
fn differing<'t>(old: &'t str, new: &'t str) -> (&'t str, &'t str) {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let same = old.char_indices().zip(new.chars());
    let start = same
        .take_while(|((_, a), b)| a == b)
        .last()
        .map_or(0, |((at, c), _)| at + c.len_utf8());
    let start = old[..start].trim_end_matches(is_part).len();
    let (old, new) = (&old[start..], &new[start..]);
    let same = old.chars().rev().zip(new.chars().rev());
    let tail: usize = same
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    let tail = old[old.len() - tail..].trim_start_matches(is_part).len();
    (&old[..old.len() - tail], &new[..new.len() - tail])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("reg.io/olds/x:1", "reg.io/news/x:1", "olds", "news")]
    #[case("old.com", "new.com", "old", "new")]
    #[case("a-1 x", "a-2 x", "a-1", "a-2")]
    #[case("one", "one two", "one", "one two")]
    #[case("äx", "äy", "äx", "äy")]
    fn words_that_differ(
        #[case] old: &str,
        #[case] new: &str,
        #[case] first: &str,
        #[case] second: &str,
    ) {
        assert_eq!(differing(old, new), (first, second));
    }

    #[rstest::rstest]
    #[case(
        "the image goes from `reg.io/olds/x` to `***`",
        "the image goes from `(hidden)` to `***`"
    )]
    #[case("it comes from `olds`", "it comes from `(hidden)`")]
    #[case("from `7` to `8`", "from `(hidden)` to `8`")]
    #[case("from `17` to `8`", "from `17` to `8`")]
    #[case("olds outside of quotes is ours", "olds outside of quotes is ours")]
    fn quotes_go(#[case] text: &str, #[case] expected: &str) {
        let mut veil = Veil::default();
        veil.names(["olds", "7"].into_iter(), &Options::new(b"k"));
        assert_eq!(veil.message(text).as_deref().unwrap_or(text), expected);
    }
}
