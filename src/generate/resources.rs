//! The Kubernetes resources in a file set.

use std::collections::HashMap;

use super::{BLOCK, Error, Fault, FieldFault, Policy, documents, images};
use crate::model::{FileSet, Finding, RelPath, Resource, ResourceKey};
use crate::parallel;

/// The resources of every `.yaml`, `.yml` and `.json` file, in the order of
/// files and documents, the items of a `List` one by one.
///
/// Malformed text is an error, and so are fields that the API server refuses. A
/// key that a map has twice is a finding. A resource that occurs twice, be it in two
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
        all.faults.extend(found.faults);
    }
    if !all.faults.is_empty() {
        return Err(Fault::Fields(all.faults).into());
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
    faults: Vec<(String, FieldFault)>,
}

fn read(file: &RelPath, content: &[u8], others: Policy) -> Result<Found, Fault> {
    let mut found = Found::default();
    let documents = documents::read(file, content)?;
    let faults = documents.faults.into_iter();
    found.faults = faults.map(|fault| (file.to_string(), fault)).collect();
    if !found.faults.is_empty() {
        // They say more than that a name is none.
        return Ok(found);
    }
    found.findings.extend(documents.repeated.iter().map(|repeated| {
        Finding::warning(
            place(file, repeated.line),
            format!(
                "the key `{}` is in the same map as another one in line {}: Kustomize and Flux refuse the file",
                repeated.key, repeated.first
            ),
        )
    }));
    for document in documents.all {
        let line = document.line;
        match document.identity() {
            Ok(id) => found.resources.push(Resource {
                id,
                file: file.clone(),
                line,
                digest: document.value.digest(),
                images: images::named(&document.value),
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
    fn a_document_that_is_no_resource_is_a_finding(#[case] text: &str, #[case] lack: &str) {
        let (found, findings) = resources(&set(&[("a.yaml", text)]), Policy::Warn).unwrap();
        assert_eq!(found, []);
        assert_eq!(
            findings[0].to_string(),
            format!("a.yaml, line 1: a document is not a Kubernetes resource: {lack}")
        );
    }

    #[rstest::rstest]
    #[case(
        "{name: on}",
        "X on: `metadata.name` is a boolean, but has to be a string: quote it"
    )]
    #[case(
        "{name: a, namespace: 1e3}",
        "X 1e3/a: `metadata.namespace` is a number, but has to be a string: quote it"
    )]
    #[case(
        "{name: a, namespace: [a]}",
        "X a: `metadata.namespace` is a list, but has to be a string"
    )]
    fn a_field_that_the_api_server_refuses_is_an_error(#[case] metadata: &str, #[case] said: &str) {
        let text = format!("# x\napiVersion: v1\nkind: X\nmetadata: {metadata}\n");
        let error = resources(&set(&[("a.yaml", &text)]), Policy::Warn).unwrap_err();
        let error = crate::error::Error::from(error);
        assert_eq!(error.to_string(), format!("`a.yaml`, line 4: {said}"));
        assert_eq!(
            error.all_hints(),
            ["the API server refuses this: correct the template or its values"]
        );
    }

    #[test]
    fn every_field_that_is_refused_is_named_whichever_file_it_is_in() {
        let text = CONFIG.to_owned() + "data:\n  a: 1\n  b: yes\n";
        let error = resources(
            &set(&[
                ("a.yaml", &text),
                (
                    "b.json",
                    r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}, "data": {"c": 1}}"#,
                ),
            ]),
            Policy::Warn,
        );
        assert_eq!(
            error.unwrap_err().to_string(),
            "`a.yaml`, line 5: ConfigMap shop/a: `data.a` is a number, but has to be a string: quote it\n  \
             `a.yaml`, line 6: ConfigMap shop/a: `data.b` is a boolean, but has to be a string: quote it\n  \
             `b.json`, line 1: ConfigMap b: `data.c` is a number, but has to be a string: quote it"
        );
    }

    #[rstest::rstest]
    #[case("data:\n  a: x\n  b: v\n  a: z\n", "a", 7, 5)]
    #[case("data: {\"a\": x, a: v}\n", "a", 4, 4)]
    #[case("data:\n  'on': x\n  \"on\": v\n", "on", 6, 5)]
    #[case("x: {true: a, yes: b}\n", "true", 4, 4)]
    #[case("x: {1: a, 0x1: b}\n", "1", 4, 4)]
    #[case("x:\n- - a: 1\n    b: 2\n    b: 3\n", "b", 7, 6)]
    #[case("kind: ConfigMap\n", "kind", 4, 2)]
    fn a_key_that_a_map_has_twice_is_a_finding(
        #[case] more: &str,
        #[case] key: &str,
        #[case] line: usize,
        #[case] first: usize,
    ) {
        let text = CONFIG.to_owned() + more;
        let (_, findings) = resources(&set(&[("a.yaml", &text)]), Policy::Warn).unwrap();
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(
            findings[0].to_string(),
            format!(
                "a.yaml, line {line}: the key `{key}` is in the same map as another one in line {first}: Kustomize and Flux refuse the file"
            )
        );
    }

    #[test]
    fn a_key_that_is_twice_in_json_is_seen_and_one_beside_a_merge_is_not() {
        let json = "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\",\n \"metadata\": {\"name\": \"a\",\n \"name\": \"a\"}}";
        let (_, findings) = resources(&set(&[("a.json", json)]), Policy::Warn).unwrap();
        assert_eq!(
            findings[0].to_string(),
            "a.json, line 3: the key `name` is in the same map as another one in line 2: Kustomize and Flux refuse the file"
        );
        let merge = CONFIG.to_owned() + "x: &x {a: b}\ny: {<<: *x, a: c}\n";
        let (_, findings) = resources(&set(&[("a.yaml", &merge)]), Policy::Warn).unwrap();
        assert_eq!(findings, []);
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
