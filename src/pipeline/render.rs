//! From sources to checked file sets, once per environment, in parallel.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use tokio::task::JoinSet;

use crate::check;
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::generate::{self, Policy, resources};
use crate::model::{FileSet, Finding, GeneratorStamp, Resource};
use crate::parallel::blocking;
use crate::settings::{EnvironmentSettings, Settings};
use crate::source::{Record, Recorder};

use super::source::{self, Sourced};
use super::together;
use super::unknown::{self, Unknown};
use super::written::Written;
use super::{comments, replace, unreplaced};
use super::{definition, finish};

/// At most this many warnings are shown per environment.
const FINDINGS_SHOWN: usize = 50;

/// One environment, rendered and checked.
#[derive(Debug)]
pub struct Rendered {
    /// The environment's settings.
    pub settings: EnvironmentSettings,
    /// What generated it.
    pub generator: GeneratorStamp,
    /// The files, by path from the environment's folder.
    pub files: FileSet,
    /// The resources in them.
    pub resources: Vec<Resource>,
    /// What is worth a look, seen from the environment.
    pub findings: Vec<Finding>,
    /// Everything that it was rendered from.
    pub record: Record,
    /// What is made from secrets that this run does not have; absent when it has
    /// them, or uses none.
    pub unknown: Option<Unknown>,
    /// What it is made from, published beside it for reviewers.
    pub definition: Option<Box<Rendered>>,
    /// Paths of the source that are in no commit as they are; looked for when
    /// something is published.
    pub(super) uncommitted: OnceLock<Vec<String>>,
}

/// Renders every environment, in parallel, and checks what came out.
///
/// When several environments fail, each failure is reported before the run ends.
pub async fn render(context: &Context, settings: &Settings) -> Result<Vec<Rendered>, Error> {
    let mut tasks = JoinSet::new();
    for (at, environment) in settings.environments.iter().cloned().enumerate() {
        let (context, explain) = (context.clone(), settings.run.explain.clone());
        tasks.spawn(async move { (at, render_one(&context, environment, &explain).await) });
    }
    let total = settings.environments.len();
    let mut results = BTreeMap::new();
    while let Some(joined) = tasks.join_next().await {
        let (at, result) =
            joined.map_err(|error| Error::new(Kind::Internal, error).context("rendering"))?;
        results.insert(at, result);
        let share = u8::try_from(results.len() * 70 / total).unwrap_or(70);
        context.reporter.progress(share, "Rendering");
    }
    let mut rendered = Vec::with_capacity(total);
    let mut failed = Vec::new();
    for (at, result) in results {
        match result {
            Ok(environment) => rendered.push(environment),
            Err(error) => failed.push((settings.environments[at].name.clone(), error)),
        }
    }
    warn(context, &rendered);
    if failed.is_empty() {
        return Ok(rendered);
    }
    let environments = failed.len();
    let mut errors = together::errors(failed, total);
    if errors.len() == 1 {
        return Err(errors.remove(0));
    }
    for error in &errors {
        context.reporter.error(error);
    }
    Err(Error::message(
        errors[0].kind(),
        format!("{environments} of {total} environments failed; nothing was published"),
    ))
}

/// Shows what was noticed: the same of several environments once.
fn warn(context: &Context, rendered: &[Rendered]) {
    let few = |environment: &Rendered| environment.findings.len().min(FINDINGS_SHOWN);
    let shown = rendered
        .iter()
        .map(|own| (own.settings.name.as_str(), &own.findings[..few(own)]));
    for finding in together::findings(shown) {
        context.reporter.finding(&finding);
    }
    for environment in rendered {
        let more = environment.findings.len() - few(environment);
        if more > 0 {
            let name = &environment.settings.name;
            context
                .reporter
                .warning(&format!("environment {name}: {more} more warnings"));
        }
    }
}

/// Renders and checks one environment.
async fn render_one(
    context: &Context,
    settings: EnvironmentSettings,
    explain: &[String],
) -> Result<Rendered, Error> {
    let context = Context {
        secret_used: Arc::default(),
        ..context.clone()
    };
    let done = checked(&context, settings, explain).await;
    done.map_err(|error| unknown::explain(&context, error))
}

