//! A GitHub App: from its key to a token for one repository, renewed in time.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

use super::client::{HEADERS, understood};
use super::place::{Place, place};
use super::token::{bearer, proof};
use crate::host::fault::{ApiError, Fault};
use crate::host::rest::{Call, Rest};
use crate::host::{HostKind, Refusal};
use crate::http;
use crate::model::{RedactedUrl, Secret};

/// Tokens live for an hour; a new one is made some time before that.
const LIFETIME: Duration = Duration::from_mins(50);

/// Who the app is.
#[derive(Debug, Clone)]
pub struct App {
    /// Its id or client id.
    pub id: String,
    /// Its private key (PEM).
    pub private_key: Secret,
    /// The number of its installation, where known; otherwise it is found by the repository.
    pub installation: Option<u64>,
}

/// What is done with each new token before it is used: masking.
pub type OnToken = Arc<dyn Fn(&Secret) + Send + Sync>;

/// Tokens of an app for one repository.
pub struct AppTokens {
    app: App,
    place: Place,
    display: String,
    rest: Rest,
    on_token: OnToken,
    current: Mutex<Option<(Secret, Instant)>>,
}

#[derive(Deserialize)]
struct Installation {
    id: u64,
}

#[derive(Deserialize)]
struct Made {
    token: String,
}

impl AppTokens {
    /// Reads the address; nothing is sent yet.
    pub fn new(
        repository: &RedactedUrl,
        app: App,
        options: http::Options,
        on_token: OnToken,
    ) -> Result<Self, ApiError> {
        let display = repository.to_string();
        let failed = |fault| {
            error(
                &display,
                "reading the address of the app's repository",
                fault,
            )
        };
        let place = place(repository.url()).map_err(failed)?;
        // A key that cannot sign is told before anything is published.
        proof(&app.id, &app.private_key, now()).map_err(failed)?;
        Ok(Self {
            app,
            place,
            display,
            rest: Rest::new(HostKind::GitHub, options, &HEADERS),
            on_token,
            current: Mutex::new(None),
        })
    }

    /// A token that is good for some minutes at least.
    pub async fn token(&self) -> Result<Secret, ApiError> {
        self.current()
            .await
            .map_err(|fault| error(&self.display, "getting a token for the GitHub App", fault))
    }

    /// When the current token was made.
    pub async fn made(&self) -> Option<Instant> {
        let current = self.current.lock().await;
        current.as_ref().map(|(_, made)| *made)
    }

    pub(super) async fn current(&self) -> Result<Secret, Fault> {
        let mut current = self.current.lock().await;
        if let Some((token, made)) = &*current
            && made.elapsed() < LIFETIME
        {
            return Ok(token.clone());
        }
        let token = self.make().await?;
        (self.on_token)(&token);
        *current = Some((token.clone(), Instant::now()));
        Ok(token)
    }

    /// The server refused the current token: the next one is a new one.
    pub(super) async fn forget(&self) {
        *self.current.lock().await = None;
    }

    async fn make(&self) -> Result<Secret, Fault> {
        let proof = proof(&self.app.id, &self.app.private_key, now())?;
        (self.on_token)(&proof);
        let header = bearer(&proof)?;
        let installation = if let Some(number) = self.app.installation {
            number
        } else {
            let url = self.place.repository(&["installation"]);
            let call = Call::get(url).following();
            let answer = self.rest.send(&call, Some(&header)).await;
            understood::<Installation>(answer.map_err(not_installed)?.json)?.id
        };
        let number = installation.to_string();
        let url = self
            .place
            .rest(&["app", "installations", &number, "access_tokens"]);
        // No more than it is for. A second token does no harm: they expire.
        let body = json!({"repositories": [self.place.name]});
        let call = Call::post(url, body).safe();
        let answer = self.rest.send(&call, Some(&header)).await?;
        Ok(Secret::new(&understood::<Made>(answer.json)?.token))
    }
}

impl std::fmt::Debug for AppTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AppTokens(app {} at {})", self.app.id, self.display)
    }
}

/// GitHub knows the app, and no installation of it for the repository.
fn not_installed(fault: Fault) -> Fault {
    match fault {
        Fault::Refused {
            meaning: Refusal::NotFound,
            said,
            after,
            ..
        } => Fault::Refused {
            meaning: Refusal::NotFound,
            said,
            help: vec![
                "install the GitHub App for this repository, and check owner and repository in the address"
                    .to_owned(),
            ],
            after,
        },
        other => other,
    }
}

/// Seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or_default()
}

fn error(repository: &str, doing: &str, fault: Fault) -> ApiError {
    ApiError {
        doing: doing.to_owned(),
        repository: repository.to_owned(),
        kind: HostKind::GitHub,
        fault: Box::new(fault),
    }
}
