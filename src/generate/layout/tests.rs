//! Parts in, files with their names out.

use insta::assert_snapshot;

use super::*;
use crate::error;

fn files(files: &[(&str, &str)]) -> FileSet {
    let file =
        |&(path, text): &(&str, &str)| (RelPath::parse(path).unwrap(), text.to_owned().into());
    files.iter().map(file).collect()
}

fn part(label: &str, kind: Kind, of: &[(&str, &str)]) -> Part {
    Part {
        label: label.to_owned(),
        files: files(of),
        kind,
    }
}

/// The files alone.
fn lay_out(parts: Vec<Part>, layout: Layout) -> Result<FileSet, Error> {
    super::lay_out(parts, layout).map(|(files, _)| files)
}

/// Every file with a line above it.
fn shown(set: &FileSet) -> String {
    let show = |(path, content): (&RelPath, &Bytes)| {
        format!("## {path}\n{}", String::from_utf8_lossy(content))
    };
    set.iter().map(show).collect()
}

fn said(result: Result<FileSet, Error>) -> String {
    let error = error::Error::from(result.unwrap_err());
    format!("{error}\n-> {}", error.all_hints().join("\n-> "))
}

const WEB: &str = "# why\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\nspec: {replicas: 0x10}\n";
const CRD: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.contoso.com}\n";
const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n";

#[rstest::rstest]
#[case(Layout::Source, Kind::Manifests)]
#[case(Layout::Auto, Kind::Manifests)]
#[case(Layout::Auto, Kind::Jsonnet)]
#[case(Layout::Component, Kind::Fabrikate)]
#[case(Layout::Auto, Kind::Fabrikate)]
fn whole_files_pass_untouched_and_unread(#[case] layout: Layout, #[case] kind: Kind) {
    let odd = [("a/z.yaml", "not: [parsed\r\n"), ("b.json", "{")];
    let set = lay_out(vec![part("hld", kind, &odd)], layout).unwrap();
    assert_eq!(set, files(&odd));
}

#[test]
fn what_holds_no_manifest_is_no_file() {
    let of = [("README.md", "# web"), ("a.yaml", CONFIG)];
    for layout in Layout::ALL {
        let set = lay_out(vec![part("x", Kind::Jsonnet, &of)], layout).unwrap();
        assert_eq!(set.len(), 1, "{layout:?}");
    }
}

#[test]
fn a_source_becomes_a_file_and_its_definitions_another() {
    let stream = format!("{WEB}---\n# Source: crd\n{CRD}---\n# nothing\n--- # b\n{CONFIG}");
    let json = r#"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s\/"}}"#;
    let of = [
        ("a.yaml", stream.as_str()),
        ("b.json", json),
        ("c.yaml", "\u{feff}a: 1"),
    ];
    let set = lay_out(
        vec![part("charts/web", Kind::Manifests, &of)],
        Layout::Component,
    )
    .unwrap();
    assert_snapshot!(shown(&set), @r"
    ## charts-web-crds.yaml
    # Source: crd
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: a.contoso.com}
    ## charts-web.yaml
    # why
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
      namespace: shop
    spec: {replicas: 0x10}
    --- # b
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: a, namespace: shop}
    ---
    apiVersion: v1
    kind: Secret
    metadata:
      name: s/
    ---
    a: 1
    ");
}

#[test]
fn each_resource_becomes_a_file() {
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {}\n- {{apiVersion: v1, kind: Namespace, metadata: {{name: shop}}}}\n",
        CONFIG.trim_end().replace('\n', "\n  ")
    );
    let of = [("web.yaml", WEB), ("list.yaml", list.as_str())];
    let set = lay_out(vec![part("x", Kind::Manifests, &of)], Layout::Resource).unwrap();
    assert_snapshot!(shown(&set), @r"
    ## _cluster/namespace_shop.yaml
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
    ## shop/configmap_a.yaml
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: a
      namespace: shop
    ## shop/deployment.apps_web.yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
      namespace: shop
    spec:
      replicas: 16
    ");
}

