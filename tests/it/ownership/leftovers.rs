//! Folders that nobody owns any more, because an environment left the settings or
//! goes to another branch: said, removed, or a reason to stop.

use super::{Place, checkout, commit, config_map};
use crate::support::program::{Ended, Workspace};

/// A checkout whose settings list these environments.
pub struct Source {
    pub place: Place,
    pub workspace: Workspace,
}

impl Source {
    pub fn new(environments: &str) -> Self {
        let place = Place::new("");
        let settings = settings(&place, environments);
        let workspace = checkout(Some(ORIGIN), &settings, &["src"]);
        let source = Self { place, workspace };
        source.publish(&[]);
        source
    }

    pub fn list(&self, environments: &str) -> &Self {
        self.workspace
            .write("gitops.yaml", &settings(&self.place, environments));
        commit(&self.workspace);
        self
    }

    pub fn content(&self, value: &str) -> &Self {
        self.workspace.write("src/a.yaml", &config_map("a", value));
        commit(&self.workspace);
        self
    }

    pub fn publish(&self, arguments: &[&str]) -> Ended {
        let arguments = [&["publish"][..], arguments].concat();
        self.workspace.program(&arguments).succeed()
    }

    pub fn fails(&self, arguments: &[&str]) -> String {
        let arguments = [&["publish"][..], arguments].concat();
        self.workspace.program(&arguments).fail().stderr
    }

    /// Somebody commits to the manifest repository.
    pub fn by_hand(&self, path: &str) -> &Self {
        let file = (path, "100644", "by: hand\n");
        self.place.repository.commit("main", "by hand", &[file]);
        self
    }

    pub fn paths(&self) -> Vec<String> {
        self.place.repository.paths("main")
    }

    pub fn message(&self) -> String {
        let show = ["log", "-1", "--format=%B", "main"];
        self.place.repository.git(&show)
    }
}

const ORIGIN: &str = "https://github.com/contoso/hld";

/// What the message names, to remove what was left behind.
pub const REMOVE: [&str; 2] = ["--orphans=remove", "--allow-removal=true"];

fn settings(place: &Place, environments: &str) -> String {
    let path = place.repository.path().display();
    format!("source: src\nmanifestRepo: {path}\nenvironments: {{{environments}}}\n")
}

pub fn quiet(ended: &Ended) {
    assert!(ended.stderr.contains("Nothing changed"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("warning"), "{}", ended.stderr);
}

const GONE: &str = "environment prod: the folder `prod` of the branch \"main\" was published from this source, which has no such environment any more. It stays; remove it with `gitops-publisher publish --orphans=remove`; in a pipeline, set `orphans` to `remove` for one run";

#[test]
fn an_environment_that_left_is_reported_on_every_run_and_removed_by_the_command_it_names() {
    let source = Source::new("dev: , prod: ");
    source.list("dev: ");
    for _ in 0..3 {
        let ended = source.publish(&[]);
        assert!(ended.stderr.contains(GONE), "{}", ended.stderr);
        assert_eq!(ended.stderr.matches("was published from").count(), 1);
    }
    assert_eq!(source.place.commits(), 1);
    let ended = source.content("2").publish(&[]);
    assert!(ended.stderr.contains(GONE), "{}", ended.stderr);
    let verify = source.workspace.program(&["verify"]).succeed();
    assert!(verify.stderr.contains(GONE), "{}", verify.stderr);
    let would = [&["verify"], &REMOVE[..]].concat();
    let would = source.workspace.program(&would).succeed();
    let said = "any more; it would be removed (1 file, with `v1 ConfigMap shop/a`)";
    assert!(would.stderr.contains(said), "{}", would.stderr);
    assert_eq!(source.place.commits(), 2);
    let ended = source.publish(&REMOVE);
    let said = "any more; it was removed in the same commit (1 file, with `v1 ConfigMap shop/a`)";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert_eq!(source.paths(), ["dev/.gitops-publisher", "dev/a.yaml"]);
    let message = source.message();
    assert!(message.contains("\nGitops-Removed: prod\n"), "{message}");
    assert!(!message.contains(" prod\nGitops-Tree"), "{message}");
    for _ in 0..2 {
        quiet(&source.publish(&["--orphans=remove"]));
    }
    assert_eq!(source.place.commits(), 3);
}

#[rstest::rstest]
#[case::too_much(
    &["--orphans=remove"], None,
    "environment prod: publishing would remove 1 of the 1 resources in the folder `prod`; at most 50 percent may go in one run"
)]
#[case::edited(
    &REMOVE, Some("prod/a.yaml"),
    "environment prod: 1 file in the folder `prod` of the manifest repository changed since gitops-publisher wrote it: a.yaml"
)]
fn the_usual_limits_hold_for_what_is_removed(
    #[case] arguments: &[&str],
    #[case] edit: Option<&str>,
    #[case] expected: &str,
) {
    let source = Source::new("dev: , prod: ");
    source.list("dev: ").content("2");
    if let Some(path) = edit {
        source.by_hand(path);
    }
    let (before, commits) = (source.paths(), source.place.commits());
    for command in ["publish", "verify"] {
        let arguments = [&[command], arguments].concat();
        let ended = source.workspace.program(&arguments).fail();
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
        let hint = "to leave the folder where it is, set `orphans` to `warn`";
        assert!(ended.stderr.contains(hint), "{}", ended.stderr);
    }
    // Nothing of the branch is published then.
    assert_eq!((source.paths(), source.place.commits()), (before, commits));
    if edit.is_some() {
        source.publish(&[&REMOVE[..], &["--hand-edits=overwrite"]].concat());
        assert_eq!(source.paths(), ["dev/.gitops-publisher", "dev/a.yaml"]);
    }
}

