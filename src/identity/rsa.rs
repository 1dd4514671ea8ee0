//! JSON web tokens that are signed with an RSA key (RS256).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use sha1::{Digest as _, Sha1};
use zeroize::Zeroizing;

use crate::model::Secret;

/// Why a private key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct KeyFault(pub(crate) &'static str);

/// A token with these claims, signed with a private key (PEM).
pub(crate) fn signed(head: &Value, claims: &Value, key: &Secret) -> Result<Secret, KeyFault> {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let text = format!("{}.{}", part(head), part(claims));
    let pair = key_pair(key)?;
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        text.as_bytes(),
        &mut signature,
    )
    .map_err(|_| KeyFault("signing with it failed"))?;
    let signature = URL_SAFE_NO_PAD.encode(signature);
    Ok(Secret::new(&format!("{text}.{signature}")))
}

/// The thumbprint of the certificate in a PEM file, as a token names it (`x5t`).
pub(super) fn thumbprint(pem: &Secret) -> Result<String, KeyFault> {
    let (_, der) = block(pem, |label| label == "CERTIFICATE")?
        .ok_or(KeyFault("it has no line -----BEGIN CERTIFICATE-----"))?;
    Ok(URL_SAFE_NO_PAD.encode(Sha1::digest(&*der)))
}

/// Reads an RSA key: PKCS#1, as GitHub makes it, or PKCS#8.
fn key_pair(pem: &Secret) -> Result<KeyPair, KeyFault> {
    let (label, der) = block(pem, |label| label.ends_with("PRIVATE KEY"))?
        .or(block(pem, |_| true)?)
        .ok_or(KeyFault("it has no line -----BEGIN … PRIVATE KEY-----"))?;
    match label.as_str() {
        "RSA PRIVATE KEY" => KeyPair::from_der(&der),
        "PRIVATE KEY" => KeyPair::from_pkcs8(&der),
        "ENCRYPTED PRIVATE KEY" => return Err(KeyFault("it is encrypted with a password")),
        _ => return Err(KeyFault("it is not an RSA private key")),
    }
    .map_err(|_| KeyFault("it is not a usable RSA key"))
}

/// The label of a block, and what is in it.
type Block = (String, Zeroizing<Vec<u8>>);

/// The first block of a PEM file that is wanted, by its label. Variables often carry such a
/// file on one line, with `\n` or spaces for line breaks.
fn block(pem: &Secret, wanted: impl Fn(&str) -> bool) -> Result<Option<Block>, KeyFault> {
    let text = Zeroizing::new(pem.expose().replace("\\n", "\n"));
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, after) = after
            .split_once("-----")
            .ok_or(KeyFault("its first line is cut"))?;
        let (body, after) = after
            .split_once("-----END ")
            .ok_or(KeyFault("it has no line -----END … PRIVATE KEY-----"))?;
        rest = after;
        if !wanted(label) {
            continue;
        }
        let packed: Zeroizing<String> =
            Zeroizing::new(body.chars().filter(|c| !c.is_whitespace()).collect());
        let der = STANDARD
            .decode(packed.as_bytes())
            .map(Zeroizing::new)
            .map_err(|_| KeyFault("it is not base64 between its first and last line"))?;
        return Ok(Some((label.to_owned(), der)));
    }
    Ok(None)
}
