//! What a host can take, and what it says that is no answer: calls per poll, limits of
//! its rate, trouble of its own, more than it hands out.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gitops_publisher::host::HostKind;
use gitops_publisher::host::watch::Question;
use gitops_publisher::model::{Folder, ObjectId};
use gitops_publisher::wait::Start;
use gitops_rollout::{Authors, Outcome, Policy};
use serde_json::json;

use super::{APPS, Cluster, FakeClock, Says, Scene, on_both_hosts};
use crate::support::github::Hub;
use crate::support::rest_fake::{Fault, Reply};

on_both_hosts! {
    a_failing_host_is_asked_once_a_poll,
    a_host_that_asks_for_calm_in_an_answer_gets_it,
    a_host_that_is_down_until_a_short_wait_ends_is_unknown,
    a_host_that_hangs_holds_no_wait_beyond_its_end,
    a_host_that_hangs_holds_nobody_who_looks_once,
    who_looks_once_sees_what_cleared_a_failure,
    at_the_end_of_the_list_it_is_known_what_was_there_before,
    what_is_the_oldest_that_is_known_is_asked_for_by_those_who_reported_since,
}

fn a_failing_host_is_asked_once_a_poll<H: Cluster>() {
    let busy = Reply::json(429, &json!({"message": "slow down"}));
    for (reply, well) in [
        (Reply::status(503), 0),
        (busy.clone(), 0),
        (Reply::status(503), 1),
        (busy, 1),
    ] {
        let mut scene = Scene::<H>::new();
        scene.policy.timeout = 170;
        let commit = scene.commit("dev", "1");
        for later in well..500 {
            scene.server.inject(later, Fault::Answer(reply.clone()));
        }
        let clock = FakeClock::default();
        let ended = scene.dev(&commit, &clock);
        assert_eq!(ended.outcome(), Outcome::Unknown);
        // On Azure DevOps the repository is asked for first.
        let first = well * usize::from(H::HOST == HostKind::Azure);
        let calls = scene.server.requests().len();
        assert_eq!(
            calls,
            first + clock.sleeps().len() + 1,
            "{:?}",
            clock.sleeps()
        );
        assert_eq!(clock.seconds(), 170);
    }
}

