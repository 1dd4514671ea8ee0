//! UTF-7 (RFC 2152), which old token pipelines may still name.
//!
//! Owns nothing but the conversion. What does not decode becomes U+FFFD.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Base64 without padding; leftover bits of the last unit are tolerated.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Whether a character stands for itself.
fn direct(c: char) -> bool {
    c.is_ascii_alphanumeric() || "'(),-./:? \n\r\t".contains(c)
}

/// Writes `text`.
pub(super) fn encode(text: &str) -> Vec<u8> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let is_direct = direct(c);
        let end = rest.find(|c| direct(c) != is_direct).unwrap_or(rest.len());
        let (run, tail) = rest.split_at(end);
        if is_direct {
            out.push_str(run);
        } else if run == "+" {
            out.push_str("+-");
        } else {
            let units: Vec<u8> = run.encode_utf16().flat_map(u16::to_be_bytes).collect();
            out.push('+');
            BASE64.encode_string(units, &mut out);
            out.push('-');
        }
        rest = tail;
    }
    out.into_bytes()
}

/// Reads `bytes`.
pub(super) fn decode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, tail)) = rest.split_first() {
        if *first != b'+' {
            out.push(if first.is_ascii() {
                char::from(*first)
            } else {
                '\u{fffd}'
            });
            rest = tail;
            continue;
        }
        let end = tail
            .iter()
            .position(|b| !b.is_ascii_alphanumeric() && *b != b'+' && *b != b'/')
            .unwrap_or(tail.len());
        let (run, after) = tail.split_at(end);
        let closed = after.first() == Some(&b'-');
        if run.is_empty() && closed {
            out.push('+');
        } else {
            push_units(&mut out, run);
        }
        rest = if closed { &after[1..] } else { after };
    }
    out
}

/// The UTF-16 units of one base64 run.
fn push_units(out: &mut String, run: &[u8]) {
    let Ok(units) = BASE64.decode(run) else {
        out.push('\u{fffd}');
        return;
    };
    let (pairs, _) = units.as_chunks::<2>();
    out.extend(
        char::decode_utf16(pairs.iter().map(|pair| u16::from_be_bytes(*pair)))
            .map(|c| c.unwrap_or('\u{fffd}')),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("Hi Mom -☺-!", "Hi Mom -+Jjo--+ACE-")]
    #[case("1 + 1", "1 +- 1")]
    #[case("日本語", "+ZeVnLIqe-")]
    fn text_is_written_and_read_back(#[case] text: &str, #[case] bytes: &str) {
        assert_eq!(String::from_utf8(encode(text)).unwrap(), bytes);
        assert_eq!(decode(bytes.as_bytes()), text);
    }

    #[test]
    fn broken_runs_do_not_panic() {
        assert_eq!(decode(b"a+!"), "a!");
        assert_eq!(decode(b"+A"), "\u{fffd}");
    }
}
