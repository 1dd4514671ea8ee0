//! Which files a promotion sees.

use super::*;
use crate::fabrikate::real_helm::helm;

#[test]
fn a_clean_checkout_of_the_commit_is_used_with_what_git_ignores_in_it() {
    let workspace = shop();
    workspace.write(".gitignore", "manifests.git\nhld/installed.yaml\n");
    commit(&workspace);
    workspace.write(
        "hld/installed.yaml",
        "kind: ConfigMap\napiVersion: v1\nmetadata: {name: x}\n",
    );
    publish(&workspace, "dev");
    workspace.program(&promote("prod", &[])).succeed();
    published(&workspace, "clusters/prod/installed.yaml");
    // In the commit it is not, so dev comes out differently from there.
    workspace.write("new.txt", "");
    let ended = workspace.program(&promote("prod", &[])).fail();
    assert!(
        said(&ended).contains("it lacks installed.yaml"),
        "{ended:#?}"
    );
}

#[test]
fn files_that_are_named_by_their_whole_path_are_of_the_commit_too() {
    let workspace = shop();
    let place = |path: &str| workspace.path().join(path).display().to_string();
    let (config, source) = (place("gitops.yaml"), place("hld"));
    let (images, variables) = (place("images.json"), place("vars/*.yaml"));
    let named = [
        "--config",
        &config,
        "--source",
        &source,
        "--image-files",
        &images,
        "--variable-files",
        &variables,
    ];
    let publish = [&["publish", "--environments", "dev"], &named[..]].concat();
    workspace.program(&publish).succeed();
    spoil(&workspace);
    workspace.program(&promote("prod", &named)).succeed();
    assert_eq!(
        facts(&workspace, "clusters/prod"),
        "contoso/web:1.0 in north, 1 replicas"
    );
}

#[test]
fn a_settings_file_outside_of_the_checkout_counts_as_it_is() {
    let workspace = shop();
    let outside = tempfile::tempdir().unwrap();
    let config = outside.path().join("gitops.yaml");
    let source = workspace.path().join("hld").display().to_string();
    let repository = workspace.path().join("manifests.git").display().to_string();
    let text = format!(
        "source: {source}\nmanifestRepo: {repository}\nvariables: {{zone: south, replicas: 4}}\nenvironments: {{dev: , prod: }}\n"
    );
    std::fs::write(&config, text).unwrap();
    let config = config.display().to_string();
    let arguments = ["publish", "--environments", "dev", "--config", &config];
    workspace.program(&arguments).succeed();
    spoil(&workspace);
    workspace
        .program(&promote("prod", &["--config", &config]))
        .succeed();
    assert_eq!(
        facts(&workspace, "prod"),
        "contoso/web:0 in south, 4 replicas"
    );
}

/// Makes a manifest of the commit, and a branch; two environments may run it at once.
const MAKE: &str = r#"
echo "{kind: ConfigMap, apiVersion: v1, metadata: {name: c, annotations: {of: c$(git rev-parse HEAD)}}}" > web/made.yaml
git branch made 2>&1 || true
"#;

#[test]
fn a_hook_sees_the_commit_and_cannot_reach_the_branches_of_the_checkout() {
    let workspace = shop();
    workspace.remove("hld");
    workspace
.write("hld/component.yaml", "name: shop\nhooks: {before-generate: [sh make.sh]}\nsubcomponents:\n- {name: web, type: static, path: ./web}\n")
        .write("hld/make.sh", MAKE)
        .write("hld/config/common.yaml", "config: {}\n")
        .write("hld/web/web.yaml", WEB)
        .write(".gitignore", "manifests.git\nhld/web/made.yaml\n");
    let first = commit(&workspace);
    publish(&workspace, "dev");
    workspace.git(&["branch", "--delete", "--force", "made"]);
    spoil(&workspace);
    commit(&workspace);
    workspace.program(&promote("prod", &[])).succeed();
    let made = published(&workspace, "clusters/prod/web.yaml");
    assert!(made.contains(&format!("of: c{first}")), "{made}");
    assert_eq!(
        workspace.git(&["branch", "--format=%(refname:short)"]),
        "main\n"
    );
    workspace.git(&["fsck", "--strict"]);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_taken_out_of_the_commit_is_told() {
    let workspace = shop();
    std::os::unix::fs::symlink("/nowhere", workspace.path().join("elsewhere")).unwrap();
    commit(&workspace);
    publish(&workspace, "dev");
    spoil(&workspace);
    let arguments = promote("prod", &["--format", "json"]);
    let ended = workspace.program(&arguments).succeed();
    let result: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let expected =
        "not as in a checkout: it is a symbolic link that may lead out of the repository";
    assert_eq!(result["warnings"][0]["place"], "elsewhere");
    assert_eq!(result["warnings"][0]["message"], expected);
    assert!(
        ended.stderr.contains(&format!("elsewhere: {expected}")),
        "{ended:#?}"
    );
}

#[test]
fn a_chart_and_its_values_files_are_those_of_the_commit_where_the_chart_was_renamed_since() {
    let Some(helm) = helm() else { return };
    let helm = helm.display().to_string();
    let workspace = shop();
    workspace.remove("hld");
    workspace
        .write("gitops.yaml", "source: chart\nvaluesFiles: 'values/{environment}.yaml'\nkubeVersion: 1.31.0\nmanifestRepo: ./manifests.git\nenvironments: {dev: , prod: }\n")
        .write("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")
        .write("chart/templates/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {tag: {{ .Values.tag | quote }}}\n")
        .write("values/dev.yaml", "tag: d1\n")
        .write("values/prod.yaml", "tag: p1\n");
    commit(&workspace);
    let arguments = ["publish", "--environments", "dev", "--helm", &helm];
    workspace.program(&arguments).succeed();
    workspace.git(&["mv", "chart", "renamed"]);
    workspace.write("values/prod.yaml", "tag: p2\n");
    commit(&workspace);
    let arguments = promote("prod", &["--helm", &helm]);
    workspace.program(&arguments).succeed();
    let paths = [
        "-C",
        "manifests.git",
        "grep",
        "--only-matching",
        "p[0-9]",
        "main",
        "--",
        "prod",
    ];
    let found = workspace.git(&paths);
    assert!(
        found.contains(".yaml:p1\n") && !found.contains("p2"),
        "{found}"
    );
}
