//! What has to be proven before a folder goes: that this run knows all that was
//! published there, and that the folder is still the one that was looked at.

use super::leftovers::{REMOVE, Source, quiet};
use super::{checkout, commit, config_map};
use crate::support::git_repository::GitRepository;
use crate::support::git_server::GitServer;
use crate::support::program::Workspace;

#[test]
fn an_older_run_removes_nothing_that_came_after_it() {
    let source = Source::new("dev: ");
    source.content("2").list("dev: , prod: ").publish(&[]);
    let (before, commits) = (source.paths(), source.place.commits());
    source.workspace.git(&["checkout", "--quiet", "HEAD~1"]);
    for arguments in [&[][..], &REMOVE, &["--orphans=fail"]] {
        let ended = source.publish(arguments);
        assert!(!ended.stderr.contains("`prod`"), "{}", ended.stderr);
    }
    // Nor does a rollback, which may be older on purpose.
    source.publish(&[&REMOVE[..], &["--allow-older=true"]].concat());
    assert_eq!(source.paths(), before);
    assert_eq!(source.place.commits(), commits);
}

#[test]
fn a_rollback_removes_nothing() {
    let source = Source::new("dev: , prod: ");
    source.list("dev: ");
    let ended = source.publish(&[&REMOVE[..], &["--allow-older=true"]].concat());
    let said =
        "any more. It stays, because a run with `allowOlder` removes nothing; remove it with";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert_eq!(source.paths().len(), 4);
}

