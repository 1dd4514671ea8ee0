//! A file's text in, settings with their places or a complaint out.

use super::*;
use crate::settings::layer::{Data, Layer, Origin, Value};
use crate::settings::{Settings, resolve};

/// What the program makes of a file's text.
pub(in crate::settings) fn read_and_resolved(text: &str) -> Result<Settings, Error> {
    resolved_with(text, Layer::new())
}

/// The same in a run with settings of its own.
pub(in crate::settings) fn resolved_with(text: &str, mut given: Layer) -> Result<Settings, Error> {
    let file = parse(Path::new("gitops.yaml"), text)?;
    if file.environments.is_empty() {
        let origin = Origin::Flag("environments".to_owned());
        let names = Value::list(vec!["dev".to_owned()], origin);
        given.insert("environments".to_owned(), names);
    }
    resolve(&given, &file, &Layer::new(), false)
}

fn parsed(text: &str) -> FileSettings {
    parse(Path::new("conf/gitops.yaml"), text).unwrap()
}

fn said(text: &str) -> String {
    let error = parse(Path::new("gitops.yaml"), text).unwrap_err();
    let hints: Vec<_> = error
        .all_hints()
        .iter()
        .map(|hint| format!(" | {hint}"))
        .collect();
    format!("{error}{}", hints.concat())
}

#[test]
fn settings_stand_at_the_top_or_in_an_environment() {
    let file = parsed(
        "generator: fabrikate\nenvironments:\n  dev:\n  prod: { branch: live, allowEmpty: true }\n",
    );
    assert_eq!(file.top["generator"].texts(), ["fabrikate"]);
    assert_eq!(
        file.environments.keys().collect::<Vec<_>>(),
        ["dev", "prod"]
    );
    assert_eq!(file.environments["prod"]["allow_empty"].texts(), ["true"]);
}

#[test]
fn paths_are_seen_from_the_file() {
    let file =
        parsed("source: hld\nmanifestRepo: ../manifests.git\nbranch: hld\nhelm: /usr/bin/helm\n");
    assert_eq!(file.top["source"].texts(), ["conf/hld"]);
    assert_eq!(
        file.top["manifest_repo"].texts(),
        ["./conf/../manifests.git"]
    );
    assert_eq!(file.top["branch"].texts(), ["hld"]);
    assert_eq!(file.top["helm"].texts(), ["/usr/bin/helm"]);
}

