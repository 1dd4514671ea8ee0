//! `publish`, `plan`, `render`, `promote` and `wait`: settings, the pipeline, the report.

mod equip;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ArgMatches;
use gitops_plan::Approval;

use crate::agent::env::VERIFY_ONLY;
use crate::agent::{self, Environment};
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::pipeline::{self, Stopped};
use crate::report::{self, Reporter, RunReport};
use crate::settings::definition::OutputArgs;
use crate::settings::{Settings, Target, from_matches};

use super::connect::Connector;
use super::invocation::{
    Doors, MISNAMED_FILE, compare_with_local, definition, may_create, require_repository, settings,
};
use super::promote::{self, Promotion};
use super::show::{self, Look};
use super::{approval, attach, plan, rendered, risk, token, wait};
pub(super) use equip::{equip, seconds};

/// The command to run.
#[derive(Debug)]
pub(super) enum Action {
    Publish,
    Plan,
    Render(OutputArgs),
    Promote(Promotion),
    Wait,
}

impl Action {
    /// The name of a command that writes to the manifest repository.
    fn publishes(&self) -> Option<&'static str> {
        match self {
            Self::Publish => Some("publish"),
            Self::Promote(_) => Some("promote"),
            Self::Plan | Self::Render(_) | Self::Wait => None,
        }
    }
}

impl Action {
    /// Whether the command makes a plan, and publishes nothing.
    fn plans(&self) -> bool {
        match self {
            Self::Promote(promotion) => promotion.dry_run(),
            action => matches!(action, Self::Plan),
        }
    }
}

/// What the commands work with.
struct Means<'a> {
    settings: &'a Settings,
    doors: &'a Doors,
    connector: &'a Connector,
    environment: &'a Arc<Environment>,
    approval: Option<&'a Approval>,
    /// Nothing is published.
    verify_only: bool,
}

/// Runs a command that was typed at a terminal; gives back the exit code.
pub(super) async fn typed(
    action: Action,
    matches: &ArgMatches,
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
    look: Look,
) -> Result<u8, Error> {
    let given = from_matches(&definition(), matches);
    let doors = Doors { given, task: false };
    Box::pin(run(action, doors, environment, reporter, look)).await
}

/// Runs a command with all its settings; gives back the exit code.
pub(super) async fn run(
    action: Action,
    doors: Doors,
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
    look: Look,
) -> Result<u8, Error> {
    let task = doors.task;
    let done = Box::pin(run_action(action, doors, environment, reporter, look)).await;
    done.map_err(|error| token::advise(error, task))
}

async fn run_action(
    action: Action,
    mut doors: Doors,
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
    look: Look,
) -> Result<u8, Error> {
    let pull_request = agent::is_pull_request(environment);
    if let Action::Promote(promotion) = &action {
        promotion.choose_environments(&mut doors.given)?;
    }
    let (mut settings, file) = settings(&doors, environment, pull_request, &Path::to_path_buf)?;
    tell_of_settings(&settings, file.is_none(), reporter);
    let held_back = pull_request && !settings.run.allow_pull_request_publish;
    if held_back && let Some(command) = action.publishes() {
        reporter.info(&format!(
            "{}, so `{command}` acts like `plan`: it publishes nothing. To publish from pull request builds, set `allowPullRequestPublish` on the task",
            agent::this_is_one(environment)
        ));
    }
    let plans = action.plans();
    let verify_only = environment.get(VERIFY_ONLY) == Some("1") || held_back;
    if verify_only && matches!(action, Action::Wait) {
        wait::tell_idle(held_back.then(|| agent::this_is_one(environment)), reporter);
        return Ok(0);
    }
    // What does not publish has nothing to wait for.
    let publishes = !verify_only && !plans && action.publishes().is_some();
    let waits = settings.run.wait.wait && publishes;
    let action = match action {
        Action::Publish if verify_only => Action::Plan,
        action => action,
    };
    refuse_two_on_stdout(&action, look.json)?;
    if matches!(action, Action::Publish | Action::Promote(_)) {
        require_repository(&mut settings, &doors, pull_request && !held_back)?;
    }
    if matches!(action, Action::Plan | Action::Wait) && !doors.task {
        compare_with_local(&mut settings);
    }
    look.check(&settings)?;
    if plans {
        approval::refuse_without_repository(&settings)?;
    }
    let mut exclude: Vec<PathBuf> = file.into_iter().collect();
    if let Action::Render(output) = &action {
        exclude.push(output.output.clone());
    }
    let (context, connector) = equip(environment, reporter, &settings, &doors, exclude)?;
    if pull_request && !matches!(action, Action::Render(_) | Action::Wait) {
        risk::of_target_branch(&mut settings, &doors, environment, &connector).await?;
    }
    if would_wait(&settings, publishes || plans || held_back) {
        wait::check(&settings, matches!(action, Action::Promote(_)), &connector).await?;
    }
    let approval = match &action {
        Action::Render(_) | Action::Wait => None,
        _ => approval::load(&settings.run, &context, plans)?,
    };
    let writes = approval::to_write(&settings.run, plans)?;
    let run = context.clone();
    let means = Means {
        settings: &settings,
        doors: &doors,
        connector: &connector,
        environment,
        approval: approval.as_ref(),
        verify_only: verify_only || plans,
    };
    let done = Box::pin(perform(action, context, means)).await;
    if publishes {
        // Before the wait, so that others can look at the same time.
        let report = done.as_ref().unwrap_or_else(|stopped| &stopped.report);
        attach::attach(report, &settings, &connector, environment, reporter);
    }
    let (done, look) = if waits {
        Box::pin(waited(done, look, (&settings, &connector), reporter)).await
    } else {
        (done, look)
    };
    if let (Ok(report), Some(path)) = (&done, &writes) {
        approval::write(path, report, &run)?;
        if report.plan_hash.is_none() && !environment.is_pipeline() {
            reporter.info(&report::plan_hash(report).unwrap_or_default());
        }
    }
    ended(done, environment, reporter, look)
}

