//! Other texts in place of single values: every other byte stays.
//!
//! Works on YAML with any number of documents, JSON and TOML. Each result is parsed
//! anew and compared with what was intended, and refused when it differs.

use std::collections::BTreeMap;

use super::change::{EditError, alike, same};
use super::yaml::{self, Style};
use super::yaml_edit::is_plain;
use super::{Form, Kind, Node, SyntaxError, json, toml};

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
    /// TOML.
    Toml,
}

/// The new texts of one file.
#[derive(Debug, Default)]
pub struct Edits {
    /// By line and column.
    texts: BTreeMap<(usize, usize), New>,
    /// A place that should have two texts.
    clash: Option<(usize, usize)>,
    /// Blocks of lines cannot change.
    keeps_blocks: bool,
}

/// A new text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct New {
    text: String,
    /// It is written without quotes, as a number or a switch is.
    bare: bool,
}

impl Edits {
    /// Gives a scalar a new text, which is a string from now on.
    pub fn set(&mut self, node: &mut Node, text: String) {
        self.put(node, New { text, bare: false });
    }

    /// Refuses a new text for a block of lines.
    pub fn keep_blocks(&mut self) {
        self.keeps_blocks = true;
    }

    /// Gives a scalar without quotes a new text whose type is read from the text, such as
    /// a number.
    pub fn set_bare(&mut self, node: &mut Node, text: String) {
        self.put(node, New { text, bare: true });
    }

    fn put(&mut self, node: &mut Node, new: New) {
        let at = (node.line, node.column);
        let known = self.texts.entry(at).or_insert_with(|| new.clone());
        if *known != new {
            self.clash = self.clash.or(Some(at));
        }
        let form = if new.bare { Form::Plain } else { Form::Text };
        node.kind = Kind::Scalar(new.text, form);
    }
}

/// The text with the new values that `decide` gives the scalars of its
/// documents; `None` when it gives none. `decide` changes no node but by
/// [`Edits::set`].
///
/// # Errors
/// When the text is malformed, or when a value cannot change by itself, as it
/// is shared through an anchor.
pub fn apply<E: From<EditError>>(
    text: &str,
    syntax: Syntax,
    mut decide: impl FnMut(&mut Node, &mut Edits) -> Result<(), E>,
) -> Result<Option<String>, E> {
    let is_json = syntax == Syntax::Json;
    if is_json {
        json::parse(text).map_err(EditError::from)?;
    }
    let mut documents = roots(text, syntax).map_err(EditError::from)?;
    let mut edits = Edits::default();
    for root in &mut documents {
        decide(root, &mut edits)?;
    }
    if edits.texts.is_empty() {
        return Ok(None);
    }
    let refused = |(line, column)| EditError::Refused(format!("line {line}, column {column}"));
    if let Some(at) = edits.clash {
        return Err(refused(at).into());
    }
    // Another reader of the anchor would see the change too.
    let first = edits.texts.keys().next().copied().unwrap_or_default();
    let (edited, hash) = spliced(text, syntax, &edits).ok_or_else(|| refused(first))?;
    let found = roots(&edited, syntax).map_err(|_| refused(first))?;
    let whole = found.len() == documents.len()
        && found
            .iter()
            .zip(&documents)
            .all(|(found, meant)| same(found, meant) || alike(found, meant))
        && (syntax != Syntax::Yaml
            || !hash
            || yaml::comments(bare(text)) == yaml::comments(bare(&edited)))
        && (!is_json || json::parse(&edited).is_ok());
    if whole {
        Ok(Some(edited))
    } else {
        Err(refused(first).into())
    }
}

/// The documents of a text, with the places of their values.
fn roots(text: &str, syntax: Syntax) -> Result<Vec<Node>, SyntaxError> {
    if syntax == Syntax::Toml {
        return Ok(vec![toml::parse(text)?]);
    }
    // JSON is YAML, and this parser knows places.
    let documents = yaml::parse(text)?;
    Ok(documents.into_iter().map(|found| found.root).collect())
}

/// The new text, and whether what was taken out could hold a comment.
fn spliced(text: &str, syntax: Syntax, edits: &Edits) -> Option<(String, bool)> {
    let mut hash = false;
    let mut edited = String::with_capacity(text.len() + 32 * edits.texts.len());
    let mut kept = 0;
    let spans = match syntax {
        Syntax::Toml => toml::spans(text, &edits.texts),
        Syntax::Yaml | Syntax::Json => yaml::spans(text, &edits.texts),
    };
    for (bytes, style, new) in spans {
        let old = text.get(bytes.clone())?;
        // A block takes the line breaks after it along.
        let end = bytes.start + old.trim_end().len();
        hash |= old.contains('#');
        edited.push_str(text.get(kept..bytes.start)?);
        let style = match (syntax, style) {
            (_, Style::Block) if edits.keeps_blocks || syntax == Syntax::Toml => return None,
            // There is no way to write a quote in single quotes.
            (Syntax::Toml, Style::Single) if new.text.contains('\'') => Style::Double,
            (Syntax::Json | Syntax::Toml, Style::Plain | Style::PlainInFlow) if !new.bare => {
                Style::Double
            }
            (_, style) => style,
        };
        edited.push_str(&written(new, style));
        kept = end;
    }
    edited.push_str(text.get(kept..)?);
    Some((edited, hash))
}