#[rstest::rstest]
#[case("generator: [", "the settings file gitops.yaml, line 1")]
#[case("a: b", "gitops.yaml, line 1: unknown setting `a`")]
#[case(
    "\nmanifestrepo: x",
    "gitops.yaml, line 2: unknown setting `manifestrepo` | did you mean `manifestRepo`?"
)]
#[case(
    "environments:\n  dev:\n    commitMessage: x",
    "gitops.yaml, line 3: unknown setting `environments.dev.commitMessage`"
)]
#[case(
    "branch: [a]",
    "gitops.yaml, line 1: `branch` must be one value, not a list"
)]
#[case(
    "branch: {a: b}",
    "gitops.yaml, line 1: `branch` must be one value, not a map"
)]
#[case(
    "just text",
    "gitops.yaml, line 1: the settings file must be a map, not a single value"
)]
#[case(
    "- a",
    "gitops.yaml, line 1: the settings file must be a map, not a list"
)]
#[case("[a]: b", "gitops.yaml, line 1: a key must be one name, not a list")]
#[case(
    "branch: a\n---\nbranch: b",
    "gitops.yaml, line 3: a second document begins here"
)]
#[case(
    "environments:\n  dev:\n    branch: a\n    branch: b",
    "the settings file gitops.yaml, line 4, column 5: the key `branch` appears twice"
)]
#[case(
    "environments:\n  dev: {}\n  dev: {}",
    "the settings file gitops.yaml, line 3, column 3: the key `dev` appears twice"
)]
#[case(
    "labels: {a: b}",
    "gitops.yaml, line 1: `labels` must be a list of texts, not a map"
)]
#[case(
    "labels: [a, {b: c}]",
    "gitops.yaml, line 1: `labels` must be a list of texts"
)]
#[case(
    "labels: [a, ~]",
    "gitops.yaml, line 1: `labels` must be a list of texts"
)]
#[case(
    "values: {a: .nan}",
    "gitops.yaml, line 1: `values` must be a map of values without `.nan` and `.inf`, which charts cannot take"
)]
#[case(
    "values: {a: {[b]: c}}",
    "gitops.yaml, line 1: `values` must be a map of values, but a key in line 1 is not one name"
)]
#[case(
    "variables: [a]",
    "gitops.yaml, line 1: `variables` must be a map, not a list"
)]
#[case(
    "branch: a\nbranch: b",
    "the settings file gitops.yaml, line 2, column 1: the key `branch` appears twice"
)]
#[case(
    "environments: dev",
    "gitops.yaml, line 1: `environments` must be a map, not a single value | write `environments: [dev]`, or each name on a line of its own, followed by a colon"
)]
#[case(
    "environments: [dev, {prod: {}}]",
    "gitops.yaml, line 1: an item of `environments` must be a name, not a map | to give environments settings, write a map"
)]
#[case(
    "environments:\n- dev\n- qa\n- dev",
    "gitops.yaml, line 4: the environment `dev` is listed twice"
)]
#[case(
    "a: b",
    "gitops.yaml, line 1: unknown setting `a` | all settings are listed in docs/settings.md"
)]
#[case(
    "environmnts: {dev: }",
    "gitops.yaml, line 1: unknown setting `environmnts` | did you mean `environments`?"
)]
#[case(
    "environments: dev, qa",
    "gitops.yaml, line 1: `environments` must be a map, not a single value | write `environments: [dev, qa]`, or each name on a line of its own, followed by a colon"
)]
#[case(
    "environments:\n  dev: main",
    "gitops.yaml, line 2: `environments.dev` must be a map, not a single value | write each setting with a colon, such as `branch: main`, on a line of its own"
)]
#[case(
    "sources: [web]",
    "gitops.yaml, line 1: `sources[0]` must be a map, not a single value | write `source: <folder>` for each item"
)]
#[case(
    "environments:\n  dev:\n  variables:\n    host: a",
    "gitops.yaml, line 4: unknown setting `environments.variables.host` | `variables` is directly under `environments`, so it was read as the name of an environment: indent it below its environment, or move it to the top of the file"
)]
#[case(
    "environments:\n  dev:\n  branch: main",
    "gitops.yaml, line 3: `environments.branch` must be a map, not a single value | `branch` is directly under `environments`"
)]
#[case(
    "environments:\n  dev:\n    pushTimeout: 3",
    "gitops.yaml, line 3: unknown setting `environments.dev.pushTimeout` | `pushTimeout` applies to the whole run: move it to the top of the file"
)]
#[case(
    "environments: [dev]\nsources: [{source: a, variables: {b: c}}]",
    "gitops.yaml, line 2: unknown setting `sources[0].variables` | `variables` belongs to the environment, or to the top of the file, not to one source"
)]
#[case(
    "allowPullRequestPublish: true",
    "gitops.yaml, line 1: `allowPullRequestPublish` can be set only on the task or the command line"
)]
#[case(
    "environments: {dev: {config: a}}",
    "gitops.yaml, line 1: `environments.dev.config` can be set only on the task or the command line"
)]
#[case(
    "from: dev",
    "gitops.yaml, line 1: `from` can be set only on the task or the command line"
)]
#[case(
    "githubConnection: a",
    "gitops.yaml, line 1: `githubConnection` can be set only on the task"
)]
#[case(
    "token: a",
    "gitops.yaml, line 1: `token`: a secret does not belong in this file | set the input `token` to a secret variable, or the variable GITOPS_TOKEN at a terminal"
)]
#[case(
    "chartPassword: a",
    "gitops.yaml, line 1: `chartPassword`: a secret does not belong in this file | set the input `chartPassword` to a secret variable, or the variable GITOPS_CHART_PASSWORD at a terminal"
)]
#[case(
    "a:\n  b: c\n d: e",
    "the settings file gitops.yaml, line 3, column 2: "
)]
#[case(
    "source: a\n folder: b",
    "the settings file gitops.yaml, line 2, column 8: mapping values are not allowed in this context | check the indentation of this line and the one before it"
)]
fn what_is_wrong_is_named_with_its_line(#[case] text: &str, #[case] start: &str) {
    let said = said(text);
    assert!(said.starts_with(start), "{said}");
}

#[test]
fn variables_keep_the_digits_they_were_written_with() {
    let file = parsed(
        "variables: {tag: 1.10, app: {name: web}}\nenvironments:\n  dev: {variables: {tag: 2.0}}\n",
    );
    let (top, section) = file.variables("dev");
    assert_eq!(top.names().collect::<Vec<_>>(), ["tag", "app.name"]);
    let variables = tokens::Variables::of_environment(top, section, [], []);
    assert_eq!(&*variables.get("tag").unwrap().value, "2.0");
    assert_eq!(variables.explain("tag")[1].value, "1.10");
}

