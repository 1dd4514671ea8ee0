//! Reading from and publishing to a repository behind SSH, by way of the real
//! git program.

use rstest::rstest;

use super::answers::refused;
use super::publisher::{Publisher, draft, files, many, plan};
use crate::support::git_repository::GitRepository;
use crate::support::ssh_server::{SshServer, hook};
use gitops_publisher::error::Kind;
use gitops_publisher::git::{FolderChange, Wanted};
use gitops_publisher::model::{Folder, ObjectId};
use gitops_publisher::publish::{Failure, Outcome};
use gitops_publisher::tools::Tools;

/// A server with one repository, and who publishes to it.
fn server() -> (SshServer, GitRepository, Publisher) {
    let server = SshServer::start();
    let repository = server.create("manifests.git");
    let publisher = publisher(&server);
    (server, repository, publisher)
}

fn publisher(server: &SshServer) -> Publisher {
    let mut publisher = Publisher::to("git@git.contoso.com:manifests.git");
    publisher.tools = publisher
        .tools
        .clone()
        .user_environment([("GIT_SSH_COMMAND", server.command())]);
    publisher
}

/// Moves `main` once, right before the server looks at a push.
fn race(server: &SshServer, repository: &GitRepository) {
    repository.git(&["branch", "-q", "-f", "other", "main"]);
    repository.commit("other", "other", &[("other/x.yaml", "100644", "x")]);
    server.once_before(
        "git-receive-pack",
        "git -C manifests.git update-ref refs/heads/main refs/heads/other",
    );
}

/// What a server does whose connection breaks.
const LOST: &str = "echo 'Connection closed by 10.0.0.1 port 22' >&2; exit 255";

fn assert_nothing_stays(publisher: &Publisher) {
    let left = std::fs::read_dir(publisher.temp_root()).unwrap().count();
    assert_eq!(left, 0, "nothing stays in the temporary folder");
}

#[tokio::test]
async fn the_first_push_to_an_empty_repository_creates_main() {
    let (server, repository, publisher) = server();
    let outcome = publisher
        .publish("dev", &files(&["a.yaml=1", "b/c.yaml=2"]))
        .await
        .unwrap();
    assert!(matches!(outcome, Outcome::Published { attempt: 1, .. }));
    drop(outcome);
    assert_eq!(
        repository.paths("main"),
        ["dev/.gitops-publisher", "dev/a.yaml", "dev/b/c.yaml"]
    );
    assert_eq!(
        server.calls(),
        [
            "git@git.contoso.com git-upload-pack 'manifests.git'",
            "git@git.contoso.com git-receive-pack 'manifests.git'",
        ]
    );
    repository.assert_sound();
    assert_nothing_stays(&publisher);
}

#[tokio::test]
async fn nothing_to_publish_sends_nothing_and_fetches_no_file() {
    let (server, repository, publisher) = server();
    publisher.publish("dev", &many(65)).await.unwrap();
    let tip = repository.tip("main");
    server.forget();
    let outcome = publisher.publish("dev", &many(65)).await.unwrap();
    assert!(matches!(outcome, Outcome::Unchanged { .. }));
    assert_eq!(server.calls().len(), 2, "{:?}", server.calls());
    assert_eq!(repository.tip("main"), tip);
}

#[tokio::test]
async fn a_change_reads_the_ledger_by_its_id() {
    let (server, repository, publisher) = server();
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    publisher
        .publish("dev", &files(&["a.yaml=1", "b.yaml=2"]))
        .await
        .unwrap();
    server.forget();
    publisher
        .publish("dev", &files(&["a.yaml=1", "c.yaml=3"]))
        .await
        .unwrap();
    assert_eq!(
        repository.paths("main"),
        [
            "README.md",
            "dev/.gitops-publisher",
            "dev/a.yaml",
            "dev/c.yaml"
        ]
    );
    assert_eq!(repository.content("main", "dev/c.yaml"), "3");
    assert_eq!(
        server.calls().len(),
        4,
        "list, tip, ledger, push: {:?}",
        server.calls()
    );
    repository.assert_sound();
}

