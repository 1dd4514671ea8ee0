//! The head branch of a pull request: what is pushed to it, and what is left
//! alone.

use std::convert::Infallible;

use super::publisher::{Files, Publisher, draft, files, plan};
use crate::support::git_repository::GitRepository;
use crate::support::git_server::{Fault, GitServer, Turn};
use gitops_publisher::git::{FolderChange, Tip, Wanted};
use gitops_publisher::model::{Folder, ObjectId};
use gitops_publisher::publish::{
    self, HeadOptions, HeadOutcome, Proposal, Side, message::TREE_TRAILER,
};

const HEAD: &str = "gitops/dev";

/// A server with one repository, whose `main` holds a published `a.yaml`.
async fn published() -> (GitServer, GitRepository, Publisher) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    let publisher = Publisher::at(&server, "manifests");
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    server.forget();
    (server, repository, publisher)
}

fn folder() -> Folder {
    Folder::parse("dev").unwrap()
}

fn proposal(tip: &Tip, files: &Files) -> Proposal {
    let mut commit = draft("Publish dev\n\nGitops-Environments: dev");
    commit.tree_trailer = Some(TREE_TRAILER.to_owned());
    let plan = plan(&tip.folders[0], files);
    let change = FolderChange {
        folder: folder(),
        plan,
    };
    Proposal {
        changes: Some(change)
            .filter(|change| !change.plan.files.is_empty())
            .into_iter()
            .collect(),
        commit,
    }
}

