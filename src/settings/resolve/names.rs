//! Which environments a run is for, by name.

use indexmap::IndexMap;

use super::super::definition::{RunArgs, id};
use super::super::file::FileSettings;
use super::super::layer::{Layer, Origin};
use crate::error::{Error, Kind};
use crate::text::nearest;

/// The environments of this run, each with the Fabrikate configurations that
/// its name stands for.
pub(super) fn names(
    run: &RunArgs,
    given: &Layer,
    file: &FileSettings,
    old: &Layer,
) -> Result<IndexMap<String, Vec<String>>, Error> {
    let asked_by_variable = !given.contains_key(id!(RunArgs, environments))
        && old
            .get(id!(RunArgs, environments))
            .is_some_and(|value| matches!(value.origin, Origin::Variable(_)));
    if !file.environments.is_empty() && (run.environments.is_empty() || asked_by_variable) {
        return Ok(file
            .environments
            .keys()
            .map(|name| (name.clone(), vec![name.clone()]))
            .collect());
    }
    let mut names = IndexMap::new();
    for name in &run.environments {
        if !file.environments.is_empty() && !file.environments.contains_key(name) {
            return Err(unknown_environment(name, file));
        }
        // The old script passed each item unquoted: blanks made several configurations.
        let words: Vec<String> = name.split_whitespace().map(str::to_owned).collect();
        let (name, words) = if asked_by_variable {
            (words.join("-"), words)
        } else {
            (name.clone(), vec![name.clone()])
        };
        if names.insert(name.clone(), words).is_some() {
            return Err(Error::message(
                Kind::Usage,
                format!("the environment `{name}` is named twice"),
            ));
        }
    }
    if names.is_empty() {
        return Err(no_environment(file));
    }
    Ok(names)
}

fn no_environment(file: &FileSettings) -> Error {
    let Some(path) = &file.path else {
        return Error::message(Kind::Usage, "no environment is named").hint(
            "name at least one with `environments`, such as `dev`, or list them in `gitops.yaml`",
        );
    };
    let message = format!(
        "{} has no `environments`, and nothing else names one",
        path.display()
    );
    Error::message(Kind::Usage, message)
        .hint("list them there, such as `environments: [dev, prod]`")
}

fn unknown_environment(name: &str, file: &FileSettings) -> Error {
    let known: Vec<_> = file.environments.keys().map(String::as_str).collect();
    let meant = nearest(name, known.iter().copied())
        .map_or_else(String::new, |meant| format!("did you mean `{meant}`? "));
    Error::message(
        Kind::Usage,
        format!("there is no environment `{name}` in the settings file"),
    )
    .hint(format!("{meant}it has: {}", known.join(", ")))
}
