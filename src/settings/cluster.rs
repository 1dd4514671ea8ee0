//! The environments that describe a cluster: what its controllers need, and
//! what they report on.
//!
//! Owns which environments a cluster runs, and which target of a wait each of
//! them becomes. What the objects look like is the generators' business.

use std::collections::BTreeMap;

use gitops_rollout::Pattern;

use crate::error::{Error, Kind};
use crate::generate::{Kind as Generator, cluster as objects};
use crate::text::nearest;

use super::definition::{ArgoCdArgs, FluxArgs, SourceArgs, arguments, id};
use super::file::FileSettings;
use super::layer::{Data, Layer, Value, parse};

mod generator;
mod shared;
mod written;

pub(super) use generator::{check_given, undescribed};
pub(super) use written::{cluster_objects, mute};

/// A cluster that an environment of the file describes.
#[derive(Debug)]
pub(super) struct Described {
    /// The environment that describes it.
    pub(super) name: String,
    /// What commit statuses call it.
    cluster: String,
    args: Arguments,
    /// The environments that it runs, in the order of the file.
    runs: Vec<String>,
    /// Which of them another one needs, by name.
    depends_on: BTreeMap<String, Vec<String>>,
}

#[derive(Debug)]
enum Arguments {
    Flux(FluxArgs),
    ArgoCd(ArgoCdArgs),
}

impl Described {
    /// What writes its objects.
    pub(super) fn generator(&self) -> Generator {
        match self.args {
            Arguments::Flux(_) => Generator::Flux,
            Arguments::ArgoCd(_) => Generator::ArgoCd,
        }
    }

    fn namespace(&self) -> &str {
        match &self.args {
            Arguments::Flux(args) => &args.namespace,
            Arguments::ArgoCd(args) => &args.namespace,
        }
    }

    /// What reports on an environment here; `None` when it does not run here.
    fn target(&self, environment: &str) -> Option<String> {
        let is_here = self.name == environment || self.runs.iter().any(|it| it == environment);
        let name = objects::object_name(environment).filter(|_| is_here)?;
        Some(match &self.args {
            Arguments::Flux(args) => objects::flux_context(&self.cluster, &args.namespace, &name),
            Arguments::ArgoCd(_) => objects::argocd_context(&self.cluster, &name),
        })
    }
}

/// What reports on an environment, in all clusters that run it.
pub(super) fn targets(clusters: &[Described], environment: &str) -> Vec<Pattern> {
    let found = clusters.iter().filter_map(|it| it.target(environment));
    found.filter_map(|name| Pattern::parse(&name)).collect()
}

/// The clusters that the file describes.
pub(super) fn clusters(file: &FileSettings) -> Result<Vec<Described>, Error> {
    let kinds: Vec<_> = file
        .environments
        .iter()
        .map(|(name, own)| (name, own, generator(own, file)))
        .collect();
    let apps: Vec<_> = kinds
        .iter()
        .filter(|(.., kind)| kind.is_none())
        .map(|(name, ..)| name.as_str())
        .collect();
    let several = kinds.len() - apps.len() > 1;
    let mut found = Vec::new();
    for (name, own, kind) in kinds {
        refuse_unused_blocks(name, kind, file)?;
        let Some(kind) = kind else {
            continue;
        };
        refuse_sources(name, own, kind, file)?;
        found.push(described(name, kind, file, &apps, several)?);
    }
    refuse_idle_block(&found, file)?;
    shared::refuse_collisions(&found)?;
    Ok(found)
}

/// A block at the top is for the clusters of the file.
fn refuse_idle_block(found: &[Described], file: &FileSettings) -> Result<(), Error> {
    let blocks = [
        (Generator::Flux, &file.clusters.flux),
        (Generator::ArgoCd, &file.clusters.argocd),
    ];
    for (kind, block) in blocks {
        let is_used = found.iter().any(|it| it.generator() == kind);
        if let (Some(value), false) = (block.values().next(), is_used) {
            let kind = kind.name();
            let said = format!(
                "{} has no effect: no environment of the file has the generator `{kind}`",
                value.origin
            );
            return Err(Error::message(Kind::Usage, said).hint(format!(
                "set `generator: {kind}` for an environment that describes a cluster"
            )));
        }
    }
    Ok(())
}

