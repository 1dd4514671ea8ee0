//! The generate stage: from a source to manifests.
//!
//! Owns the generators, and what happens to the files they made before anybody
//! checks them: images, layout, the reading of resources.
//! Reads the source and runs tools; writes nothing, prints nothing, and knows
//! neither settings nor agent nor the other stages.

mod api_fields;
mod cache;
pub mod cluster;
pub mod determinism;
pub mod documents;
mod error;
mod fabrikate;
mod helm;
pub mod images;
mod jsonnet;
mod kube_apis;
mod kustomize;
pub mod layout;
mod manifests;
mod namespace;
mod origins;
mod part;
pub mod plan_values;
mod reading;
pub mod resources;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use api_fields::FieldFault;
pub use cache::RenderCache;
pub use cluster::ClusterObjects;
pub use error::{Error, Fault};
pub use fabrikate::output_folder;
pub use helm::is_packed as is_packed_chart;
pub use helm::{
    Call, HelmFault, HelmLogin, HelmOptions, KUBE_VERSION, Keep, Misfit, Pulls, ValuesFile,
    nondeterministic_calls,
};
pub use images::{ImagePath, Images, set_images};
pub use jsonnet::{JsonnetOptions, WORKER as JSONNET_WORKER, serve as serve_jsonnet};
pub use kube_apis::unserved;
#[cfg(feature = "fuzz")]
pub use kustomize::fuzz::kustomization as fuzz_kustomization;
pub use kustomize::{KustomizeAllow, KustomizeFault, KustomizeOptions, Place};
pub use layout::{Layout, lay_out};
pub use namespace::set_namespace;
pub use origins::{Malformed, Origins};
pub use part::Part;
pub use resources::resources;

use crate::model::{FileSet, Finding, GeneratorStamp};
use crate::parallel::blocking as off_thread;
use crate::source::{Recorder, SourceTree};
use crate::tools::Tools;

/// What turns a source into manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// A Fabrikate high-level definition.
    Fabrikate,
    /// A Helm chart.
    Helm,
    /// A Kustomize overlay.
    Kustomize,
    /// Jsonnet programs.
    Jsonnet,
    /// Plain manifests, taken as they are.
    Manifests,
    /// The objects by which Flux runs other environments.
    Flux,
    /// The objects by which Argo CD runs other environments.
    #[value(name = "argocd")]
    ArgoCd,
}

impl Kind {
    /// Looks at the source: a folder with `component.yaml` or
    /// `component.json` is Fabrikate's, one with `Chart.yaml` a Helm chart, one
    /// with a kustomization is Kustomize's, one with `.jsonnet` files at its
    /// top and such a file alone are Jsonnet's, everything else is plain
    /// manifests.
    pub fn detect(tree: &SourceTree, source: &Path) -> Result<Self, crate::source::Error> {
        let has = |name| tree.is_file(&source.join(name));
        Ok(if has("component.yaml")? || has("component.json")? {
            Self::Fabrikate
        } else if helm::is_source(tree, source)? {
            Self::Helm
        } else if kustomize::is_source(tree, source)? {
            Self::Kustomize
        } else if jsonnet::is_source(tree, source)? {
            Self::Jsonnet
        } else {
            Self::Manifests
        })
    }

    /// The name that users write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fabrikate => "fabrikate",
            Self::Helm => "helm",
            Self::Kustomize => "kustomize",
            Self::Jsonnet => "jsonnet",
            Self::Manifests => "manifests",
            Self::Flux => "flux",
            Self::ArgoCd => "argocd",
        }
    }

    /// Whether it writes a cluster's objects from the settings, without a source.
    pub fn is_for_clusters(self) -> bool {
        matches!(self, Self::Flux | Self::ArgoCd)
    }
}

/// What happens to something doubtful.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// A warning; the run goes on.
    Warn,
    /// An error.
    Refuse,
}

/// Whether the shell lines in a source are executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookPolicy {
    /// They run.
    Run,
    /// A source that has some is refused.
    Refuse,
}

