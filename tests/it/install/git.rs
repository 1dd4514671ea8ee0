//! Components that come by git.

use super::*;
#[cfg(unix)]
use crate::support::ssh_server::SshServer;

#[test]
fn install_then_generate_gives_the_manifests() {
    let server = GitServer::start();
    let commit = web(&server);
    let workspace = uses_web(&server, "");
    let ended = install(&workspace, &[]).succeed();
    assert_said(&ended, "Fetching shop/web from ");
    assert_said(
        &ended,
        &format!("Installed components/web ({})", &commit[..10]),
    );
    assert_said(
        &ended,
        "Installed 1, unchanged 0; fabrikate.lock is written, commit it",
    );
    workspace.program(&["fab", "generate", "prod"]).succeed();
    assert_eq!(
        workspace.read("generated/prod/web/files.yaml"),
        "---\nkind: One\n\n"
    );
    assert!(!workspace.path().join("components/web/.git").exists());
    assert_eq!(workspace.temp().read_dir().unwrap().count(), 0);
}

#[test]
fn a_folder_can_be_named_and_generating_without_installing_says_what_to_do() {
    let server = GitServer::start();
    web(&server);
    let workspace = uses_web(&server, "");
    let ended = workspace.program(&["fab", "generate"]).fail();
    assert_said(&ended, "fab install");
    std::fs::create_dir(workspace.path().join("hld")).unwrap();
    std::fs::rename(
        workspace.path().join("component.yaml"),
        workspace.path().join("hld/component.yaml"),
    )
    .unwrap();
    install(&workspace, &["hld"]).succeed();
    assert!(
        workspace
            .path()
            .join("hld/components/web/component.yaml")
            .exists()
    );
    assert!(workspace.path().join("hld/fabrikate.lock").exists());
    install(&workspace, &["nowhere"]).fail();
}

/// Versions lead where git would go, whether the server hands out single
/// commits or not.
#[rstest::rstest]
#[case("", "second")]
#[case("branch: dev", "on dev")]
#[case("branch: main, version: v1", "first")]
#[case("version: v1", "first")]
#[case("version: light", "first")]
#[case("version: dev", "on dev")]
#[case("version: origin/dev", "on dev")]
#[case("version: refs/tags/v1", "first")]
#[case("version: <first>", "first")]
#[case("version: <first:10>", "first")]
#[case("version: <dev>", "on dev")]
fn versions_are_chosen_as_git_chooses(
    #[case] entry: &str,
    #[case] expected: &str,
    #[values(true, false)] generous: bool,
) {
    let server = GitServer::start();
    let repository = server.create("web");
    if !generous {
        repository.config("uploadpack.allowAnySHA1InWant", "false");
    }
    let file = |text| [("component.yaml", "100644", text)];
    let first = repository.commit("main", "1", &file("name: web # first"));
    repository.git(&[
        "-c",
        "user.name=T",
        "-c",
        "user.email=t@contoso.com",
        "tag",
        "-a",
        "-m",
        "x",
        "v1",
        &first,
    ]);
    repository.git(&["tag", "light", &first]);
    repository.git(&["branch", "dev", "main"]);
    let dev = repository.commit("dev", "d", &file("name: web # on dev"));
    repository.commit("main", "2", &file("name: web # second"));
    let entry = entry
        .replace("<first>", &first)
        .replace("<first:10>", &first[..10])
        .replace("<dev>", &dev);
    let more = if entry.is_empty() {
        entry
    } else {
        format!(", {entry}")
    };
    let workspace = uses_web(&server, &more);
    install(&workspace, &[]).succeed();
    let text = workspace.read("components/web/component.yaml");
    assert_eq!(text, format!("name: web # {expected}"));
}

#[rstest::rstest]
#[case(
    ", branch: master",
    "it has no branch \"master\"",
    "many repositories call it `main`"
)]
#[case(
    ", version: v9",
    "it has no tag, branch or commit \"v9\"",
    "check `branch` and `version`"
)]
#[case(
    ", version: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "it does not have the commit aaaa",
    "check"
)]
#[case(
    ", version: aaaaaaa",
    "it has no tag, branch or commit \"aaaaaaa\"",
    "check"
)]
fn what_is_not_there_is_told(#[case] more: &str, #[case] said: &str, #[case] hint: &str) {
    let server = GitServer::start();
    web(&server);
    let workspace = uses_web(&server, more);
    let ended = install(&workspace, &[]).fail();
    assert_said(&ended, "component `shop/web`: ");
    assert_said(&ended, said);
    assert_said(&ended, hint);
    assert!(!workspace.path().join("components/web").exists());
}

