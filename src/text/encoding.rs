//! Text encodings by name: reading, writing, byte order marks.
//!
//! Owns the list of names and the difference between strict and lossy
//! conversion. Knows nothing about tokens or files.

use encoding_rs::Encoding as Page;

/// A way to turn bytes into text and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// UTF-8.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// UTF-16 in the order that the mark or the text itself shows; written low
    /// byte first.
    Utf16,
    /// UTF-32 likewise.
    Utf32,
    /// UTF-32, low byte first.
    Utf32Le,
    /// UTF-32, high byte first.
    Utf32Be,
    /// UTF-7 (RFC 2152).
    Utf7,
    /// Seven-bit ASCII.
    Ascii,
    /// ISO-8859-1, all 256 bytes as they are numbered.
    Latin1,
    /// A code page of the WHATWG Encoding Standard.
    Page(&'static Page),
}

/// Where a conversion stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// Offset of the first byte that is no text in the encoding.
    pub offset: usize,
}

/// A character that an encoding has no bytes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unencodable(pub char);

impl Codec {
    /// Looks a name up, without regard to case, blanks, `-` and `_`. Knows the
    /// names of iconv, of the WHATWG standard, and of .NET (`Unicode`,
    /// `BigEndianUnicode`).
    pub fn by_name(name: &str) -> Option<Self> {
        let plain: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        Some(match plain.as_str() {
            "utf8" | "unicode11utf8" | "cesu8" => Self::Utf8,
            "utf16" => Self::Utf16,
            "utf32" => Self::Utf32,
            "utf16le" | "ucs2" | "unicode" => Self::Utf16Le,
            "utf16be" | "bigendianunicode" => Self::Utf16Be,
            "utf32le" | "ucs4le" | "ucs4" => Self::Utf32Le,
            "utf32be" | "ucs4be" => Self::Utf32Be,
            "utf7" => Self::Utf7,
            "ascii" | "usascii" | "ansix341968" => Self::Ascii,
            "iso88591" | "latin1" | "88591" | "isoir100" | "binary" => Self::Latin1,
            _ => Self::Page(page(name, &plain)?),
        })
    }

    /// The name to show.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Utf16 => "utf-16",
            Self::Utf32 => "utf-32",
            Self::Utf32Le => "utf-32le",
            Self::Utf32Be => "utf-32be",
            Self::Utf7 => "utf-7",
            Self::Ascii => "ascii",
            Self::Latin1 => "iso88591",
            Self::Page(page) => page.name(),
        }
    }

    /// The byte order mark, empty where the encoding has none.
    pub fn bom(self) -> &'static [u8] {
        match self {
            Self::Utf8 => b"\xef\xbb\xbf",
            Self::Utf16 | Self::Utf16Le => b"\xff\xfe",
            Self::Utf16Be => b"\xfe\xff",
            Self::Utf32 | Self::Utf32Le => b"\xff\xfe\0\0",
            Self::Utf32Be => b"\0\0\xfe\xff",
            _ => b"",
        }
    }

    /// The encoding that a byte order mark at the start of `bytes` announces.
    pub fn by_bom(bytes: &[u8]) -> Option<Self> {
        // UTF-32 first: its mark begins with that of UTF-16.
        [
            Self::Utf32Le,
            Self::Utf32Be,
            Self::Utf8,
            Self::Utf16Le,
            Self::Utf16Be,
        ]
        .into_iter()
        .find(|codec| bytes.starts_with(codec.bom()))
    }

    /// The order of bytes where the name leaves it open: by the mark, else by
    /// where the zeros of ASCII characters are, as iconv-lite does it.
    #[must_use]
    pub fn sensed(self, bytes: &[u8]) -> Self {
        let (width, little, big) = match self {
            Self::Utf16 => (2, Self::Utf16Le, Self::Utf16Be),
            Self::Utf32 => (4, Self::Utf32Le, Self::Utf32Be),
            _ => return self,
        };
        if bytes.starts_with(big.bom()) {
            return big;
        }
        if bytes.starts_with(little.bom()) {
            return little;
        }
        let units = || bytes.chunks_exact(width);
        let zeros = |unit: &[u8]| unit.iter().all(|byte| *byte == 0);
        let ascii_low = units()
            .filter(|unit| unit[0] != 0 && zeros(&unit[1..]))
            .count();
        let ascii_high = units()
            .filter(|unit| unit[width - 1] != 0 && zeros(&unit[..width - 1]))
            .count();
        if ascii_high > ascii_low { big } else { little }
    }

    /// Reads `bytes` (without byte order mark); refuses anything that would
    /// not be written back as the same bytes.
    pub fn decode(self, bytes: &[u8]) -> Result<String, Malformed> {
        let text = self.decode_lossy(bytes);
        let same = match self {
            Self::Utf8 => {
                return String::from_utf8(bytes.to_vec()).map_err(|e| Malformed {
                    offset: e.utf8_error().valid_up_to(),
                });
            }
            _ => self.encode(&text),
        };
        match same {
            Ok(again) if again == bytes => Ok(text),
            Ok(again) => Err(Malformed {
                offset: again.iter().zip(bytes).take_while(|(a, b)| a == b).count(),
            }),
            Err(_) => Err(Malformed {
                offset: self.first_bad(bytes),
            }),
        }
    }

    /// The first byte from which on the bytes are not text.
    fn first_bad(self, bytes: &[u8]) -> usize {
        let good = self.decode_lossy(bytes);
        let before = good.find('\u{fffd}').unwrap_or(good.len());
        self.encode_lossy(&good[..before]).len()
    }

    /// Reads `bytes`; what is no text becomes U+FFFD.
    pub fn decode_lossy(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Utf16 | Self::Utf16Le => utf16(bytes, u16::from_le_bytes),
            Self::Utf16Be => utf16(bytes, u16::from_be_bytes),
            Self::Utf32 | Self::Utf32Le => utf32(bytes, u32::from_le_bytes),
            Self::Utf32Be => utf32(bytes, u32::from_be_bytes),
            Self::Utf7 => super::utf7::decode(bytes),
            Self::Ascii => bytes
                .iter()
                .map(|b| {
                    if b.is_ascii() {
                        char::from(*b)
                    } else {
                        '\u{fffd}'
                    }
                })
                .collect(),
            Self::Latin1 => bytes.iter().map(|b| char::from(*b)).collect(),
            Self::Page(page) => page.decode_without_bom_handling(bytes).0.into_owned(),
        }
    }

    /// Writes `text`; names the first character that cannot be written.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, Unencodable> {
        match self {
            Self::Ascii => narrow(text, 0x7f),
            Self::Latin1 => narrow(text, 0xff),
            Self::Page(page) => {
                let (bytes, _, unmappable) = page.encode(text);
                if unmappable {
                    let bad = text
                        .chars()
                        .find(|c| page.encode(c.encode_utf8(&mut [0; 4])).2);
                    return Err(Unencodable(bad.unwrap_or('\u{fffd}')));
                }
                Ok(bytes.into_owned())
            }
            _ => Ok(self.encode_lossy(text)),
        }
    }

    /// Writes `text` the way iconv does: one `?` for each UTF-16 unit that
    /// the encoding lacks; U+FFFD becomes 0xFF in ASCII.
    pub fn encode_lossy(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf16 | Self::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::Utf32 | Self::Utf32Le => text
                .chars()
                .flat_map(|c| u32::from(c).to_le_bytes())
                .collect(),
            Self::Utf32Be => text
                .chars()
                .flat_map(|c| u32::from(c).to_be_bytes())
                .collect(),
            Self::Utf7 => super::utf7::encode(text),
            Self::Ascii => narrow_lossy(text, 0x7f),
            Self::Latin1 => narrow_lossy(text, 0xff),
            Self::Page(page) => page_lossy(page, text),
        }
    }
}

