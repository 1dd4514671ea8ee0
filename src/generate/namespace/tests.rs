//! Which resources get a namespace, and how it is written.

use bytes::Bytes;

use super::*;

fn set(files: &[(&str, &str)]) -> FileSet {
    let file = |&(path, text): &(&str, &str)| {
        (RelPath::parse(path).unwrap(), Bytes::from(text.to_owned()))
    };
    files.iter().map(file).collect()
}

/// One file after it was put into the namespace `shop`.
fn shop(text: &str) -> String {
    named("a.yaml", text)
}

fn named(name: &str, text: &str) -> String {
    let (files, _) = set_namespace(set(&[(name, text)]), "shop").unwrap();
    let (_, content) = files.iter().next().unwrap();
    String::from_utf8(content.to_vec()).unwrap()
}

#[test]
fn the_namespace_becomes_a_line_and_everything_else_stays() {
    let text = "# web\napiVersion: v1\nkind: ConfigMap\nmetadata: # who\n  # its labels\n  labels: {b: c}\n  name: a\ndata:\n  x: 0755\n";
    insta::assert_snapshot!(shop(text), @"
    # web
    apiVersion: v1
    kind: ConfigMap
    metadata: # who
      # its labels
      labels: {b: c}
      namespace: shop
      name: a
    data:
      x: 0755
    ");
}

#[rstest::rstest]
#[case("metadata:\n  namespace: other\n  name: a\n")]
#[case("metadata: {namespace: other, name: a}\n")]
#[case("data: {}\n")]
fn what_has_a_namespace_or_no_metadata_stays(#[case] rest: &str) {
    let text = format!("apiVersion: v1\nkind: ConfigMap\n{rest}");
    assert_eq!(shop(&text), text);
}

#[rstest::rstest]
#[case("v1", "Namespace")]
#[case("rbac.authorization.k8s.io/v1", "ClusterRole")]
#[case("apiextensions.k8s.io/v1", "CustomResourceDefinition")]
#[case("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration")]
#[case("cert-manager.io/v1", "ClusterIssuer")]
fn what_belongs_to_the_cluster_stays(#[case] version: &str, #[case] kind: &str) {
    let text = format!("apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: a\n");
    assert_eq!(shop(&text), text);
}

#[rstest::rstest]
#[case("namespace:")]
#[case("namespace: \"\"")]
#[case("namespace: null")]
fn an_empty_namespace_is_filled_in(#[case] line: &str) {
    let text = format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  {line}\n");
    assert_eq!(
        shop(&text),
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  namespace: shop\n"
    );
}

/// Braces, anchors, quoted keys and merge keys: nothing there is a line of its own.
#[rstest::rstest]
#[case("metadata: {name: a}\n")]
#[case("metadata: {\n  name: a\n}\n")]
#[case("metadata: &m\n  name: a\n")]
#[case("\"metadata\":\n  name: a\n")]
#[case("metadata:\n  \"name\": a\n")]
#[case("metadata:\n  name: a\n  namespace: # none\n    ''\n")]
fn a_document_that_is_not_written_line_by_line_is_written_anew(#[case] metadata: &str) {
    let text = format!(
        "---\nkind: Pod\napiVersion: v1\n{metadata}---\n# next\nkind: Pod\napiVersion: v1\nmetadata:\n  name: b\n"
    );
    let first = "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  namespace: shop\n";
    let second =
        "---\n# next\nkind: Pod\napiVersion: v1\nmetadata:\n  namespace: shop\n  name: b\n";
    assert_eq!(shop(&text), format!("{first}{second}"));
}

#[test]
fn aliased_metadata_is_not_changed_twice() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: &m\n    name: a\n- apiVersion: v1\n  kind: Service\n  metadata: *m\n";
    assert_eq!(
        shop(text).matches("namespace: shop").count(),
        2,
        "{}",
        shop(text)
    );
}

#[test]
fn the_items_of_a_list_are_resources_of_their_own() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: a\n- apiVersion: v1\n  kind: Node\n  metadata:\n    name: b\n";
    let expected = text.replacen("    name: a", "    namespace: shop\n    name: a", 1);
    assert_eq!(shop(text), expected);
    let json =
        r#"{"kind":"List","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}]}"#;
    let expected = r#"{"kind":"List","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"shop"}}]}"#;
    let without_blanks: String = named("a.json", json).split_whitespace().collect();
    assert_eq!(without_blanks, expected);
}

#[test]
fn definitions_among_the_files_tell_the_scope_of_their_kinds() {
    let crd = |kind: &str, scope: &str| {
        format!(
            "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: {kind}\nspec:\n  group: contoso.com\n  scope: {scope}\n  names:\n    kind: {kind}\n"
        )
    };
    let resource = |kind: &str| {
        format!("---\napiVersion: contoso.com/v1\nkind: {kind}\nmetadata:\n  name: a\n")
    };
    let crds = crd("Fleet", "Cluster") + &crd("Ship", "Namespaced");
    let files = set(&[
        ("a.yaml", &resource("Fleet")),
        ("b.yaml", &resource("Ship")),
        ("c.yaml", &resource("Port")),
        ("z.yaml", &crds),
    ]);
    let (files, findings) = set_namespace(files, "shop").unwrap();
    let with: Vec<_> = files
        .iter()
        .filter(|(_, text)| String::from_utf8_lossy(text).contains("namespace: shop"))
        .map(|(path, _)| path.as_str())
        .collect();
    assert_eq!(with, ["b.yaml", "c.yaml"]);
    let findings: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        [
            "c.yaml: it is not known whether these kinds belong to a namespace; they were put into `shop`: Port (contoso.com)"
        ]
    );
}

#[test]
fn a_namespace_that_reads_like_a_number_is_quoted_and_line_ends_are_kept() {
    let text = "apiVersion: v1\r\nkind: Pod\r\nmetadata:\r\n  name: a\r\n";
    let (files, _) = set_namespace(set(&[("a.yaml", text)]), "2024").unwrap();
    let (_, content) = files.iter().next().unwrap();
    assert_eq!(
        String::from_utf8_lossy(content),
        "apiVersion: v1\r\nkind: Pod\r\nmetadata:\r\n  namespace: \"2024\"\r\n  name: a\r\n"
    );
}

#[test]
fn other_files_are_not_read_and_malformed_ones_are_named() {
    let (files, _) = set_namespace(set(&[("README.md", ": [")]), "shop").unwrap();
    assert_eq!(files.len(), 1);
    let error = set_namespace(set(&[("a.yaml", "a: [\n")]), "shop").unwrap_err();
    assert!(
        error.to_string().starts_with("`a.yaml` is malformed"),
        "{error}"
    );
}

#[rstest::rstest]
#[case(
    "a.yaml",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: x, k: y}}\n",
    1
)]
#[case(
    "a.yaml",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: x\n  k: y\n",
    6
)]
#[case(
    "a.json",
    "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"a\"},\n \"data\": {\"k\": \"x\", \"k\": \"y\"}}",
    2
)]
fn a_key_that_a_map_has_twice_is_not_written_anew(
    #[case] file: &str,
    #[case] text: &str,
    #[case] line: usize,
) {
    let mut files = FileSet::new();
    files.insert(RelPath::parse(file).unwrap(), text.to_owned());
    let error = set_namespace(files, "shop").unwrap_err().to_string();
    assert!(
        error.starts_with(&format!(
            "`{file}`, line {line}: the key `k` is in the same map"
        )),
        "{error}"
    );
}
