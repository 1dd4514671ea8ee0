//! The Kubernetes resources in a file set.

use std::collections::HashMap;

use super::{BLOCK, Error, Fault, Policy, documents};
use crate::model::{FileSet, Finding, RelPath, Resource, ResourceKey};
use crate::parallel;

/// The resources of every `.yaml`, `.yml` and `.json` file, in the order of
/// files and documents, the items of a `List` one by one.
///
/// Malformed text is an error. A resource that occurs twice, be it in two
/// versions, is a finding, and so is a document that is no resource, unless
/// `others` refuses it. Empty documents are nothing.
pub fn resources(files: &FileSet, others: Policy) -> Result<(Vec<Resource>, Vec<Finding>), Error> {
    let files: Vec<_> = files
        .iter()
        .filter(|(path, _)| documents::is_manifest(path))
        .collect();
    let mut all = Found::default();
    for found in parallel::map(&files, BLOCK, |(path, content)| read(path, content, others)) {
        let found = found?;
        all.resources.extend(found.resources);
        all.findings.extend(found.findings);
    }
    let mut seen: HashMap<ResourceKey<'_>, &Resource> = HashMap::with_capacity(all.resources.len());
    for resource in &all.resources {
        if let Some(first) = seen.insert(resource.id.key(), resource) {
            all.findings.push(Finding::warning(
                place(&resource.file, resource.line),
                format!(
                    "{} occurs twice: it is also in {}",
                    resource.id,
                    place(&first.file, first.line)
                ),
            ));
        }
    }
    Ok((all.resources, all.findings))
}

/// What one file holds.
#[derive(Default)]
struct Found {
    resources: Vec<Resource>,
    findings: Vec<Finding>,
}

fn read(file: &RelPath, content: &[u8], others: Policy) -> Result<Found, Fault> {
    let mut found = Found::default();
    for document in documents::read(file, content)? {
        let line = document.line;
        match document.identity() {
            Ok(id) => found.resources.push(Resource {
                id,
                file: file.clone(),
                line,
                digest: document.value.digest(),
            }),
            Err(lack) if others == Policy::Refuse => {
                let place = place(file, line);
                return Err(Fault::NoResource { place, lack });
            }
            Err(lack) => found.findings.push(Finding::warning(
                place(file, line),
                format!("a document is not a Kubernetes resource: {lack}"),
            )),
        }
    }
    Ok(found)
}

fn place(file: &RelPath, line: usize) -> String {
    format!("{file}, line {line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(files: &[(&str, &str)]) -> FileSet {
        let file =
            |&(path, text): &(&str, &str)| (RelPath::parse(path).unwrap(), text.to_owned().into());
        files.iter().map(file).collect()
    }

    const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n";

    #[test]
    fn where_only_manifests_may_be_anything_else_is_an_error() {
        let files = set(&[("a.yaml", "steps: []\n")]);
        let error = resources(&files, Policy::Refuse).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.yaml, line 1 is not a Kubernetes resource: it has no apiVersion"
        );
    }

    #[test]
    fn documents_lists_and_generated_names_become_resources() {
        let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {generateName: p-}\n";
        let text = format!("# only a comment\n---\n{CONFIG}---\n---\n{list}");
        let json = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"}}"#;
        let files = set(&[("x/a.yaml", &text), ("b.json", json), ("README.md", ": :")]);
        let (resources, findings) = resources(&files, Policy::Warn).unwrap();
        let shown: Vec<_> = resources
            .iter()
            .map(|r| format!("{} {}:{}", r.id, r.file, r.line))
            .collect();
        assert_eq!(
            shown,
            [
                "apps/v1 Deployment web b.json:1",
                "v1 ConfigMap shop/a x/a.yaml:3",
                "v1 Pod p-* x/a.yaml:11",
            ]
        );
        assert_eq!(findings, []);
    }

    #[test]
    fn malformed_text_is_an_error_with_its_place() {
        let error = resources(&set(&[("a.yaml", "a: 1\nb: [\n")]), Policy::Warn).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("`a.yaml` is malformed, line 2, column 4"),
            "{error}"
        );
        let error = resources(&set(&[("a.json", "{\n  \"a\" 1}")]), Policy::Warn).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("`a.json` is malformed, line 2, column 7"),
            "{error}"
        );
    }

    #[rstest::rstest]
    #[case("just text", "it is not a map")]
    #[case("kind: X\nmetadata: {name: a}", "it has no apiVersion")]
    #[case("apiVersion: v1\nmetadata: {name: a}", "it has no kind")]
    #[case("apiVersion: v1\nkind: X", "it has no metadata.name")]
    #[case(
        "apiVersion: v1\nkind: X\nmetadata: {name: ''}",
        "it has no metadata.name"
    )]
    #[case(
        "apiVersion: v1\nkind: X\nmetadata: {name: on}",
        "its metadata.name is no text: put it into quotes"
    )]
    #[case(
        "apiVersion: v1\nkind: X\nmetadata: {name: 1e3}",
        "its metadata.name is no text: put it into quotes"
    )]
    fn a_document_that_is_no_resource_is_a_finding(#[case] text: &str, #[case] lack: &str) {
        let (found, findings) = resources(&set(&[("a.yaml", text)]), Policy::Warn).unwrap();
        assert_eq!(found, []);
        assert_eq!(
            findings[0].to_string(),
            format!("a.yaml, line 1: a document is not a Kubernetes resource: {lack}")
        );
    }

    #[test]
    fn two_versions_of_an_object_are_one_resource() {
        let text = |version: &str| {
            format!("apiVersion: apps/{version}\nkind: Deployment\nmetadata: {{name: a}}\n")
        };
        let files = set(&[("a.yaml", &text("v1")), ("b.yaml", &text("v1beta2"))]);
        let (_, findings) = resources(&files, Policy::Warn).unwrap();
        assert_eq!(
            findings[0].to_string(),
            "b.yaml, line 1: apps/v1beta2 Deployment a occurs twice: it is also in a.yaml, line 1"
        );
    }

    #[test]
    fn a_resource_that_occurs_twice_names_both_places() {
        let (_, findings) = resources(
            &set(&[("a.yaml", CONFIG), ("b.yaml", CONFIG)]),
            Policy::Warn,
        )
        .unwrap();
        assert_eq!(
            findings[0].to_string(),
            "b.yaml, line 1: v1 ConfigMap shop/a occurs twice: it is also in a.yaml, line 1"
        );
    }
}
