//! The lock file: the same on every machine, or a failure.

use super::*;
use crate::support::git_server::{Fault, Turn};

#[test]
fn a_second_run_asks_nobody_and_changes_nothing() {
    let server = GitServer::start();
    web(&server);
    let workspace = uses_web(&server, "");
    install(&workspace, &[]).succeed();
    let before = result(&workspace);
    server.forget();
    let ended = install(&workspace, &[]).succeed();
    assert_said(&ended, "Installed 0, unchanged 1\n");
    assert_eq!(server.turns(), 0);
    assert_eq!(result(&workspace), before);
}

#[test]
fn another_machine_gets_the_same_bytes_when_the_branch_has_moved() {
    let server = GitServer::start();
    let first = web(&server);
    let one = uses_web(&server, "");
    install(&one, &[]).succeed();
    let repository = server.create("web");
    repository.commit("main", "2", &[("files/one.yaml", "100644", "kind: Two\n")]);
    for generous in ["true", "false"] {
        repository.config("uploadpack.allowAnySHA1InWant", generous);
        let other = uses_web(&server, "");
        other.write("fabrikate.lock", &one.read("fabrikate.lock"));
        install(&other, &[]).succeed();
        assert_eq!(result(&other), result(&one));
    }
    assert!(one.read("fabrikate.lock").contains(&first));

    // Until the lock is renewed, for all or by name.
    for update in ["--update", "--update=web", "--update=other,components/web"] {
        let other = uses_web(&server, "");
        other.write("fabrikate.lock", &one.read("fabrikate.lock"));
        let program = install(&other, &[update]);
        if update.contains("other") {
            assert_said(
                &program.fail(),
                "nothing that is installed is called `other`",
            );
        } else {
            program.succeed();
        }
        assert_eq!(other.read("components/web/files/one.yaml"), "kind: Two\n");
        assert!(!other.read("fabrikate.lock").contains(&first));
    }
}

#[test]
fn a_tag_that_was_moved_is_noticed_and_what_is_locked_stays() {
    let server = GitServer::start();
    web(&server);
    let repository = server.create("web");
    repository.git(&["tag", "v1", "main"]);
    let one = uses_web(&server, ", version: v1");
    install(&one, &[]).succeed();
    let moved = repository.commit("main", "2", &[("files/one.yaml", "100644", "kind: Evil\n")]);
    repository.git(&["tag", "-f", "v1", "main"]);
    let other = uses_web(&server, ", version: v1");
    other.write("fabrikate.lock", &one.read("fabrikate.lock"));
    let ended = install(&other, &[]).succeed();
    assert_said(&ended, &format!("leads to the commit {} now", &moved[..10]));
    assert_eq!(other.read("components/web/files/one.yaml"), "kind: One\n");
}

#[test]
fn a_commit_that_is_gone_is_a_failure_that_names_the_source() {
    let server = GitServer::start();
    let commit = web(&server);
    let workspace = uses_web(&server, "");
    install(&workspace, &[]).succeed();
    let repository = server.create("web");
    let kept = workspace.read("fabrikate.lock");
    repository.git(&["update-ref", "-d", "refs/heads/main"]);
    repository.git(&["gc", "-q", "--prune=now"]);
    repository.commit(
        "main",
        "new",
        &[("component.yaml", "100644", "name: web\n")],
    );
    workspace.remove("components");
    let ended = install(&workspace, &[]).fail();
    assert_said(
        &ended,
        &format!("{} no longer gives what was locked", server.url("web")),
    );
    assert_said(&ended, &commit);
    assert_said(&ended, "--update=<name>");
    assert_eq!(workspace.read("fabrikate.lock"), kept);
}

#[test]
fn another_version_in_the_definition_is_installed_without_being_told_to_update() {
    let server = GitServer::start();
    web(&server);
    let repository = server.create("web");
    repository.git(&["tag", "v1", "main"]);
    repository.commit("main", "2", &[("files/one.yaml", "100644", "kind: Two\n")]);
    let workspace = uses_web(&server, ", version: v1");
    install(&workspace, &[]).succeed();
    let component = workspace.read("component.yaml").replace("v1", "main");
    workspace.write("component.yaml", &component);
    install(&workspace, &[]).succeed();
    assert_eq!(
        workspace.read("components/web/files/one.yaml"),
        "kind: Two\n"
    );
}

