//! How waits end, on both hosts.

use gitops_publisher::model::ObjectId;
use gitops_publisher::wait::Start;
use gitops_rollout::Outcome;

use super::{APPS, Cluster, FakeClock, INFRA, Says, Scene, on_both_hosts};

on_both_hosts! {
    what_was_unchanged_for_long_passes_with_a_warning,
    a_success_ends_it_within_one_interval,
    a_failure_ends_it_after_the_grace_time_and_a_success_in_between_heals_it,
    a_later_commit_counts_when_it_holds_our_files,
    a_newer_publication_that_is_rolled_out_supersedes_it,
    a_revert_ends_it,
    a_merged_pull_request_is_followed_to_its_commit,
    a_squashed_pull_request_is_followed_to_its_commit,
    a_pull_request_that_is_given_up_ends_it_and_one_that_comes_back_does_not,
    a_pull_request_that_nobody_merges_ends_it_in_time,
    nothing_to_roll_out_asks_nobody,
    who_is_silent_is_named_at_once_and_at_the_end,
    whoever_reported_before_is_waited_for_when_nobody_is_named,
    twenty_environments_cost_as_much_as_one,
    a_root_folder_is_an_owned_folder,
    the_last_commit_that_was_rolled_out_is_part_of_the_result,
    whoever_looks_once_is_told_all_there_is_to_know,
}

fn a_success_ends_it_within_one_interval<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.commit("dev", "1");
    let clock = FakeClock::default()
        .at(3, || scene.says(&commit, APPS, Says::Blocked))
        .at(13, || scene.says(&commit, APPS, Says::Healthy));
    let ended = scene.dev(&commit, &clock);
    assert_eq!(ended.outcome(), Outcome::RolledOut, "{:#?}", ended.told);
    assert_eq!(clock.seconds(), 20);
    assert_eq!(ended.rollouts[0].rolled_out_commit.as_ref(), Some(&commit));
    let short = &commit[..10];
    assert_eq!(
        ended.told,
        [
            "Waiting for the rollout from the repository (branch main), for 30 minutes at most"
                .to_owned(),
            format!("dev: waiting for {APPS} to report on commit {short}"),
            format!("dev: {APPS} has reported on none of the last 2 commits"),
            format!("dev: {APPS}: dependency not ready at {short}"),
            format!("dev: {APPS}: reconciliation succeeded at {short}"),
            "dev: rolled out after 20 seconds".to_owned(),
        ]
    );
}

fn a_failure_ends_it_after_the_grace_time_and_a_success_in_between_heals_it<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.commit("dev", "1");
    let clock = FakeClock::default().at(5, || scene.says(&commit, APPS, Says::Unhealthy));
    let ended = scene.dev(&commit, &clock);
    assert_eq!(ended.outcome(), Outcome::Failed);
    assert_eq!(
        clock.seconds(),
        30,
        "seen at 10, 15 of grace, asked every 10"
    );
    assert_eq!(
        ended.reasons(),
        format!("{APPS}: health check failed at {}", &commit[..10])
    );
    let commit = scene.commit("dev", "2");
    let clock = FakeClock::default()
        .at(5, || scene.says(&commit, APPS, Says::Unhealthy))
        .at(22, || scene.says(&commit, APPS, Says::Healthy));
    assert_eq!(scene.dev(&commit, &clock).outcome(), Outcome::RolledOut);
}

fn a_later_commit_counts_when_it_holds_our_files<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.commit("dev", "1");
    let clock = FakeClock::default().at(5, || {
        scene.commit("other", "1");
        let tip = scene.commit("other", "2");
        scene.says(&tip, APPS, Says::Healthy);
    });
    let ended = scene.dev(&commit, &clock);
    assert_eq!(ended.outcome(), Outcome::RolledOut, "{:#?}", ended.told);
    assert!(clock.seconds() <= 20, "{}", clock.seconds());
    assert!(ended.rollouts[0].tree.is_some());
}

fn a_newer_publication_that_is_rolled_out_supersedes_it<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.commit("dev", "1");
    let clock = FakeClock::default().at(5, || {
        let newer = scene.commit("dev", "2");
        scene.says(&newer, APPS, Says::Healthy);
    });
    let ended = scene.dev(&commit, &clock);
    assert_eq!(ended.outcome(), Outcome::Superseded);
    assert!(
        ended.reasons().contains("something newer"),
        "{}",
        ended.reasons()
    );
}

