//! What git, SSH and servers say when something is wrong, and our words for it.

use rstest::rstest;

use super::answers::refused;
use super::publisher::{Publisher, files};
use super::ssh::{publisher, server};
use crate::support::ssh_server::{SshServer, hook};
use gitops_publisher::error::Kind;
use gitops_publisher::publish::{Failure, Outcome};
use gitops_publisher::tools::Tools;

/// What a server does whose connection breaks.
const LOST: &str = "echo 'Connection closed by 10.0.0.1 port 22' >&2; exit 255";

#[rstest]
#[case("echo 'TF402455: Pushes to this branch are not permitted; you must use a pull request' >&2", Kind::Policy, "is protected against pushes", "TF402455", "pull request")]
#[case("echo 'GH006: Protected branch update failed for refs/heads/main.' >&2", Kind::Policy, "is protected against pushes", "GH006", "pull request")]
#[case("echo 'ask the platform team' >&2", Kind::Policy, "a rule or hook of the server refused the push", "ask the platform team", "those who run the server")]
#[case("echo 'GitLab: You are not allowed to push code to this project.' >&2", Kind::Remote, "does not permit this", "not allowed to push code", "permission")]
#[rustfmt::skip]
#[tokio::test]
async fn a_refused_push_is_told_with_the_servers_words(
    #[case] words: &str,
    #[case] kind: Kind,
    #[case] meaning: &str,
    #[case] said: &str,
    #[case] hint: &str,
) {
    let (_server, repository, publisher) = server();
    let start = repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    hook(&repository, "pre-receive", &format!("{words}; exit 1"));
    let error = refused(&publisher).await;
    let message = error.to_string();
    assert_eq!(error.kind(), kind);
    assert!(message.contains("branch \"main\" of git@git.contoso.com:manifests.git"), "{message}");
    assert!(message.contains(meaning) && message.contains(said), "{message}");
    assert!(error.all_hints()[0].contains(hint), "{:?}", error.all_hints());
    assert_eq!(repository.tip("main").unwrap(), start);
}

/// What SSH and servers print before they close the connection, and our words
/// for it: at reading and at pushing.
#[rstest]
#[case("No ED25519 host key is known for git.contoso.com and you have requested strict checking.\nHost key verification failed.", "is on a server that is not known to be the right one: No ED25519 host key is known", "InstallSSHKey@0")]
#[case("@@@@@@@@@@@@@@@@@@@@@@@\n@  WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!  @\n@@@@@@@@@@@@@@@@@@@@@@@\nHost key verification failed.", "not known to be the right one", "known_hosts")]
#[case("git@git.contoso.com: Permission denied (publickey).", "takes none of the SSH keys at hand: git@git.contoso.com: Permission denied (publickey).", "InstallSSHKey@0")]
#[case("Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa", "have no algorithm in common", "ed25519")]
#[case("ssh: Could not resolve hostname git.contoso.com: Name or service not known", "is on a server that cannot be found", "server's name")]
#[case("ssh: connect to host git.contoso.com port 22: Connection timed out", "is on a server that does not answer", "network lets SSH through")]
#[case("ssh: connect to host git.contoso.com port 22: Connection refused", "is on a server that does not answer", "network lets SSH through")]
#[case("ERROR: Repository not found.", "was not found: ERROR: Repository not found.", "spelling")]
#[case("ERROR: Permission to contoso/m.git denied to ada.", "does not permit this", "permission")]
#[case("remote: TF401019: The Git repository with name or identifier m does not exist", "was not found", "spelling")]
#[rustfmt::skip]
#[tokio::test]
async fn trouble_with_the_connection_is_explained(
    #[case] said: &str,
    #[case] meaning: &str,
    #[case] hint: &str,
    #[values("git-upload-pack", "git-receive-pack")] service: &str,
) {
    let (server, repository, publisher) = server();
    let start = repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    server.before(service, &format!("cat >&2 <<'END'\n{said}\nEND\nexit 255\n"));
    let error = refused(&publisher).await;
    let message = error.to_string();
    assert_eq!(error.kind(), Kind::Remote);
    assert!(message.contains(meaning), "{message}");
    assert!(message.contains("git@git.contoso.com:manifests.git"), "{message}");
    assert!(!message.contains("correct access rights"), "{message}");
    let hints = error.all_hints();
    assert!(hints.iter().any(|text| text.contains(hint)), "{hints:?}");
    let asked = server.calls().iter().filter(|call| call.contains(service)).count();
    assert_eq!(asked, 1, "nothing is tried again");
    assert_eq!(repository.tip("main").unwrap(), start);
}

#[tokio::test]
async fn a_connection_that_breaks_while_reading_is_tried_again() {
    let (server, repository, publisher) = server();
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    server.once_before("git-upload-pack", LOST);
    let outcome = publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert!(matches!(outcome, Outcome::Published { attempt: 2, .. }));
    server.before("git-upload-pack", LOST);
    let error = publisher
        .publish("dev", &files(&["a.yaml=2"]))
        .await
        .unwrap_err();
    assert!(matches!(error, Failure::GaveUp { attempts: 10, .. }));
    assert!(
        error
            .to_string()
            .contains("could not be read or written to the end"),
        "{error}"
    );
}

#[tokio::test]
async fn a_repository_that_is_not_there_is_not_found() {
    let server = SshServer::start();
    let error = refused(&publisher(&server)).await;
    assert!(error.to_string().contains("was not found"), "{error}");
}

#[tokio::test]
async fn without_the_git_program_the_way_around_is_told() {
    let (_server, _repository, mut publisher) = server();
    publisher.tools = Tools::new("/nowhere", publisher.temp_root());
    let error = refused(&publisher).await;
    assert_eq!(
        error.to_string(),
        "git@git.contoso.com:manifests.git: `git` was not found on PATH"
    );
    assert!(error.all_hints()[1].contains("https address"));
}

#[tokio::test]
async fn without_the_ssh_program_it_is_named() {
    let (_server, repository, mut publisher) = server();
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    publisher.tools = Tools::new(std::env::var_os("PATH").unwrap(), publisher.temp_root())
        .user_environment([("GIT_SSH", "/nowhere/ssh")]);
    let error = refused(&publisher).await;
    assert!(
        error.to_string().contains("needs the program `ssh`"),
        "{error}"
    );
}

#[tokio::test]
async fn ssh_never_asks_unless_the_user_has_a_way_of_their_own() {
    let temp = tempfile::tempdir().unwrap();
    let ssh = temp.path().join("ssh");
    let script = format!(
        "#!/bin/sh\necho \"$@\" >> '{}/calls'\nexit 255\n",
        temp.path().display()
    );
    std::fs::write(&ssh, script).unwrap();
    std::fs::set_permissions(&ssh, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut publisher = Publisher::to("ssh://git@git.contoso.com:7999/srv/my%20m.git");
    publisher.retry.attempts = 1;
    let path = format!(
        "{}:{}",
        temp.path().display(),
        std::env::var("PATH").unwrap()
    );
    publisher.tools = Tools::new(path, publisher.temp_root());
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap_err();
    let calls = std::fs::read_to_string(temp.path().join("calls")).unwrap();
    assert!(
        calls.starts_with("-o BatchMode=yes -o ConnectTimeout=30"),
        "{calls}"
    );
    assert!(
        calls.contains("-p 7999 git@git.contoso.com git-upload-pack '/srv/my m.git'"),
        "{calls}"
    );
}
