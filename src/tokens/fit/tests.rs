use super::super::{Compatibility, FileName, Layer, Matching, Options, Variables, replace_bytes};

/// A file with `#{v}#` replaced by `value`, and `#{w}#` by `word`.
fn put(name: &str, text: &str, value: &str) -> Result<String, String> {
    let mut options = Options::new(Compatibility::Own);
    options.transforms = Some(super::super::Delimiters::new("transform", "(", ")").unwrap());
    let mut variables = Variables::new(Compatibility::Own);
    let layer = Layer::new("test", Matching::Exact);
    variables.add(layer.with("v", value).with("w", "word"));
    let file = FileName::in_place(name);
    replace_bytes(&options, &variables, file, text.as_bytes().to_vec())
        .map(|done| String::from_utf8(done.content.into_bytes()).unwrap())
        .map_err(|error| error.to_string())
}

const KUBERNETES: &str = "apiVersion: v1\nkind: Service\n";

#[rstest::rstest]
#[case("abc #1", "\"abc #1\"")]
#[case("&amp", "\"&amp\"")]
#[case("null", "\"null\"")]
#[case("{a}", "\"{a}\"")]
#[case("123", "123")]
#[case("true", "true")]
#[case("False", "False")]
#[case("no", "\"no\"")]
#[case("1e3", "\"1e3\"")]
#[case("0123", "\"0123\"")]
#[case("1.10", "\"1.10\"")]
#[case("87940363", "87940363")]
#[case("706798e8", "\"706798e8\"")]
#[case("", "\"\"")]
#[case("a: b", "\"a: b\"")]
#[case("- a", "\"- a\"")]
#[case("-1a", "-1a")]
#[case("*x", "\"*x\"")]
#[case("!x", "\"!x\"")]
#[case("@x", "\"@x\"")]
#[case("%x", "\"%x\"")]
#[case("`x", "\"`x\"")]
#[case("'x", "\"'x\"")]
#[case("\"x\"", "\"\\\"x\\\"\"")]
#[case("x\"y", "x\"y")]
#[case(" x", "\" x\"")]
#[case("x:", "\"x:\"")]
#[case("a\u{85}b: c", "\"a\\Nb: c\"")]
#[case("a\u{2028}b", "\"a\\Lb\"")]
#[case("https://x/y?z=1", "https://x/y?z=1")]
#[case("a\n---\nkind: Evil\n", "\"a\\n---\\nkind: Evil\\n\"")]
#[case("C:\\dir", "C:\\dir")]
fn a_plain_scalar_of_a_manifest_is_quoted_where_it_must_be(
    #[case] value: &str,
    #[case] written: &str,
) {
    for (before, after) in [("spec: ", "\n"), ("spec:\n  - ", " # c\n"), ("spec: ", "")] {
        let text = format!("{KUBERNETES}{before}#{{v}}#{after}");
        let expected = format!("{KUBERNETES}{before}{written}{after}");
        assert_eq!(put("a.yaml", &text, value), Ok(expected));
    }
}

#[rstest::rstest]
#[case("87940363", "\"87940363\"")]
#[case("706798e8", "\"706798e8\"")]
#[case("1.10", "\"1.10\"")]
#[case("123", "123")]
#[case("true", "true")]
#[case("0.5", "0.5")]
fn numbers_of_values_files_reach_the_chart_as_they_are_written(
    #[case] value: &str,
    #[case] written: &str,
) {
    for name in ["values.yaml", "config/common.yaml", "x.yml"] {
        let got = put(name, "image:\n  tag: #{v}#\n", value);
        assert_eq!(got, Ok(format!("image:\n  tag: {written}\n")));
    }
}