fn a_revert_ends_it<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.commit("dev", "1");
    let clock = FakeClock::default().at(5, || drop(scene.commit("dev", "0")));
    let ended = scene.dev(&commit, &clock);
    assert_eq!(ended.outcome(), Outcome::Reverted);
    assert!(ended.reasons().contains("went back"), "{}", ended.reasons());
    // The folder was new, and is gone again.
    let commit = scene.commit("new", "1");
    let clock = FakeClock::default().at(5, || {
        scene.git(|git| drop(git.commit("main", "gone", &[("new/web.yaml", "delete", "")])));
    });
    let start = Start::Commit(ObjectId::parse(&commit).unwrap());
    let ended = scene.follow(vec![Scene::<H>::member("new", start, &[APPS])], &clock);
    assert_eq!(ended.outcome(), Outcome::Reverted, "{:#?}", ended.told);
}

fn a_merged_pull_request_is_followed_to_its_commit<H: Cluster>() {
    let scene = Scene::<H>::new();
    let number = scene.propose("dev", "1");
    let clock = FakeClock::default()
        .at(100, || scene.server.with(|state| state.merge(0)))
        .at(200, || {
            let tip = scene.git(|git| git.tip("main").unwrap());
            scene.says(&tip, APPS, Says::Healthy);
        });
    let ended = scene.follow(
        vec![Scene::<H>::member(
            "dev",
            Start::Request(number, None),
            &[APPS],
        )],
        &clock,
    );
    assert_eq!(ended.outcome(), Outcome::RolledOut, "{:#?}", ended.told);
    let tip = scene.git(|git| git.tip("main").unwrap());
    assert_eq!(ended.rollouts[0].commit.as_ref(), Some(&tip));
    let said = format!("dev: waiting for pull request {number} to be merged");
    assert!(ended.told.contains(&said), "{:#?}", ended.told);
}

fn a_squashed_pull_request_is_followed_to_its_commit<H: Cluster>() {
    let scene = Scene::<H>::new();
    let numbers = [scene.propose("dev", "1"), scene.propose("qa", "1")];
    let clock = FakeClock::default().at(15, || {
        scene.server.with(|state| state.squash(0));
        let first = scene.git(|git| git.tip("main").unwrap());
        scene.server.with(|state| state.squash(1));
        let second = scene.git(|git| git.tip("main").unwrap());
        scene.says(&first, APPS, Says::Unhealthy);
        scene.says(&second, APPS, Says::Healthy);
    });
    let member =
        |name: &str, number| Scene::<H>::member(name, Start::Request(number, None), &[APPS]);
    let ended = scene.follow(
        vec![member("dev", numbers[0]), member("qa", numbers[1])],
        &clock,
    );
    // The failure is on dev's commit, and the success of the next holds its files.
    let outcomes: Vec<_> = ended.rollouts.iter().map(|one| one.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::RolledOut, Outcome::RolledOut],
        "{:#?}",
        ended.told
    );
    assert_ne!(ended.rollouts[0].commit, ended.rollouts[1].commit);
}

fn a_pull_request_that_is_given_up_ends_it_and_one_that_comes_back_does_not<H: Cluster>() {
    let scene = Scene::<H>::new();
    let number = scene.propose("dev", "1");
    let member = || {
        vec![Scene::<H>::member(
            "dev",
            Start::Request(number, None),
            &[APPS],
        )]
    };
    let clock = FakeClock::default()
        .at(5, || scene.server.with(|state| state.abandon(0)))
        .at(15, || scene.server.with(|state| state.reopen(0)))
        .at(35, || scene.server.with(|state| state.abandon(0)));
    let ended = scene.follow(member(), &clock);
    assert_eq!(ended.outcome(), Outcome::Abandoned);
    assert_eq!(clock.seconds(), 50, "seen twice: at 40 and at 50");
}

fn a_pull_request_that_nobody_merges_ends_it_in_time<H: Cluster>() {
    let scene = Scene::<H>::new();
    let number = scene.propose("dev", "1");
    let clock = FakeClock::default();
    let ended = scene.follow(
        vec![Scene::<H>::member(
            "dev",
            Start::Request(number, None),
            &[APPS],
        )],
        &clock,
    );
    assert_eq!(ended.outcome(), Outcome::NotMerged);
    assert_eq!(clock.seconds(), 1800);
}

