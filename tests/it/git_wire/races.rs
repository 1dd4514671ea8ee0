//! Lost races, lost connections, many writers.

use std::sync::Arc;

use rstest::rstest;

use super::publisher::{Publisher, files};
use crate::support::git_server::{Fault, GitServer, Turn};
use gitops_publisher::http::Retry;
use gitops_publisher::publish::Outcome;

#[tokio::test]
async fn a_lost_race_is_planned_again_on_the_new_tip() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let other = repository.clone();
    server.before_push(move || {
        drop(other.commit("main", "other", &[("other/x.yaml", "100644", "x")]));
    });
    let mut tips = Vec::new();
    let outcome = Publisher::at(&server, "manifests")
        .publish_when("dev", &files(&["a.yaml=1"]), |tip| {
            tips.push(tip.commit.unwrap());
        })
        .await
        .unwrap();
    assert!(
        matches!(outcome, Outcome::Published { attempt: 2, .. }),
        "{outcome:?}"
    );
    assert_ne!(tips[0], tips[1]);
    assert_eq!(
        repository.subjects("main"),
        ["Publish dev", "other", "start"]
    );
    assert_eq!(
        repository.paths("main"),
        [
            "README.md",
            "dev/.gitops-publisher",
            "dev/a.yaml",
            "other/x.yaml"
        ]
    );
    repository.assert_sound();
}

#[tokio::test]
async fn a_branch_that_appears_meanwhile_is_built_upon() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    let other = repository.clone();
    server.before_push(move || {
        drop(other.commit("main", "other", &[("other/x.yaml", "100644", "x")]));
    });
    Publisher::at(&server, "manifests")
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(repository.subjects("main"), ["Publish dev", "other"]);
}

#[tokio::test]
async fn a_race_that_is_always_lost_ends_after_ten_tries() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    for round in 0..10 {
        let other = repository.clone();
        server.before_push(move || {
            drop(other.commit(
                "main",
                &format!("other {round}"),
                &[("x", "100644", &round.to_string())],
            ));
        });
    }
    let error = Publisher::at(&server, "manifests")
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap_err();
    let error = error.to_string();
    assert!(
        error.starts_with(
            "publishing failed 10 times in a row: branch \"main\" of http://127.0.0.1:"
        ),
        "{error}"
    );
    assert!(
        error.contains("moved while it was being published to"),
        "{error}"
    );
    assert_eq!(repository.subjects("main").len(), 11);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_writers_at_once_all_land_one_after_another() {
    let server = Arc::new(GitServer::start());
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let server = server.clone();
            tokio::spawn(async move {
                let mut publisher = Publisher::at(&server, "manifests");
                publisher.retry = Retry::pushes();
                publisher
                    .publish(&format!("env-{writer}"), &files(&["a.yaml=1", "b.yaml=2"]))
                    .await
                    .map_err(|error| error.to_string())
            })
        })
        .collect();
    for writer in writers {
        let outcome = writer.await.unwrap().unwrap();
        assert!(matches!(outcome, Outcome::Published { .. }));
    }
    assert_eq!(repository.subjects("main").len(), 9);
    assert_eq!(repository.git(&["rev-list", "--merges", "main"]), "");
    assert_eq!(repository.paths("main").len(), 1 + 8 * 3);
    repository.assert_sound();
}

#[rstest]
#[case::after_the_work_was_done(Fault::DropAfter)]
#[case::in_the_middle_of_the_answer(Fault::CutAnswer)]
#[case::by_a_gateway(Fault::status(502))]
#[case::before_the_work_was_done(Fault::DropBefore)]
#[tokio::test]
async fn a_lost_answer_is_resolved_by_reading_and_nothing_lands_twice(#[case] fault: Fault) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    server.inject(Turn::Push, fault);
    let outcome = Publisher::at(&server, "manifests")
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    let Outcome::Published {
        pushed, attempt: 2, ..
    } = outcome
    else {
        panic!("{outcome:?}")
    };
    assert_eq!(repository.tip("main").unwrap(), pushed.commit.to_string());
    assert_eq!(repository.subjects("main"), ["Publish dev", "start"]);
    repository.assert_sound();
}

#[tokio::test]
async fn a_server_that_goes_silent_is_not_waited_for_for_ever() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    server.inject(Turn::Push, Fault::Stall);
    let mut publisher = Publisher::at(&server, "manifests");
    publisher.http.read_timeout = std::time::Duration::from_millis(1500);
    let outcome = publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert!(matches!(outcome, Outcome::Published { .. }), "{outcome:?}");
    assert_eq!(repository.subjects("main"), ["Publish dev"]);
}

#[rstest]
#[case(429)]
#[case(503)]
#[tokio::test]
async fn a_server_that_is_too_busy_for_a_push_is_asked_again(#[case] status: u16) {
    let server = GitServer::start();
    let repository = server.create("manifests");
    server.inject(
        Turn::Push,
        Fault::answer(status, &[("retry-after", "1")], ""),
    );
    Publisher::at(&server, "manifests")
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert_eq!(repository.subjects("main"), ["Publish dev"]);
}

#[tokio::test]
async fn a_push_whose_outcome_stays_unknown_names_the_commit() {
    let server = GitServer::start();
    server.create("manifests");
    server.inject(Turn::Push, Fault::DropBefore);
    server.inject(Turn::Push, Fault::DropBefore);
    let mut publisher = Publisher::at(&server, "manifests");
    publisher.retry.attempts = 2;
    let error = publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("the connection was lost after commit "),
        "{error}"
    );
    assert!(error.contains("not known whether it landed"), "{error}");
}

#[tokio::test]
async fn a_push_that_landed_is_recognised_below_newer_commits() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    server.inject(Turn::Push, Fault::DropAfter);
    let mut looks = 0;
    let other = repository.clone();
    // Somebody changes our folder on top of our commit, before we look again.
    server.inject(Turn::Advertisement, Fault::status(503));
    let publisher = Publisher::at(&server, "manifests");
    let outcome = publisher
        .publish_when("dev", &files(&["a.yaml=1"]), |_| {
            looks += 1;
            let other = other.clone();
            std::thread::spawn(move || {
                while other.subjects("main").len() < 2 {
                    std::thread::yield_now();
                }
                other.commit(
                    "main",
                    "other",
                    &[("dev/a.yaml", "100644", "2"), ("dev/b.yaml", "100644", "2")],
                );
            });
        })
        .await
        .unwrap();
    let Outcome::Published { pushed, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(looks, 1, "nothing is planned twice");
    assert!(
        repository
            .git(&["rev-list", "main"])
            .contains(&pushed.commit.to_string())
    );
}

#[tokio::test]
async fn ancestors_are_found_and_strangers_are_not() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    let first = repository.commit("main", "first", &[("x", "100644", "1")]);
    repository.commit("main", "second", &[("x", "100644", "2")]);
    let third = repository.commit("main", "third", &[("x", "100644", "3")]);
    let stranger = repository.commit("side", "stranger", &[("x", "100644", "4")]);
    for filter in ["true", "false"] {
        repository.config("uploadpack.allowFilter", filter);
        let publisher = Publisher::at(&server, "manifests");
        let remote = publisher.remote();
        let tip = remote.read(Some("main"), &[]).await.unwrap();
        for (id, expected) in [(&first, true), (&third, true), (&stranger, false)] {
            let id = gitops_publisher::model::ObjectId::parse(id).unwrap();
            assert_eq!(remote.contains(&tip, id).await.unwrap(), expected);
        }
    }
}
