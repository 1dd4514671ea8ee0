//! One source of an environment: its tokens replaced, then generated.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::try_join_all;

use crate::context::Context;
use crate::error::Error;
use crate::generate::{
    self, Fault, Generated, HelmLogin, HelmOptions, HookPolicy, Kind, Policy, ValuesFile,
    set_namespace,
};
use crate::model::{FileSet, Finding, Secret};
use crate::parallel::blocking;
use crate::settings::{EnvironmentSettings, SourceSettings};
use crate::source::SourceTree;
use crate::tokens::{Prepared, Variables};
use crate::tools::{Addresses, Tools};

use super::definition::{self, Origin};
use super::{replace, written};

/// What came of one source.
#[derive(Debug)]
pub(super) struct Sourced {
    /// What the source is called.
    pub(super) name: String,
    /// Its manifests.
    pub(super) generated: Generated,
    /// What was noticed about its tokens and while it was generated.
    pub(super) findings: Vec<Finding>,
    /// Its own files, where reviewers want to see them.
    pub(super) definition: FileSet,
}

/// Generates every source of an environment, in parallel; the results are in
/// the order of the settings.
pub(super) async fn all(
    context: &Context,
    settings: &Arc<EnvironmentSettings>,
    tree: &SourceTree,
    explain: &[String],
) -> Result<Vec<Sourced>, Error> {
    let (exclude, variables) = variables(context, settings, tree, explain).await?;
    let several = settings.sources.len() > 1;
    let work = (0..settings.sources.len()).map(|at| {
        let (variables, exclude) = (variables.clone(), exclude.clone());
        async move {
            let done = one(context, settings, tree, at, variables, exclude).await;
            if !several {
                return done;
            }
            let name = &settings.sources[at].name;
            let done = done.map_err(|error| error.context(format!("source {name}")))?;
            let findings = done.findings.into_iter();
            let findings = findings.map(|finding| of_source(name, finding)).collect();
            Ok(Sourced { findings, ..done })
        }
    });
    try_join_all(work).await
}

/// A finding that names its source, as the environment has several.
fn of_source(name: &str, finding: Finding) -> Finding {
    let here = format!("source {name}");
    Finding {
        place: Some(match finding.place {
            Some(place) => format!("{here}, {place}"),
            None => here,
        }),
        ..finding
    }
}

/// What is no part of any source, and the variables for tokens, unless tokens
/// are switched off.
async fn variables(
    context: &Context,
    settings: &Arc<EnvironmentSettings>,
    tree: &SourceTree,
    explain: &[String],
) -> Result<(Vec<PathBuf>, Option<Arc<Variables>>), Error> {
    let tree_recorder = tree.recorder().cloned();
    let (own, settings, tree) = (context.clone(), Arc::clone(settings), tree.clone());
    let name = settings.name.clone();
    let read = blocking(move || {
        let exclude = replace::exclude(&own, &tree, &settings.tokens)?;
        let mut any = false;
        for source in &settings.sources {
            any |= tree.kind(&source.source)?.is_some();
        }
        // A source that is not there is the generator's to explain.
        let variables = (settings.tokens.enabled && any)
            .then(|| replace::variables(&tree, &own.variables, &settings.tokens));
        Ok::<_, Error>((exclude, variables.transpose()?))
    });
    let (exclude, mut variables) = read.await?;
    if let Some(variables) = &mut variables {
        variables.watch_secrets(Arc::clone(&context.secret_used));
        replace::record(tree_recorder.as_ref(), variables);
        replace::explain(context, &name, explain, variables);
    }
    Ok((exclude, variables.map(Arc::new)))
}

