//! Reading from and publishing to a manifest repository, over real HTTP to a
//! real git, and to local paths: through the library's public interface.

mod answers;
mod branches;
mod contents;
#[cfg(unix)]
mod dulwich;
mod head;
mod local;
mod narrow;
mod other_ids;
mod publisher;
mod races;
mod refusals;
mod silent;
mod source;
#[cfg(unix)]
mod ssh;
#[cfg(unix)]
mod ssh_trouble;

use rstest::rstest;

use crate::support::git_server::{Fault, GitServer, Turn};
use gitops_publisher::publish::Outcome;
use publisher::{Publisher, files, many};

#[tokio::test]
async fn the_first_push_to_an_empty_repository_creates_main() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    let outcome = Publisher::at(&server, "manifests")
        .publish("dev", &files(&["a.yaml=1", "b/c.yaml=2"]))
        .await
        .unwrap();
    assert!(matches!(outcome, Outcome::Published { attempt: 1, .. }));
    assert_eq!(
        repository.paths("main"),
        ["dev/.gitops-publisher", "dev/a.yaml", "dev/b/c.yaml"]
    );
    assert_eq!(repository.content("main", "dev/b/c.yaml"), "2");
    assert_eq!(
        repository
            .git(&["log", "-1", "--format=%an <%ae> %at%n%B", "main"])
            .lines()
            .next()
            .unwrap(),
        "Publisher <publisher@contoso.com> 1700000000"
    );
    let asked = server.requests();
    // Git before 2.41 says nothing of an empty repository, whose ids are then asked for.
    let others = asked
        .iter()
        .filter(|one| one.target.ends_with("service=git-receive-pack"));
    assert_eq!(
        asked.len() - others.count(),
        3,
        "the list of branches, what HEAD names, and the push"
    );
    repository.assert_sound();
}

#[tokio::test]
async fn the_commit_names_its_tree_in_a_trailer() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    let outcome = Publisher::at(&server, "manifests")
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    let Outcome::Published { pushed, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(repository.tip("main").unwrap(), pushed.commit.to_string());
    let tree = repository.git(&["rev-parse", "main^{tree}"]);
    assert_eq!(tree.trim(), pushed.tree.to_string());
    assert!(
        repository
            .git(&["log", "-1", "--format=%B", "main"])
            .contains(&format!("Published-Tree: {tree}"))
    );
}

#[tokio::test]
async fn nothing_to_publish_takes_two_turns_and_sends_no_object() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    let publisher = Publisher::at(&server, "manifests");
    publisher.publish("dev", &many(65)).await.unwrap();
    let tip = repository.tip("main");
    server.forget();
    let outcome = Publisher::at(&server, "manifests")
        .publish("dev", &many(65))
        .await
        .unwrap();
    assert!(matches!(outcome, Outcome::Unchanged { .. }));
    let requests: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| format!("{} {}", request.method, request.target))
        .collect();
    assert_eq!(
        requests,
        [
            "GET /manifests/info/refs?service=git-upload-pack",
            "POST /manifests/git-upload-pack"
        ]
    );
    let (up, down) = server.bytes();
    assert!(up < 1000 && down < 6000, "{up} bytes up, {down} down");
    assert_eq!(repository.tip("main"), tip);
}

#[tokio::test]
async fn changes_take_at_most_four_turns_on_one_connection() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    let publisher = Publisher::at(&server, "manifests");
    publisher.publish("dev", &many(100)).await.unwrap();
    server.forget();
    let mut changed = many(95);
    for (_, content) in changed.iter_mut().take(50) {
        content.push_str("# changed\n");
    }
    changed.extend(files(&["new-1.yaml=1", "new-2.yaml=2"]));
    publisher.publish("dev", &changed).await.unwrap();
    assert_eq!(server.turns(), 4);
    assert!(
        server.connections() <= 1,
        "{} connections",
        server.connections()
    );
    assert_eq!(
        repository.paths("main").len(),
        98,
        "97 files and the ledger"
    );
    repository.assert_sound();
}