fn nothing_to_roll_out_asks_nobody<H: Cluster>() {
    let scene = Scene::<H>::new();
    let clock = FakeClock::default();
    for (start, outcome) in [
        (Start::Unchanged, Outcome::Unchanged),
        (Start::Older, Outcome::Superseded),
        (Start::Closed, Outcome::Abandoned),
    ] {
        let ended = scene.follow(vec![Scene::<H>::member("dev", start, &[APPS])], &clock);
        assert_eq!(ended.outcome(), outcome);
    }
    assert_eq!((scene.server.requests().len(), clock.seconds()), (0, 0));
}

fn who_is_silent_is_named_at_once_and_at_the_end<H: Cluster>() {
    let scene = Scene::<H>::new();
    let old = scene.git(|git| git.tip("main").unwrap());
    scene.says(&old, INFRA, Says::Healthy);
    let commit = scene.commit("dev", "1");
    let start = Start::Commit(ObjectId::parse(&commit).unwrap());
    let clock = FakeClock::default();
    let member = Scene::<H>::member("dev", start, &[APPS, INFRA, "helmrelease/*"]);
    let ended = scene.follow(vec![member], &clock);
    assert_eq!(ended.outcome(), Outcome::TimedOut);
    assert_eq!(clock.seconds(), 1800);
    let none = |name: &str| format!("{name} has reported on none of the last 2 commits");
    assert!(
        ended.told[2..4].contains(&format!("dev: {}", none(APPS))),
        "{:#?}",
        ended.told
    );
    let reasons = ended.reasons();
    assert!(reasons.contains(&none("helmrelease/*")), "{reasons}");
    let newest = format!(
        "{INFRA} has not reported on it; the newest commit that it reported on is {} (reconciliation succeeded)",
        &old[..10]
    );
    assert!(reasons.contains(&newest), "{reasons}");
    assert!(
        reasons.contains("version 2.8 does not report failures"),
        "{reasons}"
    );
}

fn whoever_reported_before_is_waited_for_when_nobody_is_named<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.commit("dev", "1");
    let start = Start::Commit(ObjectId::parse(&commit).unwrap());
    let member = || vec![Scene::<H>::member("dev", start, &[])];
    scene.says(&commit, APPS, Says::Healthy);
    let clock = FakeClock::default();
    let ended = scene.follow(member(), &clock);
    assert_eq!(ended.outcome(), Outcome::Unknown, "nobody reported before");
    assert_eq!(clock.seconds(), 60);
    assert!(
        ended.reasons().contains("name with `waitFor` what counts"),
        "{}",
        ended.reasons()
    );
    let old = scene.git(|git| git.git(&["rev-parse", "main~1"]));
    scene.says(old.trim(), APPS, Says::Healthy);
    let ended = scene.follow(member(), &FakeClock::default());
    assert_eq!(ended.outcome(), Outcome::RolledOut, "{:#?}", ended.told);
}

fn twenty_environments_cost_as_much_as_one<H: Cluster>() {
    let cost = |environments: usize| {
        let scene = Scene::<H>::new();
        let names: Vec<_> = (0..environments).map(|at| format!("env{at}")).collect();
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
            .map(|name| Scene::<H>::member(name, start, &[APPS]));
        let clock = FakeClock::default().at(35, || {
            let tip = scene.commit("other", "1");
            scene.says(&tip, APPS, Says::Healthy);
        });
        let ended = scene.follow(members.collect(), &clock);
        assert!(
            ended
                .rollouts
                .iter()
                .all(|one| one.outcome == Outcome::RolledOut)
        );
        let asked = clock.sleeps().len() + 1;
        let calls = scene.server.requests().len();
        assert!(calls <= 2 * asked, "{calls} calls in {asked} polls");
        (calls, clock.seconds())
    };
    assert_eq!(cost(20), cost(1));
}

fn a_root_folder_is_an_owned_folder<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.git(|git| git.commit("main", "root", &[("web.yaml", "100644", "1")]));
    let start = Start::Commit(ObjectId::parse(&commit).unwrap());
    let mut member = Scene::<H>::member("dev", start, &[APPS]);
    member.folder = gitops_publisher::model::Folder::ROOT;
    let clock = FakeClock::default().at(5, || {
        let newer = scene.git(|git| git.commit("main", "root", &[("web.yaml", "100644", "2")]));
        scene.says(&newer, APPS, Says::Healthy);
    });
    assert_eq!(
        scene.follow(vec![member], &clock).outcome(),
        Outcome::Superseded
    );
}

