//! From the bytes of one file to its new bytes.
//!
//! Owns encodings and byte order marks. Bytes around tokens are kept: a UTF-8
//! file is never copied, only its edits are recorded, so that a large file
//! costs little more than itself.

use std::io::{self, Write};

use crate::text::encoding::Codec;

use super::chosen::own_codec;
use super::cursor::Cursor;
use super::detect;
use super::engine::{Edit, Edits, Engine, FileName};
use super::error::{Error, Place};
use super::options::{Bom, Options};
use super::outcome::{Counters, Message};
use super::variables::Variables;

/// What one file became.
#[derive(Debug)]
pub struct Replaced {
    /// The new content.
    pub content: Content,
    /// What was counted.
    pub counters: Counters,
    /// What is to be told.
    pub messages: Vec<Message>,
    /// Values that are not read as the text that they are, at the levels that
    /// put them in all the same.
    pub misread: Vec<Message>,
    /// The encoding that the file was read in.
    pub encoding: &'static str,
}

/// The content of a file, as it was or new.
#[derive(Debug)]
pub struct Content(Form);

#[derive(Debug)]
enum Form {
    /// As it was.
    Same(Vec<u8>),
    /// Rewritten as a whole.
    Whole(Vec<u8>),
    /// The old bytes from `skip` on, with edits, behind a byte order mark.
    Patched {
        source: Vec<u8>,
        skip: usize,
        bom: &'static [u8],
        edits: Vec<Edit>,
        values: Vec<u8>,
    },
}

impl Content {
    /// Whether the file was written anew.
    pub fn is_changed(&self) -> bool {
        !matches!(self.0, Form::Same(_))
    }

    /// About how many bytes there are.
    pub(super) fn size_hint(&self) -> usize {
        match &self.0 {
            Form::Same(bytes) | Form::Whole(bytes) => bytes.len(),
            Form::Patched { source, values, .. } => source.len() + values.len(),
        }
    }

    /// Writes all of it.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        match &self.0 {
            Form::Same(bytes) | Form::Whole(bytes) => out.write_all(bytes),
            Form::Patched {
                source,
                skip,
                bom,
                edits,
                values,
            } => {
                out.write_all(bom)?;
                let mut at = *skip;
                for edit in edits {
                    out.write_all(&source[at..skip + edit.at.start])?;
                    out.write_all(&values[edit.value.clone()])?;
                    at = skip + edit.at.end;
                }
                out.write_all(&source[at..])
            }
        }
    }

    /// All of it in one piece.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to memory cannot fail.
        let _ = self.write_to(&mut bytes);
        bytes
    }

    /// All of it in one piece, without a copy where there is one already.
    pub fn into_bytes(self) -> Vec<u8> {
        match self.0 {
            Form::Same(bytes) | Form::Whole(bytes) => bytes,
            Form::Patched { .. } => self.to_bytes(),
        }
    }
}

/// Replaces the tokens of a text.
pub fn replace_text(
    options: &Options,
    variables: &Variables,
    name: FileName<'_>,
    text: &str,
) -> Result<(String, Counters, Vec<Message>), Error> {
    let engine = Engine::new(options, variables)?;
    let mut edits = engine.edits(name, text.as_bytes())?;
    edits.counters.files = 1;
    let replaced = apply(text, &edits);
    Ok((replaced, edits.counters, edits.messages))
}

/// Replaces the tokens of a file's bytes.
pub fn replace_bytes(
    options: &Options,
    variables: &Variables,
    name: FileName<'_>,
    bytes: Vec<u8>,
) -> Result<Replaced, Error> {
    Engine::new(options, variables)?.replace(name, bytes)
}

