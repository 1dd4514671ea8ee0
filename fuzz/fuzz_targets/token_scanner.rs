//! Any bytes, any pattern, any level: tokens are what the grammar says, and no
//! byte outside them changes.
#![no_main]

use gitops_publisher::tokens::{
    Compatibility, Delimiters, FileName, Layer, Matching, Missing, Options, Scanner, Variables,
    replace_bytes,
};
use libfuzzer_sys::fuzz_target;

const PATTERNS: [(&str, &str); 8] = [
    ("#{", "}#"),
    ("$(", ")"),
    ("{{", "}}"),
    ("__", "__"),
    ("${{", "}}"),
    ("#{", "}"),
    ("%", "%"),
    ("é", "»"),
];

const LEVELS: [Compatibility; 4] = [
    Compatibility::Own,
    Compatibility::V6,
    Compatibility::V5,
    Compatibility::V3,
];

fuzz_target!(|data: &[u8]| {
    let Some((choice, text)) = data.split_first() else {
        return;
    };
    let (prefix, suffix) = PATTERNS[usize::from(choice & 7)];
    let delimiters = Delimiters {
        prefix: prefix.to_owned(),
        suffix: suffix.to_owned(),
    };
    let level = LEVELS[usize::from(choice >> 3 & 3)];
    let legacy = choice & 32 != 0;

    let mut end = 0;
    for token in Scanner::new(&delimiters, legacy).tokens(text) {
        assert!(token.whole.start >= end);
        assert!(text[token.whole.clone()].starts_with(prefix.as_bytes()));
        assert!(text[token.whole.clone()].ends_with(suffix.as_bytes()));
        assert!(token.name.start >= token.whole.start + prefix.len());
        assert!(token.name.end <= token.whole.end - suffix.len());
        end = token.whole.end;
    }

    let mut options = Options::new(level);
    options.delimiters = delimiters;
    options.legacy_pattern = legacy;
    options.recursive = true;
    options.auto_indent = choice & 64 != 0;
    if choice & 128 != 0 {
        options.missing = Missing::Keep;
    }
    let mut variables = Variables::new(level);
    let nested = format!("{prefix}b{suffix} {prefix} none {suffix}");
    variables.add(
        Layer::new("fuzz", Matching::Exact)
            .with("a", nested)
            .with("b", "1\n2")
            .with("c", format!("{prefix}C{suffix}")),
    );
    let name = FileName::in_place("a.json");
    let Ok(replaced) = replace_bytes(&options, &variables, name, text.to_vec()) else {
        return;
    };
    let out = replaced.content.to_bytes();
    if level == Compatibility::Own && replaced.counters.tokens == 0 {
        assert_eq!(out, text);
    }
});
