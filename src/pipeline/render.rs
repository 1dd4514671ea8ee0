//! From sources to checked file sets, once per environment, in parallel.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tokio::task::JoinSet;

use crate::check;
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::generate::{self, HookPolicy, Policy, resources};
use crate::model::{FileSet, Finding, GeneratorStamp, Resource, Secret};
use crate::settings::{EnvironmentSettings, Settings};
use crate::tokens::Prepared;

use super::replace;

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
    /// What is worth a look.
    pub findings: Vec<Finding>,
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
    let mut failures = Vec::new();
    for result in results.into_values() {
        match result {
            Ok(environment) => {
                for finding in environment.findings.iter().take(FINDINGS_SHOWN) {
                    context.reporter.warning(&finding.to_string());
                }
                if let Some(more) = environment.findings.len().checked_sub(FINDINGS_SHOWN + 1) {
                    let name = &environment.settings.name;
                    context
                        .reporter
                        .warning(&format!("environment {name}: {} more warnings", more + 1));
                }
                rendered.push(environment);
            }
            Err(error) => failures.push(error),
        }
    }
    match failures.len() {
        0 => Ok(rendered),
        1 => Err(failures.remove(0)),
        failed => {
            for error in &failures {
                context.reporter.error(error);
            }
            let kind = failures[0].kind();
            Err(Error::message(
                kind,
                format!("{failed} of {total} environments failed; nothing was published"),
            ))
        }
    }
}

/// Renders and checks one environment.
async fn render_one(
    context: &Context,
    settings: EnvironmentSettings,
    explain: &[String],
) -> Result<Rendered, Error> {
    let name = settings.name.clone();
    let here = |error: Error| error.context(format!("environment {name}"));
    let exclude = replace::exclude(context, &settings.tokens);
    let (settings, prepared, mut findings) = prepare(context, settings, &exclude, explain)
        .await
        .map_err(here)?;
    let options = options(context, &settings, prepared.as_ref(), exclude);
    let generated = generate::run(&context.tools, &options)
        .await
        .map_err(|error| here(error.into()))?;
    findings.extend(generated.findings);
    findings.extend(replace::leftovers(&settings, &generated.files).map_err(here)?);
    let files = generated.files.clone();
    // A chart may print what it likes; manifests and what Jsonnet yields are resources.
    let helm = generated.generator.name == generate::Kind::Fabrikate.name();
    let others = if helm { Policy::Warn } else { Policy::Refuse };
    let read = blocking(move || resources::resources(&files, others))
        .await
        .map_err(here)?;
    let (resources, odd) = read.map_err(|error| here(error.into()))?;
    findings.extend(odd);
    check::file_names(&settings.name, &generated.files)?;
    let findings: Vec<_> = findings
        .into_iter()
        .map(|finding| of_environment(&settings.name, finding))
        .collect();
    // What was noticed on the way is likely the reason.
    let noticed = || {
        findings
            .iter()
            .take(3)
            .map(|finding| format!("noticed: {finding}"))
    };
    check::not_empty(&settings.brakes, &settings.name, resources.len())
        .map_err(|error| Error::from(error).hints(noticed()))?;
    Ok(Rendered {
        settings,
        generator: generated.generator,
        files: generated.files,
        resources,
        findings,
    })
}

/// How one environment is generated: from its source, or from the copy in
/// which its tokens are replaced.
fn options(
    context: &Context,
    settings: &EnvironmentSettings,
    prepared: Option<&Prepared>,
    exclude: Vec<PathBuf>,
) -> generate::Options {
    let copy = prepared.and_then(Prepared::path);
    let refuse_hooks = context.pull_request && !settings.allow_hooks;
    generate::Options {
        kind: settings.generator.kind(),
        fabrikate_environments: settings.fabrikate_environments.clone(),
        hooks: if refuse_hooks {
            HookPolicy::Refuse
        } else {
            HookPolicy::Run
        },
        unknown_environment: if settings.require_configuration {
            Policy::Refuse
        } else {
            Policy::Warn
        },
        empty_chart: if settings.allow_empty_charts {
            Policy::Warn
        } else {
            Policy::Refuse
        },
        exclude,
        confine: prepared.and_then(Prepared::checkout).map(Path::to_path_buf),
        linked: copy.map(|_| replace::checkout(&settings.source)),
        original: copy.map(|_| settings.source.clone()),
        jsonnet: settings.jsonnet.clone(),
        ..generate::Options::new(copy.unwrap_or(&settings.source), &settings.name)
    }
}

/// Replaces the tokens of the source, unless that is switched off.
async fn prepare(
    context: &Context,
    settings: EnvironmentSettings,
    exclude: &[PathBuf],
    explain: &[String],
) -> Result<(EnvironmentSettings, Option<Prepared>, Vec<Finding>), Error> {
    if !settings.tokens.enabled || !settings.source.exists() {
        // A source that is not there is the generator's to explain.
        return Ok((settings, None, Vec::new()));
    }
    let (pipeline, temp_root) = (context.variables.clone(), context.temp_root.clone());
    let exclude = exclude.to_vec();
    let (settings, variables, result) = blocking(move || {
        let variables = replace::variables(&pipeline, &settings.tokens);
        let result = match &variables {
            Ok(variables) => replace::prepare(variables, &settings, &exclude, &temp_root).map(Some),
            Err(_) => Ok(None),
        };
        (settings, variables, result)
    })
    .await?;
    replace::explain(context, &settings.name, explain, &variables?);
    let (prepared, findings) = match result? {
        Some((prepared, findings)) => {
            for form in &prepared.secret_forms {
                context.reporter.hide(&Secret::new(form));
            }
            (Some(prepared), findings)
        }
        None => (None, Vec::new()),
    };
    Ok((settings, prepared, findings))
}

/// Runs work that blocks on a thread that may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.map_err(|error| Error::new(Kind::Internal, error))
}

/// A finding that names its environment, as a run has several.
fn of_environment(name: &str, finding: Finding) -> Finding {
    let here = format!("environment {name}");
    let place = match finding.place {
        Some(place) if place.starts_with(&here) => place,
        Some(place) => format!("{here}, {place}"),
        None => here,
    };
    Finding {
        place: Some(place),
        ..finding
    }
}