/// A code page by any of the ways its name is written.
fn page(name: &str, plain: &str) -> Option<&'static Page> {
    if matches!(
        plain,
        "utf16" | "utf16le" | "utf16be" | "replacement" | "xuserdefined"
    ) {
        return None;
    }
    let digits: &str = plain.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let spellings = [
        name.trim().to_owned(),
        plain.to_owned(),
        format!("windows-{digits}"),
        format!("ibm{digits}"),
        plain.replace("iso8859", "iso-8859-"),
        plain.replace("koi8", "koi8-"),
    ];
    let known = match plain {
        "macroman" | "macintosh" => "macintosh",
        "sjis" | "shiftjis" | "cp932" | "932" => "shift_jis",
        "cp936" | "936" => "gbk",
        "cp949" | "949" => "euc-kr",
        "cp950" | "950" => "big5",
        _ => "",
    };
    std::iter::once(known)
        .chain(spellings.iter().map(String::as_str))
        .filter(|label| !label.is_empty())
        .find_map(|label| Page::for_label_no_replacement(label.as_bytes()))
        .filter(|page| page.output_encoding() == *page)
}

/// UTF-16 units; an odd last byte and lone surrogates become U+FFFD.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text: String = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .map(|c| c.unwrap_or('\u{fffd}'))
        .collect();
    if !rest.is_empty() {
        text.push('\u{fffd}');
    }
    text
}

/// UTF-32 units; anything that is no scalar value becomes U+FFFD.
fn utf32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> String {
    let (quads, rest) = bytes.as_chunks::<4>();
    let mut text: String = quads
        .iter()
        .map(|quad| char::from_u32(unit(*quad)).unwrap_or('\u{fffd}'))
        .collect();
    if !rest.is_empty() {
        text.push('\u{fffd}');
    }
    text
}

/// One byte for each character up to `last`.
fn narrow(text: &str, last: u32) -> Result<Vec<u8>, Unencodable> {
    text.chars()
        .map(|c| match u8::try_from(u32::from(c)) {
            Ok(byte) if u32::from(byte) <= last => Ok(byte),
            _ => Err(Unencodable(c)),
        })
        .collect()
}

/// One byte for each character up to `last`, `?` for the others.
fn narrow_lossy(text: &str, last: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u8::try_from(u32::from(c)) {
            Ok(byte) if u32::from(byte) <= last => bytes.push(byte),
            _ if c == '\u{fffd}' && last == 0x7f => bytes.push(0xff),
            _ => bytes.extend(std::iter::repeat_n(b'?', c.len_utf16())),
        }
    }
    bytes
}

/// A code page with `?` for what it lacks.
fn page_lossy(page: &'static Page, text: &str) -> Vec<u8> {
    let (bytes, _, unmappable) = page.encode(text);
    if !unmappable {
        return bytes.into_owned();
    }
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() || !page.encode(c.encode_utf8(&mut [0; 4])).2 {
            kept.push(c);
        } else {
            kept.extend(std::iter::repeat_n('?', c.len_utf16()));
        }
    }
    page.encode(&kept).0.into_owned()
}

#[cfg(test)]
mod tests;
