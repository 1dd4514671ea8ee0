//! What Fabrikate passes over without a word, and what is said about it here.

use super::{render, source};

const SHOP: &str = "name: shop\nsubcomponents:\n- {name: web, type: static, path: m}\n- {name: db, type: static, path: m}\n";

/// The warnings of a definition with these files beside a component `shop`, which
/// renders nevertheless.
async fn warnings(files: &[(&str, &str)]) -> Vec<String> {
    let mut all = vec![("m/x.yaml", "kind: X\n"), ("config/prod.yaml", "")];
    if !files.iter().any(|(path, _)| path.starts_with("component.")) {
        all.push(("component.yaml", SHOP));
    }
    all.retain(|(path, _)| !files.iter().any(|(other, _)| other == path));
    all.extend(files);
    let folder = source(&all);
    let generated = render(folder.path(), "prod").await.unwrap();
    assert!(generated.files.iter().next().is_some());
    generated.findings.iter().map(ToString::to_string).collect()
}

#[rstest::rstest]
#[case::second_document(
    "config/prod.yaml",
    "config: {a: 1}\n---\nconfig: {b: 1}\n",
    "config/prod.yaml, line 3: this document is ignored, because Fabrikate reads the first one only"
)]
#[case::second_document_behind_nothing(
    "config/common.yaml",
    "---\n---\nconfig: {b: 1}\n",
    "config/common.yaml, line 3: this document is ignored, because Fabrikate reads the first one only"
)]
#[case::twice(
    "config/prod.yaml",
    "subcomponents:\n  web: {config: {a: 1}}\n  web: {config: {b: 1}}\n",
    "config/prod.yaml, line 3: the key `web` is in the same map as another one in line 2; the last one counts"
)]
#[case::value_twice(
    "config/common.yaml",
    "config:\n  a: 1\n  a: 2\n",
    "config/common.yaml, line 3: the key `a` is in the same map as another one in line 2; the last one counts"
)]
#[case::both_forms(
    "config/prod.json",
    "{}",
    "config/prod.json: the file is ignored, because Fabrikate reads `prod.yaml` first; remove one of them"
)]
#[case::method(
    "component.yaml",
    "name: shop\nmethod: locl\nsubcomponents:\n- {name: web, type: static, path: m}\n",
    "component.yaml: `locl`, the method of `shop`, is not one, so nothing is fetched for it; did you mean `local`?"
)]
#[case::method_in_capitals(
    "component.yaml",
    "name: shop\nsubcomponents:\n- {name: web, type: static, path: m, method: Local}\n",
    "component.yaml: `Local`, the method of `web`, is not one, so nothing is fetched for it; did you mean `local`?"
)]
#[case::misspelt(
    "config/common.yaml",
    "confg:\n  a: 1\n",
    "config/common.yaml, line 1: the unknown key `confg` is ignored; did you mean `config`?"
)]
#[case::beside(
    "config/common.yaml",
    "config:\n  a: 1\nreplicas: 3\n",
    "config/common.yaml, line 3: the unknown key `replicas` is ignored; values of the chart belong below `config`"
)]
#[case::case_of_letters(
    "config/prod.yaml",
    "Namespace: shop\n",
    "config/prod.yaml, line 1: the unknown key `Namespace` is ignored; did you mean `namespace`?"
)]
#[case::inject(
    "config/prod.yaml",
    "injectNamspace: true\n",
    "config/prod.yaml, line 1: the unknown key `injectNamspace` is ignored; did you mean `injectNamespace`?"
)]
#[case::singular(
    "config/prod.yaml",
    "subcomponent:\n  web:\n    config: {a: 1}\n",
    "config/prod.yaml, line 1: the unknown key `subcomponent` is ignored; did you mean `subcomponents`?"
)]
#[case::in_a_subcomponent(
    "config/prod.yaml",
    "subcomponents:\n  web:\n    replicas: 3\n",
    "config/prod.yaml, line 3: the unknown key `replicas` is ignored; values of the chart belong below `config`"
)]
#[case::json(
    "config/common.json",
    "{\"Config\": {\"a\": 1}, \"confg\": {}}",
    "config/common.json: the unknown key `confg` is ignored; did you mean `config`?"
)]
#[case::misspelt_name(
    "config/prod.yaml",
    "subcomponents:\n  wbe:\n    config: {a: 1}\n",
    "config/prod.yaml, line 2: the configuration of `wbe` is ignored: the component has no such subcomponent; did you mean `web`?"
)]
#[case::unknown_name(
    "config/prod.yaml",
    "subcomponents:\n  frontend:\n    config: {a: 1}\n",
    "config/prod.yaml, line 2: the configuration of `frontend` is ignored: the component has no such subcomponent; it lists `web`, `db`"
)]
#[case::name_below_one_without(
    "config/prod.yaml",
    "subcomponents:\n  web:\n    subcomponents:\n      inner: {}\n",
    "config/prod.yaml, line 4: the configuration of `inner` is ignored: the component has no such subcomponent; it lists none"
)]
#[case::extension(
    "config/common.yml",
    "config: {a: 1}\n",
    "config/common.yml: the file is ignored, because Fabrikate reads `common.yaml`; rename it"
)]
#[case::capital(
    "config/Common.yaml",
    "config: {a: 1}\n",
    "config/Common.yaml: the file is ignored, because Fabrikate reads `common.yaml`; rename it"
)]
#[case::environment_in_capitals(
    "config/PROD.JSON",
    "{}",
    "config/PROD.JSON: the file is ignored, because Fabrikate reads `prod.json`; rename it"
)]
#[case::component_file(
    "component.yaml",
    "name: shop\ntype: static\npath: m\nsubcomponent:\n- {name: web, type: static, path: m}\n",
    "component.yaml, line 4: the unknown key `subcomponent` is ignored; did you mean `subcomponents`?"
)]
#[case::configuration_in_a_component_file(
    "component.yaml",
    "name: shop\ntype: static\npath: m\nconfig: {a: 1}\n",
    "component.yaml, line 4: the unknown key `config` is ignored; configuration belongs in `config/common.yaml`"
)]
#[case::entry(
    "component.yaml",
    "name: shop\nsubcomponents:\n- name: web\n  type: static\n  pth: x\n  path: m\n",
    "component.yaml, line 5: the unknown key `pth` is ignored; did you mean `path`?"
)]
#[tokio::test]
async fn what_is_ignored_is_told_with_its_place_and_what_was_meant(
    #[case] file: &str,
    #[case] text: &str,
    #[case] expected: &str,
) {
    assert_eq!(warnings(&[(file, text)]).await, [expected]);
}

#[rstest::rstest]
#[case::all_keys(&[("config/prod.yaml", "config: {a: 1}\nnamespace: shop\ninjectNamespace: true\nsubcomponents:\n  web: {config: {}, disabled: false}\n  db:\n")])]
#[case::another_environment(&[("config/dev.yaml", "confg: {}\n"), ("config/staging.yml", ""), ("config/README.md", "")])]
#[case::own_fields(&[("component.yaml", "name: shop\ntype: static\npath: m\ndescription: the shop\nowner: team\n")])]
#[case::empty(&[("config/common.yaml", "# nothing\n")])]
#[case::disabled(&[("config/prod.yaml", "subcomponents:\n  db: {disabled: true}\n")])]
#[tokio::test]
async fn what_fabrikate_reads_or_nobody_means_is_not_told(#[case] files: &[(&str, &str)]) {
    assert_eq!(warnings(files).await, [] as [String; 0]);
}