#[test]
fn everything_stands_in_one_sorted_file() {
    let parts = vec![
        part("a", Kind::Manifests, &[("web.yaml", WEB)]),
        part(
            "b",
            Kind::Fabrikate,
            &[("c.yaml", &format!("{CONFIG}---\n{CRD}"))],
        ),
    ];
    let set = lay_out(parts, Layout::Single).unwrap();
    let text = shown(&set);
    let kinds: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("kind"))
        .collect();
    assert_eq!(
        kinds,
        [
            "kind: CustomResourceDefinition",
            "kind: ConfigMap",
            "kind: Deployment"
        ]
    );
    assert!(
        text.starts_with("## manifests.yaml\napiVersion: apiext"),
        "{text}"
    );
    assert_eq!(text.matches("\n---\n").count(), 2);
}

#[test]
fn an_environment_without_resources_has_no_file() {
    for layout in Layout::ALL {
        let set = lay_out(Vec::new(), layout).unwrap();
        assert!(set.is_empty());
    }
}

#[test]
fn a_file_that_two_sources_make_is_refused() {
    let one = part("base", Kind::Manifests, &[("a.yaml", CONFIG)]);
    let other = part("extra", Kind::Manifests, &[("a.yaml", WEB)]);
    assert_snapshot!(said(lay_out(vec![one, other], Layout::Auto)), @r"
    both the source `base` and the source `extra` make the file `a.yaml`
    -> give one of the files another name, or set `layout: resource`, which names files after what is in them
    ");
}

#[rstest::rstest]
#[case(Layout::Source)]
#[case(Layout::Component)]
#[case(Layout::Resource)]
#[case(Layout::Single)]
fn a_resource_that_two_sources_make_is_refused(#[case] layout: Layout) {
    let newer = WEB.replace("apps/v1", "apps/v2");
    let one = part(
        "base",
        Kind::Manifests,
        &[("a.yaml", &format!("{CONFIG}---\n{WEB}"))],
    );
    let other = part("extra", Kind::Jsonnet, &[("b.yaml", &newer)]);
    assert_eq!(
        said(lay_out(vec![one, other], layout)),
        "two sources make apps/v2 Deployment shop/web: it is in `a.yaml`, line 6, of the source `base`, and in `b.yaml`, line 2, of the source `extra`\n\
         -> take it out of one of them: only one of the two would be in the cluster"
    );
}

#[test]
fn two_sources_of_one_name_are_two_sources() {
    let parts = ["a.yaml", "b.yaml"].map(|file| part("x", Kind::Manifests, &[(file, CONFIG)]));
    let error = lay_out(parts.to_vec(), Layout::Source).unwrap_err();
    assert!(matches!(error, Error::Shared { .. }), "{error}");
}

#[test]
fn a_resource_that_one_source_makes_twice_has_no_place_of_its_own() {
    let other = CONFIG.to_owned() + "data: {a: b}\n";
    let twice = || {
        vec![part(
            "x",
            Kind::Manifests,
            &[("a.yaml", &format!("{CONFIG}---\n{other}"))],
        )]
    };
    for layout in [Layout::Resource, Layout::Single] {
        assert_eq!(
            said(lay_out(twice(), layout)),
            "v1 ConfigMap shop/a occurs twice: it is in `a.yaml`, line 1, of the source `x`, and in `a.yaml`, line 5, of the source `x`\n\
             -> remove one of the two: the cluster would keep the one that is applied last. `layout: source` keeps the files of the source, with a warning"
        );
    }
    for layout in [Layout::Source, Layout::Component] {
        assert!(lay_out(twice(), layout).is_ok());
    }
}

#[rstest::rstest]
#[case::one_file(&[("x", "a.yaml", &[CRD, CRD][..])], "source x, a.yaml, line 5", "`a.yaml`, line 1, of the source `x`")]
#[case::two_files(&[("x", "a.yaml", &[CONFIG][..]), ("x", "b.yaml", &[CONFIG][..])], "source x, b.yaml, line 1", "`a.yaml`, line 1, of the source `x`")]
#[case::two_sources(&[("x", "a.yaml", &[CRD][..]), ("y", "a.yaml", &[CRD][..])], "source y, a.yaml, line 1", "`a.yaml`, line 1, of the source `x`")]
#[case::another_spelling(&[("x", "a.yaml", &[CONFIG, "kind: \"ConfigMap\"\napiVersion: v1\nmetadata:\n  namespace: shop\n  name: a\n"][..])], "source x, a.yaml, line 5", "`a.yaml`, line 1, of the source `x`")]
#[case::three_times(&[("x", "a.yaml", &[CRD, CRD, CRD][..])], "source x, a.yaml, line 5", "`a.yaml`, line 1, of the source `x`")]
fn equal_resources_are_written_once_with_a_warning(
    #[case] made: &[(&str, &str, &[&str])],
    #[case] place: &str,
    #[case] first: &str,
) {
    let parts: Vec<_> = made
        .iter()
        .map(|(label, file, documents)| {
            part(label, Kind::Helm, &[(file, &documents.join("---\n"))])
        })
        .collect();
    for layout in [Layout::Auto, Layout::Single] {
        let (files, findings) = super::lay_out(parts.clone(), layout).unwrap();
        assert_eq!(shown(&files).matches("\nkind: ").count(), 1);
        assert_eq!(
            findings[0]
                .to_string()
                .split_once(": ")
                .map(|(at, said)| (at, said.split_once(" is the same ").unwrap().1)),
            Some((place, &*format!("as in {first}: it is written once")))
        );
    }
}

#[rstest::rstest]
#[case("data: {a: x, a: v}\n", 4, "a", 4)]
#[case("data:\n  a: x\n  'a': v\n", 6, "a", 5)]
#[case("spec:\n  a: x\n  b: {c: 1, d: 2, c: 3}\n", 6, "c", 6)]
#[case("kind: ConfigMap\n", 4, "kind", 2)]
#[case("data: {on: x, true: v}\n", 4, "true", 4)]
#[case("metadata: {name: a}\n", 4, "metadata", 3)]
fn a_key_that_a_map_has_twice_is_not_written_anew(
    #[case] more: &str,
    #[case] line: usize,
    #[case] key: &str,
    #[case] first: usize,
) {
    let text = CONFIG.to_owned() + more;
    let parts = || vec![part("x", Kind::Helm, &[("t/a.yaml", &text)])];
    for layout in [Layout::Auto, Layout::Single] {
        assert_eq!(
            said(lay_out(parts(), layout)),
            format!(
                "the source `x`: `t/a.yaml`, line {line}: the key `{key}` is in the same map as another one in line {first}\n\
                 -> remove one of them: kubectl takes the last one, Kustomize and Flux refuse the file. `layout: source` passes the file on as it is, with a warning"
            )
        );
    }
    assert!(lay_out(parts(), Layout::Source).is_ok());
}

#[test]
fn merge_keys_are_expanded_however_they_are_written() {
    let text = CONFIG.to_owned()
        + "x: &b {k: '1'}\ndata: {!!merge <<: *b, z: '2'}\nbinaryData:\n  !<tag:yaml.org,2002:merge> <<: [*b, {l: '3'}]\n";
    for layout in [Layout::Resource, Layout::Single] {
        let set = lay_out(vec![part("x", Kind::Helm, &[("a.yaml", &text)])], layout).unwrap();
        let text = shown(&set);
        assert!(!text.contains("<<"), "{text}");
        assert!(text.contains("data:\n  k: \"1\"\n  z: \"2\"\n"), "{text}");
        assert!(
            text.contains("binaryData:\n  k: \"1\"\n  l: \"3\"\n"),
            "{text}"
        );
    }
}

#[rstest::rstest]
#[case("pin: |\n    1234", "pin: \"1234\"", "pin: \"1234\"")]
#[case("pin: |\n    a", "pin: a\n", "pin: a\n")]
#[case("pin: |+\n    a", "pin: a\n", "pin: a\n")]
#[case("pin: >\n    a\n    b", "pin: a b\n", "pin: a b\n")]
#[case("pin: |\n    a\n", "pin: |\n    a\n", "pin: |\n    a\n")]
#[case("pin: |\n    a\n  ", "pin: |\n    a\n", "pin: |\n    a\n")]
fn a_text_that_ends_with_its_file_gains_no_line_feed(
    #[case] data: &str,
    #[case] split: &str,
    #[case] joined: &str,
) {
    let text =
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n  {data}");
    for (layout, expected) in [
        (Layout::Resource, split),
        (Layout::Single, split),
        (Layout::Component, joined),
    ] {
        let files = [("a.yaml", text.as_str()), ("b.yaml", CONFIG)];
        let set = lay_out(vec![part("x", Kind::Manifests, &files)], layout).unwrap();
        let text = shown(&set);
        assert!(text.contains(expected), "{layout:?}: {text}");
    }
}

#[test]
fn objects_with_one_prefix_for_their_names_cannot_be_told_apart() {
    let text = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: seed-}\n";
    let one = vec![part("x", Kind::Manifests, &[("a.yaml", text)])];
    let set = lay_out(one, Layout::Resource).unwrap();
    assert!(shown(&set).starts_with("## _cluster/job.batch_seed-%2a.yaml\n"));
    let two = vec![part(
        "x",
        Kind::Manifests,
        &[("a.yaml", text), ("b.yaml", text)],
    )];
    assert!(said(lay_out(two, Layout::Resource)).ends_with(
        "-> objects with `generateName` are distinguished by it here: give each another prefix, or a name"
    ));
}