/// The generator of an environment, where it is one of a cluster.
fn generator(own: &Layer, file: &FileSettings) -> Option<Generator> {
    let id = id!(SourceArgs, generator);
    let named = own.get(id).or_else(|| file.top.get(id))?.texts().first()?;
    [Generator::Flux, Generator::ArgoCd]
        .into_iter()
        .find(|kind| kind.name() == named)
}

/// A block is for an environment that has its generator.
fn refuse_unused_blocks(
    name: &str,
    kind: Option<Generator>,
    file: &FileSettings,
) -> Result<(), Error> {
    let Some(blocks) = file.environment_clusters.get(name) else {
        return Ok(());
    };
    let both = [
        (Generator::Flux, &blocks.flux),
        (Generator::ArgoCd, &blocks.argocd),
    ];
    let unused = both
        .into_iter()
        .filter(|(own, _)| kind != Some(*own))
        .find_map(|(own, layer)| Some((own, layer.values().next()?)));
    let Some((own, value)) = unused else {
        return Ok(());
    };
    let own = own.name();
    let said = format!(
        "{} has no effect: the generator of the environment `{name}` is not `{own}`",
        value.origin
    );
    Err(Error::message(Kind::Usage, said).hint(format!(
        "set `generator: {own}` for the environment that describes the cluster"
    )))
}

/// What is written follows from the settings alone.
fn refuse_sources(
    name: &str,
    own: &Layer,
    kind: Generator,
    file: &FileSettings,
) -> Result<(), Error> {
    let sources = arguments::<SourceArgs>();
    let mut settings = sources.get_arguments().map(|it| it.get_id().as_str());
    let listed = file.environment_sources.contains_key(name);
    let found = settings.find(|id| *id != id!(SourceArgs, generator) && own.contains_key(*id));
    let what = match found {
        Some(id) => own[id].origin.to_string(),
        None if listed => format!("`environments.{name}.sources`"),
        None => return Ok(()),
    };
    let kind = kind.name();
    let said = format!(
        "{what} has no effect: the generator `{kind}` has no source, it writes what the settings say"
    );
    Err(Error::message(Kind::Usage, said).hint("take it out"))
}

fn described(
    name: &str,
    kind: Generator,
    file: &FileSettings,
    apps: &[&str],
    several: bool,
) -> Result<Described, Error> {
    let nothing = Layer::new();
    let blocks = file.environment_clusters.get(name);
    let layers: [&Layer; 2] = match kind {
        Generator::Flux => [blocks.map_or(&nothing, |it| &it.flux), &file.clusters.flux],
        _ => [
            blocks.map_or(&nothing, |it| &it.argocd),
            &file.clusters.argocd,
        ],
    };
    let (args, cluster, named) = if kind == Generator::Flux {
        let args: FluxArgs = parse(&layers)?;
        let (cluster, named) = (args.cluster.clone(), args.environments.clone());
        (Arguments::Flux(args), cluster, named)
    } else {
        let args: ArgoCdArgs = parse(&layers)?;
        let (cluster, named) = (args.cluster.clone(), args.environments.clone());
        (Arguments::ArgoCd(args), cluster, named)
    };
    let here = |error: Error| error.context(format!("environment {name}"));
    let runs = runs(name, kind, &named, apps, several).map_err(here)?;
    let mut taken = BTreeMap::new();
    for environment in runs.iter().map(String::as_str).chain([name]) {
        let object = objects::object_name(environment).ok_or_else(|| {
            let said = format!("the environment `{environment}` cannot be the name of an object in the cluster");
            here(Error::message(Kind::Usage, said)).hint("name it with lower-case letters, digits, `-` and `/`, at most 63 of them, from a letter or digit to a letter or digit")
        })?;
        // Two objects of Flux itself have the name of its namespace.
        if matches!(&args, Arguments::Flux(args) if args.namespace == object) {
            let said = format!(
                "the environment `{environment}` would be the Kustomization `{object}` in the cluster, which belongs to `flux bootstrap`"
            );
            return Err(here(Error::message(Kind::Usage, said))
                .hint("give the environment another name than Flux's namespace"));
        }
        if let Some(other) = taken.insert(object.clone(), environment) {
            let said = format!(
                "the environments `{other}` and `{environment}` would both be the object `{object}` in the cluster"
            );
            return Err(here(Error::message(Kind::Usage, said)).hint("rename one of them"));
        }
    }
    let cluster = match cluster {
        Some(cluster) => cluster,
        None => name.rsplit('/').next().unwrap_or(name).to_owned(),
    };
    let key = id!(FluxArgs, depends_on);
    let depends_on = layers.iter().find_map(|layer| layer.get(key));
    Ok(Described {
        name: name.to_owned(),
        cluster,
        args,
        depends_on: match depends_on {
            Some(value) => dependencies(value, &runs)?,
            None => BTreeMap::new(),
        },
        runs,
    })
}

