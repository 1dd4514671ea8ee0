//! What transforms do to a value.
//!
//! Owns the list of transforms. Works on texts; knows nothing about files.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::call::Step;
use super::engine::MOST_VALUE;
use super::escape::{json_text, yaml_text};
use super::options::Compatibility;
use super::space::trim;

/// More blanks than this are a mistake or an attack.
const MOST_INDENT: u32 = 10_000;

/// What a transform came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A new value that is escaped like any other.
    Value(String),
    /// A new value that must not be escaped.
    Raw(String),
}

/// Whether there is a transform of this name at this level.
pub(super) fn is_known(name: &str, level: Compatibility) -> bool {
    match name {
        "lower" | "upper" | "base64" | "indent" => true,
        "raw" => !level.is_old(),
        "noescape" => level != Compatibility::V6,
        "trim" | "urlencode" | "json" | "yaml" | "tobase64" | "frombase64" | "replace"
        | "default" => level.is_own(),
        _ => false,
    }
}

/// Runs one transform that is known. `column` is what stands before the token on its line,
/// as white space. The error says what is wrong with the arguments or value.
pub(super) fn run(
    step: &Step,
    value: String,
    level: Compatibility,
    column: &str,
) -> Result<Outcome, String> {
    let argument = |i: usize| step.arguments.get(i).map(String::as_str);
    Ok(match step.name.as_str() {
        "lower" => Outcome::Value(value.to_lowercase()),
        "upper" => Outcome::Value(value.to_uppercase()),
        "base64" | "tobase64" => Outcome::Value(BASE64.encode(value)),
        "indent" => Outcome::Value(indent(&value, argument(0), argument(1), level, column)?),
        "raw" | "noescape" => Outcome::Raw(value),
        "trim" => Outcome::Value(trim(&value).to_owned()),
        "urlencode" => Outcome::Value(url_encode(&value)),
        "json" => Outcome::Raw(format!("\"{}\"", json_text(&value))),
        "yaml" => Outcome::Raw(format!("\"{}\"", yaml_text(&value))),
        "frombase64" => Outcome::Value(from_base64(&value)?),
        "replace" => match (argument(0), argument(1)) {
            (Some("") | None, _) => {
                return Err("replace needs the text to look for: replace(name, text, by)".into());
            }
            (Some(text), by) => {
                let by = by.unwrap_or_default();
                Outcome::Value(replaced(&value, text, by).ok_or_else(too_long)?)
            }
        },
        // The engine has already put the default in, if the variable is
        // missing; an unknown transform changes nothing either.
        _ => Outcome::Value(value),
    })
}

/// Blanks after each line break, and before the first line if asked for.
fn indent(
    value: &str,
    size: Option<&str>,
    first: Option<&str>,
    level: Compatibility,
    column: &str,
) -> Result<String, String> {
    let first = first.is_some_and(|text| text.eq_ignore_ascii_case("true"));
    if level.is_own() && size.is_some_and(|text| text.eq_ignore_ascii_case("auto")) {
        return indent_by(value, column, false).ok_or_else(too_long);
    }
    let size = match size.and_then(leading_integer) {
        None | Some(0) => 2,
        Some(size) => u32::try_from(size)
            .ok()
            .filter(|size| *size <= MOST_INDENT)
            .ok_or_else(|| format!("an indent of {size} is not possible"))?,
    };
    indent_by(value, &" ".repeat(size as usize), first).ok_or_else(too_long)
}

/// `padding` after each line break that something follows.
/// `None`: the result would be too long.
pub(super) fn indent_by(value: &str, padding: &str, first: bool) -> Option<String> {
    let lines = memchr::memchr_iter(b'\n', value.as_bytes()).count() + 1;
    let length = lines.checked_mul(padding.len())?.checked_add(value.len())?;
    if length > MOST_VALUE {
        return None;
    }
    let mut out = String::with_capacity(value.len() + padding.len());
    if first {
        out.push_str(padding);
    }
    for (i, line) in value.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
            out.push_str(padding);
        }
        out.push_str(line);
    }
    Some(out)
}

/// `text` replaced by `by`. `None`: the result would be too long.
fn replaced(value: &str, text: &str, by: &str) -> Option<String> {
    let count = value.matches(text).count();
    let length = count.checked_mul(by.len())?.checked_add(value.len())?;
    (length <= MOST_VALUE).then(|| value.replace(text, by))
}

