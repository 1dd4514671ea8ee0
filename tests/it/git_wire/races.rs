//! Lost races, lost connections, many writers.

use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;

use super::publisher::{Publisher, files};
use crate::support::git_server::{Fault, GitServer, Turn};
use futures_util::future::join_all;
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

/// However often others are faster, it goes on; when its time is over, it ends.
#[tokio::test]
async fn a_race_is_given_up_by_time_and_not_by_count() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let rounds = 15;
    let others = || {
        for round in 0..rounds {
            let other = repository.clone();
            server.before_push(move || {
                let file = ("x", "100644", &*format!("{round}"));
                drop(other.commit("main", &format!("other {round}"), &[file]));
            });
        }
    };
    others();
    let mut publisher = Publisher::at(&server, "manifests");
    publisher.retry = Retry {
        first: Duration::ZERO,
        longest: Duration::ZERO,
        ..Retry::pushes()
    };
    let outcome = publisher
        .publish("dev", &files(&["a.yaml=1"]))
        .await
        .unwrap();
    assert!(
        matches!(outcome, Outcome::Published { attempt: 16, .. }),
        "{outcome:?}"
    );
    others();
    publisher.retry.limit = Some(Duration::ZERO);
    let error = publisher.publish("dev", &files(&["a.yaml=2"])).await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with(
            "publishing failed once, for 0 seconds: branch \"main\" of http://127.0.0.1:"
        ) && error.contains("moved while it was being published to"),
        "{error}"
    );
}

/// Each publishes to its own folder of one branch, several times. How many
/// there are can be set for a measurement: `GITOPS_TEST_WRITERS=40x5`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_of_one_branch_all_land_and_none_gives_up() {
    let set = std::env::var("GITOPS_TEST_WRITERS").ok();
    let (writers, rounds) = set
        .as_deref()
        .and_then(|set| set.split_once('x'))
        .map_or((8, 2), |(w, r)| (w.parse().unwrap(), r.parse().unwrap()));
    let server = Arc::new(GitServer::start());
    let repository = server.create("manifests");
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let started = std::time::Instant::now();
    let running: Vec<_> = (0..writers)
        .map(|writer| {
            let server = server.clone();
            async move {
                let mut publisher = Publisher::at(&server, "manifests");
                publisher.retry = Retry::pushes();
                let mut tries = Vec::new();
                for round in 0..rounds {
                    let files = files(&[&format!("a.yaml={round}"), "b.yaml=2"]);
                    let folder = format!("env-{writer}");
                    let outcome = publisher.publish(&folder, &files).await;
                    match outcome.map_err(|error| error.to_string())? {
                        Outcome::Published { attempt, .. } => tries.push(attempt),
                        Outcome::Unchanged { .. } => return Err("nothing was published".to_owned()),
                    }
                }
                Ok(tries)
            }
        })
        .collect();
    let mut tries = Vec::new();
    for writer in join_all(running).await {
        tries.extend(writer.unwrap());
    }
    println!(
        "{writers} writers x {rounds}: {:.1?}, {} tries, at most {} for one",
        started.elapsed(),
        tries.iter().sum::<u32>(),
        tries.iter().max().unwrap()
    );
    assert_eq!(repository.subjects("main").len(), writers * rounds + 1);
    assert_eq!(repository.git(&["rev-list", "--merges", "main"]), "");
    for writer in 0..writers {
        let path = format!("env-{writer}/a.yaml");
        assert_eq!(repository.content("main", &path), (rounds - 1).to_string());
    }
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
