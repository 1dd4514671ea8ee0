//! The settings of an update.

use clap::{ArgAction, Args};

use super::marks::switch;

/// Which values are set.
#[derive(Debug, Clone, Args)]
#[command(mut_args = switch)]
pub struct UpdateArgs {
    /// The values to set, one in each line: `[FILES] [KIND [NAMESPACE/]NAME] FIELD=VALUE`, such as `HelmRelease shop/web version=1.4.2` or `apps/web/kustomization.yaml image=contoso.azurecr.io/web:1.4.2`.
    #[arg(
        long,
        value_name = "VALUE",
        value_delimiter = '\n',
        allow_hyphen_values = true
    )]
    pub set: Vec<String>,

    /// Change nothing: only show what would change.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub dry_run: bool,
}
