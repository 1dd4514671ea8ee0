//! The ways to name the manifest repository, through the program.

use gitops_publisher::host::{self, Place};

use crate::support::git_server::GitServer;
use crate::support::program::Workspace;

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write(
        "src/web.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: shop\n",
    );
    workspace
}

const SOURCE: [(&str, &str); 2] = [("source", "src"), ("environments", "dev")];

/// A short form, or an SSH address with a token, is read in the collection
/// that runs the pipeline.
#[rstest::rstest]
#[case("manifests", "auto")]
#[case("manifests", "azure")]
#[case("shop/manifests", "azure")]
#[case("ssh://127.0.0.1:2222/Main/shop/_ssh/manifests", "auto")]
fn a_pipeline_knows_its_own_collection(#[case] repository: &str, #[case] host: &str) {
    let server = GitServer::start();
    let there = server.create("Main/shop/_git/manifests");
    server.require("", "marked-token");
    let workspace = workspace();
    let inputs = [
        ("manifestRepo", repository),
        ("gitHost", host),
        ("token", "marked-token"),
    ];
    let ended = workspace
        .task(&[&SOURCE[..], &inputs].concat())
        .variable("SYSTEM_COLLECTIONURI", &server.url("Main/"))
        .variable("SYSTEM_TEAMPROJECT", "shop")
        .succeed();
    assert_eq!(
        there.subjects("main"),
        ["Publish dev from hld@1111111111"],
        "{ended:#?}"
    );
    assert!(
        ended.stdout.contains("/Main/shop/_git/manifests"),
        "{}",
        ended.stdout
    );
}

#[test]
fn one_repository_written_in_two_ways_is_published_to_once() {
    let server = GitServer::start();
    let there = server.create("Main/shop/_git/manifests");
    let workspace = workspace();
    let url = server.url("Main/shop/_git/_full/manifests");
    workspace.write(
        "gitops.yaml",
        &format!("source: src\nenvironments:\n  dev: {{manifestRepo: manifests}}\n  prod: {{manifestRepo: '{url}'}}\n"),
    );
    workspace
        .task(&[("token", "marked-token")])
        .variable("SYSTEM_COLLECTIONURI", &server.url("Main/"))
        .variable("SYSTEM_TEAMPROJECT", "shop")
        .succeed();
    assert_eq!(
        there.subjects("main"),
        ["Publish dev, prod from hld@1111111111"]
    );
}

#[test]
fn the_documented_forms_are_read_as_documented() {
    let page = include_str!("../../docs/repositories.md");
    let cells = |line: &str| {
        let cells: Vec<String> = line
            .split('|')
            .map(|cell| cell.trim().replace('`', ""))
            .collect();
        (cells.len() == 4 && line.starts_with("| `")).then(|| (cells[1].clone(), cells[2].clone()))
    };
    let rows: Vec<_> = page.lines().filter_map(cells).collect();
    assert!(rows.len() > 20, "{rows:?}");
    for (written, read) in rows {
        let location = host::resolve(&written, None).unwrap();
        let place = match location.over_https() {
            Some(over_https) => over_https.place.to_string(),
            None if matches!(location.place, Place::Ssh(_)) => String::new(),
            None => location.place.to_string(),
        };
        assert_eq!(place, read, "{written}");
    }
}

