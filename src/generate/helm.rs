//! The `helm` generator: one chart, one release, rendered by helm itself.
//!
//! Owns which chart that is, what it is given, and what becomes of what helm
//! prints: one file per template. A chart of the checkout is rendered in a
//! private copy, which holds what was read and what was brought. What was
//! rendered from the same content before comes from the cache, without helm.

mod archive;
mod calls;
mod chart;
mod copy;
mod dependencies;
mod error;
mod invoke;
mod message;
mod options;
mod origin;
mod output;
mod packed;
mod places;
mod private;
mod ready;
mod remote;
mod schema;
mod values;
mod values_file;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::invoke::{Request, Values};
use self::origin::Origin;
use self::output::SortError;
use self::ready::{Content, Ready, elsewhere, local};
use super::cache::{Cache, Key};
use super::reading::Reader;
use super::{Error, Fault, Options, Policy, kube_apis, off_thread, set_namespace};
use crate::model::{FileSet, Finding};
use crate::source::{self, SourceTree};
use crate::tools::{self, Tool, Tools};

pub use calls::{Call, nondeterministic_calls};
pub(super) use copy::copy as copy_chart;
pub use error::{HelmFault, Misfit};
pub use options::{HelmLogin, HelmOptions, KUBE_VERSION, Keep, ValuesFile};
pub use packed::is_packed;
pub(super) use places::Places;
pub(super) use private::{check as check_chart, unpack as unpack_chart};
pub use remote::Pulls;

/// The namespace of a release when settings name none: that of helm.
const NAMESPACE: &str = "default";

/// The helm that is used: the one place that looks it up.
pub(super) async fn program(tools: &Tools) -> Result<PathBuf, tools::Error> {
    tools.tool(Tool::Helm).await
}

/// A packed chart of a registry or repository, in its exact version.
pub(super) async fn pull(
    tools: &Tools,
    options: &HelmOptions,
    repository: &str,
    name: &str,
    version: &str,
) -> Result<Vec<u8>, Fault> {
    let origin = Origin::of_dependency(repository, name)?;
    let pulled = remote::pull(tools, options, &origin, version).await?;
    Ok(pulled.bytes.clone())
}

/// The fault of a chart that cannot be unpacked.
pub(super) fn broken(name: &str, reason: &impl std::fmt::Display) -> HelmFault {
    HelmFault::Archive {
        file: name.to_owned(),
        reason: reason.to_string(),
    }
}

/// Whether this looks like a source of this generator.
pub(super) fn is_source(tree: &SourceTree, source: &Path) -> Result<bool, source::Error> {
    Ok(tree.is_file(&source.join("Chart.yaml"))? || (is_packed(source) && tree.is_file(source)?))
}

/// Renders the chart.
pub(super) async fn run(
    tools: &Tools,
    options: &Options,
) -> Result<(FileSet, Vec<Finding>), Error> {
    let helm = &options.helm;
    options::check(helm).map_err(Fault::from)?;
    let chart = helm.chart.as_deref();
    let archive = chart.map(Path::new).filter(|path| is_packed(path));
    let address = chart.filter(|_| archive.is_none());
    let origin = address.map(Origin::parse).transpose();
    let origin = origin.map_err(Fault::from)?;
    let mut findings = Vec::new();
    let reader = {
        let options = options.clone();
        Arc::new(off_thread(move || Reader::new(&options)).await?)
    };
    let archive = match archive {
        Some(path) => Some(path.to_path_buf()),
        None if origin.is_none() && is_packed(&reader.source) => Some(reader.source.clone()),
        None => None,
    };
    let (ready, name, shown) = match (&origin, archive) {
        (_, Some(path)) => {
            let (reader, helm, shown) = (Arc::clone(&reader), helm.clone(), reader.show(&path));
            let read = off_thread(move || packed::read(&reader, &helm, &path));
            let (ready, name) = read.await?;
            (ready, name, shown)
        }
        (None, None) => local(tools, &reader, options, &mut findings).await?,
        (Some(origin), None) => {
            let ready = elsewhere(tools, helm, origin, &mut findings).await?;
            let shown = origin.shown(helm.version.as_deref().unwrap_or_default());
            (ready, origin.name().to_owned(), shown)
        }
    };
    if helm.kube_version.is_none() {
        let message = format!(
            "`kubeVersion` is not set, so the chart is rendered for Kubernetes {KUBE_VERSION}"
        );
        findings.insert(0, Finding::info(&shown, message));
    }
    let request = request(&reader, options, &name, shown).await?;
    let mut given = request.values_files.iter();
    given
        .try_for_each(values_file::refuse)
        .map_err(Fault::from)?;
    findings.extend(request.values_files.iter().flat_map(values_file::check));
    let (files, more) = rendered(tools, &reader, options, ready, &request).await?;
    findings.extend(more);
    Ok((files, findings))
}

