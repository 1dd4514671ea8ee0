//! Any bytes as gitops.yaml: they are read or refused in clean words.
#![no_main]

use std::path::Path;

use gitops_publisher::settings::parse_bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Err(error) = parse_bytes(Path::new("gitops.yaml"), data) {
        let message = format!("{error:#}");
        assert!(message.contains("gitops.yaml"), "{message:?}");
    }
});
