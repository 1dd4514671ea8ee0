//! The variables that tokens are replaced by, and where each came from.
//!
//! Owns lookup and precedence: layers are added from the weakest to the
//! strongest, and the last one that has a name wins. Reads nothing.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::options::Compatibility;
use super::placeholder::Placeholder;

/// How the names of a layer are compared with those in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matching {
    /// The exact name; without regard to case, except in versions 3 to 5.
    Exact,
    /// As the agent names variables: without regard to case, and `.`, blank
    /// and `_` are the same.
    Pipeline,
}

/// One variable.
#[derive(Clone)]
pub struct Variable {
    /// The name as it was given.
    pub name: String,
    /// The value.
    pub value: Arc<str>,
    /// The layer that it came from.
    pub origin: Arc<str>,
    /// Line in that origin; 0 when there is none.
    pub line: usize,
    /// Whether the value must not be shown.
    pub secret: bool,
    /// How its name is compared.
    pub matching: Matching,
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {}", self.name, self.origin)
    }
}

/// Variables of one origin, ready to be added.
#[derive(Debug, Clone)]
pub struct Layer {
    origin: Arc<str>,
    matching: Matching,
    entries: Vec<(String, Arc<str>, bool, usize)>,
}

impl Layer {
    /// An empty layer; `origin` is what `--explain` says.
    pub fn new(origin: impl Into<Arc<str>>, matching: Matching) -> Self {
        Self {
            origin: origin.into(),
            matching,
            entries: Vec::new(),
        }
    }

    /// Adds a variable.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Arc<str>>) -> Self {
        self.push(name.into(), value.into(), false, 0);
        self
    }

    /// Adds a variable whose value must not be shown.
    #[must_use]
    pub fn with_secret(mut self, name: impl Into<String>, value: impl Into<Arc<str>>) -> Self {
        self.push(name.into(), value.into(), true, 0);
        self
    }

    /// The names as they were given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, ..)| name.as_str())
    }

    /// The same variables with placeholders for the secret ones, and these.
    #[must_use]
    pub fn with_placeholders(mut self, which: Placeholder) -> (Self, Vec<String>) {
        let mut placeholders = Vec::new();
        for (name, value, secret, _) in &mut self.entries {
            if *secret {
                let placeholder = which.of(name);
                *value = Arc::from(placeholder.as_str());
                placeholders.push(placeholder);
            }
        }
        (self, placeholders)
    }

    /// Adds a variable with everything that is known about it.
    pub fn push(&mut self, name: String, value: Arc<str>, secret: bool, line: usize) {
        self.entries.push((name, value, secret, line));
    }
}

/// Where a variable came from, for `--explain`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The name as it was given there.
    pub name: String,
    /// The layer.
    pub origin: String,
    /// Line in the layer, when it has lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The value, or `***`.
    pub value: String,
    /// Whether this is the one that tokens get.
    pub wins: bool,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            origin,
            value,
            ..
        } = self;
        write!(f, "{name} = {value} from {origin}")?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if !self.wins {
            write!(f, " (overridden)")?;
        }
        Ok(())
    }
}

/// All variables of a run.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    level: Compatibility,
    /// In order of precedence, weakest first.
    all: Vec<Variable>,
    exact: HashMap<String, usize>,
    pipeline: HashMap<String, usize>,
    asks_pipeline: bool,
    /// Set when a secret variable is used.
    secret_used: Option<Arc<AtomicBool>>,
}

impl Variables {
    /// No variables; names are compared by the rules of `level`.
    pub fn new(level: Compatibility) -> Self {
        Self {
            level,
            ..Self::default()
        }
    }

    /// The variables of one environment in a pipeline run: those of
    /// `gitops.yaml`, of the environment's section, of its variable files in
    /// their order, and of the pipeline. Each wins over the ones before.
    pub fn of_environment(
        top: Layer,
        section: Layer,
        files: impl IntoIterator<Item = Layer>,
        pipeline: impl IntoIterator<Item = Layer>,
    ) -> Self {
        let mut variables = Self::new(Compatibility::Own);
        for layer in [top, section].into_iter().chain(files).chain(pipeline) {
            variables.add(layer);
        }
        variables
    }

    /// Sets `flag` as soon as a token is replaced by a secret variable.
    pub fn watch_secrets(&mut self, flag: Arc<AtomicBool>) {
        self.secret_used = Some(flag);
    }

    /// A secret variable is used.
    pub(super) fn note_secret(&self) {
        if let Some(flag) = &self.secret_used {
            flag.store(true, Ordering::Relaxed);
        }
    }

    /// Adds a layer that wins over all that are there.
    pub fn add(&mut self, layer: Layer) {
        self.asks_pipeline |= layer.matching == Matching::Pipeline;
        for (name, value, secret, line) in layer.entries {
            // The old versions never stored an empty secret.
            if secret && value.is_empty() && !self.level.is_own() {
                continue;
            }
            let mut key = String::new();
            make_key(&mut key, &name, layer.matching, self.level);
            let index = self.all.len();
            match layer.matching {
                Matching::Exact => self.exact.insert(key, index),
                Matching::Pipeline => self.pipeline.insert(key, index),
            };
            self.all.push(Variable {
                name,
                value,
                origin: Arc::clone(&layer.origin),
                line,
                secret,
                matching: layer.matching,
            });
        }
    }