fn the_last_commit_that_was_rolled_out_is_part_of_the_result<H: Cluster>() {
    let scene = Scene::<H>::new();
    let good = scene.git(|git| git.tip("main").unwrap());
    scene.says(&good, APPS, Says::Healthy);
    let commit = scene.commit("dev", "1");
    scene.says(&commit, APPS, Says::Unhealthy);
    let ended = scene.dev(&commit, &FakeClock::default());
    assert_eq!(ended.outcome(), Outcome::Failed);
    assert_eq!(ended.rollouts[0].last_rolled_out_commit, Some(good));
    assert_eq!(ended.rollouts[0].rolled_out_commit, None);
}

fn whoever_looks_once_is_told_all_there_is_to_know<H: Cluster>() {
    let mut scene = Scene::<H>::new();
    scene.policy.timeout = 0;
    let commit = scene.commit("dev", "1");
    let tip = scene.commit("other", "1");
    scene.says(&tip, APPS, Says::Healthy);
    let clock = FakeClock::default();
    assert_eq!(scene.dev(&commit, &clock).outcome(), Outcome::RolledOut);
    for at in 0..60 {
        scene.commit("other", &format!("x{at}"));
    }
    // Of the commits that are known, nobody said anything.
    let ended = scene.dev(&commit, &clock);
    assert_eq!(ended.outcome(), Outcome::TimedOut, "{:#?}", ended.told);
    let tip = scene.git(|git| git.tip("main").unwrap());
    scene.says(&tip, APPS, Says::Healthy);
    assert_eq!(scene.dev(&commit, &clock).outcome(), Outcome::RolledOut);
    scene.commit("other", "nor on this one");
    assert_eq!(scene.dev(&commit, &clock).outcome(), Outcome::RolledOut);
    assert_eq!(clock.sleeps(), Vec::<u64>::new());
}

fn what_was_unchanged_for_long_passes_with_a_warning<H: Cluster>() {
    let scene = Scene::<H>::new();
    let commit = scene.commit("other", "1");
    scene.commit("other", "2");
    let start = |is_older| Start::Held {
        commit: ObjectId::parse(&commit).unwrap(),
        is_older,
        seen: ObjectId::parse(&commit).unwrap(),
    };
    let member = |is_older| vec![Scene::<H>::member("dev", start(is_older), &[APPS])];
    let clock = FakeClock::default();
    let ended = scene.follow(member(true), &clock);
    assert_eq!(ended.outcome(), Outcome::Unchanged, "{:#?}", ended.told);
    assert_eq!(ended.rollouts[0].rolled_out_commit, None);
    assert_eq!(
        ended.reasons(),
        "nothing was published, and whether the cluster has what was published before is not known\nkustomization/apps has reported on none of the last 3 commits"
    );
    assert!(clock.seconds() <= 20, "{}", clock.seconds());
    let ended = scene.follow(member(false), &FakeClock::default());
    assert_eq!(ended.outcome(), Outcome::TimedOut, "{:#?}", ended.told);
}

/// GitHub shows the newest status of a context alone.
#[test]
fn what_somebody_hides_is_a_warning_where_nothing_was_published() {
    use crate::support::github::Hub;
    let scene = Scene::<Hub>::new();
    let commit = scene.commit("dev", "1");
    scene.says(&commit, APPS, Says::Healthy);
    let later = scene.commit("other", "1");
    scene.says(&later, APPS, Says::Unhealthy);
    let start = Start::Held {
        commit: ObjectId::parse(&commit).unwrap(),
        is_older: false,
        seen: ObjectId::parse(&later).unwrap(),
    };
    let follow = || {
        let members = vec![Scene::<Hub>::member("dev", start, &[APPS])];
        scene.follow(members, &FakeClock::default())
    };
    assert_eq!(follow().outcome(), Outcome::Failed);
    scene.server.with(|state| {
        state.report(
            &later,
            "kustomization/apps/0a1b2c3d",
            "pending",
            "",
            "mallory",
        );
    });
    let ended = follow();
    assert_eq!(ended.outcome(), Outcome::Unchanged);
    assert!(ended.reasons().contains("mallory"), "{}", ended.reasons());
}