#[test]
fn values_of_charts_mean_what_they_mean_in_a_values_file() {
    let file = parsed(
        "values: {mode: 0755, other: 0o644, text: '0755', flag: yes, big: 1000650000, nine: 9}\n",
    );
    assert_eq!(
        values(&file),
        r#"{"mode":493,"other":420,"text":"0755","flag":true,"big":1000650000,"nine":9}"#
    );
}

fn values(file: &FileSettings) -> String {
    match &file.top["values"].data {
        Data::Map(map) => serde_json::json!(map).to_string(),
        other => panic!("{other:?}"),
    }
}

/// Each of these changed a digit when it was read as a number on the way.
#[rstest::rstest]
#[case("9.109e-31")]
#[case("1.380649e-23")]
#[case("6.62607015e-34")]
#[case("0.1")]
#[case("2.2250738585072014e-308")]
#[case("5e-324")]
#[case("1.7976931348623157e308")]
#[case("-8.41421e-21")]
#[case("123456.789")]
fn decimals_of_charts_keep_their_digits(#[case] number: &str) {
    let expected: f64 = number.parse().unwrap();
    for text in [
        format!("environments: [dev]\nvalues: {{a: {number}}}"),
        format!("environments: [dev]\nvalues: ['{{\"a\": {number}}}']"),
        format!("environments: {{dev: {{values: {{a: {number}}}}}}}"),
    ] {
        let settings = read_and_resolved(&text).unwrap();
        let values = &settings.environments[0].sources[0].helm.values;
        let written = values["a"].to_string();
        let written: f64 = written.parse().unwrap();
        assert_eq!(written.to_bits(), expected.to_bits(), "{text}");
    }
}

/// YAML 1.1 and 1.2 give each of these another type than text.
#[rstest::rstest]
#[case("on")]
#[case("off")]
#[case("010")]
#[case("0o10")]
#[case("0x1F")]
#[case("1_000")]
#[case("1.10")]
#[case("1e3")]
#[case("y")]
#[case("n")]
#[case("no")]
#[case("Yes")]
#[case("true")]
#[case("False")]
#[case("2026-11-28")]
#[case("12:30:45")]
#[case(".5")]
fn a_setting_that_is_text_keeps_its_text(#[case] written: &str) {
    for (text, id) in [
        (format!("folder: {written}"), "folder"),
        (format!("branch: {written}"), "branch"),
        (format!("namespace: {written}"), "namespace"),
        (format!("kubeVersion: !!str {written}"), "kube_version"),
        (format!("release: '{written}'"), "release"),
    ] {
        assert_eq!(parsed(&text).top[id].texts(), [written], "{text}");
    }
    let text = format!("environments: {{{written}: {{labels: [{written}]}}}}");
    let file = parsed(&text);
    assert_eq!(file.environments[written]["labels"].texts(), [written]);
    let text = format!("sources: [{{name: {written}, source: x}}]");
    let name = parsed(&text).sources("dev").unwrap()[0].name.clone();
    assert_eq!(name.as_deref(), Some(written));
}

#[rstest::rstest]
#[case("on", true)]
#[case("No", false)]
#[case("'yes'", true)]
#[case("0", false)]
fn a_switch_is_on_or_off_in_every_spelling(#[case] written: &str, #[case] on: bool) {
    let text = format!("environments: [dev]\nallowEmpty: {written}");
    let settings = read_and_resolved(&text).unwrap();
    assert_eq!(settings.environments[0].brakes.allow_empty, on);
}

#[rstest::rstest]
#[case("~")]
#[case("null")]
#[case("")]
fn nothing_is_not_given(#[case] written: &str) {
    let file = parsed(&format!(
        "branch: {written}\nlabels: {written}\nvariables: {written}"
    ));
    assert!(file.top.is_empty());
}

