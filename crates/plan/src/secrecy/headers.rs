//! Credentials in HTTP headers on a line of a text. Owns the schemes of `Authorization`.

use super::line::{Span, looks_random, span};

/// `Authorization: Basic x`, `Bearer x`.
pub(super) fn authorization(line: &str) -> Vec<Span> {
    let lower = line.to_ascii_lowercase();
    let of_header = lower.contains("authorization");
    let mut all = Vec::new();
    for scheme in [
        "bearer ",
        "basic ",
        "digest ",
        "token ",
        "apikey ",
        "sharedkey ",
        "negotiate ",
    ] {
        for (at, _) in lower.match_indices(scheme) {
            let start = at + scheme.len();
            let rest = &line[start..];
            let is_end = |c: char| c.is_whitespace() || "\"'`,;)}<".contains(c);
            let word = &rest[..rest.find(is_end).unwrap_or(rest.len())];
            let starts = !lower[..at].ends_with(|c: char| c.is_alphanumeric());
            let is_token = word.len() >= 20 || looks_random(word);
            if starts && !word.is_empty() && (of_header || scheme == "bearer " && is_token) {
                all.push(span(start, start + word.len()));
            }
        }
    }
    // Without a scheme it is the credential itself.
    if let (true, true, Some(at)) = (of_header, all.is_empty(), lower.find("authorization")) {
        let rest = line[at + 13..].trim_start_matches(['"', '\'', ' ']);
        if let Some(value) = rest.strip_prefix([':', '=']) {
            let value = value.trim_start_matches([' ', '"', '\'']);
            let start = line.len() - value.len();
            let end = value
                .find([' ', '"', '\'', ',', ';'])
                .unwrap_or(value.len());
            if looks_random(&value[..end]) {
                all.push(span(start, start + end));
            }
        }
    }
    all
}

/// `Cookie: name=x`.
pub(super) fn cookies(line: &str) -> Vec<Span> {
    let lower = line.to_ascii_lowercase();
    let mut all = Vec::new();
    for (at, name) in lower.match_indices("cookie") {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let front = lower[..at].trim_end_matches("set-");
        let rest = &line[at + name.len()..];
        let rest = rest.trim_start_matches(['"', '\'', ' ']);
        let (Some(value), false) = (rest.strip_prefix(':'), front.ends_with(is_part)) else {
            continue;
        };
        let value = value.trim_start_matches(['"', '\'', ' ']);
        let end = value.find(['"', '\'']).unwrap_or(value.len());
        if let Some(sign) = value[..end].find('=') {
            let start = line.len() - value.len();
            all.push(span(start + sign + 1, start + end));
        }
    }
    all
}