/// Reports what was published, then waits for it: it is there, however long the cluster
/// takes.
async fn waited(
    done: Result<RunReport, Box<Stopped>>,
    look: Look,
    (settings, connector): (&Settings, &Connector),
    reporter: &Reporter,
) -> (Result<RunReport, Box<Stopped>>, Look) {
    let report = match done {
        Ok(report) => report,
        stopped => return (stopped, look),
    };
    let look = show::published(&report, look, reporter);
    let done = Box::pin(wait::after(report, settings, connector, reporter)).await;
    (done, look)
}

/// Tells how a run ended; gives back its exit code.
fn ended(
    done: Result<RunReport, Box<Stopped>>,
    environment: &Environment,
    reporter: &Reporter,
    look: Look,
) -> Result<u8, Error> {
    match done {
        Ok(report) => {
            show::show(&report, None, environment, reporter, look)?;
            Ok(look.code(&report))
        }
        Err(stopped) => Err(failed(*stopped, environment, reporter, look)?),
    }
}

/// Whether publishing waits: a plan refuses what publishing would refuse.
fn would_wait(settings: &Settings, plans_or_publishes: bool) -> bool {
    let mut environments = settings.environments.iter();
    let is_compared = environments.any(|one| one.target.is_some());
    settings.run.wait.wait && plans_or_publishes && is_compared
}

/// Manifests and JSON would stand in one another's way.
fn refuse_two_on_stdout(action: &Action, json: bool) -> Result<(), Error> {
    if let Action::Render(output) = action
        && json
        && output.is_stdout()
    {
        return Err(
            Error::message(Kind::Usage, "manifests and JSON cannot both go to stdout")
                .hint("name a folder with `--output`"),
        );
    }
    Ok(())
}

/// What is worth knowing about where the settings come from.
fn tell_of_settings(settings: &Settings, no_file: bool, reporter: &Reporter) {
    if no_file && Path::new(MISNAMED_FILE).is_file() {
        reporter
            .warning("gitops.yml is not read: rename it to gitops.yaml, or name it with `config`");
    }
    for unused in &settings.unused {
        reporter.info(&format!("note: {unused}"));
    }
}

/// Does what the command says.
async fn perform(
    action: Action,
    context: Context,
    means: Means<'_>,
) -> Result<RunReport, Box<Stopped>> {
    let Means {
        settings,
        doors,
        connector,
        environment,
        approval,
        verify_only,
    } = means;
    match action {
        Action::Publish => publish(&context, settings, doors, (connector, approval)).await,
        Action::Wait => Box::pin(wait::command(settings, connector, &context.reporter)).await,
        Action::Promote(promotion) => {
            let run = promote::Run {
                doors,
                environment,
                verify_only,
                approval,
            };
            Box::pin(promotion.run(run, context, settings, connector)).await
        }
        Action::Plan => plan::run(&context, settings, (connector, approval), environment).await,
        Action::Render(output) => {
            let rendered = pipeline::render(&context, settings).await?;
            rendered::write(&output, &rendered)?;
            Ok(pipeline::report("render", &rendered))
        }
    }
}

/// The error of a run that stopped. What was published before is told first.
fn failed(
    stopped: Stopped,
    environment: &Environment,
    reporter: &Reporter,
    look: Look,
) -> Result<Error, Error> {
    let Stopped { report, error } = stopped;
    if report.publications.is_empty() && report.rollouts.is_empty() {
        // Where nothing was compared, the error says it all.
        if report.environments.iter().any(|one| one.changes.is_some()) {
            show::changes(&report, look, reporter);
            show::summarize(&report, Some(&error), environment, reporter);
        }
        return Ok(error);
    }
    let look = Look {
        json: false,
        ..look
    };
    show::show(&report, Some(&error), environment, reporter, look)?;
    Ok(error.details(serde_json::json!(report)))
}

/// Renders and publishes every environment.
async fn publish(
    context: &Context,
    settings: &Settings,
    doors: &Doors,
    (connector, approval): (&Connector, Option<&Approval>),
) -> Result<RunReport, Box<Stopped>> {
    let rendered = pipeline::render(context, settings).await?;
    let open = async |target: &Target| connector.open(target, may_create(doors, target)).await;
    let work = pipeline::publish(context, settings, &rendered, open, approval);
    Box::pin(work).await
}
