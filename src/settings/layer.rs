//! What one source of settings says, with the place of each value, and the
//! step from there to typed arguments.
//!
//! Owns the typed data of a layer: a text is one text and a list is a list, and
//! neither is taken apart again. Clap parses the single values. May not read
//! anything.

use std::collections::BTreeMap;

use std::fmt;
use std::path::PathBuf;

use clap::builder::{OsStr, PossibleValue, Resettable};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Args, Command, FromArgMatches};
use serde_json::Map;

use crate::error::{Error, Kind};

use super::definition::{Marks, arguments, is_number, is_switch};

/// What one source of settings says: values by the id of their clap argument.
pub type Layer = BTreeMap<String, Value>;

/// The value of one setting, and where it stood.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// Where it stood.
    pub origin: Origin,
}

/// The data of one setting.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// One text.
    Text(String),
    /// The items of a list, each of them whole.
    List(Vec<String>),
    /// A map of data, for the one setting that takes one.
    Map(Map<String, serde_json::Value>),
}

impl Value {
    /// One text.
    pub fn text(text: impl Into<String>, origin: Origin) -> Self {
        let data = Data::Text(text.into());
        Self { data, origin }
    }

    /// A list of texts.
    pub fn list(items: Vec<String>, origin: Origin) -> Self {
        let data = Data::List(items);
        Self { data, origin }
    }

    /// The text, or the items of the list.
    pub fn texts(&self) -> &[String] {
        match &self.data {
            Data::Text(text) => std::slice::from_ref(text),
            Data::List(items) => items,
            Data::Map(_) => &[],
        }
    }
}

/// Where a value stood, as the user would look for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// On the command line.
    Flag(String),
    /// In a task input.
    Input(String),
    /// In the settings file.
    File {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// `environments.dev.branch`
        key: String,
    },
    /// In a variable of the scripts that this replaces.
    Variable(&'static str),
}

impl Origin {
    /// The settings file, when it stood there.
    pub(super) fn file(&self) -> Option<PathBuf> {
        match self {
            Self::File { path, .. } => Some(path.clone()),
            _ => None,
        }
    }

    /// One item of a list, counted from 0. Its text is shown only where it is
    /// read in the file: what was given with the run may be a secret.
    pub(super) fn item(&self, at: usize, text: &str) -> String {
        let number = at + 1;
        match self {
            Self::File { .. } => format!("item {number}, `{text}`, of {self}"),
            _ => format!("item {number} of {self}"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "the flag `--{name}`"),
            Self::Input(name) => write!(f, "the input `{name}`"),
            Self::File { path, line, key } => {
                write!(f, "`{key}` in {}, line {line}", path.display())
            }
            Self::Variable(name) => write!(f, "the variable `{name}`"),
        }
    }
}

/// `manifest_repo` as it is written in inputs and files: `manifestRepo`.
pub fn camel_case(id: &str) -> String {
    let mut words = id.split(['_', '-']);
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

/// Parses the first value found for each setting, strongest layer first.
///
/// A wrong value is reported with the place where it stands.
pub fn parse<T: Args + FromArgMatches + 'static>(layers: &[&Layer]) -> Result<T, Error> {
    let mut definition = arguments::<T>().clone();
    let mut words = Vec::new();
    let mut given: BTreeMap<String, &Value> = BTreeMap::new();
    for argument in arguments::<T>().get_arguments() {
        let id = argument.get_id().as_str();
        let Some(value) = layers.iter().find_map(|layer| layer.get(id)) else {
            continue;
        };
        let long = argument.get_long().unwrap_or(id);
        let texts = value.texts().iter();
        words.extend(texts.map(|text| format!("--{long}={text}")));
        given.insert(id.to_owned(), value);
        // What was given is whole: clap takes no item apart, and an empty list is
        // not the default.
        definition = definition.mut_arg(id, |argument| {
            argument
                .value_delimiter(None)
                .default_value(Resettable::<OsStr>::Reset)
        });
    }
    let matches = definition.try_get_matches_from_mut(words);
    let parsed = matches.and_then(|matches| T::from_arg_matches(&matches));
    parsed.map_err(|error| explain(&error, &definition, &given))
}

/// Which numbers a setting takes.
fn number(argument: &Arg) -> String {
    let range = match Marks::of(argument).range {
        Some((least, u64::MAX)) => format!(" of at least {least}"),
        Some((least, most)) => format!(" from {least} to {most}"),
        None => String::new(),
    };
    format!("a whole number{range}")
}

/// What is wrong with a number on the command line, in the words of all other
/// places; `None` when that is not what clap complains about.
pub fn not_a_number(error: &clap::Error, definition: &Command) -> Option<String> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let value =
        text(ContextKind::InvalidValue).filter(|_| error.kind() == ErrorKind::ValueValidation)?;
    let flag = text(ContextKind::InvalidArg)?;
    let flag = flag.split([' ', '=', '[']).next()?.trim_start_matches('-');
    let mut arguments = definition.get_arguments();
    let argument = arguments.find(|it| it.get_long() == Some(flag) && is_number(it))?;
    let origin = Origin::Flag(flag.to_owned());
    Some(format!(
        "{origin} must be {}, not {value:?}",
        number(argument)
    ))
}

