//! From layers to validated settings, one set per environment.

mod names;

use std::path::Path;

use gitops_rollout::Required;

use crate::error::{Error, Kind};
use crate::host::Home;

use super::clashes::{refuse_odd_folders, refuse_overlaps};
use super::cluster::{
    Described, check_given, cluster_objects, clusters, mute, targets, undescribed,
};
use super::definition::{
    AllArgs, EnvironmentArgs, HelmArgs, Marks, Mode, PullRequestArgs, RunArgs, SourceArgs,
    arguments, id,
};
use super::environment::{EnvironmentSettings, environment};
use super::file::FileSettings;
use super::heads;
use super::helm::ValuesItem;
use super::layer::{Layer, Value, camel_case, parse};
use super::placeholders;
use super::reachable::reachable;
use super::source::{AddedUp, SourceSettings, pairs, refuse_same_names, source};
use names::names;

/// Everything a run needs to know, validated.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Settings of the whole run.
    pub run: RunArgs,
    /// The environments to render, in the order they were named.
    pub environments: Vec<EnvironmentSettings>,
    /// Every environment that the settings file lists, rendered in this run or
    /// not; none where that says nothing about folders. Filled in
    /// by the command.
    pub listed: Vec<EnvironmentSettings>,
    /// Settings that have no effect in this run, in words.
    pub unused: Vec<String>,
}

/// Puts the layers together.
///
/// `given` is what the command line or the task inputs say, `old` the
/// variables of the old scripts.
///
/// `untrusted` says that anybody may have written the settings file, as on a
/// build of a pull request: settings that run programs or name secrets are
/// then refused there.
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
    let settings = resolved(given, file, old, untrusted, home)?;
    heads::refuse_same(&settings.environments)?;
    Ok(settings)
}

fn resolved(
    given: &Layer,
    file: &FileSettings,
    old: &Layer,
    untrusted: bool,
    home: &Home,
) -> Result<Settings, Error> {
    for layer in [given, &file.top, old] {
        placeholders::refuse_unresolved(layer)?;
    }
    let run: RunArgs = parse(&[given, &file.top, old])?;
    if untrusted {
        reject_untrusted(given, [&file.top])?;
    }
    let environments = every(&run, given, file, old, untrusted, home)?;
    let environments = environments.into_iter().collect::<Result<Vec<_>, _>>()?;
    refuse_odd_folders(&environments)?;
    refuse_overlaps(&environments)?;
    let unused = unused(&[given, &file.top], file, &environments);
    Ok(Settings {
        run,
        environments,
        listed: Vec::new(),
        unused,
    })
}

/// Every environment that a run is for, each by itself.
pub(super) fn every(
    run: &RunArgs,
    given: &Layer,
    file: &FileSettings,
    old: &Layer,
    untrusted: bool,
    home: &Home,
) -> Result<Vec<Result<EnvironmentSettings, Error>>, Error> {
    let clusters = clusters(file)?;
    let places = Places {
        given,
        file,
        old,
        home,
        clusters: &clusters,
    };
    let names = names(run, given, file, old)?.into_iter();
    let one = |(name, configurations): (String, Vec<String>)| {
        if untrusted {
            let own = file.environments.get(&name);
            let sources = file.sources(&name).unwrap_or_default();
            let sources = sources.iter().map(|source| &source.layer);
            reject_untrusted(given, own.into_iter().chain(sources))?;
        }
        places.environment(&name, &configurations)
    };
    Ok(names.map(one).collect())
}

/// Where settings are given.
struct Places<'l> {
    given: &'l Layer,
    file: &'l FileSettings,
    old: &'l Layer,
    home: &'l Home,
    clusters: &'l [Described],
}

