//! Escaping of values for the format that they are put into.
//!
//! Owns the escape tables. The choice by file name is here as well, because it
//! is a rule about formats.

use std::fmt::Write as _;

use super::options::{Compatibility, Escape};

/// The escape to use for a file: `auto` goes by the extension of the input or
/// the output (versions 3 to 5: of the input), in exactly this case.
pub(super) fn for_file<'e>(
    escape: &'e Escape,
    input: &str,
    output: Option<&str>,
    level: Compatibility,
) -> &'e Escape {
    if *escape != Escape::Auto {
        return escape;
    }
    let output = output.filter(|_| !level.is_old());
    let has = |extension: &str| {
        [Some(input), output]
            .into_iter()
            .flatten()
            .any(|path| extension_of(path) == extension)
    };
    if has("json") {
        &Escape::Json
    } else if has("xml") {
        &Escape::Xml
    } else {
        &Escape::Off
    }
}

/// The extension of the last segment; a leading dot does not begin one.
fn extension_of(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.rsplit_once('.')
        .filter(|(stem, _)| !stem.is_empty())
        .map_or("", |(_, extension)| extension)
}

/// `value` appended to `out`, escaped.
pub(super) fn push(out: &mut String, value: &str, escape: &Escape, level: Compatibility) {
    match escape {
        Escape::Off | Escape::Auto => out.push_str(value),
        Escape::Json => out.push_str(&json_text(value)),
        Escape::Xml => {
            for c in value.chars() {
                match c {
                    '<' => out.push_str("&lt;"),
                    '>' => out.push_str("&gt;"),
                    '&' => out.push_str("&amp;"),
                    '\'' => out.push_str("&apos;"),
                    '"' => out.push_str("&quot;"),
                    c => out.push(c),
                }
            }
        }
        Escape::Yaml => out.push_str(&yaml_text(value)),
        Escape::Custom { escape, characters } if level.is_old() => {
            out.push_str(&one_after_another(value, escape, characters));
        }
        Escape::Custom { escape, characters } => {
            for c in value.chars() {
                if characters.contains(c) {
                    if level.is_own() {
                        out.push_str(escape);
                    } else {
                        push_dollar_pattern(out, escape, c);
                    }
                }
                out.push(c);
            }
        }
    }
}

/// The inside of a JSON string: `"`, `\` and the five control characters that
/// have a short form. The others stay, as they always have.
pub(super) fn json_text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match short_escape(c) {
            Some(short) => out.extend(['\\', short]),
            None => out.push(c),
        }
    }
    out
}

/// The inside of a double-quoted YAML scalar.
pub(super) fn yaml_text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            '\u{feff}' => out.push_str("\\uFEFF"),
            c => match short_escape(c) {
                Some(short) => out.extend(['\\', short]),
                None if c.is_control() => {
                    // Writing to a text cannot fail.
                    let _ = write!(out, "\\x{:02X}", u32::from(c));
                }
                None => out.push(c),
            },
        }
    }
    out
}

fn short_escape(c: char) -> Option<char> {
    Some(match c {
        '"' | '\\' => c,
        '\u{8}' => 'b',
        '\u{c}' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        _ => return None,
    })
}

/// Versions 3 to 5 escape one character of the set after the other, so that
/// an escape character that comes late is doubled.
fn one_after_another(value: &str, escape: &str, characters: &str) -> String {
    characters.chars().fold(value.to_owned(), |text, c| {
        let mut by = String::new();
        push_dollar_pattern(&mut by, escape, c);
        by.push(c);
        text.replace(c, &by)
    })
}

/// `$$` and `$&` in the escape text mean `$` and the character, as in the
/// original's replacement syntax.
fn push_dollar_pattern(out: &mut String, escape: &str, c: char) {
    let mut rest = escape;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(tail) = rest.strip_prefix("$$") {
            out.push('$');
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix("$&") {
            out.push(c);
            rest = tail;
        } else {
            out.push('$');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escaped(value: &str, escape: &Escape, level: Compatibility) -> String {
        let mut out = String::new();
        push(&mut out, value, escape, level);
        out
    }

    #[rstest::rstest]
    #[case("a.json", None, Escape::Json)]
    #[case("a.tmpl", Some("x/b.xml"), Escape::Xml)]
    #[case("d.xml", Some("d.json"), Escape::Json)]
    #[case("a.JSON", None, Escape::Off)]
    #[case(".json", None, Escape::Off)]
    #[case("dir.json/a", None, Escape::Off)]
    fn automatic_escaping_goes_by_the_extension(
        #[case] input: &str,
        #[case] output: Option<&str>,
        #[case] expected: Escape,
    ) {
        let chosen = for_file(&Escape::Auto, input, output, Compatibility::Own);
        assert_eq!(*chosen, expected);
    }

    #[test]
    fn a_custom_escape_text_is_literal_unless_an_old_level_reads_it() {
        let custom = Escape::Custom {
            escape: "$$".to_owned(),
            characters: "x".to_owned(),
        };
        assert_eq!(escaped("x", &custom, Compatibility::Own), "$$x");
        assert_eq!(escaped("x", &custom, Compatibility::V6), "$x");
    }

    proptest! {
        #[test]
        fn an_escaped_value_reads_back_as_itself_in_yaml(value in "\\PC*|[\u{1}-\u{1f}\u{85}\u{2028}\"\\\\a]{0,9}") {
            let yaml = format!("\"{}\"", escaped(&value, &Escape::Yaml, Compatibility::Own));
            let back: String = serde_saphyr::from_str(&yaml).unwrap();
            prop_assert_eq!(back, value);
        }

        #[test]
        fn an_escaped_value_reads_back_as_itself_in_json(value in "[ -~\n\r\t\u{8}\u{c}é😀]*") {
            let json = format!("\"{}\"", escaped(&value, &Escape::Json, Compatibility::Own));
            let back: String = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(back, value);
        }
    }
}