#[rstest::rstest]
#[case::label(
    "metadata: {labels: {x: #{v}#}}\n",
    "metadata: {labels: {x: \"123\"}}\n"
)]
#[case::name("metadata:\n  name: #{v}#\n", "metadata:\n  name: \"123\"\n")]
#[case::environment(
    "spec:\n- env:\n  - value: #{v}#\n",
    "spec:\n- env:\n  - value: \"123\"\n"
)]
#[case::number("spec: {replicas: #{v}#}\n", "spec: {replicas: 123}\n")]
#[case::parts("spec: {a: 1.#{v}#, b: 0#{v}#}\n", "spec: {a: 1.123, b: \"0123\"}\n")]
#[case::tagged("spec: !!str #{v}#\n", "spec: !!str 123\n")]
#[case::explicit("spec: !!int #{v}#\n", "spec: !!int 123\n")]
fn fields_that_take_text_get_text(#[case] text: &str, #[case] expected: &str) {
    let got = put("a.yaml", &format!("{KUBERNETES}{text}"), "123");
    assert_eq!(got, Ok(format!("{KUBERNETES}{expected}")));
}

#[rstest::rstest]
#[case::text("{k: \"#{v}#\"}", "C:\\new", Ok("{k: \"C:\\\\new\"}"))]
#[case::text_ends("{k: \"#{v}#\"}", "x\" + 1 + \"", Ok("{k: \"x\\\" + 1 + \\\"\"}"))]
#[case::single("{k: 'a #{v}#'}", "it's", Ok("{k: 'a it\\'s'}"))]
#[case::lines("{k: '#{v}#'}", "a\nb", Ok("{k: 'a\\nb'}"))]
#[case::verbatim("{k: @'C:\\#{v}#'}", "it's\\", Ok("{k: @'C:\\it''s\\'}"))]
#[case::quote_in_text("{k: 'a\\'b', l: \"#{v}#\"}", "\"", Ok("{k: 'a\\'b', l: \"\\\"\"}"))]
#[case::block(
    "{k: |||\n  a\n  #{v}#\n|||}",
    "1\n2",
    Ok("{k: |||\n  a\n  1\n  2\n|||}")
)]
#[case::block_first(
    "{k: |||\n  #{v}#\n|||, l: #{w}#}",
    "1\n2",
    Ok("{k: |||\n  1\n  2\n|||, l: word}")
)]
#[case::block_indent(
    "{k: |||\n  #{v}#\n|||}",
    " 1",
    Err("its value would be read as something else")
)]
#[case::block_end(
    "{k: |||\n  a\n  #{v}#\n|||}",
    "\n||| + importstr 'x'",
    Ok("{k: |||\n  a\n  \n  ||| + importstr 'x'\n|||}")
)]
#[case::number("{k: #{v}#}", "-1.5e3", Ok("{k: -1.5e3}"))]
#[case::boolean("{k: #{v}#}", "true", Ok("{k: true}"))]
#[case::code(
    "{k: #{v}#}",
    "importstr 'x'",
    Err("it is in the code of a Jsonnet program")
)]
#[case::code_empty("{k: #{v}#}", "", Err("it is in the code of a Jsonnet program"))]
#[case::comment(
    "// #{v}#\n{} /* #{v}# */",
    "*/ x\ny",
    Ok("// */ x y\n{} /* * / x y */")
)]
#[case::hash_comment("# it's\n{k: '#{v}#'}", "it's", Ok("# it's\n{k: 'it\\'s'}"))]
#[case::escape(
    "{k: '\\#{v}#'}",
    "n",
    Err("its value would be read as something else")
)]
#[case::raw("{k: #{raw(v)}#}", "[1, 2]", Ok("{k: [1, 2]}"))]
fn a_value_in_a_jsonnet_program_stays_a_text(
    #[case] text: &str,
    #[case] value: &str,
    #[case] expected: Result<&str, &str>,
) {
    for name in ["a.jsonnet", "lib/a.libsonnet"] {
        match (put(name, text, value), expected) {
            (Ok(got), Ok(expected)) => assert_eq!(got, expected),
            (Err(got), Err(part)) => assert!(got.contains(part), "{got}"),
            (got, expected) => panic!("{got:?} is not {expected:?}"),
        }
    }
}

