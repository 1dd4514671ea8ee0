//! The layouts, on manifests that other projects ship.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gitops_publisher::check;
use gitops_publisher::generate::layout::Error;
use gitops_publisher::generate::{Kind, Layout, Part, Policy, lay_out, resources};
use gitops_publisher::model::{FileSet, RelPath};

use crate::fabrikate::{files_below, shared};

/// Every manifest of the corpora that is one by itself: neither template nor
/// settings of a tool.
fn corpus() -> Option<Vec<(PathBuf, FileSet)>> {
    let mut all = Vec::new();
    for below in [
        "expected/helm",
        "expected/kustomize",
        "expected/jsonnet",
        "plain",
        "pairs",
        "pairs-risk",
    ] {
        let folder = shared("fixtures/corpus")?.join(below);
        for (path, content) in files_below(&folder) {
            let name = Path::new(&path).file_name()?.to_str()?.to_owned();
            let Ok(name) = RelPath::parse(&name) else {
                continue;
            };
            let set: FileSet = [(name, bytes::Bytes::from(content))].into_iter().collect();
            if resources(&set, Policy::Refuse).is_ok_and(|(found, _)| !found.is_empty()) {
                all.push((folder.join(path), set));
            }
        }
    }
    Some(all)
}

/// Each resource and the hash of what it means to Kubernetes.
fn meaning(set: &FileSet) -> BTreeMap<String, String> {
    let (found, _) = resources(set, Policy::Refuse).unwrap();
    let pair =
        |resource: gitops_publisher::model::Resource| (resource.id.to_string(), resource.digest);
    found.into_iter().map(pair).collect()
}

#[test]
fn every_resource_of_the_corpora_means_the_same_in_every_layout() {
    let Some(corpus) = corpus() else {
        return;
    };
    let mut laid_out = 0;
    for (path, set) in &corpus {
        let part = || {
            vec![Part {
                label: "x".to_owned(),
                files: set.clone(),
                kind: Kind::Manifests,
            }]
        };
        for layout in Layout::ALL {
            let made = match lay_out(part(), layout) {
                Ok(made) => made,
                Err(Error::Twice { .. }) => continue,
                Err(error) => panic!("{}: {error}", path.display()),
            };
            laid_out += 1;
            assert_eq!(
                meaning(&made),
                meaning(set),
                "{} {layout:?}",
                path.display()
            );
            check::file_names("x", &made).unwrap();
            if matches!(layout, Layout::Resource | Layout::Single) {
                let again = Part {
                    label: "x".to_owned(),
                    files: made.clone(),
                    kind: Kind::Manifests,
                };
                assert_eq!(lay_out(vec![again], layout).unwrap(), made);
                assert!(
                    made.iter()
                        .all(|(_, content)| content.ends_with(b"\n") && !content.contains(&b'\r'))
                );
            }
        }
    }
    assert!(laid_out > 100, "{laid_out}");
}
