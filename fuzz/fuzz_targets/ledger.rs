//! Any bytes as a ledger: what is read is written and read back the same, and
//! names no file outside of its folder.
#![no_main]

use gitops_publisher::model::Ledger;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(ledger) = Ledger::parse(data) else {
        return;
    };
    for path in ledger.files.keys() {
        let path = path.as_str();
        assert!(!path.starts_with('/') && path.split('/').all(|part| part != ".."));
    }
    let written = ledger.to_bytes();
    let again = Ledger::parse(&written).expect("what was written is read");
    assert_eq!(again, ledger);
    assert_eq!(again.to_bytes(), written);
});
