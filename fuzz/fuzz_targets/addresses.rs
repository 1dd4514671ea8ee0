//! Any text as a manifest repository: it is understood or refused, and what
//! is shown of it leads to the same place again.
#![no_main]

use gitops_publisher::host::{HostKind, resolve};
use libfuzzer_sys::fuzz_target;

const KINDS: [Option<HostKind>; 4] = [
    None,
    Some(HostKind::Azure),
    Some(HostKind::GitHub),
    Some(HostKind::Git),
];

fuzz_target!(|data: &[u8]| {
    let Some((choice, text)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let kind = KINDS[usize::from(choice & 3)];
    let Ok(location) = resolve(text, kind) else {
        return;
    };
    let shown = location.place.to_string();
    if shown.contains("://") {
        let again = resolve(&shown, Some(location.kind)).expect("what is shown is understood");
        assert_eq!(again.place.to_string(), shown);
        assert_eq!(again.identity, location.identity);
        assert!(again.embedded.is_none(), "nothing secret is shown");
    }
});
