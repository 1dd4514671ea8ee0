//! What our own level does that the replaced task does not.

use gitops_publisher::tokens::{Layer, Matching};
use proptest::prelude::*;

use super::{folder, messages, read, run, run_with, tree};

const VARIABLES: &str =
    r#"{"a":"1","q":"say \"hi\"","u":"é€","m":"l1\nl2\nl3","n":1.10,"k":"  x "}"#;

/// One file replaced with these flags.
fn replaced(name: &str, content: &[u8], flags: &[&str]) -> Vec<u8> {
    let folder = folder(&[(name, content)]);
    let mut line = vec!["--sources", name, "--variables", VARIABLES];
    line.extend(flags);
    let summary = run(&folder, &line).unwrap();
    assert!(summary.failure().is_none());
    tree(folder.path()).remove(name).unwrap()
}

#[rstest::rstest]
#[case::mark_stays(b"\xef\xbb\xbf#{a}#", b"\xef\xbb\xbf1")]
#[case::no_mark_comes(b"\xc3\xa9#{a}#", b"\xc3\xa91")]
#[case::ascii_takes_any_value(b"#{u}#", "é€".as_bytes())]
#[case::other_bytes_stay(b"Gr\xf6\xdfe #{a}# \xff", b"Gr\xf6\xdfe 1 \xff")]
#[case::utf_16(b"\xff\xfe#\0{\0a\0}\0#\0\xac\x20", b"\xff\xfe1\0\xac\x20")]
#[case::utf_32(
    b"\0\0\xfe\xff\0\0\0#\0\0\0{\0\0\0a\0\0\0}\0\0\0#",
    b"\0\0\xfe\xff\0\0\x001"
)]
#[case::number_as_written(b"#{n}#", b"1.10")]
#[case::missing_is_empty(b"[#{ nope }#]", b"[]")]
fn bytes_outside_tokens_never_change(#[case] content: &[u8], #[case] expected: &[u8]) {
    assert_eq!(replaced("a.txt", content, &[]), expected);
}

#[test]
fn a_kept_token_is_neither_transformed_nor_escaped() {
    let flags = ["--missing-var-action", "keep", "--transforms"];
    let content = b"{\"x\": \"#{ upper(no\"pe) }#\"}";
    assert_eq!(replaced("a.json", content, &flags), content);
}

#[rstest::rstest]
#[case("#{upper(trim(k))}#", "X")]
#[case("#{replace(upper(q), 'HI', \"a, b\")}#", "SAY \"a, b\"")]
#[case("#{default(nope, none)}# #{default(a, none)}#", "none 1")]
#[case("#{upper(default(nope, 'x'))}#", "X")]
#[case("#{urlencode(q)}#", "say%20%22hi%22")]
#[case("#{fromBase64(toBase64(u))}#", "é€")]
#[case("#{json(q)}# #{yaml(m)}#", "\"say \\\"hi\\\"\" \"l1\\nl2\\nl3\"")]
#[case("  k: #{indent(m, auto)}#", "  k: l1\n     l2\n     l3")]
fn transforms_nest_and_there_are_more_of_them(#[case] content: &str, #[case] expected: &str) {
    let got = replaced("a.txt", content.as_bytes(), &["--transforms"]);
    assert_eq!(String::from_utf8(got).unwrap(), expected);
}