/// The environments that a cluster runs, in the order of the file.
fn runs(
    name: &str,
    kind: Generator,
    named: &[String],
    apps: &[&str],
    several: bool,
) -> Result<Vec<String>, Error> {
    let block = kind.name();
    if named.is_empty() && several {
        let said = format!(
            "the file describes several clusters, and `{block}.environments` does not say which environments this one runs"
        );
        return Err(Error::message(Kind::Usage, said).hint(format!(
            "list them, such as `environments: [{}]`",
            apps.join(", ")
        )));
    }
    for wanted in named {
        if apps.contains(&wanted.as_str()) {
            continue;
        }
        let why = if wanted == name {
            "which is this one itself"
        } else {
            "which is no environment of the file, or describes a cluster itself"
        };
        let said = format!("`{block}.environments` names `{wanted}`, {why}");
        let meant = nearest(wanted, apps.iter().copied())
            .map_or_else(String::new, |meant| format!("did you mean `{meant}`? "));
        return Err(Error::message(Kind::Usage, said)
            .hint(format!("{meant}it can name: {}", apps.join(", "))));
    }
    let runs = apps
        .iter()
        .filter(|it| named.is_empty() || named.iter().any(|name| name == *it));
    let runs: Vec<_> = runs.map(|it| (*it).to_owned()).collect();
    if runs.is_empty() {
        let said = "the file has no environment that the cluster could run";
        return Err(Error::message(Kind::Usage, said)
            .hint("list the environments that are published for it beside this one"));
    }
    Ok(runs)
}

/// What each environment needs. Those that need each other would never start.
fn dependencies(value: &Value, runs: &[String]) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let origin = &value.origin;
    let wrong = |what: String| Error::message(Kind::Usage, format!("{origin} {what}"));
    let Data::Map(map) = &value.data else {
        return Err(wrong("is not a map".to_owned()));
    };
    let mut found = BTreeMap::new();
    for (environment, needed) in map {
        let texts = match needed {
            serde_json::Value::String(text) => vec![text.as_str()],
            serde_json::Value::Array(items) => {
                items.iter().filter_map(serde_json::Value::as_str).collect()
            }
            _ => Vec::new(),
        };
        if texts.is_empty() {
            return Err(wrong(format!("does not name what `{environment}` needs"))
                .hint("write the name of an environment, or a list of names"));
        }
        for name in std::iter::once(environment.as_str()).chain(texts.iter().copied()) {
            if !runs.iter().any(|it| it == name) {
                return Err(
                    wrong(format!("names `{name}`, which this cluster does not run"))
                        .hint(format!("it can name: {}", runs.join(", "))),
                );
            }
        }
        let texts = texts.into_iter().map(str::to_owned);
        found.insert(environment.clone(), texts.collect::<Vec<_>>());
    }
    for start in found.keys() {
        let (mut seen, mut open) = (vec![start], vec![start]);
        while let Some(at) = open.pop() {
            for next in found.get(at).into_iter().flatten() {
                if next == start {
                    return Err(wrong(format!("makes `{start}` wait for itself")));
                }
                if !seen.contains(&next) {
                    seen.push(next);
                    open.push(next);
                }
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
