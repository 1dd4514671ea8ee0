//! Line and column of offsets that only grow.
//!
//! Owns the counting, in one pass over the text however many places are asked
//! for, and only up to the last of them.

/// A place in a text that moves forward.
#[derive(Debug)]
pub(super) struct Cursor<'t> {
    text: &'t [u8],
    offset: usize,
    line: usize,
    line_start: usize,
    /// Characters between the start of the line and the offset.
    characters: usize,
}

impl<'t> Cursor<'t> {
    /// At the start of `text`.
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self {
            text,
            offset: 0,
            line: 1,
            line_start: 0,
            characters: 0,
        }
    }

    /// Line and column, both from 1, of an offset not before the last one.
    pub(super) fn place(&mut self, offset: usize) -> (usize, usize) {
        let passed = &self.text[self.offset..offset];
        for at in memchr::memchr_iter(b'\n', passed) {
            self.line += 1;
            self.line_start = self.offset + at + 1;
            self.characters = 0;
        }
        let counted = self.line_start.max(self.offset);
        self.characters += characters(&self.text[counted..offset]);
        self.offset = offset;
        (self.line, self.characters + 1)
    }

    /// White space as wide as what stands before `offset` on its line: its
    /// own leading blanks and tabs, then blanks. Nothing beyond `most`.
    pub(super) fn padding(&mut self, offset: usize, most: usize) -> String {
        let (_, column) = self.place(offset);
        if column > most {
            return String::new();
        }
        let before = &self.text[self.line_start..offset];
        let own = before.iter().take_while(|b| matches!(b, b' ' | b'\t'));
        let mut padding: String = own.map(|b| char::from(*b)).collect();
        padding.extend(std::iter::repeat_n(' ', column - 1 - padding.len()));
        padding
    }
}

/// How many characters some UTF-8 has.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|b| (**b & 0xc0) != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let text = "ab\r\nécd\n\n  x\ty".as_bytes();
        let mut cursor = Cursor::new(text);
        assert_eq!(cursor.place(0), (1, 1));
        assert_eq!(cursor.place(1), (1, 2));
        assert_eq!(cursor.place(6), (2, 2));
        assert_eq!(cursor.place(9), (3, 1));
        assert_eq!(cursor.place(12), (4, 3));
        assert_eq!(cursor.padding(14, 80), "    ");
        assert_eq!(cursor.padding(14, 2), "");
    }
}