/// What helm is asked for.
async fn request(
    reader: &Arc<Reader>,
    options: &Options,
    chart: &str,
    shown: String,
) -> Result<Request, Fault> {
    let helm = &options.helm;
    let release = helm.release.clone();
    let release = release.unwrap_or_else(|| options::release_of(chart));
    options::check_release(&release)?;
    let files = {
        let (reader, options) = (Arc::clone(reader), options.clone());
        off_thread(move || values_files(&reader, &options)).await?
    };
    Ok(Request {
        release,
        namespace: helm.namespace.as_deref().unwrap_or(NAMESPACE).to_owned(),
        kube_version: helm
            .kube_version
            .as_deref()
            .unwrap_or(KUBE_VERSION)
            .to_owned(),
        values_files: files,
        generated: values::generated(helm)?,
        chart: shown,
    })
}

/// The values files and their content.
fn values_files(reader: &Reader, options: &Options) -> Result<Vec<Values>, Fault> {
    let mut files = Vec::new();
    for file in &options.helm.values_files {
        let shown = file.path.display().to_string();
        let missing = || HelmFault::ValuesMissing(shown.clone());
        let content = match &file.content {
            Some(content) => content.clone(),
            None if reader.is_folder(&file.path)? => {
                return Err(source::Error::NotAFile(shown).into());
            }
            None => reader.bytes(&file.path)?.ok_or_else(missing)?,
        };
        files.push(Values { shown, content });
    }
    Ok(files)
}

/// What the chart renders to, from the cache or by helm.
async fn rendered(
    tools: &Tools,
    reader: &Arc<Reader>,
    options: &Options,
    ready: Ready,
    request: &Request,
) -> Result<(FileSet, Vec<Finding>), Fault> {
    let helm = &options.helm;
    let program = program(tools).await?;
    options.record_program("helm", &program);
    if let Some(identity) = &ready.identity {
        options.record(&format!("chart {}", request.chart), identity);
    }
    let kept = match (&helm.cache, &ready.identity) {
        (Some(root), Some(identity)) => {
            let key = key(options, request, identity, &program);
            Some((Cache::new(root, "rendered"), key))
        }
        (None, _) => None,
        (Some(_), None) => {
            tracing::debug!(
                chart = request.chart,
                "not from the cache: a file of the chart is too large to be compared"
            );
            None
        }
    };
    if let Some((cache, key)) = kept.clone() {
        let found = off_thread(move || cache.manifests(&key)).await;
        if let Some(found) = found {
            tracing::debug!(chart = request.chart, "rendered before");
            return Ok(found);
        }
    }
    let (chart, folder) = match ready.content {
        Content::Private(path, folder) => (path, folder),
        Content::Checkout(from) => {
            let folder = tools.private_folder()?;
            let path = folder.path().join("chart");
            let (reader, to) = (Arc::clone(reader), path.clone());
            off_thread(move || copy::copy(&reader, &from, &to)).await?;
            (path, folder)
        }
        Content::Archive(bytes) => {
            let folder = tools.private_folder()?;
            let (to, shown) = (folder.path().to_path_buf(), request.chart.clone());
            let unpacked = off_thread(move || private::unpack(&bytes, &to, &shown)).await?;
            (unpacked, folder)
        }
    };
    let (checked, places) = {
        let (chart, mut places) = (chart.clone(), Places::of(&request.chart));
        for (inner, shown) in ready.places {
            places.add(&inner, shown);
        }
        let checked =
            off_thread(move || Ok::<_, Fault>((private::check(&chart, &mut places)?, places)));
        checked.await?
    };
    let printed = invoke::template(tools, &chart, helm, request, &places)
        .await
        .map_err(|fault| values_file::explain(fault, request, &chart, &places))?;
    let (options, request) = (options.clone(), request.clone());
    off_thread(move || {
        let mut result = files(&options, &request, &printed)?;
        result.1.extend(checked);
        if let Some((cache, key)) = kept {
            // What differs every time would differ no more.
            match nondeterministic_calls(&chart)
                .iter()
                .find(|call| call.differs())
            {
                None => cache.keep_manifests(&key, &result.0, &result.1),
                Some(call) => tracing::debug!(
                    chart = request.chart,
                    function = call.function,
                    "not kept in the cache: the chart renders differently every time"
                ),
            }
        }
        drop(folder);
        Ok(result)
    })
    .await
}

