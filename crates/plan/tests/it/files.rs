//! The sources of this crate are short, and each says what it owns.

use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if !path.ends_with("tests.rs") && path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn every_file_is_short_and_says_what_it_is() {
    let all = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(all.len() > 40);
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.display();
        assert!(text.starts_with("//!"), "{name}");
        let code = text.split("#[cfg(test)]").next().unwrap();
        assert!(code.lines().count() <= 320, "{name}");
        // Pure: no file, no clock, no environment, no other crate of the program.
        for word in [
            "std::fs",
            "std::env",
            "std::net",
            "std::process",
            "SystemTime",
            "tokio",
            "gitops_publisher",
        ] {
            assert!(!code.contains(word), "{name} has {word}");
        }
    }
}
