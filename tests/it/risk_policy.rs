//! What the risks of a change lead to, and who may say so.

use crate::support::program::{Ended, Workspace};

fn web(replicas: u32) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec: {{replicas: {replicas}, selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, spec: {{containers: [{{name: web, image: 'contoso.azurecr.io/web:1.0'}}]}}}}}}\n"
    )
}

const SETTINGS: &str = "source: src\nmanifestRepo: ./manifests.git\nenvironments: [dev]\n";

/// A source in git, published once with three replicas.
fn shop() -> Workspace {
    let workspace = Workspace::new();
    workspace
        .write("src/web.yaml", &web(3))
        .write("gitops.yaml", SETTINGS)
        .write(".gitignore", "manifests.git\nclone\n");
    workspace.git(&["init", "--quiet", "."]);
    workspace.git(&["init", "--quiet", "--bare", "manifests.git"]);
    commit(&workspace);
    workspace.program(&["publish"]).succeed();
    workspace
}

fn commit(workspace: &Workspace) {
    workspace.git(&["add", "--all"]);
    workspace.git(&["commit", "--quiet", "-m", "change"]);
}

fn settings(workspace: &Workspace, more: &str) {
    workspace.write("gitops.yaml", &format!("{SETTINGS}{more}"));
}

fn published(workspace: &Workspace) -> String {
    workspace.git(&["-C", "manifests.git", "show", "main:dev/web.yaml"])
}

fn said(ended: &Ended) -> String {
    let words = |line: &&str| !line.starts_with("##");
    let lines: Vec<_> = ended.stderr.lines().filter(words).collect();
    lines.join("\n")
}

#[test]
fn without_a_policy_risks_are_reported_and_nothing_fails() {
    let workspace = shop();
    workspace.write("src/web.yaml", &web(0));
    let ended = workspace.program(&["verify"]).succeed();
    assert!(
        ended.stderr.contains("! high replicas-to-zero"),
        "{}",
        said(&ended)
    );
    workspace.program(&["publish"]).succeed();
    assert!(published(&workspace).contains("replicas: 0"));
}

#[test]
fn a_policy_fails_both_commands_and_says_why() {
    let workspace = shop();
    settings(&workspace, "riskPolicy: {high: fail}\n");
    workspace.write("src/web.yaml", &web(0));
    for command in ["verify", "publish"] {
        let ended = workspace.program(&[command]).fail();
        let reason = "environment dev: it is not published, because `riskPolicy` says `fail` to high risks\n  - replicas-to-zero: Deployment shop/web: ";
        assert!(said(&ended).contains(reason), "{}", said(&ended));
        assert!(
            said(&ended).contains("add it to `riskAllowances` in gitops.yaml"),
            "{}",
            said(&ended)
        );
        assert!(
            ended.stderr.contains("spec.replicas"),
            "what changes is shown: {}",
            said(&ended)
        );
        assert!(published(&workspace).contains("replicas: 3"));
    }
    // What is given with the run is stronger, as with every setting.
    workspace
        .program(&["publish", "--risk-policy", "{high: report}"])
        .succeed();
    assert!(published(&workspace).contains("replicas: 0"));
}

#[test]
fn a_policy_that_begins_at_info_stops_a_change_without_risks_and_says_so() {
    let workspace = shop();
    workspace.write("src/web.yaml", &web(4));
    settings(&workspace, "riskPolicy: {info: fail}\n");
    let ended = workspace.program(&["publish"]).fail();
    let reason = "environment dev: it is not published, because `riskPolicy` says `fail` from `info` on, and so to every change\n  help: name the severity that is not to be published, such as `{high: fail}`";
    assert!(said(&ended).contains(reason), "{}", said(&ended));
    assert!(published(&workspace).contains("replicas: 3"));
}

