//! The program as a user runs it: `publish` with `wait`, and `wait` alone.

use std::io::Read as _;
use std::process::Stdio;

use super::{APPS, Cluster, Says, on_both_hosts};
use crate::pull_requests::Scene;
use crate::support::azure_devops::Azure;
use crate::support::program::{Ended, Workspace};
use crate::support::rest_fake::{Fault, Reply};

on_both_hosts! {
    publish_waits_and_tells_later_steps,
    a_failed_rollout_fails_the_run_and_tells_what_failed,
    what_is_unchanged_and_rolled_out_passes_at_once,
    what_is_unchanged_and_not_rolled_out_is_waited_for,
    a_pull_request_that_is_merged_at_once_is_waited_for,
    wait_follows_what_stands_on_the_branch,
    wait_follows_the_open_pull_request,
    open_pull_requests_of_many_environments_are_one_question,
    nothing_is_published_that_could_not_be_waited_for,
    wait_without_authors_lists_who_has_written,
    on_a_pull_request_build_there_is_nothing_to_wait_for,
    what_a_cluster_says_is_no_command_in_the_log,
    promote_waits_for_where_it_promotes_to,
    a_token_that_may_publish_and_not_read_says_so,
}

const PUSH: (&str, &str) = ("mode", "push");

pub(super) fn inputs<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        PUSH,
        ("wait", "true"),
        ("waitFor", APPS),
        ("statusAuthors", "cluster"),
    ];
    [&usual[..], more].concat()
}

pub(super) fn variable(ended: &Ended, name: &str) -> Option<String> {
    let start = format!("##vso[task.setvariable variable={name};isOutput=true]");
    let found = ended
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix(&start));
    found.map(str::to_owned)
}

/// The page of the run.
fn page(ended: &Ended) -> String {
    let start = "##vso[task.addattachment type=Distributedtask.Core.Summary;name=GitOps]";
    let path = ended
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix(start));
    std::fs::read_to_string(path.unwrap()).unwrap()
}

