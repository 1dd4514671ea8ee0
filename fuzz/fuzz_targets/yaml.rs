//! Any text as YAML: what is written means what was read, in both forms, each
//! to its reader, and writing it again changes no byte.
#![no_main]

use gitops_publisher::text::yaml::{self, Dialect, Value};
use libfuzzer_sys::fuzz_target;

fn read(text: &str, dialect: Dialect) -> Option<Value> {
    let documents = yaml::parse(text).ok()?;
    let [document] = documents.as_slice() else {
        return None;
    };
    Value::of(&document.root, dialect).ok()
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    round_trip(text, Dialect::Rendered, yaml::emit);
    round_trip(text, Dialect::Kubernetes, yaml::emit_manifest);
});

/// Writes what `dialect` reads in the form that is meant for it.
fn round_trip(text: &str, dialect: Dialect, write: fn(&Value) -> String) {
    let Some(value) = read(text, dialect) else {
        return;
    };
    let written = write(&value);
    let again = read(&written, dialect);
    let again = again.unwrap_or_else(|| panic!("not read again: {written:?}"));
    assert_eq!(again.digest(), value.digest(), "{written:?}");
    assert_eq!(write(&again), written);
}
