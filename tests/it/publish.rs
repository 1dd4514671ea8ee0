//! Publishing, as a user sees it, to a local repository.

use crate::support::program::Workspace;

/// A definition with two components and two environments.
fn shop() -> Workspace {
    let workspace = Workspace::new();
    workspace
        .write("hld/component.yaml", "name: shop\nsubcomponents:\n- {name: web, type: static, path: ./web}\n- {name: db, type: static, path: ./db}\n")
        .write("hld/config/dev.yaml", "subcomponents: {db: {disabled: true}}\n")
        .write("hld/config/prod.yaml", "config: {}\n")
        .write("hld/web/web.yaml", &manifest("Deployment", "web"))
        .write("hld/db/db.yaml", &manifest("StatefulSet", "db"))
        .write("gitops.yaml", "source: hld\nmanifestRepo: ./manifests.git\nenvironments:\n  dev:\n  prod: {folder: clusters/prod}\n");
    workspace.git(&["init", "--quiet", "--bare", "manifests.git"]);
    workspace
}

fn manifest(kind: &str, name: &str) -> String {
    format!("apiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: shop\n")
}

fn files(workspace: &Workspace) -> String {
    workspace.git(&[
        "-C",
        "manifests.git",
        "ls-tree",
        "-r",
        "--name-only",
        "main",
    ])
}

fn commits(workspace: &Workspace) -> usize {
    workspace
        .git(&["-C", "manifests.git", "rev-list", "main"])
        .lines()
        .count()
}

/// Commits a change to the manifest repository as a person would.
fn by_hand(workspace: &Workspace, change: impl FnOnce(&Workspace)) {
    workspace.git(&["clone", "--quiet", "manifests.git", "clone"]);
    change(workspace);
    workspace.git(&["-C", "clone", "add", "--all"]);
    workspace.git(&["-C", "clone", "commit", "--quiet", "-m", "by hand"]);
    workspace.git(&["-C", "clone", "push", "--quiet", "origin", "main"]);
    workspace.remove("clone");
}

