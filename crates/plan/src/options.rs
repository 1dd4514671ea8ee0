//! What the caller decides about a plan. Plain data and functions; reads nothing.

use std::collections::BTreeMap;

use crate::risk::{Allowance, Severity};
use crate::value::Value;

/// Parses a text as YAML; `None` when it is not YAML.
pub type ReadYaml<'a> = &'a dyn Fn(&str) -> Option<Value>;

/// The text with its secrets masked; `None` when it contains no secret.
pub type Mask<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Whether the text holds a placeholder for a secret that this run does not have.
pub type IsPlaceholder<'a> = &'a dyn Fn(&str) -> bool;

/// What the caller decides about a plan.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The key of the run for the hashes of values that are not shown. Random, kept nowhere.
    pub key: &'a [u8],
    /// Removes the secrets that the run knows from everything that is shown.
    pub mask: Option<Mask<'a>>,
    /// Reads YAML inside of texts; without it, it is compared by line.
    pub yaml: Option<ReadYaml<'a>>,
    /// Nothing of the old side is shown but which resources there were: who reads the
    /// plan may not be allowed to read what was published.
    pub hide_old: bool,
    /// Recognizes placeholders for secrets.
    pub placeholder: Option<IsPlaceholder<'a>>,
    /// Annotations whose values are not shown, beside those that are known.
    pub sensitive_annotations: &'a [String],
    /// CRDs from outside of the two sets that declare how lists are merged.
    pub crds: &'a [&'a Value],
    /// The minor version of Kubernetes 1 that this goes to, when it is known.
    pub kube_minor: Option<u32>,
    /// What counts as a mass deletion.
    pub mass_deletion: MassDeletion,
    /// Other severities, by the id of the rule.
    pub severities: Option<&'a BTreeMap<String, Severity>>,
    /// Findings that are accepted.
    pub allowances: &'a [Allowance],
    /// Today as `2026-11-28`: allowances end.
    pub today: &'a str,
}

/// What counts as a mass deletion: both bounds are reached.
#[derive(Debug, Clone, Copy)]
pub struct MassDeletion {
    /// So many percent of the resources go.
    pub percent: u8,
    /// At least so many resources go.
    pub at_least: usize,
}

impl Default for MassDeletion {
    fn default() -> Self {
        Self {
            percent: 30,
            at_least: 5,
        }
    }
}

impl<'a> Options<'a> {
    /// The defaults, with the key of the run.
    pub fn new(key: &'a [u8]) -> Self {
        Self {
            key,
            mask: None,
            hide_old: false,
            yaml: None,
            placeholder: None,
            sensitive_annotations: &[],
            crds: &[],
            kube_minor: None,
            mass_deletion: MassDeletion::default(),
            severities: None,
            allowances: &[],
            today: "",
        }
    }

    /// The text without what is confidential.
    pub(crate) fn masked(&self, text: &str) -> Option<String> {
        self.mask.and_then(|mask| mask(text))
    }

    /// Whether a value holds something that the run knows as a secret, in whatever place:
    /// a number and the name of a field are texts, too.
    pub(crate) fn holds_masked(&self, value: &Value) -> bool {
        let holds = |text: &str| self.masked(text).is_some();
        match value {
            Value::Null => false,
            Value::Str(text) => holds(text),
            Value::List(items) => items.iter().any(|item| self.holds_masked(item)),
            Value::Map(pairs) => pairs
                .iter()
                .any(|(key, value)| holds(key) || self.holds_masked(value)),
            single => holds(&single.scalar()),
        }
    }
}
