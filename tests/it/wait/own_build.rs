//! `wait` in a later job: what its own build published is attached to the build, and
//! tells what happened to it before the wait began.

use super::attached::{STEP, attached};
use super::program::variable;
use super::{APPS, Cluster, Says, on_both_hosts};
use crate::pull_requests::Scene;
use crate::pull_requests::host::Host as _;
use crate::support::azure_devops::builds::Attachment;
use crate::support::azure_devops::{Azure, AzureDevOps};
use crate::support::program::{Ended, Program};
use crate::support::rest_fake::{Fault, Reply};

on_both_hosts! {
    a_revert_before_the_wait_is_noticed,
    a_pull_request_that_was_closed_before_the_wait_is_noticed,
    a_pull_request_that_was_merged_before_the_wait_is_followed,
    what_others_published_stands_on_the_branch,
    a_build_that_cannot_be_read_is_a_warning,
    a_revert_is_noticed_although_the_build_cannot_be_read,
    a_merged_pull_request_is_found_although_the_build_cannot_be_read,
    what_nobody_can_tell_is_unknown,
    a_job_that_is_run_again_waits_for_what_it_published,
    a_later_job_tells_how_long_it_took_since_publishing,
}

const TOKEN: &str = "marked-token-7f3a";
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
        // As both hosts do.
        build.scene.git(|git| {
            git.config("uploadpack.allowFilter", "true");
            git.config("uploadpack.allowReachableSHA1InWant", "true");
        });
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

    /// The pipeline has no permission to read its builds, as the next run sees.
    fn refuse(&self) {
        let said = serde_json::json!({"message": "TF50309: no permission to view builds"});
        self.pipelines
            .inject(0, Fault::Answer(Reply::json(403, &said)));
    }

    /// Another build of the same pipeline publishes.
    fn publish_earlier(&self, inputs: &[(&str, &str)]) {
        let task = self.task(inputs).variable("BUILD_BUILDID", "99");
        task.succeed();
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

    /// The plain command line in a step of the same build.
    fn script(&self, arguments: &[&str]) -> Program {
        let scene = &self.scene;
        scene.server.with(|state| state.watch(APPS, Says::Healthy));
        let there = ["--manifest-repo", &scene.url, "--git-host", H::KIND];
        let mut program = scene.workspace.program(&[arguments, &there].concat());
        for (name, value) in [
            ("TF_BUILD", "True"),
            ("SYSTEM_HOSTTYPE", "build"),
            ("SYSTEM_TEAMPROJECT", "shop"),
            ("SYSTEM_DEFINITIONID", "12"),
            ("BUILD_BUILDID", "100"),
            ("GITOPS_TOKEN", TOKEN),
        ] {
            program = program.variable(name, value);
        }
        program.variable("SYSTEM_COLLECTIONURI", &self.pipelines.url("contoso/"))
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
    build.publish(&PUSH);
    build.refuse();
    let ended = build.wait(&PUSH);
    assert_eq!(outcome(&ended), "rolledOut", "{}", ended.stdout);
    let start = "]what this build published cannot be read: ";
    let line = ended.stdout.lines().find(|line| line.contains(start));
    let line = line.unwrap_or_else(|| panic!("{}", ended.stdout));
    assert!(line.contains("TF50309"), "{line}");
    assert!(
        line.ends_with("The wait looks for it in the ledgers of the branch"),
        "{line}"
    );
}

fn a_revert_is_noticed_although_the_build_cannot_be_read<H: Cluster>() {
    let build = Build::<H>::new();
    build.publish_earlier(&PUSH);
    let before = build.scene.tip("main").unwrap();
    build.scene.source(81);
    build.publish(&PUSH);
    build.revert_to(&before);
    build.refuse();
    let ended = build.wait(&PUSH);
    assert_eq!(outcome(&ended), "reverted", "{}", ended.stdout);
    assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
}

fn a_merged_pull_request_is_found_although_the_build_cannot_be_read<H: Cluster>() {
    for (is_reverted, expected) in [(false, "rolledOut"), (true, "reverted")] {
        let build = Build::<H>::new();
        build.publish_earlier(&PUSH);
        let before = build.scene.tip("main").unwrap();
        build.scene.source(81);
        build.publish(&REQUEST);
        build.scene.server.with(|state| state.merge(0));
        if is_reverted {
            build.revert_to(&before);
        }
        build.refuse();
        let ended = build.wait(&REQUEST);
        assert_eq!(outcome(&ended), expected, "{}", ended.stdout);
    }
}

/// A pull request that was closed leaves nothing on the branch, nor does a commit that
/// somebody pushed over: what stands there is healthy, and is not what was published.
fn what_nobody_can_tell_is_unknown<H: Cluster>() {
    for (mode, goes) in [(REQUEST, "closed"), (PUSH, "pushed over")] {
        let build = Build::<H>::new();
        build.publish_earlier(&PUSH);
        let before = build.scene.tip("main").unwrap();
        build.scene.source(81);
        build.publish(&mode);
        if mode == REQUEST {
            build.scene.server.with(|state| state.abandon(0));
        } else {
            let back = ["update-ref", "refs/heads/main", &before];
            build.scene.git(|git| drop(git.git(&back)));
        }
        build.refuse();
        let ended = build.wait(&mode);
        assert_eq!(outcome(&ended), "unknown", "{goes}: {}", ended.stdout);
        assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
        for said in [
            "dev: unknown: it is not known what this build published: its attachments cannot be read, and none of the newest commits of branch \"main\" has a ledger that it wrote",
            "let the identity of the build read builds (\"View builds\")",
        ] {
            assert!(ended.stdout.contains(said), "{goes}: {}", ended.stdout);
        }
    }
}

/// The rollout failed, and somebody runs the failed job again: there is nothing to
/// publish, and nothing is better.
fn a_job_that_is_run_again_waits_for_what_it_published<H: Cluster>() {
    let build = Build::<H>::new();
    build.scene.workspace.write("gitops.yaml", "waitGrace: 0\n");
    let scene = &build.scene;
    scene
        .server
        .with(|state| state.watch(APPS, Says::Unhealthy));
    let inputs = [
        ("mode", "push"),
        ("wait", "true"),
        ("waitFor", APPS),
        ("statusAuthors", "cluster"),
    ];
    let ended = build.task(&inputs).succeed();
    assert_eq!(outcome(&ended), "failed", "{}", ended.stdout);
    build.attach(100, &attached(&ended).unwrap());
    let again = build.task(&inputs).variable("SYSTEM_JOBATTEMPT", "2");
    let ended = again.succeed();
    assert_eq!(outcome(&ended), "failed", "{}", ended.stdout);
    assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    // Nor is it any better for another build.
    let other = || build.task(&inputs).variable("BUILD_BUILDID", "101");
    let ended = other().succeed();
    assert_eq!(outcome(&ended), "failed", "{}", ended.stdout);
    assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    // What it only found there, it did not roll out.
    let tip = scene.tip("main").unwrap();
    scene.server.with(|state| {
        state.flux(&tip, APPS, Says::Healthy, "cluster");
        state.watch(APPS, Says::Healthy);
    });
    let ended = other().succeed();
    assert_eq!(outcome(&ended), "unchanged", "{}", ended.stdout);
    assert_eq!(variable(&ended, "dev.rolledOutCommit"), Some(tip));
    assert!(!ended.stdout.contains("result=Failed"), "{}", ended.stdout);
}

/// A script step has the token of its job only where it maps it.
#[test]
fn a_script_step_reads_its_build_with_the_token_that_it_maps() {
    let build = Build::<Azure>::new();
    build.publish_earlier(&PUSH);
    build.scene.source(81);
    build.publish(&REQUEST);
    build.scene.server.with(|state| state.abandon(0));
    let wait = || {
        let wait = ["wait", "--environments", "dev", "--mode", "pullRequest"];
        let more = ["--wait-for", APPS, "--status-authors", "cluster"];
        build.script(&[&wait[..], &more].concat())
    };
    let said = wait().fail().stderr;
    assert!(
        said.contains("this step has no token of its job; put `SYSTEM_ACCESSTOKEN: $(System.AccessToken)` under its `env`"),
        "{said}"
    );
    assert!(said.contains("dev: unknown: "), "{said}");
    let mapped = wait().variable("SYSTEM_ACCESSTOKEN", JOB_TOKEN);
    let said = mapped.fail().stderr;
    assert!(said.contains("dev: abandoned"), "{said}");
    assert!(!said.contains(JOB_TOKEN), "{said}");
}

fn a_later_job_tells_how_long_it_took_since_publishing<H: Cluster>() {
    let build = Build::<H>::new();
    let ended = build.task(&PUSH).succeed();
    let mut content = attached(&ended).unwrap();
    let time = content["time"].as_i64().unwrap();
    content["time"] = serde_json::json!(time - 420);
    build.attach(100, &content);
    let ended = build.wait(&[]);
    assert!(
        ended.stdout.contains("dev: rolled out after 7 min"),
        "{}",
        ended.stdout
    );
}
