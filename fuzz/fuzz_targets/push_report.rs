//! Any answer to a push: it counts as landed only when the server says so of
//! our branch, and a refusal is shown in one clean line.
#![no_main]

use gitops_publisher::git::fuzz::push_report;
use libfuzzer_sys::fuzz_target;

const BRANCH: &str = "refs/heads/main";

fuzz_target!(|data: &[u8]| {
    match push_report(data, BRANCH) {
        None => {
            let told = String::from_utf8_lossy(data);
            // The lines may be cut by the packets of a side-band, their ends may not.
            assert!(told.contains("ok") && told.contains('n'), "{told:?}");
            assert!(push_report(&data[..data.len() - 1], BRANCH).is_some());
        }
        Some(message) => {
            assert!(!message.contains(['\n', '\r', '\u{1b}']), "{message:?}");
            assert!(message.len() < 20_000);
        }
    }
});
