//! Programs that are brought along: found in the agent's tool cache, or
//! downloaded into it.
//!
//! Owns which version is wanted, where it comes from, and how it is checked.
//! Writes in the tool cache only. What is downloaded is run only when its
//! SHA-256 is one that is known beforehand.

mod cache;
mod install;
mod pins;
mod platform;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use url::Url;

pub(super) use install::Installer;
pub use platform::Platform;

use crate::http;

/// A program that can be brought along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tool {
    /// `helm`.
    Helm,
    /// `kustomize`.
    Kustomize,
}

impl Tool {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Helm, Self::Kustomize];

    /// The program's name, which is that of the setting, too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Helm => "helm",
            Self::Kustomize => "kustomize",
        }
    }

    /// The version that is used when none is asked for.
    pub fn default_version(self) -> &'static str {
        pins::default_version(self)
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where programs may come from. A program that is named by its path is used
/// in every mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Mode {
    /// The search path, else the tool cache, else a download.
    #[default]
    Auto,
    /// The tool cache, else a download; the search path is passed over, so
    /// that every machine uses the same version.
    Pinned,
    /// The search path only.
    Path,
    /// The search path, else the tool cache; nothing is ever downloaded.
    Offline,
}

/// How far a download is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The archive's file name.
    pub archive: &'a str,
    /// Bytes so far.
    pub done: u64,
    /// Bytes in all, when the server says so.
    pub total: Option<u64>,
}

/// Is told how far a download is: at its start, after each piece, at its end.
pub type OnProgress = Arc<dyn Fn(Progress<'_>) + Send + Sync>;

/// How programs are brought along.
#[derive(Clone)]
pub struct Managed {
    /// Where they may come from.
    pub mode: Mode,
    /// The tool cache: the agent's tools folder, or one like it.
    pub cache: PathBuf,
    /// Another place with the same files: a URL under which each archive is
    /// found by its file name.
    pub mirror: Option<Url>,
    /// Versions instead of the default ones, as in `3.21.4`.
    pub versions: BTreeMap<Tool, String>,
    /// SHA-256 by an archive's file name, or by `helm-3.21.4-linux-x64`.
    pub checksums: BTreeMap<String, String>,
    /// The way to the network.
    pub http: http::Options,
    /// Is told how far downloads are.
    pub progress: Option<OnProgress>,
    /// The machine that programs are for; `None` when no release is for it.
    pub platform: Option<Platform>,
}

impl Managed {
    /// The default versions in `cache`, for this machine.
    pub fn new(mode: Mode, cache: impl Into<PathBuf>, http: http::Options) -> Self {
        Self {
            mode,
            cache: cache.into(),
            mirror: None,
            versions: BTreeMap::new(),
            checksums: BTreeMap::new(),
            http,
            progress: None,
            platform: Platform::here(),
        }
    }
}