fn a_host_that_asks_for_calm_in_an_answer_gets_it<H: Cluster>() {
    let reset = SystemTime::now() + Duration::from_secs(160);
    let reset = reset.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let reset = reset.to_string();
    let limits: [&[(&'static str, &str)]; 3] = [
        &[("retry-after", "160")],
        &[("x-ratelimit-delay", "160")],
        &[
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", &reset),
        ],
    ];
    let mut wrong = Vec::new();
    for headers in limits {
        for status in [200, 503] {
            let scene = Scene::<H>::new();
            let commit = scene.commit("dev", "1");
            scene.says(&commit, APPS, Says::Healthy);
            let reply = Reply::json(status, &json!({"odd": true}));
            let add = |reply: Reply, (name, value): &(&'static str, &str)| reply.with(name, value);
            let reply = headers.iter().fold(reply, add);
            // On Azure DevOps the repository is asked for first.
            let first = usize::from(H::HOST == HostKind::Azure);
            scene.server.inject(first, Fault::Answer(reply));
            let clock = FakeClock::default();
            let ended = scene.dev(&commit, &clock);
            assert_eq!(ended.outcome(), Outcome::RolledOut, "{:#?}", ended.told);
            let is_left_alone =
                matches!(clock.sleeps()[..], [pause] if (150..=160).contains(&pause));
            if !is_left_alone {
                wrong.push(format!("{headers:?} {status}: {:?}", clock.sleeps()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn a_host_that_is_down_until_a_short_wait_ends_is_unknown<H: Cluster>() {
    let mut scene = Scene::<H>::new();
    scene.policy.timeout = 40;
    let commit = scene.commit("dev", "1");
    let clock = FakeClock::default().at(5, || {
        for later in 0..500 {
            let down = Fault::Answer(Reply::status(502));
            scene.server.inject(later, down);
        }
    });
    let ended = scene.dev(&commit, &clock);
    scene.server.heal();
    assert_eq!(ended.outcome(), Outcome::Unknown, "{:#?}", ended.told);
    assert!(ended.reasons().contains("stopped answering"));
}

fn a_host_that_hangs_holds_no_wait_beyond_its_end<H: Cluster>() {
    let mut scene = Scene::<H>::new();
    scene.policy.timeout = 40;
    let commit = scene.commit("dev", "1");
    let clock = FakeClock {
        patience: Some(Duration::from_secs(1)),
        ..FakeClock::default()
    };
    let clock = clock.at(15, || {
        for later in 0..50 {
            scene.server.inject(later, Fault::Stall);
        }
    });
    let ended = scene.dev(&commit, &clock);
    scene.server.heal();
    assert_eq!(ended.outcome(), Outcome::Unknown, "{:#?}", ended.told);
    assert!(ended.reasons().contains("stopped answering"));
    // It may take ten seconds longer, to hear what came last minute.
    assert!(clock.seconds() <= 50, "{}", clock.seconds());
    let said = "the host of the repository did not answer in time; the wait goes on";
    assert!(
        ended.told.iter().any(|line| line == said),
        "{:#?}",
        ended.told
    );
}

fn a_host_that_hangs_holds_nobody_who_looks_once<H: Cluster>() {
    let mut scene = Scene::<H>::new();
    scene.policy.timeout = 0;
    let commit = scene.commit("dev", "1");
    for later in 0..50 {
        scene.server.inject(later, Fault::Stall);
    }
    let clock = FakeClock {
        patience: Some(Duration::from_secs(1)),
        ..FakeClock::default()
    };
    let ended = scene.dev(&commit, &clock);
    scene.server.heal();
    assert_eq!(ended.outcome(), Outcome::Unknown, "{:#?}", ended.told);
    assert!(clock.seconds() <= 60, "{}", clock.seconds());
}

/// Whoever asks for statuses after that is told that check runs cannot be read.
#[tokio::test]
async fn on_github_looking_for_a_commit_does_not_use_up_the_warning_about_check_runs() {
    let scene = Scene::<Hub>::new();
    scene.server.with(|state| state.checks_forbidden = true);
    let api = scene.api();
    let folder = Folder::parse("dev").unwrap();
    api.changed_last("main", &folder).await.unwrap();
    let question = Question {
        branch: "main".to_owned(),
        folders: vec![folder],
        ..Question::default()
    };
    let sighting = api.watch(&question).await.unwrap();
    assert!(sighting.unread.is_some());
}

/// Ours failed, and a later commit with the same folder succeeded: on Azure DevOps the
/// folder has to be asked for first.
fn who_looks_once_sees_what_cleared_a_failure<H: Cluster>() {
    let mut scene = Scene::<H>::new();
    scene.policy = Policy {
        grace: 0,
        timeout: 0,
        settle: 0,
    };
    let commit = scene.commit("dev", "1");
    scene.says(&commit, APPS, Says::Unhealthy);
    let later = scene.commit("other", "1");
    scene.says(&later, APPS, Says::Healthy);
    let ended = scene.dev(&commit, &FakeClock::default());
    assert_eq!(ended.outcome(), Outcome::RolledOut, "{:#?}", ended.told);
}

/// GitHub answers so when something of its own is broken, and goes on a moment later.
#[test]
fn trouble_of_githubs_own_passes() {
    let error = |error: serde_json::Value| json!({"data": null, "errors": [error]});
    let went_wrong = "Something went wrong while executing your query.";
    let mut wrong = Vec::new();
    for answer in [
        error(json!({"message": went_wrong})),
        error(json!({"type": "INTERNAL", "message": "x"})),
        error(json!({"type": "RATE_LIMIT", "message": "API rate limit exceeded"})),
        error(json!({"type": "RATE_LIMITED", "message": "API rate limit exceeded"})),
        json!([]),
        json!(5),
        json!("x"),
        json!(null),
    ] {
        let scene = Scene::<Hub>::new();
        let commit = scene.commit("dev", "1");
        scene.says(&commit, APPS, Says::Healthy);
        let fault = Fault::Answer(Reply::json(200, &answer));
        scene.server.inject(0, fault);
        let clock = FakeClock::default();
        let ended = scene.dev(&commit, &clock);
        let is_over = ended.error.is_some() || ended.outcome() != Outcome::RolledOut;
        if is_over || clock.sleeps() != [10] {
            let sleeps = clock.sleeps();
            wrong.push(format!(
                "{answer}: {:?} {sleeps:?} {:#?}",
                ended.error, ended.told
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_question_that_is_wrong_stays_wrong() {
    let scene = Scene::<Hub>::new();
    let commit = scene.commit("dev", "1");
    let wrong = json!({"message": "no such field", "extensions": {"code": "undefinedField"}});
    let wrong = json!({"data": null, "errors": [wrong]});
    scene
        .server
        .inject(0, Fault::Answer(Reply::json(200, &wrong)));
    let ended = scene.dev(&commit, &FakeClock::default());
    assert!(ended.error.unwrap().contains("no such field"));
}

/// Fifty commits are looked at, and ours is one of the last of them.
fn at_the_end_of_the_list_it_is_known_what_was_there_before<H: Cluster>() {
    for since in [49, 50] {
        let mut scene = Scene::<H>::new();
        scene.policy.timeout = 0;
        let commit = scene.commit("dev", "1");
        scene.commit("dev", "0");
        for at in 1..since {
            scene.commit("other", &format!("{since} {at}"));
        }
        let tip = scene.git(|git| git.tip("main").unwrap());
        scene.says(&tip, APPS, Says::Healthy);
        let ended = scene.dev(&commit, &FakeClock::default());
        let is_listed = since < 50;
        let expected = if is_listed {
            Outcome::Reverted
        } else {
            Outcome::Unknown
        };
        assert_eq!(ended.outcome(), expected, "{since}: {:#?}", ended.told);
    }
}

/// Nothing is published, nobody is named, and each of the newest commits was healthy.
fn what_is_the_oldest_that_is_known_is_asked_for_by_those_who_reported_since<H: Cluster>() {
    for since in [47, 49] {
        let scene = Scene::<H>::new();
        for at in 0..3 {
            scene.commit("before", &format!("{at}"));
        }
        let oldest = scene.commit("other", "0");
        scene.says(&oldest, APPS, Says::Healthy);
        for at in 1..=since {
            let commit = scene.commit("other", &format!("{at}"));
            scene.says(&commit, APPS, Says::Healthy);
        }
        let commit = ObjectId::parse(&oldest).unwrap();
        let start = Start::Held {
            commit,
            is_older: since == 49,
            seen: commit,
        };
        let clock = FakeClock::default();
        let ended = scene.follow(vec![Scene::<H>::member("dev", start, &[])], &clock);
        assert_eq!(
            ended.outcome(),
            Outcome::Unchanged,
            "{since}: {:#?}",
            ended.told
        );
        assert!(clock.seconds() <= 20, "{}", clock.seconds());
    }
}

/// What may hide behind the last that was read is no success.
#[test]
fn check_runs_that_are_too_many_are_no_success() {
    let scene = Scene::<Hub>::new();
    let commit = scene.commit("dev", "1");
    let start = Start::Commit(ObjectId::parse(&commit).unwrap());
    let mut member = Scene::<Hub>::member("dev", start, &["argocd-*"]);
    member.authors = Authors::only(["promoter[bot]"]);
    let run = |name: &str, conclusion: &'static str, app: &str| {
        scene.server.with(|state| {
            state.check_run(&commit, name, ("COMPLETED", conclusion), app);
        });
    };
    run("argocd-a", "SUCCESS", "promoter");
    for at in 0..20 {
        run(&format!("ci-{at}"), "SUCCESS", "ci");
    }
    run("argocd-b", "FAILURE", "promoter");
    let ended = scene.follow(vec![member.clone()], &FakeClock::default());
    assert_eq!(ended.outcome(), Outcome::Unknown, "{:#?}", ended.told);
    let said = "the commit has more check runs than are read, and one of these may have failed";
    assert!(ended.reasons().contains(said), "{}", ended.reasons());
    // Statuses are all there.
    scene.says(&commit, APPS, Says::Healthy);
    let ended = scene.dev(&commit, &FakeClock::default());
    assert_eq!(ended.outcome(), Outcome::RolledOut, "{:#?}", ended.told);
}

/// The newer counts, whether it is a status or a check run.
#[test]
fn a_check_run_and_a_status_of_one_name_are_of_one_clock() {
    for run_is_newer in [true, false] {
        let scene = Scene::<Hub>::new();
        let commit = scene.commit("dev", "1");
        let status = || {
            scene.server.with(|state| {
                state.report(&commit, "argocd-a", "success", "fine", "promoter[bot]");
            });
        };
        let run = || {
            scene.server.with(|state| {
                state.check_run(&commit, "argocd-a", ("COMPLETED", "FAILURE"), "promoter");
            });
        };
        if run_is_newer {
            status();
            run();
        } else {
            run();
            status();
        }
        let start = Start::Commit(ObjectId::parse(&commit).unwrap());
        let mut member = Scene::<Hub>::member("dev", start, &["argocd-a"]);
        member.authors = Authors::only(["promoter[bot]"]);
        let ended = scene.follow(vec![member], &FakeClock::default());
        let expected = if run_is_newer {
            Outcome::Failed
        } else {
            Outcome::RolledOut
        };
        assert_eq!(ended.outcome(), expected, "{:#?}", ended.told);
    }
}
