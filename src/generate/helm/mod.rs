//! The `helm` generator: one chart, one release, rendered by helm itself.
//!
//! Owns which chart that is, what it is given, and what becomes of what helm
//! prints: one file per template. A chart of the checkout is rendered where it
//! is, or in a private copy when something has to be brought first; nothing is
//! ever written beside it. What was rendered from the same content before
//! comes from the cache, without helm.

mod archive;
mod calls;
mod chart;
mod dependencies;
mod error;
mod invoke;
mod message;
mod output;
mod remote;
mod survey;
mod values;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use self::chart::Chart;
use self::invoke::Request;
use self::output::SortError;
use self::remote::Origin;
use super::cache::{Cache, Key};
use super::reading::Reader;
use super::{Error, Fault, Options, Policy, off_thread, set_namespace};
use crate::model::{FileSet, Finding, Secret};
use crate::tools::{self, Tool, Tools};

pub use calls::{Call, nondeterministic_calls};
pub use error::{HelmFault, Misfit};

/// The version of Kubernetes that charts are rendered for when settings name
/// none. helm's own default depends on how helm was built.
pub const KUBE_VERSION: &str = "1.34.0";

/// The namespace of a release when settings name none: that of helm.
const NAMESPACE: &str = "default";

/// Whether something is kept in the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It stays.
    Keep,
    /// It goes.
    Drop,
}

/// The credentials for one registry or repository.
#[derive(Debug, Clone)]
pub struct HelmLogin {
    /// Its host, with a port when it has one: `contoso.azurecr.io`.
    pub host: String,
    /// The user.
    pub username: String,
    /// The password or token.
    pub password: Secret,
}

/// Which chart is rendered, and with what.
#[derive(Debug, Clone)]
pub struct HelmOptions {
    /// The name of the release; without one, that of the chart.
    pub release: Option<String>,
    /// The namespace of the release, which resources without one are put into.
    /// Without one the chart sees `default`, and resources stay without.
    pub namespace: Option<String>,
    /// A chart from elsewhere: `oci://host/path/name`,
    /// `https://host/repository/name` or the address of a `.tgz`. Without one,
    /// the source is the chart.
    pub chart: Option<String>,
    /// Its exact version.
    pub version: Option<String>,
    /// Its digest, `sha256:…`: of the manifest in a registry, or of the archive.
    pub digest: Option<String>,
    /// A chart from elsewhere without a digest.
    pub unpinned: Policy,
    /// Values files; later ones win.
    pub values_files: Vec<PathBuf>,
    /// Values on top of these.
    pub values: serde_json::Map<String, serde_json::Value>,
    /// Single values on top of those, by path: `image.tag`, `hosts[0]`.
    pub set: Vec<(String, String)>,
    /// Whether the files in `crds` are part of the output.
    pub include_crds: bool,
    /// What becomes of hooks.
    pub hooks: Keep,
    /// What becomes of test hooks.
    pub tests: Keep,
    /// The version of Kubernetes that the chart sees.
    pub kube_version: Option<String>,
    /// API versions that the chart sees besides Kubernetes' own.
    pub api_versions: Vec<String>,
    /// Credentials, by host.
    pub logins: Vec<HelmLogin>,
    /// A folder that only this user can enter, where pulled charts and what
    /// was rendered are kept. Without one, nothing is kept.
    pub cache: Option<PathBuf>,
}

impl Default for HelmOptions {
    fn default() -> Self {
        Self {
            release: None,
            namespace: None,
            chart: None,
            version: None,
            digest: None,
            unpinned: Policy::Warn,
            values_files: Vec::new(),
            values: serde_json::Map::new(),
            set: Vec::new(),
            include_crds: true,
            hooks: Keep::Keep,
            tests: Keep::Drop,
            kube_version: None,
            api_versions: Vec::new(),
            logins: Vec::new(),
            cache: None,
        }
    }
}

/// The helm that is used: the one place that looks it up.
pub(super) async fn program(tools: &Tools) -> Result<PathBuf, tools::Error> {
    tools.tool(Tool::Helm).await
}

/// Whether this looks like a source of this generator.
pub(super) fn is_source(source: &Path) -> bool {
    source.join("Chart.yaml").is_file()
}

