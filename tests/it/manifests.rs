//! The `manifests` generator: plain YAML and JSON, taken as it is.
#![expect(clippy::disallowed_methods, reason = "tests prepare folders")]

use std::path::Path;

use gitops_publisher::generate::{self, Error, Generated, Options};
use gitops_publisher::tools::Tools;

use crate::fabrikate::source;

async fn render(source: &Path) -> Result<Generated, Error> {
    let tools = Tools::new("", "/nowhere");
    generate::run(&tools, &Options::new(source, "prod")).await
}

fn listing(generated: &Generated) -> Vec<(String, String)> {
    let show = |(path, content): (&_, &bytes::Bytes)| {
        let path: &gitops_publisher::model::RelPath = path;
        (
            path.to_string(),
            String::from_utf8_lossy(content).into_owned(),
        )
    };
    generated.files.iter().map(show).collect()
}

#[tokio::test]
async fn a_folder_is_taken_file_by_file_without_what_is_hidden_or_no_manifest() {
    let folder = source(&[
        ("b.yml", "b: 1\r\n"),
        ("a/z.yaml", "not: [parsed"),
        ("a/c.json", "{}"),
        ("README.md", "no"),
        (".hidden.yaml", "no"),
        (".github/workflow.yaml", "no"),
    ]);
    let generated = render(folder.path()).await.unwrap();
    let expected = [
        ("a/c.json", "{}"),
        ("a/z.yaml", "not: [parsed"),
        ("b.yml", "b: 1\r\n"),
    ];
    assert_eq!(
        listing(&generated),
        expected.map(|(path, text)| (path.to_owned(), text.to_owned()))
    );
    assert_eq!(generated.generator.name, "manifests");
    assert_eq!(generated.findings, []);
}

#[tokio::test]
async fn a_single_file_is_a_source_too() {
    let folder = source(&[("a.yaml", "a: 1\n"), ("b.txt", "")]);
    let generated = render(&folder.path().join("a.yaml")).await.unwrap();
    assert_eq!(
        listing(&generated),
        [("a.yaml".to_owned(), "a: 1\n".to_owned())]
    );
    let error = render(&folder.path().join("b.txt"))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("/b.txt` is neither a folder nor a .yaml, .yml or .json file"),
        "{error}"
    );
}

#[tokio::test]
async fn a_source_that_is_not_there_is_named() {
    let error = render(Path::new("/nowhere/at/all")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the source `/nowhere/at/all` does not exist"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_symbolic_link_is_followed_inside_the_source_and_refused_outside() {
    let outside = source(&[("x.yaml", "secret"), ("below/y.yaml", "secret")]);
    let folder = source(&[("real/a.yaml", "a")]);
    std::os::unix::fs::symlink("real", folder.path().join("also")).unwrap();
    let generated = render(folder.path()).await.unwrap();
    assert_eq!(generated.files.len(), 2);
    for (target, link) in [("x.yaml", "l.yaml"), ("below", "l")] {
        let link = folder.path().join(link);
        std::os::unix::fs::symlink(outside.path().join(target), &link).unwrap();
        let error = render(folder.path()).await.unwrap_err().to_string();
        assert!(error.contains("leads out of"), "{error}");
        std::fs::remove_file(&link).unwrap();
    }
}

#[tokio::test]
async fn the_source_is_looked_at_for_its_generator() {
    let folder = source(&[("component.json", r#"{"name": "a"}"#)]);
    assert_eq!(
        render(folder.path()).await.unwrap().generator.name,
        "fabrikate"
    );
}
