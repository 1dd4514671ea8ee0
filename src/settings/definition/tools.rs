//! The settings of external programs.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueHint};

use crate::tools::Mode;

use super::marks::{TRUSTED_ONLY, switch};

/// Settings of the programs that a run needs.
#[derive(Debug, Clone, Args)]
#[command(mut_args = switch)]
pub struct ToolArgs {
    /// Where `helm` and `kustomize` come from: `auto` looks on the search path, then in the tool cache, then downloads; `pinned` passes over the search path; `path` uses nothing else; `offline` never downloads.
    #[arg(long, value_enum, default_value = "auto")]
    pub tools: Mode,

    /// The helm program.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, add = TRUSTED_ONLY)]
    pub helm: Option<PathBuf>,

    /// The kustomize program.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, add = TRUSTED_ONLY)]
    pub kustomize: Option<PathBuf>,

    /// The version of helm in the tool cache, or to download.
    #[arg(long, value_name = "VERSION")]
    pub helm_version: Option<String>,

    /// The version of kustomize in the tool cache, or to download.
    #[arg(long, value_name = "VERSION")]
    pub kustomize_version: Option<String>,

    /// A URL under which the archives of the programs are found by their file names, instead of where they are published.
    #[arg(long, value_name = "URL", add = TRUSTED_ONLY)]
    pub tool_mirror: Option<String>,

    /// The SHA-256 of archives that this program does not know: `helm-v3.18.6-linux-amd64.tar.gz=<sha256>`, one per line.
    #[arg(long, value_name = "NAME=SHA256", value_delimiter = '\n', add = TRUSTED_ONLY)]
    pub tool_checksums: Vec<String>,

    /// In pull request builds, allow what the source names (charts, bases, components) to be on this machine, in a private network or at a link-local address.
    #[arg(long, default_value = "false", action = ArgAction::Set, add = TRUSTED_ONLY)]
    pub allow_private_addresses: bool,

    /// Keep what charts render to in the tool cache, and use it again when nothing that goes into it changed.
    #[arg(long, default_value = "true", action = ArgAction::Set)]
    pub render_cache: bool,
}
