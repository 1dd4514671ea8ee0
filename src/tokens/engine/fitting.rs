//! Values that go into a YAML or JSON file.
//!
//! Owns what becomes of the edits of such a file: by our own rules each value is
//! written so that it is read as it is; the other levels keep their bytes and
//! are told what will be misread.

use std::borrow::Cow;
use std::sync::Arc;

use super::super::cursor::Cursor;
use super::super::error::{Error, Place};
use super::super::fit::{self, Format, Given, Misfit};
use super::super::options::Level;
use super::super::outcome::Message;
use super::{Edit, Edits, Engine, FileName};

impl Engine<'_> {
    /// Fits the edits into the file; `secret` are those with secret values.
    pub(super) fn fit(
        &self,
        format: Format,
        name: FileName<'_>,
        text: &[u8],
        edits: &mut Edits,
        secret: &[usize],
    ) -> Result<(), Error> {
        let bytes = text;
        let text = readable(bytes);
        let given = Given {
            name: name.output.unwrap_or(name.input),
            text: &text,
            edits: &edits.list,
            values: &edits.values,
            auto_indent: self.options.auto_indent,
        };
        let fitted = fit::fit(format, given);
        if !self.options.compatibility.is_own() {
            edits.misread = misread(name, &text, edits, fitted);
            return Ok(());
        }
        let fitted = fitted.and_then(|pieces| keep_bytes(bytes, pieces));
        let pieces = fitted.map_err(|misfit| {
            let token = &edits.list[misfit.edit].at;
            let (line, column) = Cursor::new(text.as_bytes()).place(token.start);
            Error::Misfit {
                place: Place {
                    file: name.input.to_owned(),
                    line,
                    column,
                },
                token: text[token.clone()].to_owned(),
                reason: misfit.reason,
            }
        })?;
        for edit in secret {
            let at = pieces.partition_point(|piece| piece.edits.end <= *edit);
            if let Some(form) = pieces[at].forms.get(edit - pieces[at].edits.start) {
                self.secrets.add(form);
            }
        }
        let mut values = String::with_capacity(edits.values.len());
        let list = pieces.into_iter().map(|piece| {
            let start = values.len();
            values.push_str(&piece.text);
            Edit {
                at: piece.at,
                value: start..values.len(),
                how: edits.list[piece.edits.start].how,
            }
        });
        edits.list = list.collect();
        edits.values = values;
        Ok(())
    }
}

/// The text with every byte that is no UTF-8 as a letter, in its place: such a
/// byte is part of a word in any code page.
fn readable(text: &[u8]) -> Cow<'_, str> {
    let mut valid = String::new();
    for chunk in text.utf8_chunks() {
        if chunk.invalid().is_empty() && valid.is_empty() {
            return Cow::Borrowed(chunk.valid());
        }
        valid.push_str(chunk.valid());
        valid.extend(chunk.invalid().iter().map(|_| 'x'));
    }
    Cow::Owned(valid)
}

/// Refuses to write text anew that is in no known encoding.
fn keep_bytes(bytes: &[u8], pieces: Vec<fit::Piece>) -> Result<Vec<fit::Piece>, Misfit> {
    let lost = |piece: &&fit::Piece| std::str::from_utf8(&bytes[piece.at.clone()]).is_err();
    match pieces.iter().find(lost) {
        Some(piece) => Err(Misfit {
            edit: piece.edits.start,
            reason: fit::Reason::Structure,
        }),
        None => Ok(pieces),
    }
}

/// What the next reader will not take for the text that was put in.
fn misread(
    name: FileName<'_>,
    text: &str,
    edits: &Edits,
    fitted: Result<Vec<fit::Piece>, Misfit>,
) -> Vec<Message> {
    let mut cursor = Cursor::new(text.as_bytes());
    let mut warning = |edit: &Edit, said: String| {
        let (line, column) = cursor.place(edit.at.start);
        Message {
            level: Level::Warn,
            file: Some(Arc::from(name.input)),
            line,
            column,
            text: said,
        }
    };
    match fitted {
        Ok(pieces) => {
            let other = |piece: &&fit::Piece| {
                let first = &edits.list[piece.edits.start];
                piece.at != first.at || piece.text != edits.values[first.value.clone()]
            };
            let changed = pieces.iter().filter(other);
            changed
                .map(|piece| {
                    let edit = &edits.list[piece.edits.start];
                    let token = &text[edit.at.clone()];
                    warning(edit, format!("the value of {token} is not read back as the text that was inserted; without `compatibility` it would be quoted or escaped"))
                })
                .collect()
        }
        Err(misfit) => {
            let edit = &edits.list[misfit.edit];
            let token = &text[edit.at.clone()];
            let reason = misfit.reason;
            vec![warning(edit, format!("{token}: {reason}"))]
        }
    }
}
