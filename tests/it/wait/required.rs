//! `requireRolledOut`: what the first environment has not rolled out is not promoted.

use super::{APPS, Cluster, INFRA, Says, on_both_hosts};
use crate::pull_requests::Scene;
use crate::support::program::Program;

on_both_hosts! {
    what_is_rolled_out_is_promoted,
    what_is_not_rolled_out_is_not_promoted_and_the_reason_is_told,
    a_newer_commit_of_others_proves_it_too,
    what_failed_after_it_was_rolled_out_is_not_promoted,
    whom_to_believe_has_to_be_said,
    it_is_no_condition_unless_it_is_asked_for,
}

/// A source with two environments, of which `dev` is published.
fn shop<H: Cluster>(settings: &str) -> Scene<H> {
    let scene = Scene::<H>::new();
    let file = format!("{settings}environments:\n  dev:\n  prod:\n");
    scene.workspace.write("gitops.yaml", &file);
    scene.workspace.git(&["init", "-q"]);
    scene.workspace.git(&["add", "."]);
    scene.workspace.git(&["commit", "-q", "-m", "source"]);
    let inputs = [("mode", "push"), ("environments", "dev")];
    at_head(&scene, &inputs).succeed();
    scene
}

fn at_head<H: Cluster>(scene: &Scene<H>, inputs: &[(&str, &str)]) -> Program {
    let head = scene.workspace.git(&["rev-parse", "HEAD"]);
    scene
        .task(inputs)
        .variable("BUILD_SOURCEVERSION", head.trim())
}

/// Promotes; what it says when it refuses.
fn promote<H: Cluster>(scene: &Scene<H>, more: &[(&str, &str)]) -> Option<String> {
    let usual = [
        ("mode", "push"),
        ("environments", ""),
        ("command", "promote"),
        ("from", "dev"),
        ("to", "prod"),
    ];
    let before = scene.tip("main");
    let ended = at_head(scene, &[&usual, more].concat()).succeed();
    let start = "##vso[task.logissue type=error]";
    let said = ended
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix(start));
    let said = said.map(|said| said.replace("%0A", "\n"));
    assert_eq!(
        said.is_none(),
        scene.tip("main") != before,
        "{}",
        ended.stdout
    );
    said
}

const REQUIRED: &str =
    "requireRolledOut: true\nwaitFor: kustomization/apps\nstatusAuthors: cluster\n";

fn what_is_rolled_out_is_promoted<H: Cluster>() {
    let scene = shop::<H>(REQUIRED);
    let tip = scene.tip("main").unwrap();
    scene
        .server
        .with(|state| state.flux(&tip, APPS, Says::Healthy, "cluster"));
    assert_eq!(promote(&scene, &[]), None);
}

fn what_is_not_rolled_out_is_not_promoted_and_the_reason_is_told<H: Cluster>() {
    let scene = shop::<H>(REQUIRED);
    let tip = scene.tip("main").unwrap();
    let short = &tip[..10];
    let refused = "environment dev is not promoted, because `requireRolledOut` is set: commit";
    let bypass = "to promote it all the same, take `requireRolledOut` out of the settings";
    // Nobody said anything, which is no success.
    let said = promote(&scene, &[]).unwrap();
    assert!(
        said.starts_with(&format!(
            "{refused} {short} is not rolled out: dev: not rolled out yet: {APPS} has reported on none of the last 2 commits"
        )),
        "{said}"
    );
    assert!(
        said.contains("`gitops-publisher wait --environments dev`"),
        "{said}"
    );
    assert!(said.contains(bypass), "{said}");
    // Somebody else said that it went well.
    let say = |target: &str, says: Says, author: &str| {
        scene
            .server
            .with(|state| state.flux(&tip, target, says, author));
    };
    say(APPS, Says::Healthy, "mallory");
    say(INFRA, Says::Healthy, "cluster");
    let said = promote(&scene, &[]).unwrap();
    assert!(said.contains("not rolled out yet"), "{said}");
    // It failed.
    say(APPS, Says::Unhealthy, "cluster");
    let said = promote(&scene, &[]).unwrap();
    assert!(
        said.contains(&format!(
            "dev: failed: {APPS}: health check failed at {short}"
        )),
        "{said}"
    );
    assert!(said.contains("publish a correction"), "{said}");
    // The settings of the checkout decide, not those of the commit that is promoted.
    let file = scene.workspace.read("gitops.yaml");
    let without = file.replace("requireRolledOut: true\n", "");
    scene.workspace.write("gitops.yaml", &without);
    assert_eq!(promote(&scene, &[]), None);
}

