//! What a run works with: credentials, programs, the way to the repositories, the time.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use crate::agent::env::GITOPS_CHART_PASSWORD;
use crate::agent::{self, Environment};
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::generate::Pulls;
use crate::model::Secret;
use crate::report::Reporter;
use crate::settings::Settings;

use super::super::connect::{self, Connector};
use super::super::invocation::Doors;
use super::super::token::Tokens;
use super::super::{app, login, network, stamp, tools};

/// What a run works with: programs, credentials, the way to the repositories.
pub(in crate::cli) fn equip(
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
        after_merge: agent::target_branch(environment)
            .filter(|_| pull_request && !settings.run.allow_pull_request_publish)
            .map(|name| format!("refs/heads/{name}")),
        approved: None,
    };
    let tools = context.tools.clone();
    let given = (&**environment, doors);
    let identity = login::find(given, &settings.run, (&http, &tools), reporter)?;
    let app = app.map(|app| app::Apps::new(app, http.clone(), reporter));
    let connector = Connector {
        environment: Arc::clone(environment),
        reporter: Arc::clone(reporter),
        tokens,
        app,
        identity,
        tools,
        http,
        pull_request,
        addresses: tools::addresses(&settings.run.tools, environment),
        read_only: pull_request && !settings.run.allow_pull_request_publish,
    };
    Ok((context, connector))
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
pub(in crate::cli) fn seconds() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.ok()
        .and_then(|now| i64::try_from(now.as_secs()).ok())
        .unwrap_or_default()
}
