//! Values in JSON, comments allowed.
//!
//! Owns where a token stands there: in a string, in a comment, or in a bare
//! literal, which becomes a string unless the value is one of JSON's own.

use std::fmt::Write as _;

use super::rule::{Reader, stays_plain};
use super::write::in_comment;
use super::{Given, How, Piece};

/// JavaScript loses digits beyond this.
const MOST_EXACT: u64 = 1 << 53;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Text,
    LineComment,
    Comment,
}

/// One pass over the text.
struct Lexer<'t> {
    bytes: &'t [u8],
    at: usize,
    within: Within,
    /// Where the bare literal that is being passed began.
    bare: Option<usize>,
}

impl Lexer<'_> {
    /// Goes on to `end`.
    fn advance(&mut self, end: usize) {
        while self.at < end {
            let rest = &self.bytes[self.at..end];
            let mut step = 1;
            match self.within {
                Within::Text if rest[0] == b'\\' => step = 2,
                Within::Text if rest[0] == b'"' => self.within = Within::Nothing,
                Within::LineComment if matches!(rest[0], b'\n' | b'\r') => {
                    self.within = Within::Nothing;
                }
                Within::Comment if rest.starts_with(b"*/") => {
                    self.within = Within::Nothing;
                    step = 2;
                }
                Within::Text | Within::LineComment | Within::Comment => {}
                Within::Nothing if rest[0] == b'"' => self.open(Within::Text),
                Within::Nothing if rest.starts_with(b"//") => self.open(Within::LineComment),
                Within::Nothing if rest.starts_with(b"/*") => {
                    self.open(Within::Comment);
                    step = 2;
                }
                Within::Nothing if ends_bare(rest[0]) => self.bare = None,
                Within::Nothing => {
                    self.bare.get_or_insert(self.at);
                }
            }
            self.at += step;
        }
    }

    fn open(&mut self, within: Within) {
        self.within = within;
        self.bare = None;
    }
}

fn ends_bare(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b",:[]{}\"".contains(&byte)
}

/// The pieces of a JSON text.
pub(super) fn fit(given: Given<'_>) -> Vec<Piece> {
    let mut lexer = Lexer {
        bytes: given.text.as_bytes(),
        at: 0,
        within: Within::Nothing,
        bare: None,
    };
    let mut pieces = Vec::with_capacity(given.edits.len());
    let mut edit = 0;
    while let Some(token) = given.edits.get(edit) {
        lexer.advance(token.at.start);
        lexer.at = lexer.at.max(token.at.end);
        let value = given.value(edit);
        let form = match (token.how, lexer.within) {
            (How::Raw, _) => value.to_owned(),
            (_, Within::Text) => inside(value),
            (_, Within::Comment) => in_comment(value).replace("*/", "* /"),
            (_, Within::LineComment) => in_comment(value),
            (_, Within::Nothing) => {
                let piece = bare(&given, &lexer, edit);
                lexer.at = piece.at.end;
                lexer.bare = None;
                edit = piece.edits.end;
                pieces.push(piece);
                continue;
            }
        };
        pieces.push(Piece::of_token(&given, edit, form));
        edit += 1;
    }
    pieces
}

/// A literal outside of strings, with all its tokens.
fn bare(given: &Given<'_>, lexer: &Lexer<'_>, first: usize) -> Piece {
    let start = lexer.bare.unwrap_or(given.edits[first].at.start);
    let mut literal = given.text[start..given.edits[first].at.start].to_owned();
    let mut edit = first;
    let mut at = start;
    let mut forms = Vec::new();
    loop {
        if let Some(token) = given.edits.get(edit).filter(|token| {
            let first_token = edit == first;
            first_token || token.at.start == at
        }) {
            literal.push_str(given.value(edit));
            forms.push(inside(given.value(edit)));
            at = token.at.end;
            edit += 1;
            continue;
        }
        match given.text[at..].chars().next() {
            Some(c) if !c.is_whitespace() && !",:[]{}\"".contains(c) => {
                literal.push(c);
                at += c.len_utf8();
            }
            _ => break,
        }
    }
    let text = if is_literal(&literal) {
        literal
    } else {
        format!("\"{}\"", inside(&literal))
    };
    Piece {
        at: start..at,
        text,
        edits: first..edit,
        forms,
    }
}

/// Whether a text is a number or boolean of JSON that everybody prints alike.
fn is_literal(text: &str) -> bool {
    if matches!(text, "true" | "false") {
        return true;
    }
    let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let exact = text
        .parse::<i64>()
        .map_or(true, |number| number.unsigned_abs() <= MOST_EXACT);
    is_number
        && exact
        && serde_json::from_str::<serde_json::Number>(text).is_ok()
        && stays_plain(text, Reader::Kubernetes)
}

/// The inside of a JSON string.
pub(super) fn inside(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // YAML readers take JSON, too, and refuse these.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                // Writing to a text cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}
