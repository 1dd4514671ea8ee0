//! The token of whoever signed in with `az login`, by the program's own command:
//! [az account get-access-token](https://learn.microsoft.com/cli/azure/account#az-account-get-access-token).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::model::Secret;
use crate::tools::{Invocation, Tools};

use super::Granted;
use super::entra::seconds;
use super::error::Fault;

/// What is said of a token whose end an old version does not tell.
const SHORT: Duration = Duration::from_mins(5);

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "accessToken")]
    access_token: Zeroizing<String>,
    /// Since version 2.54; before that, only a local time is told.
    #[serde(default, deserialize_with = "seconds")]
    expires_on: u64,
}

pub(super) async fn token(tools: &Tools, resource: &str) -> Result<Granted, Fault> {
    let program = tools.find("az")?;
    let arguments = [
        "account",
        "get-access-token",
        "--output",
        "json",
        "--resource",
    ];
    let invocation = Invocation::new(program)
        .args(arguments)
        .arg(resource)
        .in_users_name()
        .on_network();
    let output = tools.run(&invocation).await?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let mut lines = words.lines().filter(|line| !line.trim().is_empty());
        let error = lines.clone().find(|line| line.starts_with("ERROR"));
        let first = error.or_else(|| lines.next());
        return Err(Fault::Refused {
            whose: "`az account get-access-token`",
            said: first.unwrap_or("nothing").trim().to_owned(),
            hints: vec!["sign in with `az login`, to the tenant of the organization".to_owned()],
        });
    }
    let answer: Answer = serde_json::from_slice(&output.stdout).map_err(|_| Fault::Answer {
        whose: "`az account get-access-token`",
        what: "`accessToken`",
    })?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let lives = Duration::from_secs(answer.expires_on).checked_sub(now.unwrap_or_default());
    Ok(Granted {
        token: Secret::new(&answer.access_token),
        lives: lives.unwrap_or(SHORT),
    })
}
