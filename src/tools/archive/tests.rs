//! What comes out of archives, honest and hostile.

#![expect(clippy::disallowed_methods, reason = "files that the tests made")]

use std::io::Write as _;

use rstest::rstest;
use tar::EntryType;

use super::*;

/// One entry: name, type, content.
type Packed<'a> = (&'a str, EntryType, &'a [u8]);

const FILE: EntryType = EntryType::Regular;

/// A tarball with exactly these names, however bad.
fn tarball(entries: &[Packed<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    gzip(&builder.into_inner().unwrap())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A zip with exactly these names; a mode makes an entry what it says.
fn zip(entries: &[(&str, Option<u32>, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mode, content) in entries {
        let mut options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated);
        if let Some(mode) = mode {
            options = options.unix_permissions(*mode);
        }
        if mode.is_some_and(|mode| mode & 0o170_000 == 0o120_000) {
            let target = std::str::from_utf8(content).unwrap();
            writer.add_symlink(*name, target, options).unwrap();
        } else {
            writer.start_file(*name, options).unwrap();
            writer.write_all(content).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

fn unpack_all(archive: &[u8], kind: Kind) -> Result<(tempfile::TempDir, Vec<RelPath>), Error> {
    let into = tempfile::tempdir().unwrap();
    let files = unpack_bytes(archive, kind, into.path(), &Limits::program())?;
    Ok((into, files))
}

fn refusal(archive: &[u8], kind: Kind) -> String {
    unpack_all(archive, kind).unwrap_err().to_string()
}

#[test]
fn files_and_folders_come_out_with_their_execute_bit() {
    let archive = tarball(&[
        ("./", EntryType::Directory, b""),
        ("linux-amd64/", EntryType::Directory, b""),
        ("linux-amd64/helm", FILE, b"program"),
        ("./linux-amd64/LICENSE", FILE, b"text"),
    ]);
    let (into, files) = unpack_all(&archive, Kind::TarGz).unwrap();
    let names: Vec<_> = files.iter().map(RelPath::as_str).collect();
    assert_eq!(names, ["linux-amd64/helm", "linux-amd64/LICENSE"]);
    let helm = into.path().join("linux-amd64/helm");
    assert_eq!(std::fs::read(&helm).unwrap(), b"program");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(helm.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    }
}

#[test]
fn a_zip_gives_the_same() {
    let archive = zip(&[("windows-amd64/helm.exe", Some(0o755), b"program")]);
    let (into, files) = unpack_all(&archive, Kind::Zip).unwrap();
    assert_eq!(files.len(), 1);
    let helm = into.path().join("windows-amd64/helm.exe");
    assert_eq!(std::fs::read(helm).unwrap(), b"program");
}

#[rstest]
#[case("../evil", "it has a `.` or `..` segment")]
#[case("a/../../evil", "it has a `.` or `..` segment")]
#[case("/etc/evil", "it is absolute")]
#[case("a\\evil", "it contains a backslash")]
#[case("C:/evil", "it starts with a drive letter")]
#[case(
    "a/C:evil",
    "it contains a colon, which names a drive or a stream on Windows"
)]
#[case("a//b", "it has an empty segment")]
#[case("a/NUL.txt", "it is the name of a device on Windows")]
#[case("a/com1", "it is the name of a device on Windows")]
#[case("a./b", "it ends in a dot or a space, which Windows drops")]
#[case("a/.git/config", "it has a `.git` segment")]
fn names_that_lead_out_are_refused(#[case] name: &str, #[case] reason: &str) {
    let expected = format!("the entry {name:?} is refused: {reason}");
    let archive = tarball(&[(name, FILE, b"x")]);
    assert_eq!(refusal(&archive, Kind::TarGz), expected);
    let archive = zip(&[(name, None, b"x")]);
    assert_eq!(refusal(&archive, Kind::Zip), expected);
}

#[rstest]
#[case(EntryType::Symlink, "a symbolic link")]
#[case(EntryType::Link, "a hard link")]
#[case(EntryType::Char, "a device")]
#[case(EntryType::Fifo, "a pipe")]
fn anything_but_files_and_folders_is_refused(#[case] kind: EntryType, #[case] what: &str) {
    let archive = tarball(&[("innocent", kind, b"")]);
    assert_eq!(
        refusal(&archive, Kind::TarGz),
        format!("the entry \"innocent\" is {what}; only files and folders are unpacked")
    );
}

#[test]
fn a_link_in_a_zip_is_refused() {
    let archive = zip(&[("innocent", Some(0o120_777), b"/etc/passwd")]);
    assert_eq!(
        refusal(&archive, Kind::Zip),
        "the entry \"innocent\" is a symbolic link; only files and folders are unpacked"
    );
}

#[rstest]
#[case("a/Read.me", "a/read.me")]
#[case("a/x", "A/y")]
#[case("a/x", "a/x")]
#[case("a", "a/x")]
fn names_for_the_same_file_are_refused(#[case] one: &str, #[case] other: &str) {
    let archive = tarball(&[(one, FILE, b"1"), (other, FILE, b"2")]);
    let error = unpack_all(&archive, Kind::TarGz).unwrap_err();
    assert!(matches!(error, Error::Clash { .. }), "{error}");
}

#[test]
fn a_name_that_is_twice_in_a_zip_is_refused() {
    let mut archive = zip(&[("one", None, b"1"), ("two", None, b"2")]);
    for at in 0..archive.len() - 3 {
        if &archive[at..at + 3] == b"two" {
            archive[at..at + 3].copy_from_slice(b"one");
        }
    }
    assert_eq!(
        refusal(&archive, Kind::Zip),
        "it is damaged: two entries have the same name"
    );
}

#[test]
fn what_really_comes_out_is_bounded() {
    let bomb = vec![0; 2 << 20];
    let limits = Limits {
        entries: 3,
        file: 1 << 20,
        total: 1 << 20,
    };
    let unpack = |archive: &[u8], kind, limits: &Limits| {
        let into = tempfile::tempdir().unwrap();
        unpack_bytes(archive, kind, into.path(), limits)
            .unwrap_err()
            .to_string()
    };
    let too_large = "the entry \"bomb\" is larger than 1048576 bytes";
    let tar = tarball(&[("bomb", FILE, &bomb)]);
    assert_eq!(unpack(&tar, Kind::TarGz, &limits), too_large);
    let zip_bomb = zip(&[("bomb", None, &bomb)]);
    assert_eq!(unpack(&zip_bomb, Kind::Zip, &limits), too_large);

    let half = vec![0; 700 << 10];
    let tar = tarball(&[("a", FILE, &half), ("b", FILE, &half)]);
    assert_eq!(
        unpack(&tar, Kind::TarGz, &limits),
        "its content is larger than 1048576 bytes"
    );
    let many: Vec<_> = ["a", "b", "c", "d"]
        .map(|name| (name, FILE, &b""[..]))
        .into();
    assert_eq!(
        unpack(&tarball(&many), Kind::TarGz, &limits),
        "it has more than 3 entries"
    );
    let many = ["a", "b", "c", "d"].map(|name| (name, None, &b""[..]));
    assert_eq!(
        unpack(&zip(&many), Kind::Zip, &limits),
        "it has more than 3 entries"
    );
}

#[test]
fn an_endless_name_does_not_fill_the_memory() {
    let name = vec![b'n'; 8 << 20];
    let archive = tarball(&[("././@LongLink", EntryType::GNULongName, &name)]);
    let limits = Limits {
        entries: 10,
        file: 1 << 20,
        total: 1 << 20,
    };
    let into = tempfile::tempdir().unwrap();
    let error = unpack_bytes(&archive, Kind::TarGz, into.path(), &limits).unwrap_err();
    assert_eq!(
        error.to_string(),
        "its content is larger than 1048576 bytes"
    );
}

#[test]
fn every_way_to_be_cut_off_is_noticed() {
    let content: Vec<u8> = (0..20_000_u32).flat_map(u32::to_le_bytes).collect();
    let whole = tarball(&[("a", FILE, &content), ("b", FILE, &content)]);
    for length in (0..whole.len()).step_by(977) {
        let error = unpack_all(&whole[..length], Kind::TarGz).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{length}: {error}");
    }
    let whole = zip(&[("a", None, &content), ("b", None, &content)]);
    for length in (0..whole.len()).step_by(977) {
        let error = unpack_all(&whole[..length], Kind::Zip).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{length}: {error}");
    }
}

#[test]
fn a_tar_that_ends_inside_a_file_is_noticed_under_a_sound_gzip() {
    let whole = tarball(&[("a", FILE, &[7; 5000])]);
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(&whole[..])
        .read_to_end(&mut tar)
        .unwrap();
    let message = refusal(&gzip(&tar[..3000]), Kind::TarGz);
    assert_eq!(
        message,
        "it is damaged at `a`: 2488 of 5000 bytes are there"
    );
}

#[test]
fn something_else_is_no_archive() {
    for kind in [Kind::TarGz, Kind::Zip] {
        let error = unpack_all(b"<html>Sign in</html>", kind).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
    assert_eq!(Kind::of("a.TGZ"), Some(Kind::TarGz));
    assert_eq!(Kind::of("a.zip"), Some(Kind::Zip));
    assert_eq!(Kind::of("a.tar.xz"), None);
}

#[test]
fn one_file_can_be_read_without_unpacking() {
    let tar = tarball(&[
        ("web/Chart.yaml", FILE, b"name: web"),
        ("web/x", FILE, b"x"),
    ]);
    let read = |name| member(Cursor::new(&tar), Kind::TarGz, name, &Limits::text()).unwrap();
    assert_eq!(read("web/Chart.yaml").unwrap(), b"name: web");
    assert_eq!(read("web/Chart.lock"), None);
}