/// A string in the quotes of the one before, or those it needs.
fn written(New { text, bare }: &New, style: Style) -> String {
    if *bare && matches!(style, Style::Plain | Style::PlainInFlow) {
        return text.clone();
    }
    let control = text.chars().any(char::is_control);
    match style {
        Style::Single if !control => format!("'{}'", text.replace('\'', "''")),
        // Old readers take no colon without quotes in there.
        Style::PlainInFlow if is_plain(text) && !text.contains(':') => text.to_owned(),
        Style::Plain if is_plain(text) || is_plain_in_block(text) => text.to_owned(),
        // The lines below the sign, which needs no quotes.
        Style::Block if !control => text.to_owned(),
        _ => serde_json::Value::from(text.as_str()).to_string(),
    }
}

/// Whether a text is the same string without quotes outside of brackets and braces, where
/// more characters mean nothing. What was written so before can be written so again.
fn is_plain_in_block(text: &str) -> bool {
    let mut chars = text.chars();
    let starts = match chars.next() {
        Some('-') => chars
            .next()
            .is_some_and(|c| c.is_alphanumeric() || c == '-'),
        Some(first) => first.is_alphanumeric() || "_./$^(\\+;~<=".contains(first),
        None => false,
    };
    starts
        && !text.starts_with("---")
        && !text.chars().any(|c| c.is_control() || c == '\u{feff}')
        && text.trim() == text
        && !text.ends_with(':')
        && ![": ", " #"].iter().any(|sign| text.contains(sign))
        && !yaml::needs_quotes(text)
}