/// Clap's complaint, with the place where the value really stands.
fn explain(error: &clap::Error, definition: &Command, given: &BTreeMap<String, &Value>) -> Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let flag = text(ContextKind::InvalidArg).unwrap_or_default();
    let flag = flag.split([' ', '=', '[']).next().unwrap_or_default();
    let flag = flag.trim_start_matches('-');
    let mut arguments = definition.get_arguments();
    let found = arguments.find(|argument| argument.get_long() == Some(flag));
    let found = found.and_then(|it| Some((it, given.get(it.get_id().as_str())?)));
    let Some((argument, value)) = found else {
        return Error::message(Kind::Usage, error.render().to_string().trim());
    };
    let origin = &value.origin;
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    let message = match (error.kind(), std::error::Error::source(error)) {
        (ErrorKind::ArgumentConflict, _) => format!("{origin} takes one value"),
        _ if value.is_empty() => format!("{origin} is empty"),
        _ if is_switch(argument) => format!("{origin} must be true or false, not {value:?}"),
        _ if is_number(argument) => {
            format!("{origin} must be {}, not {value:?}", number(argument))
        }
        // A map or a list is there as JSON, whatever the user wrote.
        (_, Some(source)) if value.starts_with(['{', '[']) => format!("{origin}: {source}"),
        (_, Some(source)) => format!("{origin} cannot be {value:?}: {source}"),
        _ => format!("{origin} cannot be {value:?}"),
    };
    let error = Error::message(Kind::Usage, message);
    let possible = argument.get_possible_values();
    if possible.is_empty() || is_switch(argument) {
        return error;
    }
    let names: Vec<_> = possible.iter().map(PossibleValue::get_name).collect();
    error.hint(format!("possible values: {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate;
    use crate::settings::definition::EnvironmentArgs;

    fn layer(id: &str, data: Data, origin: Origin) -> Layer {
        Layer::from([(id.to_owned(), Value { data, origin })])
    }

    fn text(text: &str) -> Data {
        Data::Text(text.to_owned())
    }

    fn list(items: &[&str]) -> Data {
        Data::List(items.iter().map(|&item| item.to_owned()).collect())
    }

    #[test]
    fn the_strongest_layer_wins_setting_by_setting() {
        let strong = layer(
            "generator",
            text("fabrikate"),
            Origin::Flag("generator".into()),
        );
        let mut weak = layer("generator", text("manifests"), Origin::Variable("X"));
        weak.extend(layer("branch", text("main"), Origin::Variable("Y")));
        let args: EnvironmentArgs = parse(&[&strong, &weak]).unwrap();
        assert_eq!(args.source.generator, Some(generate::Kind::Fabrikate));
        assert_eq!(args.branch.as_deref(), Some("main"));
        assert_eq!(args.max_removed_percent, 50);
    }

    #[rstest::rstest]
    #[case("generator", text("terraform"), Origin::Input("generator".into()), "the input `generator` cannot be \"terraform\"")]
    #[case("max_removed_percent", text("many"), Origin::Flag("max-removed-percent".into()), "the flag `--max-removed-percent` must be a whole number from 0 to 100, not \"many\"")]
    #[case("max_removed_percent", text("150"), Origin::Input("maxRemovedPercent".into()), "the input `maxRemovedPercent` must be a whole number from 0 to 100, not \"150\"")]
    #[case("max_removed_percent", text("-1"), Origin::Input("maxRemovedPercent".into()), "the input `maxRemovedPercent` must be a whole number from 0 to 100, not \"-1\"")]
    #[case("allow_empty", text("maybe"), Origin::Input("allowEmpty".into()), "the input `allowEmpty` must be true or false, not \"maybe\"")]
    #[case("generator", text(""), Origin::Input("generator".into()), "the input `generator` is empty")]
    #[case("branch", list(&["a", "b"]), Origin::File { path: "gitops.yaml".into(), line: 3, key: "environments.dev.branch".into() },
        "`environments.dev.branch` in gitops.yaml, line 3 takes one value")]
    fn a_wrong_value_is_reported_where_it_stands(
        #[case] id: &str,
        #[case] data: Data,
        #[case] origin: Origin,
        #[case] message: &str,
    ) {
        let error = parse::<EnvironmentArgs>(&[&layer(id, data, origin)]).unwrap_err();
        assert_eq!(error.to_string(), message);
    }

    #[rstest::rstest]
    #[case("True", true)]
    #[case("yes", true)]
    #[case("on", true)]
    #[case("1", true)]
    #[case("FALSE", false)]
    #[case("n", false)]
    fn switches_are_read_in_any_case(#[case] value: &str, #[case] expected: bool) {
        let origin = Origin::Input("allowRemoval".into());
        let args: EnvironmentArgs = parse(&[&layer("allow_removal", text(value), origin)]).unwrap();
        assert_eq!(args.allow_removal, expected);
    }

    #[rstest::rstest]
    #[case(&["Doe, Jane", "contoso/team"])]
    #[case(&["a\nb"])]
    #[case(&["--x=y", "-"])]
    #[case(&[" a "])]
    #[case(&[])]
    fn the_items_of_a_list_are_not_taken_apart(#[case] items: &[&str]) {
        let origin = Origin::Input("reviewers".into());
        let mut layer = layer("reviewers", list(items), origin.clone());
        layer.insert(
            "protected_kinds".to_owned(),
            Value {
                data: list(items),
                origin,
            },
        );
        let args: EnvironmentArgs = parse(&[&layer]).unwrap();
        assert_eq!(args.pull_request.reviewers, items);
        assert_eq!(
            args.protected_kinds, items,
            "an empty list is not the default"
        );
    }

    #[test]
    fn a_wrong_choice_comes_with_the_right_ones() {
        let origin = Origin::Input("gitHost".into());
        let layer = layer("git_host", text("gitlab"), origin);
        let error = parse::<EnvironmentArgs>(&[&layer]).unwrap_err();
        assert_eq!(
            error.all_hints(),
            ["possible values: auto, azure, github, git"]
        );
    }

    #[test]
    fn names_in_files_and_inputs_are_derived() {
        assert_eq!(camel_case("manifest_repo"), "manifestRepo");
        assert_eq!(camel_case("max-removed-percent"), "maxRemovedPercent");
    }
}
