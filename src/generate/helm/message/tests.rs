use super::*;

fn shown(said: &str) -> String {
    let fault = schema(said).or_else(|| template(said));
    let fault = fault.or_else(|| frames(said));
    fault.map_or_else(|| "nothing".to_owned(), |fault| fault.to_string())
}

#[rstest::rstest]
#[case(
    "execution error at (web/templates/a.yaml:9:4): no image",
    "the template `templates/a.yaml`, line 9, failed: no image"
)]
#[case(
    "parse error at (web/charts/db/templates/a.yaml:3): unclosed action",
    "the template `charts/db/templates/a.yaml`, line 3, failed: unclosed action"
)]
#[case(
    "YAML parse error on web/templates/a.yaml: error converting YAML to JSON: yaml: line 5: did not find expected key",
    "the template `templates/a.yaml` failed: it does not render to YAML: line 5 of the rendered text: did not find expected key"
)]
#[case(
    "template: web/templates/a.yaml:1:6: executing \"web/templates/a.yaml\" at <include \"h\" .>: error calling include: template: web/templates/_h.tpl:2:10: executing \"h\" at <.Values.a.b.c>: nil pointer evaluating interface {}.b",
    "the template `templates/_h.tpl`, line 2, failed: executing \"h\" at <.Values.a.b.c>: nil pointer evaluating interface {}.b\n  called from templates/a.yaml:1"
)]
#[case(
    "template: web/templates/a.yaml:1:3: executing \"web/templates/a.yaml\" at <include \"no\" .>: error calling include: template: no template \"no\" associated with template \"gotpl\"",
    "the template `templates/a.yaml`, line 1, failed: executing \"web/templates/a.yaml\" at <include \"no\" .>: error calling include: template: no template \"no\" associated with template \"gotpl\""
)]
#[case(
    "values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\n- (root): foo is required\n- m.z: Invalid type. Expected: string, given: integer",
    "the values do not fit the schema of the chart:\n  foo is required\n  `m.z`: Invalid type. Expected: string, given: integer"
)]
#[case(
    "values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\n- at '/m/z': got number, want string\ndb:\n- at '': missing property 'size'",
    "the values do not fit the schema of the chart:\n  chart `web`, `m.z`: got number, want string\n  chart `db`, missing property 'size'"
)]
#[case(
    "web/templates/a.yaml:1:13\n  executing \"web/templates/a.yaml\" at <.Values.x.y>:\n    nil pointer evaluating interface {}.y\n",
    "the template `templates/a.yaml`, line 1, failed: executing \"web/templates/a.yaml\" at <.Values.x.y>: nil pointer evaluating interface {}.y"
)]
#[case(
    "web/templates/b.yaml:2:6\n  executing \"web/templates/b.yaml\" at <include \"image\" .>:\n    error calling include:\nweb/templates/_h.tpl:2:10\n  executing \"image\" at <.Values.x.y>:\n    nil pointer evaluating interface {}.y\n",
    "the template `templates/_h.tpl`, line 2, failed: executing \"image\" at <.Values.x.y>: nil pointer evaluating interface {}.y\n  called from templates/b.yaml:2"
)]
#[case(
    "web/templates/a.yaml:1:6\n  executing \"web/templates/a.yaml\" at <include \"no\" .>:\n    error calling include:\ntemplate: no template \"no\" associated with template \"gotpl\"\n",
    "the template `templates/a.yaml`, line 1, failed: executing \"web/templates/a.yaml\" at <include \"no\" .>: error calling include: template: no template \"no\" associated with template \"gotpl\""
)]
#[case("unknown flag: --x", "nothing")]
fn an_error_says_where_and_why(#[case] said: &str, #[case] message: &str) {
    assert_eq!(shown(said), message);
}

#[test]
fn a_crash_of_helm_is_quoted_without_its_functions() {
    let lines = ["x", "panic: no map", "", "goroutine 1 [running]:", "main()"];
    let lines = lines.map(ToOwned::to_owned);
    assert_eq!(quoted(&lines), ["panic: no map", ""]);
    assert_eq!(quoted(&lines[..2]), ["panic: no map"]);
    assert_eq!(quoted(&lines[..1]), ["x"]);
}

#[test]
fn a_program_that_says_nothing_is_told() {
    assert_eq!(
        said_or_silent("\n".to_owned()),
        "it said nothing: is that helm?"
    );
    assert_eq!(said_or_silent("x".to_owned()), "x");
}

#[test]
fn times_are_no_part_of_a_message() {
    let line = "2026/11/21 12:00:01 info: skipping unknown hook: \"crd-install\"";
    assert_eq!(
        without_time(line),
        "info: skipping unknown hook: \"crd-install\""
    );
    assert_eq!(without_time("walk.go:75: x"), "x");
    assert_eq!(without_time("Error: x"), "Error: x");
}

#[rstest::rstest]
#[case(
    "level=INFO msg=\"skipping unknown hooks\" hookTypes=crd-install",
    "skipping unknown hooks hookTypes=crd-install"
)]
#[case("level=WARN msg=\"a \\\"b\\\"\"", "a \"b\"")]
#[case("level=WARN msg=plain", "plain")]
#[case("walk.go: x", "walk.go: x")]
fn the_level_is_no_part_of_a_message(#[case] line: &str, #[case] message: &str) {
    assert_eq!(without_level(line), message);
}