#[rstest::rstest]
#[case(
    "_h.tpl",
    "{{ print \"#{v}#\" }}",
    "x\" .Release.Name \"",
    Some("it is inside a template action")
)]
#[case("_h.tpl", "{{ print \"#{v}#\" }}", "1.2-a", None)]
#[case("_h.tpl", "a #{v}#", "{{ .x }}", Some("its value contains `{{`"))]
#[case("_h.tpl", "a #{v}#", "b: \"c\"", None)]
#[case(
    "app.env",
    "PASS=#{v}#\n",
    "a\nEVIL=1",
    Some("its value has a line break")
)]
#[case(
    "app.properties",
    "pass=#{v}#\n",
    "a\rb",
    Some("its value has a line break")
)]
#[case("app.env", "PASS=#{v}#\n", "a=b c", None)]
#[case("app.txt", "#{v}#\n", "a\nb", None)]
fn a_value_adds_no_action_and_no_line(
    #[case] name: &str,
    #[case] text: &str,
    #[case] value: &str,
    #[case] refused: Option<&str>,
) {
    match (put(name, text, value), refused) {
        (Ok(got), None) => assert_eq!(got, text.replace("#{v}#", value)),
        (Err(got), Some(part)) => assert!(got.contains(part), "{got}"),
        (got, refused) => panic!("{got:?} is not {refused:?}"),
    }
}

#[rstest::rstest]
#[case::part("a: x-#{v}#\n", "b: c", "a: \"x-b: c\"\n")]
#[case::two("a: #{v}##{w}#\n", "#", "a: \"#word\"\n")]
#[case::flow("a: [#{v}#, #{w}#]\n", "x, y", "a: [\"x, y\", word]\n")]
#[case::flow_map("a: {b: #{v}#}\n", "x}", "a: {b: \"x}\"}\n")]
#[case::flow_question("a: [#{v}#, #{w}#]\n", "?0@", "a: [\"?0@\", word]\n")]
#[case::flow_question_inside("a: {b: x#{v}#}\n", "a?b", "a: {b: \"xa?b\"}\n")]
#[case::flow_colon("a: [\n #{v}#,\n b]\n", ":.inf", "a: [\n \":.inf\",\n b]\n")]
#[case::block_question("a: #{v}#\n", "?a", "a: ?a\n")]
#[case::literal_tab("a: |\n  #{v}#\nb: c\n", "\tx", "a: \"\\tx\\n\"\nb: c\n")]
#[case::literal_tab_below_an_empty_line(
    "a: |\n\n  #{v}#\nb: c\n",
    "\tx",
    "a: \"\\n\\tx\\n\"\nb: c\n"
)]
#[case::literal_blank_with_a_tab("a: |\n  #{v}#\n  x\n", " \t", "a: \" \\t\\nx\\n\"\n")]
#[case::literal_tab_further_down("a: |\n  x:\n  #{v}#\n", "\ty", "a: |\n  x:\n  \ty\n")]
#[case::double("a: \"x #{v}#\"\n", "q\" \\ \n", "a: \"x q\\\" \\\\ \\n\"\n")]
#[case::single("a: 'x #{v}#'\n", "it's", "a: 'x it''s'\n")]
#[case::single_lines("a: 'it''s #{v}#'\n", "b\nc", "a: \"it's b\\nc\"\n")]
#[case::key("#{v}#: x\n", "a: b", "\"a: b\": x\n")]
#[case::key_number("#{v}#: x\n", "1.10", "\"1.10\": x\n")]
#[case::comment("# #{v}#\na: b # #{v}#\n", "x\ny: z", "# x y: z\na: b # x y: z\n")]
#[case::comment_of_go("# #{v}#\na: b\n", "x\u{2028}y: z", "# x y: z\na: b\n")]
#[case::literal(
    "a: |\n  x\n  #{v}#\nb: c\n",
    "1\n\n2\nd: e",
    "a: |\n  x\n  1\n\n  2\n  d: e\nb: c\n"
)]
#[case::literal_deep("- a: |\n     #{v}#", "1\n2", "- a: |\n     1\n     2")]
#[case::at_the_end("p: |\n  #{v}#", " pass", "p: \" pass\"")]
#[case::at_the_end_after_a_line("p: |\n  x\n  #{v}#", "\ty", "p: |\n  x\n  \ty")]
#[case::at_the_end_a_tab("p: |\n  #{v}#", "\tx", "p: \"\\tx\"")]
#[case::at_the_end_a_return("p: |\n  #{v}#", "a\r\nb", "p: \"a\\r\\nb\"")]
#[case::at_the_end_a_break("p: |\n  #{v}#", "a\u{85}b", "p: \"a\\Nb\"")]
#[case::at_the_end_a_mark("p: |\n  #{v}#", "\u{feff}a", "p: \"\\uFEFFa\"")]
#[case::at_the_end_folded("p: >\n  x\n  #{v}#", "1\n2", "p: \"x 1\\n2\"")]
#[case::before_a_last_line_feed("p: |\n  #{v}#\n", " pass", "p: \" pass\\n\"\n")]
#[case::literal_indented("a: |-\n  #{v}#\nb: c\n", "  1\n2", "a: \"  1\\n2\"\nb: c\n")]
#[case::literal_break("a: |\n  #{v}#\nb: c\n", "1\u{85}2", "a: \"1\\N2\\n\"\nb: c\n")]
#[case::stripped("a: |-\n  #{v}#\nb: c\n", "1\n", "a: \"1\\n\"\nb: c\n")]
#[case::folded("a: >-\n  x\n  #{v}#\nb: c\n", "1\n2", "a: \"x 1\\n2\"\nb: c\n")]
#[case::folded_word("a: >-\n  x\n  #{v}#\nb: c\n", "1", "a: >-\n  x\n  1\nb: c\n")]
#[case::anchor("a: &#{v}# x\nb: *#{v}#\n", "n1", "a: &n1 x\nb: *n1\n")]
#[case::document("--- #{v}#\n", "a: b", "--- \"a: b\"\n")]
#[case::raw("a: #{raw(v)}#\nb: #{v}#\n", "{c: d}", "a: {c: d}\nb: \"{c: d}\"\n")]
#[case::indent("a: |\n    #{indent(v, 4)}#\n", "1\n2", "a: |\n    1\n    2\n")]
#[case::windows("a: #{v}#\r\nb: c\r\n", "x: y", "a: \"x: y\"\r\nb: c\r\n")]
#[case::multi_line_plain("a: x\n  #{v}#\n", "b: c", "a: \"x b: c\"\n")]
fn each_form_of_scalar_keeps_the_text(
    #[case] text: &str,
    #[case] value: &str,
    #[case] expected: &str,
) {
    assert_eq!(put("a.yaml", text, value), Ok(expected.to_owned()));
}