#[test]
fn what_an_environment_does_not_take_along_when_it_moves_is_judged() {
    let workspace = shop();
    let db = web(1)
        .replace("Deployment", "StatefulSet")
        .replace("name: web,", "name: db,");
    workspace.write("src/db.yaml", &db);
    workspace.write("src/web.yaml", &web(4));
    commit(&workspace);
    workspace.program(&["publish"]).succeed();
    workspace.remove("src/db.yaml");
    workspace.write("src/web.yaml", &web(0));
    let moved = SETTINGS.replace("[dev]", "{dev: {folder: dev2}}");
    workspace.write(
        "gitops.yaml",
        &format!("{moved}riskPolicy: {{critical: fail}}\n"),
    );
    commit(&workspace);
    let tip = || workspace.git(&["-C", "manifests.git", "rev-parse", "main"]);
    let before = tip();
    for command in ["plan", "publish"] {
        let ended = workspace.program(&[command]).fail();
        let reason = "\n  - stateful-workload-deleted: StatefulSet shop/db: ";
        assert!(said(&ended).contains(reason), "{}", said(&ended));
        assert_eq!(tip(), before);
    }
    workspace.write("gitops.yaml", &moved);
    commit(&workspace);
    let ended = workspace.program(&["plan"]).succeed();
    for line in [
        "! critical stateful-workload-deleted: StatefulSet shop/db",
        "! high replicas-to-zero: Deployment shop/web",
        "- apps/v1 StatefulSet shop/db",
        "~ apps/v1 Deployment shop/web",
        "- spec.replicas: 4",
    ] {
        assert!(ended.stderr.contains(line), "{line}: {}", said(&ended));
    }
    workspace.program(&["publish"]).succeed();
    let paths = workspace.git(&[
        "-C",
        "manifests.git",
        "ls-tree",
        "-r",
        "--name-only",
        "main",
    ]);
    assert!(!paths.contains("dev/"), "{paths}");
}

#[test]
fn a_push_that_may_not_be_one_says_what_is_missing() {
    let workspace = shop();
    settings(&workspace, "riskPolicy: {high: pullRequest}\n");
    workspace.write("src/web.yaml", &web(4));
    workspace.program(&["publish"]).succeed();
    workspace.write("src/web.yaml", &web(0));
    let note = "note: environment dev: it goes by pull request, as `riskPolicy` says of high risks";
    // A plan refuses what publishing would.
    for command in ["plan", "publish"] {
        let ended = workspace.program(&[command]).fail();
        assert_eq!(ended.stderr.contains(note), command == "plan");
        for expected in [
            "environment dev: pull requests cannot be opened at",
            "`riskPolicy` asks for a pull request because of the risks of this change",
        ] {
            assert!(said(&ended).contains(expected), "{}", said(&ended));
        }
    }
    assert!(published(&workspace).contains("replicas: 4"));
}

#[test]
fn a_finding_is_accepted_until_a_day_and_stays_visible() {
    let workspace = shop();
    let allowance = |until: &str| {
        format!(
            "riskPolicy: {{high: fail}}\nriskAllowances: [{{rule: replicas-to-zero, resource: Deployment shop/web, reason: night, until: {until}}}]\n"
        )
    };
    settings(&workspace, &allowance("2020-01-31"));
    commit(&workspace);
    workspace.write("src/web.yaml", &web(0));
    commit(&workspace);
    let ended = workspace.program(&["publish"]).fail();
    assert!(
        said(&ended).contains("(it was allowed until 2020-01-31)"),
        "{}",
        said(&ended)
    );
    settings(&workspace, &allowance("9999-12-31"));
    commit(&workspace);
    let ended = workspace.program(&["verify", "--format", "json"]).succeed();
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let finding = &report["environments"][0]["plan"]["findings"][0];
    assert_eq!(finding["rule"], "replicas-to-zero");
    assert_eq!(finding["allowed"]["reason"], "night");
    assert!(
        ended.stderr.contains("replicas-to-zero"),
        "{}",
        said(&ended)
    );
    workspace.program(&["publish"]).succeed();
    assert!(published(&workspace).contains("replicas: 0"));
}

