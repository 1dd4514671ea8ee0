//! Errors of newcomers: what the message says, and what helps.

use crate::support::program::Workspace;

const WEB: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";

/// What `plan` says about these files.
fn said(files: &[(&str, &str)]) -> String {
    let workspace = Workspace::new();
    for (path, content) in files {
        workspace.write(path, content);
    }
    workspace.program(&["verify"]).fail().stderr
}

#[track_caller]
fn assert_said(files: &[(&str, &str)], parts: &[&str]) {
    let said = said(files);
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
}

#[test]
fn a_settings_file_of_another_name_is_found() {
    let help = "help: found gitops.yml, which is not read: rename it to gitops.yaml, or name it with `config`\n";
    assert_said(
        &[("gitops.yml", "source: src\nenvironments: [dev]\n")],
        &["no environment is named\n", help],
    );
}

#[test]
fn a_settings_file_without_environments_is_named() {
    assert_said(
        &[("gitops.yaml", "source: src\n")],
        &[
            "error: gitops.yaml has no `environments`, and nothing else names one\n",
            "help: list them there, such as `environments: [dev, prod]`\n",
        ],
    );
}

/// The top, the environment and the source each add to it, and later ones win.
#[test]
fn variable_files_add_up() {
    let workspace = Workspace::new();
    workspace
        .write(
            "gitops.yaml",
            "source: src\nvariableFiles: [a.yaml]\nenvironments:\n  dev: {variableFiles: [b.yaml]}\n",
        )
        .write("a.yaml", "one: a\ntwo: a\nthree: a\n")
        .write("b.yaml", "two: b\nthree: b\n")
        .write("c.yaml", "three: c\n")
        .write(
            "src/web.yaml",
            &format!("{WEB}  labels: {{a: \"#{{one}}#\", b: \"#{{two}}#\", c: \"#{{three}}#\"}}\n"),
        );
    let ended = workspace
        .program(&["render", "--variable-files", "c.yaml"])
        .succeed();
    assert!(
        ended.stdout.contains(r#"{a: "a", b: "b", c: "c"}"#),
        "{}",
        ended.stdout
    );
}

#[test]
fn variables_of_jsonnet_add_up_by_name() {
    let workspace = Workspace::new();
    workspace
        .write(
            "gitops.yaml",
            "source: src\njsonnetVariables: [one=a, two=a, three=a]\nenvironments:\n  dev: {jsonnetVariables: [two=b, three=b]}\n",
        )
        .write(
            "src/web.jsonnet",
            "{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: std.extVar('one') + std.extVar('two') + std.extVar('three') } }",
        );
    let ended = workspace
        .program(&["render", "--jsonnet-variables", "three=c"])
        .succeed();
    assert!(ended.stdout.contains("name: abc\n"), "{}", ended.stdout);
}

#[test]
fn arguments_of_jsonnet_add_up_by_name() {
    let workspace = Workspace::new();
    workspace
        .write(
            "gitops.yaml",
            "source: src\njsonnetArguments: [one=a]\nenvironments:\n  dev: {jsonnetArguments: [two=b]}\n",
        )
        .write(
            "src/web.jsonnet",
            "function(one, two='x') { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: one + two } }",
        );
    let ended = workspace.program(&["render"]).succeed();
    assert!(ended.stdout.contains("name: ab\n"), "{}", ended.stdout);
}

#[test]
fn a_missing_source_is_explained_by_the_file_that_names_it() {
    let workspace = Workspace::new();
    workspace.write(
        "pipelines/gitops.yaml",
        "environments: [dev]\nsource: chart/web\n",
    );
    let said = workspace
        .program(&["verify", "--config", "pipelines/gitops.yaml"])
        .fail()
        .stderr;
    assert!(
        said.contains("the source `pipelines/chart/web` does not exist"),
        "{said}"
    );
    assert!(
        said.contains("help: paths in pipelines/gitops.yaml are relative to that file: correct `source` there\n"),
        "{said}"
    );
    let said = workspace
        .program(&["verify", "--source", "x", "--environments", "dev"])
        .fail()
        .stderr;
    assert!(
        said.contains("help: check `source`: on the command line and in inputs it is relative to the working directory\n"),
        "{said}"
    );
}

/// The source has what charts have, and no Chart.yaml.
#[rstest::rstest]
#[case("charts/web/templates/secret.yaml", "a: {{ .Values.a }}\nb: [\n")]
#[case("charts/web/lib.libsonnet", "{}")]
fn what_was_taken_for_plain_manifests_is_said(#[case] file: &str, #[case] content: &str) {
    assert_said(
        &[
            ("gitops.yaml", "source: charts/web\nenvironments: [dev]\n"),
            (file, content),
        ],
        &[
            "help: `charts/web` has no Chart.yaml, component.yaml, kustomization.yaml, or *.jsonnet file, so it was read as plain manifests: check `source`, or set `generator`\n",
        ],
    );
}

#[rstest::rstest]
#[case("")]
#[case("namespace: shop\n")]
#[case("layout: resource\n")]
#[case("images: [a=b]\n")]
fn malformed_manifests_are_all_named_in_the_source(#[case] settings: &str) {
    let bad = "kind: Service\nmetadata:\n  name: web\n image: x\n";
    assert_said(
        &[
            (
                "gitops.yaml",
                &format!("source: plain\nenvironments: [dev]\n{settings}"),
            ),
            ("plain/a.yaml", WEB),
            ("plain/b.yaml", bad),
            ("plain/sub/c.json", "{"),
        ],
        &[
            "2 files are malformed:\n  `plain/b.yaml` is malformed, line 4, column 2: ",
            "\n  `plain/sub/c.json` is malformed, line 1, column 1: ",
            "help: check the indentation of this line and the one before it",
        ],
    );
}

#[test]
fn a_malformed_static_file_is_named_in_the_definition() {
    assert_said(
        &[
            ("gitops.yaml", "source: hld\nenvironments: [dev]\n"),
            (
                "hld/component.yaml",
                "name: shop\ntype: static\npath: ./manifests\n",
            ),
            ("hld/manifests/a.yaml", WEB),
            (
                "hld/manifests/b.yaml",
                "kind: Service\nmetadata:\n  name: web\n image: x\n",
            ),
        ],
        &["`hld/manifests/b.yaml` is malformed, line 4, column 2: "],
    );
}

#[test]
fn a_folder_that_cannot_be_one_is_named_with_its_setting() {
    assert_said(
        &[("gitops.yaml", "environments: [dev]\nfolder: ../x\n")],
        &["error: environment `dev`: `folder`: "],
    );
}

#[test]
fn a_variable_file_that_is_missing_is_named_without_a_dot() {
    let said = said(&[
        (
            "gitops.yaml",
            "source: src\nenvironments: [dev]\nvariableFiles: [config/dev.yaml]\n",
        ),
        ("src/web.yaml", WEB),
    ]);
    assert!(
        said.contains("reading variables from file config/dev.yaml: there is no such file\n"),
        "{said}"
    );
}

/// To YAML an unquoted token is a comment, and nobody replaces it in a base.
#[test]
fn a_token_in_a_base_that_yaml_reads_as_a_comment_is_an_error() {
    let tools = crate::fabrikate::tools(std::path::Path::new(""));
    if tools.find("kustomize").is_err() && tools.find("kubectl").is_err() {
        println!("skipped: there is neither kustomize nor kubectl on PATH");
        return;
    }
    let workspace = Workspace::new();
    workspace
        .write(
            "gitops.yaml",
            "source: k8s/overlays/dev\nvariables: {image: web}\nenvironments: [dev]\n",
        )
        .write(
            "k8s/overlays/dev/kustomization.yaml",
            "resources: [../../base]\n",
        )
        .write("k8s/base/kustomization.yaml", "resources: [web.yaml]\n")
        .write(
            "k8s/base/web.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata:\n  image: #{image}#\n",
        );
    let ended = workspace.program(&["verify", "--tools", "path"]).fail();
    assert!(
        ended.stderr.contains(
            "k8s/base/web.yaml, line 5: the token #{image}# was not replaced, and YAML reads it as a comment\n  help: set `source` to the folder that holds both, and `kustomizeOverlay` to the overlay in it"
        ),
        "{}",
        ended.stderr
    );
    workspace
        .program(&[
            "verify",
            "--tools",
            "path",
            "--source",
            "k8s",
            "--kustomize-overlay",
            "overlays/dev",
        ])
        .succeed();
}

#[rstest::rstest]
#[case(&["--push-timeout", "10s"], "error: the flag `--push-timeout` must be a whole number from 0 to 86400, not \"10s\"\n")]
#[case(&["--request-timeout", "0"], "error: the flag `--request-timeout` must be a whole number from 1 to 86400, not \"0\"\n")]
#[case(&["--max-removed-percent=-1"], "error: the flag `--max-removed-percent` must be a whole number from 0 to 100, not \"-1\"\n")]
fn a_number_is_explained_at_a_terminal_too(#[case] flags: &[&str], #[case] said: &str) {
    let workspace = Workspace::new();
    let arguments = [&["publish"], flags].concat();
    assert_eq!(workspace.program(&arguments).fail().stderr, said);
}

#[test]
fn settings_of_pull_requests_that_have_no_effect_are_noted() {
    let workspace = Workspace::new();
    workspace.write("src/web.yaml", WEB);
    let file = "source: src\nreviewers: [Jane]\nenvironments:\n  dev: {autoComplete: true}\n";
    workspace.write("gitops.yaml", file);
    let ended = workspace.program(&["verify"]).succeed();
    let note = "note: no effect, because `mode` is `push`: `reviewers`, `autoComplete`\n";
    assert!(ended.stderr.contains(note), "{}", ended.stderr);
    workspace.write("gitops.yaml", &format!("{file}mode: auto\n"));
    let ended = workspace.program(&["verify"]).succeed();
    assert!(!ended.stderr.contains("no effect"), "{}", ended.stderr);
}

#[test]
fn variables_that_are_no_json_come_with_the_forms_that_are() {
    let workspace = Workspace::new();
    let ended = workspace
        .program(&["tokens", "--sources", "*.x", "--variables", "tag=1"])
        .fail();
    assert!(
        ended.stderr.contains("help: give `@files`, `$NAME` of an environment variable, or a JSON object, such as `--variables '{\"tag\":\"1.2.3\"}'`"),
        "{}",
        ended.stderr
    );
}

#[test]
fn tokens_without_a_file_name_the_pattern() {
    let workspace = Workspace::new();
    let ended = workspace
        .task(&[("command", "tokens"), ("sources", "**/*.x")])
        .succeed();
    assert!(
        ended.stdout.contains("no file matches `**/*.x`"),
        "{}",
        ended.stdout
    );
}

#[test]
fn installing_in_a_folder_that_is_not_there_is_explained() {
    let workspace = Workspace::new();
    let ended = workspace.program(&["fab", "install", "hdl"]).fail();
    assert_eq!(
        ended.stderr,
        "error: cannot find the folder hdl\n  help: name the folder with the component file, relative to the working directory\n"
    );
}

#[cfg(unix)]
#[test]
fn a_values_file_that_is_not_yaml_is_named_before_helm_is_quoted() {
    let Some(helm) = crate::fabrikate::real_helm::helm() else {
        return;
    };
    for (file, shown) in [
        ("charts/web/values.yaml", "charts/web/values.yaml"),
        ("dev.yaml", "dev.yaml"),
    ] {
        let workspace = Workspace::new();
        workspace
            .write(
                "gitops.yaml",
                "source: charts/web\nvaluesFiles: [dev.yaml]\nenvironments: [dev]\n",
            )
            .write(
                "charts/web/Chart.yaml",
                "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            )
            .write("charts/web/templates/a.yaml", WEB)
            .write("charts/web/values.yaml", "a: b\n")
            .write("dev.yaml", "a: b\n")
            .write(file, "a: b\n c: d\n");
        let helm = helm.display().to_string();
        let ended = workspace.program(&["verify", "--helm", &helm]).fail();
        let said = format!("the values file `{shown}` is malformed, line 2, column 3: ");
        assert!(ended.stderr.contains(&said), "{}", ended.stderr);
        assert!(
            ended.stderr.contains("help: check the indentation"),
            "{}",
            ended.stderr
        );
    }
}
