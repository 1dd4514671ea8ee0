//! Values that are confidential for what stands beside them: the data of a Secret that
//! something else carries, the value of a named header, the word after an option.

use super::{command, is_confidential_name, is_header, is_value_key};
use crate::value::Value;

/// Keys that name what the value beside them is of.
const NAMES: &[&str] = &["name", "key", "header", "headerName"];

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
    let is_secret = |name: &str| is_confidential_name(name) || is_header(name);
    is_value_key(key) && NAMES.iter().any(|one| is_secret(text(one)))
}

/// So many items of a list are looked at as the words of a command.
const WORDS: usize = 2_000;

/// Which items of a list of words hold something confidential: what follows an option, or
/// what a program takes as its password. `front` is what the command begins with.
pub(crate) fn exposed(front: &[String], items: &[Value]) -> Vec<bool> {
    let mut hidden = vec![false; items.len()];
    let is_option = |text: &str| text.starts_with('-');
    let mut all = items.iter().filter_map(Value::text);
    let last = front.last().map_or("", String::as_str);
    if !all.any(is_option) && !is_option(last) && !items.iter().any(is_password_tool) {
        return hidden;
    }
    let word = |text: &str| text.replace([' ', '\t'], "_");
    let command: Vec<_> = front.iter().map(|text| word(text)).collect();
    let mut line = command.join(" ");
    let mut places = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        line.push(' ');
        let start = line.len();
        line.push_str(&word(&item.scalar()));
        places.push(start..line.len());
        let before = match at.checked_sub(1) {
            Some(before) => items[before].text().unwrap_or_default(),
            None => last,
        };
        hidden[at] = awaits(before);
    }
    if items.len() <= WORDS {
        for span in command::options(&line, "") {
            let within = places.partition_point(|place| place.end <= span.start);
            if let Some(hidden) = hidden.get_mut(within) {
                *hidden |= places[within].start < span.end;
            }
        }
    }
    hidden
}

/// The words of a command that the arguments beside it belong to.
pub(crate) fn front(pairs: &[(String, Value)]) -> Vec<String> {
    let command = pairs.iter().find(|(key, _)| key == "command");
    let words = command.map_or(&[][..], |(_, command)| command.items());
    words.iter().take(WORDS).map(Value::scalar).collect()
}

/// Whether this takes a password without an option.
fn is_password_tool(item: &Value) -> bool {
    item.text().is_some_and(|text| text.ends_with("htpasswd"))
}

/// Whether a word is an option that the next word is the confidential value of.
fn awaits(text: &str) -> bool {
    text.starts_with('-') && !text.contains(['=', ' ']) && is_confidential_name(text)
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
        // `&anchor Secret`, `!!str Secret`
        let rest = match rest.split_once(' ') {
            Some((mark, rest)) if mark.starts_with(['&', '!']) => rest.trim_start(),
            _ => rest,
        };
        let after = rest.strip_prefix("Secret");
        let after = after.map(|after| after.strip_prefix("List").unwrap_or(after));
        is_start && after.is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric()))
    })
}