impl Places<'_> {
    /// The settings of one environment. `configurations` are those of Fabrikate
    /// that its name stands for.
    fn environment(
        &self,
        name: &str,
        configurations: &[String],
    ) -> Result<EnvironmentSettings, Error> {
        let mut settings = self.plain(name, configurations)?;
        let described = self.clusters.iter().find(|it| it.name == name);
        let here = |error: Error| error.context(format!("environment {name}"));
        if let Some(described) = described {
            let given = self.given.get(id!(SourceArgs, generator));
            check_given(given, described, &settings).map_err(here)?;
            let of = |name: &str| self.plain(name, &[name.to_owned()]);
            let objects = cluster_objects(described, &settings, self.clusters, &of, self.home);
            let objects = objects.map_err(here)?;
            let folder = self.file.path.as_deref().and_then(Path::parent);
            let folder = folder.filter(|folder| *folder != Path::new(""));
            let folder = folder.unwrap_or(Path::new("."));
            settings.describe(described.generator(), objects, folder);
        } else if let Some(kind) = settings
            .sources
            .iter()
            .find_map(|it| it.generator.filter(|kind| kind.is_for_clusters()))
        {
            return Err(here(undescribed(kind, self.file.sources(name).is_some())));
        }
        if settings.wait.required == Required::Lately {
            let targets = targets(self.clusters, name);
            if !targets.is_empty() {
                settings.wait.required = Required::Named(targets);
                settings.wait.mute = mute(self.clusters, &settings, self.home);
            }
        }
        Ok(settings)
    }

    /// The same without what other environments say.
    fn plain(&self, name: &str, configurations: &[String]) -> Result<EnvironmentSettings, Error> {
        let (nothing, file) = (Layer::new(), self.file);
        let own = file.environments.get(name).unwrap_or(&nothing);
        placeholders::check_name(name)?;
        let here = [self.given, own, &file.top, self.old]
            .into_iter()
            .map(|layer| layer_of(layer, name))
            .collect::<Result<Vec<_>, _>>()?;
        let layers: Vec<&Layer> = here.iter().collect();
        let mut args: EnvironmentArgs = parse(&layers)?;
        let files = weakest_first(&layers, id!(EnvironmentArgs, variable_files));
        args.variable_files = files.flat_map(Value::texts).cloned().collect();
        let sources = sources(name, configurations, &layers, file)
            .map_err(|error| error.context(format!("environment {name}")))?;
        let repository = id!(EnvironmentArgs, manifest_repo);
        let named_by_file = !self.given.contains_key(repository)
            && [own, &file.top]
                .iter()
                .any(|layer| layer.contains_key(repository));
        let variables = file.variables(name);
        let mut settings = environment(name.to_owned(), sources, variables, args, self.home)?;
        settings.is_folder_of_file = ![self.given, self.old].iter().any(|layer| {
            layer.contains_key(id!(EnvironmentArgs, folder))
                || layer.contains_key(id!(EnvironmentArgs, definition_folder))
        });
        let risk = self.file.risk(&settings.name);
        settings.risk.severities = risk.severities;
        settings.risk.allowances = risk.allowances;
        settings.reachable = reachable(&here[0]);
        let of_caller = here[0].get(id!(EnvironmentArgs, variable_files));
        settings.tokens.files_of_caller = of_caller.map_or(0, |value| value.texts().len());
        for source in &mut settings.sources {
            source.chart_named_by_file = !self.given.contains_key(id!(HelmArgs, chart));
        }
        if let Some(target) = &mut settings.target {
            target.named_by_file = named_by_file;
        }
        Ok(settings)
    }
}

/// Settings of pull requests in a run that opens none.
fn unused(
    layers: &[&Layer],
    file: &FileSettings,
    environments: &[EnvironmentSettings],
) -> Vec<String> {
    let pushes = |one: &EnvironmentSettings| {
        one.pull_request.mode == Mode::Push && one.risk.policy.is_empty()
    };
    if !environments.iter().all(pushes) {
        return Vec::new();
    }
    let own = environments
        .iter()
        .filter_map(|one| file.environments.get(&one.name));
    let given: Vec<_> = layers.iter().copied().chain(own).collect();
    let definition = arguments::<PullRequestArgs>();
    let of_pull_requests = definition.get_arguments().filter(|argument| {
        let id = argument.get_id();
        // A status is set on pushed commits.
        id != id!(PullRequestArgs, mode) && id != id!(PullRequestArgs, commit_status)
    });
    let names: Vec<_> = of_pull_requests
        .map(|argument| argument.get_id().as_str())
        .filter(|id| given.iter().any(|layer| layer.contains_key(*id)))
        .map(|id| format!("`{}`", camel_case(id)))
        .collect();
    match names.as_slice() {
        [] => Vec::new(),
        names => vec![format!(
            "no effect, because `mode` is `push`: {}",
            names.join(", ")
        )],
    }
}

