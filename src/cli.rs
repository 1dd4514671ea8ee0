//! Commands: what the user typed becomes settings, settings become a run, and
//! the run becomes a report and an exit code.
//!
//! One short file per command. Nobody uses this module; it may use everything.

mod app;
mod approval;
mod attach;
mod completions;
mod confined;
mod connect;
mod fab;
mod harden;
mod help;
mod invocation;
mod logging;
mod login;
mod network;
mod plan;
mod promote;
mod rendered;
mod risk;
mod run;
mod show;
mod shutdown;
mod stamp;
mod status;
mod task;
mod token;
mod tokens;
mod tools;
mod update;
mod wait;

use std::borrow::Cow;
use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use serde_json::json;

use crate::agent::env::GITOPS_LOG;
use crate::agent::{self, AgentSink, Environment, StepSink};
use crate::error::{Error, Kind};
use crate::generate::{JSONNET_WORKER, serve_jsonnet};
use crate::report::{Reporter, TerminalSink, write_stdout};
use crate::settings::definition::{EnvironmentArgs, OutputArgs, PromoteArgs, RunArgs, UpdateArgs};
use crate::settings::{not_a_number, schema};
use crate::tokens::TokensArgs;
use show::Look;

/// Turns Kubernetes templates into manifests and publishes them to the
/// repository that Flux or Argo CD watches.
#[derive(Debug, Parser)]
#[command(name = "gitops-publisher", version = env!("GITOPS_VERSION"), arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,

    /// How to print the result: `text` for people, `json` as one object on stdout; `status` also has `markdown`.
    #[arg(long, global = true, value_enum, default_value = "text")]
    format: Format,

    /// Show debug output.
    #[arg(long, short, global = true)]
    verbose: bool,
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object on stdout.
    Json,
    /// For the page of a run, a chat or an issue; of `status` only.
    Markdown,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Render every environment and publish it to the manifest repository.
    Publish(RunCommand),
    /// Do everything but publish: render, check, and show what would change.
    #[command(visible_alias = "verify")]
    Plan(PlanCommand),
    /// Render every environment into a folder or to stdout.
    Render(RenderCommand),
    /// Publish more environments from the source commit that another environment runs.
    Promote(PromoteCommand),
    /// Set values in files that people own, such as the version of a chart or the tag of an image.
    Update(UpdateCommand),
    /// Wait until the cluster has rolled out what is published.
    Wait(RunCommand),
    /// Show what is published in every environment, how old it is, and how its rollout is.
    Status(RunCommand),
    /// Replace tokens in files.
    Tokens(Box<TokensArgs>),
    /// Fabrikate-compatible commands.
    Fab(fab::FabCommand),
    /// Run as a task of an Azure pipeline: read the inputs, run the command they name.
    Task,
    /// Print the JSON schema of `gitops.yaml`.
    Schema,
    /// Print the completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// Whether a push may be under way when it is cancelled.
    fn pushes(&self, environment: &Environment) -> bool {
        match self {
            Self::Publish(_) | Self::Promote(_) | Self::Update(_) => true,
            Self::Task => {
                let command = agent::input(environment, "command");
                matches!(
                    command.as_deref(),
                    None | Some("publish" | "promote" | "update")
                )
            }
            _ => false,
        }
    }
}

/// The settings of `publish`, `plan`, `wait` and `status`.
#[derive(Debug, Args)]
struct RunCommand {
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    environment: EnvironmentArgs,
}

/// The settings of `plan`.
#[derive(Debug, Args)]
struct PlanCommand {
    #[command(flatten)]
    settings: RunCommand,
    #[command(flatten)]
    look: show::LookArgs,
}

/// The settings of `render`.
#[derive(Debug, Args)]
struct RenderCommand {
    #[command(flatten)]
    settings: RunCommand,
    #[command(flatten)]
    output: OutputArgs,
}

/// The settings of `promote`.
#[derive(Debug, Args)]
struct PromoteCommand {
    #[command(flatten)]
    promotion: PromoteArgs,
    #[command(flatten)]
    settings: RunCommand,
}

/// The settings of `update`.
#[derive(Debug, Args)]
struct UpdateCommand {
    #[command(flatten)]
    update: UpdateArgs,
    #[command(flatten)]
    settings: RunCommand,
}

/// Runs the program with the process's arguments.
pub fn main(environment: Environment) -> ExitCode {
    harden::harden();
    run_with(&std::env::args_os().collect::<Vec<_>>(), environment)
}

