//! Hosts that fail, statuses that lie, and branches that change under a wait.

use gitops_publisher::model::ObjectId;
use gitops_publisher::wait::Start;
use gitops_rollout::Outcome;

use super::{APPS, Cluster, FakeClock, Says, Scene, on_both_hosts};
use crate::support::azure_devops::{Azure, PullRequest};
use crate::support::github::Hub;
use crate::support::rest_fake::{Fault, Reply};

on_both_hosts! {
    any_call_may_fail_once,
    a_host_that_stops_answering_ends_as_unknown,
    a_host_that_answers_again_is_believed_again,
    a_token_that_may_not_read_is_an_error_at_once,
    a_host_that_asks_for_calm_gets_it,
    a_branch_that_is_gone_is_unknown,
    a_commit_that_was_pushed_away_is_unknown,
    a_branch_that_is_far_ahead_still_holds_the_commit,
    a_forged_status_changes_nothing_and_is_named,
    one_cluster_does_not_speak_for_another,
    what_a_status_says_cannot_command_anybody,
}

/// Every request of a wait for a pull request meets a fault once.
fn any_call_may_fail_once<H: Cluster>() {
    let faults = [
        Fault::Answer(Reply::status(503)),
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::Answer(Reply::json(200, &serde_json::json!({"odd": true}))),
    ];
    for (fault, later) in faults
        .iter()
        .flat_map(|fault| (0..6).map(move |at| (fault, at)))
    {
        let scene = Scene::<H>::new();
        let number = scene.propose("dev", "1");
        let clock = FakeClock::default().at(15, || {
            scene.server.with(|state| state.squash(0));
            let tip = scene.commit("other", "1");
            scene.says(&tip, APPS, Says::Healthy);
        });
        scene.server.inject(later, fault.clone());
        let member = Scene::<H>::member("dev", Start::Request(number, None), &[APPS]);
        let ended = scene.follow(vec![member], &clock);
        let is_done = !ended.rollouts.is_empty() && ended.outcome() == Outcome::RolledOut;
        assert!(
            is_done,
            "{fault:?} at {later}: {:?} {:#?}",
            ended.error, ended.told
        );
    }
}

fn a_host_that_stops_answering_ends_as_unknown<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.commit("dev", "1");
    let clock = FakeClock::default().at(15, || {
        for later in 0..2000 {
            scene
                .server
                .inject(later, Fault::Answer(Reply::status(503)));
        }
    });
    let ended = scene.dev(&commit, &clock);
    scene.server.heal();
    assert_eq!(ended.outcome(), Outcome::Unknown);
    assert_eq!(clock.seconds(), 1800);
    assert!(
        ended.reasons().contains("stopped answering"),
        "{}",
        ended.reasons()
    );
    let told = ended
        .told
        .iter()
        .filter(|line| line.contains("the wait goes on"));
    assert_eq!(told.count(), 1, "{:#?}", ended.told);
}

fn a_host_that_answers_again_is_believed_again<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.commit("dev", "1");
    let clock = FakeClock::default()
        .at(15, || {
            for later in 0..2000 {
                scene
                    .server
                    .inject(later, Fault::Answer(Reply::status(503)));
            }
        })
        .at(700, || {
            scene.server.heal();
            scene.says(&commit, APPS, Says::Healthy);
        });
    let ended = scene.dev(&commit, &clock);
    assert_eq!(ended.outcome(), Outcome::RolledOut);
    assert!(
        ended.told.iter().any(|line| line.contains("answers again")),
        "{:#?}",
        ended.told
    );
}

fn a_token_that_may_not_read_is_an_error_at_once<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.commit("dev", "1");
    let clock = FakeClock::default();
    for later in 0..4 {
        let said =
            serde_json::json!({"message": "TF401027: You need the Git 'GenericRead' permission"});
        scene
            .server
            .inject(later, Fault::Answer(Reply::json(403, &said)));
    }
    let ended = scene.dev(&commit, &clock);
    scene.server.heal();
    assert_eq!(clock.seconds(), 0);
    assert_eq!(ended.outcome(), Outcome::Unknown);
    let error = ended.error.unwrap();
    assert!(
        error.contains("reading the commit statuses of branch \"main\""),
        "{error}"
    );
    assert!(
        ended.hints[0].starts_with("a token that may publish may not read"),
        "{:?}",
        ended.hints
    );
}

