//! Tokens as GitHub takes them, and the signed proof of being an app.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::header::HeaderValue;
use serde_json::json;
use zeroize::Zeroizing;

use crate::host::Refusal;
use crate::host::fault::Fault;
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
    let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let head = part(json!({"alg": "RS256", "typ": "JWT"}));
    let claims = part(json!({
        "iat": now - CLOCK_SECONDS,
        "exp": now + PROOF_SECONDS,
        "iss": id,
    }));
    let signed = format!("{head}.{claims}");
    let pair = key_pair(key)?;
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .map_err(|_| Fault::Key {
        reason: "signing with it failed",
    })?;
    let signature = URL_SAFE_NO_PAD.encode(signature);
    Ok(Secret::new(&format!("{signed}.{signature}")))
}

/// Reads a PEM file with an RSA key: PKCS#1, as GitHub makes it, or PKCS#8.
/// Variables often carry it on one line, with `\n` or spaces for line breaks.
fn key_pair(pem: &Secret) -> Result<KeyPair, Fault> {
    let fail = |reason| Fault::Key { reason };
    let text = Zeroizing::new(pem.expose().replace("\\n", "\n"));
    let (_, rest) = text
        .split_once("-----BEGIN ")
        .ok_or(fail("it has no line -----BEGIN … PRIVATE KEY-----"))?;
    let (label, rest) = rest
        .split_once("-----")
        .ok_or(fail("its first line is cut"))?;
    let (body, _) = rest
        .split_once("-----END ")
        .ok_or(fail("it has no line -----END … PRIVATE KEY-----"))?;
    let packed: Zeroizing<String> =
        Zeroizing::new(body.chars().filter(|c| !c.is_whitespace()).collect());
    let der = STANDARD
        .decode(packed.as_bytes())
        .map(Zeroizing::new)
        .map_err(|_| fail("it is not base64 between its first and last line"))?;
    match label {
        "RSA PRIVATE KEY" => KeyPair::from_der(&der),
        "PRIVATE KEY" => KeyPair::from_pkcs8(&der),
        "ENCRYPTED PRIVATE KEY" => return Err(fail("it is encrypted with a password")),
        _ => return Err(fail("it is not an RSA private key")),
    }
    .map_err(|_| fail("it is not a usable RSA key"))
}
