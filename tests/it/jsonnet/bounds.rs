//! Programs that would take all the time or memory there is.

use std::time::{Duration, Instant};

use super::*;
use crate::fabrikate::source;

const LEAD: &str = "the program `main.jsonnet` failed: ";
const TIME: &str = "the evaluation did not end within 2 seconds";
const MEMORY: &str = "the evaluation needs more than 256 MiB of memory";
const DEPTH: &str = "its expressions or values nest too deep";
const CALLS: &str = "calls nest more than 500 deep";

/// The error of a program that may take two seconds and 256 MiB.
async fn bounded(program: &str) -> gitops_publisher::error::Error {
    let folder = source(&[("main.jsonnet", program)]);
    let mut options = options(folder.path());
    options.jsonnet.seconds = 2;
    options.jsonnet.memory = 256;
    let start = Instant::now();
    let error = run(&options).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_mins(1), "{error}");
    error.into()
}

#[rstest::rstest]
#[case::objects(&"{}".repeat(100_001))]
#[case::minus(&format!("{}1", "-".repeat(100_000)))]
#[case::conditions(&format!("{}1", "if true then ".repeat(2_000_000)))]
#[case::locals(&format!("{}a", "local a = 1; ".repeat(200_000)))]
#[case::nested_objects(&format!("{}1", "{ a: ".repeat(200_000)))]
#[case::functions(&format!("{}x", "function(x) ".repeat(200_000)))]
#[case::fields(&format!("{{ a: 1 }}{}", ".a".repeat(200_000)))]
#[case::tail_calls("local f(x) = f(x + 1) tailstrict; f(0)")]
#[case::range("std.range(0, 2e9)")]
#[case::make_array("std.makeArray(2e9, function(i) i)")]
#[case::repeat("std.repeat('ab', 2e9)")]
#[case::repeat_array("std.repeat(std.range(1, 1000), 2e9)")]
#[case::doubling("local f(n) = if n == 0 then 'x' else local a = f(n - 1); a + a; f(100)")]
#[case::doubling_array("local f(n) = if n == 0 then [1] else local a = f(n - 1); a + a; f(100)")]
#[case::shared_values(
    "local f(n) = if n == 0 then {} else local a = f(n - 1); [a, a]; std.length(std.toString(f(60)))"
)]
#[case::comparison(
    "local f(n) = if n == 0 then [] else local a = f(n - 1); [a, a]; f(60) == f(60)"
)]
#[case::width("'%2000000000d' % 1")]
#[case::replacement("std.strReplace(std.repeat('a', 1e6), 'a', std.repeat('b', 1e6))")]
#[case::join("std.join(std.repeat('a', 1e8), std.map(function(i) '', std.range(1, 100)))")]
#[case::many_strings("std.length([std.repeat('x', 1e6) + i for i in std.range(1, 1e6)])")]
#[case::bytes("std.length(std.encodeUTF8(std.repeat('x', 2e8)))")]
#[case::characters("std.length(std.stringChars(std.repeat('x', 2e8)))")]
#[case::deep_values("local f(n, a) = if n == 0 then a else f(n - 1, [a]) tailstrict; f(5000, 1)")]
#[tokio::test]
async fn what_has_no_end_or_is_too_much_ends_the_evaluation_and_not_the_run(#[case] program: &str) {
    let error = bounded(program).await;
    let said = error.to_string();
    let said = said.strip_prefix(LEAD).unwrap_or_else(|| panic!("{said}"));
    let message = said.lines().next().unwrap_or_default();
    assert!([TIME, MEMORY, DEPTH, CALLS].contains(&message), "{said}");
    let hint = match message {
        TIME => "raise `jsonnetTimeout`",
        MEMORY => "raise `jsonnetMemory`",
        _ => return,
    };
    assert!(
        error.all_hints()[0].contains(hint),
        "{:?}",
        error.all_hints()
    );
}