fn run_with(arguments: &[OsString], environment: Environment) -> ExitCode {
    // What a run starts itself: nothing of the process but its pipes is used.
    if arguments.len() == 2 && arguments[1] == JSONNET_WORKER {
        return match serve_jsonnet(std::io::stdin(), std::io::stdout()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let definition = help::shown(Cli::command());
    let typed: Vec<_> = arguments.iter().map(|it| it.to_string_lossy()).collect();
    let matches = match definition.try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return usage(&in_our_words(with_tip(error, &typed))),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let task = matches!(cli.command, Command::Task);
    let reporter = Arc::new(if task {
        Reporter::new(AgentSink)
    } else {
        let verbose = cli.verbose || environment.get(GITOPS_LOG).is_some();
        let sink = TerminalSink::new(verbose);
        if environment.is_pipeline() {
            Reporter::new(StepSink(sink))
        } else {
            Reporter::new(sink)
        }
    });
    let json = cli.format == Format::Json && !task;
    let pushes = cli.command.pushes(&environment);
    logging::install(&reporter, &environment, cli.verbose);
    shutdown::report_panics(&reporter);
    let environment = Arc::new(environment);
    let work = dispatch(
        cli,
        matches,
        Arc::clone(&environment),
        Arc::clone(&reporter),
    );
    let result = shutdown::block_on(work, task);
    finish(result, (task, json, pushes), &reporter)
}

/// Runs the command; gives back the exit code.
async fn dispatch(
    cli: Cli,
    matches: ArgMatches,
    environment: Arc<Environment>,
    reporter: Arc<Reporter>,
) -> Result<u8, Error> {
    let matches = matches
        .subcommand()
        .map(|(_, matches)| matches.clone())
        .unwrap_or_default();
    let json = cli.format == Format::Json;
    if cli.format == Format::Markdown && !matches!(cli.command, Command::Status(_)) {
        let said = "only `status` can be printed as Markdown";
        return Err(Error::message(Kind::Usage, said)
            .hint("the page of a pipeline run shows the summary of the others"));
    }
    let mut look = Look::typed(json, show::LookArgs::default());
    let action = match cli.command {
        Command::Publish(_) => run::Action::Publish,
        Command::Plan(command) => {
            look = Look::typed(json, command.look);
            run::Action::Plan
        }
        Command::Render(command) => run::Action::Render(command.output),
        Command::Promote(command) => {
            run::Action::Promote(promote::Promotion::new(command.promotion)?)
        }
        Command::Update(command) => {
            let args = command.update;
            return Box::pin(update::typed(args, &matches, &environment, &reporter, look)).await;
        }
        Command::Wait(_) => run::Action::Wait,
        Command::Task => return task::run(&environment, &reporter).await,
        Command::Tokens(args) => {
            return tokens::typed(*args, &environment, &reporter, json).map(|()| 0);
        }
        Command::Fab(command) => {
            let ended = fab::run(command, &environment, &reporter).await;
            return ended.map(|()| 0);
        }
        Command::Status(_) => {
            let told = Box::pin(status::typed(&matches, &environment, &reporter, cli.format)).await;
            return told.map(|()| 0);
        }
        Command::Schema => {
            let mut text = format!("{:#}", schema::schema());
            text.push('\n');
            write_stdout(text.as_bytes())?;
            return Ok(0);
        }
        Command::Completions { shell } => {
            write_stdout(completions::script(shell, Cli::command()).as_bytes())?;
            return Ok(0);
        }
    };
    run::typed(action, &matches, &environment, &reporter, look).await
}

/// The exit code, after the last words.
///
/// An explained failure in a pipeline ends the task as failed and the process
/// with 0: another code would add a line about the launcher to the log.
fn finish(
    result: shutdown::Outcome,
    (task, json, pushes): (bool, bool, bool),
    reporter: &Reporter,
) -> ExitCode {
    match result {
        shutdown::Outcome::Done(Ok(code)) => ExitCode::from(code),
        shutdown::Outcome::Done(Err(error)) => {
            reporter.error(&error);
            if task {
                reporter.failed(&error.to_string());
                return ExitCode::SUCCESS;
            }
            if json {
                // Whoever reads stdout reads stderr too; a closed stdout changes nothing.
                let _ = reporter.print_json(&failure(&error));
            }
            ExitCode::from(error.kind().exit_code())
        }
        shutdown::Outcome::Cancelled(code) => {
            reporter.info(if pushes {
                "Cancelled. If a push was under way, look at the branch to see whether it arrived."
            } else {
                "Cancelled"
            });
            ExitCode::from(code)
        }
    }
}

/// A failed command as one JSON object.
fn failure(error: &Error) -> String {
    let error = json!({
        "kind": error.kind(),
        "message": error.to_string(),
        "hints": error.all_hints(),
        "doneBefore": error.all_details(),
    });
    format!("{:#}\n", json!({ "error": error }))
}

/// The words that switches take.
const SWITCH_VALUES: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "1", "0"];

/// To clap, `--comment false` is a switch and a stray word: says how it is meant.
fn with_tip(mut error: clap::Error, typed: &[Cow<'_, str>]) -> clap::Error {
    let word = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word)) => word.clone(),
        _ => return error,
    };
    let is_value = SWITCH_VALUES
        .iter()
        .any(|it| it.eq_ignore_ascii_case(&word));
    if error.kind() != ErrorKind::UnknownArgument || !is_value {
        return error;
    }
    let mut pairs = typed.windows(2);
    let flag = pairs.find(|pair| *pair[1] == *word && pair[0].starts_with("--"));
    if let Some([flag, value]) = flag {
        let tip = format!("a switch takes its value after `=`: `{flag}={value}`");
        let tips = vec![StyledStr::from(tip)];
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
    error
}

/// A number that is none is explained as it is in the settings file.
fn in_our_words(error: clap::Error) -> clap::Error {
    match not_a_number(&error, &invocation::definition()) {
        Some(message) => clap::Error::raw(ErrorKind::ValueValidation, format!("{message}\n")),
        None => error,
    }
}

/// Shows help, version, or what is wrong with the command line.
fn usage(error: &clap::Error) -> ExitCode {
    // clap knows whether it goes to stdout or stderr; a closed stream leaves nobody to tell.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::from(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }
}