/// Generates one source.
async fn one(
    context: &Context,
    settings: &Arc<EnvironmentSettings>,
    tree: &SourceTree,
    at: usize,
    variables: Option<Arc<Variables>>,
    exclude: Vec<PathBuf>,
) -> Result<Sourced, Error> {
    let source = &settings.sources[at];
    let mut findings = Vec::new();
    // The folder of a chart from elsewhere is not looked at.
    let is_here = settings.cluster.is_none()
        && source.helm.chart.is_none()
        && tree.kind(&source.source)?.is_some();
    // Nothing is replaced in what is packed.
    let is_text = is_here && !generate::is_packed_chart(&source.source);
    let prepared = match variables.clone().filter(|_| is_text) {
        Some(variables) => {
            let (prepared, found) =
                prepare(context, settings, tree, at, variables, &exclude).await?;
            findings.extend(found);
            Some(prepared)
        }
        None => None,
    };
    let values_files = values_files(context, settings, tree, at, variables).await?;
    let options = options(
        context,
        settings,
        tree,
        source,
        prepared.as_ref(),
        exclude.clone(),
        values_files,
    )?;
    let mut generated = generate::run(&tools_for(context, source), &options)
        .await
        .map_err(|error| missing(error, source))?;
    findings.append(&mut generated.findings);
    // Not before the generator: it refuses what leads out of the checkout.
    let definition = if settings.definition_folder.is_some() {
        let values = match generated.kind {
            Kind::Helm => options.helm.values_files,
            _ => Vec::new(),
        };
        let origin = origin(tree, source, prepared.as_ref(), is_here, &exclude, values)?;
        let (context, tree) = (context.clone(), tree.clone());
        blocking(move || definition::read(&context, &tree, &origin)).await?
    } else {
        FileSet::new()
    };
    let plain = matches!(generated.kind, Kind::Jsonnet | Kind::Manifests);
    if let Some(namespace) = source.namespace.clone().filter(|_| plain) {
        let files = std::mem::take(&mut generated.files);
        let (kept, origins) = (files.clone(), Arc::clone(&generated.origins));
        let (files, more) = blocking(move || set_namespace(files, &namespace))
            .await
            .map_err(|error| written::explain(error.into(), &kept, &origins))?;
        generated.files = files;
        findings.extend(more);
    }
    Ok(Sourced {
        name: source.name.clone(),
        generated,
        findings,
        definition,
    })
}

/// The error about a source that is not there, with the file that names it.
fn missing(error: generate::Error, source: &SourceSettings) -> Error {
    let is_missing = matches!(error.fault, Fault::SourceMissing(_));
    match &source.named_in {
        Some(file) if is_missing => {
            let file = file.display();
            Error::from(error).instead(format!(
                "paths in {file} are relative to that file: correct `source` there"
            ))
        }
        _ => error.into(),
    }
}

/// The programs for a source. The chart that the task names may be anywhere.
fn tools_for(context: &Context, source: &SourceSettings) -> Tools {
    let tools = context.tools.clone();
    if source.helm.chart.is_some() && !source.chart_named_by_file {
        return tools.addresses(Addresses::Any);
    }
    tools
}

/// What reviewers want to see of a source.
fn origin(
    tree: &SourceTree,
    source: &SourceSettings,
    prepared: Option<&Prepared>,
    is_here: bool,
    exclude: &[PathBuf],
    values: Vec<ValuesFile>,
) -> Result<Origin, Error> {
    let copy = prepared.and_then(Prepared::path);
    let real = tree.resolve(&source.source)?;
    let seen_from_it = |path: &PathBuf| {
        let path = tree.resolve(path).ok()??;
        path.strip_prefix(real.as_ref()?)
            .ok()
            .map(Path::to_path_buf)
    };
    Ok(Origin {
        name: source.name.clone(),
        source: is_here.then(|| source.source.clone()),
        copy: copy.map(Path::to_path_buf),
        exclude: exclude.iter().filter_map(seen_from_it).collect(),
        values,
    })
}

/// Replaces the tokens of one source.
async fn prepare(
    context: &Context,
    settings: &Arc<EnvironmentSettings>,
    tree: &SourceTree,
    at: usize,
    variables: Arc<Variables>,
    exclude: &[PathBuf],
) -> Result<(Prepared, Vec<Finding>), Error> {
    let tree = tree.clone();
    let (settings, temp_root) = (Arc::clone(settings), context.temp_root.clone());
    let exclude = exclude.to_vec();
    let (prepared, findings) = blocking(move || {
        let (tokens, source) = (&settings.tokens, &settings.sources[at]);
        replace::prepare(&tree, &variables, tokens, source, &exclude, &temp_root)
    })
    .await?;
    for form in &prepared.secret_forms {
        context.reporter.hide(&Secret::new(form));
    }
    Ok((prepared, findings))
}

