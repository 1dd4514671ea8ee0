//! Reading little from large repositories: what comes down, and what happens
//! when what commit messages say is wrong, missing or out of reach.

use std::collections::BTreeMap;

use rstest::rstest;

use super::publisher::{Files, Publisher, draft, files, many, plan};
use crate::support::git_repository::GitRepository;
use crate::support::git_server::{Fault, GitServer, Turn};
use gitops_publisher::git::{FolderChange, Wanted};
use gitops_publisher::host::HostKind;
use gitops_publisher::model::{Folder, ObjectId, RelPath};
use gitops_publisher::publish::Outcome;

/// The folder that is published to, among siblings of the same depth.
const FOLDER: &str = "clusters/weu/shop";

/// Adds many folders with files, beside the owned one and above it.
fn with_siblings(repository: &GitRepository, siblings: usize) {
    let mut paths = vec!["README.md".to_owned(), "clusters/weu/notes.txt".to_owned()];
    for sibling in 0..siblings {
        paths.extend((0..10).map(|file| format!("clusters/weu/app-{sibling:03}/file-{file}.yaml")));
    }
    let content = "x".repeat(1500);
    let commit: Vec<_> = paths
        .iter()
        .map(|path| (path.as_str(), "100644", content.as_str()))
        .collect();
    repository.commit("main", "start", &commit);
}

/// `many` with some files changed, some gone and some new.
fn changed(count: usize) -> Files {
    let mut all = many(count);
    for (_, content) in all.iter_mut().take(count / 2) {
        content.push_str("# changed\n");
    }
    all.remove(count - 1);
    all.extend(files(&["new/a.yaml=1", "new/deep/b.yaml=2"]));
    all
}

async fn unchanged(publisher: &Publisher, folder: &str, files: &Files) {
    let outcome = publisher.publish(folder, files).await.unwrap();
    assert!(matches!(outcome, Outcome::Unchanged { .. }), "{outcome:?}");
}

async fn published(publisher: &Publisher, folder: &str, files: &Files) {
    let outcome = publisher.publish(folder, files).await.unwrap();
    assert!(matches!(outcome, Outcome::Published { .. }), "{outcome:?}");
}

/// What the fetches asked for, without ids: `filter` and `deepen` lines.
fn asked(server: &GitServer) -> Vec<String> {
    let mut lines = Vec::new();
    for request in server.requests() {
        if request.target.ends_with("/git-upload-pack") {
            let body = String::from_utf8(request.body).unwrap();
            let filter = body
                .lines()
                .find_map(|line| line.get(4..)?.strip_prefix("filter "));
            lines.push(filter.unwrap_or("everything").to_owned());
        }
    }
    lines
}

#[tokio::test]
async fn what_comes_down_does_not_grow_with_what_else_is_there() {
    let mut sizes = BTreeMap::new();
    for siblings in [2, 120] {
        let server = GitServer::start();
        let repository = server.create("manifests");
        with_siblings(&repository, siblings);
        published(&Publisher::at(&server, "manifests"), FOLDER, &many(40)).await;
        server.forget();
        unchanged(&Publisher::at(&server, "manifests"), FOLDER, &many(40)).await;
        assert_eq!(server.turns(), 2);
        let (_, settled) = server.bytes();
        server.forget();
        published(&Publisher::at(&server, "manifests"), FOLDER, &changed(40)).await;
        assert_eq!(server.turns(), 4);
        assert_eq!(
            asked(&server),
            ["combine:blob:none+tree:3", "blob:none"],
            "the trees above, then the folder and its ledger"
        );
        sizes.insert(siblings, (settled, server.bytes().1));
        repository.assert_sound();
    }
    // 118 more folders of 10 files: only their names and ids stand in the tree above.
    let (few, lots) = (sizes[&2], sizes[&120]);
    let names = 118 * 40;
    assert!(
        lots.0 < few.0 + names && lots.1 < few.1 + names,
        "{sizes:?}"
    );
    assert!(lots.0 < 8_000 && lots.1 < 16_000, "{sizes:?}");
}

