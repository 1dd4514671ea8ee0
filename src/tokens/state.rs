//! What the engine keeps while it goes through one text.
//!
//! Owns places and messages; decides nothing.

use std::ops::Range;
use std::sync::Arc;

use super::cursor::Cursor;
use super::error::{Error, Place};
use super::options::Level;
use super::outcome::{Counters, Message};

/// The state of one text.
pub(super) struct Run<'t> {
    pub(super) file: &'t Arc<str>,
    pub(super) cursor: Cursor<'t>,
    /// The outermost token.
    pub(super) at: Range<usize>,
    pub(super) source: &'t [u8],
    pub(super) counters: Counters,
    pub(super) messages: Vec<Message>,
    /// Upper-cased names and names as written, from the outside in.
    pub(super) path: Vec<(String, String)>,
    pub(super) inner_tokens: u64,
    /// Bytes that expanding and transforming values has written.
    pub(super) work: usize,
    pub(super) key: String,
}

impl Run<'_> {
    pub(super) fn place(&mut self) -> Place {
        let (line, column) = self.cursor.place(self.at.start);
        Place {
            file: self.file.to_string(),
            line,
            column,
        }
    }

    pub(super) fn token(&self) -> String {
        String::from_utf8_lossy(&self.source[self.at.clone()]).into_owned()
    }

    pub(super) fn say(&mut self, level: Level, text: String) {
        if level != Level::Off {
            let (line, column) = self.cursor.place(self.at.start);
            self.messages.push(Message {
                level,
                file: Some(Arc::clone(self.file)),
                line,
                column,
                text,
            });
        }
    }

    pub(super) fn too_much(&mut self, reason: String) -> Error {
        Error::TooMuch {
            place: self.place(),
            token: self.token(),
            reason,
        }
    }
}