fn publish_waits_and_tells_later_steps<H: Cluster>() {
    let scene = Scene::<H>::new();
    scene.server.with(|state| state.watch(APPS, Says::Healthy));
    let ended = scene.run(&inputs(&[]));
    let tip = scene.tip("main").unwrap();
    assert_eq!(
        variable(&ended, "dev.outcome").as_deref(),
        Some("rolledOut"),
        "{}",
        ended.stdout
    );
    assert_eq!(variable(&ended, "dev.rolledOutCommit"), Some(tip.clone()));
    assert_eq!(variable(&ended, "dev.lastRolledOutCommit"), Some(tip));
    // What was published is reported before the wait, and only once.
    let told = |words: &str| {
        let found: Vec<_> = ended.stdout.match_indices(words).collect();
        assert_eq!(found.len(), 1, "{words}: {}", ended.stdout);
        found[0].0
    };
    let published = told("\nPublished ").max(told("\n##[group]dev: 1 resource"));
    assert!(
        published < told("\nWaiting for the rollout"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("dev: rolled out"), "{}", ended.stdout);
    assert!(
        page(&ended).contains("| `dev` | rolled out |"),
        "{}",
        page(&ended)
    );
}

fn a_failed_rollout_fails_the_run_and_tells_what_failed<H: Cluster>() {
    let scene = Scene::<H>::new();
    scene.workspace.write("gitops.yaml", "waitGrace: 0\n");
    scene
        .server
        .with(|state| state.watch(APPS, Says::Unhealthy));
    let ended = scene.task(&inputs(&[])).succeed();
    assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    assert_eq!(variable(&ended, "dev.outcome").as_deref(), Some("failed"));
    assert_eq!(variable(&ended, "dev.rolledOutCommit").as_deref(), Some(""));
    assert_eq!(variable(&ended, "changed").as_deref(), Some("true"));
    let error = "not everything was rolled out: dev: failed";
    assert!(ended.stdout.contains(error), "{}", ended.stdout);
    // The tests are about the plan, which nothing stopped.
    let start = "##vso[results.publish type=JUnit;runTitle=GitOps plan]";
    let mut lines = ended.stdout.lines();
    if let Some(path) = lines.find_map(|line| line.strip_prefix(start)) {
        let tests = std::fs::read_to_string(path).unwrap();
        assert!(!tests.contains("<failure"), "{tests}");
    }
    assert!(
        page(&ended).contains("health check failed"),
        "{}",
        page(&ended)
    );
}

/// The cluster reported on the commit that brought it, and on nothing since.
fn what_is_unchanged_and_rolled_out_passes_at_once<H: Cluster>() {
    let scene = unchanged::<H>();
    let brought = scene.tip("main").unwrap();
    scene.server.with(|state| {
        state.flux(&brought, APPS, Says::Healthy, "cluster");
    });
    scene.git(|git| git.commit("main", "other", &[("other/x", "100644", "1")]));
    scene.server.forget();
    let ended = scene.run(&inputs(&[]));
    let outcome = variable(&ended, "dev.outcome");
    assert_eq!(outcome.as_deref(), Some("unchanged"), "{}", ended.stdout);
    let rolled_out = variable(&ended, "dev.rolledOutCommit");
    assert_eq!(rolled_out, Some(brought), "{}", ended.stdout);
    let said = "dev: nothing to roll out\n";
    assert!(ended.stdout.contains(said), "{}", ended.stdout);
    assert!(!ended.stdout.contains("waiting for"), "{}", ended.stdout);
}

fn what_is_unchanged_and_not_rolled_out_is_waited_for<H: Cluster>() {
    let scene = unchanged::<H>();
    let ended = scene.task(&inputs(&[("waitTimeout", "1")])).succeed();
    let outcome = variable(&ended, "dev.outcome");
    assert_eq!(outcome.as_deref(), Some("timedOut"), "{}", ended.stdout);
    assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    let said = "kustomization/apps has reported on none of the last ";
    assert!(ended.stdout.contains(said), "{}", ended.stdout);
}

/// Everything is published; on `main` of a server that filters, as both hosts do.
pub(super) fn unchanged<H: Cluster>() -> Scene<H> {
    let scene = Scene::<H>::new();
    scene.git(|git| {
        git.config("uploadpack.allowFilter", "true");
        git.config("uploadpack.allowReachableSHA1InWant", "true");
    });
    scene.run(&[PUSH]);
    scene
}

fn a_pull_request_that_is_merged_at_once_is_waited_for<H: Cluster>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    scene.server.with(|state| state.merge(0));
    scene.server.with(|state| state.watch(APPS, Says::Healthy));
    // The pull request was merged meanwhile: what it brought stands on the branch.
    let ended = scene.run(&inputs(&[("command", "wait"), ("mode", "pullRequest")]));
    assert_eq!(
        variable(&ended, "dev.outcome").as_deref(),
        Some("rolledOut"),
        "{}",
        ended.stdout
    );
}

fn wait_follows_what_stands_on_the_branch<H: Cluster>() {
    let scene = Scene::<H>::new();
    scene.run(&[PUSH]);
    let published = scene.tip("main").unwrap();
    scene.git(|git| drop(git.commit("main", "other", &[("README.md", "100644", "new")])));
    scene.server.with(|state| state.watch(APPS, Says::Healthy));
    let ended = scene.run(&inputs(&[("command", "wait")]));
    assert_eq!(
        variable(&ended, "dev.outcome").as_deref(),
        Some("rolledOut"),
        "{}",
        ended.stdout
    );
    assert_eq!(variable(&ended, "dev.rolledOutCommit"), Some(published));
    let said = scene.fails(&inputs(&[("command", "wait"), ("environments", "qa")]));
    assert!(
        said.contains("there is nothing in the folder `qa` of branch \"main\""),
        "{said}"
    );
}

fn wait_follows_the_open_pull_request<H: Cluster>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    scene.workspace.write("gitops.yaml", "waitTimeout: 0\n");
    let ended = scene
        .task(&inputs(&[("command", "wait"), ("mode", "pullRequest")]))
        .succeed();
    assert_eq!(
        variable(&ended, "dev.outcome").as_deref(),
        Some("notMerged"),
        "{}",
        ended.stdout
    );
    assert!(
        ended
            .stdout
            .contains("pull request 1 was not merged in time"),
        "{}",
        ended.stdout
    );
}

