//! A file's text in, settings with their places or a complaint out.

use super::*;

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
    assert_eq!(file.top["generator"].texts, ["fabrikate"]);
    assert_eq!(
        file.environments.keys().collect::<Vec<_>>(),
        ["dev", "prod"]
    );
    assert_eq!(file.environments["prod"]["allow_empty"].texts, ["true"]);
}

#[test]
fn paths_are_seen_from_the_file() {
    let file =
        parsed("source: hld\nmanifestRepo: ../manifests.git\nbranch: hld\nhelm: /usr/bin/helm\n");
    assert_eq!(file.top["source"].texts, ["conf/hld"]);
    assert_eq!(file.top["manifest_repo"].texts, ["./conf/../manifests.git"]);
    assert_eq!(file.top["branch"].texts, ["hld"]);
    assert_eq!(file.top["helm"].texts, ["/usr/bin/helm"]);
}

#[rstest::rstest]
#[case("generator: [", "the settings file gitops.yaml, line 1")]
#[case("a: b", "gitops.yaml, line 1: `a` is no setting here")]
#[case(
    "\nmanifestrepo: x",
    "gitops.yaml, line 2: `manifestrepo` is no setting here | did you mean `manifestRepo`?"
)]
#[case(
    "environments:\n  dev:\n    commitMessage: x",
    "gitops.yaml, line 3: `environments.dev.commitMessage` is no setting here"
)]
#[case(
    "branch: 1.10",
    "gitops.yaml, line 1: `branch` must be a whole number, or a text in quotes"
)]
#[case(
    "branch: [a]",
    "gitops.yaml, line 1: `branch` must be one value, not a list"
)]
#[case(
    "branch: {a: b}",
    "gitops.yaml, line 1: `branch` must be a value, not a map"
)]
#[case("just text", "the settings file gitops.yaml")]
#[case(
    "branch: a\nbranch: b",
    "the settings file gitops.yaml, line 2, column 1: duplicate mapping key: branch"
)]
#[case(
    "environments: [dev]",
    "the settings file gitops.yaml, line 1, column 15: a map is expected here, each name with a colon"
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
        file.top["values"].texts,
        [r#"{"mode":493,"other":420,"text":"0755","flag":true,"big":1000650000,"nine":9}"#]
    );
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
            .map(|item| (item.name.clone(), item.layer["source"].texts[0].clone()))
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
    "gitops.yaml, line 2: `sources[0].sauce` is no setting here | did you mean `source`?"
)]
#[case(
    "environments:\n  dev:\n    sources:\n    - source: a\n    - branch: b",
    "gitops.yaml, line 5: `environments.dev.sources[1].branch` is no setting here"
)]
#[case(
    "sources: [{name: 3}]",
    "gitops.yaml, line 1: `sources[0].name` must be a text"
)]
#[case("sources: web", "the settings file gitops.yaml, line 1, column 10: ")]
#[case(
    "sources: []",
    "gitops.yaml: `sources` is an empty list | list at least"
)]
#[case(
    "environments:\n  dev:\n    sources: []",
    "gitops.yaml: `environments.dev.sources` is an empty list | list at least"
)]
fn what_is_wrong_with_a_source_is_named_with_its_line(#[case] text: &str, #[case] start: &str) {
    let said = said(text);
    assert!(said.starts_with(start), "{said}");
}
