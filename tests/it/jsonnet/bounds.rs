//! Programs that would take all the time or memory there is.

use std::time::{Duration, Instant};

use super::*;
use crate::fabrikate::source;

/// The error of a program that may take so many seconds and MiB.
async fn bounded(program: &str, seconds: u64, memory: u64) -> String {
    let folder = source(&[("main.jsonnet", program)]);
    let mut options = options(folder.path());
    options.jsonnet.seconds = seconds;
    options.jsonnet.memory = memory;
    let start = Instant::now();
    let error = run(&options).await.unwrap_err().to_string();
    assert!(
        start.elapsed() < Duration::from_secs(seconds + 30),
        "{error}"
    );
    let lead = "the program `main.jsonnet` failed: ";
    let rest = error.strip_prefix(lead);
    rest.unwrap_or_else(|| panic!("{error}")).to_owned()
}

const DEEP: &str = "`main.jsonnet` is malformed, line 1, column ";

#[rstest::rstest]
#[case::objects("{}", 100_001, "")]
#[case::conditions("if true then ", 2_000_000, "1")]
#[case::locals("local a = 1; ", 100_000, "a")]
#[case::nested_objects("{ a: ", 100_000, "1")]
#[case::functions("function(x) ", 100_000, "x")]
#[case::errors("error ", 100_000, "1")]
#[case::asserts("assert true; ", 100_000, "1")]
#[case::fields_of_fields("{ a: 1 }.a.b", 1, &".a".repeat(100_000))]
#[case::calls("local f(x) = x; f", 1, &"(1)".repeat(100_000))]
#[case::indices("[1]", 1, &"[0]".repeat(100_000))]
#[case::comprehensions("[", 1, &"x for x in [".repeat(100_000))]
#[tokio::test]
async fn what_nests_too_deep_is_refused_with_its_place(
    #[case] start: &str,
    #[case] times: usize,
    #[case] end: &str,
) {
    let error = bounded(&format!("{}{end}", start.repeat(times)), 120, 1024).await;
    assert!(error.starts_with(DEEP), "{error}");
    assert!(
        error.ends_with(": expressions nest more than 10000 deep"),
        "{error}"
    );
}

#[rstest::rstest]
#[case::minus(&format!("{}1", "-".repeat(100_000)))]
#[case::parentheses(&format!("{}1{}", "(".repeat(9_000), ")".repeat(9_000)))]
#[case::arrays(&format!("{}1{}", "[".repeat(150), "]".repeat(150)))]
#[case::sum(&format!("{}0", "1 + ".repeat(100_000)))]
#[tokio::test]
async fn what_only_looks_deep_is_evaluated(#[case] expression: &str) {
    let program = format!(
        "{{ apiVersion: 'v1', kind: 'ConfigMap', metadata: {{ name: 'a' }}, data: {{ a: ({expression}) != null }} }}"
    );
    let folder = source(&[("main.jsonnet", &program)]);
    let text = only(&options(folder.path())).await;
    assert!(text.contains("a: true"), "{text}");
}

#[rstest::rstest]
#[case::tail_calls("local f(x) = f(x + 1) tailstrict; f(0)")]
#[case::fold(
    "std.foldl(function(a, x) std.foldl(function(b, y) b + y, std.range(1, 1000), a), std.range(1, 1e6), 0)"
)]
#[case::shared_values(
    "local f(n) = if n == 0 then {} else local a = f(n - 1); [a, a]; std.length(std.toString(f(60)))"
)]
#[case::comparison(
    "local f(n) = if n == 0 then [] else local a = f(n - 1); [a, a]; f(60) == f(60)"
)]
#[tokio::test]
async fn what_does_not_end_is_ended_with_its_place(#[case] program: &str) {
    let error = bounded(program, 2, 256).await;
    let (message, trace) = error.split_once('\n').unwrap_or_else(|| panic!("{error}"));
    let spent = [
        "the evaluation did not end within 2 seconds",
        "the evaluation needs more than 256 MiB of memory",
    ];
    assert!(spent.contains(&message), "{error}");
    assert!(trace.contains("main.jsonnet:1:"), "{error}");
}

