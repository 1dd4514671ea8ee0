//! Which encoding versions 3 to 6 would have taken a file for.
//!
//! Owns an approximation of their guess, used only at their levels: marks and
//! UTF-8 are certain, other 8-bit text is windows-1252 when it looks like it,
//! and ASCII otherwise (which loses the other bytes, as it did there).

use crate::text::encoding::Codec;

/// The encoding by the rules of the old versions.
pub(super) fn as_before(bytes: &[u8]) -> Codec {
    if bytes.is_ascii() {
        return Codec::Ascii;
    }
    match Codec::by_bom(bytes) {
        Some(Codec::Utf32Le | Codec::Utf32Be) => return Codec::Ascii,
        Some(codec) => return codec,
        None => {}
    }
    if std::str::from_utf8(bytes).is_ok() {
        return Codec::Utf8;
    }
    if looks_western(bytes) {
        Codec::Page(encoding_rs::WINDOWS_1252)
    } else {
        Codec::Ascii
    }
}

/// Whether the bytes are plausible windows-1252: no unassigned byte, and
/// hardly any pair that Western languages do not write, such as an accented
/// capital behind a small letter (which `ß` counts as).
fn looks_western(bytes: &[u8]) -> bool {
    if bytes
        .iter()
        .any(|b| matches!(b, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d))
    {
        return false;
    }
    let small = |b: u8| b.is_ascii_lowercase() || b >= 0xe0;
    let accented_vowel = |b: u8| matches!(b, 0xe0..=0xe5 | 0xe8..=0xef | 0xf2..=0xf6 | 0xf9..=0xfc);
    let unlikely = bytes
        .windows(2)
        .filter(|pair| {
            let [before, after] = [pair[0], pair[1]];
            (small(before) && (0xc0..=0xdf).contains(&after))
                || (accented_vowel(before) && accented_vowel(after))
        })
        .count();
    unlikely * 20 < bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(b"plain", Codec::Ascii)]
    #[case(b"\xef\xbb\xbfx", Codec::Utf8)]
    #[case("é".as_bytes(), Codec::Utf8)]
    #[case(b"\xff\xfea\0", Codec::Utf16Le)]
    #[case(b"caf\xe9 \x80", Codec::Page(encoding_rs::WINDOWS_1252))]
    #[case(b"Gr\xf6\xdfe \xfcber M\xfcller", Codec::Ascii)]
    #[case(b"\xcf\xf0\xe8\xe2\xe5\xf2 \xec\xe8\xf0", Codec::Ascii)]
    #[case(b"", Codec::Ascii)]
    fn files_are_taken_for_what_they_were(#[case] bytes: &[u8], #[case] codec: Codec) {
        assert_eq!(as_before(bytes), codec);
    }
}
