//! Every overlay of the shared corpus, against what Kustomize built of it.

use std::fmt::Write as _;

use super::{documents, only, options, present, run};
use crate::fabrikate::shared;

/// What the failure of an overlay must name, by a part of its path.
const CAUSES: [(&str, &[&str]); 3] = [
    ("overlays/azd/", &["kustomization.yaml`, line", "`.env`"]),
    (
        "transformerconfigs/images",
        &["kustomization.yaml`, line", "`kustomizeconfig/mykind.yaml`"],
    ),
    ("loadHttp", &["kustomization.yaml`, line", "https://"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_overlay_is_built_as_recorded_or_fails_with_its_cause() {
    let Some(corpus) = shared("fixtures/corpus") else {
        return;
    };
    if !present() {
        return;
    }
    let index = std::fs::read_to_string(corpus.join("expected/INDEX.tsv")).unwrap();
    let rows = index.lines().filter(|row| row.starts_with("kustomize"));
    let (mut equal, mut failed, mut wrong) = (0, 0, String::new());
    for row in rows {
        let columns: Vec<_> = row.split('\t').collect();
        let (input, expected) = (columns[1], columns[3]);
        let result = run(&options(
            &corpus.join("kustomize"),
            &input["kustomize/".len()..],
        ))
        .await;
        match (result, expected) {
            (Err(error), "-") => {
                failed += 1;
                let error = gitops_publisher::error::Error::from(error);
                let message = error.to_string();
                let causes = CAUSES.iter().find(|(part, _)| input.contains(part));
                let named = causes
                    .is_some_and(|(_, causes)| causes.iter().all(|cause| message.contains(cause)));
                if !named || error.all_hints().is_empty() {
                    writeln!(wrong, "{input}: {message}").unwrap();
                }
            }
            (Ok(generated), expected) if expected != "-" => {
                let recorded = std::fs::read_to_string(corpus.join(expected)).unwrap();
                if documents(&only(&generated)) == documents(&recorded) {
                    equal += 1;
                } else {
                    writeln!(wrong, "{input}: differs").unwrap();
                }
            }
            (Ok(_), _) => writeln!(wrong, "{input}: should fail").unwrap(),
            (Err(error), _) => writeln!(wrong, "{input}: {error}").unwrap(),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    println!("{equal} overlays are equal, {failed} fail as they must");
    assert!(equal >= 29 && failed >= 5, "{equal} equal, {failed} failed");
}