#[rstest::rstest]
#[case("ftp://contoso.com/web", "has the scheme \"ftp\"")]
#[case("./nowhere", "there is no repository")]
#[case("", "has no `source`")]
fn addresses_that_cannot_be_used(#[case] source: &str, #[case] said: &str) {
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: web, method: git, source: '{source}'}}\n"
    ));
    assert_said(&install(&workspace, &[]).fail(), said);
}

#[test]
fn components_of_components_are_installed_inside_them() {
    let server = GitServer::start();
    web(&server);
    let nested = format!(
        "name: stack\nsubcomponents:\n- {{name: inner, method: git, source: '{}'}}\n- {{name: near, source: ./near}}\n",
        server.url("web")
    );
    let near = format!(
        "name: near\nsubcomponents:\n- {{name: again, method: git, source: '{}'}}\n",
        server.url("web")
    );
    server.create("stack").commit(
        "main",
        "x",
        &[
            ("deploy/component.yaml", "100644", &nested),
            ("deploy/near/component.yaml", "100644", &near),
        ],
    );
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: stack, method: git, path: deploy, source: '{}'}}\n",
        server.url("stack")
    ));
    let ended = install(&workspace, &[]).succeed();
    assert_said(&ended, "Installed 3, unchanged 0");
    for folder in ["components/inner", "near/components/again"] {
        let file = format!("components/stack/deploy/{folder}/files/one.yaml");
        assert_eq!(workspace.read(&file), "kind: One\n");
    }
    // What is installed inside is no change of what it is inside of.
    server.forget();
    let ended = install(&workspace, &[]).succeed();
    assert_said(&ended, "Installed 0, unchanged 3");
    assert_eq!(server.turns(), 0);
    workspace.program(&["fab", "generate"]).succeed();
    assert!(
        workspace
            .path()
            .join("generated/common/stack/near/again/files.yaml")
            .exists()
    );
}

#[test]
fn one_repository_is_fetched_once_however_often_it_is_used() {
    let server = GitServer::start();
    web(&server);
    let url = server.url("web");
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: a, method: git, source: '{url}'}}\n- {{name: b, method: git, source: '{url}'}}\n"
    ));
    install(&workspace, &[]).succeed();
    assert_eq!(server.turns(), 2);
    assert!(
        workspace
            .path()
            .join("components/b/files/one.yaml")
            .exists()
    );
}

#[test]
fn a_root_that_comes_by_git_is_replaced() {
    let server = GitServer::start();
    web(&server);
    let workspace = definition(&format!(
        "name: entry\nmethod: git\nsource: '{}'\n",
        server.url("web")
    ));
    install(&workspace, &[]).succeed();
    workspace.program(&["fab", "generate"]).succeed();
    assert!(
        workspace
            .path()
            .join("generated/common/files.yaml")
            .exists()
    );
}

#[cfg(unix)]
#[test]
fn modes_and_links_are_kept_and_what_cannot_be_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = GitServer::start();
    server.create("web").commit(
        "main",
        "x",
        &[
            ("component.yaml", "100644", "name: web\n"),
            ("bin/run", "100755", "#!/bin/sh\n"),
            ("bin/inside", "120000", "../component.yaml"),
            ("bin/outside", "120000", "../../../component.yaml"),
            ("bin/absolute", "120000", "/etc/passwd"),
            ("bin/round", "120000", "a/../../../../x"),
            (
                "vendor",
                "160000",
                "1111111111111111111111111111111111111111",
            ),
            ("a\\b", "100644", "x"),
            (
                "big.bin",
                "100644",
                "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
            ),
        ],
    );
    let workspace = uses_web(&server, "");
    let ended = install(&workspace, &[]).succeed();
    let folder = workspace.path().join("components/web");
    let mode = folder
        .join("bin/run")
        .metadata()
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o111, 0o111);
    assert_eq!(
        std::fs::read_to_string(folder.join("bin/inside")).unwrap(),
        "name: web\n"
    );
    for path in ["bin/outside", "bin/absolute", "bin/round", "vendor", "a\\b"] {
        assert!(folder.join(path).symlink_metadata().is_err(), "{path}");
    }
    assert_said(
        &ended,
        "`a\\b` is not as its author meant it: its name is not safe",
    );
    assert_said(
        &ended,
        "`big.bin` is not as its author meant it: its content is kept by git-lfs",
    );
    assert_said(
        &ended,
        "`bin/absolute` is not as its author meant it: it is a symbolic link",
    );
    assert_said(
        &ended,
        "`vendor` is not as its author meant it: it is a submodule",
    );
    assert_said(&ended, "and 1 more like these");
}

