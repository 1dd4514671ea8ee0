use super::*;
use crate::text::yaml::{Dialect, parse};
use proptest::prelude::*;

fn read(text: &str) -> Value {
    Value::of(&parse(text).unwrap()[0].root, Dialect::Rendered).unwrap()
}

#[rstest::rstest]
#[case("{b: [1, {c: d}], a: []}", "a: []\nb:\n- 1\n- c: d\n")]
#[case("- - a\n  - b\n- {x: {}}\n", "- - a\n  - b\n- x: {}\n")]
#[case("a:\n- - x\n- b:\n  - z\n", "a:\n- - x\n- b:\n  - z\n")]
#[case("t: \"a\\n\"", "t: |\n  a\n")]
#[case("t: \"\\na\"", "t: |2-\n\n  a\n")]
#[case("t: \"a \\nb\"", "t: \"a \\nb\"\n")]
#[case("t: \"\\n\"", "t: |2+\n\n")]
#[case("t: [\"a\\nb\"]", "t:\n- |-\n  a\n  b\n")]
#[case("\"a\\nb\": 1", "? |-\n  a\n  b\n: 1\n")]
#[case(
    "a: '#x'\nb: 'x #y'\nc: 'x#y'\nd: 'a: b'\ne: a:b\nf: ':'",
    "a: '#x'\nb: 'x #y'\nc: x#y\nd: 'a: b'\ne: a:b\nf: ':'\n"
)]
#[case(
    "a: '1e3'\nb: 1e3\nc: '<<'\nd: ['y', n]",
    "a: \"1e3\"\nb: 1e3\nc: \"<<\"\nd:\n- \"y\"\n- false\n"
)]
#[case(
    "{true: a, 2: b, '10': c, '9': d, B: e, a10: f, a9: g, _x: h}",
    "true: a\n2: b\n_x: h\n\"9\": d\n\"10\": c\nB: e\na9: g\na10: f\n"
)]
#[case(
    "a: 1000000.5\nb: 0.00001\nc: 30.0\nd: 123456.5\ne: -.inf",
    "a: 1.0000005e+06\nb: 1e-05\nc: 30\nd: 123456.5\ne: -.inf\n"
)]
#[case(
    "a: '\u{1F680}'\nb: \"\\u0001\"\nc: ü",
    "a: \"\\U0001F680\"\nb: \"\\x01\"\nc: ü\n"
)]
#[case("---\n'text'", "text\n")]
#[case("--- {}", "{}\n")]
#[case(
    "a: '---x'\nb: '- x'\nc: -x\nd: '?x'",
    "a: '---x'\nb: '- x'\nc: -x\nd: ?x\n"
)]
fn values_are_written_as_the_old_library_wrote_them(#[case] text: &str, #[case] written: &str) {
    assert_eq!(emit(&read(text)), written);
}

#[test]
fn long_text_is_folded_at_the_first_blank_past_the_width() {
    let long = format!("{} bb cc", "a".repeat(85));
    let folded = |quote: &str| format!("k: {quote}{}\n  bb cc{quote}\n", "a".repeat(85));
    assert_eq!(emit(&read(&format!("k: {long}"))), folded(""));
    let long = format!("'{}' bb", "a".repeat(85));
    let value = Value::Map(vec![(Value::Str("k".into()), Value::Str(long))]);
    assert_eq!(emit(&value), format!("k: '''{}''\n  bb'\n", "a".repeat(85)));
}

fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-z0-9 :#'\"\\\\\n\t,.~?!&*%@|>{}<=_+-]{0,14}",
        "\\PC{0,6}",
        "[0-9eE.+_:-]{1,8}",
        "[a-z ]{70,120}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        text.clone().prop_map(Value::Str),
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        let key = text.clone().prop_map(Value::Str);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::vec((key, inner), 0..4).prop_map(Value::Map),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same_by_old_and_new_readers(value in values()) {
        let text = emit(&Value::List(vec![value.clone()]));
        let root = &parse(&text).unwrap()[0].root;
        let Value::List(old) = Value::of(root, Dialect::Rendered).unwrap() else { panic!() };
        let Value::List(new) = Value::of(root, Dialect::Kubernetes).unwrap() else { panic!() };
        let mut expected = value;
        if let Value::Map(pairs) = &mut expected {
            let mut seen = Vec::new();
            pairs.reverse();
            pairs.retain(|(key, _)| { let new = !seen.contains(key); seen.push(key.clone()); new });
        }
        prop_assume!(!has_duplicates(&expected));
        prop_assert_eq!(old[0].digest(), expected.digest(), "{}", text);
        prop_assert_eq!(new[0].digest(), expected.digest(), "{}", text);
    }
}

