//! Where the token for the manifest repository comes from.

use crate::agent::env::GITOPS_TOKEN;
use crate::agent::{self, Environment};
use crate::error::{Error, Kind};
use crate::model::Secret;
use crate::settings::definition::RunArgs;

/// A token, and the user name that came with it.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) secret: Secret,
    pub(super) user: Option<String>,
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
    /// Looks for the token: input, service connection, variable, file, and
    /// last the variables of the old scripts.
    pub(super) fn find(
        environment: &Environment,
        run: &RunArgs,
        task: bool,
    ) -> Result<Self, Error> {
        let plain = |secret: Secret| Token { secret, user: None };
        if task {
            if let Some(text) = agent::input(environment, "token") {
                if let Some(unknown) = agent::unresolved_macro(&text) {
                    return Err(Error::message(
                        Kind::Usage,
                        format!("the input `token` contains `{unknown}`, a variable that this run does not have"),
                    )
                    .hint("define the secret variable, or leave `token` empty to use the job's own token"));
                }
                return Ok(Self {
                    given: Some(plain(Secret::new(&text))),
                });
            }
            let connection = ["gitConnection", "githubConnection"]
                .into_iter()
                .find_map(|input| agent::connection_token(environment, input));
            if let Some((user, secret)) = connection {
                return Ok(Self {
                    given: Some(Token { secret, user }),
                });
            }
        }
        if let Some(text) = environment.get(GITOPS_TOKEN) {
            return Ok(Self {
                given: Some(plain(Secret::new(text))),
            });
        }
        if let Some(path) = &run.token_file {
            let text = std::fs::read_to_string(path).map_err(|source| {
                let said = format!("cannot read the token file {}", path.display());
                Error::new(Kind::Usage, anyhow::Error::new(source).context(said))
            })?;
            return Ok(Self {
                given: Some(plain(Secret::new(&text))),
            });
        }
        let old = OLD_TOKENS
            .into_iter()
            .find_map(|name| environment.get(name));
        Ok(Self {
            given: old.map(Secret::new).map(plain),
        })
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
            Some(Token { secret, user: None })
        };
        self.given
            .clone()
            .filter(|token| !token.secret.is_empty())
            .or_else(own)
    }

    /// Every secret, for masking.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.given.iter().map(|token| &token.secret)
    }
}
