//! The content of published files, in one further round trip.

use super::publisher::{Publisher, files};
#[cfg(unix)]
use super::ssh;
use crate::support::git_repository::GitRepository;
use crate::support::git_server::{Fault, GitServer, Turn};
use gitops_publisher::git::Wanted;
use gitops_publisher::model::{Folder, ObjectId};

/// What two files hold, read after a look that did not need them.
async fn read(publisher: &Publisher) -> Vec<String> {
    let written = files(&["a.yaml=one", "b/c.yaml=two", "d.yaml=three"]);
    publisher.publish("dev", &written).await.unwrap();
    let remote = publisher.remote();
    let wanted = Wanted {
        folder: Folder::parse("dev").unwrap(),
        files: None,
    };
    let tip = remote.read(None, &[wanted]).await.unwrap();
    let ids: Vec<_> = ["one", "two"]
        .iter()
        .map(|text| ObjectId::of_blob(text.as_bytes()))
        .collect();
    let contents = remote.contents(&tip, &ids).await.unwrap();
    let none = remote.contents(&tip, &[]).await.unwrap();
    assert!(none.is_empty());
    let missing = remote.contents(&tip, &[ObjectId::of_blob(b"four")]).await;
    assert!(missing.is_err());
    assert_eq!(contents.len(), 2);
    ids.iter()
        .map(|id| String::from_utf8(contents[id].to_vec()).unwrap())
        .collect()
}

#[rstest::rstest]
#[case::today(&[])]
#[case::without_filters(&[("uploadpack.allowFilter", "false")])]
#[case::without_objects_by_id(&[
    ("uploadpack.allowFilter", "false"),
    ("uploadpack.allowReachableSHA1InWant", "false"),
    ("uploadpack.allowAnySHA1InWant", "false"),
    ("uploadpack.allowTipSHA1InWant", "false"),
])]
#[tokio::test]
async fn a_server_hands_them_out_or_else_the_commit(#[case] settings: &[(&str, &str)]) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    for (key, value) in settings {
        repository.config(key, value);
    }
    let publisher = Publisher::at(&server, "manifests");
    assert_eq!(read(&publisher).await, ["one", "two"]);
}

#[tokio::test]
async fn several_files_are_one_round_trip_and_none_are_none() {
    let server = GitServer::start();
    server.create("manifests");
    let publisher = Publisher::at(&server, "manifests");
    let written = files(&["a.yaml=one", "b.yaml=two"]);
    publisher.publish("dev", &written).await.unwrap();
    let remote = publisher.remote();
    let wanted = Wanted {
        folder: Folder::parse("dev").unwrap(),
        files: None,
    };
    let tip = remote.read(None, &[wanted]).await.unwrap();
    server.forget();
    remote.contents(&tip, &[]).await.unwrap();
    assert_eq!(server.turns(), 0);
    let ids = ["one", "two"].map(|text| ObjectId::of_blob(text.as_bytes()));
    remote.contents(&tip, &ids).await.unwrap();
    assert_eq!(server.turns(), 1);
    server.inject(Turn::Fetch, Fault::status(403));
    let refused = remote.contents(&tip, &ids).await.unwrap_err();
    assert!(refused.to_string().contains("manifests"), "{refused}");
}

#[tokio::test]
async fn a_local_repository_has_them_at_hand() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manifests.git");
    GitRepository::init(&path);
    let publisher = Publisher::to(&path.display().to_string());
    assert_eq!(read(&publisher).await, ["one", "two"]);
}

#[cfg(unix)]
#[tokio::test]
async fn over_ssh_git_fetches_them() {
    let (_server, _repository, publisher) = ssh::server();
    assert_eq!(read(&publisher).await, ["one", "two"]);
}