fn nothing_is_published_that_could_not_be_waited_for<H: Cluster>() {
    let scene = Scene::<H>::new();
    let before = scene.tip("main");
    let said = scene.fails(&inputs(&[("statusAuthors", "")]));
    assert!(said.contains("`statusAuthors` is not set"), "{said}");
    let local = scene.workspace.path().join("m.git").display().to_string();
    scene.workspace.git(&["init", "-q", "--bare", "m.git"]);
    let said = scene.fails(&inputs(&[("manifestRepo", &local), ("gitHost", "git")]));
    assert!(said.contains(" has no commit statuses"), "{said}");
    assert_eq!((scene.tip("main"), scene.server.pushes()), (before, 0));
}

fn wait_without_authors_lists_who_has_written<H: Cluster>() {
    let scene = Scene::<H>::new();
    let ask = || scene.fails(&inputs(&[("command", "wait"), ("statusAuthors", "")]));
    assert!(ask().contains("nobody has written a status"), "{}", ask());
    let tip = scene.tip("main").unwrap();
    scene
        .server
        .with(|state| state.flux(&tip, APPS, Says::Healthy, "the-cluster"));
    let said = ask();
    assert!(
        said.contains("set `statusAuthors` to the-cluster (it reported on kustomization/apps)"),
        "{said}"
    );
}

fn on_a_pull_request_build_there_is_nothing_to_wait_for<H: Cluster>() {
    let scene = Scene::<H>::new();
    let task = scene.task(&inputs(&[("command", "wait")]));
    let ended = task.variable("BUILD_REASON", "PullRequest").succeed();
    let said =
        "This is a pull request build, so nothing was published and there is nothing to wait for";
    assert!(ended.stdout.contains(said), "{}", ended.stdout);
    assert!(!ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    let task = scene.task(&inputs(&[("comment", "false")]));
    let ended = task.variable("BUILD_REASON", "PullRequest").succeed();
    assert!(!ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    assert_eq!(variable(&ended, "dev.outcome"), None);
}

fn what_a_cluster_says_is_no_command_in_the_log<H: Cluster>() {
    let scene = Scene::<H>::new();
    scene.workspace.write("gitops.yaml", "waitGrace: 0\n");
    let hostile = "kustomization/a]##vso[task.setvariable variable=x]y";
    scene
        .server
        .with(|state| state.watch(hostile, Says::Unhealthy));
    let ended = scene
        .task(&inputs(&[("waitFor", "kustomization/*")]))
        .succeed();
    assert_eq!(variable(&ended, "dev.outcome").as_deref(), Some("failed"));
    let own = ended.stdout.lines().filter(|line| line.contains("##vso["));
    for line in own {
        assert_eq!(line.matches("##vso[").count(), 1, "{line}");
        assert!(line.starts_with("##vso["), "{line}");
    }
}

fn promote_waits_for_where_it_promotes_to<H: Cluster>() {
    let scene = Scene::<H>::new();
    // Nobody waits for what is promoted.
    let file = "environments:\n  dev:\n  prod: { statusAuthors: cluster }\n";
    scene.workspace.write("gitops.yaml", file);
    scene.workspace.git(&["init", "-q"]);
    scene.workspace.git(&["add", "."]);
    scene.workspace.git(&["commit", "-q", "-m", "source"]);
    let head = scene.workspace.git(&["rev-parse", "HEAD"]);
    let task = |more: &[(&str, &str)]| {
        let more = [more, &[("statusAuthors", "")]].concat();
        scene
            .task(&inputs(&more))
            .variable("BUILD_SOURCEVERSION", head.trim())
    };
    task(&[("wait", "false")]).succeed();
    scene.server.with(|state| state.watch(APPS, Says::Healthy));
    let ended = task(&[
        ("environments", ""),
        ("command", "promote"),
        ("from", "dev"),
        ("to", "prod"),
    ])
    .succeed();
    assert_eq!(
        variable(&ended, "prod.outcome").as_deref(),
        Some("rolledOut"),
        "{}",
        ended.stdout
    );
    assert_eq!(variable(&ended, "dev.outcome"), None);
}

fn a_token_that_may_publish_and_not_read_says_so<H: Cluster>() {
    let scene = Scene::<H>::new();
    for later in 0..8 {
        let said =
            serde_json::json!({"message": "TF401027: You need the Git 'GenericRead' permission"});
        scene
            .server
            .inject(later, Fault::Answer(Reply::json(403, &said)));
    }
    let ended = scene.task(&inputs(&[])).succeed();
    scene.server.heal();
    assert_eq!(
        variable(&ended, "changed").as_deref(),
        Some("true"),
        "{}",
        ended.stdout
    );
    assert_eq!(
        variable(&ended, "dev.outcome").as_deref(),
        Some("unknown"),
        "{}",
        ended.stdout
    );
    assert!(
        ended
            .stdout
            .contains("a token that may publish may not read"),
        "{}",
        ended.stdout
    );
}

/// Cancelling ends a wait at once and leaves nothing behind.
#[cfg(unix)]
#[test]
fn a_wait_that_is_cancelled_leaves_nothing_behind() {
    let scene = Scene::<Azure>::new();
    scene.run(&[PUSH]);
    scene.server.forget();
    let left = || scene.workspace.temp().read_dir().unwrap().count();
    let before = left();
    let mut command = scene.task(&inputs(&[("command", "wait")])).command();
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("has reported on none") {
        let mut piece = [0; 256];
        let read = stdout.read(&mut piece).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&piece[..read]);
    }
    let id = i32::try_from(child.id()).unwrap();
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(id).unwrap(),
        rustix::process::Signal::TERM,
    )
    .unwrap();
    let ended = child.wait().unwrap();
    assert_eq!(ended.code(), Some(143));
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    // It has nothing to push.
    assert!(rest.ends_with("Cancelled\n"), "{rest}");
    assert_eq!(left(), before);
    assert!(scene.server.requests().iter().all(|asked| !asked.writes()));
}