fn too_long() -> String {
    format!("its value would be longer than {} MiB", MOST_VALUE >> 20)
}

/// The integer that a text begins with, as JavaScript's `parseInt` reads it.
fn leading_integer(text: &str) -> Option<i64> {
    let text = trim(text);
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, text) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(rest) => (16, rest),
        None => (10, text),
    };
    let digits = text.chars().map_while(|c| c.to_digit(radix));
    let number = digits.fold(None, |sum: Option<i64>, digit| {
        let sum = sum.unwrap_or(0).saturating_mul(i64::from(radix));
        Some(sum.saturating_add(i64::from(digit)))
    })?;
    Some(if negative { -number } else { number })
}

/// Percent-encoding of everything but letters, digits and `-._~`.
fn url_encode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The text that base64 stands for; white space between is dropped.
fn from_base64(value: &str) -> Result<String, String> {
    let packed: String = value.split_ascii_whitespace().collect();
    let bytes = BASE64
        .decode(packed)
        .map_err(|_| "the value is not base64".to_owned())?;
    String::from_utf8(bytes).map_err(|_| "the value is base64, but of no UTF-8 text".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn apply(
        name: &str,
        arguments: &[&str],
        value: &str,
        level: Compatibility,
    ) -> Result<Outcome, String> {
        let step = Step {
            name: name.to_owned(),
            arguments: arguments.iter().map(|a| (*a).to_owned()).collect(),
        };
        run(&step, value.to_owned(), level, "    ")
    }

    #[rstest::rstest]
    #[case("trim", &[], " \u{feff}a b\n", "a b")]
    #[case("urlencode", &[], "a b/é~", "a%20b%2F%C3%A9~")]
    #[case("tobase64", &[], "é", "w6k=")]
    #[case("frombase64", &[], "w6\nk=", "é")]
    #[case("replace", &["a", "xy"], "banana", "bxynxynxy")]
    #[case("replace", &["a"], "banana", "bnn")]
    #[case("indent", &["auto"], "a\nb", "a\n    b")]
    #[case("indent", &["0x3"], "a\r\nb", "a\r\n   b")]
    fn values_are_transformed(
        #[case] name: &str,
        #[case] arguments: &[&str],
        #[case] value: &str,
        #[case] expected: &str,
    ) {
        assert_eq!(
            apply(name, arguments, value, Compatibility::Own),
            Ok(Outcome::Value(expected.to_owned()))
        );
    }

    #[test]
    fn json_and_yaml_give_whole_scalars_that_are_not_escaped_again() {
        for name in ["json", "yaml"] {
            assert_eq!(
                apply(name, &[], "a\"\n", Compatibility::Own),
                Ok(Outcome::Raw("\"a\\\"\\n\"".to_owned()))
            );
        }
    }

    #[test]
    fn newer_transforms_are_unknown_to_older_levels() {
        assert!(!is_known("trim", Compatibility::V6));
        assert!(!is_known("raw", Compatibility::V5));
        assert!(!is_known("noescape", Compatibility::V6));
        assert!(is_known("noescape", Compatibility::Own));
    }

    #[rstest::rstest]
    #[case("indent", &["-1"], "an indent of -1 is not possible")]
    #[case("indent", &["99999999999999999999"], "an indent of 9223372036854775807 is not possible")]
    #[case("frombase64", &[], "the value is not base64")]
    #[case("replace", &[""], "replace needs the text to look for: replace(name, text, by)")]
    fn impossible_arguments_say_what_is_wrong(
        #[case] name: &str,
        #[case] arguments: &[&str],
        #[case] message: &str,
    ) {
        assert_eq!(
            apply(name, arguments, "?", Compatibility::Own),
            Err(message.to_owned())
        );
    }

    proptest! {
        #[test]
        fn base64_there_and_back_is_the_value(value in "\\PC*") {
            let there = match apply("tobase64", &[], &value, Compatibility::Own) {
                Ok(Outcome::Value(there)) => there,
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(apply("frombase64", &[], &there, Compatibility::Own), Ok(Outcome::Value(value)));
        }
    }
}