/// What to generate, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The source: a folder, or for plain manifests and Jsonnet also a single
    /// file.
    pub source: PathBuf,
    /// What the source is a copy of, as the user wrote it, when it is one.
    pub original: Option<PathBuf>,
    /// The files in it, as seen from the source, whose tokens were replaced as the format
    /// in their names demands.
    pub fitted: BTreeSet<PathBuf>,
    /// The folder that nothing is read outside of, normally the checkout.
    /// Without one: what [`crate::source::root_for`] says of the source.
    pub confine: Option<PathBuf>,
    /// Another folder that links may lead to: the checkout, when the source is
    /// a copy that links to the rest of it.
    pub linked: Option<PathBuf>,
    /// Folders that the caller named and that need not lie in the checkout.
    pub reachable: Vec<PathBuf>,
    /// Where it is recorded what was read.
    pub recorder: Option<Recorder>,
    /// The generator; without one, the source is looked at.
    pub kind: Option<Kind>,
    /// The environment that is generated, for the log.
    pub environment: String,
    /// Fabrikate's environments, highest priority first, without `common`.
    pub fabrikate_environments: Vec<String>,
    /// Whether Fabrikate's hooks run.
    pub hooks: HookPolicy,
    /// A Fabrikate environment that matches no configuration file.
    pub unknown_environment: Policy,
    /// A Helm chart that yields no document, a component or the source.
    pub empty_chart: Policy,
    /// Which Helm chart is rendered, and with what.
    pub helm: HelmOptions,
    /// What Jsonnet programs are given.
    pub jsonnet: JsonnetOptions,
    /// How Kustomize overlays are built.
    pub kustomize: KustomizeOptions,
    /// Files and folders in the source that are no manifests.
    pub exclude: Vec<PathBuf>,
    /// What is written for a cluster, which has no source.
    pub cluster: Option<ClusterObjects>,
}

impl Options {
    /// One Fabrikate environment, or plain manifests, with the cautious
    /// defaults: hooks run, a chart without documents is an error, an
    /// environment without configuration is a warning.
    pub fn new(source: impl Into<PathBuf>, environment: &str) -> Self {
        Self {
            source: source.into(),
            original: None,
            fitted: BTreeSet::new(),
            confine: None,
            linked: None,
            reachable: Vec::new(),
            recorder: None,
            kind: None,
            environment: environment.to_owned(),
            fabrikate_environments: vec![environment.to_owned()],
            hooks: HookPolicy::Run,
            unknown_environment: Policy::Warn,
            empty_chart: Policy::Refuse,
            helm: HelmOptions::default(),
            jsonnet: JsonnetOptions::default(),
            kustomize: KustomizeOptions::default(),
            exclude: Vec::new(),
            cluster: None,
        }
    }
}

/// The manifests of one environment.
#[derive(Debug, Clone)]
pub struct Generated {
    /// The generator.
    pub kind: Kind,
    /// What made them, for the ledger.
    pub generator: GeneratorStamp,
    /// The files, by path from the environment's folder.
    pub files: FileSet,
    /// Where their text comes from, where a generator passes text on.
    pub origins: Arc<Origins>,
    /// What is worth telling, in the order of the source.
    pub findings: Vec<Finding>,
}

/// Generates the manifests of one environment.
pub async fn run(tools: &Tools, options: &Options) -> Result<Generated, Error> {
    let kind = if let Some(kind) = options.kind {
        kind
    } else {
        let options = options.clone();
        off_thread(move || detected(&options)).await?
    };
    tracing::debug!(environment = options.environment, kind = kind.name(), source = %options.source.display(), "generating");
    let mut origins = Origins::default();
    let (files, findings) = match kind {
        Kind::Fabrikate => {
            let (files, findings, own) = fabrikate::run(tools, options).await?;
            origins = own;
            (files, findings)
        }
        Kind::Helm => helm::run(tools, options).await?,
        Kind::Kustomize => kustomize::run(tools, options).await?,
        Kind::Jsonnet => jsonnet::run(tools, options).await?,
        Kind::Manifests => {
            let options = options.clone();
            let (files, own) = off_thread(move || manifests::run(&options)).await?;
            origins = own;
            (files, Vec::new())
        }
        Kind::Flux | Kind::ArgoCd => {
            let objects = options
                .cluster
                .as_ref()
                .ok_or(Fault::NoCluster(kind.name()))?;
            cluster::run(objects)?
        }
    };
    Ok(Generated {
        kind,
        generator: GeneratorStamp {
            name: kind.name().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        files,
        origins: Arc::new(origins),
        findings,
    })
}

/// What the source looks like.
fn detected(options: &Options) -> Result<Kind, Fault> {
    let reader = reading::Reader::new(options)?;
    Ok(Kind::detect(&reader, &reader.source)?)
}

impl Options {
    /// Records something besides files that decides what comes out.
    fn record(&self, name: &str, content: &[u8]) {
        if let Some(recorder) = &self.recorder {
            recorder.input(name, content);
        }
    }

    /// Records a program.
    fn record_program(&self, name: &str, program: &Path) {
        self.record(
            &format!("program {name}"),
            cache::identity(program).as_bytes(),
        );
    }
}

/// How many files or components a thread takes at a time.
const BLOCK: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_can_be_spawned_on_any_runtime() {
        fn spawnable<T: Send>(_: &T) {}
        let tools = Tools::new("", "");
        let options = Options::new(".", "dev");
        spawnable(&run(&tools, &options));
    }
}
