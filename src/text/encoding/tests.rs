use super::*;
use proptest::prelude::*;

#[rstest::rstest]
#[case("auto-no", None)]
#[case("UTF-8", Some(Codec::Utf8))]
#[case("Unicode", Some(Codec::Utf16Le))]
#[case("BigEndianUnicode", Some(Codec::Utf16Be))]
#[case("UTF32", Some(Codec::Utf32))]
#[case("utf-16", Some(Codec::Utf16))]
#[case("utf-7", Some(Codec::Utf7))]
#[case("iso88591", Some(Codec::Latin1))]
#[case("win1252", Some(Codec::Page(encoding_rs::WINDOWS_1252)))]
#[case("windows1252", Some(Codec::Page(encoding_rs::WINDOWS_1252)))]
#[case("cp1251", Some(Codec::Page(encoding_rs::WINDOWS_1251)))]
#[case("ISO-8859-2", Some(Codec::Page(encoding_rs::ISO_8859_2)))]
#[case("iso88592", Some(Codec::Page(encoding_rs::ISO_8859_2)))]
#[case("cp866", Some(Codec::Page(encoding_rs::IBM866)))]
#[case("Shift_JIS", Some(Codec::Page(encoding_rs::SHIFT_JIS)))]
#[case("koi8r", Some(Codec::Page(encoding_rs::KOI8_R)))]
fn names_are_found_as_people_write_them(#[case] name: &str, #[case] codec: Option<Codec>) {
    assert_eq!(Codec::by_name(name), codec);
}

#[test]
fn a_mark_of_utf_32_is_not_taken_for_utf_16() {
    assert_eq!(Codec::by_bom(b"\xff\xfe\0\0a\0\0\0"), Some(Codec::Utf32Le));
    assert_eq!(Codec::by_bom(b"\xff\xfea\0"), Some(Codec::Utf16Le));
    assert_eq!(Codec::by_bom(b"abc"), None);
}

#[rstest::rstest]
#[case(Codec::Utf8, b"ab\xff", 2)]
#[case(Codec::Utf16Le, b"a\0\0\xd8b\0", 2)]
#[case(Codec::Utf16Le, b"a\0b", 2)]
#[case(Codec::Utf32Le, b"a\0\0\0\0\0\x11\0", 4)]
#[case(Codec::Ascii, b"abc\x80", 3)]
#[case(Codec::Page(encoding_rs::SHIFT_JIS), b"ab\x81\x20", 2)]
fn bytes_that_are_no_text_are_named_by_offset(
    #[case] codec: Codec,
    #[case] bytes: &[u8],
    #[case] offset: usize,
) {
    assert_eq!(codec.decode(bytes), Err(Malformed { offset }));
}

#[test]
fn a_character_outside_the_encoding_is_refused_or_becomes_question_marks() {
    let page = Codec::by_name("windows1252").unwrap();
    assert_eq!(page.encode("a€"), Ok(b"a\x80".to_vec()));
    assert_eq!(page.encode("a😀"), Err(Unencodable('😀')));
    assert_eq!(page.encode_lossy("a😀é"), b"a??\xe9");
    assert_eq!(Codec::Latin1.encode("€"), Err(Unencodable('€')));
    assert_eq!(Codec::Ascii.encode_lossy("é\u{fffd}"), b"?\xff");
}

proptest! {
    #[test]
    fn unicode_encodings_keep_every_text(text in "\\PC*") {
        for codec in [Codec::Utf8, Codec::Utf16Le, Codec::Utf16Be, Codec::Utf32Le, Codec::Utf32Be, Codec::Utf7] {
            let bytes = codec.encode(&text).unwrap();
            prop_assert_eq!(codec.decode(&bytes).unwrap(), text.clone());
        }
    }

    #[test]
    fn what_is_read_strictly_is_written_back_as_the_same_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        for codec in [Codec::Utf8, Codec::Utf16Le, Codec::Utf7, Codec::Latin1, Codec::Page(encoding_rs::SHIFT_JIS), Codec::Page(encoding_rs::WINDOWS_1253)] {
            if let Ok(text) = codec.decode(&bytes) {
                prop_assert_eq!(codec.encode(&text).unwrap(), bytes.clone());
            }
        }
    }
}