#[test]
fn a_folder_that_was_changed_by_hand_stays_until_it_is_forced() {
    let server = GitServer::start();
    web(&server);
    let workspace = uses_web(&server, "");
    install(&workspace, &[]).succeed();
    workspace.write("components/web/files/one.yaml", "kind: Mine\n");
    server.forget();
    let ended = install(&workspace, &[]).succeed();
    assert_said(&ended, "`components/web` was changed by hand");
    assert_eq!(server.turns(), 0);
    let ended = install(&workspace, &["--update"]).succeed();
    assert_said(&ended, "`components/web` was changed by hand");
    assert_eq!(
        workspace.read("components/web/files/one.yaml"),
        "kind: Mine\n"
    );
    install(&workspace, &["--force"]).succeed();
    assert_eq!(
        workspace.read("components/web/files/one.yaml"),
        "kind: One\n"
    );
}

#[test]
fn a_folder_that_somebody_else_put_there_is_taken_when_it_is_the_same() {
    let server = GitServer::start();
    web(&server);
    let workspace = uses_web(&server, "");
    install(&workspace, &[]).succeed();
    std::fs::remove_file(workspace.path().join("components/.web.installed")).unwrap();
    // As Fabrikate leaves it.
    workspace.write("components/web/.git/config", "[core]\n");
    server.forget();
    install(&workspace, &[]).succeed();
    assert_eq!(server.turns(), 0);
    assert!(workspace.path().join("components/.web.installed").exists());
}

#[test]
fn entries_that_are_gone_leave_the_lock_file() {
    let server = GitServer::start();
    web(&server);
    let workspace = uses_web(&server, "");
    install(&workspace, &[]).succeed();
    workspace.write("component.yaml", "name: shop\n");
    install(&workspace, &[]).succeed();
    assert_eq!(
        workspace.read("fabrikate.lock"),
        "{\n  \"form\": 1,\n  \"installed\": {}\n}\n"
    );
}

#[test]
fn answers_that_break_off_leave_nothing_behind() {
    let server = GitServer::start();
    web(&server);
    let workspace = uses_web(&server, "");
    // More often than a request is tried again.
    (0..4).for_each(|_| server.inject(Turn::Fetch, Fault::CutAnswer));
    install(&workspace, &[]).fail();
    let components = workspace.path().join("components");
    let left = components.read_dir().map_or(0, Iterator::count);
    assert_eq!(left, 0);
    assert_eq!(workspace.temp().read_dir().unwrap().count(), 0);
    install(&workspace, &[]).succeed();
}

#[test]
fn a_lock_file_that_cannot_be_read_is_told() {
    let server = GitServer::start();
    web(&server);
    let workspace = uses_web(&server, "");
    workspace.write("fabrikate.lock", "<<<<<<< HEAD\n");
    let ended = install(&workspace, &[]).fail();
    assert_said(&ended, "the lock file `fabrikate.lock` cannot be read");
}

/// What is installed is in no commit, but the lock file says what it is.
#[rstest::rstest]
#[case::as_locked("", "", "")]
#[case::changed(
    "hld/components/web/files/one.yaml",
    "kind: Two\n",
    "hld/components/web/files/one.yaml"
)]
#[case::beside("hld/components/db/files/one.yaml", "kind: Two\n", "")]
fn what_is_as_locked_counts_as_committed(
    #[case] file: &str,
    #[case] text: &str,
    #[case] marked: &str,
    #[values(true, false)] lock_committed: bool,
) {
    let server = GitServer::start();
    let repository = server.create("web");
    let one = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n";
    let component = "name: web\nsubcomponents:\n- {name: files, type: static, path: files}\n";
    let files = [
        ("component.yaml", "100644", component),
        ("files/one.yaml", "100644", one),
    ];
    repository.commit("main", "first", &files);
    let workspace = Workspace::new();
    workspace.git(&["init", "-q"]);
    let component = format!(
        "name: shop\nsubcomponents:\n- {{name: web, method: git, source: '{}'}}\n",
        server.url("web")
    );
    let ignored = if lock_committed {
        ""
    } else {
        "fabrikate.lock\n"
    };
    workspace
        .write("hld/component.yaml", &component)
        .write(
            "gitops.yaml",
            "source: hld\nmanifestRepo: ./m.git\nenvironments: {dev: }\n",
        )
        .write(".gitignore", &format!("components/\nm.git\n{ignored}"));
    workspace.git(&["init", "-q", "--bare", "m.git"]);
    install(&workspace, &["hld"]).succeed();
    workspace.git(&["add", "--all"]);
    workspace.git(&["commit", "-qm", "hld"]);
    if !file.is_empty() {
        let text = text
            .replace("kind: Two", one.trim_end())
            .replace("one", "two");
        workspace.write(file, &text);
    }
    let ended = workspace.program(&["publish"]).succeed();
    let said = "changes that are in no commit";
    let is_marked = !marked.is_empty() || !lock_committed;
    assert_eq!(ended.stderr.contains(said), is_marked, "{}", ended.stderr);
    assert!(ended.stderr.contains(marked), "{}", ended.stderr);
}
