//! How much of a value is written down. Owns the cutting of texts.

use crate::value::Value;

/// So many characters of a text are shown.
const WIDTH: usize = 1_000;

/// The last boundary of a character that is not after `at`.
pub(super) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

pub(super) fn cut_text(text: &str, cut: &mut bool) -> String {
    match text.char_indices().nth(WIDTH) {
        Some((at, _)) => {
            *cut = true;
            format!("{}… ({} bytes more)", &text[..at], text.len() - at)
        }
        None => text.to_owned(),
    }
}

pub(super) fn take(room: &mut usize, cut: &mut bool) -> bool {
    *cut |= *room == 0;
    let some = *room > 0;
    *room = room.saturating_sub(1);
    some
}

/// A value as bytes to hash.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::Str(text) => text.clone(),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}
