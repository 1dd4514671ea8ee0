//! The settings of waiting for the rollout.

use clap::{ArgAction, Args};

use super::marks::{between, switch};

/// Whether a run waits, for how long, and whether a promotion needs a rollout.
#[derive(Debug, Clone, Args)]
#[command(mut_args = switch)]
pub struct WaitArgs {
    /// After publishing, wait until the cluster has rolled out what was published, as its commit statuses tell.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub wait: bool,

    /// How long to wait for the rollout, in seconds. With 0 it looks once.
    #[arg(long, value_name = "SECONDS", default_value_t = 1800, value_parser = clap::value_parser!(u64).range(0..=172_800), add = between(0, 172_800))]
    pub wait_timeout: u64,

    /// How long a failure may still turn into a success, in seconds, before the wait ends as failed.
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(0..=86_400), add = between(0, 86_400))]
    pub wait_grace: u64,

    /// `promote` refuses what the environment to promote from has not rolled out, as its commit statuses tell.
    #[arg(long, default_value = "false", action = ArgAction::Set)]
    pub require_rolled_out: bool,
}

/// What is waited for, for each environment.
#[derive(Debug, Clone, Args)]
pub struct WaitForArgs {
    /// Whose reports to wait for: names of Flux and Argo CD objects as their commit statuses call them, such as `kustomization/apps`, or patterns with `*`. When not given, those of the generators `flux` and `argocd` in the settings file, otherwise all that reported on the branch before.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub wait_for: Vec<String>,

    /// Whose commit statuses are believed: ids of identities or sign-in addresses on Azure DevOps, users or `app[bot]` on GitHub. `wait` without it lists who has written some.
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub status_authors: Vec<String>,
}
