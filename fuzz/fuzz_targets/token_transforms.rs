//! Any text inside a token, any value: transforms end, and do not panic.
#![no_main]

use gitops_publisher::tokens::{
    Compatibility, Delimiters, Escape, FileName, Layer, Matching, Options, Variables, replace_text,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    // The inside of the token, then the value.
    let (inside, value) = text.split_once('\u{1}').unwrap_or((text, "vÄl\n\"ue"));
    let level = [Compatibility::Own, Compatibility::V6, Compatibility::V4][usize::from(choice % 3)];
    let mut options = Options::new(level);
    let (prefix, suffix) = [("(", ")"), ("::", ";;"), ("|", "|")][usize::from(choice / 3 % 3)];
    options.transforms = Some(Delimiters {
        prefix: prefix.to_owned(),
        suffix: suffix.to_owned(),
    });
    options.escape =
        [Escape::Off, Escape::Json, Escape::Xml, Escape::Yaml][usize::from(choice / 9 % 4)].clone();
    let mut variables = Variables::new(level);
    variables.add(Layer::new("fuzz", Matching::Exact).with("a", value));
    let text = format!("  k: #{{{inside}}}# tail");
    let name = FileName::in_place("a.txt");
    if let Ok((out, ..)) = replace_text(&options, &variables, name, &text) {
        assert!(out.starts_with("  k: "));
        assert!(out.ends_with(" tail"));
    }
});