/// The sources of one environment: those that the file lists, unless a
/// stronger place names one. `layers` begin with what was given with the run.
fn sources(
    environment: &str,
    configurations: &[String],
    layers: &[&Layer],
    file: &FileSettings,
) -> Result<Vec<SourceSettings>, Error> {
    let one = |name: Option<&str>, layers: &[&Layer]| {
        let mut args: SourceArgs = parse(layers)?;
        let files = weakest_first(layers, id!(HelmArgs, values_files));
        args.helm.values_files = files.flat_map(Value::texts).cloned().collect();
        let values = weakest_first(layers, id!(HelmArgs, values));
        let added = AddedUp {
            values: values.flat_map(ValuesItem::of).collect(),
            jsonnet_variables: pairs(weakest_first(layers, id!(SourceArgs, jsonnet_variables)))?,
            jsonnet_arguments: pairs(weakest_first(layers, id!(SourceArgs, jsonnet_arguments)))?,
        };
        let place = id!(SourceArgs, source);
        let named = layers.iter().find_map(|layer| layer.get(place));
        let source = source(name, configurations, args, added)?;
        Ok::<_, Error>(SourceSettings {
            named_in: named.and_then(|value| value.origin.file()),
            ..source
        })
    };
    let listed = file.sources(environment).filter(|items| !items.is_empty());
    let Some(items) = listed.filter(|_| {
        [id!(SourceArgs, source), id!(HelmArgs, chart)]
            .iter()
            .all(|id| !layers[0].contains_key(*id))
    }) else {
        return Ok(vec![one(None, layers)?]);
    };
    let sources = items.iter().map(|item| {
        let item_here = layer_of(&item.layer, environment)?;
        let mut layers = layers.to_vec();
        layers.insert(1, &item_here);
        one(item.name.as_deref(), &layers)
    });
    let sources = sources.collect::<Result<Vec<_>, _>>()?;
    refuse_same_names(&sources)?;
    Ok(sources)
}

/// What a layer says about the environment of this name.
fn layer_of(layer: &Layer, environment: &str) -> Result<Layer, Error> {
    placeholders::refuse_unresolved(layer)?;
    placeholders::filled(layer, environment)
}

/// What every layer says about a setting that adds up, the weakest first.
fn weakest_first<'l>(layers: &'l [&Layer], id: &'l str) -> impl Iterator<Item = &'l Value> {
    layers.iter().rev().filter_map(move |layer| layer.get(id))
}

/// Rejects settings that run programs or name secrets in a file that anybody
/// may have written, unless a stronger place has them.
fn reject_untrusted<'l>(
    given: &Layer,
    file: impl IntoIterator<Item = &'l Layer>,
) -> Result<(), Error> {
    let definition = arguments::<AllArgs>();
    let marked = |id: &str| {
        let argument = definition.get_arguments().find(|it| it.get_id() == id);
        argument.is_some_and(|argument| Marks::of(argument).trusted_only)
    };
    let mut values = file.into_iter().flatten();
    let found = values.find(|(id, _)| marked(id) && !given.contains_key(*id));
    let Some((_, value)) = found else {
        return Ok(());
    };
    let message = format!(
        "{} is not accepted in pull request builds, because the file is untrusted there",
        value.origin
    );
    Err(Error::message(Kind::Policy, message).hint("set the input of that name on the task"))
}

#[cfg(test)]
mod tests;
