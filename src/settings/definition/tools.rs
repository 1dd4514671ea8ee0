//! The settings of external programs.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, ValueHint};

use super::choices::ToolsSetting;

/// Settings of the programs that a run needs.
#[derive(Debug, Clone, Args)]
pub struct ToolArgs {
    /// Where `helm` and `kustomize` come from: `auto` looks on the search path, then in the tool cache, then downloads; `pinned` passes over the search path; `path` uses nothing else; `offline` never downloads.
    #[arg(long, value_enum, default_value = "auto")]
    pub tools: ToolsSetting,

    /// The helm program.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub helm: Option<PathBuf>,

    /// The kustomize program.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub kustomize: Option<PathBuf>,

    /// The version of helm in the tool cache, or to download.
    #[arg(long, value_name = "VERSION")]
    pub helm_version: Option<String>,

    /// The version of kustomize in the tool cache, or to download.
    #[arg(long, value_name = "VERSION")]
    pub kustomize_version: Option<String>,

    /// A URL under which the archives of the programs are found by their file names, instead of where they are published.
    #[arg(long, value_name = "URL")]
    pub tool_mirror: Option<String>,

    /// The SHA-256 of archives that this program does not know: `helm-v3.18.6-linux-amd64.tar.gz=<sha256>`, one per line.
    #[arg(long, value_name = "NAME=SHA256", value_delimiter = '\n')]
    pub tool_checksums: Vec<String>,

    /// Keep what charts render to in the tool cache, and use it again when nothing that goes into it changed.
    #[arg(long, default_value = "true", value_parser = BoolishValueParser::new(), hide_possible_values = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    pub render_cache: bool,
}
