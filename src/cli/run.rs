//! `publish`, `plan`, `render`, `promote` and `wait`: settings, the pipeline, the report.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use clap::ArgMatches;

use crate::agent::env::{GITOPS_CHART_PASSWORD, VERIFY_ONLY};
use crate::agent::{self, Environment};
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::generate::Pulls;
use crate::model::{RelPath, Secret};
use crate::pipeline::{self, Rendered, Stopped};
use crate::report::{Reporter, RunReport, write_folder, write_stdout};
use crate::settings::definition::OutputArgs;
use crate::settings::{Settings, Target, from_matches};

use super::connect::{self, Connector};
use super::invocation::{
    Doors, MISNAMED_FILE, compare_with_local, definition, may_create, require_repository, settings,
};
use super::network;
use super::promote::{self, Promotion};
use super::show::{self, Look};
use super::token::{self, Tokens};
use super::{app, attach, plan, stamp, tools, wait};

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
    if file.is_none() && Path::new(MISNAMED_FILE).is_file() {
        reporter
            .warning("gitops.yml is not read: rename it to gitops.yaml, or name it with `config`");
    }
    for unused in &settings.unused {
        reporter.info(&format!("note: {unused}"));
    }
    let verify_only = environment.get(VERIFY_ONLY) == Some("1");
    let held_back = pull_request && !settings.run.allow_pull_request_publish;
    if held_back && let Some(command) = action.publishes() {
        reporter.info(&format!(
            "This is a pull request build, so `{command}` acts like `plan`: it publishes nothing. To publish from pull request builds, set `allowPullRequestPublish` on the task"
        ));
    }
    let verify_only = verify_only || held_back;
    if verify_only && matches!(action, Action::Wait) {
        wait::tell_idle(held_back, reporter);
        return Ok(0);
    }
    // What does not publish has nothing to wait for.
    let publishes = !verify_only && action.publishes().is_some();
    let waits = settings.run.wait.wait && publishes;
    let action = match action {
        Action::Publish if verify_only => Action::Plan,
        action => action,
    };
    refuse_two_on_stdout(&action, look.json)?;
    if matches!(action, Action::Publish | Action::Promote(_)) {
        require_repository(&mut settings, &doors, pull_request && !held_back)?;
    }
    if matches!(action, Action::Plan) && !doors.task {
        compare_with_local(&mut settings);
    }
    look.check(&settings)?;
    let mut exclude: Vec<PathBuf> = file.into_iter().collect();
    if let Action::Render(output) = &action {
        exclude.push(output.output.clone());
    }
    let (context, connector) = equip(environment, reporter, &settings, &doors, exclude)?;
    if waits {
        wait::check(&settings, matches!(action, Action::Promote(_)), &connector).await?;
    }
    let done = match action {
        Action::Publish => Box::pin(publish(&context, &settings, &doors, &connector)).await,
        Action::Wait => wait::command(&settings, &connector, reporter).await,
        Action::Promote(promotion) => {
            let run = promote::Run {
                doors: &doors,
                environment,
                verify_only,
            };
            Box::pin(promotion.run(run, context, &settings, &connector)).await
        }
        Action::Plan => plan::run(&context, &settings, &connector, environment).await,
        Action::Render(output) => {
            let rendered = pipeline::render(&context, &settings).await?;
            write_rendered(&output, &rendered)?;
            Ok(pipeline::report("render", &rendered))
        }
    };
    if publishes {
        // Before the wait, so that others can look at the same time.
        let report = match &done {
            Ok(report) => report,
            Err(stopped) => &stopped.report,
        };
        attach::attach(report, &settings, &connector, environment, reporter);
    }
    let done = match done {
        Ok(report) if waits => Box::pin(wait::after(report, &settings, &connector, reporter)).await,
        other => other,
    };
    ended(done, environment, reporter, look)
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

