//! Any list of references: the default branch and the branch that a run
//! chooses agree, and what is refused is refused in one clean line.
#![no_main]

use gitops_publisher::git::fuzz::references;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((form, body)) = data.split_first() else {
        return;
    };
    match references(body, form & 1 == 1) {
        Ok(found) => {
            if let (Some(default), Some((chosen, _))) = (&found.default, &found.chosen) {
                assert_eq!(default, chosen);
            }
            if let Some((_, Some(tip))) = &found.chosen {
                assert_eq!(tip.len(), 40);
                assert!(found.tips > 0 && found.has_default_tip);
            }
        }
        Err(message) => assert!(!message.contains(['\n', '\u{1b}']), "{message:?}"),
    }
});
