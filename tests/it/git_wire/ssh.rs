//! Reading from and publishing to a repository behind SSH, by way of the real
//! git program.

use rstest::rstest;

use super::publisher::{Publisher, draft, files, many, plan};
use crate::support::git_repository::GitRepository;
use crate::support::ssh_server::{SshServer, hook};
use gitops_publisher::git::{FolderChange, Wanted};
use gitops_publisher::model::{Folder, ObjectId};
use gitops_publisher::publish::Outcome;

/// A server with one repository, and who publishes to it.
pub(super) fn server() -> (SshServer, GitRepository, Publisher) {
    let server = SshServer::start();
    let repository = server.create("manifests.git");
    let publisher = publisher(&server);
    (server, repository, publisher)
}

pub(super) fn publisher(server: &SshServer) -> Publisher {
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
        publisher: None,
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
