//! Manifest repositories on this machine.

use futures_util::future::join_all;
use gitops_publisher::error::Error;
use gitops_publisher::publish::{Failure, Outcome};

use super::publisher::{Publisher, files};
use crate::support::git_repository::{GitRepository, git};

fn publisher(path: &std::path::Path) -> Publisher {
    Publisher::to(path.to_str().unwrap())
}

async fn refused(publisher: &Publisher) -> Error {
    match publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap_err()
    {
        Failure::Git(error) => error.into(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_bare_repository_is_made_when_asked_for_and_used_again() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("deep/manifests.git");
    let mut publisher = publisher(&path);
    let error = refused(&publisher).await;
    assert_eq!(
        error.to_string(),
        format!("{}: there is no repository", path.display())
    );
    publisher.create = true;
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    publisher
        .publish("dev", &files(&["a.yaml=2"]))
        .await
        .unwrap();
    let again = publisher
        .publish("dev", &files(&["a.yaml=2"]))
        .await
        .unwrap();
    assert!(matches!(again, Outcome::Unchanged { .. }));
    let names: Vec<_> = std::fs::read_dir(temp.path().join("deep"))
        .unwrap()
        .collect();
    assert_eq!(names.len(), 1, "nothing is left beside it");
    git(&path, &["fsck", "--strict"]);
    assert_eq!(
        git(&path, &["log", "--format=%s"]),
        "Publish dev\nPublish dev\n"
    );
    assert_eq!(git(&path, &["symbolic-ref", "HEAD"]), "refs/heads/main\n");
}

#[tokio::test]
async fn a_lost_race_is_planned_again() {
    let temp = tempfile::tempdir().unwrap();
    let repository = GitRepository::init(&temp.path().join("m.git"));
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let mut looks = 0;
    let seen = |_: &_| {
        looks += 1;
        if looks == 1 {
            repository.commit("main", "other", &[("x", "100644", "x")]);
        }
    };
    publisher(repository.path())
        .publish_when("dev", &files(&["a.yaml=1"]), seen)
        .await
        .unwrap();
    assert_eq!(
        repository.subjects("main"),
        ["Publish dev", "other", "start"]
    );
    repository.assert_sound();
}

#[tokio::test]
async fn a_branch_that_is_checked_out_is_left_alone() {
    let temp = tempfile::tempdir().unwrap();
    git(temp.path(), &["init", "-q", "-b", "main"]);
    git(
        temp.path(),
        &[
            "-c",
            "user.name=T",
            "-c",
            "user.email=t@contoso.com",
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            "start",
        ],
    );
    let mut publisher = publisher(temp.path());
    let error = refused(&publisher).await;
    assert!(
        error
            .to_string()
            .contains("the branch is checked out there"),
        "{error}"
    );
    publisher.branch = Some("live".into());
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(
        git(temp.path(), &["log", "--format=%s", "live"]),
        "Publish dev\nstart\n"
    );
}

#[tokio::test]
async fn a_folder_with_something_else_is_not_touched() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::create_dir(temp.path().join("something")).unwrap();
    let mut publisher = publisher(temp.path());
    publisher.create = true;
    let error = refused(&publisher).await;
    assert!(
        error
            .to_string()
            .contains("the folder holds something else"),
        "{error}"
    );
    assert!(error.all_hints()[0].contains("git clone"));
}

#[tokio::test]
async fn a_repository_with_other_object_ids_is_refused() {
    let temp = tempfile::tempdir().unwrap();
    git(
        temp.path(),
        &["init", "-q", "--bare", "--object-format=sha256", "m.git"],
    );
    let error = refused(&publisher(&temp.path().join("m.git"))).await;
    assert!(
        error.to_string().contains("object format sha256"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_writers_at_once_all_land() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("m.git");
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let mut publisher = publisher(&path);
            publisher.create = true;
            publisher.retry = gitops_publisher::http::Retry::pushes();
            async move {
                let files = files(&["a.yaml=1", "b.yaml=2"]);
                let result = publisher.publish(&format!("env-{writer}"), &files).await;
                result.map(drop).map_err(|error| error.to_string())
            }
        })
        .collect();
    for writer in join_all(writers).await {
        assert_eq!(writer, Ok(()));
    }
    assert_eq!(
        git(&path, &["rev-list", "--count", "--no-merges", "main"]),
        "8\n"
    );
    git(&path, &["fsck", "--strict"]);
}