#[tokio::test]
async fn every_commit_names_the_ledgers_of_the_folders_it_was_made_for() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    let publisher = Publisher::at(&server, "manifests");
    published(&publisher, "a", &files(&["x.yaml=1"])).await;
    published(&publisher, "deep/er/b", &files(&["x.yaml=1"])).await;
    let both = wanted(&[("a", &["x.yaml=2"]), ("deep/er/b", &["x.yaml=1"])]);
    let remote = publisher.remote();
    let tip = remote.read(None, &both).await.unwrap();
    let change = FolderChange {
        folder: both[0].folder.clone(),
        plan: plan(&tip.folders[0], &files(&["x.yaml=2"])),
    };
    remote
        .push(&tip, &[change], &draft("One of two"))
        .await
        .unwrap();
    let ledger = |folder: &str| {
        let name = format!("main:{folder}/.gitops-publisher");
        repository.git(&["rev-parse", &name]).trim().to_owned()
    };
    let message = repository.git(&["log", "-1", "--format=%B", "main"]);
    let expected = format!(
        "One of two\n\nGitops-Ledger: {} a\nGitops-Ledger: {} deep/er/b\nPublished-Tree: ",
        ledger("a"),
        ledger("deep/er/b")
    );
    assert!(message.starts_with(&expected), "{message}");
}

fn wanted(folders: &[(&str, &[&str])]) -> Vec<Wanted> {
    let wanted = |(folder, texts): &(&str, &[&str])| Wanted {
        folder: Folder::parse(folder).unwrap(),
        files: Some(ids(&files(texts))),
        publisher: None,
    };
    folders.iter().map(wanted).collect()
}

fn ids(files: &Files) -> BTreeMap<RelPath, ObjectId> {
    let id =
        |(path, content): &(RelPath, String)| (path.clone(), ObjectId::of_blob(content.as_bytes()));
    files.iter().map(id).collect()
}

#[tokio::test]
async fn folders_of_different_depth_are_read_together() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    with_siblings(&repository, 3);
    let publisher = Publisher::at(&server, "manifests");
    published(
        &publisher,
        "top",
        &files(&["a.yaml=1", "sub/b.yaml=2", "sub/sub/sub/c.yaml=3"]),
    )
    .await;
    published(
        &publisher,
        "clusters/neu",
        &files(&["a.yaml=1", "d/e.yaml=2"]),
    )
    .await;
    published(&publisher, FOLDER, &files(&["a.yaml=1"])).await;
    server.forget();
    let top: &[&str] = &["a.yaml=1", "sub/b.yaml=2", "sub/sub/sub/c.yaml=3"];
    let all = |last| {
        wanted(&[
            ("top", top),
            ("clusters/neu", &["a.yaml=1", "d/e.yaml=2"]),
            (FOLDER, last),
        ])
    };
    let tip = publisher
        .remote()
        .read(None, &all(&["a.yaml=1"]))
        .await
        .unwrap();
    assert!(tip.is_settled());
    assert_eq!(server.turns(), 2);
    server.forget();
    let tip = publisher
        .remote()
        .read(None, &all(&["a.yaml=2"]))
        .await
        .unwrap();
    assert!(!tip.is_settled());
    assert_eq!(server.turns(), 3);
    let counts: Vec<_> = tip
        .folders
        .iter()
        .map(|folder| folder.entries.len())
        .collect();
    assert_eq!(counts, [3, 2, 1]);
    assert!(tip.folders.iter().all(|folder| folder.ledger.is_some()));
}

#[rstest]
#[case::within_the_look_back(8, 2, 4)]
// A ledger that no commit names any more is read, to see that it is sound.
#[case::beyond_the_look_back(12, 4, 5)]
#[tokio::test]
async fn commits_of_others_on_top_are_looked_through(
    #[case] commits: usize,
    #[case] settled: usize,
    #[case] changes: usize,
) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    with_siblings(&repository, 3);
    published(&Publisher::at(&server, "manifests"), FOLDER, &many(20)).await;
    for commit in 0..commits {
        let content = commit.to_string();
        repository.commit(
            "main",
            "other",
            &[("clusters/weu/app-001/x", "100644", &content)],
        );
    }
    server.forget();
    unchanged(&Publisher::at(&server, "manifests"), FOLDER, &many(20)).await;
    assert_eq!(server.turns(), settled);
    server.forget();
    published(&Publisher::at(&server, "manifests"), FOLDER, &changed(20)).await;
    assert_eq!(server.turns(), changes);
    repository.assert_sound();
}

/// What a message may say of a folder's ledger instead of the truth.
#[derive(Debug, Clone, Copy)]
enum Said {
    NoSuchObject,
    AnotherFile,
    ACommit,
    TheFolder,
    NotAnId,
}

