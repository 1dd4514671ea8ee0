//! What would break a file, or what reads it, is not done.

use super::*;

const OCI: &str =
    "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: web}\n";

#[rstest::rstest]
#[case("{tag: 'a', digest: z}", "version=1.4.2@", "\"\" is not a digest")]
#[case(
    "{tag: 'a', digest: z}",
    "version=1.4.2@latest",
    "\"latest\" is not a digest"
)]
#[case(
    "{tag: 'a', digest: z}",
    "version=sha256:",
    "\"sha256:\" is not a digest"
)]
#[case("{digest: z}", "spec.ref.digest=1.4.2", "\"1.4.2\" is not a digest")]
#[case("{tag: a}", "version=a b", "\"a b\" is not a tag")]
#[case("{tag: a}", "version=x/y:z", "\"x/y:z\" is not a tag")]
#[case("{tag: a}", "version=1.4.2+b1", "\"1.4.2+b1\" is not a tag")]
#[case("{tag: a}", "spec.ref.tag=1.4.2+b1", "\"1.4.2+b1\" is not a tag")]
fn a_registry_knows_no_such_version(
    #[case] reference: &str,
    #[case] field: &str,
    #[case] said: &str,
) {
    let text = format!("{OCI}spec: {{ref: {reference}}}\n");
    let found = refused(&format!("OCIRepository web {field}"), &[("a.yaml", &text)]);
    let said = format!("a.yaml, OCIRepository web: {said} | ");
    assert!(found.starts_with(&said), "{found}");
    let remedy = if said.contains("digest") {
        "write `sha256:` and its 64 digits"
    } else {
        "has letters, digits, `_`, `.` and `-`"
    };
    assert!(found.contains(remedy), "{found}");
}

#[rstest::rstest]
#[case::field("*.yaml t=w", "t: x\n", "b: [\n")]
#[case::object(
    "ConfigMap web data.t=w",
    "kind: ConfigMap\nmetadata: {name: web}\ndata: {t: x}\n",
    "kind: ConfigMap\nmetadata: {name: web}\ndata: {t: [\n"
)]
#[case::marker(
    "ImagePolicy f/web image=web:2",
    "t: web:1 # {\"$imagepolicy\": \"f:web\"}\n",
    "t: [ # {\"$imagepolicy\": \"f:web\"}\n"
)]
fn a_malformed_file_in_the_selection_is_an_error(
    #[case] line: &str,
    #[case] sound: &str,
    #[case] malformed: &str,
) {
    let found = refused(line, &[("a.yaml", sound), ("b.yaml", malformed)]);
    let edit = line.split_once('=').unwrap().0;
    let said = format!("`{edit}`: b.yaml, line ");
    assert!(found.starts_with(&said), "{found}");
    let remedy = "correct the file, or name the files that are meant without it";
    assert!(found.ends_with(remedy), "{found}");
    // A template of a chart is no manifest, and one that does not speak of the object is none.
    let others = [
        ("a.yaml", sound),
        ("chart/templates/b.yaml", "{{ if .ConfigMap.web }}\nt: [\n"),
    ];
    assert_eq!(run(&[line], &others).unwrap().files.len(), 1);
}

#[rstest::rstest]
#[case("a.yaml", "data: {t: x}\nsops: {mac: 'ENC[AES256_GCM,data:x]'}\n")]
#[case("a.yaml", "data: {t: 'ENC[AES256_GCM,data:x,type:str]'}\n")]
#[case("a.json", "{\"data\": {\"t\": \"x\"}, \"sops\": {\"mac\": \"x\"}}")]
fn a_file_of_sops_is_refused(#[case] file: &str, #[case] text: &str) {
    assert_eq!(
        refused(&format!("{file} data.t=w"), &[(file, text)]),
        format!(
            "{file}: `data.t` is in a file that SOPS encrypts: its checksum would no longer fit, and nothing could decrypt it | change the value with `sops set`, which needs the key"
        )
    );
}

#[test]
fn a_marker_in_a_file_of_sops_is_refused() {
    let text = "t: web:1 # {\"$imagepolicy\": \"f:web\"}\nsops: {mac: x}\n";
    let found = refused("ImagePolicy f/web image=web:2", &[("a.yaml", text)]);
    assert!(
        found.starts_with("a.yaml, line 1: `image` is in a file that SOPS encrypts"),
        "{found}"
    );
}

#[rstest::rstest]
#[case("a: {i: web:v1, k: 2} # {\"$imagepolicy\": \"f:web\"}\n")]
#[case("a: [web:v1, web:v1] # {\"$imagepolicy\": \"f:web\"}\n")]
fn a_marker_behind_several_values_is_refused(#[case] text: &str) {
    assert_eq!(
        refused("ImagePolicy f/web image=web:2", &[("a.yaml", text)]),
        "a.yaml, line 1: several values stand in front of the marker, and one is meant | write the value in a line of its own, with the marker behind it"
    );
}

#[test]
fn a_marker_behind_a_shared_value_names_the_file() {
    let text = "a: &a web:1 # {\"$imagepolicy\": \"f:web\"}\nb: *a\n";
    let found = refused("ImagePolicy f/web image=web:2", &[("a.yaml", text)]);
    assert!(
        found.starts_with("a.yaml, line 1: `image` cannot be changed on its own"),
        "{found}"
    );
}

#[rstest::rstest]
#[case(">=1.0")]
#[case("*")]
#[case("1.2")]
#[case("1.2.x")]
#[case("latest")]
fn a_chart_has_one_version(#[case] version: &str) {
    let line = format!("c/Chart.yaml version={version}");
    let found = refused(&line, &[("c/Chart.yaml", "name: c\nversion: 1.0.0\n")]);
    assert!(
        found.starts_with(&format!(
            "c/Chart.yaml: {version:?} is not a version of a chart, which is no range | a chart's version has three numbers"
        )),
        "{found}"
    );
}

#[rstest::rstest]
#[case::named("a.yaml t=1", "a.yaml", "", true)]
#[case::other("a.yaml t=1", "b.yaml", "t: 1", false)]
#[case::pattern("**/*.yaml t=1", "x/a.yaml", "", true)]
#[case::object(
    "ConfigMap web t=1",
    "a.yaml",
    "kind: ConfigMap # web, caf\u{fffd}",
    true
)]
#[case::other_object("ConfigMap web t=1", "a.yaml", "kind: ConfigMap", false)]
#[case::template("**/*.yaml t=1", "c/templates/a.yaml", "{{ x }}", false)]
#[case::named_template("c/templates/a.yaml t=1", "c/templates/a.yaml", "{{ x }}", true)]
#[case::marker(
    "ImagePolicy f/web image=a:1",
    "a.yaml",
    "# {\"$imagepolicy\": \"f:web\"}",
    true
)]
#[case::no_marker(
    "ImagePolicy f/web image=a:1",
    "a.yaml",
    "kind: ImagePolicy # web",
    false
)]
fn a_file_that_cannot_be_read_counts_where_it_may_be_meant(
    #[case] line: &str,
    #[case] path: &str,
    #[case] text: &str,
    #[case] counts: bool,
) {
    assert_eq!(Edit::parse(line).unwrap().may_be_in(path, text), counts);
}
