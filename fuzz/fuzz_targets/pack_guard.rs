//! Any bytes as a pack: the verdict does not depend on the pieces in which
//! they arrive, and nothing panics.
#![no_main]

use gitops_publisher::git::fuzz::pack_guard;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((size, pack)) = data.split_first() else {
        return;
    };
    let whole = pack_guard(std::iter::once(pack));
    let pieces = pack_guard(pack.chunks(usize::from(*size) + 1));
    assert_eq!(whole, pieces);
});
