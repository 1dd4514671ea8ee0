//! Real charts against what helm itself was recorded to print.

use super::*;
use crate::fabrikate::{
    real_helm::{documents, printed},
    shared,
};

#[tokio::test(flavor = "multi_thread")]
async fn real_charts_render_to_the_recorded_documents() {
    let (Some(helm), Some(corpus)) = (helm(), shared("fixtures/corpus")) else {
        return;
    };
    let index = std::fs::read_to_string(corpus.join("expected/INDEX.tsv")).unwrap();
    let mut compared = 0;
    for row in index.lines().filter(|row| row.starts_with("helm-3")) {
        let columns: Vec<&str> = row.split('\t').collect();
        let (chart, command, expected) = (columns[1], columns[2], columns[3]);
        let mut options = options(&corpus.join(chart));
        options.helm.release = Some("rel".to_owned());
        let mut words = command.split(' ').skip(4);
        while let Some(word) = words.next() {
            let mut value = || words.next().unwrap().to_owned();
            match word {
                // Only written into resources when it is a setting.
                "--namespace" => assert_eq!(value(), "ns"),
                "--kube-version" => options.helm.kube_version = Some(value()),
                "--include-crds" => assert!(options.helm.include_crds),
                "--skip-tests" => {}
                "-f" => options.helm.values_files.push(corpus.join(value()).into()),
                "--set" => {
                    let value = value();
                    let (path, value) = value.split_once('=').unwrap();
                    options.helm.set.push((path.to_owned(), value.to_owned()));
                }
                other => panic!("unknown word {other}"),
            }
        }
        options.helm.namespace = Some("ns".to_owned());
        let generated = run(&helm, &options).await.unwrap();
        let theirs = printed(&helm, &corpus, command, expected);
        // The same way through our own namespaces, so that they do not count.
        let mut files = gitops_publisher::model::FileSet::new();
        let path = gitops_publisher::model::RelPath::parse("all.yaml").unwrap();
        files.insert(path, theirs);
        let (theirs, _) = generate::set_namespace(files, "ns").unwrap();
        assert_eq!(sorted(&generated.files), sorted(&theirs), "{command}");
        for (path, _) in generated.files.iter() {
            assert!(path.as_str().contains("/templates/") || path.as_str().contains("/crds/"));
        }
        let (resources, findings) =
            generate::resources(&generated.files, generate::Policy::Refuse).unwrap();
        assert!(!resources.is_empty());
        assert_eq!(findings, [], "{command}");
        compared += 1;
    }
    println!("compared {compared} charts");
    assert!(compared >= 13);
}

/// All documents as text, in a fixed order.
fn sorted(files: &gitops_publisher::model::FileSet) -> Vec<String> {
    let mut all = Vec::new();
    for (_, content) in files.iter() {
        let documents = documents(std::str::from_utf8(content).unwrap());
        all.extend(documents.iter().map(gitops_publisher::text::yaml::emit));
    }
    all.sort();
    all
}