#[test]
fn two_sources_may_leave_the_names_of_their_objects_to_the_cluster() {
    let text = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: seed-}\n";
    let parts = || ["a", "b"].map(|x| part(x, Kind::Manifests, &[(&*format!("{x}.yaml"), text)]));
    assert!(lay_out(parts().to_vec(), Layout::Source).is_ok());
    let said = said(lay_out(parts().to_vec(), Layout::Single));
    assert!(
        said.ends_with("give each another prefix, or a name"),
        "{said}"
    );
}

#[test]
fn kinds_that_differ_only_in_case_are_refused() {
    let text = format!("{CONFIG}---\n{}", CONFIG.replace("ConfigMap", "Configmap"));
    let parts = vec![part("x", Kind::Manifests, &[("a.yaml", &text)])];
    assert_snapshot!(said(lay_out(parts, Layout::Resource)), @r"
    the kinds `ConfigMap` and `Configmap` differ only in upper and lower case: `a.yaml`, line 1, of the source `x` and `a.yaml`, line 5, of the source `x`
    -> one of the two is misspelled
    ");
}

#[test]
fn a_document_that_is_no_resource_cannot_be_named() {
    let parts = vec![part("x", Kind::Fabrikate, &[("a.yaml", "a: 1\n")])];
    let said = said(lay_out(parts, Layout::Resource));
    assert!(
        said.starts_with(
            "the source `x`: a.yaml, line 1 is not a Kubernetes resource: it has no apiVersion\n-> "
        ),
        "{said}"
    );
}

#[test]
fn malformed_text_is_an_error_with_its_source_and_place() {
    let parts = vec![part("x", Kind::Manifests, &[("a.yaml", "a: 1\nb: [\n")])];
    let said = said(lay_out(parts, Layout::Single));
    assert!(
        said.starts_with("the source `x`: `a.yaml` is malformed, line 2"),
        "{said}"
    );
}