fn a_host_that_asks_for_calm_gets_it<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.commit("dev", "1");
    scene.says(&commit, APPS, Says::Healthy);
    for later in 0..2 {
        let said = serde_json::json!({"message": "slow down"});
        let reply = Reply::json(429, &said).with("retry-after", "120");
        scene.server.inject(later, Fault::Answer(reply));
    }
    let clock = FakeClock::default();
    let ended = scene.dev(&commit, &clock);
    assert_eq!(ended.outcome(), Outcome::RolledOut, "{:#?}", ended.told);
    assert_eq!(clock.sleeps(), [120, 120]);
}

fn a_branch_that_is_gone_is_unknown<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.commit("dev", "1");
    let clock = FakeClock::default().at(15, || scene.git(|git| git.delete("main")));
    let ended = scene.dev(&commit, &clock);
    assert_eq!(ended.outcome(), Outcome::Unknown, "{:#?}", ended.told);
    assert!(
        ended
            .reasons()
            .contains("there is no branch \"main\" any more"),
        "{}",
        ended.reasons()
    );
    assert_eq!(clock.seconds(), 30, "seen twice");
}

fn a_commit_that_was_pushed_away_is_unknown<H: Cluster>() {
    let scene = Scene::<H>::new();
    let before = scene.git(|git| git.tip("main").unwrap());
    let commit = scene.commit("dev", "1");
    let clock = FakeClock::default().at(15, || {
        scene.git(|git| git.git(&["update-ref", "refs/heads/main", &before]));
        let tip = scene.commit("dev", "2");
        scene.says(&tip, APPS, Says::Healthy);
    });
    let ended = scene.dev(&commit, &clock);
    assert_eq!(ended.outcome(), Outcome::Unknown, "{:#?}", ended.told);
    assert!(
        ended.reasons().contains("somebody pushed over it"),
        "{}",
        ended.reasons()
    );
    assert!(clock.seconds() <= 50, "{}", clock.seconds());
}

fn a_branch_that_is_far_ahead_still_holds_the_commit<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.commit("dev", "1");
    for at in 0..60 {
        scene.commit("other", &at.to_string());
    }
    let tip = scene.git(|git| git.tip("main").unwrap());
    let clock = FakeClock::default().at(35, || scene.says(&tip, APPS, Says::Healthy));
    let ended = scene.dev(&commit, &clock);
    assert_eq!(ended.outcome(), Outcome::RolledOut, "{:#?}", ended.told);
    let calls = scene.server.requests().len();
    assert!(calls <= 2 * (clock.sleeps().len() + 1), "{calls}");
}

fn a_forged_status_changes_nothing_and_is_named<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.commit("dev", "1");
    scene
        .server
        .with(|state| state.flux(&commit, APPS, Says::Healthy, "mallory"));
    let ended = scene.dev(&commit, &FakeClock::default());
    assert_eq!(ended.outcome(), Outcome::TimedOut);
    let warned: Vec<_> = ended
        .told
        .iter()
        .filter(|line| line.starts_with("warning"))
        .collect();
    assert_eq!(warned.len(), 1, "{:#?}", ended.told);
    assert!(
        warned[0].contains("mallory") && warned[0].contains("`statusAuthors`"),
        "{warned:?}"
    );
}

/// Each cluster has an identity; that of one writes what another should.
fn one_cluster_does_not_speak_for_another<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.git(|git| {
        let files = [("weu/w", "100644", "1"), ("neu/w", "100644", "1")];
        git.commit("main", "both", &files)
    });
    let start = Start::Commit(ObjectId::parse(&commit).unwrap());
    let targets = ["kustomization/weu", "kustomization/neu"];
    let members = ["weu", "neu"].map(|name| {
        let mut member = Scene::<H>::member(name, start, &[&format!("kustomization/{name}")]);
        member.authors = gitops_rollout::Authors::only([name]);
        member
    });
    for target in targets {
        scene
            .server
            .with(|state| state.flux(&commit, target, Says::Healthy, "weu"));
    }
    let ended = scene.follow(members.to_vec(), &FakeClock::default());
    let outcomes: Vec<_> = ended.rollouts.iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [Outcome::RolledOut, Outcome::TimedOut]);
    let said = "warning: neu: a status for kustomization/neu is not believed: weu";
    assert!(
        ended.told.iter().any(|line| line.starts_with(said)),
        "{:#?}",
        ended.told
    );
}

