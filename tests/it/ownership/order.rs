//! Older and newer runs, decided for each environment alone.

use super::Place;

const SETTINGS: &str = "manifestRepo: ./manifests.git\nenvironments:\n  dev: {source: src/dev}\n  qa: {source: src/qa}\n";

/// Run 100 published dev and qa, and run 102 dev.
fn overtaken() -> Place {
    let place = Place::new(SETTINGS);
    place.resource("src/dev/a.yaml", "a", "100");
    place.resource("src/qa/a.yaml", "a", "100");
    place.run(100, &[]).succeed();
    place.resource("src/dev/a.yaml", "a", "102");
    place.run(102, &[("environments", "dev")]).succeed();
    place
}

#[test]
fn an_older_run_publishes_the_environments_that_nobody_overtook() {
    let place = overtaken();
    place.resource("src/dev/a.yaml", "a", "101");
    place.resource("src/qa/a.yaml", "a", "101");
    let ended = place.run(101, &[]).succeed();
    assert!(ended.stdout.contains("environment dev: this run is older than run 102, which published last; nothing is published. Set `allowOlder` to roll back"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("no change"), "{}", ended.stdout);
    assert!(
        ended
            .stdout
            .contains("-> dev: not published, as something newer is there"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("-> qa: 0 added, 1 changed"),
        "{}",
        ended.stdout
    );
    assert!(place.content("dev/a.yaml").contains("\"102\""));
    assert!(place.content("qa/a.yaml").contains("\"101\""));
    assert_eq!(place.commits(), 3);
    let again = place.run(101, &[]).succeed();
    assert!(
        again.stdout.contains("older than run 102"),
        "{}",
        again.stdout
    );
    assert_eq!(place.commits(), 3, "the second and third run write nothing");
    place.run(101, &[]).succeed();
    assert_eq!(place.commits(), 3);
}

#[test]
fn verify_compares_what_nobody_overtook_and_calls_nothing_else_unchanged() {
    let place = overtaken();
    place.resource("src/dev/a.yaml", "a", "101");
    place.resource("src/qa/a.yaml", "a", "101");
    let ended = place.run(101, &[("command", "verify")]).succeed();
    assert!(
        ended.stdout.contains("-> qa: 0 added, 1 changed"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("older than run 102"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("Publishing would change"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains("no change"), "{}", ended.stdout);
}

#[test]
fn an_older_run_with_the_same_content_is_no_matter() {
    let place = overtaken();
    place.resource("src/qa/a.yaml", "a", "101");
    let ended = place.run(101, &[]).succeed();
    assert!(!ended.stdout.contains("older than"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("-> dev: no change"),
        "{}",
        ended.stdout
    );
    assert!(place.content("qa/a.yaml").contains("\"101\""));
}

#[test]
fn when_every_environment_was_overtaken_nothing_is_published() {
    let place = overtaken();
    place.resource("src/qa/a.yaml", "a", "103");
    place.run(103, &[("environments", "qa")]).succeed();
    place.resource("src/dev/a.yaml", "a", "101");
    place.resource("src/qa/a.yaml", "a", "101");
    let before = place.commits();
    let ended = place.run(101, &[]).succeed();
    assert!(
        ended.stdout.contains("older than run 102"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("older than run 103"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("Not published: "), "{}", ended.stdout);
    assert_eq!(place.commits(), before);
}

#[test]
fn a_rollback_writes_old_content_as_the_newest_and_later_runs_go_on() {
    let place = overtaken();
    place.resource("src/dev/a.yaml", "a", "100");
    place
        .run(100, &[("allowOlder", "true"), ("environments", "dev")])
        .succeed();
    assert!(place.content("dev/a.yaml").contains("\"100\""));
    place.resource("src/dev/a.yaml", "a", "104");
    place.run(104, &[("environments", "dev")]).succeed();
    assert!(place.content("dev/a.yaml").contains("\"104\""));
}

#[test]
fn environments_on_branches_of_their_own_are_overtaken_alone() {
    let place = Place::new(
        "manifestRepo: ./manifests.git\nenvironments:\n  dev: {source: src/dev}\n  qa: {source: src/qa, branch: live}\n",
    );
    place.resource("src/dev/a.yaml", "a", "100");
    place.resource("src/qa/a.yaml", "a", "100");
    place.run(100, &[]).succeed();
    place.resource("src/dev/a.yaml", "a", "102");
    place.run(102, &[("environments", "dev")]).succeed();
    place.resource("src/dev/a.yaml", "a", "101");
    place.resource("src/qa/a.yaml", "a", "101");
    let ended = place.run(101, &[]).succeed();
    assert!(
        ended.stdout.contains("older than run 102"),
        "{}",
        ended.stdout
    );
    assert!(place.content("dev/a.yaml").contains("\"102\""));
    assert!(
        place
            .repository
            .content("live", "qa/a.yaml")
            .contains("\"101\"")
    );
}

#[test]
fn the_result_as_data_tells_overtaken_from_unchanged() {
    let place = overtaken();
    place.resource("src/dev/a.yaml", "a", "101");
    let ended = place
        .run(101, &[])
        .variable("INPUT_FORMAT", "json")
        .succeed();
    let _ = ended;
    let ended = place
        .workspace
        .program(&["verify", "--format", "json"])
        .variable("SYSTEM_COLLECTIONURI", "https://dev.azure.com/contoso/")
        .variable("SYSTEM_TEAMPROJECT", "shop")
        .variable("SYSTEM_DEFINITIONID", "12")
        .variable("BUILD_BUILDID", "101")
        .variable(
            "BUILD_REPOSITORY_URI",
            "https://dev.azure.com/contoso/shop/_git/hld",
        )
        .succeed();
    let result: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let [dev, qa] = [&result["environments"][0], &result["environments"][1]];
    assert_eq!(
        (&dev["isOlder"], &dev["changed"]),
        (&true.into(), &serde_json::Value::Null)
    );
    assert_eq!(qa["changed"], 0);
}
