//! Checking without publishing, and rendering to look at.

use crate::support::program::Workspace;

const WEB: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";

fn plain() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("src/web.yaml", WEB);
    workspace
}

#[test]
fn verify_needs_neither_token_nor_repository() {
    let workspace = plain();
    let ended = workspace
        .program(&["verify", "--source", "src", "--environments", "dev"])
        .succeed();
    assert_eq!(ended.stderr, "dev: 1 resource in 1 file (manifests)\n");
    assert_eq!(ended.stdout, "");
}

#[test]
fn verify_lists_what_would_change_and_changes_nothing() {
    let workspace = plain();
    let flags = [
        "--source",
        "src",
        "--environments",
        "dev",
        "--manifest-repo",
        "./manifests.git",
    ];
    workspace.git(&["init", "--quiet", "--bare", "manifests.git"]);
    workspace
        .program(&[&["publish"], &flags[..]].concat())
        .succeed();
    workspace.write(
        "src/more.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more, namespace: shop}\n",
    );
    let ended = workspace
        .program(&[&["verify"], &flags[..]].concat())
        .succeed();
    insta::with_settings!({filters => vec![(r"\S*it-\w+/files/", "")]}, {
        insta::assert_snapshot!(ended.stderr, @r"
        dev: 2 resources in 2 files (manifests) -> dev: 1 added, 0 changed, 0 removed (1 file)
        What changes:
          1 created; 1 resource unchanged
          + v1 ConfigMap shop/more
        Publishing would change ./manifests.git (branch main)
        ");
    });
    let log = workspace.git(&["-C", "manifests.git", "rev-list", "main"]);
    assert_eq!(log.lines().count(), 1);
}

#[test]
fn verify_fails_when_an_environment_yields_nothing() {
    let workspace = plain();
    workspace.write("src/web.yaml", "# nothing\n");
    let ended = workspace
        .program(&["verify", "--source", "src", "--environments", "dev"])
        .fail();
    assert!(
        ended
            .stderr
            .contains("error: environment `dev` renders to no Kubernetes resource"),
        "{}",
        ended.stderr
    );
    workspace
        .program(&[
            "verify",
            "--source",
            "src",
            "--environments",
            "dev",
            "--allow-empty",
        ])
        .succeed();
}

#[test]
fn verify_only_turns_publish_into_verify_as_in_the_old_script() {
    let workspace = plain();
    let ended = workspace
        .program(&["publish", "--source", "src"])
        .variable("FAB_ENVS", "dev")
        .variable("VERIFY_ONLY", "1")
        .succeed();
    assert!(
        ended.stderr.starts_with("dev: 1 resource"),
        "{}",
        ended.stderr
    );
    assert!(!workspace.path().join(".gitops").exists());
}

#[test]
fn render_writes_to_stdout_or_into_a_folder_that_it_does_not_overwrite() {
    let workspace = plain();
    let flags = ["render", "--source", "src", "--environments", "dev"];
    let ended = workspace.program(&flags).succeed();
    assert_eq!(ended.stdout, format!("---\n# dev/web.yaml\n{WEB}"));
    let to_folder = [&flags[..], &["--output", "out"]].concat();
    workspace.program(&to_folder).succeed();
    assert_eq!(workspace.read("out/dev/web.yaml"), WEB);
    let ended = workspace.program(&to_folder).fail();
    assert!(
        ended.stderr.contains("holds something already"),
        "{}",
        ended.stderr
    );
    workspace
        .program(&[&to_folder[..], &["--replace"]].concat())
        .succeed();
}

#[test]
fn rendering_twice_gives_the_same_bytes() {
    let workspace = plain();
    let flags = ["render", "--source", "src", "--environments", "dev,qa"];
    assert_eq!(
        workspace.program(&flags).succeed().stdout,
        workspace.program(&flags).succeed().stdout
    );
}

#[test]
fn every_failing_environment_is_named() {
    let workspace = plain();
    workspace.write(
        "gitops.yaml",
        "environments:\n  dev: {source: src}\n  qa: {source: gone}\n  prod: {source: missing}\n",
    );
    let ended = workspace.program(&["verify"]).fail();
    assert!(ended.stderr.contains("environment qa"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("environment prod"),
        "{}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .contains("2 of 3 environments failed; nothing was published"),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_several_environments_have_in_common_is_told_once() {
    let workspace = plain();
    workspace.write(
        "gitops.yaml",
        "source: gone\nenvironments:\n  dev: {source: src}\n  qa:\n  prod:\n",
    );
    let ended = workspace.program(&["verify"]).fail();
    insta::assert_snapshot!(ended.stderr, @r"
    error: environments qa and prod: the source `gone` does not exist
      help: paths in gitops.yaml are relative to that file: correct `source` there
    ");

    workspace.write("src/again.yaml", WEB);
    let ended = workspace
        .program(&["verify", "--source", "src", "--environments", "dev,qa"])
        .succeed();
    insta::assert_snapshot!(ended.stderr, @r"
    warning: environments dev and qa, web.yaml, line 1: v1 Service web occurs twice: it is also in again.yaml, line 1
    dev: 2 resources in 2 files (manifests)
    qa: 2 resources in 2 files (manifests)
    ");
    let ended = workspace
        .program(&[
            "verify",
            "--source",
            "src",
            "--environments",
            "dev,qa",
            "--format",
            "json",
        ])
        .succeed();
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["warnings"].as_array().unwrap().len(), 1);
}

#[test]
fn wrong_usage_exits_with_two() {
    let workspace = plain();
    for arguments in [
        &["publish", "--no-such-flag"][..],
        &["verify"],
        &["verify", "--generator", "flux"],
    ] {
        let ended = workspace.program(arguments).run();
        assert_eq!(ended.code, Some(2), "{ended:?}");
    }
}
