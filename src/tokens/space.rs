//! White space as token files have always known it.
//!
//! The set is that of JavaScript's `\s`, not Rust's: it has U+FEFF and lacks
//! U+0085. It decides where names begin and end.

/// Whether `c` is white space.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}'
        | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}')
}

/// `text` without white space on both sides.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// White space at the start of some bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// How many bytes.
    pub(super) length: usize,
    /// Whether a line break is among them.
    pub(super) has_break: bool,
    /// Whether they begin with a line break.
    pub(super) breaks_at_once: bool,
}

/// Whether a byte can begin a white space character in UTF-8.
pub(super) fn may_be_space(byte: u8) -> bool {
    matches!(
        byte,
        b'\t'..=b'\r' | b' ' | 0xc2 | 0xe1 | 0xe2 | 0xe3 | 0xef
    )
}

/// The white space at the start of `bytes`.
pub(super) fn space_run(bytes: &[u8]) -> Run {
    let mut run = Run::default();
    loop {
        let (length, is_break) = match &bytes[run.length..] {
            [b'\n' | b'\r', ..] => (1, true),
            [b'\t'..=b'\r' | b' ', ..] => (1, false),
            [0xc2, 0xa0, ..] => (2, false),
            [0xe2, 0x80, 0xa8 | 0xa9, ..] => (3, true),
            [0xe1, 0x9a, 0x80, ..]
            | [0xe2, 0x80, 0x80..=0x8a | 0xaf, ..]
            | [0xe2, 0x81, 0x9f, ..]
            | [0xe3, 0x80, 0x80, ..]
            | [0xef, 0xbb, 0xbf, ..] => (3, false),
            _ => return run,
        };
        run.breaks_at_once |= is_break && run.length == 0;
        run.has_break |= is_break;
        run.length += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_characters_agree_on_every_character() {
        for c in ('\0'..='\u{ffff}').chain(['😀']) {
            let mut buffer = [0; 4];
            let bytes = c.encode_utf8(&mut buffer).as_bytes();
            let expected = if is_space(c) { bytes.len() } else { 0 };
            assert_eq!(space_run(bytes).length, expected, "{c:?}");
            assert!(may_be_space(bytes[0]) || !is_space(c), "{c:?}");
        }
    }
}
