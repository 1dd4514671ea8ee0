//! The GitHub App that publishes instead of a token: who it is, and where its
//! private key comes from.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::agent::env::GITOPS_GITHUB_APP_KEY;
use crate::agent::{self, Environment};
use crate::error::{Error, Kind};
use crate::host::{ApiError, App, AppTokens};
use crate::http;
use crate::model::{RedactedUrl, Secret};
use crate::report::Reporter;
use crate::settings::definition::RunArgs;

use super::invocation::Doors;
use super::token;

/// The input with the private key; it is no setting, so that no file holds it.
const KEY_INPUT: &str = "githubAppKey";

/// Looks for the app and its key: the input, the file that a flag names, the
/// variable, the file that the settings file names.
pub(super) fn find(
    environment: &Environment,
    run: &RunArgs,
    doors: &Doors,
) -> Result<Option<App>, Error> {
    let input = agent::input(environment, KEY_INPUT).filter(|_| doors.task);
    let Some(id) = run.github_app_id.clone().filter(|id| !id.is_empty()) else {
        if input.is_some() {
            let said = format!("the input `{KEY_INPUT}` is given, and `githubAppId` is not");
            return Err(Error::message(Kind::Usage, said)
                .hint("set `githubAppId` to the id or client id of the app"));
        }
        return Ok(None);
    };
    if let Some(text) = &input {
        token::refuse_macro(KEY_INPUT, text, "define the secret variable")?;
    }
    let by_flag = doors.given.contains_key("github_app_key_file");
    let variable = environment
        .get(GITOPS_GITHUB_APP_KEY)
        .filter(|_| !by_flag)
        .map(str::to_owned);
    let private_key = match (input.or(variable), &run.github_app_key_file) {
        (Some(text), _) => Secret::new(&text),
        (None, Some(path)) => token::read(path, "the private key of the GitHub App")?,
        (None, None) => {
            let said = format!("the private key of the GitHub App {id} is not given");
            return Err(Error::message(Kind::Usage, said).hint(format!(
                "set the input `{KEY_INPUT}` to a secret variable, the variable `{GITOPS_GITHUB_APP_KEY}`, or `githubAppKeyFile`"
            )));
        }
    };
    Ok(Some(App {
        id,
        private_key,
        installation: run.github_app_installation,
    }))
}

/// The tokens of an app, one sequence per repository.
pub(super) struct Apps {
    app: App,
    http: http::Options,
    reporter: Arc<Reporter>,
    made: Mutex<HashMap<String, Arc<AppTokens>>>,
}

impl Apps {
    pub(super) fn new(app: App, http: http::Options, reporter: &Arc<Reporter>) -> Self {
        Self {
            app,
            http,
            reporter: Arc::clone(reporter),
            made: Mutex::default(),
        }
    }

    /// The tokens for one repository; each is masked before it is used.
    pub(super) fn tokens(&self, repository: &RedactedUrl) -> Result<Arc<AppTokens>, ApiError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let key = repository.to_string();
        if let Some(tokens) = made.get(&key) {
            return Ok(Arc::clone(tokens));
        }
        let reporter = Arc::clone(&self.reporter);
        let mask = Arc::new(move |token: &Secret| reporter.mask(token));
        let (app, http) = (self.app.clone(), self.http.clone());
        let tokens = Arc::new(AppTokens::new(repository, app, http, mask)?);
        made.insert(key, Arc::clone(&tokens));
        Ok(tokens)
    }
}
