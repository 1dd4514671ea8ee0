//! Two renders in, their differences out.

use super::*;

fn set(files: &[(&str, &str)]) -> FileSet {
    let file =
        |&(path, text): &(&str, &str)| (RelPath::parse(path).unwrap(), text.to_owned().into());
    files.iter().map(file).collect()
}

fn shown(first: &[(&str, &str)], second: &[(&str, &str)]) -> Vec<String> {
    let found = differences(&set(first), &set(second));
    found.iter().map(ToString::to_string).collect()
}

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    metadata: {annotations: {checksum/config: SUM}}\n    spec: {containers: [{name: a, args: [x, ARG]}]}\n";

fn web(sum: &str, arg: &str) -> String {
    WEB.replace("SUM", sum).replace("ARG", arg)
}

#[test]
fn equal_renders_have_no_differences() {
    let files = [("a.yaml", WEB), ("b.txt", "x")];
    assert!(prove(&set(&files), &set(&files)).is_ok());
}

#[test]
fn a_difference_names_resource_field_and_values() {
    let (first, second) = (web("abc", "y"), web("abd", "no"));
    assert_eq!(
        shown(&[("web.yaml", &first)], &[("web.yaml", &second)]),
        [
            r#"apps/v1 Deployment shop/web: spec.template.metadata.annotations["checksum/config"] is "abc", then "abd" (`web.yaml`)"#,
            r"apps/v1 Deployment shop/web: spec.template.spec.containers[0].args[1] is true, then false (`web.yaml`)",
        ]
    );
}

#[test]
fn of_a_long_text_the_part_that_differs_is_shown() {
    let text = |end: &str| web(&format!("{}{end}{}", "a".repeat(100), "z".repeat(90)), "x");
    let found = shown(&[("a.yaml", &text("1"))], &[("a.yaml", &text("2"))]);
    let part = format!("is …{}1{}…, then …", "a".repeat(16), "z".repeat(43));
    assert!(found[0].contains(&part), "{found:?}");
}

#[test]
fn values_of_a_secret_are_never_shown() {
    let secret = |value: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: s, annotations: {{x: {value}}}}}\nstringData: {{password: {value}}}\n"
        )
    };
    let found = shown(
        &[("a.yaml", &secret("hunter1"))],
        &[("a.yaml", &secret("hunter2"))],
    );
    let nameless = ["1", "2"].map(|value| format!("kind: Secret\ndata: {{a: {value}}}\n"));
    let also = shown(&[("a.yaml", &nameless[0])], &[("a.yaml", &nameless[1])]);
    assert!(also[0].contains("not shown"), "{also:?}");
    assert_eq!(
        found,
        [
            "v1 Secret s: metadata.annotations.x has two values, which are not shown as this is a Secret (`a.yaml`)",
            "v1 Secret s: stringData.password has two values, which are not shown as this is a Secret (`a.yaml`)",
        ]
    );
}

#[rstest::rstest]
#[case("a: {b: 1}", "a: {}", "a.b is 1, then not there")]
#[case("a: [1]", "a: [1, 2]", "a is a list of 1, then a list of 2")]
#[case("a: 1", "a: '1'", "a is 1, then \"1\"")]
#[case("a: {}", "a: null", "a is a map of 0, then null")]
fn a_field_can_differ_in_any_way(#[case] one: &str, #[case] other: &str, #[case] said: &str) {
    let head = "apiVersion: v1\nkind: X\nmetadata: {name: n}\n";
    let text = |end: &str| format!("{head}{end}\n");
    let found = shown(&[("a.yaml", &text(one))], &[("a.yaml", &text(other))]);
    // `n` is a boolean, so the object has no name: it goes by its file.
    assert_eq!(found, [format!("`a.yaml`: {said}")]);
}

#[test]
fn files_and_resources_come_and_go() {
    let one = web("a", "x");
    let named = one.replace("web", "web-k3j");
    assert_eq!(
        shown(
            &[("a.yaml", &one), ("x.json", "{"), ("n.txt", "1")],
            &[("b.yaml", &named), ("x.json", "["), ("n.txt", "2")]
        ),
        [
            "apps/v1 Deployment shop/web: it is there the first time only (`a.yaml`)",
            "apps/v1 Deployment shop/web-k3j: it is there the second time only (`b.yaml`)",
            "`n.txt`: its text differs, though no field of a resource does",
            "`x.json`: its text differs, though no field of a resource does",
        ]
    );
}

#[test]
fn order_and_comments_are_differences_of_the_file() {
    let (one, other) = (web("a", "x"), web("b", "x").replace("web", "api"));
    let first = format!("{one}---\n{other}");
    let second = format!("{other}---\n# {one}{one}");
    assert_eq!(
        shown(&[("a.yaml", &first)], &[("a.yaml", &second)]),
        ["`a.yaml`: its text differs, though no field of a resource does"]
    );
}

#[test]
fn the_error_says_where_to_look() {
    let maps = |value: &str| -> String {
        let map = |at: usize| {
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{at:02}}}\ndata: {{x: {value}}}\n"
            )
        };
        (0..12).map(map).collect::<Vec<_>>().join("---\n")
    };
    let error = prove(
        &set(&[("a.yaml", &maps("s1"))]),
        &set(&[("a.yaml", &maps("s2"))]),
    );
    let error = error::Error::from(error.unwrap_err());
    let text = error.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 12);
    assert_eq!(
        lines[0],
        "the source was rendered twice, and the results differ:"
    );
    assert_eq!(
        lines[1],
        "  v1 ConfigMap c00: data.x is \"s1\", then \"s2\" (`a.yaml`)"
    );
    assert_eq!(lines[11], "  and 2 more");
    assert!(error.all_hints()[0].starts_with("in charts, look for `rand…`"));
}