#[rstest::rstest]
#[case::range("std.range(0, 2e9)", "an array of 2000000001 items is too large")]
#[case::make_array(
    "std.makeArray(2e9, function(i) i)",
    "an array of 2000000000 items is too large"
)]
#[case::repeat("std.repeat('ab', 2e9)", "a string of 4000000000 bytes is too large")]
#[case::repeat_array(
    "std.repeat(std.range(1, 1000), 2e9)",
    "an array of 2000000000000 items is too large"
)]
#[case::doubling(
    "local f(n) = if n == 0 then 'x' else local a = f(n - 1); a + a; f(100)",
    "a string of 536870912 bytes is too large"
)]
#[case::doubling_array(
    "local f(n) = if n == 0 then [1] else local a = f(n - 1); a + a; f(100)",
    "an array of 67108864 items is too large"
)]
#[case::width("'%2000000000d' % 1", "a string of 2000000000 bytes is too large")]
#[case::given_width("'%*d' % [2e9, 1]", "a string of 2000000000 bytes is too large")]
#[case::precision("'%.2000000000f' % 1", "format precision 2000000000 is too large")]
#[case::replacement(
    "std.strReplace(std.repeat('a', 1e6), 'a', std.repeat('b', 1e6))",
    "a string of 1000000000000 bytes is too large"
)]
#[case::join(
    "std.join(std.repeat('a', 1e8), ['', '', '', '', ''])",
    "a string of 300000000 bytes is too large"
)]
#[tokio::test]
async fn what_is_too_large_is_refused_with_its_place(#[case] program: &str, #[case] said: &str) {
    let error = bounded(program, 120, 2048).await;
    let (message, trace) = error.split_once('\n').unwrap_or_else(|| panic!("{error}"));
    assert_eq!(message, said);
    assert!(trace.contains("main.jsonnet:1:"), "{error}");
}

#[rstest::rstest]
#[case::many_strings("std.length([std.repeat('x', 1e6) + i for i in std.range(1, 1e6)])")]
#[case::held_strings(
    "local a = [std.repeat('x', 1e6) + i for i in std.range(1, 1e4)]; std.foldl(function(x, y) x + std.length(y), a, 0)"
)]
#[case::bytes("std.length(std.encodeUTF8(std.repeat('x', 2e8)))")]
#[case::characters("std.length(std.stringChars(std.repeat('x', 2e8)))")]
#[case::sorted("std.length(std.sort(std.range(1, 2.7e6), function(x) -x))")]
#[tokio::test]
async fn what_needs_too_much_memory_ends_the_evaluation_and_not_the_run(#[case] program: &str) {
    let folder = source(&[("main.jsonnet", program)]);
    let mut options = options(folder.path());
    options.jsonnet.seconds = 120;
    options.jsonnet.memory = 64;
    let error = run(&options).await.unwrap_err();
    let said = error.to_string();
    let message =
        "the program `main.jsonnet` failed: the evaluation needs more than 64 MiB of memory";
    assert!(said.starts_with(message), "{said}");
    let error = gitops_publisher::error::Error::from(error);
    assert_eq!(
        error.all_hints(),
        [
            "look for a string, an array or a recursion that only grows; if the program needs that much, raise `jsonnetMemory`"
        ]
    );
}

#[tokio::test]
async fn deep_values_and_deep_imports_are_refused() {
    let deep = "local f(n, a) = if n == 0 then a else f(n - 1, [a]) tailstrict; f(5000, 1)";
    let error = bounded(deep, 120, 1024).await;
    assert!(
        error.starts_with("calls nest more than 500 deep"),
        "{error}"
    );

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
    let lead = "the program `main.jsonnet` failed: calls nest more than 500 deep\n  ";
    assert!(error.starts_with(lead), "{error}");
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

#[test]
fn a_program_that_does_not_end_ends_the_run_in_good_order() {
    let workspace = crate::support::program::Workspace::new();
    workspace
        .write(".git/HEAD", "ref: refs/heads/main\n")
        .write("src/main.jsonnet", "std.makeArray(3, function(i) std.repeat('x', 2e8 + i))[2] + std.join('', std.stringChars(std.repeat('y', 1e9)))")
        .write("gitops.yaml", "source: src\nenvironments: {dev: {}}\n");
    let ended = workspace.program(&["render"]).fail();
    assert!(
        ended
            .stderr
            .contains("environment dev: the program `main.jsonnet` failed: "),
        "{}",
        ended.stderr
    );
}

#[rstest::rstest]
#[case::error("error std.repeat('a', 1e8)")]
#[case::name_of_a_field("{ [std.repeat('a', 1e8)]: error 'x' }")]
#[case::variable("std.extVar(std.repeat('a', 1e8))")]
#[case::import("local a = std.repeat('a', 1e8); { a: error a }.a")]
#[case::assertion("assert false : std.repeat('a', 1e8); 1")]
#[tokio::test]
async fn a_message_that_a_program_makes_has_a_sensible_length(#[case] program: &str) {
    let error = bounded(program, 120, 2048).await;
    assert!(error.len() < 100_000, "{}", error.len());
}

#[tokio::test]
async fn what_is_wrong_with_yaml_is_told_once() {
    let error = bounded("std.parseYaml('a: [')", 120, 2048).await;
    assert!(
        error.starts_with("failed to parse YAML: line 1, column "),
        "{error}"
    );
    assert_eq!(error.matches("failed to parse").count(), 1, "{error}");
}