/// The values files of a chart with their tokens replaced. One that is not
/// there is the generator's to explain.
async fn values_files(
    context: &Context,
    settings: &Arc<EnvironmentSettings>,
    tree: &SourceTree,
    at: usize,
    variables: Option<Arc<Variables>>,
) -> Result<Vec<ValuesFile>, Error> {
    let mut files = settings.sources[at].helm.values_files.clone();
    if files.is_empty() {
        return Ok(files);
    }
    let (settings, tree) = (Arc::clone(settings), tree.clone());
    let (files, forms) = blocking(move || {
        let mut forms = Vec::new();
        let source = &settings.sources[at];
        let kind = match source.generator {
            Some(kind) => kind,
            None => Kind::detect(&tree, &source.source)?,
        };
        if kind != Kind::Helm {
            // Nobody reads them.
            return Ok((Vec::new(), forms));
        }
        for file in &mut files {
            let bytes = tree.bytes(&file.path)?;
            file.content = match (bytes, &variables) {
                (Some(bytes), Some(variables)) => {
                    let tokens = &settings.tokens;
                    let replaced = replace::file(variables, tokens, &file.path, bytes, &mut forms)?;
                    Some(replaced)
                }
                (bytes, _) => bytes,
            };
        }
        Ok::<_, Error>((files, forms))
    })
    .await?;
    for form in &forms {
        context.reporter.hide(&Secret::new(form));
    }
    Ok(files)
}

/// The credentials for the registry of a source's chart.
///
/// On a build of a pull request anybody may have written which chart that is:
/// the password then stays here.
fn login(context: &Context, source: &SourceSettings) -> Option<HelmLogin> {
    let chart = source.helm.chart.as_deref()?;
    let password = context.chart_password.clone()?;
    let (_, rest) = chart.split_once("://")?;
    let host = rest.split('/').next()?.to_owned();
    if context.pull_request && source.chart_named_by_file {
        context.reporter.warning(&format!(
            "the password for charts is not sent to {host}: on a build of a pull request anybody may have written the settings file, and nothing else names the chart. Set the input `chart` on the task"
        ));
        return None;
    }
    Some(HelmLogin {
        host,
        username: source.chart_user.clone().unwrap_or_default(),
        password,
    })
}

/// How one source is generated: from its folder, or from the copy in which
/// its tokens are replaced.
fn options(
    context: &Context,
    settings: &EnvironmentSettings,
    tree: &SourceTree,
    source: &SourceSettings,
    prepared: Option<&Prepared>,
    exclude: Vec<PathBuf>,
    values_files: Vec<ValuesFile>,
) -> Result<generate::Options, Error> {
    let copy = prepared.and_then(Prepared::path);
    let refuse_hooks = context.pull_request && !settings.allow_hooks;
    let checkout = if source.helm.chart.is_some() || settings.cluster.is_some() {
        tree.root().to_path_buf()
    } else {
        replace::checkout(tree, &source.source)?
    };
    let confine = prepared.and_then(Prepared::checkout);
    let confine = confine.map_or_else(|| checkout.clone(), Path::to_path_buf);
    let policy = |refuse| if refuse { Policy::Refuse } else { Policy::Warn };
    Ok(generate::Options {
        kind: source.generator,
        fabrikate_environments: source.fabrikate_environments.clone(),
        hooks: if refuse_hooks {
            HookPolicy::Refuse
        } else {
            HookPolicy::Run
        },
        unknown_environment: policy(source.require_configuration),
        empty_chart: policy(!source.allow_empty_charts),
        exclude,
        cluster: settings.cluster.clone(),
        confine: Some(confine),
        linked: copy.map(|_| checkout),
        reachable: settings.reachable.clone(),
        recorder: tree.recorder().cloned(),
        original: copy.map(|_| source.source.clone()),
        fitted: prepared.map_or_else(BTreeSet::new, |prepared| prepared.fitted.clone()),
        jsonnet: source.jsonnet.clone(),
        kustomize: source.kustomize.clone(),
        helm: HelmOptions {
            values_files,
            logins: login(context, source).into_iter().collect(),
            cache: context.render_cache.clone(),
            pulls: context.pulls.clone(),
            ..source.helm.clone()
        },
        ..generate::Options::new(copy.unwrap_or(&source.source), &settings.name)
    })
}
