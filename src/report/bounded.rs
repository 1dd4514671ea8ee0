//! Text that has to fit into so many UTF-16 units, cut at whole rows.

/// A text that grows row by row until it is full.
pub(super) struct Bounded {
    text: String,
    left: usize,
}

impl Bounded {
    /// At most `limit` UTF-16 units, which is what the hosts count.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            left: limit,
        }
    }

    /// Adds a row, unless it does not fit.
    pub(super) fn push(&mut self, row: &str) -> bool {
        self.push_keeping(row, 0)
    }

    /// Adds a row, unless fewer than `kept` units would be left then.
    pub(super) fn push_keeping(&mut self, row: &str, kept: usize) -> bool {
        let size = units(row);
        if size + kept > self.left {
            return false;
        }
        self.left -= size;
        self.text.push_str(row);
        true
    }

    /// Adds as much of a text as fits when `kept` units are left, with `…` for
    /// the rest.
    pub(super) fn push_cut(&mut self, text: &str, kept: usize) {
        if self.push_keeping(text, kept) {
            return;
        }
        let mut room = self.left.saturating_sub(kept + 1);
        let fits = |c: &char| {
            let fits = c.len_utf16() <= room;
            room = room.saturating_sub(c.len_utf16());
            fits
        };
        let start: String = text.chars().take_while(fits).collect();
        self.push_keeping(&format!("{start}…"), kept);
    }

    /// How many units are left.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// The text.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// The length of a text in UTF-16 units.
pub(super) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}
