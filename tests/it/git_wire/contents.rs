//! The content of published files, in one further round trip.

use super::publisher::{Publisher, files};
#[cfg(unix)]
use super::ssh;
use crate::support::azure_devops::AzureDevOps;
use crate::support::git_repository::GitRepository;
use crate::support::git_server::{Fault, GitServer, Turn};
use crate::support::rest_fake::{self, Reply};
use gitops_publisher::git::{Contents, Error, Tip, Wanted};
use gitops_publisher::host::{Api, ApiOptions, Credentials, HostKind};
use gitops_publisher::http;
use gitops_publisher::model::{Folder, ObjectId, RedactedUrl};
use serde_json::json;

/// What two files hold, read after a look that did not need them.
async fn read(publisher: &Publisher) -> Vec<String> {
    let written = files(&["a.yaml=one", "b/c.yaml=two", "d.yaml=three"]);
    publisher.publish("dev", &written).await.unwrap();
    let remote = publisher.remote();
    let wanted = Wanted {
        folder: Folder::parse("dev").unwrap(),
        files: None,
        publisher: None,
    };
    let tip = remote.read(None, &[wanted]).await.unwrap();
    let ids: Vec<_> = ["one", "two"]
        .iter()
        .map(|text| ObjectId::of_blob(text.as_bytes()))
        .collect();
    let contents = remote.contents(&tip, &ids, None).await.unwrap();
    let none = remote.contents(&tip, &[], None).await.unwrap();
    assert!(none.is_empty());
    let missing = remote
        .contents(&tip, &[ObjectId::of_blob(b"four")], None)
        .await;
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

/// Azure DevOps as its older servers are: it filters nothing and hands out no
/// objects by id.
struct Old {
    server: AzureDevOps,
    publisher: Publisher,
    api: Option<Api>,
    tip: Tip,
}

impl Old {
    async fn start() -> Self {
        let server = AzureDevOps::start_shop();
        server.with(|state| {
            for key in ["Filter", "ReachableSHA1InWant", "AnySHA1InWant"] {
                state.git.config(&format!("uploadpack.allow{key}"), "false");
            }
        });
        let address = server.url("contoso/shop/_git/manifests");
        let mut publisher = Publisher::to(&address);
        publisher.kind = Some(HostKind::Azure);
        let written = files(&["a.yaml=one", "b.yaml=two", "c.yaml=three"]);
        publisher.publish("dev", &written).await.unwrap();
        let wanted = Wanted {
            folder: Folder::parse("dev").unwrap(),
            files: None,
            publisher: None,
        };
        let tip = publisher.remote().read(None, &[wanted]).await.unwrap();
        let address = RedactedUrl::new(address.parse().unwrap());
        let mut options = http::Options::new("test");
        options.retry = http::Retry::requests().without_pauses();
        let options = ApiOptions::new(options, Credentials::None);
        let api = Api::open(&address, HostKind::Azure, options).unwrap();
        // Which part of the address is the collection is asked once per run.
        api.as_ref().unwrap().repository().await.unwrap();
        server.forget();
        Self {
            server,
            publisher,
            api,
            tip,
        }
    }

    async fn contents(&self, texts: &[&str]) -> Result<Contents, Error> {
        let ids: Vec<_> = texts
            .iter()
            .map(|text| ObjectId::of_blob(text.as_bytes()))
            .collect();
        let remote = self.publisher.remote();
        remote.contents(&self.tip, &ids, self.api.as_ref()).await
    }
}

fn texts(contents: &Contents) -> Vec<&str> {
    let mut texts: Vec<_> = contents
        .values()
        .map(|content| std::str::from_utf8(content).unwrap())
        .collect();
    texts.sort_unstable();
    texts
}

#[tokio::test]
async fn azure_devops_sends_them_in_one_archive() {
    let old = Old::start().await;
    let none = old.contents(&[]).await.unwrap();
    assert!(none.is_empty());
    assert!(old.server.requests().is_empty());
    let contents = old.contents(&["two", "one"]).await.unwrap();
    assert_eq!(texts(&contents), ["one", "two"]);
    let asked = old.server.requests();
    assert_eq!(asked.len(), 1);
    assert!(
        asked[0]
            .path
            .ends_with("/_apis/git/repositories/manifests/blobs")
    );
    let ids = ["two", "one"].map(|text| ObjectId::of_blob(text.as_bytes()).to_string());
    assert_eq!(asked[0].body, json!(ids));
    assert!(old.server.git_requests().is_empty());
}

#[tokio::test]
async fn azure_devops_of_today_hands_them_out_by_id() {
    let old = Old::start().await;
    old.server
        .with(|state| state.git.config("uploadpack.allowFilter", "true"));
    let wanted = Wanted {
        folder: Folder::parse("dev").unwrap(),
        files: None,
        publisher: None,
    };
    let remote = old.publisher.remote();
    let tip = remote.read(None, &[wanted]).await.unwrap();
    let new = Old { tip, ..old };
    new.server.forget();
    let contents = new.contents(&["one"]).await.unwrap();
    assert_eq!(texts(&contents), ["one"]);
    assert!(new.server.requests().is_empty());
    assert_eq!(new.server.git_requests().len(), 1);
}

fn archive(files: &[(&str, &str)]) -> Reply {
    let file = |(name, content): &(&str, &str)| ((*name).to_owned(), content.as_bytes().to_vec());
    let files: Vec<_> = files.iter().map(file).collect();
    Reply::zip(&files)
}

#[rstest::rstest]
#[case::refused(Reply::status(404))]
#[case::a_page(Reply::status(200).with("content-type", "text/html"))]
#[case::not_an_archive(Reply::status(200).with("content-type", "application/zip"))]
#[case::other_content(archive(&[("a", "one"), ("b", "too")]))]
#[case::too_little(archive(&[("a", "one")]))]
#[case::too_many(archive(&[("a", "one"), ("b", "two"), ("c", "three")]))]
#[case::a_name_that_leads_out(archive(&[("../a", "one"), ("b", "two")]))]
#[case::too_large(archive(&[("a", "one"), ("b", &"0".repeat((64 << 20) + 1))]))]
#[tokio::test]
async fn an_archive_that_is_wrong_is_not_used_and_the_commit_is_fetched(#[case] answer: Reply) {
    let old = Old::start().await;
    old.server.inject(0, rest_fake::Fault::Answer(answer));
    let contents = old.contents(&["one", "two"]).await.unwrap();
    assert_eq!(texts(&contents), ["one", "two"]);
    assert_eq!(old.server.requests().len(), 1);
    assert_eq!(old.server.git_requests().len(), 1);
}

#[tokio::test]
async fn names_in_an_archive_mean_nothing() {
    let old = Old::start().await;
    let answer = archive(&[("x", "two"), ("y/z.yaml", "one")]);
    old.server.inject(0, rest_fake::Fault::Answer(answer));
    let contents = old.contents(&["one", "two"]).await.unwrap();
    assert_eq!(texts(&contents), ["one", "two"]);
    assert!(old.server.git_requests().is_empty());
    let missing = old.contents(&["four"]).await.unwrap_err();
    assert!(
        missing.to_string().contains("did not send object"),
        "{missing}"
    );
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
        publisher: None,
    };
    let tip = remote.read(None, &[wanted]).await.unwrap();
    server.forget();
    remote.contents(&tip, &[], None).await.unwrap();
    assert_eq!(server.turns(), 0);
    let ids = ["one", "two"].map(|text| ObjectId::of_blob(text.as_bytes()));
    remote.contents(&tip, &ids, None).await.unwrap();
    assert_eq!(server.turns(), 1);
    server.inject(Turn::Fetch, Fault::status(403));
    let refused = remote.contents(&tip, &ids, None).await.unwrap_err();
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