#[test]
fn json_escaping_does_not_touch_what_json_made() {
    let got = replaced(
        "a.json",
        b"{\"x\": #{json(q)}#, \"y\": \"#{q}#\"}",
        &["--transforms"],
    );
    assert_eq!(got, br#"{"x": "say \"hi\"", "y": "say \"hi\""}"#);
}

#[test]
fn yaml_escaping_is_for_double_quoted_scalars() {
    let got = replaced("a.yaml", b"x: \"#{m}# #{q}#\"", &["--escape", "yaml"]);
    assert_eq!(got, br#"x: "l1\nl2\nl3 say \"hi\"""#);
}

#[rstest::rstest]
#[case("a.yaml", "cert: |\n    #{m}#\n", "cert: |\n    l1\n    l2\n    l3\n")]
#[case("a.txt", "\t- #{m}#", "\t- l1\n\t  l2\n\t  l3")]
#[case("a.txt", "é #{a}##{m}#", "é 1l1\n       l2\n       l3")]
fn further_lines_go_to_the_tokens_column(
    #[case] name: &str,
    #[case] content: &str,
    #[case] expected: &str,
) {
    let got = replaced(name, content.as_bytes(), &["--auto-indent"]);
    assert_eq!(String::from_utf8(got).unwrap(), expected);
}

#[test]
fn nested_values_are_escaped_once() {
    let folder = folder(&[("a.json", b"\"#{o}#\"")]);
    let variables = r#"{"o":"o\" #{i}#","i":"i\""}"#;
    run(
        &folder,
        &[
            "--sources",
            "a.json",
            "--recursive",
            "--variables",
            variables,
        ],
    )
    .unwrap();
    assert_eq!(read(&folder, "a.json"), r#""o\" i\"""#);
}

#[test]
fn every_message_has_file_line_and_column() {
    let folder = folder(&[("d/a.txt", "é\n é#{nope}##{no}#\n#{shout(a)}#".as_bytes())]);
    let flags = ["--sources", "d/*", "--variables", VARIABLES, "--transforms"];
    let summary = run(&folder, &flags).unwrap();
    assert_eq!(
        messages(&summary),
        [
            "d/a.txt:2:3: variable 'nope' not found",
            "d/a.txt:2:11: variable 'no' not found",
            "d/a.txt:3:1: unsupported transform 'shout'",
        ]
    );
}

#[rstest::rstest]
#[case("missing", "#{nope}#", "variable 'nope' not found")]
#[case("noTokens", "plain", "no token was found in 1 file")]
#[case("nofiles", "#{a}#", "no file matches \"*.none\"")]
#[case(
    "unusedVariable",
    "#{a}# #{q}# #{u}# #{m}# #{n}#",
    "the variable 'k' from --variables is used by no token"
)]
fn a_run_can_fail_for_more_reasons_and_then_changes_nothing(
    #[case] reason: &str,
    #[case] content: &str,
    #[case] message: &str,
) {
    let folder = folder(&[("a.txt", content.as_bytes())]);
    let mut flags = vec![
        "--sources",
        "a.txt",
        "--variables",
        VARIABLES,
        "--fail-on",
        reason,
    ];
    if reason == "nofiles" {
        flags.extend(["--sources", "*.none"]);
    }
    let summary = run(&folder, &flags).unwrap();
    assert_eq!(
        summary.failure().unwrap().text,
        format!("{message}; no file was changed")
    );
    assert_eq!(read(&folder, "a.txt"), content);
}

#[rstest::rstest]
#[case("off", 0)]
#[case("info", 4)]
#[case("warn", 4)]
fn a_run_that_fails_for_missing_variables_names_the_first_one(
    #[case] log: &str,
    #[case] before: usize,
) {
    let folder = folder(&[
        ("a.txt", b"#{a}# #{upper(a)}#"),
        ("b.txt", b"x\n #{b}#\n#{c}# #{a}#"),
        ("c.txt", b"#{d}# #{d}#"),
    ]);
    let mut flags = vec!["--sources", "*.txt", "--variables", VARIABLES];
    flags.extend(["--fail-on", "missing", "--transforms"]);
    flags.extend(["--missing-var-log", log]);
    let summary = run(&folder, &flags).unwrap();
    let said = messages(&summary);
    assert_eq!(said.len(), before + 1, "{said:?}");
    assert_eq!(
        said[before],
        "b.txt:2:2: variable 'b' not found, nor those of 3 more tokens; no file was changed"
    );
}

#[test]
fn a_run_that_changes_nothing_counts_no_replacement() {
    let folder = folder(&[("a.txt", b"#{a}# #{upper(a)}# #{default(no, x)}# #{nope}#")]);
    let mut flags = vec!["--sources", "*.txt", "--variables", VARIABLES];
    flags.extend(["--missing-var-log", "error", "--transforms"]);
    let summary = run(&folder, &flags).unwrap();
    assert_eq!(
        messages(&summary),
        ["a.txt:1:39: variable 'nope' not found; no file was changed"]
    );
    assert_eq!(
        summary.counters_line(),
        r#"{"tokens":4,"replaced":0,"files":1,"defaults":0,"transforms":0}"#
    );
    assert_eq!(summary.files[0].line, "replaced 0 token out of 4");
    assert!(summary.outputs.contains(&("replaced", 0)));
}

#[test]
fn a_dry_run_shows_a_unified_diff_and_changes_nothing() {
    let folder = folder(&[("d/a.txt", b"one\n#{a}#\nthree\n"), ("d/b.tpl", b"#{a}#\n")]);
    let flags = [
        "--sources",
        "d/a.txt",
        "--sources",
        "d/b.tpl => ../b.txt",
        "--variables",
        VARIABLES,
        "--dry-run",
    ];
    let before = tree(folder.path());
    let summary = run(&folder, &flags).unwrap();
    assert_eq!(
        summary.diff.unwrap(),
        "--- a/d/a.txt\n+++ b/d/a.txt\n@@ -1,3 +1,3 @@\n one\n-#{a}#\n+1\n three\n\
         --- /dev/null\n+++ b/b.txt\n@@ -0,0 +1 @@\n+1\n"
    );
    assert_eq!(tree(folder.path()), before);
    assert!(summary.written.is_empty());
}

#[rstest::rstest]
#[case::as_it_is("a.txt", "#{pw}#", &[])]
#[case::public("a.json", "#{upper(say)}# #{say}#", &[])]
#[case::transformed("a.txt", "#{toBase64(pw)}# #{upper(trim(pw))}#", &["S\"CRET", "cyJjcmV0"])]
#[case::escaped("a.json", "#{pw}# #{upper(pw)}#", &["S\"CRET", r#"S\"CRET"#, r#"s\"cret"#])]
#[case::raw("a.json", "#{raw(pw)}#", &[])]
#[case::inside_of_another("a.json", "#{url}#", &[r#"S\"CRET"#, r#"s\"cret"#])]
#[case::around_another("a.txt", "#{urlencode(url)}#", &["S\"CRET", "a%3As%22cret%40S%22CRET"])]
#[case::indented("a.txt", "  #{key}#", &["k1\n  k2"])]
fn what_secrets_became_is_told(
    #[case] name: &str,
    #[case] content: &str,
    #[case] expected: &[&str],
) {
    let folder = folder(&[(name, content.as_bytes())]);
    let pipeline = Layer::new("pipeline variables", Matching::Pipeline)
        .with_secret("pw", "s\"cret")
        .with_secret("key", "k1\nk2")
        .with("say", "\"hi\"")
        .with("url", "a:#{pw}#@#{upper(pw)}#");
    let mut flags = vec!["--sources", name, "--variables", "{}", "--transforms"];
    flags.extend(["--recursive", "--auto-indent", "--dry-run"]);
    let summary = run_with(&folder, &flags, vec![pipeline]).unwrap();
    assert_eq!(summary.secret_forms, expected);
    let diff = summary.diff.unwrap();
    for form in expected.iter().flat_map(|form| form.lines()) {
        // Inner forms that a transform of the whole hid are no harm, nor is what
        // a reader of the file makes of an escaped one.
        assert!(
            diff.contains(form) || content.contains("urlencode") || form == "S\"CRET",
            "{form}"
        );
    }
}

#[test]
fn explaining_a_name_masks_secrets_and_shows_what_was_overridden() {
    let folder = folder(&[("v.yml", b"x:\n  tag: 3\n")]);
    let pipeline =
        Layer::new("pipeline variables", Matching::Pipeline).with_secret("X.Tag", "hunter2");
    let flags = [
        "--explain",
        "x.tag",
        "--variables",
        "@v.yml",
        "--variables",
        r#"{"x":{"tag":"4"}}"#,
    ];
    let summary = run_with(&folder, &flags, vec![pipeline]).unwrap();
    let lines: Vec<String> = summary.explanations[0]
        .1
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        lines,
        [
            "x.tag = 4 from --variables, line 1",
            "x.tag = 3 from file v.yml, line 2 (overridden)",
            "X.Tag = *** from pipeline variables (overridden)",
        ]
    );
}

