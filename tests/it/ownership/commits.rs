//! Content that is in no commit, and commits that do not render the same twice.

use super::{Place, checkout, commit, config_map};
use crate::fabrikate::real_helm::helm;
use crate::support::program::Workspace;

const DIRTY: &str = "the source has changes that are in no commit";

fn settings(place: &Place) -> String {
    format!(
        "source: hld\nmanifestRepo: {}\nenvironments: {{dev: }}\n",
        place.repository.path().display()
    )
}

fn source(place: &Place) -> Workspace {
    let workspace = checkout(
        Some("https://github.com/contoso/hld"),
        &settings(place),
        &["hld"],
    );
    workspace.write("docs/notes.md", "notes");
    commit(&workspace);
    workspace
}

/// `git status` says nothing of these.
#[rstest::rstest]
#[case::assumed("--assume-unchanged", "hld/a.yaml", "changed", true)]
#[case::skipped("--skip-worktree", "hld/a.yaml", "changed", true)]
#[case::assumed_and_the_same("--assume-unchanged", "hld/a.yaml", "hld", false)]
#[case::skipped_and_the_same("--skip-worktree", "hld/a.yaml", "hld", false)]
#[case::elsewhere("--assume-unchanged", "docs/notes.md", "changed", false)]
fn a_change_that_git_does_not_look_at_is_marked(
    #[case] flag: &str,
    #[case] file: &str,
    #[case] value: &str,
    #[case] marked: bool,
) {
    let place = Place::new("");
    let workspace = source(&place);
    workspace.git(&["update-index", flag, file]);
    workspace.write(file, &config_map("a", value));
    workspace.program(&["publish"]).succeed();
    let dirty = &place.ledger("dev")["publication"]["sourceDirty"];
    assert_eq!(*dirty == true, marked);
}

#[rstest::rstest]
#[case::a_changed_file("hld/a.yaml", true)]
#[case::a_new_file("hld/b.yaml", true)]
#[case::a_file_elsewhere("docs/notes.md", false)]
fn changes_in_no_commit_are_marked(#[case] file: &str, #[case] marked: bool) {
    let place = Place::new("");
    let workspace = source(&place);
    let name = if file.ends_with("b.yaml") { "b" } else { "a" };
    workspace.write(file, &config_map(name, "changed"));
    let ended = workspace.program(&["publish"]).succeed();
    assert_eq!(ended.stderr.contains(DIRTY), marked, "{}", ended.stderr);
    let message = place.repository.git(&["log", "-1", "--format=%B", "main"]);
    assert_eq!(
        message.contains("\nGitops-Source-Dirty: true\n"),
        marked,
        "{message}"
    );
    let dirty = &place.ledger("dev")["publication"]["sourceDirty"];
    assert_eq!(*dirty == true, marked);
    for _ in 0..2 {
        let again = workspace.program(&["publish"]).succeed();
        assert!(again.stderr.contains("Nothing changed"), "{}", again.stderr);
        assert!(!again.stderr.contains(DIRTY), "{}", again.stderr);
    }
    assert_eq!(place.commits(), 1);
}

#[test]
fn a_file_that_git_ignores_and_a_manifest_repository_inside_are_no_change() {
    let workspace = checkout(None, "source: .\nenvironments: {dev: }\n", &[]);
    workspace.write(".gitignore", "*.log\n");
    workspace.write("a.yaml", &config_map("a", "1"));
    commit(&workspace);
    workspace.write("build.log", "x");
    workspace.program(&["publish"]).succeed();
    workspace.write("a.yaml", &config_map("a", "2"));
    commit(&workspace);
    let ended = workspace.program(&["publish"]).succeed();
    assert!(!ended.stderr.contains(DIRTY), "{}", ended.stderr);
}