#[test]
fn at_a_terminal_a_short_form_of_azure_is_refused_with_the_forms_there_are() {
    let arguments = ["publish", "--source", "src", "--environments", "dev"];
    let repository = ["--manifest-repo", "shop/manifests", "--git-host", "azure"];
    let ended = workspace()
        .program(&[&arguments[..], &repository].concat())
        .fail();
    insta::assert_snapshot!(ended.stderr, @r#"
    error: environment dev: the manifest repository "shop/manifests" is not an address that can be understood: for gitHost azure write a URL or org/project/_git/repo; project/repo and repo are understood in a pipeline only
      help: write an https URL, `org/project/_git/repo` (Azure DevOps), `owner/repo` (GitHub), `git@host:path` (SSH), or a local path that starts with `./` or `/`; in a pipeline of Azure DevOps, `repo` is one of its own project, and with `gitHost: azure` `project/repo` is one of its own organization
    "#);
}

#[cfg(unix)]
mod ssh {
    use super::*;
    use crate::support::ssh_server::SshServer;

    const PUBLISH: [&str; 7] = [
        "publish",
        "--source",
        "src",
        "--environments",
        "dev",
        "--manifest-repo",
        "git@git.contoso.com:manifests.git",
    ];

    #[test]
    fn a_person_publishes_with_the_keys_at_hand() {
        let server = SshServer::start();
        let there = server.create("manifests.git");
        let workspace = workspace();
        let program = workspace
            .program(&PUBLISH)
            .variable("GIT_SSH_COMMAND", &server.command());
        let ended = program.succeed();
        assert!(
            ended
                .stderr
                .contains("to git@git.contoso.com:manifests.git (branch main)"),
            "{}",
            ended.stderr
        );
        assert_eq!(
            there.paths("main"),
            ["dev/.gitops-publisher", "dev/web.yaml"]
        );
        let again = program.succeed();
        assert!(again.stderr.contains("Nothing changed"), "{}", again.stderr);
        assert_eq!(std::fs::read_dir(workspace.temp()).unwrap().count(), 0);
    }

    #[test]
    fn a_task_publishes_with_the_keys_at_hand_and_says_that_the_token_is_not_used() {
        let server = SshServer::start();
        let there = server.create("manifests.git");
        let inputs = [
            ("manifestRepo", "git@git.contoso.com:manifests.git"),
            ("token", "marked-token"),
        ];
        let ended = workspace()
            .task(&[&SOURCE[..], &inputs].concat())
            .variable("GIT_SSH_COMMAND", &server.command())
            .succeed();
        assert_eq!(there.subjects("main"), ["Publish dev from hld@1111111111"]);
        assert!(
            ended
                .stdout
                .contains("the token is not used for git@git.contoso.com:manifests.git"),
            "{}",
            ended.stdout
        );
        assert!(
            ended.stdout.contains(
                "variable=manifestRepoUrl;isOutput=true]git@git.contoso.com:manifests.git"
            ),
            "{}",
            ended.stdout
        );
    }

    #[test]
    fn an_unknown_host_key_is_explained() {
        let server = SshServer::start();
        server.create("manifests.git");
        server.before(
            "git-upload-pack",
            "echo 'Host key verification failed.' >&2; exit 255",
        );
        let ended = workspace()
            .program(&PUBLISH)
            .variable("GIT_SSH_COMMAND", &server.command())
            .fail();
        insta::assert_snapshot!(ended.stderr, @r"
        error: git@git.contoso.com:manifests.git is on a server that is not known to be the right one: Host key verification failed.
          help: add the server's key to `known_hosts`: in a pipeline with the task InstallSSHKey@0 (`knownHostsEntry`), elsewhere with `ssh-keyscan`, after comparing it with the one that the host publishes
        ");
    }

    #[test]
    fn with_a_token_an_address_of_a_known_host_is_used_over_https() {
        // Nothing listens there: the message shows the way that was taken.
        let ended = workspace()
            .program(&[
                "publish",
                "--source",
                "src",
                "--environments",
                "dev",
                "--manifest-repo",
                "ssh://git@127.0.0.1/tfs/Main/shop/_ssh/m",
            ])
            .variable("GITOPS_TOKEN", "marked-token")
            .variable("PATH", "/nowhere")
            .fail();
        assert!(
            ended
                .stderr
                .contains("https://127.0.0.1/tfs/Main/shop/_git/m could not be reached"),
            "{}",
            ended.stderr
        );
    }
}
