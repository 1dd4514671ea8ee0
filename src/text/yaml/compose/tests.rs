//! Faults have a place, and texts mean what they mean to Go's readers.

use std::fmt::Write as _;

use super::*;
use crate::text::yaml::{Dialect, Value};

#[rstest::rstest]
#[case("a: 1\nb: [1\nc: 2\n", "line 3")]
#[case("a: b: c\n", "line 1")]
#[case("a: &x [*x]\n", "line 1, column 8: an anchor contains itself")]
#[case("a: *nope\n", "line 1, column 4")]
#[case(
    "<<: 5\n",
    "line 1, column 5: a merge key needs a map or a list of maps"
)]
#[case("a: !!binary '*'\n", "line 1")]
fn faults_have_a_place(#[case] text: &str, #[case] part: &str) {
    let message = parse(text).unwrap_err().to_string();
    assert!(message.contains(part), "{message}");
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        let _ = writeln!(text, "a{level}: &a{level} [{below}]");
    }
    let message = parse(&text).unwrap_err().to_string();
    assert!(message.contains("too many values"), "{message}");
}

#[test]
fn endless_nesting_is_refused() {
    assert!(parse(&"[".repeat(100_000)).is_err());
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..2000 {
        let _ = writeln!(text, "a{level}: &a{level} [*a{}]", level - 1);
    }
    let message = parse(&text).unwrap_err().to_string();
    assert!(message.contains("nested too deeply"), "{message}");
}

#[test]
fn documents_know_their_lines() {
    let lines: Vec<_> = parse("# c\n---\na: 1\n---\n# nothing\n---\n\nb: 2\n")
        .unwrap()
        .into_iter()
        .map(|document| (document.line, document.root.is_null()))
        .collect();
    assert_eq!(lines.first(), Some(&(3, false)));
    assert_eq!(lines.last(), Some(&(8, false)));
    assert!(lines[1].1, "a document of comments is nothing");
}

/// What Go's readers made of a text: recorded with `sigs.k8s.io/yaml` 1.6,
/// `gopkg.in/yaml` v2.4 and v3.0. Where they differ, `sigs.k8s.io/yaml` counts,
/// which Kubernetes' own tools use.
#[derive(serde::Deserialize)]
struct Recorded {
    text: String,
    #[serde(default)]
    value: serde_json::Value,
    #[serde(default)]
    refused: bool,
}

fn plain(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Uint(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Str(text) | Value::Disputed(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(plain).collect(),
        Value::Map(pairs) => pairs
            .iter()
            .map(|(key, value)| match key {
                Value::Str(key) => (key.clone(), plain(value)),
                other => panic!("a key is {other:?}"),
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

#[rstest::rstest]
#[case::merge_keys(include_str!("../../../../tests/it/cases/yaml/merges.json"))]
#[case::ends_of_texts(include_str!("../../../../tests/it/cases/yaml/endings.json"))]
fn a_text_means_what_it_means_to_go(#[case] recorded: &str) {
    let cases: Vec<Recorded> = serde_json::from_str(recorded).unwrap();
    let mut wrong = Vec::new();
    for Recorded {
        text,
        value,
        refused,
    } in cases
    {
        if text.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
            // These breaks are refused, whatever Go makes of them.
            assert!(parse(&text).is_err(), "{text:?}");
            continue;
        }
        let found = parse(&text).ok().map(|documents| {
            let root = &documents[0].root;
            Value::of(root, Dialect::Kubernetes).map(|value| plain(&value))
        });
        let fits = match &found {
            Some(Ok(found)) => !refused && *found == value,
            _ => refused,
        };
        if !fits {
            wrong.push(format!("{text:?} is {found:?}, not {value}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[rstest::rstest]
#[case("a: 1\nb: 2\na: 3\n", "line 3, column 1: the key `a` appears twice")]
#[case("x: {a: 1, 'a': 2}\n", "line 1, column 11: the key `a` appears twice")]
#[case(
    "- b\n- <<: {a: 1}\n  <<: {b: 1}\n",
    "line 3, column 3: the key `<<` appears twice"
)]
fn strictly_a_key_stands_once(#[case] text: &str, #[case] message: &str) {
    assert_eq!(parse_strict(text).unwrap_err().to_string(), message);
    assert!(parse(text).is_ok());
}

#[rstest::rstest]
#[case("b: &b {x: low, y: low}\nm: {x: own, <<: *b}\n", "own")]
#[case("b: &b {x: low}\nm: {<<: *b, x: own}\n", "own")]
#[case("b: &b {x: low}\nm: {<<: *b}\n", "low")]
#[case("b: &b {x: low}\nc: &c {x: first}\nm: {<<: [*c, *b]}\n", "first")]
#[case("b: &b {x: low}\nc: &c {<<: *b, x: middle}\nm: {<<: *c}\n", "middle")]
fn strictly_a_key_of_the_map_itself_wins_over_merged_ones(#[case] text: &str, #[case] value: &str) {
    let documents = parse_strict(text).unwrap();
    let find = |node: &Node, key: &str| {
        let mut pairs = node.pairs().unwrap().iter().rev();
        let found = pairs.find(|(name, _)| name.text() == Some(key));
        found.unwrap().1.clone()
    };
    let found = find(&find(&documents[0].root, "m"), "x");
    assert_eq!(found.text(), Some(value));
}

#[test]
fn a_text_has_so_many_values_and_no_more() {
    let read = |text: &str| within(10, text, usize::MAX, false);
    for fits in [
        "[1,2,3,4,5,6,7,8,9]",
        "{a: b, c: d, e: f, g: h}",
        "a\n---\nb\n",
    ] {
        assert!(read(fits).is_ok(), "{fits}");
    }
    for (text, line) in [
        ("[1,2,3,4,5,6,7,8,9,0]", 1),
        ("a:\n- [1, 2]\n- [3, 4]\n- {b: c}\n", 4),
        ("a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n", 5),
        ("- [[[[[[[[[[]]]]]]]]]]\n", 1),
        ("a: b\n---\nc: d\n---\ne: f\n---\ng: h\n", 7),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.message, "the text has more than 4,000,000 values");
        assert_eq!(
            (error.line, error.hint),
            (line, Some("split the file")),
            "{text}"
        );
    }
}