impl Engine<'_> {
    /// Replaces the tokens of a file's bytes.
    pub fn replace(&self, name: FileName<'_>, bytes: Vec<u8>) -> Result<Replaced, Error> {
        let mut replaced = if self.options.compatibility.is_own() {
            self.replace_own(name, bytes)?
        } else {
            self.replace_as_before(name, bytes)?
        };
        replaced.counters.files = 1;
        Ok(replaced)
    }

    /// By our own rules: no byte outside a token changes, nothing is guessed.
    fn replace_own(&self, name: FileName<'_>, bytes: Vec<u8>) -> Result<Replaced, Error> {
        let codec = own_codec(self.options.encoding, &bytes);
        let skip = bom_length(&bytes, codec);
        self.refuse_other_encoding(&name, &bytes, codec)?;
        if !matches!(codec, None | Some(Codec::Utf8)) {
            return self.replace_whole(name, bytes, codec.unwrap_or(Codec::Utf8), skip);
        }
        let text = &bytes[skip..];
        let edits = self.edits(name, text)?;
        if !edits.list.is_empty() {
            let guess = codec.is_none();
            check_text(&name, text, &edits, guess)?;
        }
        let bom = self.bom_to_write(Codec::Utf8, skip > 0);
        Ok(patched(
            bytes,
            skip,
            bom,
            edits,
            codec.map_or("utf-8", Codec::name),
        ))
    }

    /// Through a decoded text, without losing a byte.
    fn replace_whole(
        &self,
        name: FileName<'_>,
        bytes: Vec<u8>,
        codec: Codec,
        skip: usize,
    ) -> Result<Replaced, Error> {
        let text = match codec.decode(&bytes[skip..]) {
            Ok(text) => text,
            Err(malformed) => {
                let lossy = codec.decode_lossy(&bytes[skip..]);
                let Some(token) = self.first_token(lossy.as_bytes()) else {
                    return Ok(same(bytes, Edits::default(), codec.name()));
                };
                return Err(Error::NotText {
                    place: place(&name, lossy.as_bytes(), token.start),
                    encoding: codec.name(),
                    offset: skip + malformed.offset,
                });
            }
        };
        let edits = self.edits(name, text.as_bytes())?;
        if edits.list.is_empty() {
            return Ok(same(bytes, edits, codec.name()));
        }
        for edit in &edits.list {
            if let Err(bad) = codec.encode(&edits.values[edit.value.clone()]) {
                return Err(Error::Unencodable {
                    place: place(&name, text.as_bytes(), edit.at.start),
                    token: text[edit.at.clone()].to_owned(),
                    encoding: codec.name(),
                    character: bad.0,
                });
            }
        }
        let mut out = self.bom_to_write(codec, skip > 0).to_vec();
        out.extend(codec.encode_lossy(&apply(&text, &edits)));
        Ok(whole(out, edits, codec.name()))
    }

    /// By the rules of versions 3 to 6, losses included.
    fn replace_as_before(&self, name: FileName<'_>, bytes: Vec<u8>) -> Result<Replaced, Error> {
        let named = self
            .options
            .encoding
            .unwrap_or_else(|| detect::as_before(&bytes));
        // Read in the order that the file shows, and written low byte first.
        let (codec, written) = (named.sensed(&bytes), named);
        let skip = bom_length(&bytes, Some(codec));
        let bom = self.bom_to_write(written, skip > 0);
        let body = &bytes[skip..];
        let stays = match codec {
            Codec::Utf8 => std::str::from_utf8(body).is_ok(),
            Codec::Ascii => body.is_ascii(),
            _ => false,
        };
        if stays {
            let mut edits = self.edits(name, body)?;
            if edits.counters.tokens == 0 {
                return Ok(same(bytes, edits, codec.name()));
            }
            if codec == Codec::Ascii && !edits.values.is_ascii() {
                narrow_values(&mut edits);
            }
            return Ok(patched(bytes, skip, bom, edits, codec.name()));
        }
        let text = codec.decode_lossy(body);
        let edits = self.edits(name, text.as_bytes())?;
        if edits.counters.tokens == 0 {
            return Ok(same(bytes, edits, codec.name()));
        }
        let mut out = bom.to_vec();
        out.extend(written.encode_lossy(&apply(&text, &edits)));
        Ok(whole(out, edits, codec.name()))
    }

    /// The byte order mark of the output.
    fn bom_to_write(&self, codec: Codec, had_one: bool) -> &'static [u8] {
        match self.options.bom {
            Bom::Add => codec.bom(),
            Bom::Preserve if had_one => codec.bom(),
            _ => b"",
        }
    }
}