fn a_newer_commit_of_others_proves_it_too<H: Cluster>() {
    let scene = shop::<H>(REQUIRED);
    scene.git(|git| drop(git.commit("main", "other", &[("other/x.yaml", "100644", "x")])));
    let tip = scene.tip("main").unwrap();
    scene
        .server
        .with(|state| state.flux(&tip, APPS, Says::Healthy, "cluster"));
    assert_eq!(promote(&scene, &[]), None);
}

fn what_failed_after_it_was_rolled_out_is_not_promoted<H: Cluster>() {
    let scene = shop::<H>(REQUIRED);
    let say = |says: Says| {
        let tip = scene.tip("main").unwrap();
        scene
            .server
            .with(|state| state.flux(&tip, APPS, says, "cluster"));
        tip
    };
    let other = |content: &str| {
        scene.git(|git| drop(git.commit("main", "other", &[("x/x.yaml", "100644", content)])));
    };
    say(Says::Healthy);
    other("1");
    let broken = say(Says::Unhealthy);
    let said = promote(&scene, &[]).unwrap();
    assert!(
        said.contains(&format!(
            "it does not work any more: dev: failed: {APPS}: health check failed at {}, after it was rolled out",
            &broken[..10]
        )),
        "{said}"
    );
    assert!(said.contains("publish a correction"), "{said}");
    // It recovered.
    other("2");
    say(Says::Healthy);
    assert_eq!(promote(&scene, &[]), None);
}

/// GitHub shows the newest status of a context alone, so that anybody who may write one can
/// hide that it failed since.
#[test]
fn what_somebody_hides_is_not_promoted() {
    use crate::support::github::Hub;
    let scene = shop::<Hub>(REQUIRED);
    let tip = scene.tip("main").unwrap();
    scene
        .server
        .with(|state| state.flux(&tip, APPS, Says::Healthy, "cluster"));
    scene.git(|git| drop(git.commit("main", "other", &[("x/x.yaml", "100644", "1")])));
    let later = scene.tip("main").unwrap();
    scene.server.with(|state| {
        state.flux(&later, APPS, Says::Unhealthy, "cluster");
        state.report(
            &later,
            "kustomization/apps/0a1b2c3d",
            "pending",
            "",
            "mallory",
        );
    });
    let said = promote(&scene, &[]).unwrap();
    let expected = format!(
        "whether it still works is not known: dev: {APPS}: mallory, who is not named in `statusAuthors`, wrote in its name at {}, which hides what it said itself",
        &later[..10]
    );
    assert!(said.contains(&expected), "{said}");
}

fn whom_to_believe_has_to_be_said<H: Cluster>() {
    let scene = shop::<H>("requireRolledOut: true\n");
    let said = promote(&scene, &[]).unwrap();
    assert!(said.contains("`statusAuthors` is not set"), "{said}");
    assert!(said.contains("nobody has written a status"), "{said}");
    // Nobody is named, and nobody reported before.
    let said = promote(&scene, &[("statusAuthors", "cluster")]).unwrap();
    assert!(said.contains("is not rolled out: dev: unknown"), "{said}");
    assert!(said.contains("name with `waitFor`"), "{said}");
}

fn it_is_no_condition_unless_it_is_asked_for<H: Cluster>() {
    let scene = shop::<H>("");
    assert_eq!(promote(&scene, &[]), None);
}

/// A local repository has no commit statuses.
#[test]
fn where_nobody_can_tell_nothing_is_promoted() {
    let scene = shop::<crate::support::azure_devops::Azure>(REQUIRED);
    scene.workspace.git(&["init", "-q", "--bare", "m.git"]);
    let local = scene.workspace.path().join("m.git").display().to_string();
    let place = [("manifestRepo", local.as_str()), ("gitHost", "git")];
    let inputs = [&place[..], &[("mode", "push"), ("environments", "dev")]].concat();
    at_head(&scene, &inputs).succeed();
    let usual = [
        ("mode", "push"),
        ("environments", ""),
        ("command", "promote"),
        ("from", "dev"),
        ("to", "prod"),
    ];
    let ended = at_head(&scene, &[&place[..], &usual].concat()).succeed();
    assert!(
        ended.stdout.contains(" has no commit statuses"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
}
