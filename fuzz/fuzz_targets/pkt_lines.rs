//! Any bytes as pkt-lines: packets do not depend on the pieces in which they
//! arrive, and with the rest they make up every byte.
#![no_main]

use gitops_publisher::git::fuzz::pkt_lines;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((size, body)) = data.split_first() else {
        return;
    };
    let whole = pkt_lines(std::iter::once(body));
    let pieces = pkt_lines(body.chunks(usize::from(*size) + 1));
    assert_eq!(whole, pieces);
    if let Some((packets, rest)) = whole {
        let taken: usize = packets
            .iter()
            .map(|packet| 4 + packet.as_ref().map_or(0, Vec::len))
            .sum();
        assert_eq!(taken + rest.len(), body.len());
        assert!(body.ends_with(&rest));
    }
});
