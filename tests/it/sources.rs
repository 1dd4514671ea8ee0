//! Environments that are made of several sources.

use crate::support::program::Workspace;

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";
const PROGRAM: &str = "{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { env: std.extVar('environment') } }";

fn workspace(settings: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("plain/web.yaml", SERVICE);
    workspace.write("programs/settings.jsonnet", PROGRAM);
    workspace.write("gitops.yaml", settings);
    workspace
}

#[test]
fn each_source_has_its_own_generator_and_all_go_to_one_folder() {
    let workspace = workspace(
        "sources:\n- source: plain\n- { source: programs, name: settings }\nenvironments:\n  dev:\n  prod: { sources: [{ source: plain }] }\n",
    );
    let ended = workspace.program(&["render", "--output", "out"]).succeed();
    insta::assert_snapshot!(ended.stderr, @r"
    dev: 2 resources in 2 files (manifests+jsonnet)
    prod: 1 resource in 1 file (manifests)
    ");
    assert_eq!(workspace.read("out/dev/web.yaml"), SERVICE);
    let settings = workspace.read("out/dev/settings.yaml");
    assert!(settings.contains("\n  env: dev\n"), "{settings}");
}

#[test]
fn an_error_names_the_source() {
    let workspace = workspace("sources:\n- source: plain\n- source: programs\n");
    workspace.write("programs/settings.jsonnet", "error 'no colour'");
    let ended = workspace
        .program(&["verify", "--environments", "dev"])
        .fail();
    assert!(
        ended
            .stderr
            .contains("environment dev: source programs: the program `settings.jsonnet` failed"),
        "{}",
        ended.stderr
    );
}

#[test]
fn two_sources_cannot_yield_one_file() {
    let workspace = workspace("sources:\n- source: plain\n- { source: more, name: other }\n");
    workspace.write(
        "more/web.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n",
    );
    let ended = workspace
        .program(&["verify", "--environments", "dev"])
        .fail();
    assert!(
        ended
            .stderr
            .contains("environment dev: both the source `plain` and the source `other` make the file `web.yaml`"),
        "{}",
        ended.stderr
    );
}
