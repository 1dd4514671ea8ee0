//! Any file of images over any manifest: a manifest that is changed is still
//! YAML with as many documents, and setting the same images again changes
//! nothing.
#![no_main]

use gitops_publisher::generate::{ImagePath, Images, Kind, Part, set_images};
use gitops_publisher::model::{FileSet, RelPath};
use gitops_publisher::text::yaml;
use libfuzzer_sys::fuzz_target;

const FILES: [&str; 3] = ["built.json", "built.yaml", "built.txt"];

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Some((built, manifest)) = text.split_once('\u{1}') else {
        return;
    };
    let mut images = Images::parse(&["nginx=2.0".to_owned()]).expect("it is an image");
    for file in FILES {
        // What is no list of images is refused; nothing panics.
        let _ = images.add_file(file, built);
    }
    let path = ImagePath::parse("Widget:spec.image").expect("it is a path");
    let mut files = FileSet::new();
    let name = RelPath::parse("a.yaml").expect("it is a path");
    files.insert(name.clone(), manifest.to_owned());
    let mut parts = [Part {
        label: "fuzz".to_owned(),
        files,
        kind: Kind::Manifests,
    }];
    let Ok(report) = set_images(&mut parts, &images, std::slice::from_ref(&path)) else {
        return;
    };
    let once = parts[0].files.clone();
    let after = once.get(&name).expect("the file stays");
    let after = std::str::from_utf8(after).expect("it stays text");
    if report.changes.is_empty() {
        assert_eq!(after, manifest);
        return;
    }
    let documents = |text: &str| yaml::parse(text).expect("it stays YAML").len();
    assert_eq!(documents(after), documents(manifest));
    let again = set_images(&mut parts, &images, &[path]).expect("what was set can be set");
    assert!(again.changes.is_empty(), "{:?}", again.changes);
    assert_eq!(parts[0].files, once);
});
