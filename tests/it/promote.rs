//! Promotion, as a user sees it: what was published for one environment goes
//! to others from the same commit of the source.

mod files;
mod proposed;
mod refused;

use crate::support::program::{Ended, Workspace};

/// A source with two environments and a manifest repository beside it, which
/// git ignores.
fn shop() -> Workspace {
    let workspace = Workspace::new();
    workspace
        .write("hld/web.yaml", WEB)
        .write("gitops.yaml", &settings("1"))
        .write("vars/shop.yaml", "zone: north\n")
        .write("images.json", r#"{"contoso/web": "1.0"}"#)
        .write(".gitignore", "manifests.git\nclone\n");
    workspace.git(&["init", "--quiet", "."]);
    workspace.git(&["init", "--quiet", "--bare", "manifests.git"]);
    commit(&workspace);
    workspace
}

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {zone: '#{zone}#'}}
spec:
  replicas: #{replicas}#
  template: {spec: {containers: [{name: web, image: contoso/web:0}]}}
";

fn settings(prod: &str) -> String {
    format!(
        "source: hld
manifestRepo: ./manifests.git
variableFiles: vars/*.yaml
imageFiles: images.json
environments:
  dev: {{variables: {{replicas: 1}}}}
  qa: {{variables: {{replicas: 2}}}}
  prod: {{folder: clusters/prod, variables: {{replicas: {prod}}}}}
"
    )
}

/// Commits everything; gives back the commit.
fn commit(workspace: &Workspace) -> String {
    workspace.git(&["add", "--all"]);
    workspace.git(&["commit", "--quiet", "-m", "change"]);
    head(workspace)
}

fn head(workspace: &Workspace) -> String {
    workspace.git(&["rev-parse", "HEAD"]).trim().to_owned()
}

/// A file of the manifest repository.
fn published(workspace: &Workspace, path: &str) -> String {
    let place = format!("main:{path}");
    workspace.git(&["-C", "manifests.git", "show", &place])
}

/// The image, zone and replicas that an environment has.
fn facts(workspace: &Workspace, folder: &str) -> String {
    let text = published(workspace, &format!("{folder}/web.yaml"));
    let after = |start: &str| {
        let rest = text.split_once(start).unwrap().1;
        rest.split(['\n', '}', '\'']).next().unwrap().to_owned()
    };
    format!(
        "{} in {}, {} replicas",
        after("image: ").trim_matches('"'),
        after("zone: '"),
        after("replicas: ")
    )
}

fn ledger(workspace: &Workspace, folder: &str) -> serde_json::Value {
    let text = published(workspace, &format!("{folder}/.gitops-publisher"));
    serde_json::from_str(&text).unwrap()
}

fn commits(workspace: &Workspace) -> usize {
    let list = workspace.git(&["-C", "manifests.git", "rev-list", "main"]);
    list.lines().count()
}

/// Changes the manifest repository as a person would.
fn by_hand(workspace: &Workspace, change: impl FnOnce(&Workspace)) {
    workspace.git(&["clone", "--quiet", "manifests.git", "clone"]);
    change(workspace);
    workspace.git(&["-C", "clone", "add", "--all"]);
    workspace.git(&["-C", "clone", "commit", "--quiet", "-m", "by hand"]);
    workspace.git(&["-C", "clone", "push", "--quiet", "origin", "main"]);
    workspace.remove("clone");
}

/// Everything that a source can be made of, as it is not wanted: what is only
/// in the checkout must not be seen.
fn spoil(workspace: &Workspace) {
    workspace
        .write("gitops.yaml", &settings("99"))
        .write("hld/web.yaml", "spoilt")
        .write("hld/more.yaml", "spoilt")
        .write("vars/shop.yaml", "zone: spoilt\n")
        .write("images.json", r#"{"contoso/web": "spoilt"}"#);
}

fn publish(workspace: &Workspace, environment: &str) -> Ended {
    let arguments = ["publish", "--environments", environment];
    workspace.program(&arguments).succeed()
}

fn promote<'a>(to: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["promote", "--from", "dev", "--to", to], more].concat()
}

/// What an error says, and what it advises.
fn said(ended: &Ended) -> String {
    let words = |line: &&str| line.starts_with("error") || line.trim().starts_with("help");
    ended
        .stderr
        .lines()
        .filter(words)
        .collect::<Vec<_>>()
        .join("\n")
}

fn temp_is_empty(workspace: &Workspace) -> bool {
    workspace.temp().read_dir().unwrap().next().is_none()
}

#[test]
fn prod_gets_the_commit_that_dev_has_whatever_is_checked_out() {
    let workspace = shop();
    let first = head(&workspace);
    publish(&workspace, "dev");
    spoil(&workspace);
    commit(&workspace);
    let ended = workspace.program(&promote("prod", &[])).succeed();
    assert_eq!(
        facts(&workspace, "clusters/prod"),
        "contoso/web:1.0 in north, 1 replicas"
    );
    assert_eq!(
        ledger(&workspace, "clusters/prod")["publication"]["sourceCommit"],
        first
    );
    assert!(
        ended
            .stderr
            .contains(&format!("Promoting dev to prod: commit {first}"))
    );
    assert!(
        ended
            .stderr
            .contains("Later changes that affect only other environments are left out; to include them, set `commit`, for example to ")
    );
    assert!(temp_is_empty(&workspace));
}

#[test]
fn what_is_not_committed_plays_no_part_and_stays_as_it_is() {
    let workspace = shop();
    publish(&workspace, "dev");
    spoil(&workspace);
    let before = workspace.git(&["status", "--short"]);
    workspace.program(&promote("prod", &[])).succeed();
    assert_eq!(
        facts(&workspace, "clusters/prod"),
        "contoso/web:1.0 in north, 1 replicas"
    );
    assert_eq!(workspace.git(&["status", "--short"]), before);
    assert_eq!(workspace.read("hld/web.yaml"), "spoilt");
}

#[test]
fn several_environments_are_one_commit_and_the_result_names_the_source() {
    let workspace = shop();
    publish(&workspace, "dev");
    let arguments = promote("qa,prod", &["--format", "json"]);
    let ended = workspace.program(&arguments).succeed();
    let result: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(result["command"], "promote");
    assert_eq!(result["sourceCommit"], head(&workspace));
    assert_eq!(result["publications"].as_array().unwrap().len(), 1);
    let names: Vec<_> = result["environments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["name"])
        .collect();
    assert_eq!(names, ["qa", "prod"]);
    assert_eq!(commits(&workspace), 2);
    let again = workspace.program(&arguments).succeed();
    let result: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(result["changed"], false);
}

#[test]
fn what_changed_for_prod_alone_comes_with_a_commit_that_is_named() {
    let workspace = shop();
    publish(&workspace, "dev");
    workspace.write("gitops.yaml", &settings("5"));
    let second = commit(&workspace);
    // Nothing changes for dev, whose ledger keeps the commit that it has.
    publish(&workspace, "dev");
    workspace.program(&promote("prod", &[])).succeed();
    assert_eq!(
        facts(&workspace, "clusters/prod"),
        "contoso/web:1.0 in north, 1 replicas"
    );
    workspace
        .program(&promote("prod", &["--commit", "HEAD"]))
        .succeed();
    assert_eq!(
        facts(&workspace, "clusters/prod"),
        "contoso/web:1.0 in north, 5 replicas"
    );
    assert_eq!(
        ledger(&workspace, "clusters/prod")["publication"]["sourceCommit"],
        second
    );
}

#[test]
fn a_commit_that_is_named_has_to_render_to_what_dev_has() {
    let workspace = shop();
    publish(&workspace, "dev");
    workspace.write("hld/web.yaml", &WEB.replace("name: web,", "name: shop,"));
    commit(&workspace);
    let ended = workspace
        .program(&promote("prod", &["--commit", "main"]))
        .fail();
    let commit = &head(&workspace)[..10];
    insta::assert_snapshot!(said(&ended).replace(commit, "<commit>"), @r"
    error: environment dev: commit <commit> of the source does not render to what was published: it differs in web.yaml
      help: publish `dev` from that commit first, or leave `commit` out
      help: run the promotion with the variables and inputs of the publication; what changes from run to run, such as the tag of an image, belongs in a file of the source
      help: `plan` for that environment, on that commit, shows what differs
    ");
    let ended = workspace
        .program(&promote("prod", &["--commit", "v9"]))
        .fail();
    let folder = workspace
        .path()
        .canonicalize()
        .unwrap()
        .display()
        .to_string();
    insta::assert_snapshot!(said(&ended).replace(&folder, "<checkout>"), @r"
    error: v9, the revision that `commit` names, is not in the git checkout <checkout>
      help: fetch it first; on the `checkout` step of a pipeline, `fetchDepth: 0` fetches all commits of the branch
    ");
}

#[test]
fn the_order_of_commits_is_kept_unless_going_back_is_meant() {
    let workspace = shop();
    publish(&workspace, "dev");
    workspace.write("gitops.yaml", &settings("5"));
    commit(&workspace);
    publish(&workspace, "prod");
    let ended = workspace.program(&promote("prod", &[])).succeed();
    assert!(
        ended.stderr.contains("this run is older than"),
        "{ended:#?}"
    );
    assert_eq!(
        facts(&workspace, "clusters/prod"),
        "contoso/web:1.0 in north, 5 replicas"
    );
    workspace
        .program(&promote("prod", &["--allow-older"]))
        .succeed();
    assert_eq!(
        facts(&workspace, "clusters/prod"),
        "contoso/web:1.0 in north, 1 replicas"
    );
}

#[test]
fn where_publishing_is_switched_off_what_would_change_is_listed() {
    let workspace = shop();
    publish(&workspace, "dev");
    let ended = workspace
        .program(&promote("prod", &[]))
        .variable("VERIFY_ONLY", "1")
        .succeed();
    assert!(
        ended.stderr.contains("Publishing would change"),
        "{ended:#?}"
    );
    assert_eq!(commits(&workspace), 1);
}

#[test]
fn a_promotion_can_be_planned_approved_and_then_made() {
    let workspace = shop();
    publish(&workspace, "dev");
    let plan = promote("prod", &["--dry-run", "--plan-file", "../plan.json"]);
    let ended = workspace.program(&plan).succeed();
    assert_eq!(commits(&workspace), 1, "nothing is published");
    let hash = ended.stderr.split_once("Plan hash: ").unwrap().1;
    let hash = hash.lines().next().unwrap();
    // A later commit of the source is not the one that was planned.
    workspace.write("images.json", r#"{"contoso/web": "2.0"}"#);
    commit(&workspace);
    let flags = ["--plan-hash", hash, "--plan-file", "../plan.json"];
    let other = promote("prod", &[&flags[..], &["--commit", "HEAD"]].concat());
    let ended = workspace.program(&other).fail();
    assert_eq!(commits(&workspace), 1, "{}", ended.stderr);
    let ended = workspace.program(&promote("qa", &flags)).fail();
    let reason = "environment prod: it is in the plan, and this run leaves it out";
    assert!(ended.stderr.contains(reason), "{}", ended.stderr);
    workspace.program(&promote("prod", &flags)).succeed();
    assert_eq!(
        facts(&workspace, "clusters/prod"),
        "contoso/web:1.0 in north, 1 replicas"
    );
}

#[test]
fn risks_of_a_promotion_are_judged_by_the_settings_that_are_checked_out() {
    let workspace = shop();
    let down = settings("0");
    publish(&workspace, "dev");
    publish(&workspace, "prod");
    workspace
        .write("gitops.yaml", &down)
        .write("images.json", r#"{"contoso/web": "2.0"}"#);
    commit(&workspace);
    publish(&workspace, "dev");
    // The commit that is promoted says nothing about risks.
    let policy = format!("{down}riskPolicy: {{high: fail}}\n");
    workspace.write("gitops.yaml", &policy);
    commit(&workspace);
    for more in [&["--dry-run"][..], &[]] {
        let ended = workspace.program(&promote("prod", more)).fail();
        let reason = "environment prod: it is not published, because `riskPolicy` says `fail` to high risks\n  - replicas-to-zero: Deployment shop/web: ";
        assert!(ended.stderr.contains(reason), "{}", ended.stderr);
    }
    assert_eq!(
        facts(&workspace, "clusters/prod"),
        "contoso/web:1.0 in north, 1 replicas"
    );
    let accepted = format!(
        "{policy}riskAllowances: [{{rule: replicas-to-zero, reason: night, until: 9999-12-31}}]\n"
    );
    workspace.write("gitops.yaml", &accepted);
    commit(&workspace);
    workspace.program(&promote("prod", &[])).succeed();
    assert_eq!(
        facts(&workspace, "clusters/prod"),
        "contoso/web:2.0 in north, 0 replicas"
    );
}
