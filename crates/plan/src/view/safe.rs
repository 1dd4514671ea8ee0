//! Texts of manifests made harmless: for a terminal and an agent's log, for Markdown and for markup.

/// One line without control characters, direction marks and pipeline commands.
pub(super) fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push('⏎'),
            '\t' => out.push(' '),
            c if c.is_control() || is_invisible(c) => out.push('\u{fffd}'),
            // `##vso[…]` and `##[…]` are commands to the agent.
            '#' if out.ends_with('#') => out.push_str("\u{2060}#"),
            c => out.push(c),
        }
    }
    out
}

/// Characters that are not seen, or change how others are shown.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// A code span of Markdown that shows the text as it is.
pub(super) fn code(text: &str) -> String {
    // No fence is needed where there is no backtick to fence off.
    format!("`{}`", line(text).replace('`', "'").replace('|', "¦"))
}

/// Names of environments as code; how many all of them are is said in our own words.
pub(super) fn environments(names: &str) -> String {
    let number = names.strip_prefix("all ");
    let number = number.and_then(|rest| rest.strip_suffix(" environments"));
    if number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
        return names.to_owned();
    }
    code(names)
}

/// A text as it stands between tags: one line, in which nothing is markup.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // XML knows no noncharacters.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// A sentence of ours with code spans in it: what is outside of them means nothing.
pub(super) fn sentence(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in line(text).split('`').enumerate() {
        if at % 2 == 1 {
            out.push_str(&format!("`{}`", part.replace('|', "¦")));
            continue;
        }
        for c in part.chars() {
            if "\\<>[]*_#|~@!&$".contains(c) {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}

/// A fence that no line of the block closes.
pub(super) fn fence(block: &str) -> String {
    let longest = block.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("a\nb", "a⏎b")]
    #[case("\u{1b}[31mred", "\u{fffd}[31mred")]
    #[case("a\u{202e}b", "a\u{fffd}b")]
    #[case("##vso[task.complete]", "#\u{2060}#vso[task.complete]")]
    #[case("##[error]", "#\u{2060}#[error]")]
    fn lines(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(line(text), expected);
    }

    #[test]
    fn nothing_gets_out_of_a_code_span() {
        assert_eq!(code("a`<b>|`"), "`a'<b>¦'`");
        assert_eq!(sentence("a <b> `x|y` @c"), r"a \<b\> `x¦y` \@c");
        assert_eq!(fence("a ```` b"), "`````");
    }
}
