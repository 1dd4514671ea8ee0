//! What YAML allows and the readers of Kubernetes refuse: one such file stops
//! everything that is applied with it.
//!
//! They are [apimachinery's](https://pkg.go.dev/k8s.io/apimachinery/pkg/util/yaml),
//! which splits documents by lines, and go-yaml. The text is one that
//! [`super::parse`] accepts.

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

use crate::text::SyntaxError;

/// The first thing in a text that Kubernetes would refuse.
pub(crate) fn refused(text: &str) -> Result<(), SyntaxError> {
    separators(text)?;
    let is_suspect = |line: &str| {
        let white = line.len() - line.trim_start_matches([' ', '\t']).len();
        line[..white].contains('\t')
            || line.contains(r"\/")
            || line.contains(r"\ud")
            || line.contains(r"\uD")
    };
    if text.lines().any(is_suspect) {
        scalars_and_gaps(text)?;
    }
    Ok(())
}

/// Lines that end a document for a reader that looks at lines alone, and directives,
/// which such a reader takes for a document.
fn separators(text: &str) -> Result<(), SyntaxError> {
    let (mut begun, mut inside) = (false, false);
    for (at, line) in text.lines().enumerate() {
        let rest = line.strip_prefix("---").map(str::trim);
        if rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('#')) {
            return Err(SyntaxError {
                line: at + 1,
                column: 4,
                message: "nothing but a comment may follow `---` on its line".to_owned(),
                hint: None,
            });
        }
        if !inside && line.trim_start_matches('\u{feff}').starts_with('%') {
            return Err(SyntaxError {
                line: at + 1,
                column: 1,
                message: "Kubernetes' readers take a directive (`%YAML`, `%TAG`) for a document of its own".to_owned(),
                hint: Some("remove the line"),
            });
        }
        let content = line.trim();
        if !begun && content == "..." {
            return Err(SyntaxError {
                line: at + 1,
                column: 1,
                message: "the text begins with the end of a document (`...`)".to_owned(),
                hint: None,
            });
        }
        let is_content = !content.is_empty() && !content.starts_with('#');
        begun |= is_content;
        inside = line != "..." && (inside || is_content);
    }
    Ok(())
}

/// Tabs that indent a line outside of scalars, and escapes that go-yaml does not
/// know.
fn scalars_and_gaps(text: &str) -> Result<(), SyntaxError> {
    let mut options = granit_parser::options! {};
    options.set_emit_comments(false);
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let fault = |at: usize, message: &str| {
        let before = &bare[..at];
        Err(SyntaxError {
            line: before.matches('\n').count() + 1,
            column: before
                .rsplit('\n')
                .next()
                .unwrap_or_default()
                .chars()
                .count()
                + 1,
            message: message.to_owned(),
            hint: None,
        })
    };
    let mut flows: Vec<bool> = Vec::new();
    let mut end = 0;
    for (event, span) in Parser::new_from_str_with_options(bare, options).map_while(Result::ok) {
        let bytes = span.byte_range().unwrap_or(end..end);
        if bytes.start >= end
            && !flows.contains(&true)
            && let Some(tab) = indenting_tab(&bare[end..bytes.start])
        {
            return fault(end + tab, "a tab cannot indent a line");
        }
        match event {
            Event::MappingStart(style, ..) | Event::SequenceStart(style, ..) => {
                flows.push(style == StructureStyle::Flow);
            }
            Event::MappingEnd | Event::SequenceEnd => {
                flows.pop();
            }
            Event::Scalar(_, style, ..) => {
                if style == ScalarStyle::DoubleQuoted
                    && let Some(escape) = unknown_escape(&bare[bytes.clone()])
                {
                    return fault(
                        bytes.start + escape,
                        "this escape is not known to Kubernetes' reader; write the character itself",
                    );
                }
                end = bytes.end;
                continue;
            }
            _ => {}
        }
        end = end.max(bytes.start);
    }
    match indenting_tab(&bare[end..]) {
        Some(tab) if !flows.contains(&true) => fault(end + tab, "a tab cannot indent a line"),
        _ => Ok(()),
    }
}

/// Where a tab is in the indentation of a line that holds something.
fn indenting_tab(gap: &str) -> Option<usize> {
    let mut start = gap.find('\n')? + 1;
    loop {
        let line = &gap[start..];
        let white = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line[..white].find('\t') {
            return Some(start + tab);
        }
        start += line.find('\n')? + 1;
    }
}

/// Where a double-quoted text has `\/` or half of a surrogate pair.
fn unknown_escape(quoted: &str) -> Option<usize> {
    let bytes = quoted.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &bytes[at..]) {
        let escape = at + found;
        match bytes.get(escape + 1..) {
            Some(
                [b'/', ..]
                | [
                    b'u',
                    b'd' | b'D',
                    b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F',
                    ..,
                ],
            ) => {
                return Some(escape);
            }
            _ => at = escape + 2,
        }
        if at >= bytes.len() {
            break;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::refused;
    use crate::text::yaml::parse;

    #[rstest::rstest]
    #[case(
        "a: b\n\t# note\nc: d\n",
        "line 2, column 1: a tab cannot indent a line"
    )]
    #[case("a:\n \t\n  b: c\n", "line 2, column 2: a tab cannot indent a line")]
    #[case(
        "a: {b: c}\n---foo: bar\n",
        "line 2, column 4: nothing but a comment may follow `---`"
    )]
    #[case(
        "--- {a: b}\n",
        "line 1, column 4: nothing but a comment may follow `---`"
    )]
    #[case(
        "# c\n...\na: b\n",
        "line 2, column 1: the text begins with the end of a document"
    )]
    #[case(
        "%YAML 1.2\n---\na: b\n",
        "line 1, column 1: Kubernetes' readers take a directive"
    )]
    #[case(
        "# c\n\n%YAML 1.1\n--- # d\na: b\n",
        "line 3, column 1: Kubernetes' readers"
    )]
    #[case(
        "%TAG ! tag:x,2000:\n---\na: !b c\n",
        "line 1, column 1: Kubernetes' readers"
    )]
    #[case(
        "\u{feff}%YAML 1.2\n---\na: b\n",
        "line 1, column 1: Kubernetes' readers"
    )]
    #[case(
        "a: b\n...\n%YAML 1.2\n---\nc: d\n",
        "line 3, column 1: Kubernetes' readers"
    )]
    #[case("%FOO bar\n---\na: b\n", "line 1, column 1: Kubernetes' readers")]
    #[case(r#"a: "x\/y""#, "line 1, column 6: this escape is not known")]
    #[case(
        r#"a: ["x", "\ud83d\ude00"]"#,
        "line 1, column 11: this escape is not known"
    )]
    fn what_the_cluster_would_refuse_is_named(#[case] text: &str, #[case] said: &str) {
        let error = refused(text).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }

    #[rstest::rstest]
    #[case("a: |\n  x\n  \ty\n\t\nb: c\n")]
    #[case("a: [b,\n\tc]\n")]
    #[case("a: b\t# c\n")]
    #[case("a: 'x\\/y'\nb: x\\/y\n")]
    #[case("a: \"\\\\/ \\ud7ff\"\n")]
    #[case("--- # c\na: b\n---\n...\n---\nc: d\n")]
    #[case("a: |\n  ---x\n")]
    #[case("a: |\n  %YAML 1.2\nb: '%x'\n# %YAML\n")]
    #[case("a: \"x\n  \ty\"\n")]
    fn what_it_reads_is_fine(#[case] text: &str) {
        assert!(parse(text).is_ok(), "{:?}", parse(text));
        assert_eq!(refused(text), Ok(()));
    }
}
