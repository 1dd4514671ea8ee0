//! From layers to validated settings, one set per environment.

use indexmap::IndexMap;

use crate::error::{Error, Kind};
use crate::host::Home;
use crate::model::Folder;

use super::definition::{EnvironmentArgs, ModeSetting, RunArgs, SourceArgs};
use super::environment::{EnvironmentSettings, environment};
use super::file::FileSettings;
use super::layer::{Layer, Origin, parse};
use super::source::{SourceSettings, refuse_same_names, source};

/// Everything a run needs to know, validated.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Settings of the whole run.
    pub run: RunArgs,
    /// The environments to render, in the order they were named.
    pub environments: Vec<EnvironmentSettings>,
}

/// Puts the layers together.
///
/// `given` is what the command line or the task inputs say, `old` the
/// variables of the old scripts.
///
/// `untrusted` says that anybody may have written the settings file, as on a
/// build of a pull request: settings that run programs or name secrets are
/// then taken from the other doors only.
pub fn resolve(
    given: &Layer,
    file: &FileSettings,
    old: &Layer,
    untrusted: bool,
) -> Result<Settings, Error> {
    resolve_at(given, file, old, untrusted, &Home::default())
}

/// The same in a pipeline, which tells what the short forms of a manifest
/// repository mean.
pub fn resolve_at(
    given: &Layer,
    file: &FileSettings,
    old: &Layer,
    untrusted: bool,
    home: &Home,
) -> Result<Settings, Error> {
    let mut run: RunArgs = parse(&[given, &file.top, old])?;
    drop_empty(&mut run.environments);
    drop_empty(&mut run.explain);
    if untrusted {
        refuse_dangerous(given, &file.top)?;
    }
    let nothing = Layer::new();
    let mut environments = Vec::new();
    for (name, configurations) in names(&run, given, file, old)? {
        let own = file.environments.get(&name).unwrap_or(&nothing);
        if untrusted {
            refuse_dangerous(given, own)?;
        }
        let layers = [given, own, &file.top, old];
        let mut args: EnvironmentArgs = parse(&layers)?;
        for list in [&mut args.protected_kinds, &mut args.variable_files] {
            drop_empty(list);
        }
        let sources = sources(&name, &configurations, layers, file)
            .map_err(|error| error.context(format!("environment {name}")))?;
        let named_by_file = !given.contains_key("manifest_repo")
            && [own, &file.top]
                .iter()
                .any(|layer| layer.contains_key("manifest_repo"));
        let variables = file.variables(&name);
        let mut settings = environment(name, sources, variables, args, home)?;
        for source in &mut settings.sources {
            source.chart_named_by_file = !given.contains_key("chart");
        }
        if let Some(target) = &mut settings.target {
            target.named_by_file = named_by_file;
        }
        environments.push(settings);
    }
    refuse_overlaps(&environments)?;
    refuse_same_heads(&environments)?;
    Ok(Settings { run, environments })
}

/// The sources of one environment: those that the file lists, unless a
/// stronger door names one.
fn sources(
    environment: &str,
    configurations: &[String],
    layers: [&Layer; 4],
    file: &FileSettings,
) -> Result<Vec<SourceSettings>, Error> {
    let [given, own, top, old] = layers;
    let parsed = |layers: &[&Layer]| {
        let mut args: SourceArgs = parse(layers)?;
        args.helm.values_files = together(layers, "values_files");
        args.helm.values = together(layers, "values");
        for list in [
            &mut args.fabrikate_environments,
            &mut args.jsonnet_paths,
            &mut args.jsonnet_variables,
            &mut args.jsonnet_arguments,
        ] {
            drop_empty(list);
        }
        Ok::<_, Error>(args)
    };
    let listed = file.sources(environment).filter(|items| !items.is_empty());
    let Some(items) = listed.filter(|_| {
        ["source", "chart"]
            .iter()
            .all(|id| !given.contains_key(*id))
    }) else {
        let args = parsed(&layers)?;
        return Ok(vec![source(environment, None, configurations, args)?]);
    };
    let one = |item: &super::SourceLayer| {
        let args = parsed(&[given, &item.layer, own, top, old])?;
        source(environment, item.name.as_deref(), configurations, args)
    };
    let sources = items.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    refuse_same_names(&sources)?;
    Ok(sources)
}

/// What every layer says about a setting, the weakest first: values of a chart
/// are laid over each other.
fn together(layers: &[&Layer], id: &str) -> Vec<String> {
    let values = layers.iter().rev().filter_map(|layer| layer.get(id));
    values.flat_map(|value| value.texts.clone()).collect()
}

