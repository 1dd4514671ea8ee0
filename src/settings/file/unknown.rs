//! Keys of the settings file that are no settings there: what was meant, and
//! where that belongs.
//!
//! Owns these messages. Decides nothing: every key that comes here is an error.

use clap::{Arg, Command};

use crate::error::Error;
use crate::settings::definition::{
    EnvironmentArgs, Marks, PromoteArgs, RunArgs, UpdateArgs, arguments,
};
use crate::settings::layer::camel_case;
use crate::text::{Node, nearest};

use super::{
    ALLOWANCES, ARGOCD, ENVIRONMENTS, FLUX, File, NAME, SEVERITIES, SOURCES, UPDATES, VARIABLES,
};

/// Secrets that only the task or the machine may have: the input, and the
/// variable at a terminal.
const SECRETS: [(&str, &str); 3] = [
    ("token", "GITOPS_TOKEN"),
    ("githubAppKey", "GITOPS_GITHUB_APP_KEY"),
    ("chartPassword", "GITOPS_CHART_PASSWORD"),
];

/// Inputs that are service connections of the pipeline.
const CONNECTIONS: [&str; 2] = ["gitConnection", "githubConnection"];

/// The error for a key that `definition`, what may stand at this place, lacks.
pub(super) fn unknown(
    file: File<'_>,
    definition: &Command,
    key: &str,
    full_key: &str,
    node: &Node,
) -> Error {
    if let Some((input, variable)) = SECRETS.iter().find(|(input, _)| *input == key) {
        let message = format!("`{full_key}`: a secret does not belong in this file");
        return file.fault(node.line, &message).hint(format!(
            "set the input `{input}` to a secret variable, or the variable {variable} at a terminal"
        ));
    }
    if CONNECTIONS.contains(&key) {
        let message = format!("`{full_key}` can be set only on the task");
        return file.fault(node.line, &message);
    }
    if has(arguments::<RunArgs>(), key, |marks| marks.not_in_file)
        || has(arguments::<PromoteArgs>(), key, |_| true)
        || has(arguments::<UpdateArgs>(), key, |_| true)
    {
        let message = format!("`{full_key}` can be set only on the task or the command line");
        return file.fault(node.line, &message);
    }
    let error = file.fault(node.line, &format!("unknown setting `{full_key}`"));
    let is_known = is_own(key) || has(arguments::<EnvironmentArgs>(), key, |_| true);
    let block = [FLUX, ARGOCD].into_iter().find(|block| {
        let end = format!("{block}.{key}");
        full_key == end || full_key.ends_with(&format!(".{end}"))
    });
    if let (Some(block), true) = (block, is_known) {
        return error.hint(format!(
            "`{key}` belongs to the environment, or to the top of the file, not to `{block}`"
        ));
    }
    if full_key != key && is_known {
        return error.hint(format!(
            "`{key}` belongs to the environment, or to the top of the file, not to one source"
        ));
    }
    if full_key != key && has(arguments::<RunArgs>(), key, |_| true) {
        return error.hint(format!(
            "`{key}` applies to the whole run: move it to the top of the file"
        ));
    }
    let names: Vec<_> = names(definition).collect();
    let own = match full_key {
        _ if full_key.ends_with(&format!("].{key}")) => [NAME].as_slice(),
        _ if block.is_some() => &[],
        _ if full_key == key => &[
            VARIABLES,
            SOURCES,
            UPDATES,
            SEVERITIES,
            ALLOWANCES,
            FLUX,
            ARGOCD,
            ENVIRONMENTS,
        ],
        _ => &[
            VARIABLES, SOURCES, UPDATES, SEVERITIES, ALLOWANCES, FLUX, ARGOCD,
        ],
    };
    let known = names.iter().map(String::as_str).chain(own.iter().copied());
    error.hint(nearest(key, known).map_or_else(
        || "all settings are listed in docs/settings.md; `gitops-publisher publish --help` shows them too".to_owned(),
        |name| format!("did you mean `{name}`?"),
    ))
}

/// The complaint about what stands below an environment's name, where the name
/// is that of a setting.
pub(super) fn explain_name(name: &str, error: Error) -> Error {
    let is_setting = is_own(name) || has(arguments::<EnvironmentArgs>(), name, |_| true);
    if !is_setting {
        return error;
    }
    error.instead(format!(
        "`{name}` is directly under `{ENVIRONMENTS}`, so it was read as the name of an environment: indent it below its environment, or move it to the top of the file"
    ))
}

/// Whether an environment has the key besides its settings.
fn is_own(key: &str) -> bool {
    [
        VARIABLES, SOURCES, UPDATES, SEVERITIES, ALLOWANCES, FLUX, ARGOCD,
    ]
    .contains(&key)
}

/// Whether a setting of this name has such marks.
fn has(definition: &Command, key: &str, wanted: impl Fn(Marks) -> bool) -> bool {
    let is_named = |it: &&Arg| camel_case(it.get_id().as_str()) == key;
    let found = definition.get_arguments().find(is_named);
    found.is_some_and(|argument| wanted(Marks::of(argument)))
}

/// The names of the settings that the file may have.
fn names(definition: &Command) -> impl Iterator<Item = String> {
    let here = definition.get_arguments();
    let here = here.filter(|argument| !Marks::of(argument).not_in_file);
    here.map(|argument| camel_case(argument.get_id().as_str()))
}
