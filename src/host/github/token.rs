//! Tokens as GitHub takes them, and the signed proof of being an app.

use reqwest::header::HeaderValue;
use serde_json::json;
use zeroize::Zeroizing;

use crate::host::Refusal;
use crate::host::fault::Fault;
use crate::identity::{KeyFault, signed};
use crate::model::Secret;

/// The header for a token; GitHub's interfaces take Bearer for every sort.
pub(super) fn bearer(token: &Secret) -> Result<HeaderValue, Fault> {
    let unusable = |said: &str| Fault::refused(Refusal::Authentication, said);
    if token.is_empty() {
        return Err(unusable("the token is empty"));
    }
    let text = Zeroizing::new(format!("Bearer {}", token.expose()));
    let mut header = HeaderValue::from_str(&text)
        .map_err(|_| unusable("the token contains characters that no header can carry"))?;
    header.set_sensitive(true);
    Ok(header)
}

/// How long a proof of being an app is good for; GitHub takes ten minutes at most.
const PROOF_SECONDS: i64 = 540;
/// Clocks differ; GitHub refuses proofs from the future.
const CLOCK_SECONDS: i64 = 60;

/// A JSON web token (RS256) that says: this is app `id`, now.
pub(super) fn proof(id: &str, key: &Secret, now: i64) -> Result<Secret, Fault> {
    let head = json!({"alg": "RS256", "typ": "JWT"});
    let claims = json!({
        "iat": now - CLOCK_SECONDS,
        "exp": now + PROOF_SECONDS,
        "iss": id,
    });
    signed(&head, &claims, key).map_err(|KeyFault(reason)| Fault::Key { reason })
}
