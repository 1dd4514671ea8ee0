//! No message names a private copy: every path is one of the source, as the user wrote it.

use crate::fabrikate::real_helm::helm;
use crate::support::program::Workspace;

const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\n";
const DB: &str = "apiVersion: v2\nname: db\nversion: 1.0.0\n";
const NEEDS_DB: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n- {name: db, version: 1.0.0, repository: 'file://../db'}\n";
const FINE: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fine}\n";

/// A file that holds a token makes a private copy of the source.
fn with_token(workspace: &Workspace, folder: &str, token: bool) {
    if token {
        workspace.write(&format!("{folder}/notes.json"), "{\"a\": \"#{tag}#\"}");
    }
}

/// Renders `source` and gives back everything that is said.
fn said(workspace: &Workspace, source: &str, arguments: &[&str]) -> String {
    workspace.git(&["init", "--quiet"]);
    workspace.write(
        "gitops.yaml",
        &format!("source: {source}\nvariables: {{tag: one}}\nkubeVersion: 1.34.0\nenvironments: {{dev: }}\n"),
    );
    let arguments = [&["render", "--output", "out"], arguments].concat();
    let ended = workspace.program(&arguments).run();
    let said = format!("{}{}", ended.stdout, ended.stderr);
    for private in [
        workspace.temp().display().to_string(),
        "/dev/shm".to_owned(),
        ".gitops-".to_owned(),
    ] {
        assert!(!said.contains(&private), "{private}: {said}");
    }
    said
}

type Files = &'static [(&'static str, &'static str)];

#[rstest::rstest]
#[case::a_missing_template(&[("c/web/Chart.yaml", CHART), ("c/web/templates/a.yaml", "a: {{ include \"no\" . }}\n")], "the template `c/web/templates/a.yaml`, line 1, failed")]
#[case::a_template_that_is_no_template(&[("c/web/Chart.yaml", CHART), ("c/web/templates/a.yaml", "a: {{ if }}\n")], "the template `c/web/templates/a.yaml`, line 1, failed")]
#[case::a_template_that_renders_to_no_yaml(&[("c/web/Chart.yaml", CHART), ("c/web/templates/a.yaml", "a: [\n")], "`c/web/templates/a.yaml`")]
#[case::bad_values(&[("c/web/Chart.yaml", CHART), ("c/web/values.yaml", "a: [\n"), ("c/web/templates/a.yaml", FINE)], "c/web/values.yaml")]
#[case::values_that_are_a_list(&[("c/web/Chart.yaml", CHART), ("c/web/values.yaml", "- a\n"), ("c/web/templates/a.yaml", FINE)], "c/web")]
#[case::a_bad_description(&[("c/web/Chart.yaml", "name: [\n"), ("c/web/templates/a.yaml", FINE)], "c/web/Chart.yaml")]
#[case::a_bad_schema(&[("c/web/Chart.yaml", CHART), ("c/web/values.schema.json", "{\"type\": 7}"), ("c/web/templates/a.yaml", FINE)], "schema")]
#[case::values_that_do_not_fit(&[("c/web/Chart.yaml", CHART), ("c/web/values.schema.json", "{\"required\": [\"x\"]}"), ("c/web/templates/a.yaml", FINE)], "do not fit the schema")]
#[case::a_dependency_that_is_not_there(&[("c/web/Chart.yaml", NEEDS_DB), ("c/web/templates/a.yaml", FINE)], "c/db")]
#[case::a_dependency_of_another_version(&[("c/web/Chart.yaml", NEEDS_DB), ("c/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 2.0.0\n"), ("c/web/templates/a.yaml", FINE)], "`c/db`")]
#[case::a_dependency_with_a_bad_description(&[("c/web/Chart.yaml", NEEDS_DB), ("c/db/Chart.yaml", "name: [\n"), ("c/web/templates/a.yaml", FINE)], "c/db/Chart.yaml")]
#[case::a_template_of_a_dependency(&[("c/web/Chart.yaml", NEEDS_DB), ("c/db/Chart.yaml", DB), ("c/db/templates/a.yaml", "a: {{ fail \"no\" }}\n")], "the template `c/db/templates/a.yaml`, line 1, failed")]
#[case::bad_values_of_a_dependency(&[("c/web/Chart.yaml", NEEDS_DB), ("c/db/Chart.yaml", DB), ("c/db/values.yaml", "a: [\n"), ("c/db/templates/a.yaml", FINE)], "c/db/values.yaml")]
#[case::a_bad_schema_of_a_dependency(&[("c/web/Chart.yaml", NEEDS_DB), ("c/db/Chart.yaml", DB), ("c/db/values.schema.json", "{\"$ref\": \"http://contoso.com/a\"}"), ("c/db/templates/a.yaml", FINE)], "c/db/values.schema.json")]
#[case::a_dependency_outside(&[("c/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n- {name: db, version: 1.0.0, repository: 'file://../../../db'}\n"), ("c/web/templates/a.yaml", FINE)], "leads out of")]
#[case::a_bad_lock(&[("c/web/Chart.yaml", NEEDS_DB), ("c/web/Chart.lock", "a: [\n"), ("c/db/Chart.yaml", DB)], "c/web/Chart.lock")]
#[case::a_stale_lock(&[("c/web/Chart.yaml", NEEDS_DB), ("c/web/Chart.lock", "dependencies: []\ndigest: sha256:1\n"), ("c/db/Chart.yaml", DB)], "Chart.lock")]
#[case::a_broken_package(&[("c/web/Chart.yaml", CHART), ("c/web/charts/db-1.0.0.tgz", "no archive"), ("c/web/templates/a.yaml", FINE)], "c/web/charts/db-1.0.0.tgz")]
#[case::a_broken_package_of_a_dependency(&[("c/web/Chart.yaml", NEEDS_DB), ("c/db/Chart.yaml", DB), ("c/db/charts/x.tgz", "no archive"), ("c/db/templates/a.yaml", FINE)], "c/db/charts/x.tgz")]
#[case::a_chart_in_charts(&[("c/web/Chart.yaml", CHART), ("c/web/charts/x/Chart.yaml", DB), ("c/web/charts/x/templates/a.yaml", "a: {{ fail \"no\" }}\n")], "c/web/charts/x/templates/a.yaml")]
#[case::a_bad_description_in_charts(&[("c/web/Chart.yaml", CHART), ("c/web/charts/x/Chart.yaml", "name: [\n"), ("c/web/templates/a.yaml", FINE)], "c/web/charts/x/Chart.yaml")]
#[case::no_description_in_charts(&[("c/web/Chart.yaml", CHART), ("c/web/charts/x/templates/a.yaml", FINE), ("c/web/templates/a.yaml", FINE)], "c/web")]
#[case::an_unknown_function_in_notes(&[("c/web/Chart.yaml", CHART), ("c/web/templates/NOTES.txt", "{{ no }}"), ("c/web/templates/a.yaml", FINE)], "c/web/templates/NOTES.txt")]
fn of_charts(#[case] files: Files, #[case] expected: &str, #[values(false, true)] token: bool) {
    let Some(helm) = helm() else { return };
    let workspace = Workspace::new();
    for (path, text) in files {
        workspace.write(path, text);
    }
    with_token(&workspace, "c/web", token);
    let said = said(
        &workspace,
        "c/web",
        &["--helm", &helm.display().to_string()],
    );
    assert!(said.contains(expected), "{expected}: {said}");
}