/// What helm printed, as files in the namespace.
fn files(
    options: &Options,
    request: &Request,
    printed: &invoke::Printed,
) -> Result<(FileSet, Vec<Finding>), Fault> {
    let helm = &options.helm;
    let warnings = printed.warnings.iter();
    let mut findings: Vec<_> = warnings
        .map(|line| {
            if message::is_note(line) {
                Finding::info(&request.chart, line)
            } else {
                Finding::warning(&request.chart, line)
            }
        })
        .collect();
    let sorted = output::sort(&printed.stdout, helm).map_err(|error| match error {
        SortError::Helm(fault) => fault.into(),
        SortError::Path(error) => Fault::Name(error),
    })?;
    findings.extend(sorted.findings);
    if sorted.documents == 0 {
        let fault = Fault::EmptyChart(request.chart.clone());
        if options.empty_chart == Policy::Refuse {
            return Err(fault);
        }
        findings.push(Finding::warning(&request.chart, fault.to_string()));
    }
    let Some(namespace) = &helm.namespace else {
        if sorted.in_default > 0 {
            let message = format!(
                "`namespace` is not set: {} of its resources are in the namespace `{NAMESPACE}`",
                sorted.in_default
            );
            findings.push(Finding::info(&request.chart, message));
        }
        return Ok((sorted.files, findings));
    };
    let (files, more) =
        set_namespace(sorted.files, namespace).map_err(|error| match error.fault {
            Fault::Syntax { file, source } => HelmFault::Rendered { file, source }.into(),
            fault => fault,
        })?;
    findings.extend(more);
    Ok((files, findings))
}

/// The key of everything that decides what comes out.
fn key(options: &Options, request: &Request, identity: &[u8], program: &Path) -> Key {
    let helm = &options.helm;
    let mut key = Key::new("helm");
    key.part("chart", identity);
    key.program(program);
    for (name, text) in [
        ("shown", &request.chart),
        ("release", &request.release),
        ("namespace", &request.namespace),
        ("kube", &request.kube_version),
    ] {
        key.part(name, text.as_bytes());
    }
    let switches = format!(
        "{} {:?} {:?} {:?} {}",
        helm.include_crds,
        helm.hooks,
        helm.tests,
        options.empty_chart,
        helm.namespace.is_some(),
    );
    key.part("switches", switches.as_bytes());
    let own = kube_apis::argument(&request.kube_version);
    for version in own.iter().chain(&helm.api_versions) {
        key.part("api", version.as_bytes());
    }
    for file in &request.values_files {
        key.part("file", file.shown.as_bytes());
        key.part("values", &file.content);
    }
    key.part(
        "generated",
        request.generated.file.as_deref().unwrap_or("").as_bytes(),
    );
    for set in &request.generated.set {
        key.part("set", set.as_bytes());
    }
    key
}