fn what_a_status_says_cannot_command_anybody<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.commit("dev", "1");
    let target = "kustomization/a\r\n##vso[task.complete result=Succeeded]\u{1b}[31m";
    scene
        .server
        .with(|state| state.flux(&commit, target, Says::Unhealthy, "cluster"));
    let start = Start::Commit(ObjectId::parse(&commit).unwrap());
    let member = Scene::<H>::member("dev", start, &["kustomization/*"]);
    let ended = scene.follow(vec![member], &FakeClock::default());
    assert_eq!(ended.outcome(), Outcome::Failed);
    for line in ended.told.iter().chain(&ended.rollouts[0].reasons) {
        assert!(!line.contains(['\r', '\n', '\u{1b}']), "{line:?}");
    }
}

/// On Azure DevOps a folder that is not there fails a question for many.
#[test]
fn folders_that_are_not_there_do_not_hide_the_others() {
    let scene = Scene::<Azure>::new();
    let commit = scene.git(|git| {
        let files = [
            ("a/w", "100644", "1"),
            ("b/w", "100644", "1"),
            ("c/w", "100644", "1"),
        ];
        git.commit("main", "all", &files)
    });
    let start = Start::Commit(ObjectId::parse(&commit).unwrap());
    let members = ["a", "b", "c"].map(|name| Scene::<Azure>::member(name, start, &[APPS]));
    let clock = FakeClock::default().at(5, || {
        let tip = scene.git(|git| git.commit("main", "no b", &[("b/w", "delete", "")]));
        scene.says(&tip, APPS, Says::Healthy);
    });
    let ended = scene.follow(members.to_vec(), &clock);
    assert!(clock.seconds() <= 20, "{}", clock.seconds());
    let outcomes: Vec<_> = ended.rollouts.iter().map(|one| one.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::RolledOut, Outcome::Reverted, Outcome::RolledOut],
        "{:#?}",
        ended.told
    );
    let calls = scene.server.requests().len();
    assert!(calls <= 2 * (clock.sleeps().len() + 1), "{calls}");
}

/// Folders in a folder that came with them: what was there before has no answer.
#[test]
fn nested_folders_that_are_new_are_found_out_about() {
    let scene = Scene::<Azure>::new();
    let names: Vec<_> = (0..20).map(|at| format!("clusters/env{at}")).collect();
    let files: Vec<_> = names
        .iter()
        .map(|name| format!("{name}/web.yaml"))
        .collect();
    let files: Vec<_> = files
        .iter()
        .map(|path| (path.as_str(), "100644", "1"))
        .collect();
    let commit = scene.git(|git| git.commit("main", "all", &files));
    let start = Start::Commit(ObjectId::parse(&commit).unwrap());
    let members = names
        .iter()
        .map(|name| Scene::<Azure>::member(name, start, &[APPS]));
    let clock = FakeClock::default().at(5, || {
        scene.git(|git| {
            let gone = files
                .iter()
                .map(|(path, ..)| (*path, "delete", ""))
                .collect::<Vec<_>>();
            git.commit("main", "gone", &gone);
        });
    });
    let ended = scene.follow(members.collect(), &clock);
    assert!(
        ended
            .rollouts
            .iter()
            .all(|one| one.outcome == Outcome::Reverted),
        "{:#?}",
        ended.told
    );
    assert!(clock.seconds() <= 120, "{}", clock.seconds());
}