#[test]
fn the_change_that_needs_an_allowance_cannot_bring_it_along() {
    let workspace = shop();
    settings(&workspace, "riskPolicy: {high: fail}\n");
    commit(&workspace);
    let permissive = [
        "riskAllowances: [{rule: replicas-to-zero, reason: night, until: 9999-12-31}]\n",
        "riskSeverities: {replicas-to-zero: info}\n",
        "environments: {dev: {riskSeverities: {replicas-to-zero: medium}}}\n",
    ];
    for more in permissive {
        let text = format!("{SETTINGS}riskPolicy: {{high: fail}}\n");
        let text = if more.starts_with("environments") {
            text.replace("environments: [dev]\n", more)
        } else {
            format!("{text}{more}")
        };
        workspace.write("gitops.yaml", &text);
        workspace.write("src/web.yaml", &web(0));
        // Neither in no commit, nor in the commit of the change.
        for committed in [false, true] {
            if committed {
                commit(&workspace);
            }
            let ended = workspace.program(&["publish"]).fail();
            assert!(
                said(&ended).contains(
                    "does not count yet, because it is new in the commit that is checked out, or in no commit at all"
                ),
                "{more}: {}",
                said(&ended)
            );
        }
        workspace.git(&["commit", "--quiet", "--allow-empty", "-m", "later"]);
        let ended = workspace.program(&["verify"]).succeed();
        assert!(
            !said(&ended).contains("does not count"),
            "{more}: {}",
            said(&ended)
        );
        workspace.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    }
    // A commit of its own may follow the change, and counts at once.
    workspace.write("src/web.yaml", &web(0));
    commit(&workspace);
    workspace.program(&["publish"]).fail();
    settings(
        &workspace,
        &format!("riskPolicy: {{high: fail}}\n{}", permissive[0]),
    );
    commit(&workspace);
    workspace.program(&["verify"]).succeed();
    // One that also changes another setting is not of its own.
    workspace.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    settings(
        &workspace,
        &format!(
            "namespace: shop\nriskPolicy: {{high: fail}}\n{}",
            permissive[0]
        ),
    );
    commit(&workspace);
    workspace.program(&["verify"]).fail();
    // A clone without a past cannot tell.
    let from = format!("file://{}", workspace.path().display());
    workspace.git(&["clone", "--quiet", "--depth", "1", &from, "clone"]);
    let flags = ["verify", "--manifest-repo", "../manifests.git"];
    let ended = workspace.program(&flags).in_folder("clone").fail();
    assert!(
        said(&ended)
            .contains("does not count, because the checkout does not have the commit before"),
        "{}",
        said(&ended)
    );
    // What makes it stricter counts at once.
    workspace.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    settings(
        &workspace,
        "riskPolicy: {critical: fail}\nriskSeverities: {replicas-to-zero: critical}\n",
    );
    workspace.program(&["publish"]).fail();
}

#[test]
fn what_cannot_be_compared_is_judged_like_the_worst() {
    let workspace = shop();
    workspace.git(&["clone", "--quiet", "manifests.git", "clone"]);
    workspace.write("clone/dev/web.yaml", "a: [\n");
    workspace.git(&["-C", "clone", "commit", "--quiet", "-a", "-m", "by hand"]);
    workspace.git(&["-C", "clone", "push", "--quiet", "origin", "main"]);
    workspace.write("src/web.yaml", &web(4));
    let publish = |policy: &str| {
        let flags = [
            "publish",
            "--hand-edits",
            "overwrite",
            "--risk-policy",
            policy,
        ];
        workspace.program(&flags).run()
    };
    let ended = publish("{critical: fail}");
    assert_eq!(ended.code, Some(1), "{}", said(&ended));
    assert!(
        said(&ended).contains("not-compared: its risks are not known"),
        "{}",
        said(&ended)
    );
    assert_eq!(publish("{critical: report}").code, Some(0));
}