#[rstest::rstest]
#[case(
    "{spec: {b: 1, a: 2}, data: x, metadata: {name: m, labels: {}}, kind: K, apiVersion: v1}",
    "apiVersion: v1\nkind: K\nmetadata:\n  labels: {}\n  name: m\ndata: x\nspec:\n  a: 2\n  b: 1\n"
)]
#[case("{a: {kind: x, data: z}}", "a:\n  data: z\n  kind: x\n")]
#[case("a: \"x\\ty \\n\\n  z\\n\"", "a: |\n  x\ty \n\n    z\n")]
#[case("a: \"\\tx\\ny\"", "a: |2-\n  \tx\n  y\n")]
#[case("a: \"x\\r\\ny\"", "a: \"x\\r\\ny\"\n")]
#[case("a: \"x\\ty\"", "a: \"x\\ty\"\n")]
#[case("a: '\u{1F680} go'", "a: \u{1F680} go\n")]
#[case(
    "{a: on, b: 'on', c: 0644, d: '0644', e: '1e3'}",
    "a: true\nb: \"on\"\nc: 420\nd: \"0644\"\ne: \"1e3\"\n"
)]
#[case(
    "{a: 18446744073709551615, b: 9007199254740993}",
    "a: 18446744073709551615\nb: 9007199254740993\n"
)]
#[case(
    "{x: &x {a: 1, b: 2}, z: {<<: *x, b: 3}}",
    "x:\n  a: 1\n  b: 2\nz:\n  a: 1\n  b: 3\n"
)]
fn manifests_are_written_for_people(#[case] text: &str, #[case] written: &str) {
    let value = Value::of(&parse(text).unwrap()[0].root, Dialect::Kubernetes).unwrap();
    assert_eq!(emit_manifest(&value), written);
}

#[test]
fn long_text_stays_on_its_line_in_manifests() {
    let text = format!("k: {} bb cc\n", "a".repeat(85));
    assert_eq!(emit_manifest(&read(&text)), text);
}

/// Texts as they are in scripts and dashboards.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z \n\t:#'\"-]{0,24}",
        "[ \t\n]{0,3}[a-z]{0,3}[ \t\n\r\u{85}\u{2028}\u{feff}]{0,4}[a-z]{0,2}[ \t\n]{0,3}",
        "\\PC{0,6}",
        "[0-9eE.+_:xoyn-]{1,8}",
    ]
}

proptest! {
    #[test]
    fn every_reader_gets_the_same_text_from_a_manifest(text in texts(), key in texts()) {
        let string = |text: &str| Value::Str(text.to_owned());
        let inner = Value::Map(vec![(string(&key), string(&text))]);
        let value = Value::List(vec![string(&text), inner.clone(), Value::List(vec![inner])]);
        let written = emit_manifest(&value);
        for dialect in [Dialect::Kubernetes, Dialect::Config] {
            let back = Value::of(&parse(&written).unwrap()[0].root, dialect).unwrap();
            prop_assert_eq!(&back, &value, "{}", written);
        }
        prop_assert!(written.ends_with('\n') && !written.contains('\r'));
    }

    #[test]
    fn a_manifest_is_the_same_to_kubernetes(value in values()) {
        let document = Value::Map(vec![(Value::Str("spec".into()), value)]);
        prop_assume!(!has_duplicates(&document));
        let written = emit_manifest(&document);
        let back = Value::of(&parse(&written).unwrap()[0].root, Dialect::Kubernetes).unwrap();
        prop_assert_eq!(back.digest(), document.digest(), "{}", written);
        prop_assert_eq!(emit_manifest(&back), written);
    }
}

proptest! {
    #[test]
    fn keys_come_out_in_one_order_however_they_went_in(
        keys in prop::collection::btree_set("[0-9a-c_A.]{0,4}", 0..80),
        seed in any::<u64>(),
    ) {
        let pair = |key: &String| (Value::Str(key.clone()), Value::Null);
        let mut pairs: Vec<_> = keys.iter().map(pair).collect();
        let written = emit(&Value::Map(pairs.clone()));
        pairs.sort_by_key(|(key, _)| Value::List(vec![Value::Uint(seed), key.clone()]).digest());
        prop_assert_eq!(emit(&Value::Map(pairs)), written);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[-a-z0-9:&*!|>{}\\[\\],#'\"%@?< \n\t]{0,60}") {
        for document in parse(&text).unwrap_or_default() {
            if let Ok(value) = Value::of(&document.root, Dialect::Rendered) {
                let _ = emit(&value);
            }
        }
    }
}

fn has_duplicates(value: &Value) -> bool {
    match value {
        Value::Map(pairs) => pairs.iter().enumerate().any(|(at, (key, value))| {
            pairs[..at].iter().any(|(other, _)| other == key) || has_duplicates(value)
        }),
        Value::List(items) => items.iter().any(has_duplicates),
        _ => false,
    }
}
