//! An environment whose folder changes is moved in one commit, once, and only
//! where that is what happened.

use super::leftovers::{REMOVE, Source, quiet};
use super::{Place, commit, config_map};

#[rstest::rstest]
#[case::beside("dev", "dev2")]
#[case::deeper("dev", "clusters/eu/dev")]
#[case::into_the_former_one("dev", "dev/app")]
#[case::out_of_the_former_one("dev/app", "dev")]
#[case::to_the_root("dev", ".")]
#[case::from_the_root(".", "dev")]
#[case::one_level_up("clusters/dev", "dev")]
fn a_folder_that_changed_is_moved_in_one_commit(#[case] from: &str, #[case] to: &str) {
    let source = Source::new(&format!("dev: {{folder: {from}}}"));
    source.list(&format!("dev: {{folder: {to}}}"));
    let said = format!(
        "environment dev: the folder `{from}` of the branch \"main\" is its former one; it has `{to}` now; it"
    );
    let verify = source.workspace.program(&["verify"]).succeed();
    let would = format!("{said} would be removed (1 file)");
    assert!(verify.stderr.contains(&would), "{}", verify.stderr);
    let ended = source.publish(&[]);
    let done = format!("{said} was removed in the same commit (1 file)");
    assert!(ended.stderr.contains(&done), "{}", ended.stderr);
    let below = |file: &str| match to {
        "." => file.to_owned(),
        to => format!("{to}/{file}"),
    };
    assert_eq!(
        source.paths(),
        [below(".gitops-publisher"), below("a.yaml")]
    );
    assert_eq!(source.place.commits(), 2);
    for _ in 0..2 {
        quiet(&source.publish(&[]));
    }
    assert_eq!(source.place.commits(), 2);
}

#[test]
fn one_is_moved_and_another_removed_in_one_commit() {
    let source = Source::new("dev: , prod: , qa: ");
    source.list("dev: {folder: new}, qa: {folder: qa}");
    source.publish(&REMOVE);
    let left = [
        "new/.gitops-publisher",
        "new/a.yaml",
        "qa/.gitops-publisher",
        "qa/a.yaml",
    ];
    assert_eq!(source.paths(), left);
    assert_eq!(source.place.commits(), 2);
    let message = source.message();
    assert!(
        message.contains("\nGitops-Removed: dev\nGitops-Removed: prod\n"),
        "{message}"
    );
}

#[test]
fn two_environments_may_change_places() {
    let source = Source::new("dev: {folder: one}, prod: {folder: two}");
    source.list("dev: {folder: three}, prod: {folder: one/prod}");
    source.publish(&[]);
    assert_eq!(source.place.commits(), 2);
    assert_eq!(
        source.paths(),
        [
            "one/prod/.gitops-publisher",
            "one/prod/a.yaml",
            "three/.gitops-publisher",
            "three/a.yaml"
        ]
    );
    quiet(&source.publish(&REMOVE));
}

#[test]
fn what_others_have_in_the_former_folder_stays() {
    let source = Source::new("dev: ");
    source.by_hand("dev/README.md").list("dev: {folder: other}");
    source.publish(&[]);
    let left = ["dev/README.md", "other/.gitops-publisher", "other/a.yaml"];
    assert_eq!(source.paths(), left);
}

#[test]
fn the_limits_count_what_is_not_in_the_new_folder() {
    let source = Source::new("dev: ");
    source.workspace.remove("src/a.yaml");
    source.workspace.write("src/b.yaml", &config_map("b", "1"));
    source.list("dev: {folder: other}");
    let said = source.fails(&[]);
    assert!(said.contains("environment dev: publishing would remove 1 of the 1 resources in the folder `dev`; at most 50 percent may go in one run"), "{said}");
    // The same under another hash, as Kustomize makes it, is not lost.
    source
        .workspace
        .write("src/b.yaml", &config_map("a-b7kgf7t6c2", "1"));
    commit(&source.workspace);
    source.publish(&[]);
    assert_eq!(source.paths(), ["other/.gitops-publisher", "other/b.yaml"]);
}

#[test]
fn a_hand_edit_in_the_former_folder_stops_the_move() {
    let source = Source::new("dev: ");
    source.by_hand("dev/a.yaml").list("dev: {folder: other}");
    let said = source.fails(&[]);
    assert!(
        said.contains(
            "environment dev: 1 file in the folder `dev` of the manifest repository changed since"
        ),
        "{said}"
    );
    assert_eq!(source.paths(), ["dev/.gitops-publisher", "dev/a.yaml"]);
    source.publish(&["--hand-edits=overwrite"]);
    assert_eq!(source.paths(), ["other/.gitops-publisher", "other/a.yaml"]);
}

/// Several runs may publish one environment to several folders.
#[test]
fn one_environment_in_two_folders_is_no_move() {
    let source = Source::new("dev: ");
    let eu = ["--folder=eu/dev"];
    source.publish(&eu);
    assert_eq!(source.paths().len(), 4);
    let (before, commits) = (source.paths(), source.place.commits());
    for _ in 0..2 {
        quiet(&source.publish(&[&eu[..], &REMOVE].concat()));
        // Known as the former folder, and nothing more.
        let ended = source.publish(&[]);
        assert!(ended.stderr.contains("Nothing changed"), "{}", ended.stderr);
        assert!(ended.stderr.contains("the folder `eu/dev` of the branch \"main\" is its former one; it has `dev` now. It stays"), "{}", ended.stderr);
    }
    source.content("2").publish(&[]);
    source.publish(&eu);
    assert_eq!(
        (source.paths(), source.place.commits()),
        (before, commits + 2)
    );
}

