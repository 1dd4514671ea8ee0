//! The doors other than the settings file: command line, task inputs, and the
//! variables of the scripts that this program replaces.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use crate::agent::{self, Environment};
use crate::error::{Error, Kind};

use super::layer::{Layer, Origin, Value, camel_case};

/// What was typed on the command line; defaults do not count.
pub fn from_matches(definition: &Command, matches: &ArgMatches) -> Layer {
    let typed = |argument: &&Arg| {
        matches.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine)
    };
    let mut layer = Layer::new();
    for argument in definition.get_arguments().filter(typed) {
        let id = argument.get_id().as_str();
        let given = matches.get_raw(id).into_iter().flatten();
        let value = Value {
            texts: given
                .flat_map(|text| texts(argument, &text.to_string_lossy()))
                .collect(),
            origin: Origin::Flag(argument.get_long().unwrap_or(id).to_owned()),
        };
        layer.insert(id.to_owned(), value);
    }
    layer
}

/// What the task's inputs say.
///
/// The agent fills in the default of every input that the user left alone, so
/// an input that equals its default counts as not given; otherwise no
/// settings file could ever say anything.
pub fn from_inputs(definition: &Command, environment: &Environment) -> Result<Layer, Error> {
    let mut layer = Layer::new();
    for argument in definition.get_arguments() {
        let id = argument.get_id().as_str();
        let name = camel_case(id);
        let Some(text) = agent::input(environment, &name) else {
            continue;
        };
        if is_default(argument, &text) {
            continue;
        }
        // A commit message may speak of `$(…)`; everything else cannot mean it.
        if let Some(unknown) = agent::unresolved_macro(&text).filter(|_| id != "commit_message") {
            return Err(Error::message(
                Kind::Usage,
                format!("the input `{name}` contains `{unknown}`, a variable that this run does not have"),
            )
            .hint("define the variable, or check its spelling and that its group is linked to the pipeline"));
        }
        let value = Value {
            texts: texts(argument, &text),
            origin: Origin::Input(name),
        };
        layer.insert(id.to_owned(), value);
    }
    Ok(layer)
}

/// Variables of the old scripts, weakest of all: setting, then the variables
/// in order of preference.
const OLD_VARIABLES: [(&str, &[&str]); 4] = [
    ("manifest_repo", &["MANIFEST_REPO", "AKS_MANIFEST_REPO"]),
    ("git_host", &["GIT_HOST"]),
    ("environments", &["FAB_ENVS"]),
    ("commit_message", &["COMMIT_MESSAGE"]),
];

/// What the variables of the old scripts say.
pub fn from_old_variables(definition: &Command, environment: &Environment) -> Layer {
    let mut layer = Layer::new();
    for argument in definition.get_arguments() {
        let id = argument.get_id().as_str();
        let names = OLD_VARIABLES
            .iter()
            .find(|(setting, _)| *setting == id)
            .map(|(_, names)| *names);
        let found = names
            .into_iter()
            .flatten()
            .find_map(|&name| Some((name, environment.get(name)?)));
        if let Some((name, text)) = found {
            let value = Value {
                texts: texts(argument, text),
                origin: Origin::Variable(name),
            };
            layer.insert(id.to_owned(), value);
        }
    }
    layer
}

/// The texts of one setting: lists may be written over several lines.
pub(super) fn texts(argument: &Arg, text: &str) -> Vec<String> {
    let Some(delimiter) = argument.get_value_delimiter() else {
        // Only a message keeps its lines; elsewhere a stray line end would be part of a name.
        return vec![text.trim().to_owned()];
    };
    let items = text
        .split([delimiter, '\n'])
        .map(str::trim)
        .filter(|item| !item.is_empty());
    items.map(str::to_owned).collect()
}

/// Whether `text` is what the setting is without it.
fn is_default(argument: &Arg, text: &str) -> bool {
    let defaults = argument.get_default_values();
    let default = defaults
        .iter()
        .map(|value| value.to_string_lossy())
        .collect::<Vec<_>>()
        .join(",");
    let switch = super::schema::is_switch(argument);
    !defaults.is_empty()
        && if switch {
            default.eq_ignore_ascii_case(text.trim())
        } else {
            default == text.trim()
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::definition::EnvironmentArgs;
    use crate::settings::parse;
    use clap::Args as _;

    fn definition() -> Command {
        EnvironmentArgs::augment_args(Command::new("x"))
    }

    #[test]
    fn an_input_that_equals_its_default_was_not_given() {
        let layer = from_inputs(
            &definition(),
            &Environment::from([
                ("INPUT_GENERATOR", "auto"),
                ("INPUT_ALLOWEMPTY", "False"),
                (
                    "INPUT_PROTECTEDKINDS",
                    "Namespace,CustomResourceDefinition,PersistentVolume,PersistentVolumeClaim",
                ),
                ("INPUT_BRANCH", "live"),
            ]),
        )
        .unwrap();
        assert_eq!(layer.keys().collect::<Vec<_>>(), ["branch"]);
    }

    #[test]
    fn a_list_may_be_written_over_several_lines() {
        let layer = from_inputs(
            &definition(),
            &Environment::from([("INPUT_PROTECTEDKINDS", "Namespace\r\n Secret,Job\n")]),
        )
        .unwrap();
        let args: EnvironmentArgs = parse(&[&layer]).unwrap();
        assert_eq!(args.protected_kinds, ["Namespace", "Secret", "Job"]);
    }

    #[test]
    fn blanks_around_the_items_of_a_list_do_not_count() {
        let matches =
            definition().get_matches_from(["x", "--protected-kinds", "Namespace, Secret"]);
        let layer = from_matches(&definition(), &matches);
        assert_eq!(layer["protected_kinds"].texts, ["Namespace", "Secret"]);
    }

    #[test]
    fn a_variable_that_does_not_exist_is_named() {
        let error = from_inputs(
            &definition(),
            &Environment::from([("INPUT_MANIFESTREPO", "$(manifestRepo)")]),
        )
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the input `manifestRepo` contains `$(manifestRepo)`, a variable that this run does not have"
        );
    }

    #[test]
    fn the_variables_of_the_old_scripts_still_work() {
        let layer = from_old_variables(
            &definition(),
            &Environment::from([("AKS_MANIFEST_REPO", "a/b"), ("GIT_HOST", "github")]),
        );
        let args: EnvironmentArgs = parse(&[&layer]).unwrap();
        assert_eq!(args.manifest_repo.as_deref(), Some("a/b"));
    }
}
