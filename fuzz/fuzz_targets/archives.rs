//! Any bytes as an archive: what comes out stays in its folder and in its
//! bounds.
#![no_main]

use gitops_publisher::tools::archive::{Kind, Limits, unpack_bytes};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, archive)) = data.split_first() else {
        return;
    };
    let kind = if choice & 1 == 0 {
        Kind::TarGz
    } else {
        Kind::Zip
    };
    let limits = Limits {
        entries: 20,
        file: 1 << 16,
        total: 1 << 18,
    };
    let outer = tempfile::tempdir().expect("a temporary folder");
    let folder = outer.path().join("in");
    std::fs::create_dir(&folder).expect("a folder");
    let files = unpack_bytes(archive, kind, &folder, &limits);
    for file in files.iter().flatten() {
        let size = file.on_disk(&folder).symlink_metadata();
        let size = size.expect("what is listed is there");
        assert!(size.is_file() && size.len() <= limits.file);
    }
    let beside = std::fs::read_dir(outer.path()).expect("it is there");
    assert_eq!(beside.count(), 1, "nothing beside the folder");
});