#[rstest]
#[case::no_filter_offered(&[("uploadpack.allowFilter", "false")], 3)]
#[case::no_single_objects(&[("uploadpack.allowAnySHA1InWant", "false")], 4)]
#[case::neither(&[("uploadpack.allowFilter", "false"), ("uploadpack.allowAnySHA1InWant", "false")], 3)]
#[tokio::test]
async fn servers_that_offer_less_are_read_as_a_whole(
    #[case] config: &[(&str, &str)],
    #[case] turns: usize,
) {
    let server = GitServer::start();
    server.speak_only_the_oldest_protocol();
    let repository = server.create("manifests");
    for (key, value) in config {
        repository.config(key, value);
    }
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let publisher = Publisher::at(&server, "manifests");
    publisher
        .publish("dev", &files(&["a.yaml=1", "b.yaml=2"]))
        .await
        .unwrap();
    server.forget();
    publisher
        .publish("dev", &files(&["a.yaml=1", "c.yaml=3"]))
        .await
        .unwrap();
    assert_eq!(server.turns(), turns);
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
    assert_eq!(
        std::fs::read_dir(publisher.temp_root()).unwrap().count(),
        0,
        "nothing stays in the temporary folder"
    );
}

#[tokio::test]
async fn a_server_that_refuses_single_objects_is_read_as_a_whole() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    let publisher = Publisher::at(&server, "manifests");
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    let said = "ERR upload-pack: not our ref 1234";
    let refusal = Fault::answer(
        200,
        &[("content-type", "application/x-git-upload-pack-result")],
        &format!("{:04x}{said}", said.len() + 4),
    );
    for fault in [Fault::Nothing, refusal.clone(), Fault::Nothing, refusal] {
        server.inject(Turn::Fetch, fault);
    }
    server.forget();
    publisher
        .publish("dev", &files(&["b.yaml=2"]))
        .await
        .unwrap();
    assert_eq!(
        repository.paths("main"),
        ["dev/.gitops-publisher", "dev/b.yaml"]
    );
    assert_eq!(server.turns(), 7, "two ways were tried before the third");
}

#[tokio::test]
async fn packs_with_deltas_against_other_objects_are_understood() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.config("uploadpack.allowFilter", "false");
    let lines: Vec<_> = (0..2000).map(|line| format!("line {line}\n")).collect();
    let long = lines.concat();
    let other = format!("{long}one more\n");
    let third = format!("first\n{long}");
    repository.commit(
        "main",
        "start",
        &[
            ("a", "100644", &long),
            ("b", "100644", &other),
            ("c", "100644", &third),
        ],
    );
    repository.git(&["repack", "-q", "-a", "-d", "-f", "--depth=50"]);
    Publisher::at(&server, "manifests")
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(
        repository.paths("main"),
        ["a", "b", "c", "dev/.gitops-publisher", "dev/a.yaml"]
    );
    repository.assert_sound();
}

#[tokio::test]
async fn a_proxy_is_used_and_told_who_we_are() {
    let proxy = GitServer::start();
    let repository = proxy.create("manifests");
    let mut publisher = Publisher::to("http://git.contoso.invalid/manifests");
    publisher.http.proxy = Some(gitops_publisher::http::Proxy {
        url: proxy.url(""),
        user: Some("me".into()),
        password: Some(gitops_publisher::model::Secret::new("proxy-password")),
        bypass: gitops_publisher::http::Bypass::default(),
    });
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(repository.subjects("main"), ["Publish dev"]);
    let request = &proxy.requests()[0];
    assert!(
        request
            .headers
            .iter()
            .any(|(name, _)| name == "proxy-authorization")
    );
}

