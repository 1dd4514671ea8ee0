//! The encoding of a file by our own rules.
//!
//! Owns what counts more, a mark or a name, and the look for tokens in another
//! encoding than the one that was chosen.

use crate::text::encoding::Codec;

use super::bytes::place;
use super::engine::{Engine, FileName};
use super::error::Error;

/// The encoding of a file by our own rules: a mark decides, then what was asked
/// for, in the order of bytes that the file shows.
pub(super) fn own_codec(named: Option<Codec>, bytes: &[u8]) -> Option<Codec> {
    let marked = Codec::by_bom(bytes);
    // The mark of UTF-32 is that of UTF-16 and a zero.
    if named == Some(Codec::Utf16Le) && bytes.starts_with(Codec::Utf16Le.bom()) {
        return named;
    }
    marked.or(named.map(|codec| codec.sensed(bytes)))
}

impl Engine<'_> {
    /// Refuses a file without tokens in the encoding that it was read in, but
    /// with tokens in another: nothing would be replaced, and nobody told.
    pub(super) fn refuse_other_encoding(
        &self,
        name: &FileName<'_>,
        bytes: &[u8],
        codec: Option<Codec>,
    ) -> Result<(), Error> {
        let chosen = codec.unwrap_or(Codec::Utf8);
        let is_wide = |codec| {
            matches!(
                codec,
                Codec::Utf16Le | Codec::Utf16Be | Codec::Utf32Le | Codec::Utf32Be
            )
        };
        // ASCII in UTF-16 and UTF-32 has zeros, and is the same everywhere else.
        if memchr::memchr(0, bytes).is_none() && !is_wide(chosen) {
            return Ok(());
        }
        let read = |codec: Codec| {
            let body = bytes.strip_prefix(codec.bom()).unwrap_or(bytes);
            codec.decode_lossy(body)
        };
        if self.first_token(read(chosen).as_bytes()).is_some() {
            return Ok(());
        }
        let others = [
            Codec::Utf8,
            Codec::Utf16Le,
            Codec::Utf16Be,
            Codec::Utf32Le,
            Codec::Utf32Be,
        ];
        for other in others.into_iter().filter(|other| *other != chosen) {
            let prefix = other.encode_lossy(&self.options.delimiters.prefix);
            if memchr::memmem::find(bytes, &prefix).is_none() {
                continue;
            }
            let text = read(other);
            // A program holds text of every kind: it is no text as a whole.
            let is_text = !text.contains(['\0', '\u{fffd}']);
            if let Some(token) = self.first_token(text.as_bytes()).filter(|_| is_text) {
                return Err(Error::OtherEncoding {
                    place: place(name, text.as_bytes(), token.start),
                    token: text[token].to_owned(),
                    encoding: chosen.name(),
                    other: other.name(),
                });
            }
        }
        Ok(())
    }
}