#[rstest]
#[case(Said::NoSuchObject)]
#[case(Said::AnotherFile)]
#[case(Said::ACommit)]
#[case(Said::TheFolder)]
#[case(Said::NotAnId)]
#[tokio::test]
async fn a_message_that_lies_about_the_ledger_changes_nothing(#[case] said: Said) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    with_siblings(&repository, 3);
    let publisher = Publisher::at(&server, "manifests");
    published(&publisher, FOLDER, &files(&["a.yaml=1", "b.yaml=1"])).await;
    let id = |name: &str| repository.git(&["rev-parse", name]).trim().to_owned();
    let lie = match said {
        Said::NoSuchObject => "1234567890123456789012345678901234567890".to_owned(),
        Said::AnotherFile => id("main:README.md"),
        Said::ACommit => id("main~1"),
        Said::TheFolder => id(&format!("main:{FOLDER}")),
        Said::NotAnId => "../../etc/passwd".to_owned(),
    };
    let message = format!("other\n\nGitops-Ledger: {lie} {FOLDER}");
    repository.commit("main", &message, &[("x", "100644", "x")]);
    unchanged(
        &Publisher::at(&server, "manifests"),
        FOLDER,
        &files(&["a.yaml=1", "b.yaml=1"]),
    )
    .await;
    published(
        &Publisher::at(&server, "manifests"),
        FOLDER,
        &files(&["a.yaml=2", "c.yaml=1"]),
    )
    .await;
    let paths = repository.git(&["ls-tree", "--name-only", &format!("main:{FOLDER}")]);
    assert_eq!(paths, ".gitops-publisher\na.yaml\nc.yaml\n");
    repository.assert_sound();
}

#[tokio::test]
async fn an_old_ledger_that_a_message_brings_back_is_not_believed() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    with_siblings(&repository, 3);
    let publisher = Publisher::at(&server, "manifests");
    published(&publisher, FOLDER, &files(&["a.yaml=1"])).await;
    let first = repository.git(&["log", "-1", "--format=%B", "main"]);
    published(&publisher, FOLDER, &files(&["a.yaml=1", "b.yaml=1"])).await;
    repository.commit("main", &first, &[("x", "100644", "x")]);
    server.forget();
    // With the first ledger, b.yaml would not be ours and would stay.
    published(&publisher, FOLDER, &files(&["a.yaml=1"])).await;
    assert_eq!(server.turns(), 5, "one more, for the right ledger");
    let paths = repository.git(&["ls-tree", "--name-only", &format!("main:{FOLDER}")]);
    assert_eq!(paths, ".gitops-publisher\na.yaml\n");
}

#[tokio::test]
async fn a_change_in_the_folder_by_somebody_else_is_seen() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    with_siblings(&repository, 3);
    let publisher = Publisher::at(&server, "manifests");
    published(&publisher, FOLDER, &files(&["a.yaml=1", "sub/b.yaml=1"])).await;
    let path = format!("{FOLDER}/sub/b.yaml");
    repository.commit("main", "other", &[(&path, "100644", "2")]);
    published(&publisher, FOLDER, &files(&["a.yaml=1", "sub/b.yaml=1"])).await;
    assert_eq!(repository.content("main", &path), "1");
}

#[tokio::test]
async fn an_execute_bit_in_the_folder_costs_a_turn_and_stays() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    with_siblings(&repository, 3);
    let publisher = Publisher::at(&server, "manifests");
    published(&publisher, FOLDER, &files(&["run.sh=1"])).await;
    let path = format!("{FOLDER}/run.sh");
    repository.commit("main", "other", &[(&path, "100755", "1")]);
    server.forget();
    unchanged(&publisher, FOLDER, &files(&["run.sh=1"])).await;
    assert_eq!(server.turns(), 3);
    published(&publisher, FOLDER, &files(&["run.sh=2"])).await;
    let entries = repository.entries("main");
    let entry = entries.iter().find(|entry| entry.ends_with(&path)).unwrap();
    assert!(entry.starts_with("100755"), "{entry}");
}

#[tokio::test]
async fn a_folder_in_folders_that_do_not_exist_yet_is_made() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    published(
        &Publisher::at(&server, "manifests"),
        FOLDER,
        &files(&["a.yaml=1"]),
    )
    .await;
    assert_eq!(server.turns(), 3, "there is no folder to ask for");
    assert_eq!(repository.paths("main").len(), 3);
    repository.assert_sound();
}

#[tokio::test]
async fn a_folder_without_a_ledger_takes_four_turns() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    with_siblings(&repository, 3);
    published(
        &Publisher::at(&server, "manifests"),
        "clusters/weu/app-001",
        &files(&["a.yaml=1"]),
    )
    .await;
    assert_eq!(server.turns(), 4);
    repository.assert_sound();
}