#[tokio::test]
async fn entries_of_others_stay_byte_for_byte() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    let commit = "1234567890123456789012345678901234567890";
    repository.commit(
        "main",
        "start",
        &[
            ("vendor/chart", "160000", commit),
            ("dev/link", "120000", "../README.md"),
            ("dev/run.sh", "100755", "#!/bin/sh"),
            ("dev/a.yaml", "100755", "old"),
            ("\"odd\\001name\"", "100644", "odd"),
            ("dev.txt", "100644", "sorts before dev/"),
            (
                "large.bin",
                "100644",
                "version https://git-lfs.github.com/spec/v1",
            ),
        ],
    );
    let before = repository.entries("main");
    Publisher::at(&server, "manifests")
        .publish("dev", &files(&["a.yaml=new", "z.yaml=z"]))
        .await
        .unwrap();
    let after = repository.entries("main");
    let ours = |line: &String| line.ends_with("\tdev/a.yaml");
    for line in before.iter().filter(|line| !ours(line)) {
        assert!(after.contains(line), "{line} is gone: {after:#?}");
    }
    let changed = after.iter().find(|line| ours(line)).unwrap();
    assert!(changed.starts_with("100755"), "the mode stays: {changed}");
    assert_eq!(after.len(), before.len() + 2);
    repository.assert_sound();
}

#[tokio::test]
async fn files_become_folders_and_folders_files_and_empty_folders_vanish() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let publisher = Publisher::at(&server, "manifests");
    publisher
        .publish("dev", &files(&["a=1", "b/c/d.yaml=2", "e/f.yaml=3"]))
        .await
        .unwrap();
    publisher
        .publish("dev", &files(&["a/x.yaml=1", "b=2"]))
        .await
        .unwrap();
    assert_eq!(
        repository.paths("main"),
        [
            "README.md",
            "dev/.gitops-publisher",
            "dev/a/x.yaml",
            "dev/b"
        ]
    );
    repository.assert_sound();
}

#[tokio::test]
async fn a_folder_that_loses_its_last_file_is_gone() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let publisher = Publisher::at(&server, "manifests");
    publisher
        .publish("clusters/dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    publisher.publish("clusters/dev", &[]).await.unwrap();
    assert_eq!(repository.paths("main"), ["README.md"]);
    repository.assert_sound();
}

#[tokio::test]
async fn the_repository_root_can_be_the_folder() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let publisher = Publisher::at(&server, "manifests");
    publisher.publish(".", &files(&["a.yaml=1"])).await.unwrap();
    assert_eq!(
        repository.paths("main"),
        [".gitops-publisher", "README.md", "a.yaml"]
    );
    publisher.publish(".", &files(&["b.yaml=1"])).await.unwrap();
    assert_eq!(
        repository.paths("main"),
        [".gitops-publisher", "README.md", "b.yaml"]
    );
    repository.assert_sound();
}

#[rstest]
#[case::a_file("dev", "100644", "x", "dev", "\"dev\" is a file")]
#[case::a_submodule(
    "dev",
    "160000",
    "1234567890123456789012345678901234567890",
    "dev/a",
    "\"dev\" is a submodule"
)]
#[case::a_link("dev", "120000", "..", "dev/a", "\"dev\" is a symbolic link")]
#[case::a_strange_file("dev/a.yaml/x", "100644", "x", "dev", "\"dev/a.yaml\" is a folder")]
#[tokio::test]
async fn what_stands_in_the_way_is_named_and_stays(
    #[case] path: &str,
    #[case] mode: &str,
    #[case] content: &str,
    #[case] folder: &str,
    #[case] expected: &str,
) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    let start = repository.commit("main", "start", &[(path, mode, content)]);
    let error = Publisher::at(&server, "manifests")
        .publish(folder, &files(&["a.yaml=1"]))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains(expected), "{error}");
    assert_eq!(repository.tip("main").unwrap(), start);
}

#[tokio::test]
async fn credentials_travel_in_the_header_and_nowhere_else() {
    let server = GitServer::start();
    server.create("manifests");
    server.require("git", "marked-token");
    let mut publisher = Publisher::at(&server, "manifests");
    publisher.token = Some("marked-token".into());
    publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    for request in server.requests() {
        let auth = request
            .headers
            .iter()
            .filter(|(name, _)| name == "authorization")
            .count();
        assert_eq!(auth, 1);
        let elsewhere = request
            .headers
            .iter()
            .filter(|(name, _)| name != "authorization")
            .map(|(_, value)| value.as_str());
        let body = String::from_utf8_lossy(&request.body);
        assert!(
            !elsewhere
                .chain([request.target.as_str(), &body])
                .any(|text| text.contains("marked-token"))
        );
    }
}
