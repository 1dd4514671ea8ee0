//! Line breaks that readers of YAML disagree on.

use crate::text::SyntaxError;

/// Refuses the characters that end a line for go-yaml ([YAML
/// 1.1](https://yaml.org/spec/1.1/#b-next-line)) and for this parser do not
/// ([1.2](https://yaml.org/spec/1.2.2/#54-line-break-characters)): behind one of
/// them the cluster would read what nobody has looked at.
pub(crate) fn refuse_disputed(text: &str) -> Result<(), SyntaxError> {
    let bytes = text.as_bytes();
    let found = memchr::memchr2_iter(0xc2, 0xe2, bytes).find(|&at| {
        matches!(
            bytes[at..],
            [0xc2, 0x85, ..] | [0xe2, 0x80, 0xa8 | 0xa9, ..]
        )
    });
    let Some(at) = found else { return Ok(()) };
    let before = &text[..at];
    let line = before.rsplit('\n').next().unwrap_or_default();
    let code = text[at..].chars().next().map_or(0, u32::from);
    Err(SyntaxError {
        line: before.matches('\n').count() + 1,
        column: line.chars().count() + 1,
        message: format!(
            "the character U+{code:04X} ends the line for some readers and not for others; in a text, write it as \"\\u{code:04X}\""
        ),
        hint: None,
    })
}

#[cfg(test)]
mod tests {
    use crate::text::yaml::parse;

    /// Every one of these is another document for go-yaml than for us.
    #[rstest::rstest]
    #[case::in_a_comment(
        "kind: ConfigMap # \u{2028}kind: ClusterRoleBinding\n",
        "line 1, column 19: the character U+2028 ends the line for some readers and not for others; in a text, write it as \"\\u2028\""
    )]
    #[case::next_line("a: b # \u{85}  evil: y\n", "line 1, column 8: the character U+0085")]
    #[case::paragraph(
        "x: 1\na: |\n  b\u{2029}c: d\n",
        "line 3, column 4: the character U+2029"
    )]
    #[case::plain("é: b\u{2028}c: d\n", "line 1, column 5")]
    #[case::quoted("a: \"b \u{2028} c\"\n", "line 1, column 7")]
    #[case::second_document("a: b\n---\n#\u{85}c: d\n", "line 3, column 2")]
    fn a_disputed_break_is_refused_wherever_it_is(#[case] text: &str, #[case] said: &str) {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }

    #[test]
    fn neighbors_of_these_characters_and_their_escapes_are_fine() {
        let text = "a: \"\\u2028 \\N \u{2027}\u{202a}\u{c5}\u{a0}â\"\n";
        assert!(parse(text).is_ok());
    }
}
