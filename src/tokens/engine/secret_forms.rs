//! What the values of secret variables became in files: transformed, escaped.
//!
//! Owns the collection of these texts, so that they can be masked wherever a
//! new content is shown. Decides nothing about masking.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::super::escape;
use super::super::options::{Compatibility, Escape};
use super::super::variables::Variables;

/// More forms than this, or more bytes of them, come from an attack.
const MOST_FORMS: usize = 10_000;
const MOST_BYTES: usize = 64 << 20;

/// How much of a text comes from secret variables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Secrecy {
    /// Nothing.
    #[default]
    Public,
    /// Something, which has been collected by itself.
    Part,
    /// All of it, or something that cannot be told apart any more.
    Whole,
}

/// The texts that secret values became, as far as they are not the values.
pub(super) struct SecretForms<'v> {
    values: HashSet<&'v str>,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    forms: BTreeSet<String>,
    bytes: usize,
}

/// Says nothing about values.
impl fmt::Debug for SecretForms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.values.len())
    }
}

impl<'v> SecretForms<'v> {
    pub(super) fn new(variables: &'v Variables) -> Self {
        Self {
            values: variables.secret_values().collect(),
            found: Mutex::default(),
        }
    }

    /// Collects a text as it is in a file.
    pub(super) fn add(&self, form: &str) {
        if form.trim().is_empty() || self.values.contains(form) {
            return;
        }
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = found.bytes + form.len();
        if found.forms.len() < MOST_FORMS && bytes <= MOST_BYTES && !found.forms.contains(form) {
            found.forms.insert(form.to_owned());
            found.bytes = bytes;
        }
    }

    /// Collects a text inside another value, as it will be in a file.
    pub(super) fn add_inner(&self, text: &str, escape: &Escape, level: Compatibility) {
        let mut form = String::with_capacity(text.len());
        escape::push(&mut form, text, escape, level);
        self.add(&form);
    }

    /// All that were collected, sorted.
    pub(super) fn all(&self) -> Vec<String> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.forms.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::variables::{Layer, Matching};
    use super::*;

    #[test]
    fn forms_are_collected_once_without_values_and_within_bounds() {
        let mut variables = Variables::new(Compatibility::Own);
        variables.add(Layer::new("x", Matching::Exact).with_secret("s", "hunter2"));
        let forms = SecretForms::new(&variables);
        for form in ["HUNTER2", "hunter2", " ", "HUNTER2"] {
            forms.add(form);
        }
        assert_eq!(forms.all(), ["HUNTER2"]);
        assert_eq!(format!("{forms:?}"), "1 secrets");
        for i in 0..2 * MOST_FORMS {
            forms.add(&i.to_string());
        }
        assert_eq!(forms.all().len(), MOST_FORMS);
    }
}
