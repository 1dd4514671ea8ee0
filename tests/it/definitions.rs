//! The files that manifests come from, published beside them for reviewers.

use crate::support::program::Workspace;

const SETTINGS: &str = "
manifestRepo: ./manifests.git
variables: { colour: blue }
sources:
- source: plain
environments:
  dev: { definitionFolder: definitions/dev }
  prod:
";

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace
        .write(
            "plain/settings.yaml",
            "# the colour of the shop\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {colour: '#{colour}#'}\n",
        )
        .write("plain/README.md", "How to colour the shop\n")
        .write("plain/.hidden", "no")
        .write("gitops.yaml", SETTINGS);
    workspace.git(&["init", "--quiet", "--bare", "manifests.git"]);
    workspace
}

fn published(workspace: &Workspace, path: &str) -> String {
    workspace.git(&["-C", "manifests.git", "show", &format!("main:{path}")])
}

#[test]
fn a_definition_is_published_in_the_same_commit_with_its_tokens_replaced() {
    let workspace = workspace();
    workspace.program(&["publish"]).succeed();
    let paths = workspace.git(&[
        "-C",
        "manifests.git",
        "ls-tree",
        "-r",
        "--name-only",
        "main",
    ]);
    assert_eq!(
        paths.lines().collect::<Vec<_>>(),
        [
            "definitions/dev/.gitops-publisher",
            "definitions/dev/plain/README.md",
            "definitions/dev/plain/settings.yaml",
            "dev/.gitops-publisher",
            "dev/settings.yaml",
            "prod/.gitops-publisher",
            "prod/settings.yaml",
        ]
    );
    let definition = published(&workspace, "definitions/dev/plain/settings.yaml");
    assert!(
        definition.contains("# the colour of the shop") && definition.contains("colour: 'blue'"),
        "{definition}"
    );
    let log = workspace.git(&["-C", "manifests.git", "log", "--format=%s", "main"]);
    assert_eq!(
        log.trim(),
        "Publish dev, prod",
        "one commit, and it names environments"
    );
    let ended = workspace.program(&["publish"]).succeed();
    assert!(ended.stderr.contains("Nothing changed"), "{}", ended.stderr);
}

#[test]
fn what_is_removed_from_a_definition_goes_and_no_brake_holds_it() {
    let workspace = workspace();
    workspace.program(&["publish"]).succeed();
    workspace.remove("plain/README.md");
    let ended = workspace.program(&["publish"]).succeed();
    assert!(ended.stderr.contains("Published"), "{}", ended.stderr);
    let paths = workspace.git(&[
        "-C",
        "manifests.git",
        "ls-tree",
        "-r",
        "--name-only",
        "main",
    ]);
    assert!(!paths.contains("README.md"), "{paths}");
}

#[test]
fn a_secret_does_not_get_into_a_definition() {
    let workspace = workspace();
    workspace
        .task(&[
            ("command", "publish"),
            ("manifestRepo", "./manifests.git"),
            ("variableFiles", ""),
        ])
        .variable("VSTS_SECRET_VARIABLES", "[\"hue\"]")
        .variable("SECRET_HUE", "hunter2-hunter2")
        .succeed();
    workspace.write(
        "plain/settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {colour: '#{hue}#'}\n",
    );
    let ended = workspace
        .task(&[("command", "publish"), ("manifestRepo", "./manifests.git")])
        .variable("VSTS_SECRET_VARIABLES", "[\"hue\"]")
        .variable("SECRET_HUE", "hunter2-hunter2")
        .succeed();
    assert!(!ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    let definition = published(&workspace, "definitions/dev/plain/settings.yaml");
    assert!(definition.contains("colour: '***'"), "{definition}");
    let manifest = published(&workspace, "dev/settings.yaml");
    assert!(
        manifest.contains("hunter2-hunter2"),
        "the cluster needs it: {manifest}"
    );
}

#[test]
fn a_person_who_edits_a_definition_is_asked() {
    let workspace = workspace();
    workspace.program(&["publish"]).succeed();
    workspace.git(&["clone", "--quiet", "manifests.git", "clone"]);
    workspace.write("clone/definitions/dev/plain/README.md", "edited\n");
    workspace.git(&["-C", "clone", "commit", "--quiet", "-am", "an edit"]);
    workspace.git(&["-C", "clone", "push", "--quiet"]);
    let ended = workspace.program(&["publish"]).fail();
    assert!(ended.stderr.contains("plain/README.md"), "{}", ended.stderr);
}

#[test]
fn a_file_that_no_generator_reads_is_not_published() {
    let workspace = workspace();
    std::fs::write(workspace.temp().join("private.yaml"), "private: yes\n").unwrap();
    let outside = workspace.temp().join("private.yaml");
    workspace.write(
        "gitops.yaml",
        &format!("{SETTINGS}valuesFiles: ['{}']\n", outside.display()),
    );
    workspace.program(&["publish"]).succeed();
    let paths = workspace.git(&[
        "-C",
        "manifests.git",
        "ls-tree",
        "-r",
        "--name-only",
        "main",
    ]);
    assert!(!paths.contains("private.yaml"), "{paths}");
}