#[rstest::rstest]
#[case(
    "a.yaml",
    "a: &#{v}# x\n",
    "b c",
    "replacing the token \"#{v}#\" in a.yaml:1:5: it is part of an anchor, alias or tag, and its value has characters that cannot be there"
)]
#[case(
    "a.yaml",
    "a: b\nc: !!int #{v}#\n",
    "0x1F",
    "replacing the token \"#{v}#\" in a.yaml:2:10: its value is not a `!!int`, as the tag in front of it says"
)]
#[case(
    "templates/a.yaml",
    "a: #{v}#\n",
    "{{ .Secret }}",
    "replacing the token \"#{v}#\" in templates/a.yaml:1:4: its value contains `{{`, which the template engine would run as code"
)]
#[case(
    "a.yaml",
    "a: {{ default \"#{v}#\" .x }}\n",
    "\" | lookup \"",
    "replacing the token \"#{v}#\" in a.yaml:1:16: it is inside a template action (`{{ … }}`), where its value could be read as code"
)]
#[case(
    "a.yaml",
    "a: {{ .x }}-#{v}#\n",
    "b: c",
    "replacing the token \"#{v}#\" in a.yaml:1:13: its value needs quotes, but the same text contains a template action (`{{ … }}`)"
)]
#[case(
    "a.yaml",
    "a: b\n  c: #{v}#\n: x",
    "b: c",
    "replacing the token \"#{v}#\" in a.yaml:2:6: its value needs quotes, but the file is not valid YAML (line 2: mapping values are not allowed in this context)"
)]
#[case(
    "a.yaml",
    "a: |\n  #{indent(v, 1)}#\n",
    "x\nb: c",
    "replacing the token \"#{indent(v, 1)}#\" in a.yaml:2:3: its value would be read as something else than the text it is"
)]
fn a_value_that_cannot_be_written_is_refused_with_its_place(
    #[case] name: &str,
    #[case] text: &str,
    #[case] value: &str,
    #[case] said: &str,
) {
    assert_eq!(put(name, text, value), Err(said.to_owned()));
}

