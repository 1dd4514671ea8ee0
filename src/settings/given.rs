//! Settings that are given with a run: on the command line, in task inputs, and
//! in the variables of the scripts that this program replaces.
//!
//! Owns how a text becomes a list there. May not read files.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use crate::agent::{self, Environment};
use crate::error::{Error, Kind};

use super::definition::{EnvironmentArgs, RunArgs, id, is_switch};
use super::layer::{Data, Layer, Origin, Value, camel_case};

/// What was typed on the command line; defaults do not count.
pub fn from_matches(definition: &Command, matches: &ArgMatches) -> Layer {
    let typed = |argument: &&Arg| {
        matches.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine)
    };
    let mut layer = Layer::new();
    for argument in definition.get_arguments().filter(typed) {
        let id = argument.get_id().as_str();
        let occurrences = matches.get_raw_occurrences(id).into_iter().flatten();
        // Clap splits at every delimiter; what it split is put together again
        // for the rules that hold for inputs and files too.
        let delimiter = argument.get_value_delimiter().map(String::from);
        let delimiter = delimiter.unwrap_or_default();
        let typed = occurrences.map(|values| {
            let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
            data(argument, &values.join(&delimiter))
        });
        let value = Value {
            data: typed.reduce(and).unwrap_or(Data::List(Vec::new())),
            origin: Origin::Flag(argument.get_long().unwrap_or(id).to_owned()),
        };
        layer.insert(id.to_owned(), value);
    }
    layer
}

/// One after the other, for a flag that is given several times.
fn and(first: Data, second: Data) -> Data {
    match (first, second) {
        (Data::List(mut first), Data::List(second)) => {
            first.extend(second);
            Data::List(first)
        }
        (_, second) => second,
    }
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
        let is_message = id == id!(RunArgs, commit_message);
        if let Some(left) = agent::unresolved(&text).filter(|_| !is_message) {
            return Err(unresolved(&name, left));
        }
        let value = Value {
            data: data(argument, &text),
            origin: Origin::Input(name),
        };
        layer.insert(id.to_owned(), value);
    }
    Ok(layer)
}

/// An expression that is left in an input.
fn unresolved(input: &str, left: &str) -> Error {
    let (what, hint) = if left.starts_with("$(") {
        (
            "a variable that this run does not have",
            "define the variable, or check its spelling and that its group is linked to the pipeline",
        )
    } else {
        (
            "an expression that the pipeline did not evaluate",
            "Azure Pipelines evaluates `${{ … }}` in the file of the pipeline only, and `$[ … ]` only as the whole value of a variable: set a variable to it, and the input to that variable",
        )
    };
    let message = format!("the input `{input}` contains `{left}`, {what}");
    Error::message(Kind::Usage, message).hint(hint)
}

/// Variables of the old scripts, weakest of all: setting, then the variables
/// in order of preference.
const OLD_VARIABLES: [(&str, &[&str]); 4] = [
    (
        id!(EnvironmentArgs, manifest_repo),
        &["MANIFEST_REPO", "AKS_MANIFEST_REPO"],
    ),
    (id!(EnvironmentArgs, git_host), &["GIT_HOST"]),
    (id!(RunArgs, environments), &["FAB_ENVS"]),
    (id!(RunArgs, commit_message), &["COMMIT_MESSAGE"]),
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
                data: data(argument, text),
                origin: Origin::Variable(name),
            };
            layer.insert(id.to_owned(), value);
        }
    }
    layer
}

/// A text as the data of a setting: lists may be written over several lines.
pub(super) fn data(argument: &Arg, text: &str) -> Data {
    let Some(delimiter) = argument.get_value_delimiter() else {
        // Only a message keeps its lines; elsewhere a stray line end would be part of a name.
        return Data::Text(text.trim().to_owned());
    };
    let items = split(text, delimiter).into_iter().map(str::trim);
    let items = items.filter(|item| !item.is_empty());
    Data::List(items.map(str::to_owned).collect())
}

/// The text between delimiters and line ends. A delimiter between braces that
/// are closed on the same line belongs to a pattern: `vars/*.{yaml,json}`.
fn split(text: &str, delimiter: char) -> Vec<&str> {
    let mut items = Vec::new();
    for line in text.split('\n') {
        let (mut start, mut depth) = (0, 0usize);
        let balanced = are_balanced(line);
        for (at, c) in line.char_indices() {
            match c {
                '{' if balanced => depth += 1,
                '}' if balanced => depth -= 1,
                c if c == delimiter && depth == 0 => {
                    items.push(&line[start..at]);
                    start = at + c.len_utf8();
                }
                _ => {}
            }
        }
        items.push(&line[start..]);
    }
    items
}

/// Whether every brace that is opened is closed, in this order.
fn are_balanced(line: &str) -> bool {
    let step = |depth: usize, c: char| match c {
        '{' => Some(depth + 1),
        '}' => depth.checked_sub(1),
        _ => Some(depth),
    };
    line.chars().try_fold(0, step) == Some(0)
}

/// Whether `text` is what the setting is without it.
fn is_default(argument: &Arg, text: &str) -> bool {
    let defaults = argument.get_default_values();
    let default = defaults
        .iter()
        .map(|value| value.to_string_lossy())
        .collect::<Vec<_>>()
        .join(",");
    !defaults.is_empty()
        && if is_switch(argument) {
            default.eq_ignore_ascii_case(text.trim())
        } else {
            default == text.trim()
        }
}

#[cfg(test)]
mod tests;