#[test]
fn a_run_may_be_stopped_by_what_was_left_behind() {
    let source = Source::new("dev: , prod: ");
    source.list("dev: ");
    for change in [false, true] {
        if change {
            source.content("2");
        }
        for command in ["publish", "verify"] {
            let ended = source
                .workspace
                .program(&[command, "--orphans=fail"])
                .fail();
            let said = "environment prod: the folder `prod` of the branch \"main\" was published from this source, which has no such environment any more";
            assert!(ended.stderr.contains(said), "{}", ended.stderr);
            assert!(ended.stderr.contains(REMOVE[0]), "{}", ended.stderr);
        }
        assert_eq!(source.place.commits(), 1);
    }
    // With nothing left behind it stops nothing.
    source.list("dev: , prod: ").publish(&["--orphans=fail"]);
    assert_eq!(source.place.commits(), 2);
}

#[test]
fn what_people_put_into_the_folder_stays() {
    let source = Source::new("dev: , prod: ");
    source.by_hand("prod/README.md").list("dev: ");
    source.publish(&REMOVE);
    let left = ["dev/.gitops-publisher", "dev/a.yaml", "prod/README.md"];
    assert_eq!(source.paths(), left);
    quiet(&source.publish(&REMOVE));
    quiet(&source.publish(&["--orphans=fail"]));
}

#[test]
fn a_renamed_environment_leaves_its_folder_unless_it_keeps_it() {
    let source = Source::new("dev: , prod: {folder: live}");
    source.list("development: , production: {folder: live}");
    // The kept folder is for `takeOver`, as before, and no leftover.
    let said = source.fails(&REMOVE);
    assert!(
        said.contains(
            "the folder `live` of the manifest repository belongs to the environment `prod`"
        ),
        "{said}"
    );
    assert_eq!(source.place.commits(), 1);
    source.publish(&[&REMOVE[..], &["--take-over=true"]].concat());
    assert_eq!(
        source.paths(),
        [
            "development/.gitops-publisher",
            "development/a.yaml",
            "live/.gitops-publisher",
            "live/a.yaml"
        ]
    );
    for _ in 0..2 {
        quiet(&source.publish(&REMOVE));
    }
    assert_eq!(source.place.commits(), 2);
}

#[test]
fn a_run_of_some_environments_leaves_the_others_alone() {
    let source = Source::new("dev: , prod: , qa: {folder: clusters/qa}");
    let before = source.paths();
    for orphans in ["warn", "remove", "fail"] {
        let orphans = format!("--orphans={orphans}");
        let arguments = ["--environments=dev", &orphans, "--allow-removal=true"];
        quiet(&source.publish(&arguments));
    }
    // The others may be about to move, to leave for a branch, or be set up wrongly.
    for prod in ["{folder: live}", "{branch: live}", "{folder: ../x}"] {
        source.list(&format!("dev: , qa: {{folder: clusters/qa}}, prod: {prod}"));
        quiet(&source.publish(&[&REMOVE[..], &["--environments=dev"]].concat()));
    }
    assert_eq!(source.paths(), before);
    // What no environment of the file is for goes, with the command that is named.
    source.list("dev: , prod: ");
    let ended = source.publish(&["--environments=dev"]);
    let command = "--orphans=remove --environments=dev`";
    assert!(ended.stderr.contains(command), "{}", ended.stderr);
    source.publish(&[&REMOVE[..], &["--environments=dev"]].concat());
    assert_eq!(source.paths().len(), 4);
    assert!(!source.paths().concat().contains("qa"));
}