#[rstest::rstest]
#[case(
    "{{- if .a }}\na: #{v}#\n{{- end }}\n",
    "x: y",
    "{{- if .a }}\na: \"x: y\"\n{{- end }}\n"
)]
#[case("a: {{ .b }}\nc: #{v}#\n", "1.10", "a: {{ .b }}\nc: \"1.10\"\n")]
#[case("a: {{ .b }}:#{v}#\n", "1.10", "a: {{ .b }}:1.10\n")]
#[case("a: \"{{ .b }}:#{v}#\"\n", "q\"", "a: \"{{ .b }}:q\\\"\"\n")]
#[case(
    "{{ $x := 1 }}{{ if $x }}\n  - b\n {{ else }}\n- a: '#{v}#'\n{{ end }}",
    "it's",
    "{{ $x := 1 }}{{ if $x }}\n  - b\n {{ else }}\n- a: 'it''s'\n{{ end }}"
)]
fn templates_of_a_chart_are_yaml_around_their_actions(
    #[case] text: &str,
    #[case] value: &str,
    #[case] expected: &str,
) {
    assert_eq!(
        put("templates/a.yaml", text, value),
        Ok(expected.to_owned())
    );
}

#[rstest::rstest]
#[case(r##"{"a": "#{v}#"}"##, "q\"\n\u{1}", r#"{"a": "q\"\n\u0001"}"#)]
#[case(r#"{"a": #{v}#}"#, "3", r#"{"a": 3}"#)]
#[case(
    r#"{"a": #{v}#, "b": [#{v}#]}"#,
    "x, 1",
    r#"{"a": "x, 1", "b": ["x, 1"]}"#
)]
#[case(r#"{"a": #{v}#}"#, "null", r#"{"a": "null"}"#)]
#[case(r#"{"a": #{v}#}"#, "true", r#"{"a": true}"#)]
#[case(r#"{"a": #{v}#}"#, "0123", r#"{"a": "0123"}"#)]
#[case(r#"{"a": #{v}#}"#, "9007199254740993", r#"{"a": "9007199254740993"}"#)]
#[case(r#"{"a": #{v}#}"#, "{\"b\": 1}", r#"{"a": "{\"b\": 1}"}"#)]
#[case(r#"{"a": 1#{v}#0}"#, "2", r#"{"a": 120}"#)]
#[case(r#"{"a": #{v}##{w}#}"#, "2", r#"{"a": "2word"}"#)]
#[case(
    "// #{v}#\n{\"a\": 1} /* #{v}# */",
    "x\n*/ {",
    "// x */ {\n{\"a\": 1} /* x * / { */"
)]
#[case(
    r#"{"u": "http://#{v}#", "\"//": #{v}#}"#,
    "h",
    r#"{"u": "http://h", "\"//": "h"}"#
)]
#[case(r#"{"a": #{json(v)}#}"#, "x\"", r#"{"a": "x\""}"#)]
fn a_value_in_json_is_a_string_unless_json_has_it(
    #[case] text: &str,
    #[case] value: &str,
    #[case] expected: &str,
) {
    assert_eq!(put("a.json", text, value), Ok(expected.to_owned()));
}