/// What an empty list leaves behind in clap.
fn drop_empty(list: &mut Vec<String>) {
    list.retain(|item| !item.is_empty());
}

/// Settings that a file nobody has reviewed must not decide.
const DANGEROUS: [&str; 8] = [
    "allow_hooks",
    "helm",
    "kustomize",
    "tool_mirror",
    "tool_checksums",
    "token_file",
    "github_app_key_file",
    "client_certificate",
];

/// Refuses dangerous settings of an untrusted file, unless a stronger door
/// has them.
fn refuse_dangerous(given: &Layer, file: &Layer) -> Result<(), Error> {
    let found = DANGEROUS
        .iter()
        .find(|id| file.contains_key(**id) && !given.contains_key(**id));
    let Some(value) = found.and_then(|id| file.get(*id)) else {
        return Ok(());
    };
    let said = format!(
        "{} is not obeyed on a build of a pull request, where anybody may have written it",
        value.origin
    );
    Err(Error::message(Kind::Policy, said).hint("set the input of that name on the task"))
}

/// The environments of this run, each with the Fabrikate configurations that
/// its name stands for.
fn names(
    run: &RunArgs,
    given: &Layer,
    file: &FileSettings,
    old: &Layer,
) -> Result<IndexMap<String, Vec<String>>, Error> {
    let asked_by_variable = !given.contains_key("environments")
        && old
            .get("environments")
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
            let known: Vec<_> = file.environments.keys().map(String::as_str).collect();
            return Err(Error::message(
                Kind::Usage,
                format!("there is no environment `{name}` in the settings file"),
            )
            .hint(format!("it has: {}", known.join(", "))));
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
        return Err(Error::message(Kind::Usage, "no environment is named").hint(
            "name at least one with `environments`, such as `dev`, or list them in `gitops.yaml`",
        ));
    }
    Ok(names)
}

/// Two environments cannot own the same files.
fn refuse_overlaps(environments: &[EnvironmentSettings]) -> Result<(), Error> {
    let owned: Vec<_> = environments.iter().flat_map(owned).collect();
    for (at, (one, what, folder)) in owned.iter().enumerate() {
        let clash = owned[..at]
            .iter()
            .find(|(other, _, theirs)| other.goes_with(one) && theirs.overlaps(folder));
        let Some((other, theirs, other_folder)) = clash else {
            continue;
        };
        let said = if other.name == one.name {
            format!(
                "environment {}: its {theirs} `{other_folder}` and its {what} `{folder}` are the same, or one is in the other",
                one.name
            )
        } else {
            format!(
                "the environments `{}` and `{}` would own the same folder: `{other_folder}` and `{folder}`",
                other.name, one.name
            )
        };
        return Err(Error::message(Kind::Usage, said)
            .hint("give each environment a `folder` of its own, none inside another"));
    }
    Ok(())
}

/// The folders that an environment owns, and which settings they are.
fn owned(
    environment: &EnvironmentSettings,
) -> impl Iterator<Item = (&EnvironmentSettings, &'static str, &Folder)> {
    let definition = environment.definition_folder.as_ref();
    let definition = definition.map(|folder| (environment, "definitionFolder", folder));
    std::iter::once((environment, "folder", &environment.folder)).chain(definition)
}

/// Two environments cannot write the same head branch, nor one its target.
fn refuse_same_heads(environments: &[EnvironmentSettings]) -> Result<(), Error> {
    let opens = |one: &&EnvironmentSettings| one.pull_request.mode != ModeSetting::Push;
    let opening: Vec<_> = environments.iter().filter(opens).collect();
    let hint = "give each environment a `headBranch` of its own";
    for (at, one) in opening.iter().enumerate() {
        let head = &one.pull_request.head_branch;
        let target = one
            .target
            .as_ref()
            .and_then(|target| target.branch.as_ref());
        if target == Some(head) {
            let said = format!(
                "environment {}: a pull request from {head:?} into the same branch is none",
                one.name
            );
            return Err(Error::message(Kind::Usage, said).hint(hint));
        }
        let place = |one: &EnvironmentSettings| one.target.as_ref().map(|t| t.place.clone());
        let same = |other: &&&EnvironmentSettings| {
            other.pull_request.head_branch == *head && place(other) == place(one)
        };
        if let Some(other) = opening[..at].iter().find(same) {
            let said = format!(
                "the environments `{}` and `{}` would use the same branch {head:?} for their pull requests",
                other.name, one.name
            );
            return Err(Error::message(Kind::Usage, said).hint(hint));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
