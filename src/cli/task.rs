//! `task`: what the launcher in the extension calls.
//!
//! Reads the inputs, runs the command they name, and reports with pipeline
//! commands.

use std::sync::Arc;

use clap::{Args as _, Command};

use crate::agent::{self, Environment};
use crate::error::{Error, Kind};
use crate::report::Reporter;
use crate::settings::definition::{OutputArgs, PromoteArgs};
use crate::settings::{from_inputs, parse};

use super::RunCommand;
use super::invocation::Doors;
use super::promote::Promotion;
use super::run::{self, Action};
use super::show::Look;

/// Runs the task.
pub(super) async fn run(
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
) -> Result<u8, Error> {
    for secret in agent::secrets(environment) {
        reporter.hide(&secret);
    }
    let command = agent::input(environment, "command");
    if command.as_deref() == Some("tokens") {
        return super::tokens::task(environment, reporter).map(|()| 0);
    }
    if command.as_deref() == Some("install") {
        return super::fab::install_task(environment, reporter)
            .await
            .map(|()| 0);
    }
    let definition = RunCommand::augment_args(Command::new("task"));
    let given = from_inputs(&definition, environment)?;
    if command.as_deref() == Some("status") {
        let doors = Doors { given, task: true };
        let told = Box::pin(super::status::task(doors, environment, reporter)).await;
        return told.map(|()| 0);
    }
    if command.as_deref() == Some("update") {
        let doors = Doors { given, task: true };
        return Box::pin(super::update::task(doors, environment, reporter)).await;
    }
    let action = match command.as_deref() {
        None | Some("publish") => {
            refuse_dry_run(environment)?;
            Action::Publish
        }
        Some("plan" | "verify") => Action::Plan,
        Some("wait") => Action::Wait,
        Some("render") => {
            let definition = OutputArgs::augment_args(Command::new("render"));
            let output: OutputArgs = parse(&[&from_inputs(&definition, environment)?])?;
            if output.is_stdout() {
                return Err(Error::message(Kind::Usage, "the input `output` is empty")
                    .hint("name the folder to render into, such as `$(Build.ArtifactStagingDirectory)/manifests`"));
            }
            Action::Render(output)
        }
        Some("promote") => {
            let definition = PromoteArgs::augment_args(Command::new("promote"));
            let promotion = parse(&[&from_inputs(&definition, environment)?])?;
            Action::Promote(Promotion::new(promotion)?)
        }
        Some(other) => {
            return Err(
                Error::message(Kind::Usage, format!("the input `command` is {other:?}")).hint(
                    "it can be one of: publish, plan, render, promote, update, wait, status, install, tokens",
                ),
            );
        }
    };
    let doors = Doors { given, task: true };
    run::run(action, doors, environment, reporter, Look::task()).await
}

/// Somebody who asks for a dry run does not want to publish.
fn refuse_dry_run(environment: &Environment) -> Result<(), Error> {
    let asked = agent::input(environment, "dryRun");
    if !asked.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(());
    }
    Err(Error::message(
        Kind::Usage,
        "the input `dryRun` is not for the command `publish`",
    )
    .hint("to see what publishing would change, use the command `plan`; it writes nothing"))
}
