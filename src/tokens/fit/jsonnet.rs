//! Values in Jsonnet programs.
//!
//! Owns where a token stands there: in a text of one of the
//! [five forms](https://jsonnet.org/ref/spec.html#lexing), in a comment, or in
//! code, where only a number or a word goes in.

use super::write::in_comment;
use super::{Given, How, Misfit, Piece, Reason, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Code,
    LineComment,
    Comment,
    /// A text between these quotes.
    Text(u8),
    /// A text between these quotes in which a backslash is itself (`@'…'`).
    Verbatim(u8),
    /// A text of lines (`|||`); whether its first one has begun.
    Block {
        has_begun: bool,
    },
}

/// One pass over the text.
struct Lexer<'t> {
    bytes: &'t [u8],
    at: usize,
    within: Within,
    /// The byte before is a backslash that is not escaped itself.
    escapes: bool,
}

impl Lexer<'_> {
    /// Goes on to `end`.
    fn advance(&mut self, end: usize) {
        while self.at < end {
            let rest = &self.bytes[self.at..];
            let mut step = 1;
            let escaped = std::mem::take(&mut self.escapes);
            match self.within {
                Within::Code => {
                    let (within, taken) = opened(rest);
                    (self.within, step) = (within, taken);
                }
                Within::LineComment if rest[0] == b'\n' => self.within = Within::Code,
                Within::Comment if rest.starts_with(b"*/") => {
                    (self.within, step) = (Within::Code, 2);
                }
                Within::Text(_) if escaped => {}
                Within::Text(_) if rest[0] == b'\\' => self.escapes = true,
                Within::Verbatim(quote) if rest.starts_with(&[quote, quote]) => step = 2,
                Within::Text(quote) | Within::Verbatim(quote) if rest[0] == quote => {
                    self.within = Within::Code;
                }
                Within::Block { .. } if rest.starts_with(b"|||") && self.begins_line() => {
                    (self.within, step) = (Within::Code, 3);
                }
                Within::Block { has_begun: false } if self.line_so_far().is_some() => {
                    let has_begun = !rest[0].is_ascii_whitespace();
                    self.within = Within::Block { has_begun };
                }
                _ => {}
            }
            self.at += step;
        }
    }

    /// Whether nothing but white space is before this place on its line.
    fn begins_line(&self) -> bool {
        let before = &self.bytes[..self.at];
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        before[start..].iter().all(u8::is_ascii_whitespace)
    }

    /// The indentation of this line, when the block's first line break is past.
    fn line_so_far(&self) -> Option<String> {
        let before = &self.bytes[..self.at];
        let start = memchr::memrchr(b'\n', before)? + 1;
        let opening = before.windows(3).rposition(|three| three == b"|||")?;
        (start > opening).then(|| {
            let white = before[start..]
                .iter()
                .take_while(|byte| b" \t".contains(byte));
            white.map(|byte| char::from(*byte)).collect()
        })
    }
}

/// What begins at this place of the code, and its length.
fn opened(rest: &[u8]) -> (Within, usize) {
    match rest {
        [b'#', ..] => (Within::LineComment, 1),
        [b'/', b'/', ..] => (Within::LineComment, 2),
        [b'/', b'*', ..] => (Within::Comment, 2),
        [b'@', quote @ (b'"' | b'\''), ..] => (Within::Verbatim(*quote), 2),
        [b'|', b'|', b'|', ..] => (Within::Block { has_begun: false }, 3),
        [quote @ (b'"' | b'\''), ..] => (Within::Text(*quote), 1),
        _ => (Within::Code, 1),
    }
}

/// The pieces of a program.
pub(super) fn fit(given: Given<'_>) -> Result<Vec<Piece>, Misfit> {
    let mut lexer = Lexer {
        bytes: given.text.as_bytes(),
        at: 0,
        within: Within::Code,
        escapes: false,
    };
    let mut pieces = Vec::with_capacity(given.edits.len());
    for (edit, token) in given.edits.iter().enumerate() {
        lexer.advance(token.at.start);
        lexer.at = lexer.at.max(token.at.end);
        let value = given.value(edit);
        let form = match token.how {
            How::Raw | How::Kept => Ok(value.to_owned()),
            _ => form(&lexer, value, token.at.start),
        };
        if let Within::Block { has_begun } = &mut lexer.within {
            *has_begun = true;
        }
        lexer.escapes = false;
        let form = form.map_err(|reason| Misfit { edit, reason })?;
        pieces.push(Piece::of_token(&given, edit, form));
    }
    Ok(pieces)
}

/// How a value is written at the place that was reached.
fn form(lexer: &Lexer<'_>, value: &str, start: usize) -> Result<String, Reason> {
    match lexer.within {
        Within::LineComment => Ok(in_comment(value)),
        Within::Comment => Ok(in_comment(value).replace("*/", "* /")),
        Within::Text(_) if lexer.escapes => Err(Reason::Structure),
        Within::Text(quote) => {
            let text = json::inside(value);
            Ok(match quote {
                b'\'' => text.replace('\'', "\\'"),
                _ => text,
            })
        }
        Within::Verbatim(quote) => {
            let quote = char::from(quote);
            Ok(value.replace(quote, &format!("{quote}{quote}")))
        }
        Within::Block { has_begun } => {
            let before = Lexer {
                at: start,
                ..*lexer
            };
            let indent = before.line_so_far().ok_or(Reason::Code)?;
            // The first line tells how far the text is indented.
            let is_told = has_begun || value.starts_with(|c: char| !c.is_whitespace());
            if !is_told || value.contains('\r') {
                return Err(Reason::Structure);
            }
            Ok(value.replace('\n', &format!("\n{indent}")))
        }
        Within::Code => {
            let is_word = value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let is_number = || serde_json::from_str::<serde_json::Number>(value).is_ok();
            if !value.is_empty() && (is_word || is_number()) {
                Ok(value.to_owned())
            } else {
                Err(Reason::Code)
            }
        }
    }
}