#[test]
fn what_another_branch_of_the_source_publishes_stays() {
    let source = Source::new("dev: ");
    source
        .workspace
        .git(&["checkout", "--quiet", "-b", "release"]);
    source.list("next: ").publish(&[]);
    source.workspace.git(&["checkout", "--quiet", "-"]);
    source.content("2").publish(&[]);
    let (before, commits) = (source.paths(), source.place.commits());
    assert_eq!(before.len(), 4);
    for arguments in [&[][..], &REMOVE, &["--orphans=fail"]] {
        let ended = source.publish(arguments);
        assert!(!ended.stderr.contains("warning"), "{}", ended.stderr);
        let said = "environment next: the folder `next` of the branch \"main\" was published from this source, which has no such environment any more. It stays: it comes from commit ";
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    assert_eq!(source.paths(), before);
    // Also once that branch was merged: it may go on publishing.
    source
        .workspace
        .git(&["merge", "--quiet", "-s", "ours", "release"]);
    let ended = source.publish(&REMOVE);
    let said = "It stays: it was published from refs/heads/release of the source, which may go on publishing it";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert_eq!((source.paths(), source.place.commits()), (before, commits));
}

/// A branch that was cut from the main one has all its commits.
#[test]
fn a_branch_of_the_source_moves_and_removes_nothing_of_the_branch_that_it_was_cut_from() {
    let source = Source::new("dev: , prod: ");
    let before = source.paths();
    source
        .workspace
        .git(&["checkout", "--quiet", "-b", "release"]);
    source.list("dev: {folder: next}").publish(&REMOVE);
    for path in before {
        assert!(source.paths().contains(&path), "{path} is gone");
    }
}

/// The branch of the source was renamed, and the folder of an environment changed: the
/// former branch might go on publishing to the former folder.
#[test]
fn a_second_copy_is_no_secret() {
    let source = Source::new("dev: , prod: ");
    source.workspace.git(&["branch", "-m", "trunk"]);
    source.list("dev: {folder: live/dev}, prod: ");
    let said = "the folder `dev` of the branch \"main\" is its former one; it has `live/dev` now. It stays: it was published from refs/heads/";
    let remedy = " of the source, which may go on publishing it; if nothing does, remove it in a clone of the manifest repository with `git rm -r -- dev`, which takes everything in it, and commit that";
    let before = source.paths();
    let error = source.fails(&["--orphans=fail"]);
    assert!(
        error.contains(&said.replace("It stays: it was", "It was")),
        "{error}"
    );
    assert!(
        error.contains(
            "help: remove it in a clone of the manifest repository with `git rm -r -- dev`"
        ),
        "{error}"
    );
    assert_eq!(source.paths(), before);
    let ended = source.publish(&[]);
    let warning = format!("warning: environment dev: {said}");
    assert!(ended.stderr.contains(&warning), "{}", ended.stderr);
    assert!(ended.stderr.contains(remedy), "{}", ended.stderr);
    // Later runs say it without a warning, as for every folder that a branch may publish.
    let ended = source.publish(&["--orphans=fail"]);
    assert!(!ended.stderr.contains("warning"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains(said) && ended.stderr.contains(remedy),
        "{}",
        ended.stderr
    );
    // As the message says.
    let manifests = source.place.repository.path().display().to_string();
    source
        .workspace
        .git(&["clone", "--quiet", &manifests, "manifests"]);
    let git = |arguments: &[&str]| {
        let by = [
            "-C",
            "manifests",
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@contoso.com",
        ];
        source.workspace.git(&[&by[..], arguments].concat())
    };
    git(&["rm", "-r", "--quiet", "--", "dev"]);
    git(&["commit", "--quiet", "-m", "by hand"]);
    git(&["push", "--quiet", "origin", "HEAD"]);
    std::fs::remove_dir_all(source.workspace.path().join("manifests")).unwrap();
    let ended = source.publish(&[]);
    assert!(!ended.stderr.contains("former"), "{}", ended.stderr);
}

/// A pull request's branch does not go on publishing.
#[test]
fn a_folder_that_a_pull_request_build_published_is_removed_by_hand() {
    let source = Source::new("dev: ");
    source.list("dev: , next: ");
    let manifests = source.place.repository.path().display().to_string();
    let build = [
        "publish",
        "--allow-pull-request-publish=true",
        "--manifest-repo",
        &manifests,
    ];
    let build = source.workspace.program(&build);
    build
        .variable("BUILD_SOURCEBRANCH", "refs/pull/5/merge")
        .succeed();
    source.list("dev: ");
    let ended = source.publish(&REMOVE);
    let said = "environment next: the folder `next` of the branch \"main\" was published from this source, which has no such environment any more. It stays, because it is not known which branch of the source it was published from, or which one this run is of; remove it in a clone of the manifest repository with `git rm -r -- next`";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}

/// What a person changed and the source then says as well is nobody's edit.
#[test]
fn an_edit_that_the_source_caught_up_with_is_in_the_ledger() {
    let source = Source::new("dev: ");
    let edited = super::config_map("a", "2");
    source
        .place
        .repository
        .commit("main", "by hand", &[("dev/a.yaml", "100644", &edited)]);
    let error = source.fails(&[]);
    assert!(
        error.contains("since gitops-publisher wrote it: a.yaml"),
        "{error}"
    );
    source.content("2");
    let commits = source.place.commits();
    quiet(&source.publish(&[]));
    assert_eq!(source.place.commits(), commits);
    let overwrite = ["--hand-edits=overwrite"];
    source.publish(&overwrite);
    assert_eq!(source.place.commits(), commits + 1);
    for _ in 0..2 {
        quiet(&source.publish(&overwrite));
        assert_eq!(source.place.commits(), commits + 1);
    }
    // The next change is no conflict with that edit.
    source.content("3").publish(&[]);
}

#[test]
fn a_folder_that_a_person_copied_or_moved_is_nobodys_former_one() {
    let source = Source::new("dev: ");
    let clone = source.workspace.path().join("by-hand");
    let repository = source.place.repository.path().display().to_string();
    let git = |arguments: &[&str]| {
        let folder = clone.display().to_string();
        source
            .workspace
            .git(&[&["-C", &folder], arguments].concat())
    };
    source.workspace.git(&[
        "clone",
        "--quiet",
        &repository,
        &clone.display().to_string(),
    ]);
    std::fs::create_dir(clone.join("dr")).unwrap();
    for file in [".gitops-publisher", "a.yaml"] {
        std::fs::copy(clone.join("dev").join(file), clone.join("dr").join(file)).unwrap();
    }
    git(&["mv", "dev", "archive"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "-m", "by hand"]);
    git(&["push", "--quiet", "origin", "HEAD"]);
    std::fs::remove_dir_all(&clone).unwrap();
    let ended = source.publish(&REMOVE);
    let paths = source.paths();
    for folder in ["dev", "dr", "archive"] {
        assert!(
            paths.contains(&format!("{folder}/a.yaml")),
            "{paths:?}: {}",
            ended.stderr
        );
    }
}

#[test]
fn a_settings_file_that_git_was_told_not_to_look_at_removes_nothing() {
    let source = Source::new("dev: , prod: ");
    source
        .workspace
        .git(&["update-index", "--skip-worktree", "gitops.yaml"]);
    let text = source.workspace.read("gitops.yaml");
    source
        .workspace
        .write("gitops.yaml", &text.replace(", prod: ", ""));
    let ended = source.publish(&REMOVE);
    let said = "It stays, because the settings file has changes that are in no commit";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert_eq!(source.paths().len(), 4);
}

#[test]
fn a_settings_file_that_is_in_no_commit_removes_nothing() {
    let source = Source::new("dev: , prod: ");
    let text = source.workspace.read("gitops.yaml");
    source
        .workspace
        .write("gitops.yaml", &text.replace(", prod: ", ""));
    let ended = source.publish(&REMOVE);
    let said = "It stays, because the settings file has changes that are in no commit";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert_eq!(source.paths().len(), 4);
    commit(&source.workspace);
    source.publish(&REMOVE);
    assert_eq!(source.paths().len(), 2);
}

#[test]
fn a_build_of_a_pull_request_removes_nothing() {
    let source = Source::new("dev: , prod: ");
    source.list("dev: ");
    let run = |arguments: &[(&str, &str)], target: Option<&str>| {
        let path = source.place.repository.path().display().to_string();
        let usual = [
            ("orphans", "remove"),
            ("allowRemoval", "true"),
            ("manifestRepo", &path),
        ];
        let task = source.workspace.task(&[&usual, arguments].concat());
        let task = task
            .variable("BUILD_REASON", "PullRequest")
            .variable("BUILD_REPOSITORY_URI", "https://github.com/contoso/hld");
        let target = target.map(|name| ("SYSTEM_PULLREQUEST_TARGETBRANCH", name));
        let task = target
            .iter()
            .fold(task, |task, (name, value)| task.variable(name, value));
        task.succeed().stdout
    };
    let main = Some("refs/heads/main");
    for (arguments, target) in [
        (&[][..], None),
        (&[("allowPullRequestPublish", "true")], None),
        (&[("allowPullRequestPublish", "true")], main),
    ] {
        let said = run(arguments, target);
        assert!(
            said.contains("any more. It stays, because a build of a pull request removes nothing"),
            "{said}"
        );
    }
    // Its plan is the one after the merge, where the branch is known that publishes then.
    let said = run(&[], main);
    assert!(
        said.contains(
            "has no such environment any more; it would be removed (1 file, with `v1 ConfigMap shop/a`)"
        ),
        "{said}"
    );
    source
        .list("dev: {folder: new}")
        .workspace
        .remove("src/a.yaml");
    source.workspace.write("src/b.yaml", &config_map("b", "1"));
    commit(&source.workspace);
    let said = run(&[("orphans", "warn")], main);
    for expected in [
        "its former one; it has `new` now; it would be removed (1 file)",
        "- v1 ConfigMap shop/a\n",
    ] {
        assert!(said.contains(expected), "{said}");
    }
    let said = run(&[("orphans", "warn")], Some("refs/heads/other"));
    assert!(!said.contains("- v1 ConfigMap shop/a\n"), "{said}");
    assert_eq!(source.paths().len(), 4);
}

#[test]
fn a_promotion_removes_nothing() {
    let source = Source::new("dev: , qa: , prod: ");
    source.list("dev: , prod: ").publish(&[]);
    source.content("2");
    source.publish(&["--environments=dev"]);
    let arguments = ["promote", "--from=dev", "--to=prod", REMOVE[0], REMOVE[1]];
    let ended = source.workspace.program(&arguments).succeed();
    let said = "environment qa: the folder `qa` of the branch \"main\" was published from this source, which has no such environment any more. It stays, because a promotion removes nothing; remove it in a clone of the manifest repository with `git rm -r -- qa`";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert_eq!(source.paths().len(), 6);
}

/// A source whose manifest repository is behind a git server.
struct Remote {
    server: GitServer,
    repository: GitRepository,
    kind: &'static str,
    workspace: Workspace,
}

impl Remote {
    /// `kind` is what the server is taken for.
    fn new(kind: &'static str, environments: &str) -> Self {
        let server = GitServer::start();
        let repository = server.create("contoso/manifests");
        let origin = Some("https://github.com/contoso/hld");
        let remote = Self {
            server,
            repository,
            kind,
            workspace: checkout(origin, "", &["src"]),
        };
        remote.list(environments);
        remote.publish(&[]);
        remote
    }

    fn list(&self, environments: &str) {
        let (url, kind) = (self.server.url("contoso/manifests"), self.kind);
        let settings = format!(
            "source: src\nmanifestRepo: {url}\ngitHost: {kind}\nenvironments: {{{environments}}}\n"
        );
        self.workspace.write("gitops.yaml", &settings);
        commit(&self.workspace);
    }

    fn publish(&self, arguments: &[&str]) -> String {
        let arguments = [&["publish"][..], arguments].concat();
        self.workspace.program(&arguments).succeed().stderr
    }

    fn paths(&self) -> Vec<String> {
        self.repository.paths("main")
    }

    /// How many requests a run makes.
    fn turns(&self, arguments: &[&str]) -> usize {
        self.server.forget();
        self.publish(arguments);
        self.server.turns()
    }
}

#[rstest::rstest]
#[case::another_source_has_it("prod/.gitops-publisher", "contoso/hld\"", "contoso/other\"", 4)]
#[case::somebody_changed_a_file("prod/.gitops-publisher", "\"version\": 2", "\"version\":  2", 2)]
fn what_happened_meanwhile_is_seen_on_every_attempt(
    #[case] path: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] left: usize,
) {
    let remote = Remote::new("git", "dev: , prod: ");
    remote.list("dev: ");
    let repository = remote.repository.clone();
    let text = repository.content("main", path);
    let changed = text.replace(from, to);
    assert_ne!(changed, text);
    let path = path.to_owned();
    let other = repository.clone();
    remote.server.before_push(move || {
        other.commit("main", "meanwhile", &[(&path, "100644", &changed)]);
    });
    remote.publish(&REMOVE);
    assert_eq!(remote.paths().len(), left, "{:?}", remote.paths());
    repository.assert_sound();
}

#[test]
fn a_file_that_was_changed_meanwhile_stops_the_removal() {
    let remote = Remote::new("git", "dev: , prod: ");
    remote.list("dev: ");
    let other = remote.repository.clone();
    remote.server.before_push(move || {
        other.commit(
            "main",
            "meanwhile",
            &[("prod/a.yaml", "100644", "by: hand\n")],
        );
    });
    let arguments = [&["publish"], &REMOVE[..]].concat();
    let ended = remote.workspace.program(&arguments).fail();
    assert!(
        ended
            .stderr
            .contains("changed since gitops-publisher wrote it: a.yaml"),
        "{}",
        ended.stderr
    );
    assert_eq!(remote.paths().len(), 4);
}

/// A server that hands out few trees knows of recent commits only, unless folders
/// are to go, or a new one begins.
#[test]
fn behind_a_server_that_sends_few_trees() {
    let remote = Remote::new("git", "dev: , prod: ");
    let alone = remote.turns(&[]);
    remote.list("dev: ");
    assert!(remote.publish(&[]).contains("no such environment any more"));
    for number in 0..12 {
        let file = format!("other/{number}.txt");
        let file = (file.as_str(), "100644", "x");
        remote.repository.commit("main", "others", &[file]);
    }
    let said = remote.publish(&[]);
    assert!(said.contains("Nothing changed"), "{said}");
    assert!(
        remote
            .publish(&["--orphans=remove", "--allow-removal=true"])
            .contains("it was removed in the same commit")
    );
    remote.list("dev: {folder: new}");
    assert!(
        remote
            .publish(&[])
            .contains("it was removed in the same commit")
    );
    assert!(!remote.paths().concat().contains("prod"));
    assert!(!remote.paths().concat().contains("dev/"));
    assert_eq!(
        remote.turns(&[]),
        alone,
        "a repository of one source costs no request more"
    );
}

/// Where every tree comes anyway, one request more tells, and only there.
#[test]
fn one_request_more_where_there_are_other_folders() {
    let remote = Remote::new("github", "dev: , prod: ");
    let alone = remote.turns(&[]);
    remote.list("dev: ");
    assert_eq!(remote.turns(&[]), alone + 1);
    assert!(remote.publish(&[]).contains("no such environment any more"));
    remote.publish(&REMOVE);
    assert_eq!(remote.turns(&[]), alone);
}

#[cfg(unix)]
#[test]
fn over_ssh() {
    use crate::support::ssh_server::SshServer;
    let server = SshServer::start();
    let repository = server.create("manifests.git");
    let origin = Some("https://github.com/contoso/hld");
    let workspace = checkout(origin, "", &["src"]);
    let publish = |environments: &str, arguments: &[&str]| {
        let settings = format!(
            "source: src\nmanifestRepo: git@git.contoso.com:manifests.git\nenvironments: {{{environments}}}\n"
        );
        workspace.write("gitops.yaml", &settings);
        workspace.git(&["add", "--all"]);
        workspace.git(&["commit", "--quiet", "--allow-empty", "-m", "source"]);
        let arguments = [&["publish"][..], arguments].concat();
        let program = workspace.program(&arguments);
        let program = program.variable("GIT_SSH_COMMAND", &server.command());
        program.succeed().stderr
    };
    publish("dev: , prod: ", &[]);
    let said = publish("dev: ", &[]);
    assert!(
        said.contains("no such environment any more. It stays"),
        "{said}"
    );
    publish("dev: {folder: new}", &REMOVE);
    assert_eq!(
        repository.paths("main"),
        ["new/.gitops-publisher", "new/a.yaml"]
    );
    repository.assert_sound();
}

/// Several runs may publish one environment to several folders: another run that has
/// no such input knows nothing of them.
#[test]
fn a_folder_that_an_input_named_is_nobodys_former_one() {
    let source = Source::new("dev: ");
    source.publish(&["--folder=eu/dev"]);
    for (value, arguments) in [("2", &[][..]), ("3", &REMOVE)] {
        source.content(value).publish(arguments);
        let paths = source.paths();
        assert!(paths.contains(&"eu/dev/a.yaml".to_owned()), "{paths:?}");
    }
}

/// What a lenient environment allows for itself says nothing of another one's folder.
#[rstest::rstest]
#[case::hand_edits("dev: {handEdits: overwrite, maxRemovedPercent: 100}", true)]
#[case::limits("dev: {maxRemovedPercent: 100}", false)]
fn the_strictest_limits_are_those_of_all_environments(#[case] dev: &str, #[case] edited: bool) {
    let source = Source::new(&format!("{dev}, qa: , prod: "));
    source.list(&format!("{dev}, qa: "));
    if edited {
        source.by_hand("prod/a.yaml");
    }
    let error = source.fails(&["--environments=dev", "--orphans=remove"]);
    assert!(error.contains("prod"), "{error}");
    let paths = source.paths();
    assert!(paths.contains(&"prod/a.yaml".to_owned()), "{paths:?}");
}
