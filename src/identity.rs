//! Tokens of Microsoft Entra, made when they are needed and stored nowhere.
//!
//! Owns the requests of a sign-in, when a token is renewed, and what the refusals of the
//! identity platform mean. Who signs in, and to which server the token goes, is its
//! caller's business.

mod answer;
mod cli;
mod entra;
mod error;
mod managed;
mod oidc;
mod rsa;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::http::{self, Http};
use crate::model::Secret;
use crate::tools::Tools;

pub use entra::{Application, Proof};
pub use error::Error;
use error::Fault;
pub use managed::ManagedIdentity;
pub use oidc::OidcRequest;
pub(crate) use rsa::{KeyFault, signed};

/// Azure DevOps, as Entra knows it: the
/// [application id](https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/service-principal-managed-identity)
/// of the service.
pub const AZURE_DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";

/// A token is renewed so long before it ends, or halfway where it lives for less than twice
/// that.
const MARGIN: Duration = Duration::from_mins(5);

/// The longest life of a token, that of a managed identity.
const LONGEST: Duration = Duration::from_hours(24);

/// How long a server may take for one answer of a sign-in.
const ANSWER: Duration = Duration::from_mins(1);

/// A refused token that is younger is not replaced: the refusal has another reason.
const YOUNG: Duration = Duration::from_mins(1);

/// Who signs in.
#[derive(Debug, Clone)]
pub enum Login {
    /// An application of Entra.
    Application(Application),
    /// The identity of the machine.
    Managed(ManagedIdentity),
    /// Whoever signed in with `az login`.
    AzureCli(Tools),
}

/// What is done with each secret before it is used: masking.
pub type OnSecret = Arc<dyn Fn(&Secret) + Send + Sync>;

/// An identity that gets tokens for one service.
pub struct Identity {
    login: Login,
    /// What messages call it.
    name: String,
    /// The application id of the service.
    service: &'static str,
    http: http::Options,
    on_secret: OnSecret,
    current: Mutex<Option<Minted>>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.name)
    }
}

/// A token, and when the next one is due.
struct Minted {
    token: Secret,
    made: Instant,
    renew: Instant,
}

/// What a server gave out.
struct Granted {
    token: Secret,
    lives: Duration,
}

impl Identity {
    /// An identity for `service`; nothing is sent yet. `name` is what messages call it,
    /// such as "the service connection of the input `azureSubscription`".
    pub fn new(
        login: Login,
        name: impl Into<String>,
        service: &'static str,
        http: http::Options,
        on_secret: OnSecret,
    ) -> Self {
        Self {
            login,
            name: name.into(),
            service,
            http,
            on_secret,
            current: Mutex::new(None),
        }
    }

    /// A token that is good for some minutes at least. A sign-in that is refused is an
    /// error with what helps.
    pub async fn token(&self) -> Result<Secret, Error> {
        let mut current = self.current.lock().await;
        if let Some(minted) = &*current
            && Instant::now() < minted.renew
        {
            return Ok(minted.token.clone());
        }
        let granted = self.sign_in().await.map_err(|fault| Error {
            name: self.name.clone(),
            fault,
        })?;
        (self.on_secret)(&granted.token);
        // Whatever the answer says, nothing is believed for longer.
        let lives = granted.lives.min(LONGEST);
        let wait = lives.saturating_sub(MARGIN).max(lives / 2);
        *current = Some(Minted {
            token: granted.token.clone(),
            made: Instant::now(),
            renew: Instant::now() + wait,
        });
        Ok(granted.token)
    }

    /// The server refused the current token: the next one is a new one. False where the
    /// current one is so new that another would be refused, too.
    pub async fn forget(&self) -> bool {
        let mut current = self.current.lock().await;
        let is_old = current
            .as_ref()
            .is_none_or(|minted| minted.made.elapsed() > YOUNG);
        if is_old {
            *current = None;
        }
        is_old
    }

    async fn sign_in(&self) -> Result<Granted, Fault> {
        match &self.login {
            Login::Application(application) => {
                let http = Http::new(self.http.clone());
                application
                    .token(&http, self.service, &*self.on_secret)
                    .await
            }
            Login::Managed(managed) => managed.token(&self.http, self.service).await,
            Login::AzureCli(tools) => cli::token(tools, self.service).await,
        }
    }
}