#[test]
fn repositories_on_this_machine_are_read_in_place() {
    let server = GitServer::start();
    let commit = web(&server);
    let path = server.root().join("web").display().to_string();
    for source in [path.clone(), format!("file://{path}")] {
        for version in [
            "",
            ", version: main",
            &format!(", version: {}", &commit[..8]),
        ] {
            let workspace = definition(&format!(
                "name: shop\nsubcomponents:\n- {{name: web, method: git, source: '{source}'{version}}}\n"
            ));
            install(&workspace, &[]).succeed();
            assert_eq!(
                workspace.read("components/web/files/one.yaml"),
                "kind: One\n"
            );
            install(&workspace, &["--update"]).succeed();
        }
    }
    assert_eq!(server.turns(), 0);
}

#[cfg(unix)]
#[test]
fn hooks_run_around_the_fetching_and_what_they_make_is_no_change_by_hand() {
    let server = GitServer::start();
    server.create("web").commit(
        "main",
        "x",
        &[(
            "component.yaml",
            "100644",
            "name: web\nhooks:\n  before-install: ['rm -rf tmp; mkdir tmp', 'date +%N > tmp/made']\n",
        )],
    );
    let workspace = definition(&format!(
        "name: shop\nhooks:\n  before-install: ['test ! -e components/web || echo again > order', 'test -e components/web || echo before > order']\n  after-install: ['test -e components/web/component.yaml', 'echo \"# patched\" >> components/web/component.yaml', 'echo after >> order']\nsubcomponents:\n- {{name: web, method: git, source: '{}'}}\n",
        server.url("web")
    ));
    install(&workspace, &[]).succeed();
    assert_eq!(workspace.read("order"), "before\nafter\n");
    assert!(workspace.path().join("components/web/tmp/made").exists());
    server.forget();
    let ended = install(&workspace, &[]).succeed();
    assert!(!ended.stderr.contains("by hand"), "{ended:#?}");
    assert_eq!(workspace.read("order"), "again\nafter\n");
    assert_eq!(server.turns(), 0);
    let ended = install(&workspace, &[])
        .variable("BUILD_REASON", "PullRequest")
        .fail();
    assert_said(
        &ended,
        "has a before-install hook, and hooks may not run here",
    );
    assert_said(&ended, "--allow-hooks");
    install(&workspace, &["--allow-hooks"])
        .variable("BUILD_REASON", "PullRequest")
        .succeed();
}

#[cfg(unix)]
#[test]
fn a_failing_hook_ends_it_and_the_next_run_begins_anew() {
    let server = GitServer::start();
    web(&server);
    let component = |hook: &str| {
        format!(
            "name: shop\nhooks: {{after-install: ['{hook}']}}\nsubcomponents:\n- {{name: web, method: git, source: '{}'}}\n",
            server.url("web")
        )
    };
    let workspace = definition(&component(
        "echo broken > components/web/files/one.yaml; false",
    ));
    let ended = install(&workspace, &[]).fail();
    assert_said(&ended, "its after-install hook `echo broken");
    assert_said(&ended, "failed with exit code 1");
    workspace.write("component.yaml", &component("true"));
    install(&workspace, &[]).succeed();
    assert_eq!(
        workspace.read("components/web/files/one.yaml"),
        "kind: One\n"
    );
}

/// A run of `fab install` with a server behind SSH.
#[cfg(unix)]
fn over_ssh(workspace: &Workspace, server: &SshServer, arguments: &[&str]) -> Program {
    install(workspace, arguments).variable("GIT_SSH_COMMAND", &server.command())
}

#[cfg(unix)]
#[rstest::rstest]
#[case::default("", "second")]
#[case::branch(", branch: old", "first")]
#[case::tag(", version: v1", "first")]
#[case::commit(", version: <first>", "first")]
#[case::start_of_a_commit(", version: <start>", "first")]
#[case::branch_that_moves(", branch: main", "second")]
fn a_repository_behind_ssh_is_installed(#[case] more: &str, #[case] expected: &str) {
    let server = SshServer::start();
    let repository = server.create("web.git");
    let component = |text: &str| format!("name: web\nsubcomponents: []\n# {text}\n");
    let first = component("first");
    let first = repository.commit("main", "first", &[("component.yaml", "100644", &first)]);
    repository.git(&["branch", "-q", "old", "main"]);
    let author = ["-c", "user.name=Test", "-c", "user.email=test@contoso.com"];
    repository.git(&[&author[..], &["tag", "-a", "-m", "one", "v1", "main"]].concat());
    let second = component("second");
    repository.commit("main", "second", &[("component.yaml", "100644", &second)]);
    let more = more
        .replace("<first>", &first)
        .replace("<start>", &first[..10]);
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: web, method: git, source: 'git@git.contoso.com:web.git'{more}}}\n"
    ));
    over_ssh(&workspace, &server, &[]).succeed();
    let installed = workspace.read("components/web/component.yaml");
    assert!(installed.contains(expected), "{installed}");
    // What is locked comes again, whatever the branch is by now.
    std::fs::remove_dir_all(workspace.path().join("components")).unwrap();
    repository.commit(
        "main",
        "third",
        &[("component.yaml", "100644", "name: web\n")],
    );
    over_ssh(&workspace, &server, &[]).succeed();
    assert_eq!(workspace.read("components/web/component.yaml"), installed);
}

