//! What a run carries besides its settings.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gitops_plan::Approved;

use crate::generate::{Pulls, RenderCache};
use crate::host::HostKind;
use crate::model::{PublicationStamp, Secret};
use crate::report::Reporter;
use crate::tokens;
use crate::tools::Tools;

/// Data without which a run cannot work.
#[derive(Debug, Clone)]
pub struct Context {
    /// The way out for every message.
    pub reporter: Arc<Reporter>,
    /// External programs.
    pub tools: Tools,
    /// Where what charts render to is kept, when it may be.
    pub render_cache: Option<RenderCache>,
    /// The charts that this run has pulled.
    pub pulls: Pulls,
    /// The password for the registries of charts.
    pub chart_password: Option<Secret>,
    /// Which run this is, and of which source.
    pub publication: PublicationStamp,
    /// The source repository of the pipeline, and the host that it is at.
    pub source_host: Option<(String, HostKind)>,
    /// Variables of the pipeline run, for tokens.
    pub variables: Vec<tokens::Layer>,
    /// Placeholders stand for the secret ones among them.
    pub placeholders: bool,
    /// Set when a token was replaced by a secret variable, or its placeholder.
    pub secret_used: Arc<AtomicBool>,
    /// Where temporary files may be made; nothing stays there.
    pub temp_root: PathBuf,
    /// Files and folders that are no part of any source: the settings file,
    /// the output folder.
    pub exclude: Vec<PathBuf>,
    /// What is rendered are the files of a commit: no work tree has a say.
    pub of_commit: bool,
    /// The time of the run, in seconds since 1970 (UTC).
    pub seconds: i64,
    /// The key for hashes of values that a plan does not show; random.
    pub plan_key: Arc<[u8; 32]>,
    /// This is a build of a pull request: anybody may have written the source.
    pub pull_request: bool,
    /// Of a build of a pull request that publishes nothing: the branch that publishes once
    /// it is merged, such as `refs/heads/main`. The plan is that of then.
    pub after_merge: Option<String>,
    /// Exactly what may be published, where that was approved.
    pub approved: Option<Arc<Approved>>,
}
