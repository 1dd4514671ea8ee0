//! The Kubernetes resources in a file set.

use std::collections::HashMap;

use super::{BLOCK, Error, Fault, Policy};
use crate::model::{FileSet, Finding, RelPath, Resource, ResourceId};
use crate::parallel;
use crate::text::yaml::{self, Dialect, Value};
use crate::text::{Kind, Node, json};

/// The resources of every `.yaml`, `.yml` and `.json` file, in the order of
/// files and documents, the items of a `List` one by one.
///
/// Malformed text is an error. A resource that occurs twice is a finding, and
/// so is a document that is no resource, unless `others` refuses it. Empty
/// documents are nothing.
pub fn resources(files: &FileSet, others: Policy) -> Result<(Vec<Resource>, Vec<Finding>), Error> {
    let files: Vec<_> = files
        .iter()
        .filter(|(path, _)| matches!(extension(path), "yaml" | "yml" | "json"))
        .collect();
    let mut all = Found::default();
    for found in parallel::map(&files, BLOCK, |(path, content)| read(path, content, others)) {
        let found = found?;
        all.resources.extend(found.resources);
        all.findings.extend(found.findings);
    }
    let mut seen: HashMap<&ResourceId, &Resource> = HashMap::with_capacity(all.resources.len());
    for resource in &all.resources {
        if let Some(first) = seen.insert(&resource.id, resource) {
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
    let text = std::str::from_utf8(content).map_err(|_| Fault::NotText(file.to_string()))?;
    let malformed = |source| Fault::Syntax {
        file: file.to_string(),
        source,
    };
    let mut found = Found::default();
    if extension(file) == "json" {
        let root = json::parse(text).map_err(malformed)?;
        found.document(file, &root, 1, others)?;
    } else {
        for document in yaml::parse(text).map_err(malformed)? {
            found.document(file, &document.root, document.line, others)?;
        }
    }
    Ok(found)
}

impl Found {
    fn document(
        &mut self,
        file: &RelPath,
        root: &Node,
        line: usize,
        others: Policy,
    ) -> Result<(), Fault> {
        if root.is_null() || root.pairs().is_some_and(<[_]>::is_empty) {
            return Ok(());
        }
        if let Some(items) = list_items(root) {
            for item in items {
                self.document(file, item, item.line.max(line), others)?;
            }
            return Ok(());
        }
        let value = Value::of(root, Dialect::Kubernetes).map_err(|error| Fault::Shape {
            file: file.to_string(),
            place: format!(", line {}, column {}", error.line, error.column),
            message: "a map key is not a single value".to_owned(),
        })?;
        match identity(&value) {
            Ok(id) => self.resources.push(Resource {
                id,
                file: file.clone(),
                line,
                digest: value.digest(),
            }),
            Err(lack) if others == Policy::Refuse => {
                return Err(Fault::NoResource {
                    place: place(file, line),
                    lack,
                });
            }
            Err(lack) => self.findings.push(Finding::warning(
                place(file, line),
                format!("a document is not a Kubernetes resource: {lack}"),
            )),
        }
        Ok(())
    }
}

/// The items, when this is a `List` of any kind.
fn list_items(root: &Node) -> Option<&[Node]> {
    let field = |name: &str| {
        let pairs = root.pairs()?.iter().rev();
        let mut values = pairs.filter(|(key, _)| key.text() == Some(name));
        values.next().map(|(_, value)| value)
    };
    if !field("kind")?.text()?.ends_with("List") {
        return None;
    }
    match &field("items")?.kind {
        Kind::Sequence(items) => Some(items),
        _ => None,
    }
}

fn identity(value: &Value) -> Result<ResourceId, &'static str> {
    if !matches!(value, Value::Map(_)) {
        return Err("it is not a map");
    }
    let text = |key| value.get(key).and_then(Value::non_empty_text);
    let metadata = value.get("metadata");
    let named = |key| metadata.and_then(|metadata| metadata.get(key)?.non_empty_text());
    let api_version = text("apiVersion").ok_or("it has no apiVersion")?;
    let kind = text("kind").ok_or("it has no kind")?;
    let name = named("name").map(ToOwned::to_owned);
    let name = name.or_else(|| named("generateName").map(|prefix| format!("{prefix}*")));
    Ok(ResourceId {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        namespace: named("namespace").map(ToOwned::to_owned),
        name: name.ok_or("it has no metadata.name")?,
    })
}

fn extension(file: &RelPath) -> &str {
    file.file_name().rsplit_once('.').map_or("", |(_, end)| end)
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
    fn a_document_that_is_no_resource_is_a_finding(#[case] text: &str, #[case] lack: &str) {
        let (found, findings) = resources(&set(&[("a.yaml", text)]), Policy::Warn).unwrap();
        assert_eq!(found, []);
        assert_eq!(
            findings[0].to_string(),
            format!("a.yaml, line 1: a document is not a Kubernetes resource: {lack}")
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