/// How long the byte order mark of `codec` at the start of `bytes` is.
fn bom_length(bytes: &[u8], codec: Option<Codec>) -> usize {
    let bom = codec.map_or(&b""[..], Codec::bom);
    if bytes.starts_with(bom) { bom.len() } else { 0 }
}

/// Whether values may be put into bytes that nobody has declared to be text.
fn check_text(name: &FileName<'_>, text: &[u8], edits: &Edits, guess: bool) -> Result<(), Error> {
    let first = edits.list.first().map_or(0, |edit| edit.at.start);
    if guess && let Some(offset) = memchr::memchr(0, text) {
        return Err(Error::NotText {
            place: place(name, text, first),
            encoding: "UTF-8",
            offset,
        });
    }
    let Err(bad) = std::str::from_utf8(text) else {
        return Ok(());
    };
    if !guess {
        return Err(Error::NotText {
            place: place(name, text, first),
            encoding: "utf-8",
            offset: bad.valid_up_to(),
        });
    }
    // Some code page. ASCII is the same in all of them.
    for edit in &edits.list {
        let value = &edits.values[edit.value.clone()];
        if let Some(character) = value.chars().find(|c| !c.is_ascii()) {
            return Err(Error::UnknownEncoding {
                place: place(name, text, edit.at.start),
                token: String::from_utf8_lossy(&text[edit.at.clone()]).into_owned(),
                character,
                offset: bad.valid_up_to(),
            });
        }
    }
    Ok(())
}

pub(super) fn place(name: &FileName<'_>, text: &[u8], offset: usize) -> Place {
    let (line, column) = Cursor::new(text).place(offset);
    Place {
        file: name.input.to_owned(),
        line,
        column,
    }
}

/// Values in ASCII with `?` for everything else.
fn narrow_values(edits: &mut Edits) {
    let mut values = Vec::with_capacity(edits.values.len());
    for edit in &mut edits.list {
        let start = values.len();
        values.extend(Codec::Ascii.encode_lossy(&edits.values[edit.value.clone()]));
        edit.value = start..values.len();
    }
    // ASCII but for U+FFFD, whose byte 0xFF is no UTF-8: `?` is as lost.
    edits.values = values
        .into_iter()
        .map(|byte| {
            if byte.is_ascii() {
                char::from(byte)
            } else {
                '?'
            }
        })
        .collect();
}

/// The edits applied to a text.
fn apply(text: &str, edits: &Edits) -> String {
    let mut out = String::with_capacity(text.len() + edits.values.len());
    let mut at = 0;
    for edit in &edits.list {
        out.push_str(&text[at..edit.at.start]);
        out.push_str(&edits.values[edit.value.clone()]);
        at = edit.at.end;
    }
    out.push_str(&text[at..]);
    out
}

fn same(bytes: Vec<u8>, edits: Edits, encoding: &'static str) -> Replaced {
    Replaced {
        content: Content(Form::Same(bytes)),
        counters: edits.counters,
        messages: edits.messages,
        misread: edits.misread,
        encoding,
    }
}

fn whole(bytes: Vec<u8>, edits: Edits, encoding: &'static str) -> Replaced {
    Replaced {
        content: Content(Form::Whole(bytes)),
        counters: edits.counters,
        messages: edits.messages,
        misread: edits.misread,
        encoding,
    }
}

fn patched(
    source: Vec<u8>,
    skip: usize,
    bom: &'static [u8],
    edits: Edits,
    encoding: &'static str,
) -> Replaced {
    if edits.list.is_empty() && bom == &source[..skip] {
        return same(source, edits, encoding);
    }
    // A mark alone is no reason to touch a file without tokens.
    if edits.counters.tokens == 0 {
        return same(source, edits, encoding);
    }
    Replaced {
        content: Content(Form::Patched {
            source,
            skip,
            bom,
            edits: edits.list,
            values: edits.values.into_bytes(),
        }),
        counters: edits.counters,
        messages: edits.messages,
        misread: edits.misread,
        encoding,
    }
}
