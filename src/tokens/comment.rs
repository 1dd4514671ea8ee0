//! Tokens that YAML reads as comments.
//!
//! Owns one question about a text whose tokens nobody replaces: where is a value
//! missing because what stands in its place begins with `#`?

use super::options::Delimiters;
use super::scan::Scanner;
use crate::text::yaml;
use crate::text::{Kind, Node};

/// The line and the text of each such token. Only a value that is not there
/// counts, so that a comment may say what it likes.
pub fn read_as_comments(delimiters: &Delimiters, text: &str) -> Vec<(usize, String)> {
    if !delimiters.prefix.starts_with('#') || !text.contains(&delimiters.prefix) {
        return Vec::new();
    }
    // What is not YAML is an error elsewhere.
    let Ok(documents) = yaml::parse(text) else {
        return Vec::new();
    };
    let mut missing = Vec::new();
    for document in &documents {
        empty_values(&document.root, &mut missing);
    }
    missing.sort_unstable();
    missing.dedup();
    let lines: Vec<_> = text.lines().collect();
    let token = |line: usize| {
        let token = in_place_of_value(delimiters, lines.get(line.checked_sub(1)?)?)?;
        Some((line, token))
    };
    missing.into_iter().filter_map(token).collect()
}

/// The lines in which a value should be and nothing is.
fn empty_values(node: &Node, lines: &mut Vec<usize>) {
    match &node.kind {
        Kind::Mapping(pairs) => {
            for (key, value) in pairs {
                if value.is_null() {
                    lines.push(key.line);
                }
                empty_values(value, lines);
            }
        }
        Kind::Sequence(items) => {
            for item in items {
                if item.is_null() {
                    lines.push(item.line);
                }
                empty_values(item, lines);
            }
        }
        Kind::Scalar(..) => {}
    }
}

/// The token behind `key:` or `-`, when the comment of the line begins with one.
fn in_place_of_value(delimiters: &Delimiters, line: &str) -> Option<String> {
    let scanner = Scanner::new(delimiters, false);
    let token = scanner.tokens(line.as_bytes()).next()?;
    let before = line.get(..token.whole.start)?;
    let is_comment = before.ends_with([' ', '\t']);
    let is_value = before.trim_end().ends_with([':', '-']);
    (is_comment && is_value).then(|| line.get(token.whole).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{Compatibility, Options};
    use super::*;

    fn found(text: &str) -> Vec<(usize, String)> {
        read_as_comments(&Options::new(Compatibility::Own).delimiters, text)
    }

    #[rstest::rstest]
    #[case("a: b\nimage: #{image}#\n", 2)]
    #[case(
        "spec:\n  containers:\n  - name: web\n    image: #{image}# # by the build\n",
        4
    )]
    #[case("args:\n- #{arg}#\n- b\n", 2)]
    #[case("a: b\n---\nc:   #{d}#\n", 3)]
    fn a_token_in_place_of_a_value_is_found(#[case] text: &str, #[case] line: usize) {
        let found = found(text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, line);
        assert!(found[0].1.starts_with("#{") && found[0].1.ends_with("}#"));
    }

    #[rstest::rstest]
    #[case("image: web #{image}#\n")]
    #[case("image: 'x #{image}#'\n")]
    #[case("image: # set #{image}# later\n")]
    #[case("# image: #{image}#\nimage: web\n")]
    #[case("spec: #{spec}#\n  a: b\n")]
    #[case("emptyDir:\nother: b # #{x}#\n")]
    #[case("text: |\n  image: #{image}#\n")]
    #[case("image: [#{a}#\n")]
    fn nothing_else_is(#[case] text: &str) {
        assert_eq!(found(text), []);
    }
}
