//! Values in a file that is called YAML and is none, such as a template whose
//! actions make up its structure.
//!
//! Owns what can be said of such a file line by line: words go in as they are,
//! text between quotes is escaped, anything else is refused.

use super::super::escape::yaml_text;
use super::read::Unread;
use super::rule::{Reader, stays_plain};
use super::template::Template;
use super::{Given, How, Misfit, Piece, Reason, write};

/// The pieces of a text that could not be read.
pub(super) fn fit(
    given: Given<'_>,
    template: &Template,
    unread: &Unread,
) -> Result<Vec<Piece>, Misfit> {
    let mut pieces = Vec::with_capacity(given.edits.len());
    for edit in 0..given.edits.len() {
        let value = given.value(edit);
        let form = if matches!(given.how(edit), How::Raw | How::Kept) {
            value.to_owned()
        } else {
            form(&given, template, edit).ok_or_else(|| Misfit {
                edit,
                reason: Reason::Unread {
                    line: unread.line,
                    reason: unread.reason.clone(),
                },
            })?
        };
        pieces.push(Piece::of_token(&given, edit, form));
    }
    Ok(pieces)
}

/// One value in the place of its token, if that is safe whatever is around it.
fn form(given: &Given<'_>, template: &Template, edit: usize) -> Option<String> {
    let value = given.value(edit);
    let holes = &template.holes;
    let at = holes.binary_search_by_key(&edit, |hole| hole.edit).ok()?;
    let line = &template.text[..holes[at].at.start];
    let line = &line[line.rfind('\n').map_or(0, |at| at + 1)..];
    match quote(line) {
        Some('"') => Some(yaml_text(value)),
        Some('\'') => write::fits_single(value).then(|| write::single(value)),
        Some(_) => Some(write::in_comment(value)),
        None if value.is_empty() => Some(String::new()),
        None => {
            let is_safe = stays_plain(value, Reader::Kubernetes) && write::fits_plain(value, true);
            let is_part = write::is_word(value) && !line.trim_end().ends_with([':', '-']);
            (is_safe || is_part).then(|| value.to_owned())
        }
    }
}

/// The quote that is open at the end of a line's beginning, `#` in a comment.
fn quote(line: &str) -> Option<char> {
    let mut open = None;
    let mut before = ' ';
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match open {
            Some('"') if c == '\\' => {
                chars.next();
            }
            Some(quote) if c == quote => open = None,
            None if matches!(c, '"' | '\'') && !before.is_alphanumeric() => open = Some(c),
            None if c == '#' && before.is_whitespace() => return Some('#'),
            _ => {}
        }
        before = c;
    }
    open
}