#[test]
fn the_same_commit_with_another_variable_is_no_matter() {
    let place = Place::new("");
    let workspace = source(&place);
    workspace.write("hld/a.yaml", &config_map("a", "#{tag}#"));
    commit(&workspace);
    let publish = |tag: &str| {
        workspace.write("../variables.json", &format!("{{\"tag\": \"{tag}\"}}"));
        let arguments = ["publish", "--variable-files", "../variables.json"];
        workspace.program(&arguments).succeed()
    };
    publish("1.0");
    let ended = publish("1.1");
    assert!(
        !ended.stderr.contains("renders differently"),
        "{}",
        ended.stderr
    );
    assert_eq!(place.commits(), 2);
}

#[rstest::rstest]
#[case::shown("ConfigMap", "data", "v1 ConfigMap seed: data.seed is ")]
#[case::hidden(
    "Secret",
    "stringData",
    "v1 Secret seed: stringData.seed has two values, which are not shown as this is a Secret"
)]
fn a_chart_that_yields_another_value_each_time_is_named(
    #[case] kind: &str,
    #[case] section: &str,
    #[case] said: &str,
) {
    let Some(helm) = helm() else { return };
    let place = Place::new("");
    let settings = format!(
        "source: web\nkubeVersion: 1.31.0\nmanifestRepo: {}\nenvironments: {{dev: }}\n",
        place.repository.path().display()
    );
    let workspace = checkout(Some("https://github.com/contoso/hld"), &settings, &[]);
    workspace.write(
        "web/Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    );
    let template = format!(
        "apiVersion: v1\nkind: {kind}\nmetadata: {{name: seed}}\n{section}: {{seed: {{{{ randAlpha 20 }}}}}}\n"
    );
    workspace.write("web/templates/seed.yaml", &template);
    commit(&workspace);
    let helm = helm.display().to_string();
    let publish = || workspace.program(&["publish", "--helm", &helm]).succeed();
    let first = publish();
    assert!(
        !first.stderr.contains("renders differently"),
        "{}",
        first.stderr
    );
    let second = publish();
    for part in [
        "environment dev: commit ",
        " was published before and renders differently each time: ",
        said,
        "Every run publishes it again until the value is fixed; `proveDeterminism` stops such a run",
    ] {
        assert!(second.stderr.contains(part), "{part}: {}", second.stderr);
    }
}

/// Git itself refuses a commit of nobody.
#[rstest::rstest]
#[case::no_name("--author-name=", "authorName")]
#[case::spaces("--author-name=  ", "authorName")]
#[case::what_no_name_can_have("--author-name=<>", "authorName")]
#[case::control_characters("--author-name=\u{7}\u{1b}", "authorName")]
#[case::no_address("--author-email=", "authorEmail")]
#[case::brackets_around_nothing("--author-email= < > ", "authorEmail")]
fn an_author_of_whom_nothing_is_left_is_an_error(#[case] flag: &str, #[case] setting: &str) {
    let place = Place::new("source: src\nmanifestRepo: ./manifests.git\nenvironments: [dev]\n");
    place.resource("src/a.yaml", "a", "1");
    let ended = place.typed(&["publish", flag]).fail();
    let said = format!(
        "error: `{setting}` is empty, and every commit has an author\n  help: give `{setting}` a text, or leave it out\n"
    );
    assert!(ended.stderr.ends_with(&said), "{}", ended.stderr);
    assert_eq!(place.repository.tip("main"), None);
}

#[test]
fn an_author_keeps_what_a_commit_can_hold() {
    let place = Place::new("source: src\nmanifestRepo: ./manifests.git\nenvironments: [dev]\n");
    place.resource("src/a.yaml", "a", "1");
    let flags = [
        "publish",
        "--author-name= Ada <x>",
        "--author-email=<ada@contoso.com>",
    ];
    place.typed(&flags).succeed();
    let author = place
        .repository
        .git(&["log", "-1", "--format=%an|%ae", "main"]);
    assert_eq!(author, "Ada x|ada@contoso.com\n");
}