/// The same where the folder of the file is the newer one.
#[test]
fn two_runs_of_one_commit_are_no_move_and_neither_are_two_former_folders() {
    let source = Source::new("dev: {folder: a}");
    // In the same commit nothing moves.
    let path = source.place.repository.path().display().to_string();
    let settings =
        format!("source: src\nmanifestRepo: {path}\nenvironments: {{dev: {{folder: b}}}}\n");
    source.workspace.write("gitops.yaml", &settings);
    let ended = source.publish(&[]);
    let said = "the folder `a` of the branch \"main\" is its former one; it has `b` now. It stays, because the settings file has changes that are in no commit; remove it with";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    // Then there are two.
    let ended = source.list("dev: {folder: c}").publish(&[]);
    for folder in ["a", "b"] {
        let said = format!(
            "the folder `{folder}` of the branch \"main\" is its former one; it has `c` now. It stays; remove it with"
        );
        assert!(ended.stderr.contains(&said), "{}", ended.stderr);
    }
    assert_eq!(source.paths().len(), 6);
    source.publish(&REMOVE);
    assert_eq!(source.paths(), ["c/.gitops-publisher", "c/a.yaml"]);
    quiet(&source.publish(&REMOVE));
}

#[test]
fn a_folder_that_was_not_moved_in_time_goes_once_the_new_one_is_there() {
    let source = Source::new("dev: , qa: ");
    source.list("dev: {folder: new}, qa: ");
    // A run of another environment does not take the old one away.
    quiet(&source.publish(&[&REMOVE[..], &["--environments=qa"]].concat()));
    source.publish(&["--environments=dev", "--folder=new"]);
    assert_eq!(source.paths().len(), 6);
    let ended = source.publish(&[]);
    assert!(ended.stderr.contains("is its former one; it has `new` now. It stays; remove it with `gitops-publisher publish --orphans=remove`;"), "{}", ended.stderr);
    source.publish(&["--orphans=remove"]);
    assert_eq!(source.paths().len(), 4);
    assert!(!source.paths().concat().contains("dev/"));
}

#[test]
fn a_moved_folder_stops_nothing() {
    let source = Source::new("dev: ");
    source
        .list("dev: {folder: new}")
        .publish(&["--orphans=fail"]);
    assert_eq!(source.paths(), ["new/.gitops-publisher", "new/a.yaml"]);
}

#[test]
fn a_task_with_the_history_moves_and_one_without_says_what_it_lacks() {
    let source = Source::new("dev: ");
    source.list("dev: {folder: new}");
    let place = &source.place;
    let url = format!("file://{}", source.workspace.path().display());
    let shallow = Place::new("");
    shallow
        .workspace
        .git(&["clone", "--quiet", "--depth=1", &url, "clone"]);
    let folder = shallow.workspace.path().join("clone");
    let origin = "https://github.com/contoso/hld";
    let run = |arguments: &[&str]| {
        let mut command = shallow.workspace.program(arguments).command();
        let output = command.current_dir(&folder).output().unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let path = folder.display().to_string();
    shallow
        .workspace
        .git(&["-C", &path, "remote", "set-url", "origin", origin]);
    let said = run(&["publish"]);
    assert!(said.contains("it has `new` now. It stays, because this checkout does not have the commit that it was published from; check out the whole history (`fetchDepth: 0`); remove it with `gitops-publisher publish"), "{said}");
    let said = run(&["publish", "--orphans=remove", "--allow-removal=true"]);
    assert!(said.contains("It stays, because this checkout"), "{said}");
    assert_eq!(place.repository.paths("main").len(), 4);
    source.publish(&REMOVE);
    assert_eq!(source.paths(), ["new/.gitops-publisher", "new/a.yaml"]);
}

/// A run that was queued before the move.
#[test]
fn an_older_run_does_not_publish_to_the_former_folder_again() {
    let source = Source::new("dev: , qa: ");
    let at = |run: &str| {
        source
            .workspace
            .program(&["publish"])
            .variable("BUILD_BUILDID", run)
    };
    let before = source.workspace.git(&["rev-parse", "HEAD"]);
    source.list("dev: {folder: shop/dev}, qa: ");
    at("200").succeed();
    let moved = source.paths();
    source.workspace.git(&["branch", "moved"]);
    source
        .workspace
        .git(&["reset", "--quiet", "--hard", before.trim()]);
    let ended = source.publish(&[]);
    assert!(
        ended
            .stderr
            .contains("environment dev: this run is older than"),
        "{}",
        ended.stderr
    );
    assert_eq!(source.paths(), moved);
    // Unless that is what is wanted.
    source.publish(&["--allow-older=true"]);
    assert!(source.paths().contains(&"dev/a.yaml".to_owned()));
}

/// Each branch of a source may publish an environment to a folder of its own.
#[test]
fn a_newer_run_of_another_branch_holds_nothing_back() {
    let source = Source::new("qa: ");
    let git = |arguments: &[&str]| source.workspace.git(arguments);
    git(&["checkout", "--quiet", "-b", "feature"]);
    source.list("qa: , dev: {folder: feature/dev}").publish(&[]);
    git(&["checkout", "--quiet", "-"]);
    source.list("qa: , dev: ");
    for _ in 0..2 {
        let ended = source.publish(&[]);
        assert!(
            !ended.stderr.contains("this run is older"),
            "{}",
            ended.stderr
        );
        assert!(source.paths().contains(&"dev/a.yaml".to_owned()));
        assert!(source.paths().contains(&"feature/dev/a.yaml".to_owned()));
    }
}
