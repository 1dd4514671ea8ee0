//! Risks that ask for a pull request, for reviewers, for completion.

use super::host::Host;
use super::{Scene, on_both_hosts, warnings};
use crate::support::program::{Ended, Program};

on_both_hosts!(
    a_risky_change_goes_by_pull_request_and_another_is_pushed,
    the_proposed_file_has_no_say_in_a_pull_request_build,
    what_is_made_with_placeholders_is_said_not_to_be_judged,
    only_the_target_branch_accepts_risks_in_a_pull_request_build,
    a_target_branch_that_cannot_be_read_is_told_and_has_no_say,
    a_low_risk_is_completed_and_a_higher_one_is_reviewed,
    a_policy_that_fails_fails_in_every_mode,
    with_auto_a_risky_change_goes_by_pull_request_though_a_push_would_do,
);

const BOTH: (&str, &str) = ("environments", "dev,prod");

fn source<H: Host>(scene: &Scene<H>, replicas: &str) {
    let text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec: {{replicas: {replicas}, selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, spec: {{containers: [{{name: web, image: 'contoso/web:1'}}]}}}}}}\n"
    );
    scene.workspace.write("src/web.yaml", &text);
}

fn a_risky_change_goes_by_pull_request_and_another_is_pushed<H: Host>() {
    let scene = Scene::<H>::new();
    let settings = "environments: {dev: {variables: {n: 3}}, prod: {variables: {n: #n#}}}\n";
    let with = |n: &str| {
        scene
            .workspace
            .write("gitops.yaml", &settings.replace("#n#", n));
    };
    source(&scene, "#{n}#");
    with("3");
    let inputs = [
        BOTH,
        ("mode", "push"),
        ("riskPolicy", "{high: pullRequest}"),
    ];
    scene.task(&inputs).succeed();
    assert_eq!(scene.seen().len(), 0);
    // Dev grows, prod goes to nothing.
    with("0");
    let grown = settings.replace("n: 3", "n: 4").replace("#n#", "0");
    scene.workspace.write("gitops.yaml", &grown);
    let ended = scene.task(&inputs).succeed();
    assert!(!ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    let content = |branch: &str, folder: &str| {
        scene.git(|git| git.content(branch, &format!("{folder}/web.yaml")))
    };
    assert!(content("main", "dev").contains("replicas: 4"));
    assert!(content("main", "prod").contains("replicas: 3"));
    assert!(content("gitops/prod", "prod").contains("replicas: 0"));
    assert_eq!(scene.seen().len(), 1);
    // Once the risk is gone, so is the pull request.
    with("3");
    scene.task(&inputs).succeed();
    assert!(content("main", "dev").contains("replicas: 3"));
}

/// Published once; what is proposed scales it to nothing. The source is in the repository
/// of the manifests, with this behind its address.
fn scaled_down<H: Host>(behind: &str) -> (Scene<H>, String) {
    let scene = Scene::<H>::new();
    let url = format!("{}{behind}", scene.url);
    source(&scene, "3");
    let task = scene.task(&[("mode", "push")]);
    task.variable("BUILD_REPOSITORY_URI", &url).succeed();
    source(&scene, "0");
    (scene, url)
}

/// The same of the source that [`Scene::task`] has.
fn scaled_down_here<H: Host>() -> Scene<H> {
    let scene = Scene::<H>::new();
    source(&scene, "3");
    scene.task(&[("mode", "push")]).succeed();
    source(&scene, "0");
    scene
}

/// What a build of a pull request says, of a source in the repository at `url` whose
/// `gitops.yaml` has these lines.
fn build<H: Host>(scene: &Scene<H>, url: &str, proposed: &str, inputs: &[(&str, &str)]) -> Ended {
    build_task(scene, url, proposed, inputs).run()
}

fn build_task<H: Host>(
    scene: &Scene<H>,
    url: &str,
    proposed: &str,
    inputs: &[(&str, &str)],
) -> Program {
    let text = format!("environments: [dev]\n{proposed}");
    scene.workspace.write("gitops.yaml", &text);
    scene.workspace.git(&["init", "--quiet", "."]);
    let provider = if H::KIND == "azure" {
        "TfsGit"
    } else {
        "GitHubEnterprise"
    };
    let usual = [("command", "verify"), ("comment", "false")];
    scene
        .task(&[&usual, inputs].concat())
        .variable("BUILD_REASON", "PullRequest")
        .variable("BUILD_REPOSITORY_PROVIDER", provider)
        .variable("BUILD_REPOSITORY_URI", url)
        .variable("SYSTEM_PULLREQUEST_PULLREQUESTID", "1")
        .variable("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "1")
        .variable("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main")
}

/// Whether the policy stopped it.
fn is_refused(ended: &Ended) -> bool {
    let reason = "because `riskPolicy` says `fail` to high risks";
    ended.stdout.contains(reason)
}

/// Puts lines into the settings file of the target branch.
fn target<H: Host>(scene: &Scene<H>, more: &str) {
    let text = format!("environments: [dev]\n{more}");
    let file = [("gitops.yaml", "100644", text.as_str())];
    scene.git(|git| drop(git.commit("main", "settings", &file)));
}

const FAIL: &str = "riskPolicy: {high: fail}\n";
const REPORT: &str = "riskPolicy: {high: report}\n";
const ACCEPT: &str =
    "riskAllowances: [{rule: replicas-to-zero, reason: night, until: 9999-12-31}]\n";

fn the_proposed_file_has_no_say_in_a_pull_request_build<H: Host>() {
    let (scene, url) = scaled_down::<H>("");
    let fails = |proposed: &str, inputs: &[(&str, &str)]| {
        is_refused(&build(&scene, &url, proposed, inputs))
    };
    // The target branch has no such file: the task's inputs decide alone.
    assert!(!fails(FAIL, &[]));
    assert!(fails(REPORT, &[("riskPolicy", "{high: fail}")]));
    // It has one: that says it, whatever is proposed. What the task says is stronger.
    target(&scene, FAIL);
    assert!(fails(REPORT, &[]), "the target branch decides");
    assert!(!fails(FAIL, &[("riskPolicy", "{high: report}")]));
}

fn what_is_made_with_placeholders_is_said_not_to_be_judged<H: Host>() {
    let (scene, url) = scaled_down::<H>("");
    target(&scene, FAIL);
    let secret = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {key: '#{login}#'}\n";
    scene.workspace.write("src/config.yaml", secret);
    let with_secret = |task: Program| {
        task.variable("VSTS_SECRET_VARIABLES", r#"["login"]"#)
            .variable("SECRET_LOGIN", "x-marked-x")
    };
    source(&scene, "3");
    let task = scene.task(&[("mode", "push")]);
    with_secret(task.variable("BUILD_REPOSITORY_URI", &url)).succeed();
    source(&scene, "0");
    let ended = with_secret(build_task(&scene, &url, FAIL, &[])).run();
    assert!(!is_refused(&ended), "{}", ended.stdout);
    let note = "environment dev: its risks are not judged, because it is made with placeholders for secret variables; the run that publishes judges them";
    assert!(ended.stdout.contains(note), "{}", ended.stdout);
}

fn only_the_target_branch_accepts_risks_in_a_pull_request_build<H: Host>() {
    let (scene, url) = scaled_down::<H>("");
    let lower = "riskSeverities: {replicas-to-zero: info}\n";
    target(&scene, FAIL);
    for brought in [ACCEPT, lower] {
        let ended = build(&scene, &url, &format!("{FAIL}{brought}"), &[]);
        assert!(is_refused(&ended), "{}", ended.stdout);
    }
    for there in [ACCEPT, lower] {
        target(&scene, &format!("{FAIL}{there}"));
        let ended = build(&scene, &url, FAIL, &[]);
        assert!(!is_refused(&ended), "{}", ended.stdout);
        assert!(
            ended.stdout.contains("replicas-to-zero"),
            "it stays visible"
        );
    }
    // Who may write beside the manifests may accept, too; why is not told to everybody.
    target(&scene, FAIL);
    let file = [("gitops-risks.yaml", "100644", ACCEPT)];
    scene.git(|git| drop(git.commit("main", "accepted", &file)));
    let ended = build(&scene, &url, FAIL, &[]);
    assert!(!is_refused(&ended), "{}", ended.stdout);
    assert!(!ended.stdout.contains("night"), "{}", ended.stdout);
    let file = [("gitops-risks.yaml", "100644", "")];
    scene.git(|git| drop(git.commit("main", "no more", &file)));
    let expired = ACCEPT.replace("9999", "2020");
    target(&scene, &format!("{FAIL}{expired}"));
    let ended = build(&scene, &url, "", &[]);
    assert!(is_refused(&ended), "{}", ended.stdout);
    let since = "(it was allowed until 2020-12-31)";
    assert!(ended.stdout.contains(since), "{}", ended.stdout);
}

fn a_target_branch_that_cannot_be_read_is_told_and_has_no_say<H: Host>() {
    let (scene, gone) = scaled_down::<H>("-gone");
    target(&scene, FAIL);
    let ended = build(&scene, &gone, FAIL, &[]);
    assert!(!is_refused(&ended), "{}", ended.stdout);
    let start = "what happens to risks is not known from gitops.yaml of branch \"main\", so only the inputs of the task count: ";
    let said = warnings(&ended);
    assert!(said.iter().any(|line| line.starts_with(start)), "{said:#?}");
    let ended = build(&scene, &gone, REPORT, &[("riskPolicy", "{high: fail}")]);
    assert!(is_refused(&ended), "{}", ended.stdout);
}

fn a_policy_that_fails_fails_in_every_mode<H: Host>() {
    let scene = scaled_down_here::<H>();
    let before = scene.tip("main");
    for mode in ["push", "pullRequest", "auto"] {
        let error = scene.fails(&[("mode", mode), ("riskPolicy", "{high: fail}")]);
        let reason = "environment dev: it is not published, because `riskPolicy` says `fail` to high risks\n  - replicas-to-zero: Deployment shop/web: it is scaled from 3 to 0";
        assert!(error.contains(reason), "{mode}: {error}");
        assert_eq!(scene.tip("main"), before, "{mode}");
        assert_eq!(scene.seen().len(), 0, "{mode}");
        assert_eq!(scene.branches(), ["main"], "{mode}");
    }
}

fn with_auto_a_risky_change_goes_by_pull_request_though_a_push_would_do<H: Host>() {
    let scene = scaled_down_here::<H>();
    let before = scene.tip("main");
    let inputs = [("mode", "auto"), ("riskPolicy", "{high: pullRequest}")];
    let ended = scene.run(&inputs);
    let note = "environment dev: it goes by pull request, as `riskPolicy` says of high risks";
    assert!(ended.stdout.contains(note), "{}", ended.stdout);
    assert_eq!(scene.tip("main"), before);
    assert_eq!(scene.states(), [("open", "gitops/dev".to_owned())]);
    // Once the change is taken back there is nothing to push, and nothing to merge either.
    source(&scene, "3");
    scene.run(&inputs);
    assert_eq!(scene.states(), [("closed", "gitops/dev".to_owned())]);
    assert_eq!(scene.tip("main"), before);
    source(&scene, "0");
    scene.run(&inputs);
    let last = ("open", "gitops/dev".to_owned());
    assert_eq!(scene.states().last(), Some(&last));
    // Once the risk is gone it is pushed, and what was proposed is withdrawn.
    source(&scene, "2");
    scene.run(&inputs);
    let published = scene.git(|git| git.content("main", "dev/web.yaml"));
    assert!(published.contains("replicas: 2"), "{published}");
    assert!(scene.states().iter().all(|(state, _)| *state == "closed"));
    // Without the policy it would have been pushed.
    source(&scene, "0");
    scene.run(&[("mode", "auto")]);
    assert_ne!(scene.tip("main"), before);
}

fn a_low_risk_is_completed_and_a_higher_one_is_reviewed<H: Host>() {
    let scene = Scene::<H>::new();
    source(&scene, "3");
    scene.task(&[("mode", "push")]).succeed();
    let reviewer = if H::KIND == "azure" {
        "ada@contoso.com"
    } else {
        "ada"
    };
    let policy = format!("info: complete\nhigh:\n- reviewers: [{reviewer}]");
    let inputs = [("riskPolicy", policy.as_str())];
    source(&scene, "4");
    scene.run(&inputs);
    let low = scene.only();
    assert!(low.automatic.is_some(), "{low:?}");
    assert_eq!(low.reviewers.len(), 0, "{low:?}");
    source(&scene, "0");
    let ended = scene.run(&inputs);
    let high = scene.only();
    assert_eq!(high.reviewers.len(), 1, "{high:?}");
    let said = "is no longer completed automatically: `riskPolicy` leaves a change with these risks to people";
    assert!(ended.stdout.contains(said), "{}", ended.stdout);
    assert!(high.automatic.is_none(), "{high:?}");
    // Again with the same: nothing is left to cancel.
    let again = scene.run(&inputs);
    assert!(!again.stdout.contains(said), "{}", again.stdout);
    // Once the risk is gone it is completed again.
    source(&scene, "5");
    scene.run(&inputs);
    assert!(scene.only().automatic.is_some());
    // What others push to its branch no rule has seen.
    scene.git(|git| {
        let extra = [("dev/extra.yaml", "100644", "kind: X")];
        drop(git.commit("gitops/dev", "by hand", &extra));
    });
    source(&scene, "6");
    let ended = scene.run(&inputs);
    assert!(scene.only().automatic.is_none());
    let said = "is not completed automatically: its branch has commits of others, whose content `riskPolicy` has not judged";
    assert!(ended.stdout.contains(said), "{}", ended.stdout);
    // Without that it is left to people from the start.
    let scene = Scene::<H>::new();
    source(&scene, "3");
    scene.task(&[("mode", "push")]).succeed();
    source(&scene, "0");
    scene.run(&inputs);
    let only = scene.only();
    assert!(only.automatic.is_none(), "{only:?}");
    assert_eq!(only.reviewers.len(), 1, "{only:?}");
}