/// A chart that is ready for helm.
struct Ready {
    /// A folder or an archive.
    path: PathBuf,
    /// What identifies its content, when everything in it is known.
    identity: Option<Vec<u8>>,
    /// A private folder that it is in.
    _folder: Option<TempDir>,
}

/// Renders the chart.
pub(super) async fn run(
    tools: &Tools,
    options: &Options,
) -> Result<(FileSet, Vec<Finding>), Error> {
    let helm = &options.helm;
    check(helm)?;
    let origin = helm.chart.as_deref().map(Origin::parse).transpose();
    let origin = origin.map_err(Fault::from)?;
    let mut findings = Vec::new();
    if helm.kube_version.is_none() {
        let message = format!(
            "`kubeVersion` is not set: the chart is rendered for Kubernetes {KUBE_VERSION}"
        );
        findings.push(Finding {
            place: None,
            ..Finding::warning("", message)
        });
    }
    let reader = {
        let options = options.clone();
        Arc::new(off_thread(move || Reader::new(&options)).await?)
    };
    let (ready, name, shown) = match &origin {
        None => local(tools, &reader, options, &mut findings).await?,
        Some(origin) => {
            let ready = elsewhere(tools, helm, origin, &mut findings).await?;
            let shown = origin.shown(helm.version.as_deref().unwrap_or_default());
            (ready, origin.name().to_owned(), shown)
        }
    };
    let request = request(&reader, options, &name, shown).await?;
    let (files, more) = rendered(tools, options, &ready, &request).await?;
    findings.extend(more);
    Ok((files, findings))
}

/// Refuses settings that helm would misunderstand.
fn check(options: &HelmOptions) -> Result<(), Fault> {
    if let Some(release) = &options.release {
        invoke::check_release(release)?;
    }
    if let Some(namespace) = &options.namespace {
        invoke::check_namespace(namespace)?;
    }
    if let Some(version) = &options.kube_version {
        invoke::check_kube_version(version)?;
    }
    for version in &options.api_versions {
        invoke::check_api_version(version)?;
    }
    let setting = |name, value: &str, reason| HelmFault::Setting {
        name,
        value: value.to_owned(),
        reason,
    };
    if let Some(digest) = &options.digest {
        let hex = digest.strip_prefix("sha256:").unwrap_or_default();
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if hex.len() != 64 || !hex.bytes().all(digit) {
            let reason = "a digest is `sha256:` and 64 digits from 0 to 9 and a to f";
            return Err(setting("chartDigest", digest, reason).into());
        }
    }
    match (&options.chart, &options.version) {
        (Some(chart), None) => Err(HelmFault::NoVersion(chart.clone()).into()),
        (Some(_), Some(version)) if !dependencies::is_exact(version) => {
            let reason = "it has to be one exact version, such as 1.2.3";
            Err(setting("chartVersion", version, reason).into())
        }
        (None, Some(version)) => {
            let reason = "it is for a chart from elsewhere, and `chart` is not set";
            Err(setting("chartVersion", version, reason).into())
        }
        _ => Ok(()),
    }
}

/// The chart that the source is, with everything that it depends on.
async fn local(
    tools: &Tools,
    reader: &Arc<Reader>,
    options: &Options,
    findings: &mut Vec<Finding>,
) -> Result<(Ready, String, String), Fault> {
    let folder = reader.source.clone();
    let shown = reader.show(&folder);
    let looked = {
        let (reader, folder) = (Arc::clone(reader), folder.clone());
        off_thread(move || {
            if !folder.is_dir() {
                return Err(Fault::SourceIsFile(reader.show(&folder)));
            }
            let chart = Chart::read(&reader, &folder)?;
            let plan = dependencies::plan(&reader, &folder, &chart)?;
            let survey = survey::survey(&reader, &folder)?;
            Ok((chart, plan, survey))
        })
    };
    let (chart, mut plan, mut survey) = looked.await?;
    findings.append(&mut plan.findings);
    let (mut path, mut private) = (folder.clone(), None);
    if !plan.is_empty() {
        let helm = &options.helm;
        let (folder, copy) = dependencies::together(tools, reader, helm, &folder, plan).await?;
        survey = {
            let (reader, copy) = (Arc::clone(reader), copy.clone());
            off_thread(move || survey::survey(&reader, &copy)).await?
        };
        (path, private) = (copy, Some(folder));
    }
    let ready = Ready {
        path,
        identity: survey.digest.map(Vec::from),
        _folder: private,
    };
    Ok((ready, chart.name, shown))
}