#[rstest::rstest]
#[case("registry.contoso.com", true)]
#[case("1.2.30", true)]
#[case("web-1234", true)]
#[case("12345678", false)]
#[case("706798e8", false)]
#[case("0xdeadbeef", false)]
#[case("2026-11-28T10:00:00Z", false)]
#[case("false", false)]
#[case("1234.5678", false)]
#[case("a, b, see", false)]
#[case("registry:", false)]
#[case("-registry", false)]
fn some_words_are_text_wherever_they_are(#[case] value: &str, #[case] text: bool) {
    assert_eq!(super::write::is_always_text(value), text);
    if text {
        let composed = "a: 1#{v}#0\nb: #{v}#\n#{v}#: [#{v}#]\n".to_string();
        let got = put("values.yaml", &composed, value).unwrap();
        assert_eq!(got, composed.replace("#{v}#", value));
    }
}

#[test]
fn bytes_of_an_unknown_code_page_stay_beside_a_value_and_are_not_quoted_with_it() {
    let options = Options::new(Compatibility::Own);
    let mut variables = Variables::new(Compatibility::Own);
    variables.add(Layer::new("test", Matching::Exact).with("v", "b: c"));
    let put = |text: &[u8]| {
        let name = FileName::in_place("a.yaml");
        replace_bytes(&options, &variables, name, text.to_vec())
            .map(|done| done.content.into_bytes())
            .map_err(|error| error.to_string())
    };
    let got = put(b"a: Gr\xf6\xdfe\nb: #{v}#\n");
    assert_eq!(got.unwrap(), b"a: Gr\xf6\xdfe\nb: \"b: c\"\n");
    assert_eq!(
        put(b"a: Gr\xf6\xdfe #{v}#\n").unwrap_err(),
        "replacing the token \"#{v}#\" in a.yaml:1:10: its value would be read as something else than the text it is"
    );
}

use crate::text::yaml::{Dialect, Value, parse};

/// What Kubernetes' tools read. A number or boolean that is written as `value`
/// is as good as the text.
fn read_back(text: &str, value: &str) -> Vec<Value> {
    let documents = parse(text).unwrap();
    let read = |root| Value::of(root, Dialect::Kubernetes).unwrap();
    documents
        .iter()
        .map(|it| each(read(&it.root), &|text| text, value))
        .collect()
}

/// A value with `change` made to each text in it.
fn each(read: Value, change: &dyn Fn(String) -> String, value: &str) -> Value {
    let all = |read| each(read, change, value);
    match read {
        Value::Str(text) => Value::Str(change(text)),
        Value::List(items) => Value::List(items.into_iter().map(all).collect()),
        Value::Map(pairs) => Value::Map(
            pairs
                .into_iter()
                .map(|(key, item)| (all(key), all(item)))
                .collect(),
        ),
        Value::Int(number) if number.to_string() == value => Value::Str(value.to_owned()),
        Value::Float(number) if number.to_string() == value => Value::Str(value.to_owned()),
        Value::Bool(truth) if value.eq_ignore_ascii_case(&truth.to_string()) => {
            Value::Str(value.to_owned())
        }
        other => other,
    }
}

proptest::proptest! {
    #[test]
    fn whatever_is_put_in_is_what_comes_out(value in "\\PC{0,6}|[-a1#:{}\\[\\],&*!|>'\"%@` \n\t.0ey~\u{85}\u{2028}]{0,9}") {
        for (before, after) in [("a: ", "\n"), ("- ", "\n"), ("{a: ", "}"), ("a: '", "'"), ("a: \"", "\""), ("a: |-\n  ", "\nb: c"), ("a: >-\n  x\n  ", "\n"), ("", ": x\n")] {
            let got = put("a.yaml", &format!("{before}#{{v}}#{after}"), &value).unwrap();
            let meant = read_back(&format!("{before}Marker{after}"), &value).into_iter();
            let filled = |text: String| text.replace("Marker", &value);
            let meant: Vec<_> = meant.map(|read| each(read, &filled, "")).collect();
            proptest::prop_assert_eq!(read_back(&got, &value), meant, "{}", got);
        }
    }
}
