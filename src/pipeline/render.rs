//! From sources to checked file sets, once per environment, in parallel.

use std::collections::BTreeMap;

use tokio::task::JoinSet;

use crate::check;
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::generate::{self, HookPolicy, resources};
use crate::model::{FileSet, Finding, GeneratorStamp, Resource};
use crate::settings::{EnvironmentSettings, Settings};

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
        let tools = context.tools.clone();
        let hooks = context.pull_request && !environment.allow_hooks;
        let hooks = if hooks {
            HookPolicy::Refuse
        } else {
            HookPolicy::Run
        };
        tasks.spawn(async move { (at, render_one(&tools, environment, hooks).await) });
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
                for finding in &environment.findings {
                    context.reporter.warning(&finding.to_string());
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
    tools: &crate::tools::Tools,
    settings: EnvironmentSettings,
    hooks: HookPolicy,
) -> Result<Rendered, Error> {
    let name = settings.name.clone();
    let here = |error: Error| error.context(format!("environment {name}"));
    let options = generate::Options {
        kind: settings.generator.kind(),
        fabrikate_environments: settings.fabrikate_environments.clone(),
        hooks,
        ..generate::Options::new(&settings.source, &settings.name)
    };
    let generated = generate::run(tools, &options)
        .await
        .map_err(|error| here(error.into()))?;
    let files = generated.files.clone();
    // Parsing is work for a thread that may block.
    let read = tokio::task::spawn_blocking(move || resources::resources(&files)).await;
    let read = read.map_err(|error| here(Error::new(Kind::Internal, error)))?;
    let (resources, mut odd) = read.map_err(|error| here(error.into()))?;
    check::file_names(&settings.name, &generated.files)?;
    check::not_empty(&settings.brakes, &settings.name, resources.len())?;
    let mut findings = generated.findings;
    findings.append(&mut odd);
    let findings = findings
        .into_iter()
        .map(|finding| of_environment(&settings.name, finding))
        .collect();
    Ok(Rendered {
        settings,
        generator: generated.generator,
        files: generated.files,
        resources,
        findings,
    })
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