fn bare(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives every value under the key `image` this text.
    fn set(text: &str, is_json: bool, new: &str) -> Result<Option<String>, EditError> {
        fn walk(node: &mut Node, new: &str, edits: &mut Edits) {
            match &mut node.kind {
                Kind::Mapping(pairs) => {
                    for (key, value) in pairs {
                        if key.text() == Some("image") {
                            edits.set(value, new.to_owned());
                        }
                        walk(value, new, edits);
                    }
                }
                Kind::Sequence(items) => {
                    for item in items {
                        walk(item, new, edits);
                    }
                }
                Kind::Scalar(..) => {}
            }
        }
        let syntax = if is_json { Syntax::Json } else { Syntax::Yaml };
        apply(text, syntax, |root, edits| {
            walk(root, new, edits);
            Ok(())
        })
    }

    #[rstest::rstest]
    #[case("image: a # why\n", "image: b:1 # why\n")]
    #[case("x:\r\n  - image: 'a'\r\n", "x:\r\n  - image: 'b:1'\r\n")]
    #[case("\u{feff}image: \"a\"", "\u{feff}image: \"b:1\"")]
    #[case("{image: a, x: 1}\n", "{image: \"b:1\", x: 1}\n")]
    #[case("- image: &x a\n- image: *x\n", "- image: &x b:1\n- image: *x\n")]
    #[case("image: !!str a\n", "image: !!str b:1\n")]
    #[case("image: >-\n  a\nx: 1\n", "image: >-\n  b:1\nx: 1\n")]
    #[case(
        "ü: 'é'\nz: {ß: [x], image:   a}\n",
        "ü: 'é'\nz: {ß: [x], image:   \"b:1\"}\n"
    )]
    #[case(
        "---\n# one\nimage: a\n---\nimage: c\n...\n",
        "---\n# one\nimage: b:1\n---\nimage: b:1\n...\n"
    )]
    #[case(
        "b: &b {image: a}\nc: {<<: *b, x: 1}\n",
        "b: &b {image: \"b:1\"}\nc: {<<: *b, x: 1}\n"
    )]
    #[case("image:\n  a\n  b\nx: 1\n", "image:\n  b:1\nx: 1\n")]
    fn a_value_changes_and_nothing_else(#[case] before: &str, #[case] after: &str) {
        assert_eq!(set(before, false, "b:1").unwrap().unwrap(), after);
    }

    #[rstest::rstest]
    #[case("{\"image\":\"a\",\"n\":1.50}", "{\"image\":\"b\",\"n\":1.50}")]
    #[case(
        "{\n\t\"x\": [\n\t\t{ \"image\" : \"a\" }\n\t]\n}\n",
        "{\n\t\"x\": [\n\t\t{ \"image\" : \"b\" }\n\t]\n}\n"
    )]
    #[case(
        "{\"s\": \"\\/\\ud83d\\ude80\", \"image\": \"a\\/c\", \"n\": 123456789012345678901234}",
        "{\"s\": \"\\/\\ud83d\\ude80\", \"image\": \"b\", \"n\": 123456789012345678901234}"
    )]
    fn json_keeps_its_bytes_too(#[case] before: &str, #[case] after: &str) {
        assert_eq!(set(before, true, "b").unwrap().unwrap(), after);
    }

    #[rstest::rstest]
    #[case("1.10", "image: \"1.10\"\n")]
    #[case("on", "image: \"on\"\n")]
    #[case("a: b", "image: \"a: b\"\n")]
    #[case("v1", "image: v1\n")]
    fn a_string_stays_a_string(#[case] new: &str, #[case] after: &str) {
        assert_eq!(set("image: 5\n", false, new).unwrap().unwrap(), after);
    }

    #[rstest::rstest]
    #[case("image: &x a\nother: *x\n")]
    #[case("other: &x a\nimage: *x\n")]
    #[case("image: |\n  a\n")]
    fn a_value_that_others_share_or_that_ends_in_a_line_break_is_refused(#[case] text: &str) {
        let error = set(text, false, "b").unwrap_err().to_string();
        assert!(error.starts_with("line "), "{error}");
        assert!(error.ends_with(" cannot be changed on its own"), "{error}");
    }

    #[rstest::rstest]
    #[case("a, [b] {c} \"d\" 'e' \\f", true)]
    #[case("--log.level=info", true)]
    #[case("- a", false)]
    #[case("---", false)]
    #[case("a #b", false)]
    #[case("a#b", true)]
    #[case("[a]", false)]
    #[case("*a", false)]
    #[case("1e3", false)]
    #[case("a: b", false)]
    fn outside_of_brackets_more_needs_no_quotes(#[case] new: &str, #[case] plain: bool) {
        let after = set("image: x\n", false, new).unwrap().unwrap();
        assert_eq!(after == format!("image: {new}\n"), plain, "{after}");
        let after = set("- {image: x}\n", false, new).unwrap().unwrap();
        assert!(after.contains(": \"") || is_plain(new), "{after}");
    }

    #[test]
    fn without_a_new_value_there_is_no_new_text() {
        assert_eq!(set("x: a\n", false, "b").unwrap(), None);
    }

    #[test]
    fn malformed_text_is_an_error_with_its_place() {
        let said = |text, is_json| set(text, is_json, "b").unwrap_err().to_string();
        assert!(said("image: [", false).starts_with("it is malformed: line 1"));
        assert!(said("{\"image\": a}", true).starts_with("it is malformed: line 1"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn whatever_the_text_only_what_is_meant_changes_or_nothing(
            parts in prop::collection::vec(
                prop_oneof![
                    Just("image:"), Just("\n"), Just("  "), Just("- "), Just("? "), Just(": "), Just("{"), Just("}"),
                    Just("["), Just("]"), Just(", "), Just("&a "), Just("*a"), Just("<<: "), Just("'x'"), Just("\"é\""),
                    Just("|\n"), Just(">-\n"), Just("!!str "), Just("# c"), Just("web"), Just("\r\n"), Just("---\n"), Just("\t"),
                ],
                0..16,
            ),
        ) {
            let text = parts.concat();
            if let Ok(Some(edited)) = set(&text, false, "b:1") {
                let again = set(&edited, false, "b:1").unwrap();
                prop_assert_eq!(again, Some(edited));
            }
        }

        #[test]
        fn all_bytes_around_the_value_stay(
            above in "(# [a-z]{0,4}\n|x: [a-z]{1,3} # c\n|\n){0,3}",
            below in "(# [a-z]{0,4}\n|y: '[a-z:# ]{1,3}'\n|\n){0,2}",
            old in prop_oneof!["[a-z]{1,4}(:[0-9.]{1,4}[0-9])?", "'[a-z: ]{1,4}'", "\"[a-z#]{1,4}\""],
            new in "[ -~é]{0,12}",
            blanks in " {1,3}",
        ) {
            prop_assume!(above.matches("x:").count() < 2 && below.matches("y:").count() < 2);
            let before = format!("{above}image:{blanks}{old} # note\n{below}");
            let after = set(&before, false, &new).unwrap().unwrap();
            let (head, tail) = (format!("{above}image:{blanks}"), format!(" # note\n{below}"));
            prop_assert!(after.starts_with(&head) && after.ends_with(&tail), "{after:?}");
        }
    }
}