#[test]
fn folders_of_other_sources_are_none_of_ours() {
    let source = Source::new("dev: ");
    let all = [ORIGIN, "https://github.com/contoso/other"];
    // A namesake elsewhere, another settings file of ours, and none at all.
    let other = checkout(Some(all[1]), &settings(&source.place, "prod: "), &["src"]);
    other.program(&["publish"]).succeed();
    source
        .workspace
        .write("second.yaml", &settings(&source.place, "qa: "))
        .write("deploy/gitops.yaml", &settings(&source.place, "eu: "));
    commit(&source.workspace);
    source.publish(&["--config=second.yaml"]);
    source.publish(&["--config=deploy/gitops.yaml", "--source=src"]);
    let plain = checkout(Some(ORIGIN), "", &["src"]);
    plain.remove("gitops.yaml");
    commit(&plain);
    let path = source.place.repository.path().display().to_string();
    let arguments = [
        "publish",
        "--environments=us",
        "--source=src",
        "--manifest-repo",
        &path,
    ];
    plain.program(&arguments).succeed();
    let before = source.paths();
    assert_eq!(before.len(), 10);
    for workspace in [&source.workspace, &other] {
        for orphans in ["--orphans=fail", "--orphans=remove"] {
            let arguments = ["publish", orphans, "--allow-removal=true"];
            quiet(&workspace.program(&arguments).succeed());
        }
    }
    assert_eq!(source.paths(), before);
}

#[test]
fn folders_in_each_other_lose_only_what_is_theirs() {
    let source = Source::new("dev: ");
    let other = checkout(
        Some("https://github.com/contoso/other"),
        &settings(&source.place, "web: {folder: apps/web, branch: other}"),
        &["src"],
    );
    other
        .program(&["publish", "--create-branch=true"])
        .succeed();
    source.list("dev: , apps: ").publish(&[]);
    source.place.repository.update_branch("main", "other");
    source.list("dev: ");
    source.publish(&REMOVE);
    let left = |folder: &str| {
        [
            format!("{folder}/.gitops-publisher"),
            format!("{folder}/a.yaml"),
        ]
    };
    assert_eq!(source.paths(), [left("apps/web"), left("dev")].concat());
    quiet(&source.publish(&REMOVE));
    // And one that lies in a folder that comes.
    source.list("old: {folder: all/old}").publish(&REMOVE);
    source.list("all: ");
    let said = source.fails(&[]);
    assert!(
        said.contains("the folder `all` of the manifest repository holds the owned folder `old`"),
        "{said}"
    );
    source.publish(&REMOVE);
    assert_eq!(source.paths(), [left("all"), left("apps/web")].concat());
    quiet(&source.publish(&REMOVE));
}

#[test]
fn an_environment_that_changes_its_branch_is_seen_where_others_stay() {
    let source = Source::new("dev: , prod: ");
    source.list("dev: , prod: {branch: live}");
    let said = "environment prod: the folder `prod` of the branch \"main\" was published from this source, which publishes it to another branch now. It stays; remove it in a clone of the manifest repository with `git rm -r -- prod`, which takes everything in it, and commit that";
    let ended = source.publish(&[]);
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    // Its new branch comes after: until then this is what runs.
    for _ in 0..2 {
        let ended = source.publish(&REMOVE);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    assert_eq!(source.paths().len(), 4);
    assert_eq!(source.place.commits(), 1);
}

#[test]
fn a_definition_that_is_published_no_more_goes_as_well() {
    let source = Source::new(
        "dev: {definitionFolder: definitions/dev}, prod: {definitionFolder: definitions/prod}",
    );
    assert_eq!(source.paths().len(), 8);
    source.list("dev: {definitionFolder: reviews/dev}");
    let ended = source.publish(&REMOVE);
    for said in [
        "environment dev definition: the folder `definitions/dev` of the branch \"main\" is its former one; it has `reviews/dev` now; it was removed in the same commit",
        "environment prod definition: the folder `definitions/prod` of the branch \"main\" was published from this source, which has no such environment any more; it was removed in the same commit",
    ] {
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    source.list("dev: ");
    let ended = source.publish(&[]);
    let said = "environment dev definition: the folder `reviews/dev` of the branch \"main\" was published from this source, which publishes no definition of it any more. It stays";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    source.publish(&["--orphans=remove"]);
    assert_eq!(source.paths(), ["dev/.gitops-publisher", "dev/a.yaml"]);
    quiet(&source.publish(&REMOVE));
}
