//! What was published is attached to the build.

use serde_json::Value;

use super::{APPS, Cluster, Says, on_both_hosts};
use crate::pull_requests::Scene;
use crate::support::program::Ended;

on_both_hosts! {
    what_was_published_is_attached_to_the_build,
    what_is_proposed_is_attached_with_its_pull_request,
    what_was_published_is_attached_though_its_rollout_fails,
    a_run_that_publishes_nothing_attaches_nothing,
    no_secret_is_attached,
}

pub(super) const STEP: (&str, &str) = (
    "SYSTEM_TASKINSTANCEID",
    "7f1c0f0e-3a52-4a0e-9a55-0f1d1c7b5a11",
);

/// The attachment of a run.
pub(super) fn attached(ended: &Ended) -> Option<Value> {
    let start = format!(
        "##vso[task.addattachment type=gitops.published;name={}]",
        STEP.1
    );
    let mut lines = ended.stdout.lines();
    let path = lines.find_map(|line| line.strip_prefix(&start))?;
    let value: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let schema = include_str!("../../../docs/published-1.schema.json");
    let schema = serde_json::from_str(schema).unwrap();
    jsonschema::validate(&schema, &value).unwrap();
    Some(value)
}

fn what_was_published_is_attached_to_the_build<H: Cluster>() {
    let scene = Scene::<H>::new();
    let run = |inputs: &[(&str, &str)]| {
        let inputs = [&[("mode", "push"), ("waitFor", APPS)], inputs].concat();
        let ended = scene.task(&inputs).variable(STEP.0, STEP.1).succeed();
        attached(&ended).unwrap_or_else(|| panic!("{}", ended.stdout))
    };
    let value = run(&[]);
    let tip = scene.tip("main").unwrap();
    let commit = tip.as_str();
    assert_eq!(value["version"], 1);
    assert_eq!(value["command"], "publish");
    let [own] = value["publications"].as_array().unwrap().as_slice() else {
        panic!("{value}");
    };
    assert_eq!(own["host"], H::KIND);
    assert_eq!(own["repository"], scene.url);
    assert_eq!(
        (&own["branch"], &own["outcome"]),
        (&"main".into(), &"published".into())
    );
    assert_eq!(
        (&own["head"], &own["commit"]),
        (&commit.into(), &commit.into())
    );
    assert_eq!(
        own["environments"],
        serde_json::json!([{
            "name": "dev", "folder": "dev", "emptyDiff": false,
            "sourceCommit": "1111111111111111111111111111111111111111",
            "waitFor": [APPS],
        }])
    );
    // Again there is nothing to publish, and that is told too.
    let value = run(&[]);
    let own = &value["publications"][0];
    assert_eq!(
        (&own["outcome"], &own["emptyDiff"]),
        (&"unchanged".into(), &true.into())
    );
    assert_eq!(own["commit"], commit);
}

fn what_is_proposed_is_attached_with_its_pull_request<H: Cluster>() {
    let scene = Scene::<H>::new();
    let ended = scene.task(&[]).variable(STEP.0, STEP.1).succeed();
    let value = attached(&ended).unwrap_or_else(|| panic!("{}", ended.stdout));
    let own = &value["publications"][0];
    let head = scene.tip(&scene.only().head).unwrap();
    assert_eq!(own["outcome"], "proposed");
    assert_eq!((&own["head"], &own["commit"]), (&head.into(), &Value::Null));
    assert_eq!(own["pullRequest"]["id"], 1);
    assert!(
        own["pullRequest"]["url"].as_str().unwrap().ends_with("/1"),
        "{own}"
    );
}

fn what_was_published_is_attached_though_its_rollout_fails<H: Cluster>() {
    let scene = Scene::<H>::new();
    scene.workspace.write("gitops.yaml", "waitGrace: 0\n");
    scene
        .server
        .with(|state| state.watch(APPS, Says::Unhealthy));
    let inputs = [
        ("mode", "push"),
        ("wait", "true"),
        ("waitFor", APPS),
        ("statusAuthors", "cluster"),
    ];
    let ended = scene.task(&inputs).variable(STEP.0, STEP.1).succeed();
    assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    assert!(attached(&ended).is_some(), "{}", ended.stdout);
    // Others can look while this run waits.
    let at = |text: &str| ended.stdout.find(text).unwrap();
    assert!(at("type=gitops.published") < at("Waiting for the rollout"));
}

fn a_run_that_publishes_nothing_attaches_nothing<H: Cluster>() {
    let scene = Scene::<H>::new();
    let build = scene.task(&[("mode", "push"), ("comment", "false")]);
    let ended = build
        .variable(STEP.0, STEP.1)
        .variable("BUILD_REASON", "PullRequest")
        .succeed();
    assert_eq!(attached(&ended), None, "{}", ended.stdout);
    let ended = scene
        .task(&[("command", "verify")])
        .variable(STEP.0, STEP.1)
        .succeed();
    assert_eq!(attached(&ended), None, "{}", ended.stdout);
    let ended = scene
        .task(&[("mode", "push"), ("branch", "no such branch")])
        .variable(STEP.0, STEP.1)
        .succeed();
    assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    assert_eq!(attached(&ended), None, "{}", ended.stdout);
}

fn no_secret_is_attached<H: Cluster>() {
    let scene = Scene::<H>::new();
    let ended = scene
        .task(&[("mode", "push"), ("folder", "clusters/hunter2-dev")])
        .variable(STEP.0, STEP.1)
        .variable("VSTS_SECRET_VARIABLES", "[\"password\"]")
        .variable("SECRET_PASSWORD", "hunter2")
        .succeed();
    let value = attached(&ended).unwrap_or_else(|| panic!("{}", ended.stdout));
    assert_eq!(
        value["publications"][0]["environments"][0]["folder"],
        "clusters/***-dev"
    );
    assert!(!value.to_string().contains("7f3a"), "the token: {value}");
}