#[test]
fn a_policy_that_cannot_be_meant_is_named_where_it_stands() {
    let workspace = shop();
    let failed = |arguments: &[&str]| said(&workspace.program(arguments).fail());
    let error = failed(&["verify", "--risk-policy", "{high: stop}"]);
    assert!(
        error.contains("for `high`, `stop` is not an action; use one or more of `report`"),
        "{error}"
    );
    settings(&workspace, "riskPolicy: {urgent: fail}\n");
    let error = failed(&["verify"]);
    assert!(
        error.contains("`riskPolicy` in gitops.yaml, line 4: `urgent` is not a severity"),
        "{error}"
    );
    for (twice, expected) in [
        (
            "{critical: fail, critical: report}",
            "the key `critical` appears twice",
        ),
        (
            "{critical: fail}\n---\n{critical: report}",
            "it must be one map",
        ),
    ] {
        let error = failed(&["verify", "--risk-policy", twice]);
        assert!(error.contains(expected), "{error}");
    }
    for (more, said) in [
        (
            "riskAllowances: [{rule: replicas-to-zer, reason: a, until: 2027-01-01}]\n",
            "gitops.yaml, line 4: `riskAllowances[0]` names the rule `replicas-to-zer`, and there is no such rule",
        ),
        (
            "riskAllowances: [{rule: too-many-removed, reason: a, until: 2027-01-01}]\n",
            "`riskAllowances[0]` names `too-many-removed`, which is a safety limit and no rule\n  help: to remove it all the same, publish once with `allowRemoval`",
        ),
        (
            "riskAllowances: [{rule: replicas-to-zero, resource: web, reason: a, until: 2027-01-01}]\n",
            "`riskAllowances[0].resource` cannot be `web`\n  help: write it as the plan does: kind, namespace and name, such as `Deployment shop/web`",
        ),
        (
            "riskAllowances: [{rule: replicas-to-zero, resource: Deployment shop/a/b, reason: a, until: 2027-01-01}]\n",
            "`riskAllowances[0].resource` cannot be `Deployment shop/a/b`",
        ),
        (
            "riskAllowances: [{rule: replicas-to-zero, reason: a, until: 2027-02-29}]\n",
            "`riskAllowances[0].until` must be a day such as `2027-03-31`, not `2027-02-29`",
        ),
        (
            "riskAllowances: [{rule: replicas-to-zero, until: 2027-01-01}]\n",
            "`riskAllowances[0]` has no `reason`",
        ),
        (
            "riskAllowances: [{rule: replicas-to-zero, why: x}]\n",
            "unknown setting `riskAllowances[0].why`",
        ),
        (
            "riskAllowances: {rule: x}\n",
            "`riskAllowances` must be a list",
        ),
        (
            "riskSeverities: {replicas-to-zero: low}\n",
            "`riskSeverities.replicas-to-zero` must be one of `info`, `medium`, `high`, `critical`",
        ),
        (
            "riskSeverities: {x: high}\n",
            "`riskSeverities` names the rule `x`, and there is no such rule",
        ),
    ] {
        settings(&workspace, more);
        let error = failed(&["verify"]);
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn risks_are_accepted_beside_the_manifests_too() {
    let workspace = shop();
    let text = "source: src\nmanifestRepo: ./manifests.git\nfolder: clusters/dev\nenvironments: [dev]\nriskPolicy: {high: fail}\n";
    workspace.write("gitops.yaml", text);
    workspace.program(&["publish"]).succeed();
    workspace.write("src/web.yaml", &web(0));
    workspace.git(&["clone", "--quiet", "manifests.git", "clone"]);
    let accept = |path: &str, text: &str| {
        let git = |arguments: &[&str]| workspace.git(&[&["-C", "clone"], arguments].concat());
        git(&["rm", "--quiet", "--ignore-unmatch", "*gitops-risks.yaml"]);
        workspace.write(&format!("clone/{path}"), text);
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--allow-empty", "-m", "by operations"]);
        git(&["push", "--quiet", "origin", "main"]);
    };
    let allowance = |until: &str| {
        format!("riskAllowances: [{{rule: replicas-to-zero, reason: night, until: {until}}}]\n")
    };
    let refused = |said_too: &str| {
        let ended = workspace.program(&["verify"]).fail();
        let reason = "because `riskPolicy` says `fail` to high risks";
        assert!(said(&ended).contains(reason), "{}", said(&ended));
        assert!(said(&ended).contains(said_too), "{}", said(&ended));
    };
    refused("");
    for path in ["gitops-risks.yaml", "clusters/gitops-risks.yaml"] {
        accept(path, &allowance("9999-12-31"));
        let ended = workspace.program(&["verify"]).succeed();
        assert!(
            said(&ended).contains("replicas-to-zero"),
            "it stays visible"
        );
        accept(path, "riskSeverities: {replicas-to-zero: info}\n");
        workspace.program(&["verify"]).succeed();
    }
    accept("gitops-risks.yaml", &allowance("2020-01-31"));
    refused("(it was allowed until 2020-01-31)");
    // What is not above the folder does not count, nor what cannot be read.
    accept("other/gitops-risks.yaml", &allowance("9999-12-31"));
    refused("");
    for (text, why) in [
        (
            "riskAllowances: [{rule: replicas, reason: night, until: 9999-12-31}]\n",
            "warning: environment dev: a file that accepts risks cannot be read, so it accepts nothing: clusters/gitops-risks.yaml of ./manifests.git, line 1: `riskAllowances[0]` names the rule `replicas`, and there is no such rule",
        ),
        (
            "riskPolicy: {high: report}\n",
            "clusters/gitops-risks.yaml of ./manifests.git, line 1: unknown setting `riskPolicy`",
        ),
        (
            "a: [\n",
            "clusters/gitops-risks.yaml of ./manifests.git, line ",
        ),
    ] {
        accept("clusters/gitops-risks.yaml", text);
        refused(why);
    }
    // It is asked at the tip that is published to.
    accept("clusters/gitops-risks.yaml", &allowance("9999-12-31"));
    workspace.program(&["publish"]).succeed();
    let now = ["-C", "manifests.git", "show", "main:clusters/dev/web.yaml"];
    assert!(workspace.git(&now).contains("replicas: 0"));
}