/// A comma in an item of a list is part of the item.
#[rstest::rstest]
#[case(
    "variableFiles",
    "variable_files",
    "vars/*.{yaml,json}",
    "conf/vars/*.{yaml,json}"
)]
#[case("variableFiles", "variable_files", "!a, b.yaml", "!conf/a, b.yaml")]
#[case("imageFiles", "image_files", "built, v2.json", "conf/built, v2.json")]
#[case("valuesFiles", "values_files", "a,b.yaml", "conf/a,b.yaml")]
#[case("jsonnetPaths", "jsonnet_paths", "lib, old", "conf/lib, old")]
#[case("reviewers", "reviewers", "Doe, Jane", "Doe, Jane")]
#[case("requiredReviewers", "required_reviewers", "Doe, Jane", "Doe, Jane")]
#[case("labels", "labels", "a,b", "a,b")]
#[case(
    "values",
    "values",
    "note=two\nlines, and a comma",
    "note=two\nlines, and a comma"
)]
#[case("jsonnetVariables", "jsonnet_variables", "a=1\n2", "a=1\n2")]
fn an_item_of_a_list_is_one_item(
    #[case] key: &str,
    #[case] id: &str,
    #[case] item: &str,
    #[case] kept: &str,
) {
    let text = serde_json::json!({ key: [item, "z"] }).to_string();
    let file = parsed(&text);
    assert_eq!(file.top[id].texts()[0], kept);
    assert_eq!(file.top[id].texts().len(), 2);
}

#[test]
fn a_list_of_one_text_is_split_as_in_an_input() {
    let file =
        parsed("labels: a, b\nreviewers: |\n  Jane\n  John\nvariableFiles: v/*.{yaml,json},w\n");
    assert_eq!(file.top["labels"].texts(), ["a", "b"]);
    assert_eq!(file.top["reviewers"].texts(), ["Jane", "John"]);
    assert_eq!(
        file.top["variable_files"].texts(),
        ["conf/v/*.{yaml,json}", "conf/w"]
    );
}

#[test]
fn environments_without_settings_may_be_a_list() {
    let file = parsed("folder: x\nenvironments: [dev, on, 010]\n");
    assert_eq!(
        file.environments.keys().collect::<Vec<_>>(),
        ["dev", "on", "010"]
    );
}

#[test]
fn what_is_merged_in_loses_to_the_settings_of_the_environment() {
    let file = parsed(
        "environments:\n  dev: &dev { branch: a, labels: [x] }\n  qa: { branch: b, <<: *dev }\n",
    );
    let qa = &file.environments["qa"];
    assert_eq!(qa["branch"].texts(), ["b"]);
    assert_eq!(qa["labels"].texts(), ["x"]);
}

#[rstest::rstest]
#[case("./x.git", "gitops.yaml", "./x.git")]
#[case("./x.git", "conf/gitops.yaml", "./conf/x.git")]
#[case("../x.git", "gitops.yaml", "../x.git")]
#[case("../x.git", "conf/gitops.yaml", "./conf/../x.git")]
#[case("././x.git", "gitops.yaml", "./x.git")]
#[case("./x.git", "/srv/gitops.yaml", "/srv/x.git")]
#[case("./x.git", "./conf/gitops.yaml", "./conf/x.git")]
#[case("contoso/shop", "conf/gitops.yaml", "contoso/shop")]
fn a_local_repository_is_relative_to_the_file(
    #[case] written: &str,
    #[case] file: &str,
    #[case] shown: &str,
) {
    let file = parse(Path::new(file), &format!("manifestRepo: {written}")).unwrap();
    assert_eq!(file.top["manifest_repo"].texts(), [shown]);
}

fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let mark = mark.then_some(0xfeff);
    let units = mark.into_iter().chain(text.encode_utf16());
    let bytes = units.flat_map(|unit| {
        if big {
            unit.to_be_bytes()
        } else {
            unit.to_le_bytes()
        }
    });
    bytes.collect()
}

#[rstest::rstest]
#[case(utf16("branch: höchst", false, true), "branch: höchst")]
#[case(utf16("branch: höchst", true, true), "branch: höchst")]
#[case("\u{feff}branch: höchst".into(), "branch: höchst")]
#[case("branch: höchst".into(), "branch: höchst")]
fn the_byte_order_mark_decides_the_encoding(#[case] bytes: Vec<u8>, #[case] text: &str) {
    assert_eq!(
        read::decode(Path::new("gitops.yaml"), &bytes).unwrap(),
        text
    );
}

#[rstest::rstest]
#[case(
    utf16("branch: a", false, false),
    "the settings file gitops.yaml holds null characters, as UTF-16 without a byte order mark does"
)]
#[case(
    utf16("branch: a", true, false),
    "the settings file gitops.yaml holds null characters, as UTF-16 without a byte order mark does"
)]
#[case(b"branch: a\nfolder: \xf6\n".to_vec(), "the settings file gitops.yaml, line 2: this is not utf-8 text")]
#[case(
    b"\xff\xfeb\x00\x00\xd8a\x00".to_vec(),
    "the settings file gitops.yaml, line 1: this is not utf-16le text")]
