//! A plan refuses what publishing would refuse, with the same words, and notes what
//! publishing would do.

use crate::support::program::{Ended, Workspace};

fn web(image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec: {{selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, spec: {{containers: [{{name: web, image: '{image}'}}]}}}}}}\n"
    )
}

const SETTINGS: &str = "source: src\nmanifestRepo: ./manifests.git\nenvironments: [dev]\n";

/// A source that was published once to a plain repository, with a change.
fn changed(settings: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace
        .write("src/web.yaml", &web("contoso.azurecr.io/web:1.0"))
        .write("gitops.yaml", SETTINGS);
    workspace.git(&["init", "--quiet", "--bare", "manifests.git"]);
    workspace.program(&["publish"]).succeed();
    workspace.write("src/web.yaml", &web("contoso.azurecr.io/web:latest"));
    workspace.write("gitops.yaml", &format!("{SETTINGS}{settings}"));
    workspace
}

/// The error and what it advises.
fn error(ended: &Ended) -> String {
    let lines = ended.stderr.lines();
    let of_error = lines.skip_while(|line| !line.starts_with("error: "));
    of_error.collect::<Vec<_>>().join("\n")
}

#[rstest::rstest]
#[case::pull_requests(
    "mode: pullRequest\n",
    "environment dev: pull requests cannot be opened at"
)]
#[case::risks(
    "riskPolicy: {high: pullRequest}\n",
    "environment dev: pull requests cannot be opened at"
)]
#[case::rollouts(
    "wait: true\n",
    "has no commit statuses\n  help: waiting needs a repository on Azure DevOps or GitHub"
)]
fn a_plan_refuses_what_publishing_would(#[case] settings: &str, #[case] expected: &str) {
    let workspace = changed(settings);
    let [plan, publish] = ["plan", "publish"].map(|it| error(&workspace.program(&[it]).fail()));
    assert!(plan.contains(expected), "{plan}");
    assert_eq!(plan, publish);
}

#[test]
fn what_is_pushed_has_no_pull_request_to_complete() {
    let workspace = changed("riskPolicy: {info: complete}\n");
    let ended = workspace.program(&["plan"]).succeed();
    assert!(
        !ended.stderr.contains("completed automatically"),
        "{}",
        ended.stderr
    );
    workspace.program(&["publish"]).succeed();
}

#[test]
fn an_allowance_for_a_resource_without_the_finding_is_noted() {
    let allowance = "riskAllowances: [{rule: image-mutable-tag, resource: Deployment web, reason: a, until: 9999-12-31}]\n";
    let workspace = changed(allowance);
    // Without a history nothing tells whether it is new.
    let ended = workspace.program(&["plan"]).succeed();
    let note = "`riskAllowances` for `image-mutable-tag` does not count, because the source is not in a git repository";
    assert!(ended.stderr.contains(note), "{}", ended.stderr);
    let commit = || {
        workspace.git(&["add", "--all", "src", "gitops.yaml"]);
        workspace.git(&["commit", "--quiet", "-m", "change"]);
    };
    workspace.git(&["init", "--quiet", "."]);
    commit();
    workspace.git(&["commit", "--quiet", "--allow-empty", "-m", "later"]);
    let ended = workspace.program(&["plan"]).succeed();
    let note = "note: environment dev: `riskAllowances` for `image-mutable-tag` names `Deployment web`, which has no such finding; one that has is `Deployment shop/web`";
    assert!(ended.stderr.contains(note), "{}", ended.stderr);
    let meant = allowance.replace("Deployment web", "Deployment shop/web");
    workspace.write("gitops.yaml", &format!("{SETTINGS}{meant}"));
    commit();
    let ended = workspace.program(&["plan", "--stat"]).succeed();
    assert!(
        !ended.stderr.contains("no such finding"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("; risks: 1 info, 1 allowed\n"),
        "{}",
        ended.stderr
    );
}
