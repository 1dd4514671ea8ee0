//! `wait` in a later job: what its own build published is attached to the build, and
//! tells what happened to it before the wait began.

use super::attached::{STEP, attached};
use super::program::variable;
use super::{APPS, Cluster, Says, on_both_hosts};
use crate::pull_requests::Scene;
use crate::support::azure_devops::AzureDevOps;
use crate::support::azure_devops::builds::Attachment;
use crate::support::program::{Ended, Program};
use crate::support::rest_fake::{Fault, Reply};

on_both_hosts! {
    a_revert_before_the_wait_is_noticed,
    a_pull_request_that_was_closed_before_the_wait_is_noticed,
    a_pull_request_that_was_merged_before_the_wait_is_followed,
    what_others_published_stands_on_the_branch,
    a_build_that_cannot_be_read_is_a_warning,
}

const JOB_TOKEN: &str = "marked-job-token-51ce";
const PUSH: [(&str, &str); 1] = [("mode", "push")];
const REQUEST: [(&str, &str); 1] = [("mode", "pullRequest")];

/// A pipeline on Azure DevOps; its repository is elsewhere.
struct Build<H: Cluster> {
    scene: Scene<H>,
    pipelines: AzureDevOps,
}

impl<H: Cluster> Build<H> {
    fn new() -> Self {
        let build = Self {
            scene: Scene::new(),
            pipelines: AzureDevOps::start_shop(),
        };
        let tokens = vec![JOB_TOKEN.to_owned()];
        build.pipelines.with(|state| state.tokens = tokens);
        build
    }

    fn task(&self, inputs: &[(&str, &str)]) -> Program {
        let task = self.scene.task(inputs);
        task.variable("SYSTEM_COLLECTIONURI", &self.pipelines.url("contoso/"))
            .variable(
                "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN",
                JOB_TOKEN,
            )
            .variable(STEP.0, STEP.1)
    }

    /// Publishes; the agent attaches what the step told it to.
    fn publish(&self, inputs: &[(&str, &str)]) {
        let ended = self.task(inputs).succeed();
        let content = attached(&ended).unwrap_or_else(|| panic!("{}", ended.stdout));
        self.attach(100, &content);
    }

    fn attach(&self, build: u64, content: &serde_json::Value) {
        self.pipelines.with(|state| {
            state.attachments.push(Attachment {
                build,
                kind: "gitops.published".to_owned(),
                name: format!("{}-{}", STEP.1, state.attachments.len()),
                content: content.clone(),
            });
        });
    }

    /// Waits in a later job; Flux is healthy with whatever is on the branch.
    fn wait(&self, inputs: &[(&str, &str)]) -> Ended {
        let scene = &self.scene;
        scene.server.with(|state| state.watch(APPS, Says::Healthy));
        let usual = [
            ("command", "wait"),
            ("waitFor", APPS),
            ("statusAuthors", "cluster"),
        ];
        let ended = self.task(&[&usual, inputs].concat()).succeed();
        assert!(!ended.stdout.contains(JOB_TOKEN), "{}", ended.stdout);
        ended
    }

    /// Somebody takes the branch back to what it was.
    fn revert_to(&self, commit: &str) {
        self.scene.git(|git| {
            let tip = git.tip("main").unwrap();
            let tree = git.git(&["rev-parse", &format!("{commit}^{{tree}}")]);
            let person = ["-c", "user.name=Ada", "-c", "user.email=ada@contoso.com"];
            let revert = ["commit-tree", tree.trim(), "-p", &tip, "-m", "revert"];
            let made = git.git(&[&person[..], &revert].concat());
            git.git(&["update-ref", "refs/heads/main", made.trim()]);
        });
    }
}

fn outcome(ended: &Ended) -> String {
    variable(ended, "dev.outcome").unwrap_or_else(|| panic!("{}", ended.stdout))
}

fn a_revert_before_the_wait_is_noticed<H: Cluster>() {
    let build = Build::<H>::new();
    build.scene.run(&PUSH);
    let before = build.scene.tip("main").unwrap();
    build.scene.source(81);
    build.publish(&PUSH);
    build.revert_to(&before);
    let ended = build.wait(&PUSH);
    assert_eq!(outcome(&ended), "reverted", "{}", ended.stdout);
    assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
}

fn a_pull_request_that_was_closed_before_the_wait_is_noticed<H: Cluster>() {
    let build = Build::<H>::new();
    build.scene.run(&PUSH);
    build.scene.source(81);
    build.publish(&REQUEST);
    build.scene.server.with(|state| state.abandon(0));
    let ended = build.wait(&REQUEST);
    assert_eq!(outcome(&ended), "abandoned", "{}", ended.stdout);
    assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
}

fn a_pull_request_that_was_merged_before_the_wait_is_followed<H: Cluster>() {
    let build = Build::<H>::new();
    build.publish(&REQUEST);
    build.scene.server.with(|state| state.merge(0));
    let ended = build.wait(&REQUEST);
    assert_eq!(outcome(&ended), "rolledOut", "{}", ended.stdout);
    let merged = build.scene.tip("main");
    assert_eq!(variable(&ended, "dev.rolledOutCommit"), merged);
}

fn what_others_published_stands_on_the_branch<H: Cluster>() {
    let build = Build::<H>::new();
    build.scene.run(&PUSH);
    let standing = build.scene.tip("main");
    // Of another branch, and of another build.
    let content = |branch: &str| {
        serde_json::json!({
            "version": 1, "command": "publish", "time": 1, "publications": [{
                "host": "git", "repository": build.scene.url, "branch": branch,
                "outcome": "declined", "emptyDiff": false,
                "environments": [{"name": "dev", "folder": "dev", "emptyDiff": false}],
            }],
        })
    };
    build.attach(100, &content("release"));
    build.attach(99, &content("main"));
    let ended = build.wait(&PUSH);
    assert_eq!(outcome(&ended), "rolledOut", "{}", ended.stdout);
    assert_eq!(variable(&ended, "dev.rolledOutCommit"), standing);
    build.attach(100, &content("main"));
    assert_eq!(outcome(&build.wait(&PUSH)), "abandoned");
}

fn a_build_that_cannot_be_read_is_a_warning<H: Cluster>() {
    let build = Build::<H>::new();
    build.scene.run(&PUSH);
    let said = serde_json::json!({"message": "TF50309: no permission to view builds"});
    let refused = Fault::Answer(Reply::json(403, &said));
    build.pipelines.inject(0, refused);
    let ended = build.wait(&PUSH);
    assert_eq!(outcome(&ended), "rolledOut", "{}", ended.stdout);
    let start = "]what this build published cannot be read: ";
    let line = ended.stdout.lines().find(|line| line.contains(start));
    let line = line.unwrap_or_else(|| panic!("{}", ended.stdout));
    assert!(line.contains("TF50309"), "{line}");
    assert!(
        line.ends_with("The wait follows what is on the branch now, and does not notice that a pull request was closed or a commit was reverted before"),
        "{line}"
    );
}