/// What a run works with: programs, credentials, the way to the repositories.
pub(super) fn equip(
    environment: &Arc<Environment>,
    reporter: &Arc<Reporter>,
    settings: &Settings,
    doors: &Doors,
    exclude: Vec<PathBuf>,
) -> Result<(Context, Connector), Error> {
    let tokens = Tokens::find(environment, &settings.run, doors)?;
    for secret in tokens.secrets() {
        reporter.mask(secret);
    }
    let certificate = settings.run.client_certificate.as_deref();
    let http = network::http_options(environment, certificate, reporter)?
        .within(settings.run.request_timeout);
    let app = app::find(environment, &settings.run, doors)?;
    if let Some(app) = &app {
        reporter.mask(&app.private_key);
    }
    let chart_password = chart_password(environment, doors)?;
    if let Some(secret) = &chart_password {
        reporter.mask(secret);
    }
    let pull_request = agent::is_pull_request(environment);
    let placeholders = pull_request && !settings.run.allow_pull_request_secrets;
    let mut variables: Vec<_> = connect::variables(environment).into_iter().collect();
    if placeholders {
        variables = connect::without_secrets(variables, reporter);
    }
    let context = Context {
        reporter: Arc::clone(reporter),
        tools: tools::tools(&settings.run.tools, environment, &http, reporter)?,
        render_cache: tools::render_cache(&settings.run.tools, environment),
        pulls: Pulls::default(),
        chart_password,
        publication: stamp::publication(environment, settings),
        source_host: connect::source_host(environment),
        variables,
        placeholders,
        secret_used: Arc::default(),
        temp_root: environment.temp_root(),
        exclude,
        of_commit: false,
        seconds: seconds(),
        plan_key: Arc::new(random()?),
        pull_request,
    };
    let tools = context.tools.clone();
    let app = app.map(|app| app::Apps::new(app, http.clone(), reporter));
    let connector = Connector {
        environment: Arc::clone(environment),
        reporter: Arc::clone(reporter),
        tokens,
        app,
        tools,
        http,
        pull_request,
        addresses: tools::addresses(&settings.run.tools, environment),
        read_only: pull_request && !settings.run.allow_pull_request_publish,
    };
    Ok((context, connector))
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
    connector: &Connector,
) -> Result<RunReport, Box<Stopped>> {
    let rendered = pipeline::render(context, settings).await?;
    let open = async |target: &Target| connector.open(target, may_create(doors, target)).await;
    pipeline::publish(context, settings, &rendered, open).await
}

/// The password for the registries of charts: the input, or a variable.
fn chart_password(environment: &Environment, doors: &Doors) -> Result<Option<Secret>, Error> {
    let input = agent::input(environment, "chartPassword").filter(|_| doors.task);
    if let Some(unknown) = input.as_deref().and_then(agent::unresolved_macro) {
        let said = format!(
            "the input `chartPassword` contains `{unknown}`, a variable that this run does not have"
        );
        return Err(Error::message(Kind::Usage, said).hint("define the secret variable"));
    }
    let variable = || environment.get(GITOPS_CHART_PASSWORD).map(str::to_owned);
    Ok(input.or_else(variable).map(|text| Secret::new(&text)))
}

/// Random bytes that nobody can guess.
fn random() -> Result<[u8; 32], Error> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|error| Error::new(Kind::Internal, error).context("asking for random bytes"))?;
    Ok(bytes)
}

/// The time, in seconds since 1970 (UTC).
pub(super) fn seconds() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.ok()
        .and_then(|now| i64::try_from(now.as_secs()).ok())
        .unwrap_or_default()
}

/// Writes what was rendered where `render` was told to.
fn write_rendered(output: &OutputArgs, rendered: &[Rendered]) -> Result<(), Error> {
    if output.is_stdout() {
        let mut text = Vec::new();
        for environment in rendered {
            for (path, content) in environment
                .files
                .iter()
                .filter(|(_, content)| !content.is_empty())
            {
                let place = environment.settings.folder.join(path);
                text.extend_from_slice(format!("---\n# {place}\n").as_bytes());
                text.extend_from_slice(content);
                if !content.ends_with(b"\n") {
                    text.push(b'\n');
                }
            }
        }
        return Ok(write_stdout(&text)?);
    }
    for environment in rendered {
        let folder = environment.settings.folder.path().map_or_else(
            || output.output.clone(),
            |path: &RelPath| path.on_disk(&output.output),
        );
        write_folder(&folder, &environment.files, output.replace)?;
    }
    Ok(())
}
