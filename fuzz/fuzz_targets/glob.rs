//! Any pattern and path: what matches is found by a walk that enters only the
//! folders that could hold it, and what a pattern covers matches.
#![no_main]

use gitops_publisher::text::glob::{Glob, GlobOptions};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, text)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let Some((pattern, path)) = text.split_once('\n') else {
        return;
    };
    let options = GlobOptions {
        case_insensitive: choice & 1 != 0,
        dot: choice & 2 != 0,
        braces: choice & 4 != 0,
    };
    let Ok(glob) = Glob::parse(pattern, options) else {
        return;
    };
    if glob.covers(path) {
        assert!(
            glob.matches(&format!("{path}/below")),
            "{pattern:?} {path:?}"
        );
    }
    if !glob.matches(path) {
        return;
    }
    for (end, _) in path.match_indices('/') {
        assert!(glob.could_match_below(&path[..end]), "{pattern:?} {path:?}");
    }
});