#[test]
fn all_environments_go_out_as_one_commit_with_trailers() {
    let workspace = shop();
    let ended = workspace.program(&["publish"]).succeed();
    insta::assert_snapshot!(files(&workspace), @r"
    clusters/prod/.gitops-publisher
    clusters/prod/db.yaml
    clusters/prod/shop.yaml
    clusters/prod/web.yaml
    dev/.gitops-publisher
    dev/shop.yaml
    dev/web.yaml
    ");
    assert_eq!(commits(&workspace), 1);
    assert!(ended.stderr.contains("Published "), "{}", ended.stderr);
    let message = workspace.git(&["-C", "manifests.git", "log", "-1", "--format=%B", "main"]);
    assert!(message.starts_with("Publish dev, prod\n"), "{message}");
    assert!(
        message.contains("\nGitops-Environments: dev, prod\n"),
        "{message}"
    );
    workspace.git(&["-C", "manifests.git", "fsck", "--strict", "--no-dangling"]);
}

#[test]
fn publishing_twice_changes_nothing() {
    let workspace = shop();
    workspace.program(&["publish"]).succeed();
    let ended = workspace.program(&["publish"]).succeed();
    assert_eq!(commits(&workspace), 1);
    assert!(ended.stderr.contains("Nothing changed"), "{}", ended.stderr);
}

#[test]
fn the_result_is_one_json_object_when_asked_for() {
    let workspace = shop();
    let ended = workspace
        .program(&["publish", "--format", "json"])
        .succeed();
    let result: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(result["changed"], true);
    assert_eq!(result["environments"][1]["added"], 2);
    let tip = workspace.git(&["-C", "manifests.git", "rev-parse", "main"]);
    assert_eq!(result["publications"][0]["commitId"], tip.trim());
}

#[test]
fn what_is_no_longer_generated_goes_and_what_people_wrote_stays() {
    let workspace = shop();
    workspace.program(&["publish"]).succeed();
    by_hand(&workspace, |workspace| {
        workspace.write("clone/dev/README.md", "kept");
        workspace.write("clone/docs/notes.txt", "kept");
    });
    workspace.write(
        "hld/component.yaml",
        "name: shop\nsubcomponents:\n- {name: web, type: static, path: ./web}\n",
    );
    workspace.program(&["publish", "--allow-removal"]).succeed();
    insta::assert_snapshot!(files(&workspace), @r"
    clusters/prod/.gitops-publisher
    clusters/prod/shop.yaml
    clusters/prod/web.yaml
    dev/.gitops-publisher
    dev/README.md
    dev/shop.yaml
    dev/web.yaml
    docs/notes.txt
    ");
}

#[test]
fn a_large_removal_is_stopped_and_nothing_is_sent() {
    let workspace = shop();
    workspace.program(&["publish"]).succeed();
    workspace.write(
        "hld/component.yaml",
        "name: shop\nsubcomponents:\n- {name: db, type: static, path: ./db}\n",
    );
    workspace.write("hld/config/dev.yaml", "{}\n");
    let ended = workspace.program(&["publish"]).fail();
    assert_eq!(commits(&workspace), 1);
    insta::assert_snapshot!(ended.stderr.lines().filter(|l| l.contains("error") || l.contains("help")).collect::<Vec<_>>().join("\n"), @r"
    error: environment dev: publishing would remove 1 of the 1 resources in the folder `dev`; at most 50 percent may go in one run
      help: check that the source is complete; set `allowRemoval` for this run if the removal is meant, or raise `maxRemovedPercent`
    ");
}

#[test]
fn a_hand_edit_stops_the_run_and_is_not_lost() {
    let workspace = shop();
    workspace.program(&["publish"]).succeed();
    by_hand(&workspace, |workspace| {
        workspace.write("clone/dev/web.yaml", "edited: by hand\n");
    });
    workspace.write(
        "hld/web/web.yaml",
        &format!("{}spec: {{replicas: 2}}\n", manifest("Deployment", "web")),
    );
    let ended = workspace.program(&["publish"]).fail();
    assert!(
        ended.stderr.contains("1 file in the folder `dev` of the manifest repository changed since gitops-publisher wrote it: web.yaml"),
        "{}",
        ended.stderr
    );
    assert_eq!(
        workspace.git(&["-C", "manifests.git", "show", "main:dev/web.yaml"]),
        "edited: by hand\n"
    );
    workspace
        .program(&["publish", "--hand-edits", "overwrite"])
        .succeed();
    assert!(
        workspace
            .git(&["-C", "manifests.git", "show", "main:dev/web.yaml"])
            .contains("replicas: 2")
    );
}

#[test]
fn a_folder_in_use_is_not_taken_over_unasked() {
    let workspace = shop();
    workspace.git(&["clone", "--quiet", "manifests.git", "clone"]);
    workspace.write("clone/dev/old/app.yaml", "by: the old script\n");
    workspace.git(&["-C", "clone", "add", "--all"]);
    workspace.git(&["-C", "clone", "commit", "--quiet", "-m", "old"]);
    workspace.git(&[
        "-C",
        "clone",
        "push",
        "--quiet",
        "origin",
        "HEAD:refs/heads/main",
    ]);
    let ended = workspace.program(&["publish"]).fail();
    assert!(
        ended
            .stderr
            .contains("already holds 1 file that gitops-publisher did not write: old/app.yaml"),
        "{}",
        ended.stderr
    );
    workspace
        .program(&["publish", "--foreign-files", "adopt", "--allow-removal"])
        .succeed();
    assert!(!files(&workspace).contains("old/app.yaml"));
}

#[test]
fn an_older_run_does_not_win_over_a_newer_one() {
    let workspace = shop();
    let run = |number: &str, inputs: &[(&str, &str)]| {
        workspace
            .task(inputs)
            .variable("BUILD_BUILDID", number)
            .succeed()
    };
    run("200", &[]);
    workspace.write(
        "hld/web/web.yaml",
        &format!("{}spec: {{replicas: 9}}\n", manifest("Deployment", "web")),
    );
    let ended = run("199", &[]);
    assert_eq!(commits(&workspace), 1, "{}", ended.stdout);
    assert!(
        ended.stdout.contains("##vso[task.logissue type=warning]"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("older"), "{}", ended.stdout);
    assert!(ended.stdout.contains("Not published: "), "{}", ended.stdout);
    run("199", &[("allowOlder", "true")]);
    assert_eq!(commits(&workspace), 2);
}

#[test]
fn a_branch_that_does_not_exist_starts_from_the_default_branch() {
    let workspace = shop();
    workspace.program(&["publish"]).succeed();
    workspace.write(
        "hld/web/web.yaml",
        &format!("{}spec: {{replicas: 2}}\n", manifest("Deployment", "web")),
    );
    workspace
        .program(&["publish", "--branch", "live/eu"])
        .succeed();
    let history = workspace.git(&["-C", "manifests.git", "rev-list", "live/eu"]);
    assert_eq!(history.lines().count(), 2);
    assert_eq!(commits(&workspace), 1);
}

#[test]
fn without_a_manifest_repository_a_local_one_is_made() {
    let workspace = shop();
    workspace.write("gitops.yaml", "source: hld\nenvironments: {dev: }\n");
    let ended = workspace.program(&["publish"]).succeed();
    assert!(
        ended.stderr.contains(".gitops/manifests.git"),
        "{}",
        ended.stderr
    );
    let log = workspace.git(&["-C", ".gitops/manifests.git", "log", "--oneline", "main"]);
    assert_eq!(log.lines().count(), 1);
    let ended = workspace.program(&["publish"]).succeed();
    assert!(ended.stderr.contains("Nothing changed"), "{}", ended.stderr);
}

#[test]
fn the_quickstart_of_the_readme_works_and_says_so_the_second_time() {
    let workspace = Workspace::new();
    let example = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/examples/quickstart/gitops.yaml"
    );
    let first = workspace
        .program(&["publish", "--config", example])
        .succeed();
    insta::with_settings!({filters => vec![(r"[0-9a-f]{40}", "[commit]"), (r"in \S*it-\w+/files/", "in ")]}, {
        insta::assert_snapshot!(first.stderr, @r"
        dev: 8 resources in 8 files (fabrikate) -> dev (new folder): 8 added, 0 changed, 0 removed (8 files)
          + apps/v1 Deployment shop/api
          + apps/v1 Deployment shop/mail-catcher
          + apps/v1 Deployment shop/web
          + networking.k8s.io/v1 Ingress shop/shop
          + v1 Namespace shop
          + v1 ResourceQuota shop/shop
          + v1 Service shop/api
          + v1 Service shop/web
        prod: 9 resources in 8 files (fabrikate) -> clusters/prod (new folder): 9 added, 0 changed, 0 removed (8 files)
          + apps/v1 Deployment shop/api
          + apps/v1 Deployment shop/web
          + apps/v1 StatefulSet shop/queue
          + networking.k8s.io/v1 Ingress shop/shop
          + v1 Namespace shop
          + v1 ResourceQuota shop/shop
          + v1 Service shop/api
          + v1 Service shop/queue
          + v1 Service shop/web
        Published [commit] to ./.gitops/manifests.git (branch main)
        Look at it: git -C ./.gitops/manifests.git show --stat main
        ");
    });
    let second = workspace
        .program(&["publish", "--config", example])
        .succeed();
    assert!(
        second.stderr.contains("Nothing changed"),
        "{}",
        second.stderr
    );
}

#[test]
fn two_spellings_of_one_branch_are_noticed() {
    let workspace = shop();
    workspace.program(&["publish"]).succeed();
    workspace.write("gitops.yaml", "source: hld\nenvironments:\n  dev: {manifestRepo: ./manifests.git}\n  qa: {manifestRepo: ./manifests.git/, branch: main}\n");
    let ended = workspace.program(&["publish"]).fail();
    assert!(
        ended
            .stderr
            .contains("the environments `dev` and `qa` go to the same branch \"main\""),
        "{}",
        ended.stderr
    );
}

#[test]
fn files_that_are_no_manifests_are_not_published() {
    let workspace = shop();
    workspace
        .write("plain/web.yaml", &manifest("Deployment", "web"))
        .write(
            "plain/gitops.yaml",
            "manifestRepo: ../manifests.git\nenvironments: {dev: }\n",
        );
    workspace
        .program(&[
            "publish",
            "--config",
            "plain/gitops.yaml",
            "--source",
            "plain",
        ])
        .succeed();
    assert_eq!(files(&workspace), "dev/.gitops-publisher\ndev/web.yaml\n");
    workspace.write("plain/azure-pipelines.yml", "steps: []\n");
    let ended = workspace
        .program(&[
            "publish",
            "--config",
            "plain/gitops.yaml",
            "--source",
            "plain",
        ])
        .fail();
    assert!(
        ended
            .stderr
            .contains("azure-pipelines.yml, line 1 is not a Kubernetes resource"),
        "{}",
        ended.stderr
    );
}