/// Proposes `files` as the content of the folder.
async fn propose(publisher: &Publisher, texts: &[&str]) -> HeadOutcome {
    let files = files(texts);
    let ids = files
        .iter()
        .map(|(path, content)| (path.clone(), ObjectId::of_blob(content.as_bytes())));
    let options = HeadOptions {
        target: None,
        head: HEAD.to_owned(),
        wanted: vec![Wanted {
            folder: folder(),
            files: Some(ids.collect()),
            publisher: None,
        }],
        renew: false,
        ask: false,
        theirs: Some(publish::Theirs::Keep),
        retry: publisher.retry.clone(),
    };
    let decide = async |_: Side, tip: &Tip| Ok::<_, Infallible>(Some(proposal(tip, &files)));
    publish::run_head(&publisher.remote(), &options, decide)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_first_proposal_is_one_commit_on_top_of_the_target_branch() {
    let (_server, repository, publisher) = published().await;
    let outcome = propose(&publisher, &["a.yaml=2"]).await;
    let HeadOutcome::Pushed { pushed, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(repository.tip(HEAD).unwrap(), pushed.commit.to_string());
    assert_eq!(
        repository.git(&["rev-parse", &format!("{HEAD}^")]).trim(),
        repository.tip("main").unwrap()
    );
    assert_eq!(repository.content(HEAD, "dev/a.yaml"), "2");
    assert_eq!(
        repository.content("main", "dev/a.yaml"),
        "1",
        "not published yet"
    );
    repository.assert_sound();
}

#[tokio::test]
async fn the_same_proposal_again_pushes_nothing_even_when_others_publish() {
    let (server, repository, publisher) = published().await;
    propose(&publisher, &["a.yaml=2"]).await;
    let before = repository.tip(HEAD);
    repository.commit("main", "other", &[("prod/x.yaml", "100644", "x")]);
    server.forget();
    let outcome = propose(&publisher, &["a.yaml=2"]).await;
    assert!(matches!(outcome, HeadOutcome::Ready { .. }), "{outcome:?}");
    assert_eq!(repository.tip(HEAD), before);
    assert!(
        server
            .requests()
            .iter()
            .all(|request| !request.target.ends_with("receive-pack"))
    );
}

#[tokio::test]
async fn a_new_proposal_replaces_ours_and_stays_one_commit() {
    let (_server, repository, publisher) = published().await;
    propose(&publisher, &["a.yaml=2"]).await;
    propose(&publisher, &["a.yaml=3"]).await;
    assert_eq!(
        repository.subjects(&format!("main..{HEAD}")),
        ["Publish dev"]
    );
    assert_eq!(repository.content(HEAD, "dev/a.yaml"), "3");
}

#[tokio::test]
async fn the_same_proposal_is_made_anew_when_the_folder_changed_in_the_target_branch() {
    let (_server, repository, publisher) = published().await;
    propose(&publisher, &["a.yaml=2"]).await;
    publisher
        .publish("dev", &files(&["a.yaml=1", "b.yaml=1"]))
        .await
        .unwrap();
    let outcome = propose(&publisher, &["a.yaml=2"]).await;
    assert!(matches!(outcome, HeadOutcome::Pushed { .. }), "{outcome:?}");
    assert_eq!(
        repository.git(&["rev-parse", &format!("{HEAD}^")]).trim(),
        repository.tip("main").unwrap()
    );
    assert_eq!(
        repository.paths(HEAD),
        ["dev/.gitops-publisher", "dev/a.yaml"]
    );
}

#[tokio::test]
async fn what_somebody_else_pushed_to_the_head_branch_stays_under_ours() {
    let (_server, repository, publisher) = published().await;
    propose(&publisher, &["a.yaml=2"]).await;
    repository.commit(
        HEAD,
        "a note by a person",
        &[("NOTES.md", "100644", "hello")],
    );
    let outcome = propose(&publisher, &["a.yaml=2"]).await;
    assert!(
        matches!(outcome, HeadOutcome::Ready { .. }),
        "it holds what is wanted: {outcome:?}"
    );
    propose(&publisher, &["a.yaml=3"]).await;
    assert_eq!(
        repository.subjects(&format!("main..{HEAD}")),
        ["Publish dev", "a note by a person", "Publish dev"]
    );
    assert_eq!(repository.content(HEAD, "NOTES.md"), "hello");
    assert_eq!(repository.content(HEAD, "dev/a.yaml"), "3");
    propose(&publisher, &["a.yaml=4"]).await;
    assert_eq!(
        repository.content(HEAD, "NOTES.md"),
        "hello",
        "it stays, whoever pushed last"
    );
    assert_eq!(repository.content(HEAD, "dev/a.yaml"), "4");
}

#[tokio::test]
async fn what_the_target_branch_already_holds_is_not_proposed() {
    let (_server, repository, publisher) = published().await;
    propose(&publisher, &["a.yaml=2"]).await;
    let outcome = propose(&publisher, &["a.yaml=1"]).await;
    let HeadOutcome::Nothing {
        head: Some(head), ..
    } = outcome
    else {
        panic!("{outcome:?}")
    };
    publisher.remote().delete(&head).await.unwrap();
    assert_eq!(repository.tip(HEAD), None);
}

#[tokio::test]
async fn a_head_branch_that_moves_meanwhile_is_looked_at_again() {
    let (server, repository, publisher) = published().await;
    propose(&publisher, &["a.yaml=2"]).await;
    let other = repository.clone();
    server.before_push(move || {
        drop(other.commit(HEAD, "a person was quicker", &[("N.md", "100644", "x")]));
    });
    let outcome = propose(&publisher, &["a.yaml=3"]).await;
    assert!(
        matches!(outcome, HeadOutcome::Pushed { attempt: 2, .. }),
        "{outcome:?}"
    );
    assert_eq!(
        repository.subjects(&format!("main..{HEAD}")),
        ["Publish dev", "a person was quicker", "Publish dev"]
    );
}

#[tokio::test]
async fn a_push_whose_answer_was_lost_is_found_and_not_repeated() {
    let (server, repository, publisher) = published().await;
    server.inject(Turn::Push, Fault::DropAfter);
    let outcome = propose(&publisher, &["a.yaml=2"]).await;
    assert!(
        matches!(outcome, HeadOutcome::Pushed { attempt: 2, .. }),
        "{outcome:?}"
    );
    assert_eq!(
        repository.subjects(&format!("main..{HEAD}")),
        ["Publish dev"]
    );
}

#[tokio::test]
async fn a_branch_that_moved_is_not_deleted() {
    let (_server, repository, publisher) = published().await;
    propose(&publisher, &["a.yaml=2"]).await;
    let outcome = propose(&publisher, &["a.yaml=1"]).await;
    let HeadOutcome::Nothing {
        head: Some(head), ..
    } = outcome
    else {
        panic!("{outcome:?}")
    };
    repository.commit(HEAD, "a person", &[("N.md", "100644", "x")]);
    publisher.remote().delete(&head).await.unwrap_err();
    assert!(repository.tip(HEAD).is_some());
}

/// How the repository is reached.
enum By {
    Http,
    #[cfg(unix)]
    Ssh,
    Path,
}

#[rstest::rstest]
#[case::over_http(By::Http)]
#[cfg_attr(unix, case::over_ssh(By::Ssh))]
#[case::on_this_machine(By::Path)]
#[tokio::test]
async fn the_target_branch_is_merged_into_what_somebody_else_pushed(#[case] by: By) {
    let server = GitServer::start();
    #[cfg(unix)]
    let ssh = crate::support::ssh_server::SshServer::start();
    let (repository, publisher) = match by {
        By::Http => (
            server.create("manifests"),
            Publisher::at(&server, "manifests"),
        ),
        #[cfg(unix)]
        By::Ssh => (ssh.create("manifests.git"), super::ssh::publisher(&ssh)),
        By::Path => {
            let repository = server.create("manifests");
            let path = repository.path().display().to_string();
            (repository, Publisher::to(&path))
        }
    };
    let file = |path, text| [(path, "100644", text)];
    repository.commit("main", "start", &file("README.md", "hello"));
    publisher
        .publish("dev", &files(&["a.yaml=1", "b.yaml=1"]))
        .await
        .unwrap();
    propose(&publisher, &["a.yaml=2", "b.yaml=1"]).await;
    let theirs = repository.commit(HEAD, "a note", &file("docs/NOTES.md", "reviewed"));
    // Meanwhile the target gets a file beside ours, one elsewhere, and other content.
    repository.commit("main", "a person", &file("dev/FOREIGN.md", "stays"));
    repository.commit("main", "others", &file("docs/other.md", "x"));
    publisher
        .publish("dev", &files(&["a.yaml=5", "c.yaml=1"]))
        .await
        .unwrap();
    assert!(repository.conflicts(HEAD, "main"));
    let outcome = propose(&publisher, &["a.yaml=3", "c.yaml=1"]).await;
    assert!(
        matches!(&outcome, HeadOutcome::Pushed { on_theirs: true, conflicts, .. } if conflicts.is_empty()),
        "{outcome:?}"
    );
    assert_eq!(
        repository.git(&["rev-parse", &format!("{HEAD}^1"), &format!("{HEAD}^2")]),
        format!("{theirs}\n{}\n", repository.tip("main").unwrap())
    );
    assert_eq!(
        repository.paths(HEAD),
        [
            "README.md",
            "dev/.gitops-publisher",
            "dev/FOREIGN.md",
            "dev/a.yaml",
            "dev/c.yaml",
            "docs/NOTES.md",
            "docs/other.md",
        ]
    );
    assert_eq!(repository.content(HEAD, "dev/a.yaml"), "3");
    assert!(!repository.conflicts(HEAD, "main"));
    repository.assert_sound();
    // And it is enough.
    let outcome = propose(&publisher, &["a.yaml=3", "c.yaml=1"]).await;
    assert!(matches!(outcome, HeadOutcome::Ready { .. }), "{outcome:?}");
}

#[rstest::rstest]
#[case::the_same_change(&[("N.md", "100644", "same")], &[("N.md", "100644", "same")], &[])]
#[case::two_changes(&[("N.md", "100644", "x")], &[("N.md", "100644", "y")], &["N.md"])]
#[case::changed_and_deleted(&[("README.md", "delete", "")], &[("README.md", "100644", "y")], &["README.md"])]
#[case::deleted_by_both(&[("README.md", "delete", "")], &[("README.md", "delete", "")], &[])]
#[case::a_file_and_a_folder(&[("x", "100644", "x")], &[("x/y", "100644", "y")], &["x"])]
#[case::another_mode(&[("README.md", "100755", "hello")], &[("README.md", "100644", "y")], &["README.md"])]
#[case::in_the_folder(&[("dev/N.md", "100644", "x")], &[("dev/N.md", "100644", "y")], &["dev/N.md"])]
#[case::files_of_ours(&[("dev/a.yaml", "100644", "x")], &[("dev/a.yaml", "100644", "y")], &[])]
#[tokio::test]
async fn what_both_changed_in_different_ways_is_named(
    #[case] head: &[(&str, &str, &str)],
    #[case] target: &[(&str, &str, &str)],
    #[case] expected: &[&str],
) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    let publisher = Publisher::at(&server, "manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    propose(&publisher, &["a.yaml=2"]).await;
    repository.commit(HEAD, "on the head", head);
    repository.commit("main", "on the target", target);
    let outcome = propose(&publisher, &["a.yaml=3"]).await;
    let HeadOutcome::Pushed { conflicts, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(conflicts, expected);
    assert_eq!(repository.content(HEAD, "dev/a.yaml"), "3");
    assert_eq!(repository.holds(HEAD, "main"), expected.is_empty());
    repository.assert_sound();
}
