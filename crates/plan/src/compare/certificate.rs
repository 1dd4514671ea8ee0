//! Certificates in texts: for whom and until when, instead of base64. Owns the little DER
//! that this takes; decides nothing about trust.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::secrecy::hex;

/// So many certificates of one text are described.
const SHOWN: usize = 20;
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Describes the certificates of a text of nothing but certificates, or its base64.
pub(super) fn describe(text: &str) -> Option<Vec<String>> {
    if let Some(ders) = pem(text) {
        return Some(ders.iter().take(SHOWN).map(|der| one(der)).collect());
    }
    if text.len() < 200 || text.len() > 1 << 20 || !text.starts_with("LS0t") {
        return None;
    }
    let compact: String = text.split_whitespace().collect();
    let decoded = String::from_utf8(STANDARD.decode(compact).ok()?).ok()?;
    Some(
        pem(&decoded)?
            .iter()
            .take(SHOWN)
            .map(|der| one(der))
            .collect(),
    )
}

fn pem(text: &str) -> Option<Vec<Vec<u8>>> {
    let mut rest = text.trim();
    if !rest.starts_with(BEGIN) {
        return None;
    }
    let mut ders = Vec::new();
    while let Some(at) = rest.find(BEGIN) {
        let body = &rest[at + BEGIN.len()..];
        let end = body.find(END)?;
        let compact: String = body[..end].split_whitespace().collect();
        ders.push(STANDARD.decode(compact).ok()?);
        rest = &body[end + END.len()..];
    }
    (!rest.contains("-----BEGIN")).then_some(ders)
}

fn one(der: &[u8]) -> String {
    let print = hex(&Sha256::digest(der)[..8]);
    match fields(der) {
        Some((subject, until)) => {
            format!("certificate {subject}, valid until {until}, SHA-256 {print}…")
        }
        None => format!("certificate, SHA-256 {print}…"),
    }
}

/// Subject and end of validity.
fn fields(der: &[u8]) -> Option<(String, String)> {
    let (_, certificate, _) = element(der)?;
    let (_, mut body, _) = element(certificate)?;
    let (tag, _, after) = element(body)?;
    if tag == 0xa0 {
        body = after;
    }
    let mut parts = Vec::new();
    for _ in 0..5 {
        let (_, content, after) = element(body)?;
        parts.push(content);
        body = after;
    }
    // Serial number, algorithm, issuer, validity, subject.
    let (validity, subject) = (parts.get(3)?, parts.get(4)?);
    let (_, _, after) = element(validity)?;
    let (tag, until, _) = element(after)?;
    Some((name(subject)?, date(tag, until)?))
}

/// Tag, content, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        let bytes = usize::from(first & 0x7f);
        if bytes == 0 || bytes > 4 {
            return None;
        }
        let (size, after) = rest.split_at_checked(bytes)?;
        length = size
            .iter()
            .fold(0, |sum, &byte| sum << 8 | usize::from(byte));
        rest = after;
    }
    let (content, after) = rest.split_at_checked(length)?;
    Some((tag, content, after))
}

/// The common name, else all texts of a name.
fn name(mut der: &[u8]) -> Option<String> {
    const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
    let mut all = Vec::new();
    while !der.is_empty() {
        let (_, set, after) = element(der)?;
        let (_, pair, _) = element(set)?;
        let (_, oid, value) = element(pair)?;
        let (_, text, _) = element(value)?;
        let text = String::from_utf8_lossy(text).into_owned();
        if oid == COMMON_NAME {
            return Some(format!("CN={text}"));
        }
        all.push(text);
        der = after;
    }
    Some(if all.is_empty() {
        "without a subject".to_owned()
    } else {
        all.join(", ")
    })
}

/// `2027-03-01`, from either of the two forms of time.
fn date(tag: u8, text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.is_ascii())?;
    let (year, rest) = match tag {
        0x17 => {
            let (year, rest) = text.split_at_checked(2)?;
            let century = if year < "50" { "20" } else { "19" };
            (format!("{century}{year}"), rest)
        }
        0x18 => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.to_owned(), rest)
        }
        _ => return None,
    };
    Some(format!("{year}-{}-{}", rest.get(..2)?, rest.get(2..4)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a certificate has before its key: enough for a description.
    fn der() -> Vec<u8> {
        fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
            let mut out = vec![tag, u8::try_from(content.len()).unwrap()];
            out.extend(content);
            out
        }
        let cn = [tlv(6, &[0x55, 4, 3]), tlv(12, b"shop.contoso.example")].concat();
        let name = tlv(0x30, &tlv(0x31, &tlv(0x30, &cn)));
        let validity = [tlv(0x17, b"260101000000Z"), tlv(0x17, b"270301000000Z")].concat();
        let body = [
            tlv(0xa0, &tlv(2, &[2])),
            tlv(2, &[1]),
            tlv(0x30, &[]),
            tlv(0x30, &[]),
            tlv(0x30, &validity),
            name,
        ]
        .concat();
        tlv(0x30, &tlv(0x30, &body))
    }

    #[test]
    fn subject_and_end_are_read() {
        let pem = format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(der()));
        let found = describe(&pem).unwrap();
        assert_eq!(found.len(), 1);
        let start = "certificate CN=shop.contoso.example, valid until 2027-03-01, SHA-256 ";
        assert!(found[0].starts_with(start), "{}", found[0]);
        assert_eq!(describe(&STANDARD.encode(&pem)), Some(found));
    }

    #[test]
    fn broken_ones_are_known_by_their_hash_only() {
        let whole = der();
        for end in 0..whole.len() {
            let pem = format!("{BEGIN}\n{}\n{END}", STANDARD.encode(&whole[..end]));
            assert_eq!(describe(&pem).map(|found| found.len()), Some(1));
        }
        assert_eq!(describe("-----BEGIN CERTIFICATE-----\n??"), None);
        assert_eq!(describe("text"), None);
    }
}