    /// The variable that a token's name stands for.
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.find(name, &mut String::new()).map(|i| &self.all[i])
    }

    /// The index of a variable; `key` is room to work in.
    pub(super) fn find(&self, name: &str, key: &mut String) -> Option<usize> {
        let mut best = None;
        if !self.exact.is_empty() {
            make_key(key, name, Matching::Exact, self.level);
            best = self.exact.get(key.as_str()).copied();
        }
        if !self.pipeline.is_empty() {
            make_key(key, name, Matching::Pipeline, self.level);
            best = best.max(self.pipeline.get(key.as_str()).copied());
        }
        best
    }

    /// A variable by the index that `find` gave.
    pub(super) fn at(&self, index: usize) -> &Variable {
        &self.all[index]
    }

    /// How many variables there are, overridden ones included.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The values that must not be shown.
    pub(super) fn secret_values(&self) -> impl Iterator<Item = &str> {
        self.all
            .iter()
            .filter(|variable| variable.secret)
            .map(|variable| &*variable.value)
    }

    /// Whether the agent's variables are among the layers.
    pub(super) fn asks_pipeline(&self) -> bool {
        self.asks_pipeline
    }

    /// The variables of exact layers that `used` says nothing about and that
    /// are not overridden: name and origin.
    pub(super) fn unused(&self, used: impl Fn(usize) -> bool) -> Vec<&Variable> {
        let mut indexes: Vec<usize> = self.exact.values().copied().filter(|i| !used(*i)).collect();
        indexes.sort_unstable();
        indexes.into_iter().map(|i| &self.all[i]).collect()
    }

    /// All variables, the weakest first.
    pub fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.all.iter()
    }

    /// Every place that has a variable of this name, the one that wins first.
    pub fn explain(&self, name: &str) -> Vec<Explanation> {
        let mut wanted = [String::new(), String::new()];
        make_key(&mut wanted[0], name, Matching::Exact, self.level);
        make_key(&mut wanted[1], name, Matching::Pipeline, self.level);
        let mut key = String::new();
        let mut found: Vec<Explanation> = self
            .all
            .iter()
            .rev()
            .filter(|variable| {
                make_key(&mut key, &variable.name, variable.matching, self.level);
                key == wanted[usize::from(variable.matching == Matching::Pipeline)]
            })
            .map(|variable| Explanation {
                name: variable.name.clone(),
                origin: variable.origin.to_string(),
                line: (variable.line > 0).then_some(variable.line),
                value: if variable.secret {
                    "***".to_owned()
                } else {
                    variable.value.to_string()
                },
                wins: false,
            })
            .collect();
        if let Some(first) = found.first_mut() {
            first.wins = true;
        }
        found
    }
}

/// The form of a name that is compared.
fn make_key(key: &mut String, name: &str, matching: Matching, level: Compatibility) {
    key.clear();
    let plain = |c: char| match (matching, c) {
        (Matching::Pipeline, '.' | ' ') => '_',
        _ => c,
    };
    if matching == Matching::Exact && level.is_old() {
        key.push_str(name);
    } else if name.is_ascii() {
        key.extend(name.chars().map(|c| plain(c.to_ascii_uppercase())));
    } else {
        key.extend(name.chars().map(plain).flat_map(char::to_uppercase));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(level: Compatibility) -> Variables {
        let mut variables = Variables::new(level);
        variables.add(
            Layer::new("gitops.yaml", Matching::Exact)
                .with("tag", "1")
                .with("Straße", "s"),
        );
        variables.add(
            Layer::new("pipeline variables", Matching::Pipeline).with_secret("Build.Tag", "2"),
        );
        variables.add(Layer::new("config/dev.yaml", Matching::Exact).with("TAG", "3"));
        variables
    }

    #[rstest::rstest]
    #[case("tag", Some("3"))]
    #[case("STRASSE", Some("s"))]
    #[case("build tag", Some("2"))]
    #[case("BUILD_TAG", Some("2"))]
    #[case("build-tag", None)]
    fn the_last_layer_that_has_a_name_wins(#[case] name: &str, #[case] value: Option<&str>) {
        let variables = layers(Compatibility::Own);
        assert_eq!(variables.get(name).map(|v| &*v.value), value);
    }

    #[test]
    fn versions_3_to_5_compare_given_names_with_their_case() {
        let variables = layers(Compatibility::V5);
        assert_eq!(variables.get("tag").map(|v| &*v.value), Some("1"));
        assert!(variables.get("Tag").is_none());
    }

    #[test]
    fn explaining_a_name_shows_every_layer_and_no_secret() {
        let variables = layers(Compatibility::Own);
        let lines: Vec<String> = variables
            .explain("Tag")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            lines,
            [
                "TAG = 3 from config/dev.yaml",
                "tag = 1 from gitops.yaml (overridden)"
            ]
        );
        assert_eq!(variables.explain("build.tag")[0].value, "***");
    }

    #[test]
    fn an_empty_secret_is_missing_in_the_old_versions() {
        for (level, there) in [(Compatibility::V6, false), (Compatibility::Own, true)] {
            let mut variables = Variables::new(level);
            variables.add(Layer::new("x", Matching::Pipeline).with_secret("s", ""));
            assert_eq!(variables.get("s").is_some(), there);
        }
    }
}