/// A chart that is pulled.
async fn elsewhere(
    tools: &Tools,
    options: &HelmOptions,
    origin: &Origin,
    findings: &mut Vec<Finding>,
) -> Result<Ready, Fault> {
    let version = options.version.as_deref().unwrap_or_default();
    let (bytes, more) = remote::chart(tools, options, origin, version).await?;
    findings.extend(more);
    let folder = tools.private_folder()?;
    let path = folder.path().join(format!("{}.tgz", origin.name()));
    let written = std::fs::File::create(&path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, &bytes));
    written.map_err(|source| tools::Error::Temporary {
        folder: folder.path().to_path_buf(),
        source,
    })?;
    Ok(Ready {
        path,
        identity: Some(Sha256::digest(&bytes).to_vec()),
        _folder: Some(folder),
    })
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
    let release = release.unwrap_or_else(|| invoke::release_of(chart));
    invoke::check_release(&release)?;
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

/// The values files and their content. Those in the source are read from its
/// copy, when there is one: tokens are replaced there.
fn values_files(
    reader: &Reader,
    options: &Options,
) -> Result<Vec<(PathBuf, String, Vec<u8>)>, Fault> {
    let mut files = Vec::new();
    for file in &options.helm.values_files {
        let shown = file.display().to_string();
        let path = reader.file(&in_copy(options, file))?;
        let path = path.ok_or_else(|| HelmFault::ValuesMissing(shown.clone()))?;
        let content = reader.bytes(&path)?;
        let content = content.ok_or_else(|| HelmFault::ValuesMissing(shown.clone()))?;
        files.push((path, shown, content));
    }
    Ok(files)
}

/// Where a file of the checkout stands in the copy that tokens are replaced in.
fn in_copy(options: &Options, file: &Path) -> PathBuf {
    let inner = || {
        let original = options.original.as_deref()?.canonicalize().ok()?;
        let original = if original.is_dir() {
            original
        } else {
            original.parent()?.to_path_buf()
        };
        let file = file.canonicalize().ok()?;
        Some(options.source.join(file.strip_prefix(original).ok()?))
    };
    inner().unwrap_or_else(|| file.to_path_buf())
}

/// What the chart renders to, from the cache or by helm.
async fn rendered(
    tools: &Tools,
    options: &Options,
    ready: &Ready,
    request: &Request,
) -> Result<(FileSet, Vec<Finding>), Fault> {
    let helm = &options.helm;
    let program = program(tools).await?;
    let kept = match (&helm.cache, &ready.identity) {
        (Some(root), Some(identity)) => {
            let key = key(options, request, identity, &program);
            Some((Cache::new(root, "rendered"), key))
        }
        _ => None,
    };
    if let Some((cache, key)) = kept.clone() {
        let found = off_thread(move || cache.manifests(&key)).await;
        if let Some(found) = found {
            tracing::debug!(chart = request.chart, "rendered before");
            return Ok(found);
        }
    }
    let printed = invoke::template(tools, &ready.path, helm, request).await?;
    let (options, request) = (options.clone(), request.clone());
    let chart = ready.path.clone();
    off_thread(move || {
        let result = files(&options, &request, &printed)?;
        if let Some((cache, key)) = kept {
            // What differs every time would differ no more.
            if !nondeterministic_calls(&chart).iter().any(Call::differs) {
                cache.keep_manifests(&key, &result.0, &result.1);
            }
        }
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
        .map(|line| Finding::warning(&request.chart, line))
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
        return Ok((sorted.files, findings));
    };
    let (files, more) = set_namespace(sorted.files, namespace).map_err(|error| error.fault)?;
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
    for version in &helm.api_versions {
        key.part("api", version.as_bytes());
    }
    for (_, shown, content) in &request.values_files {
        key.part("file", shown.as_bytes());
        key.part("values", content);
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
