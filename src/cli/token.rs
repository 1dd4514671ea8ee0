//! Where the token for the manifest repository comes from.

#![expect(
    clippy::disallowed_methods,
    reason = "a token file that the caller names"
)]

use std::path::Path;

use crate::agent::env::GITOPS_TOKEN;
use crate::agent::{self, Environment};
use crate::error::{Error, Kind};
use crate::git;
use crate::host::HostKind;
use crate::model::Secret;
use crate::settings::definition::RunArgs;

use super::invocation::Doors;

/// A token, and the user name that came with it.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) secret: Secret,
    pub(super) user: Option<String>,
    /// The job's own: worth nothing outside the organisation.
    pub(super) is_jobs_own: bool,
}

impl Token {
    /// A token that somebody gave us.
    fn new(secret: Secret, user: Option<String>) -> Self {
        Self {
            secret,
            user,
            is_jobs_own: false,
        }
    }
}

/// The tokens that this run has.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// What the user gave, for every manifest repository.
    given: Option<Token>,
}

/// The variables of the old scripts. In a pipeline, secret variables reach a
/// task with `SECRET_` in front.
const OLD_TOKENS: [&str; 4] = [
    "ACCESS_TOKEN_SECRET",
    "ACCESS_TOKEN",
    "SECRET_ACCESS_TOKEN_SECRET",
    "SECRET_ACCESS_TOKEN",
];

impl Tokens {
    /// Looks for the token: input, service connection, the file that a flag
    /// names, variable, the file that the settings file names, and last the
    /// variables of the old scripts.
    pub(super) fn find(
        environment: &Environment,
        run: &RunArgs,
        doors: &Doors,
    ) -> Result<Self, Error> {
        let given = |secret: Secret| Self {
            given: Some(Token::new(secret, None)),
        };
        if doors.task {
            if let Some(text) = agent::input(environment, "token") {
                let hint =
                    "define the secret variable, or leave `token` empty to use the job's own token";
                refuse_macro("token", &text, hint)?;
                return Ok(given(Secret::new(&text)));
            }
            if let Some(token) = connection(environment)? {
                return Ok(Self { given: Some(token) });
            }
        }
        let by_flag = doors.given.contains_key("token_file");
        let variable = || environment.get(GITOPS_TOKEN).map(Secret::new);
        if let Some(secret) = variable().filter(|_| !by_flag) {
            return Ok(given(secret));
        }
        if let Some(path) = &run.token_file {
            return Ok(given(read(path, "the token")?));
        }
        let old = OLD_TOKENS
            .into_iter()
            .find_map(|name| environment.get(name));
        Ok(old.map(Secret::new).map(given).unwrap_or_default())
    }

    /// The token for one repository. The job's own token serves when nothing
    /// was given, and goes to nobody but the organisation that issued it.
    pub(super) fn for_repository(
        &self,
        environment: &Environment,
        repository: &url::Url,
    ) -> Option<Token> {
        let own = || {
            let secret = agent::job_token(environment, repository)?;
            Some(Token {
                is_jobs_own: true,
                ..Token::new(secret, None)
            })
        };
        self.given
            .clone()
            .filter(|token| !token.secret.is_empty())
            .or_else(own)
    }

    /// Whether somebody gave a token.
    pub(super) fn is_given(&self) -> bool {
        self.given.as_ref().is_some_and(|it| !it.secret.is_empty())
    }

    /// Every secret, for masking.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.given.iter().map(|token| &token.secret)
    }
}

/// Adds how a token is given to an error that says that there was none.
pub(super) fn advise(error: Error, task: bool) -> Error {
    let git = error.cause::<git::Error>();
    if !matches!(
        git.map(git::Error::fault),
        Some(git::Fault::NoCredentials(_))
    ) {
        return error;
    }
    let host = git.map(git::Error::host);
    let is_other = host == Some(HostKind::Git);
    let error = match (host, task) {
        (Some(HostKind::Azure), true) => error.hint("name a service connection of type Azure DevOps with `azureDevOpsServiceConnection`, or one of Azure Resource Manager with `azureSubscription`: neither needs a stored token"),
        (Some(HostKind::Azure), false) => error.hint("sign in with `az login` and add `--azure-login az`, or use the identity of the machine with `--azure-login managedIdentity`: neither needs a stored token"),
        _ => error,
    };
    if task {
        error.hint("set the input `token` to a secret variable, or name a service connection with `gitConnection` or `githubConnection`")
    } else {
        let user = if is_other {
            ", and give the user name with `--git-user`"
        } else {
            ""
        };
        error.hint(format!("set the variable `GITOPS_TOKEN` to the token, or name a file that holds it with `--token-file`{user}"))
    }
}

/// The token of the service connection that an input names.
fn connection(environment: &Environment) -> Result<Option<Token>, Error> {
    for name in ["gitConnection", "githubConnection"] {
        if agent::input(environment, name).is_none() {
            continue;
        }
        let Some((user, secret)) = agent::connection_token(environment, name) else {
            let said =
                format!("the service connection of the input `{name}` holds no token or password");
            return Err(Error::message(Kind::Input, said)
                .hint("check the connection in the project's settings: it needs a user name with a token, or a token alone"));
        };
        return Ok(Some(Token::new(secret, user)));
    }
    Ok(None)
}

/// A secret that still holds a `$(variable)` is none.
pub(super) fn refuse_macro(input: &str, text: &str, hint: &str) -> Result<(), Error> {
    let Some(unknown) = agent::unresolved_macro(text) else {
        return Ok(());
    };
    let said =
        format!("the input `{input}` contains `{unknown}`, a variable that this run does not have");
    Err(Error::message(Kind::Usage, said).hint(hint.to_owned()))
}

/// The secret in a file; `what` it is, for messages.
pub(super) fn read(path: &Path, what: &str) -> Result<Secret, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| {
        let said = format!("cannot read {what} from the file {}", path.display());
        Error::new(Kind::Usage, anyhow::Error::new(source).context(said))
    })?;
    let secret = Secret::new(&text);
    if secret.is_empty() {
        let said = format!("the file {} for {what} is empty", path.display());
        return Err(Error::message(Kind::Usage, said));
    }
    Ok(secret)
}