/// The server lists a hundred pull requests at once.
#[test]
fn a_pull_request_that_is_one_of_very_many_is_asked_for_alone() {
    let scene = Scene::<Azure>::new();
    let numbers = [scene.propose("dev", "1"), scene.propose("qa", "1")];
    scene.server.with(|state| {
        for id in 3..150 {
            let fields = serde_json::json!({
                "sourceRefName": "refs/heads/x", "targetRefName": "refs/heads/main",
            });
            state.pull_requests.push(PullRequest {
                id,
                status: "completed".to_owned(),
                fields,
                last_head: Some("1".repeat(40)),
                ..PullRequest::default()
            });
        }
    });
    let clock = FakeClock::default().at(5, || {
        scene.server.with(|state| state.squash(0));
        scene.server.with(|state| state.squash(1));
        let tip = scene.git(|git| git.tip("main").unwrap());
        scene.says(&tip, APPS, Says::Healthy);
    });
    let member =
        |name: &str, number| Scene::<Azure>::member(name, Start::Request(number, None), &[APPS]);
    let members = vec![member("dev", numbers[0]), member("qa", numbers[1])];
    let ended = scene.follow(members, &clock);
    let outcomes: Vec<_> = ended.rollouts.iter().map(|one| one.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::RolledOut, Outcome::RolledOut],
        "{:#?}",
        ended.told
    );
    assert!(clock.seconds() <= 120, "{}", clock.seconds());
}

#[test]
fn on_github_check_runs_count_where_the_token_may_read_them() {
    let scene = Scene::<Hub>::new();
    let commit = scene.commit("dev", "1");
    let start = Start::Commit(ObjectId::parse(&commit).unwrap());
    let mut member = Scene::<Hub>::member("dev", start, &["argocd-health"]);
    member.authors = gitops_rollout::Authors::only(["promoter[bot]"]);
    let said = |status: &'static str, conclusion: &'static str| {
        scene.server.with(|state| {
            state.check_run(&commit, "argocd-health", (status, conclusion), "promoter");
        });
    };
    let clock = FakeClock::default()
        .at(5, || said("IN_PROGRESS", ""))
        .at(25, || said("COMPLETED", "SUCCESS"));
    let ended = scene.follow(vec![member.clone()], &clock);
    assert_eq!(ended.outcome(), Outcome::RolledOut, "{:#?}", ended.told);
    assert_eq!(clock.seconds(), 30);
    // A user with the app's name is somebody else.
    member.authors = gitops_rollout::Authors::only(["promoter"]);
    let ended = scene.follow(vec![member], &FakeClock::default());
    assert_eq!(ended.outcome(), Outcome::TimedOut);
    scene.server.with(|state| state.checks_forbidden = true);
    scene.says(&commit, APPS, Says::Healthy);
    scene.server.forget();
    let ended = scene.dev(&commit, &FakeClock::default());
    assert_eq!(ended.outcome(), Outcome::RolledOut);
    let warned = ended
        .told
        .iter()
        .filter(|line| line.contains("check runs of GitHub Apps"));
    assert_eq!((warned.count(), scene.server.requests().len()), (1, 2));
}

#[test]
fn on_github_what_came_in_by_a_merge_is_not_on_the_branchs_line() {
    let scene = Scene::<Hub>::new();
    let commit = scene.commit("dev", "1");
    let clock = FakeClock::default().at(5, || {
        scene.git(|git| {
            git.git(&["update-ref", "refs/heads/topic", &commit]);
            git.commit("topic", "aside", &[("dev/web.yaml", "100644", "9")]);
        });
        let aside = scene.git(|git| git.tip("topic").unwrap());
        scene.says(&aside, APPS, Says::Healthy);
        scene.commit("other", "1");
        scene.git(|git| {
            let tree = git.git(&["rev-parse", "main^{tree}"]);
            let made = git.git(&[
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@contoso.com",
                "commit-tree",
                tree.trim(),
                "-p",
                "main",
                "-p",
                "topic",
                "-m",
                "merge",
            ]);
            git.git(&["update-ref", "refs/heads/main", made.trim()]);
        });
    });
    let ended = scene.dev(&commit, &clock);
    assert_eq!(ended.outcome(), Outcome::TimedOut, "{:#?}", ended.told);
}