const PROGRAM: &str =
    "{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: import 'x.libsonnet' } }";

#[rstest::rstest]
#[case::a_missing_library(&[("p/a.jsonnet", PROGRAM)], "a.jsonnet")]
#[case::a_library_that_is_no_program(&[("p/a.jsonnet", PROGRAM), ("p/x.libsonnet", "{")], "x.libsonnet")]
#[case::a_library_that_fails(&[("p/a.jsonnet", PROGRAM), ("p/x.libsonnet", "error 'no'")], "x.libsonnet")]
#[case::a_library_beside(&[("p/a.jsonnet", "import '../lib/x.libsonnet'"), ("lib/x.libsonnet", "error 'no'")], "lib/x.libsonnet")]
#[case::a_library_that_leads_out(&[("p/a.jsonnet", "import '../../x.libsonnet'")], "a.jsonnet")]
#[case::a_resource_that_is_none(&[("p/a.jsonnet", "{ a: 1 }")], "a.jsonnet")]
#[case::a_text_that_is_no_yaml(&[("p/a.jsonnet", "std.parseYaml(importstr 'x.yaml')"), ("p/x.yaml", "a: [")], "a.jsonnet")]
fn of_programs(#[case] files: Files, #[case] expected: &str, #[values(false, true)] token: bool) {
    let workspace = Workspace::new();
    for (path, text) in files {
        workspace.write(path, text);
    }
    with_token(&workspace, "p", token);
    let said = said(&workspace, "p", &[]);
    assert!(said.contains(expected), "{expected}: {said}");
}

