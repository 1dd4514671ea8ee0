//! `fab`: stands in for the Fabrikate program.
//!
//! Same arguments and same results; a status other than zero where it failed.
//! One file per command.

mod add;
mod files;
mod generate;
mod install;
mod remove;
mod set;

use std::sync::Arc;

use clap::{Args, Subcommand};

use crate::agent::Environment;
use crate::error::Error;
use crate::report::Reporter;

/// The Fabrikate commands.
#[derive(Debug, Args)]
pub(super) struct FabCommand {
    #[command(subcommand)]
    command: Fab,
}

#[derive(Debug, Subcommand)]
enum Fab {
    /// Bring the components and charts that a definition names into its folders.
    Install(install::InstallArgs),
    /// Generate the manifests of a definition into `generated/<environments joined by ->`.
    Generate(generate::GenerateArgs),
    /// Add an entry to the component file of this folder, or replace the one of that name.
    Add(add::AddArgs),
    /// Remove entries from the component file of this folder.
    Remove(remove::RemoveArgs),
    /// Set values in a configuration file of this folder.
    Set(set::SetArgs),
}

pub(super) use install::task as install_task;

/// Runs a Fabrikate command in the working directory.
pub(super) async fn run(
    command: FabCommand,
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
) -> Result<(), Error> {
    match command.command {
        Fab::Install(args) => install::run(args, environment, reporter).await,
        Fab::Generate(args) => generate::run(args, environment, reporter).await,
        Fab::Add(args) => add::run(args, reporter),
        Fab::Remove(args) => remove::run(&args, reporter),
        Fab::Set(args) => set::run(&args, reporter),
    }
}
