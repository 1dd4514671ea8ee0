//! Values that are confidential for what stands beside them: the data of a Secret that
//! something else carries, the value of a named header, the word after an option.

use super::is_confidential_name;
use crate::value::Value;

/// Headers that log in.
const HEADERS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
];

/// Whether this key of a map has a confidential value for the map's other keys.
pub(crate) fn hides(pairs: &[(String, Value)], key: &str) -> bool {
    let text = |wanted: &str| {
        let found = pairs
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(wanted));
        found
            .and_then(|(_, value)| value.text())
            .unwrap_or_default()
    };
    if matches!(key, "data" | "stringData") {
        return text("kind") == "Secret" && matches!(text("apiVersion"), "v1" | "");
    }
    let is_secret = |name: &str| {
        is_confidential_name(name)
            || HEADERS
                .iter()
                .any(|header| header.eq_ignore_ascii_case(name))
    };
    key.eq_ignore_ascii_case("value") && ["name", "key"].iter().any(|one| is_secret(text(one)))
}

/// Whether an item of a list is an option that the next item is the confidential value of.
pub(crate) fn awaits(item: &Value) -> bool {
    item.text().is_some_and(|text| {
        text.starts_with('-') && !text.contains(['=', ' ']) && is_confidential_name(text)
    })
}

/// Whether one of the documents in a text is a Secret.
pub(crate) fn has_manifest(text: &str) -> bool {
    text.match_indices("kind").any(|(at, word)| {
        let is_start = !text[..at].ends_with(|c: char| c.is_alphanumeric() || "_-.".contains(c));
        let rest = text[at + word.len()..].trim_start_matches(['"', '\'', ' ']);
        let Some(rest) = rest.strip_prefix(':') else {
            return false;
        };
        let rest = rest.trim_start_matches([' ', '\t', '"', '\'']);
        let after = rest.strip_prefix("Secret");
        is_start && after.is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric()))
    })
}
