//! The settings of a promotion.

use clap::{ArgAction, Args};

use super::marks::switch;

/// Which environment is promoted, and where to.
#[derive(Debug, Clone, Args)]
#[command(mut_args = switch)]
pub struct PromoteArgs {
    /// The environment to promote from: what was published for it decides the commit of the source.
    #[arg(long, value_name = "NAME")]
    pub from: Option<String>,

    /// The environments to promote to: they are published from the same commit of the source. Separated by commas or lines.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub to: Vec<String>,

    /// Another commit of the source, such as `HEAD`. The environment to promote from must render to the same there.
    #[arg(long, value_name = "REVISION")]
    pub commit: Option<String>,

    /// Change nothing: only show what would change.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub dry_run: bool,
}