#[expect(clippy::too_many_lines, reason = "one stage after the other")]
async fn checked(
    context: &Context,
    settings: EnvironmentSettings,
    explain: &[String],
) -> Result<Rendered, Error> {
    let name = settings.name.clone();
    let here = |error: Error| error.context(format!("environment {name}"));
    let settings = Arc::new(settings);
    let recorder = Recorder::new(&settings.root);
    recorder.input("program", env!("CARGO_PKG_VERSION").as_bytes());
    recorder.input("settings", format!("{settings:?}").as_bytes());
    let tree = replace::tree(&settings, &recorder).map_err(here)?;
    let sourced = source::all(context, &settings, &tree, explain)
        .await
        .map_err(here)?;
    let generator = stamp(&sourced);
    let definition = settings.definition_folder.as_ref().map(|folder| {
        let files = sourced.iter().flat_map(|source| source.definition.clone());
        Box::new(definition::beside(&settings, folder, files.collect()))
    });
    let may_print = [generate::Kind::Fabrikate, generate::Kind::Helm];
    let helm = sourced
        .iter()
        .any(|source| may_print.contains(&source.generated.kind));
    if settings.manifests.prove_determinism {
        let again = Context {
            render_cache: None,
            ..context.clone()
        };
        let second = source::all(&again, &settings, &tree, &[]).await;
        let second = second.map_err(here)?;
        finish::prove(&sourced, &second).map_err(here)?;
    }
    let unread = {
        let (settings, tree, record) = (Arc::clone(&settings), tree.clone(), recorder.record());
        let overlays = sourced
            .iter()
            .any(|source| source.generated.kind == generate::Kind::Kustomize);
        blocking(move || {
            if overlays {
                comments::find(&settings, &tree, &record)
            } else {
                Ok(Vec::new())
            }
        })
        .await
        .map_err(here)?
    };
    let written = Written::of(&sourced, &settings, &tree);
    let here = |error: Error| here(written.explain(error));
    let (files, mut findings) = {
        let settings = Arc::clone(&settings);
        let done = blocking(move || finish::finish(&tree, sourced, &settings.manifests)).await;
        done.map_err(here)?
    };
    findings.extend(unread);
    findings.extend(replace::leftovers(&settings, &files, &findings).map_err(here)?);
    let hidden = unreplaced::refuse(context, &settings, &files, &findings).await;
    hidden.map_err(here)?;
    // A chart may print what it likes; manifests and what Jsonnet yields are resources.
    let others = if helm { Policy::Warn } else { Policy::Refuse };
    let read = {
        let files = files.clone();
        blocking(move || resources::resources(&files, others)).await
    };
    let (resources, odd) = read.map_err(|error| here(error.into()))?;
    findings.extend(odd);
    let kube_version = settings
        .sources
        .iter()
        .find_map(|source| source.helm.kube_version.as_deref());
    findings.extend(generate::unserved(
        &resources,
        kube_version.unwrap_or(generate::KUBE_VERSION),
    ));
    check::file_names(&settings.name, &files)?;
    if let Some(definition) = &definition {
        check::file_names(&definition.settings.name, &definition.files)?;
    }
    // What was noticed on the way is likely the reason.
    let noticed = || {
        findings
            .iter()
            .take(3)
            .map(|finding| format!("noticed: {finding}"))
    };
    check::not_empty(&settings.brakes, &settings.name, resources.len())
        .map_err(|error| Error::from(error).hints(noticed()).hints(written.guesses()))?;
    let unknown = unknown::find(context, &settings, &files, &resources)
        .await
        .map_err(here)?;
    let record = recorder.record();
    tracing::debug!(
        environment = settings.name,
        record = record.id(),
        answers = record.answers.len(),
        "rendered"
    );
    Ok(Rendered {
        record,
        unknown,
        settings: Arc::unwrap_or_clone(settings),
        generator,
        files,
        resources,
        findings,
        definition,
        uncommitted: OnceLock::new(),
    })
}

/// Renders an environment once more, from nothing that was kept of the first time.
pub(super) async fn again(
    context: &Context,
    settings: &Arc<EnvironmentSettings>,
) -> Result<FileSet, Error> {
    let context = Context {
        render_cache: None,
        ..context.clone()
    };
    let settings = Arc::clone(settings);
    let tree = replace::tree(&settings, &Recorder::new(&settings.root))?;
    let sourced = source::all(&context, &settings, &tree, &[]).await?;
    let done = blocking(move || finish::finish(&tree, sourced, &settings.manifests)).await;
    Ok(done?.0)
}

/// What generated an environment: the generators of its sources.
fn stamp(sources: &[Sourced]) -> GeneratorStamp {
    let mut names: Vec<&str> = Vec::new();
    for source in sources {
        let name = source.generated.generator.name.as_str();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    GeneratorStamp {
        name: names.join("+"),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}