#[tokio::test]
async fn deep_imports_are_refused_with_their_place() {
    let mut files = vec![("main.jsonnet".to_owned(), "import '0.libsonnet'".to_owned())];
    for at in 0..600 {
        let next = format!("(import '{}.libsonnet')", at + 1);
        files.push((format!("{at}.libsonnet"), next));
    }
    files.push(("600.libsonnet".to_owned(), "{}".to_owned()));
    let files: Vec<_> = files
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let folder = source(&files);
    let error = run(&options(folder.path())).await.unwrap_err().to_string();
    let lead = format!("{LEAD}{CALLS}\n  ");
    assert!(error.starts_with(&lead), "{error}");
}

#[tokio::test]
async fn manifests_that_hold_a_value_too_often_are_refused() {
    let program = "local f(n) = if n == 0 then 'x' else local a = f(n - 1); [a, a];
        { apiVersion: 'v1', kind: 'A', metadata: { name: 'a' }, spec: f(23) }";
    let folder = source(&[("main.jsonnet", program)]);
    let error = run(&options(folder.path())).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "the program `main.jsonnet` yields more than 256 MiB of manifests"
    );
}

/// Readers of manifests recurse with the depth of a value.
#[rstest::rstest]
#[case::lists("RESOURCE { spec: f(300) }", "[f(n - 1)]", "$.spec[0][0][0][0]")]
#[case::objects("RESOURCE { spec: f(300) }", "{ a: f(n - 1) }", "$.spec.a.a.a.a")]
#[case::names_with_points(
    "RESOURCE { spec: f(300) }",
    "{ 'a.b': f(n - 1) }",
    "$.spec[\"a.b\"][\"a.b\"][\"a.b\"][\"a.b\"]"
)]
#[case::both("RESOURCE { spec: f(150) }", "{ a: [f(n - 1)] }", "$.spec.a[0].a[0]")]
#[case::lists_around_resources("f(300)", "[f(n - 1)]", "$[0][0][0][0][0]")]
#[case::objects_around_resources("f(300)", "{ a: f(n - 1) }", "$.a.a.a.a.a")]
#[tokio::test]
async fn values_nested_too_deeply_are_refused(
    #[case] program: &str,
    #[case] step: &str,
    #[case] place: &str,
) {
    let resource = "{ apiVersion: 'v1', kind: 'A', metadata: { name: 'a' } } +";
    let program = program.replace("RESOURCE", resource);
    let program = format!("local f(n) = if n == 0 then {{}} else {step}; {program}");
    let folder = source(&[("main.jsonnet", &program)]);
    let error = run(&options(folder.path())).await.unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "the program `main.jsonnet` yields a value below `{place}` that nests more than 200 levels deep"
        )
    );
}

#[rstest::rstest]
#[case::error("error std.repeat('a', 1e7)")]
#[case::name_of_a_field("{ [std.repeat('a', 1e7)]: error 'x' }")]
#[case::variable("std.extVar(std.repeat('a', 1e7))")]
#[case::assertion("assert false : std.repeat('a', 1e7); 1")]
#[tokio::test]
async fn a_message_that_a_program_makes_has_a_sensible_length(#[case] program: &str) {
    let error = bounded(program).await.to_string();
    assert!(error.len() < 100_000, "{}", error.len());
}

#[tokio::test]
async fn what_is_wrong_with_yaml_is_told_with_the_place_of_the_call() {
    let error = bounded("\nstd.parseYaml('a: [')").await.to_string();
    let said = error
        .strip_prefix(LEAD)
        .unwrap_or_else(|| panic!("{error}"));
    assert!(
        said.starts_with("failed to parse YAML: line 1, column "),
        "{error}"
    );
    assert!(said.contains("\n  main.jsonnet:2:1"), "{error}");
}

#[test]
fn a_program_that_does_not_end_ends_the_run_in_good_order() {
    let workspace = crate::support::program::Workspace::new();
    workspace
        .write(".git/HEAD", "ref: refs/heads/main\n")
        .write("src/main.jsonnet", "local f(x) = f(x + 1) tailstrict; f(0)")
        .write(
            "gitops.yaml",
            "source: src\njsonnetTimeout: 1\nenvironments: {dev: {}}\n",
        );
    let ended = workspace.program(&["render"]).fail();
    let said = "environment dev: the program `main.jsonnet` failed: the evaluation did not end within a second";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}