#[rstest]
#[case::no_filter_offered(&[("uploadpack.allowFilter", "false")], 3)]
#[case::no_single_objects(&[("uploadpack.allowAnySHA1InWant", "false")], 5)]
#[case::neither(&[("uploadpack.allowFilter", "false"), ("uploadpack.allowAnySHA1InWant", "false")], 3)]
#[tokio::test]
async fn servers_that_offer_less_are_read_as_a_whole(
    #[case] config: &[(&str, &str)],
    #[case] calls: usize,
) {
    let (server, repository, publisher) = server();
    server.speak_only_the_oldest_protocol();
    for (key, value) in config {
        repository.config(key, value);
    }
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    publisher
        .publish("dev", &files(&["a.yaml=1", "b.yaml=2"]))
        .await
        .unwrap();
    server.forget();
    publisher
        .publish("dev", &files(&["a.yaml=1", "c.yaml=3"]))
        .await
        .unwrap();
    assert_eq!(server.calls().len(), calls, "{:?}", server.calls());
    assert_eq!(
        repository.paths("main"),
        [
            "README.md",
            "dev/.gitops-publisher",
            "dev/a.yaml",
            "dev/c.yaml"
        ]
    );
    repository.assert_sound();
    assert_nothing_stays(&publisher);
}

#[tokio::test]
async fn a_missing_branch_starts_at_the_default_branch() {
    let (_server, repository, mut publisher) = server();
    repository.git(&["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    let start = repository.commit("trunk", "start", &[("README.md", "100644", "hello")]);
    publisher.branch = Some("release/1".to_owned());
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(repository.git(&["rev-parse", "release/1^"]).trim(), start);
    assert_eq!(repository.tip("trunk").unwrap(), start);
}

#[tokio::test]
async fn a_missing_branch_is_made_without_a_commit_when_nothing_differs() {
    let (_server, repository, mut publisher) = server();
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    publisher.branch = Some("live".to_owned());
    let outcome = publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert!(matches!(outcome, Outcome::Published { .. }), "{outcome:?}");
    assert_eq!(repository.tip("live"), repository.tip("main"));
}

#[tokio::test]
async fn a_lost_race_is_planned_again_on_the_new_tip() {
    let (server, repository, publisher) = server();
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    race(&server, &repository);
    let outcome = publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert!(
        matches!(outcome, Outcome::Published { attempt: 2, .. }),
        "{outcome:?}"
    );
    assert_eq!(
        repository.subjects("main"),
        ["Publish dev", "other", "start"]
    );
    repository.assert_sound();
}

#[tokio::test]
async fn a_race_that_is_lost_inside_the_server_is_one_too() {
    let (_server, repository, publisher) = server();
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    repository.git(&["branch", "-q", "other", "main"]);
    repository.commit("other", "other", &[("other/x.yaml", "100644", "x")]);
    let quarantine =
        "unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES";
    hook(
        &repository,
        "pre-receive",
        &format!(
            "rm hooks/pre-receive; {quarantine}; git update-ref refs/heads/main refs/heads/other"
        ),
    );
    let outcome = publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert!(
        matches!(outcome, Outcome::Published { attempt: 2, .. }),
        "{outcome:?}"
    );
    assert_eq!(
        repository.subjects("main"),
        ["Publish dev", "other", "start"]
    );
}

#[tokio::test]
async fn a_branch_that_appears_meanwhile_is_built_upon() {
    let (server, repository, publisher) = server();
    repository.commit("other", "other", &[("other/x.yaml", "100644", "x")]);
    server.once_before(
        "git-receive-pack",
        "git -C manifests.git update-ref refs/heads/live refs/heads/other",
    );
    let mut publisher = publisher;
    publisher.branch = Some("live".to_owned());
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(repository.subjects("live"), ["Publish dev", "other"]);
}

#[rstest]
#[case::it_landed("reference-transaction", "test \"$1\" = committed || exit 0", 2)]
#[case::it_did_not("pre-receive", "true", 2)]
#[tokio::test]
async fn a_push_whose_answer_is_lost_is_looked_for_before_it_is_sent_again(
    #[case] event: &str,
    #[case] condition: &str,
    #[case] attempts: u32,
) {
    let (_server, repository, publisher) = server();
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let kill = format!("{condition}; rm hooks/{event}; kill -9 $PPID");
    hook(&repository, event, &kill);
    let outcome = publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    let Outcome::Published { attempt, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(attempt, attempts);
    assert_eq!(repository.subjects("main"), ["Publish dev", "start"]);
}

#[rstest]
#[case("echo 'TF402455: Pushes to this branch are not permitted; you must use a pull request' >&2", Kind::Policy, "is protected against pushes", "TF402455", "pull request")]
#[case("echo 'GH006: Protected branch update failed for refs/heads/main.' >&2", Kind::Policy, "is protected against pushes", "GH006", "pull request")]
#[case("echo 'ask the platform team' >&2", Kind::Policy, "is protected against pushes", "ask the platform team", "pull request")]
#[case("echo 'GitLab: You are not allowed to push code to this project.' >&2", Kind::Policy, "is protected against pushes", "not allowed to push code", "pull request")]
#[rustfmt::skip]
#[tokio::test]
async fn a_protected_branch_is_told_with_the_hooks_words(
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
    assert!(message.starts_with("branch \"main\" of git@git.contoso.com:manifests.git"), "{message}");
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

#[tokio::test]
async fn settings_and_hooks_of_the_machine_have_no_say() {
    let (server, repository, mut publisher) = server();
    let home = tempfile::tempdir().unwrap();
    let hooks = home.path().join("hooks");
    std::fs::create_dir(&hooks).unwrap();
    std::fs::write(hooks.join("pre-push"), "#!/bin/sh\nexit 1\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(hooks.join("pre-push"), mode).unwrap();
    let settings = format!(
        "[core]\nhooksPath = {}\n[url \"git@elsewhere.contoso.com:\"]\ninsteadOf = git@git.contoso.com:\n",
        hooks.display()
    );
    std::fs::write(home.path().join(".gitconfig"), settings).unwrap();
    publisher.tools = publisher.tools.user_environment([("HOME", home.path())]);
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(repository.subjects("main"), ["Publish dev"]);
    assert!(
        server
            .calls()
            .iter()
            .all(|call| call.starts_with("git@git.contoso.com "))
    );
}

/// The content of the folder as one change on top of `tip`.
fn change(tip: &gitops_publisher::git::Tip, texts: &[&str]) -> Vec<FolderChange> {
    vec![FolderChange {
        folder: Folder::parse("dev").unwrap(),
        plan: plan(&tip.folders[0], &files(texts)),
    }]
}

fn wanted() -> Vec<Wanted> {
    vec![Wanted {
        folder: Folder::parse("dev").unwrap(),
        files: None,
    }]
}

#[tokio::test]
async fn a_commit_can_be_pushed_onto_another_branch_which_must_be_where_it_was() {
    let (_server, repository, publisher) = server();
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    let remote = publisher.remote();
    let tip = remote.read(Some("main"), &wanted()).await.unwrap();
    let proposal = change(&tip, &["a.yaml=2"]);
    let onto = tip.onto("gitops/dev", None);
    let first = remote.push(&onto, &proposal, &draft("one")).await.unwrap();
    assert_eq!(
        repository.tip("gitops/dev").unwrap(),
        first.commit.to_string()
    );
    assert_eq!(repository.content("main", "dev/a.yaml"), "1");

    let stale = remote
        .push(&onto, &proposal, &draft("two"))
        .await
        .unwrap_err();
    assert!(stale.is_passing(), "{stale}");
    let onto = tip.onto("gitops/dev", Some(first.commit));
    let second = remote.push(&onto, &proposal, &draft("two")).await.unwrap();
    assert_eq!(
        repository.tip("gitops/dev").unwrap(),
        second.commit.to_string()
    );
    assert_eq!(repository.subjects("gitops/dev"), ["two", "Publish dev"]);
    repository.assert_sound();
}

#[tokio::test]
async fn a_branch_is_deleted_only_where_it_was_read() {
    let (_server, repository, publisher) = server();
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    repository.commit("gitops/dev", "one", &[("x", "100644", "1")]);
    let remote = publisher.remote();
    let old = remote.read(Some("gitops/dev"), &wanted()).await.unwrap();
    let newer = repository.commit("gitops/dev", "two", &[("x", "100644", "2")]);
    let stale = remote.delete(&old).await.unwrap_err();
    assert!(stale.is_passing(), "{stale}");
    assert_eq!(repository.tip("gitops/dev").unwrap(), newer);

    let now = remote.read(Some("gitops/dev"), &wanted()).await.unwrap();
    remote.delete(&now).await.unwrap();
    assert_eq!(repository.tip("gitops/dev"), None);
    let gone = remote.delete(&now).await.unwrap_err();
    assert!(gone.is_passing(), "{gone}");
}

#[tokio::test]
async fn commits_behind_the_tip_are_found() {
    let (_server, repository, publisher) = server();
    let first = repository.commit("main", "one", &[("x", "100644", "1")]);
    repository.commit("main", "two", &[("x", "100644", "2")]);
    let remote = publisher.remote();
    let tip = remote.read(None, &wanted()).await.unwrap();
    let id = |text: &str| ObjectId::parse(text).unwrap();
    assert!(remote.contains(&tip, id(&first)).await.unwrap());
    let other = ObjectId::of_blob(b"other");
    assert!(!remote.contains(&tip, other).await.unwrap());
}