#[rstest]
#[case(HostKind::Azure)]
#[case(HostKind::GitHub)]
#[tokio::test]
async fn hosts_that_filter_by_files_only_are_asked_for_every_tree(#[case] kind: HostKind) {
    let server = GitServer::start();
    let repository = server.create("manifests/_git/shop");
    with_siblings(&repository, 3);
    let mut publisher = Publisher::at(&server, "manifests/_git/shop");
    publisher.kind = Some(kind);
    published(&publisher, FOLDER, &many(20)).await;
    server.forget();
    unchanged(&publisher, FOLDER, &many(20)).await;
    assert_eq!(asked(&server), ["blob:none"]);
    server.forget();
    published(&publisher, FOLDER, &changed(20)).await;
    assert_eq!(asked(&server), ["blob:none", "blob:none"]);
    assert_eq!(server.turns(), 4);
}

#[rstest]
#[case::no_trees_by_depth(&[("uploadpackfilter.tree.allow", "false")], 5)]
#[case::no_depth_but_zero(&[("uploadpackfilter.tree.maxDepth", "0")], 5)]
#[case::one_filter_at_a_time(&[("uploadpackfilter.combine.allow", "false")], 5)]
#[case::no_objects_by_id(&[("uploadpack.allowAnySHA1InWant", "false")], 4)]
#[case::only_what_can_be_reached(
    &[("uploadpack.allowAnySHA1InWant", "false"), ("uploadpack.allowReachableSHA1InWant", "true")],
    4
)]
#[case::no_filter(&[("uploadpack.allowFilter", "false")], 3)]
#[tokio::test]
async fn servers_that_refuse_parts_of_it_are_read_the_broad_way(
    #[case] config: &[(&str, &str)],
    #[case] turns: usize,
) {
    let server = GitServer::start();
    server.speak_only_the_oldest_protocol();
    let repository = server.create("manifests");
    with_siblings(&repository, 3);
    for (key, value) in config {
        repository.config(key, value);
    }
    published(&Publisher::at(&server, "manifests"), FOLDER, &many(20)).await;
    server.forget();
    published(&Publisher::at(&server, "manifests"), FOLDER, &changed(20)).await;
    assert_eq!(server.turns(), turns, "{:?}", asked(&server));
    repository.assert_sound();
}

#[tokio::test]
async fn a_refusal_is_remembered_for_the_next_try() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    with_siblings(&repository, 3);
    repository.config("uploadpackfilter.tree.allow", "false");
    let other = repository.clone();
    server.before_push(move || {
        other.commit("main", "other", &[("x", "100644", "x")]);
    });
    published(
        &Publisher::at(&server, "manifests"),
        FOLDER,
        &files(&["a.yaml=1"]),
    )
    .await;
    assert_eq!(
        asked(&server),
        ["combine:blob:none+tree:3", "blob:none", "blob:none"]
    );
}

#[rstest]
#[case::usual(&[])]
#[case::without_filters_by_tree(&[("uploadpackfilter.tree.allow", "false")])]
#[case::without_any_filter(&[("uploadpackfilter.allow", "false")])]
#[tokio::test]
async fn a_lost_answer_is_resolved_below_more_commits_than_the_look_back(
    #[case] config: &[(&str, &str)],
) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    with_siblings(&repository, 3);
    for (key, value) in config {
        repository.config(key, value);
    }
    let publisher = Publisher::at(&server, "manifests");
    published(&publisher, FOLDER, &files(&["a.yaml=1"])).await;
    let landed = ObjectId::parse(&repository.tip("main").unwrap()).unwrap();
    for commit in 0..15 {
        let content = commit.to_string();
        repository.commit("main", "other", &[("x", "100644", &content)]);
    }
    let remote = publisher.remote();
    let tip = remote
        .read(None, &wanted(&[(FOLDER, &["a.yaml=2"])]))
        .await
        .unwrap();
    assert!(remote.contains(&tip, landed).await.unwrap());
    let stranger = ObjectId::of_blob(b"");
    assert!(!remote.contains(&tip, stranger).await.unwrap());
}

#[tokio::test]
async fn a_lost_race_and_a_lost_answer_keep_the_number_of_turns_small() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    with_siblings(&repository, 3);
    published(&Publisher::at(&server, "manifests"), FOLDER, &many(20)).await;
    let other = repository.clone();
    server.before_push(move || {
        other.commit("main", "other", &[("x", "100644", "x")]);
    });
    server.forget();
    published(&Publisher::at(&server, "manifests"), FOLDER, &changed(20)).await;
    assert_eq!(server.turns(), 8, "four for each try");
    server.forget();
    server.inject(Turn::Push, Fault::DropAfter);
    published(&Publisher::at(&server, "manifests"), FOLDER, &many(20)).await;
    assert_eq!(server.turns(), 4 + 2, "the tip is the commit that was sent");
    assert_eq!(repository.subjects("main").len(), 5);
}