fn open_pull_requests_of_many_environments_are_one_question<H: Cluster>() {
    let scene = Scene::<H>::new();
    let several = [("environments", "dev,qa,prod")];
    scene.run(&several);
    assert_eq!(scene.seen().len(), 3);
    scene.server.forget();
    let wait = [
        ("command", "wait"),
        ("waitFor", APPS),
        ("statusAuthors", "cluster"),
        ("waitTimeout", "0"),
    ];
    let ended = scene.task(&[&several[..], &wait].concat()).succeed();
    for name in ["dev", "qa", "prod"] {
        let outcome = variable(&ended, &format!("{name}.outcome"));
        assert_eq!(outcome.as_deref(), Some("notMerged"), "{}", ended.stdout);
    }
    let asked = scene.server.requests();
    let lists = asked.iter().filter(|asked| {
        let is_open = |(name, value): &(String, String)| match name.as_str() {
            "searchCriteria.status" => value == "active",
            name => name == "state" && value == "open",
        };
        asked.query.iter().any(is_open)
    });
    assert_eq!(lists.count(), 1, "{asked:#?}");
}

/// Flux takes addresses of Azure DevOps Server apart by counting, and this one is too long.
#[test]
fn a_cluster_that_cannot_report_is_not_waited_for() {
    let workspace = Workspace::new();
    workspace.write(
        "gitops.yaml",
        "manifestRepo: http://127.0.0.1:9/tfs/Main/shop/_git/manifests\ngitHost: azure\nbranch: main\nstatusAuthors: cluster\nenvironments:\n  dev: {}\n  weu: { generator: flux, flux: { version: '2.9', environments: dev } }\n",
    );
    let wait = |more: &[&str]| {
        let wait = ["wait", "--environments", "dev", "--wait-timeout", "0"];
        workspace.program(&[&wait[..], more].concat()).fail().stderr
    };
    insta::assert_snapshot!(wait(&[]), @r"
    error: environment dev: Flux writes no commit statuses to http://127.0.0.1:9/tfs/Main/shop/_git/manifests, so its rollout cannot be waited for
      help: set `waitFor` to what does report there
    ");
    // Somebody else may report there.
    let named = wait(&["--wait-for", APPS]);
    assert!(!named.contains("Flux writes"), "{named}");
}

#[test]
fn at_a_terminal_wait_says_of_its_own_repository_that_it_has_no_statuses() {
    let workspace = Workspace::new();
    workspace.write(
        "web.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n",
    );
    workspace.write("gitops.yaml", "environments: [dev]\n");
    workspace.program(&["publish"]).succeed();
    let said = workspace.program(&["wait"]).fail().stderr;
    let end = ".gitops/manifests.git has no commit statuses\n  help: waiting needs a repository on Azure DevOps or GitHub\n";
    assert!(said.contains(end), "{said}");
}