#[test]
fn dates_in_variables_stay_as_they_were_written() {
    let folder = folder(&[
        ("v.yml", b"d: 2024-01-31\nv: 1.20\nh: 0x1F\n"),
        ("a.txt", b"#{d}# #{v}# #{h}#"),
    ]);
    run(&folder, &["--sources", "a.txt", "--variables", "@v.yml"]).unwrap();
    assert_eq!(read(&folder, "a.txt"), "2024-01-31 1.20 0x1F");
}

proptest! {
    #[test]
    fn any_bytes_around_tokens_survive(
        before in proptest::collection::vec(any::<u8>(), 0..40),
        after in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        use gitops_publisher::tokens::{Compatibility, FileName, Options, Variables, replace_bytes};
        let mut content = before.clone();
        content.extend(b"#{a}#");
        content.extend(&after);
        let options = Options::new(Compatibility::Own);
        let mut variables = Variables::new(Compatibility::Own);
        variables.add(Layer::new("test", Matching::Exact).with("a", "1"));
        let done = replace_bytes(&options, &variables, FileName::in_place("x"), content.clone());
        if let Ok(done) = done {
            if done.counters.replaced == 1 && done.encoding == "utf-8" {
                let mut expected = before;
                expected.push(b'1');
                expected.extend(&after);
                prop_assert_eq!(done.content.to_bytes(), expected);
            } else if done.counters.tokens == 0 {
                prop_assert_eq!(done.content.to_bytes(), content);
            }
        }
    }
}

#[test]
fn messages_and_indents_on_one_endless_line_take_linear_time() {
    use gitops_publisher::tokens::{Compatibility, FileName, Options, Variables, replace_text};
    let mut options = Options::new(Compatibility::Own);
    options.auto_indent = true;
    let mut variables = Variables::new(Compatibility::Own);
    variables.add(Layer::new("test", Matching::Exact).with("m", "1\n2"));
    let text = "#{m}# #{nope}# ".repeat(100_000);
    let started = std::time::Instant::now();
    let name = FileName::in_place("x");
    let (_, counters, messages) = replace_text(&options, &variables, name, &text).unwrap();
    assert_eq!((counters.tokens, messages.len()), (200_000, 100_000));
    assert_eq!(
        (messages[99_999].line, messages[99_999].column),
        (1, 1_499_992)
    );
    assert!(started.elapsed() < std::time::Duration::from_secs(20));
}
