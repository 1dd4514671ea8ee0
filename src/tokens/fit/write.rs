//! How a value is written in each kind of YAML scalar.
//!
//! Owns the forms; which one a scalar takes is decided in `yaml`.

use std::ops::Range;

use super::super::escape::yaml_text;

/// A line break for some reader: go-yaml takes five characters for one.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A character that can be in a YAML text only as an escape.
fn is_odd(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n')) || is_break(c) && c != '\n' || c == '\u{feff}'
}

/// A value in a comment: on one line.
pub(super) fn in_comment(value: &str) -> String {
    value.replace(is_break, " ").replace(is_odd, " ")
}

/// Whether a value can be part of the name of an anchor, an alias or a tag.
pub(super) fn is_name(value: &str) -> bool {
    !value.is_empty()
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Whether a value is harmless in code as well.
pub(super) fn is_word(value: &str) -> bool {
    value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_./:@+=,".contains(&byte))
}

/// Whether a value is text for every reader, whatever is around it: a word that
/// is no part of a number, a date, a boolean or null.
pub(super) fn is_always_text(value: &str) -> bool {
    let is_edge = |c: char| c.is_ascii_alphanumeric();
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@+=".contains(&byte);
    // Hexadecimal digits, `0x`, `0o`, exponents, `.inf`, `.nan`, and dates with
    // their `T` and `Z` have none of these.
    let telling = |byte: u8| b"ghjklmpqrsuvwy".contains(&byte.to_ascii_lowercase());
    let dots = || value.bytes().filter(|byte| *byte == b'.').count();
    // No boolean or null is longer than `false`.
    value.len() > "false".len()
        && value.starts_with(is_edge)
        && value.ends_with(is_edge)
        && value.bytes().all(inside)
        && (value.bytes().any(telling) || dots() > 1)
}

/// Whether a text can be a plain scalar, or begin, go on and end inside of one.
pub(super) fn fits_plain(text: &str, in_flow: bool) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return false;
    };
    let second = chars.next();
    let starts_well = match first {
        // go-yaml takes both for indicators in a flow collection, whatever follows.
        '?' | ':' if in_flow => false,
        '-' | '?' | ':' => second.is_some_and(|c| !c.is_whitespace()),
        _ => !"[]{},#&*!|>'\"%@`".contains(first),
    };
    let marker = text.starts_with("---") || text.starts_with("...");
    starts_well && !marker && fits_inside_plain(text, in_flow) && text.trim() == text
}

/// Whether a text neither ends a plain scalar nor begins a comment in it.
pub(super) fn fits_inside_plain(text: &str, in_flow: bool) -> bool {
    let flow = |c: char| in_flow && "[]{},?".contains(c);
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let ends = match c {
            ':' => next.is_none_or(|c| c.is_whitespace() || flow(c)),
            '#' => before.is_some_and(char::is_whitespace),
            c => is_odd(c) || matches!(c, '\n' | '\t') || flow(c),
        };
        if ends {
            return false;
        }
        before = Some(c);
    }
    true
}

/// Whether a value can be part of a scalar in single quotes.
pub(super) fn fits_single(value: &str) -> bool {
    !value.contains(|c: char| is_odd(c) || matches!(c, '\n' | '\t'))
}

/// A value in single quotes.
pub(super) fn single(value: &str) -> String {
    value.replace('\'', "''")
}

/// Whether a value can be part of a block of lines.
pub(super) fn fits_block(value: &str) -> bool {
    !value.contains(is_odd)
}

/// Whether a text can begin a block of lines: while its indentation is not
/// known yet, go-yaml takes a tab for a mistake.
pub(super) fn begins_block(text: &str) -> bool {
    let content = text.trim_start_matches([' ', '\t', '\n', '\r']);
    !text[..text.len() - content.len()].contains('\t')
}

/// A value in a block of lines that are indented with `padding`.
pub(super) fn block(value: &str, padding: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for (i, line) in value.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
            // An empty line needs no indentation, and the last one has it already.
            if !line.is_empty() {
                out.push_str(padding);
            }
        }
        out.push_str(line);
    }
    out
}

/// A whole text in double quotes.
pub(super) fn double(text: &str) -> String {
    format!("\"{}\"", yaml_text(text))
}

/// The header and the lines of a block, and whether a line break ends it.
/// `lines` are its bytes as the parser gives them.
pub(super) fn block_range(text: &str, lines: &Range<usize>) -> Option<(Range<usize>, bool)> {
    let before = text[..lines.start].trim_end();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = &before[line_start..];
    let comment = line.find(" #").or_else(|| line.find("\t#"));
    let header = line[..comment.unwrap_or(line.len())].trim_end();
    let bare = header.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
    let start = bare.strip_suffix(['|', '>'])?.len() + line_start;
    // Behind the last line break is the indentation of what follows.
    let content = &text[lines.clone()];
    let end = match content.rfind('\n') {
        Some(at) if content[at + 1..].trim().is_empty() => lines.start + at + 1,
        _ => lines.end,
    };
    Some((start..end, text[..end].ends_with('\n')))
}

/// The indentation of a block: the least of its lines that are not empty.
pub(super) fn block_indent(text: &str, lines: &Range<usize>) -> String {
    let start = text[..lines.start].rfind('\n').map_or(0, |at| at + 1);
    let width = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let least = text[start..lines.end]
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(width)
        .min();
    " ".repeat(least.unwrap_or_default())
}
