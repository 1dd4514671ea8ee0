//! Layouts and images, on manifests that other projects ship.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gitops_publisher::check;
use gitops_publisher::generate::layout::Error;
use gitops_publisher::generate::{
    Images, Kind, Layout, Part, Policy, lay_out, resources, set_images,
};
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
            let made = match lay_out(part(), layout).map(|(files, _)| files) {
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
                assert_eq!(lay_out(vec![again], layout).unwrap().0, made);
                assert!(
                    made.iter()
                        .all(|(_, content)| content.ends_with(b"\n") && !content.contains(&b'\r'))
                );
            }
        }
    }
    assert!(laid_out > 100, "{laid_out}");
}

#[test]
fn setting_every_image_of_the_corpora_changes_only_their_lines() {
    let Some(corpus) = corpus() else { return };
    let mut changed = 0;
    for (path, set) in &corpus {
        let text = String::from_utf8_lossy(set.iter().next().unwrap().1).into_owned();
        let written = text
            .lines()
            .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("image: "));
        let shown = written.map(|image| image.trim_matches(['"', '\'']).split('@').next().unwrap());
        let names: BTreeMap<_, _> = shown
            .map(|image| {
                let end = image.rfind('/').map_or(0, |at| at + 1);
                let tag = image[end..].find(':').map_or(image.len(), |at| end + at);
                (
                    image[..tag].to_owned(),
                    format!("{}=0.0.0-new", &image[..tag]),
                )
            })
            .collect();
        let items: Vec<_> = names.into_values().collect();
        let Ok(images) = Images::parse(&items) else {
            continue;
        };
        let mut parts = [Part {
            label: "x".to_owned(),
            files: set.clone(),
            kind: Kind::Manifests,
        }];
        let report = set_images(&mut parts, &images, &[]).unwrap();
        let after = String::from_utf8_lossy(parts[0].files.iter().next().unwrap().1).into_owned();
        assert_eq!(
            after.lines().count(),
            text.lines().count(),
            "{}",
            path.display()
        );
        let lines = text
            .lines()
            .zip(after.lines())
            .filter(|(old, new)| old != new);
        let lines: Vec<_> = lines.map(|(_, new)| new).collect();
        assert!(
            lines.iter().all(|line| line.contains(":0.0.0-new")),
            "{}: {lines:#?}",
            path.display()
        );
        assert_eq!(lines.len(), report.changes.len(), "{}", path.display());
        changed += lines.len();
    }
    assert!(changed > 50, "{changed}");
}