fn another_encoding_is_named(#[case] bytes: Vec<u8>, #[case] message: &str) {
    let error = read::decode(Path::new("gitops.yaml"), &bytes).unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(error.all_hints(), ["save the file as UTF-8"]);
}

#[test]
fn an_empty_file_says_nothing() {
    assert!(parsed("").top.is_empty());
    assert!(parsed("# only a comment\n").top.is_empty());
}

#[test]
fn an_environment_may_be_made_of_several_sources() {
    let file = parsed(
        "sources:\n- { source: web }\nenvironments:\n  dev:\n  prod:\n    sources:\n    - { name: base, source: plain, generator: manifests }\n    - source: programs\n",
    );
    let shown = |name: &str| {
        let sources = file.sources(name).unwrap().iter();
        sources
            .map(|item| (item.name.clone(), item.layer["source"].texts()[0].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(shown("dev"), [(None, "conf/web".to_owned())]);
    assert_eq!(
        shown("prod"),
        [
            (Some("base".to_owned()), "conf/plain".to_owned()),
            (None, "conf/programs".to_owned())
        ]
    );
}

#[rstest::rstest]
#[case(
    "sources:\n- sauce: web",
    "gitops.yaml, line 2: unknown setting `sources[0].sauce` | did you mean `source`?"
)]
#[case(
    "environments:\n  dev:\n    sources:\n    - source: a\n    - branch: b",
    "gitops.yaml, line 5: unknown setting `environments.dev.sources[1].branch` | `branch` belongs to the environment, or to the top of the file, not to one source"
)]
#[case(
    "sources: [{name: [3]}]",
    "gitops.yaml, line 1: `sources[0].name` must be a name, not a list"
)]
#[case(
    "sources: [{name: ''}]",
    "gitops.yaml, line 1: `sources[0].name` must be a name, not a single value"
)]
#[case(
    "sources: web",
    "gitops.yaml, line 1: `sources` must be a list, not a single value | for one source"
)]
#[case(
    "sources: []",
    "gitops.yaml, line 1: `sources` is an empty list | list at least"
)]
#[case(
    "environments:\n  dev:\n    sources: []",
    "gitops.yaml, line 3: `environments.dev.sources` is an empty list | list at least"
)]
fn what_is_wrong_with_a_source_is_named_with_its_line(#[case] text: &str, #[case] start: &str) {
    let said = said(text);
    assert!(said.starts_with(start), "{said}");
}

#[rstest::rstest]
#[case(
    "updates: {object: a}",
    "gitops.yaml, line 1: `updates` must be a list, not a map | write `object` or `files`, or both, and under `set`"
)]
#[case(
    "updates: [a]",
    "gitops.yaml, line 1: `updates[0]` must be a map, not a single value | write"
)]
#[case(
    "updates:\n- {set: {a: b}}",
    "gitops.yaml, line 2: `updates[0]` does not say which value is set | write"
)]
#[case(
    "updates: [{files: a.yaml}]",
    "gitops.yaml, line 1: `updates[0]` does not say which value is set | write"
)]
#[case(
    "environments: {dev: {updates: [{file: a.yaml}]}}",
    "gitops.yaml, line 1: unknown setting `environments.dev.updates[0].file` | write"
)]
#[case(
    "updates: [{files: a.yaml, set: {a: [b]}}]",
    "gitops.yaml, line 1: `updates[0].set.a` must be text, not a list"
)]
#[case(
    "set: a",
    "gitops.yaml, line 1: `set` can be set only on the task or the command line"
)]
fn what_is_wrong_with_an_update_is_named_with_its_line(#[case] text: &str, #[case] start: &str) {
    let said = said(text);
    assert!(said.starts_with(start), "{said}");
}

#[test]
fn updates_of_an_environment_stand_for_those_at_the_top() {
    let text = "updates: [{object: HelmRelease a, set: {version: 1.10}}]\nenvironments: {dev: {updates: [{files: b.yaml, set: {c: d}}]}, qa: {}}\n";
    let file = parsed(text);
    let shown = |environment: Option<&str>| {
        let items = file.updates(environment).iter();
        let items = items.map(|item| format!("{:?} {:?} {:?}", item.files, item.object, item.set));
        items.collect::<Vec<_>>().join("; ")
    };
    let top = "None Some(\"HelmRelease a\") [(\"version\", \"1.10\")]";
    assert_eq!([shown(None), shown(Some("qa"))], [top, top]);
    assert_eq!(shown(Some("dev")), "Some(\"b.yaml\") None [(\"c\", \"d\")]");
}
