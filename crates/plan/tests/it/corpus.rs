//! The shared cases, where they are: `../shared/fixtures/corpus/pairs-risk`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gitops_plan::view::{View, text};

use crate::read::{flags, planned};

/// A folder of the shared corpus, beside the project's checkout.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let found = root
        .ancestors()
        .map(|folder| folder.join("shared/fixtures/corpus").join(name))
        .find(|folder| folder.is_dir());
    if found.is_none() {
        println!("skipped: ../shared/fixtures/corpus/{name} is not here");
    }
    found
}

#[test]
fn each_risky_pair_raises_its_flags_and_no_other() {
    let Some(folder) = shared("pairs-risk") else {
        return;
    };
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    let expected: BTreeMap<String, Vec<String>> =
        serde_json::from_str(&read(folder.join("expected-flags.json"))).unwrap();
    let mut wrong = Vec::new();
    for (name, mut flags_of) in expected.clone() {
        let old = read(folder.join(&name).join("before.yaml"));
        let new = read(folder.join(&name).join("after.yaml"));
        let plan = planned(&old, &new);
        println!("{name}: {}", text(&[("", &plan)], View::default()));
        let found = flags(&plan);
        flags_of.sort();
        if found != flags_of {
            wrong.push(format!("{name}: {found:?} instead of {flags_of:?}"));
        }
    }
    assert_eq!(expected.len(), 36);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