#[rstest::rstest]
#[case::no_static_files(&[("d/component.yaml", "name: d\ntype: static\npath: files\n")], "files")]
#[case::static_files_that_are_no_yaml(&[("d/component.yaml", "name: d\ntype: static\npath: files\n"), ("d/files/a.yaml", "a: [\n")], "d/files/a.yaml")]
#[case::a_bad_component(&[("d/component.yaml", "name: [\n")], "d/component.yaml")]
#[case::bad_configuration(&[("d/component.yaml", "name: d\ntype: static\npath: files\n"), ("d/files/a.yaml", FINE), ("d/config/dev.yaml", "a: [\n")], "d/config/dev.yaml")]
#[case::a_component_that_leads_out(&[("d/component.yaml", "name: d\nsubcomponents:\n- {name: x, method: local, source: ../../x}\n")], "leads out of")]
#[case::a_bad_component_below(&[("d/component.yaml", "name: d\nsubcomponents:\n- {name: x, method: local, source: ./x}\n"), ("d/x/component.yaml", "name: [\n")], "d/x/component.yaml")]
#[case::no_chart(&[("d/component.yaml", "name: d\ntype: helm\npath: ./web\n")], "web")]
#[case::a_template(&[("d/component.yaml", "name: d\ntype: helm\npath: ./web\n"), ("d/web/Chart.yaml", CHART), ("d/web/templates/a.yaml", "a: {{ fail \"no\" }}\n")], "web/templates/a.yaml")]
#[case::bad_values(&[("d/component.yaml", "name: d\ntype: helm\npath: ./web\n"), ("d/web/Chart.yaml", CHART), ("d/web/values.yaml", "a: [\n"), ("d/web/templates/a.yaml", FINE)], "d/web")]
#[case::a_broken_package(&[("d/component.yaml", "name: d\ntype: helm\npath: ./web\n"), ("d/web/Chart.yaml", CHART), ("d/web/charts/x.tgz", "no archive"), ("d/web/templates/a.yaml", FINE)], "d/web/charts/x.tgz")]
#[case::a_missing_dependency(&[("d/component.yaml", "name: d\ntype: helm\npath: ./web\n"), ("d/web/Chart.yaml", NEEDS_DB), ("d/web/templates/a.yaml", FINE)], "d/web")]
#[case::a_hook(&[("d/component.yaml", "name: d\ntype: static\npath: files\nhooks: {before-generate: ['pwd; echo $PWD/x 1>&2; exit 3']}\n"), ("d/files/a.yaml", FINE)], "d")]
#[case::output_that_is_no_yaml(&[("d/component.yaml", "name: d\ntype: helm\npath: ./web\n"), ("d/web/Chart.yaml", CHART), ("d/web/templates/a.yaml", "a: [\n")], "web/templates/a.yaml")]
fn of_definitions(
    #[case] files: Files,
    #[case] expected: &str,
    #[values(false, true)] token: bool,
) {
    let Some(helm) = helm() else { return };
    let workspace = Workspace::new();
    for (path, text) in files {
        workspace.write(path, text);
    }
    with_token(&workspace, "d", token);
    let said = said(&workspace, "d", &["--helm", &helm.display().to_string()]);
    assert!(said.contains(expected), "{expected}: {said}");
}

#[rstest::rstest]
#[case::a_missing_resource(&[("o/dev/kustomization.yaml", "resources: [a.yaml]\n")], "a.yaml")]
#[case::a_bad_resource(&[("o/dev/kustomization.yaml", "resources: [a.yaml]\n"), ("o/dev/a.yaml", "a: [\n")], "a.yaml")]
#[case::a_base(&[("o/dev/kustomization.yaml", "resources: [../base]\n"), ("o/base/kustomization.yaml", "resources: [a.yaml]\n"), ("o/base/a.yaml", "kind: [\n")], "a.yaml")]
#[case::a_patch_without_a_target(&[("o/dev/kustomization.yaml", "resources: [a.yaml]\npatches: [{path: p.yaml}]\n"), ("o/dev/a.yaml", FINE), ("o/dev/p.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n")], "Secret")]
#[case::a_bad_overlay(&[("o/dev/kustomization.yaml", "resources: [\n")], "kustomization.yaml")]
#[case::a_base_that_leads_out(&[("o/dev/kustomization.yaml", "resources: [../../../x]\n")], "../../../x")]
#[case::a_resource_without_a_kind(&[("o/dev/kustomization.yaml", "resources: [a.yaml]\n"), ("o/dev/a.yaml", "a: 1\n")], "a.yaml")]
fn of_overlays(#[case] files: Files, #[case] expected: &str, #[values(false, true)] token: bool) {
    let workspace = Workspace::new();
    for (path, text) in files {
        workspace.write(path, text);
    }
    with_token(&workspace, "o/dev", token);
    let said = said(&workspace, "o/dev", &["--tools", "path"]);
    assert!(said.contains(expected), "{expected}: {said}");
}

#[rstest::rstest]
#[case::no_yaml(&[("m/a.yaml", "a: [\n")], "a.yaml")]
#[case::no_resource(&[("m/a.yaml", "a: 1\n")], "a.yaml")]
#[case::twice(&[("m/a.yaml", FINE), ("m/b.yaml", FINE)], "b.yaml")]
#[case::a_second_key(&[("m/a.yaml", "kind: A\nkind: B\n")], "a.yaml")]
fn of_manifests(#[case] files: Files, #[case] expected: &str, #[values(false, true)] token: bool) {
    let workspace = Workspace::new();
    for (path, text) in files {
        workspace.write(path, text);
    }
    if token {
        workspace.write("m/z.yaml", &FINE.replace("fine", "'#{tag}#'"));
    }
    let said = said(&workspace, "m", &[]);
    assert!(said.contains(expected), "{expected}: {said}");
}