#[cfg(unix)]
#[test]
fn what_a_repository_behind_ssh_does_not_have_is_told() {
    let server = SshServer::start();
    let repository = server.create("web.git");
    repository.commit(
        "main",
        "first",
        &[("component.yaml", "100644", "name: web\n")],
    );
    for (more, said) in [
        (", branch: none", "it has no branch \"none\""),
        (", version: v9", "it has no tag, branch or commit \"v9\""),
        (
            ", version: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "it does not have the commit aaaa",
        ),
    ] {
        let workspace = definition(&format!(
            "name: shop\nsubcomponents:\n- {{name: web, method: git, source: 'git@git.contoso.com:web.git'{more}}}\n"
        ));
        let ended = over_ssh(&workspace, &server, &[]).fail();
        assert_said(&ended, "component `shop/web`: ");
        assert_said(&ended, said);
    }
}

#[cfg(unix)]
#[test]
fn a_build_of_a_pull_request_uses_neither_the_keys_nor_the_folders_of_the_machine() {
    let server = SshServer::start();
    let repository = server.create("web.git");
    repository.commit(
        "main",
        "first",
        &[("component.yaml", "100644", "name: web\n")],
    );
    let outside = repository.path().display().to_string();
    for (source, said) in [
        (
            "git@git.contoso.com:web.git",
            "needs the SSH keys of this machine, which a build of a pull request does not use",
        ),
        (
            outside.as_str(),
            "is outside the checkout, and a build of a pull request reads nothing there",
        ),
        (
            &format!("file://{outside}"),
            "is outside the checkout, and a build of a pull request reads nothing there",
        ),
        (
            "../../../../../../../../etc",
            "is outside the checkout, and a build of a pull request reads nothing there",
        ),
    ] {
        let workspace = definition(&format!(
            "name: shop\nsubcomponents:\n- {{name: web, method: git, source: '{source}'}}\n"
        ));
        let ended = over_ssh(&workspace, &server, &[])
            .variable("BUILD_REASON", "PullRequest")
            .fail();
        assert_said(&ended, said);
        assert_said(&ended, "--allow-access");
        assert!(!workspace.path().join("components").exists());
    }
    assert_eq!(server.calls(), [] as [String; 0]);
}

#[test]
fn what_a_hook_writes_is_shown_and_is_no_pipeline_command() {
    let workspace = definition(
        "name: shop\nhooks: {before-install: ['echo patched the chart; echo oops >&2', 'true']}\n",
    );
    let ended = install(&workspace, &[]).succeed();
    assert_said(&ended, "before-install: patched the chart");
    assert_said(&ended, "before-install: oops");
}

/// A commit whose tree holds `wide` entries, each the same tree one level deeper.
fn commit_of_copies(path: &std::path::Path, wide: usize, deep: usize) {
    let repository = git2::Repository::open(path).unwrap();
    let mut below = (repository.blob(b"kind: One\n").unwrap(), 0o100_644);
    for _ in 0..deep {
        let mut builder = repository.treebuilder(None).unwrap();
        for at in 0..wide {
            builder.insert(format!("{at}"), below.0, below.1).unwrap();
        }
        below = (builder.write().unwrap(), 0o040_000);
    }
    let tree = repository.find_tree(below.0).unwrap();
    let author = git2::Signature::now("Test", "test@contoso.com").unwrap();
    let head = Some("refs/heads/main");
    repository
        .commit(head, &author, &author, "x", &tree, &[])
        .unwrap();
}

#[rstest::rstest]
#[case::wide(10, 8, "the number of files and folders is larger than 500000")]
#[case::wider(100, 4, "the number of files and folders is larger than 500000")]
#[case::much_too_wide(100, 50, "the number of files and folders is larger than 500000")]
#[case::two_of_each(2, 60, "the number of files and folders is larger than 500000")]
#[case::deep(1, 200, "the nesting of folders is larger than 100 levels")]
fn a_small_repository_that_unfolds_to_more_than_a_disk_holds_is_refused_before_it_is_written(
    #[case] wide: usize,
    #[case] deep: usize,
    #[case] said: &str,
) {
    let server = GitServer::start();
    let repository = server.create("web");
    commit_of_copies(repository.path(), wide, deep);
    let workspace = uses_web(&server, "");
    let before = std::time::Instant::now();
    let ended = install(&workspace, &[]).fail();
    assert!(before.elapsed() < std::time::Duration::from_secs(30));
    assert_said(&ended, "component `shop/web`: ");
    assert_said(&ended, said);
    assert!(!workspace.path().join("components/web").exists());
}
