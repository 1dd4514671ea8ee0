//! Raw values with their origin, and the step from raw to typed.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Command, FromArgMatches};

use crate::error::{Error, Kind};

/// What one door says: settings by the id of their clap argument.
pub type Layer = BTreeMap<String, Value>;

/// The text of one setting, and where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// One text, or several for a list.
    pub texts: Vec<String>,
    /// Where it stood.
    pub origin: Origin,
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
        line: u64,
        /// `environments.dev.branch`
        key: String,
    },
    /// In a variable of the scripts that this replaces.
    Variable(&'static str),
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

/// Parses the first text found for each setting, strongest layer first.
///
/// A wrong value is reported with the place where it stands.
pub fn parse<T: Args + FromArgMatches>(layers: &[&Layer]) -> Result<T, Error> {
    let definition = T::augment_args(Command::new("settings").no_binary_name(true));
    let mut words = Vec::new();
    let mut origins: BTreeMap<String, &Origin> = BTreeMap::new();
    for argument in definition.get_arguments() {
        let id = argument.get_id().as_str();
        let Some(value) = layers.iter().find_map(|layer| layer.get(id)) else {
            continue;
        };
        let long = argument.get_long().unwrap_or(id);
        words.extend(value.texts.iter().map(|text| format!("--{long}={text}")));
        if value.texts.is_empty() {
            // An empty list was given, which is not the same as none.
            words.push(format!("--{long}="));
        }
        origins.insert(format!("--{long}"), &value.origin);
    }
    let matches = definition
        .try_get_matches_from(words)
        .map_err(|error| explain(&error, &origins))?;
    T::from_arg_matches(&matches).map_err(|error| explain(&error, &origins))
}

/// Clap's complaint, with the place where the value really stands.
fn explain(error: &clap::Error, origins: &BTreeMap<String, &Origin>) -> Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let flag = text(ContextKind::InvalidArg).unwrap_or_default();
    let flag = flag.split([' ', '=', '[']).next().unwrap_or_default();
    let Some(origin) = origins.get(flag) else {
        return Error::message(Kind::Usage, error.render().to_string().trim());
    };
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    let allowed = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) => values.join(", "),
        _ => String::new(),
    };
    let said = match (error.kind(), std::error::Error::source(error)) {
        (ErrorKind::InvalidValue, _) if value.is_empty() => format!("{origin} is empty"),
        (ErrorKind::ArgumentConflict, _) => format!("{origin} takes one value"),
        (_, Some(source)) => format!("{origin} is {value:?}: {source}"),
        _ => format!("{origin} is {value:?}, which it cannot be"),
    };
    let error = Error::message(Kind::Usage, said);
    if allowed.is_empty() {
        error
    } else {
        error.hint(format!("it can be one of: {allowed}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::definition::{EnvironmentArgs, GeneratorSetting};

    fn layer(id: &str, texts: &[&str], origin: Origin) -> Layer {
        let texts = texts.iter().map(|&text| text.to_owned()).collect();
        BTreeMap::from([(id.to_owned(), Value { texts, origin })])
    }

    #[test]
    fn the_strongest_layer_wins_setting_by_setting() {
        let strong = layer(
            "generator",
            &["fabrikate"],
            Origin::Flag("generator".into()),
        );
        let mut weak = layer("generator", &["manifests"], Origin::Variable("X"));
        weak.extend(layer("branch", &["main"], Origin::Variable("Y")));
        let args: EnvironmentArgs = parse(&[&strong, &weak]).unwrap();
        assert_eq!(args.source.generator, GeneratorSetting::Fabrikate);
        assert_eq!(args.branch.as_deref(), Some("main"));
        assert_eq!(args.max_removed_percent, 50);
    }

    #[rstest::rstest]
    #[case("generator", &["flux"], Origin::Input("generator".into()), "the input `generator` is \"flux\", which it cannot be")]
    #[case("max_removed_percent", &["many"], Origin::Flag("max-removed-percent".into()), "the flag `--max-removed-percent` is \"many\": invalid digit found in string")]
    #[case("allow_empty", &["maybe"], Origin::Input("allowEmpty".into()), "the input `allowEmpty` is \"maybe\": value was not a boolean")]
    #[case("branch", &["a", "b"], Origin::File { path: "gitops.yaml".into(), line: 3, key: "environments.dev.branch".into() },
        "`environments.dev.branch` in gitops.yaml, line 3 takes one value")]
    fn a_wrong_value_is_reported_where_it_stands(
        #[case] id: &str,
        #[case] texts: &[&str],
        #[case] origin: Origin,
        #[case] said: &str,
    ) {
        let error = parse::<EnvironmentArgs>(&[&layer(id, texts, origin)]).unwrap_err();
        assert_eq!(error.to_string(), said);
    }

    #[rstest::rstest]
    #[case("True", true)]
    #[case("yes", true)]
    #[case("FALSE", false)]
    fn switches_are_read_in_any_case(#[case] text: &str, #[case] value: bool) {
        let layer = layer(
            "allow_removal",
            &[text],
            Origin::Input("allowRemoval".into()),
        );
        let args: EnvironmentArgs = parse(&[&layer]).unwrap();
        assert_eq!(args.allow_removal, value);
    }

    #[test]
    fn a_wrong_choice_comes_with_the_right_ones() {
        let error = parse::<EnvironmentArgs>(&[&layer(
            "git_host",
            &["gitlab"],
            Origin::Input("gitHost".into()),
        )])
        .unwrap_err();
        assert_eq!(
            error.all_hints(),
            ["it can be one of: auto, azure, github, git"]
        );
    }

    #[test]
    fn names_at_the_other_doors_are_derived() {
        assert_eq!(camel_case("manifest_repo"), "manifestRepo");
        assert_eq!(camel_case("max-removed-percent"), "maxRemovedPercent");
    }
}
