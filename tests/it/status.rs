//! `status`, as a user sees it: what is there, how old it is, what somebody changed,
//! and how its rollout is.

use serde_json::Value;

use crate::pull_requests::Scene;
use crate::support::git_server::GitServer;
use crate::support::program::Workspace;
use crate::wait::{APPS, Cluster, Says, on_both_hosts};

on_both_hosts! {
    every_environment_of_the_file_is_shown,
    a_failure_is_told_with_the_last_commit_that_was_well,
    a_failure_after_a_success_is_a_failure,
    without_a_file_every_ledger_is_shown,
    what_cannot_be_told_is_said,
    what_has_left_the_file_is_shown_as_that,
    a_hand_edit_is_no_publication,
    a_pipeline_knows_its_branch_though_it_fetched_none,
    from_a_detached_head_the_default_branch_counts,
    a_task_shows_it_in_the_log_and_on_the_page,
}

/// A source in git, published for `dev` and `qa`; `prod` is not published.
fn shop<H: Cluster>() -> Scene<H> {
    let scene = Scene::<H>::new();
    // As both hosts do.
    scene.git(|git| {
        git.config("uploadpack.allowFilter", "true");
        git.config("uploadpack.allowReachableSHA1InWant", "true");
    });
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {template: {spec: {containers: [{name: web, image: contoso/web:1.4.2}]}}}\n";
    scene.workspace.write("src/deployment.yaml", deployment);
    let settings = format!(
        "source: src\nmanifestRepo: {}\ngitHost: {}\nwaitFor: 'kustomization/{{environment}}'\nstatusAuthors: cluster\nenvironments: [dev, qa, prod]\n",
        scene.url,
        H::KIND
    );
    scene.workspace.write("gitops.yaml", &settings);
    scene.workspace.git(&["init", "-q", "-b", "main"]);
    commit(&scene.workspace, "source");
    scene.workspace.git(&[
        "remote",
        "add",
        "origin",
        "https://dev.azure.com/contoso/shop/_git/hld",
    ]);
    publish(&scene, "dev,qa");
    scene
}

fn commit(workspace: &Workspace, message: &str) -> String {
    workspace.git(&["add", "."]);
    workspace.git(&["commit", "-q", "-m", message]);
    workspace.git(&["rev-parse", "HEAD"]).trim().to_owned()
}

fn publish<H: Cluster>(scene: &Scene<H>, environments: &str) {
    let head = scene.workspace.git(&["rev-parse", "HEAD"]);
    let inputs = [("mode", "push"), ("environments", environments)];
    scene
        .task(&inputs)
        .variable("BUILD_SOURCEVERSION", head.trim())
        .succeed();
}

fn status<H: Cluster>(scene: &Scene<H>, more: &[&str]) -> String {
    let arguments = [&["status"], more].concat();
    let program = scene.workspace.program(&arguments);
    program
        .variable("GITOPS_TOKEN", "marked-token-7f3a")
        .succeed()
        .stdout
}

fn json<H: Cluster>(scene: &Scene<H>, more: &[&str]) -> Value {
    let arguments = [&["--format", "json"], more].concat();
    serde_json::from_str(&status(scene, &arguments)).unwrap()
}

/// The text without what is another one every time.
fn plain<H: Cluster>(scene: &Scene<H>, text: &str) -> String {
    let mut text = text.replace(&scene.url, "<repository>");
    for (repository, name) in [(false, "source"), (true, "commit")] {
        let log = ["log", "--all", "--format=%H"];
        let list = if repository {
            scene.git(|git| git.git(&log))
        } else {
            scene.workspace.git(&log)
        };
        for (at, id) in list.lines().rev().enumerate() {
            let shown = format!("<{name}{at:02}>");
            text = text.replace(&id[..10], &shown[..10.min(shown.len())]);
        }
    }
    let ages = regex::Regex::new(r"\d+ (second|minute|hour|day)s?( ago)?").unwrap();
    let blanks = regex::Regex::new(" {2,}").unwrap();
    let text = ages.replace_all(&text, "<age>");
    blanks.replace_all(&text, "  ").into_owned()
}

fn every_environment_of_the_file_is_shown<H: Cluster>() {
    let scene = shop::<H>();
    let tip = scene.tip("main").unwrap();
    scene
        .server
        .with(|state| state.flux(&tip, "kustomization/dev", Says::Healthy, "cluster"));
    // The source went on, and a person changed what is there.
    scene.workspace.write("README.md", "more");
    commit(&scene.workspace, "later");
    scene.git(|git| {
        let files = [
            ("qa/web.yaml", "100644", "by hand"),
            ("qa/own.yaml", "100644", "x"),
        ];
        git.commit("main", "by hand", &files)
    });
    let shown = plain(&scene, &status(&scene, &[]));
    insta::allow_duplicates! {
        insta::assert_snapshot!(shown, @r"
        <repository>, branch main, commit <commit02> (<age>)

        environment  source  age  behind  published  rollout  by hand
        dev  <source00>  <age>  1  <age>  rolled out  no
        qa  <source00>  <age>  1  <age>  pending (edited)  2 files
        prod  nothing  -  -  -  -  -

        qa: pending: kustomization/qa has not reported on this branch lately
        qa: by hand: changed web.yaml; added own.yaml. The rollout is that of the folder as it is now
        prod: nothing is published in the folder `prod`

        image  environments
        contoso/web:1.4.2  dev, qa
        ");
    }
    let value = json(&scene, &[]);
    let environments = &value["branches"][0]["environments"];
    let dev = &environments[0]["published"];
    assert_eq!(dev["source"]["behind"], 1);
    assert_eq!(dev["images"], serde_json::json!(["contoso/web:1.4.2"]));
    assert_eq!(dev["commit"]["id"], tip);
    assert_eq!(dev["run"], 100);
    assert_eq!(
        environments[1]["published"]["byHand"]["changed"][0],
        "web.yaml"
    );
    assert_eq!(environments[2]["published"], Value::Null);
    let page = status(&scene, &["--format", "markdown"]);
    assert!(page.contains("| Environment | Source | Age |"), "{page}");
}

fn a_failure_is_told_with_the_last_commit_that_was_well<H: Cluster>() {
    let scene = shop::<H>();
    let good = scene.tip("main").unwrap();
    scene
        .server
        .with(|state| state.flux(&good, "kustomization/dev", Says::Healthy, "cluster"));
    scene.source(81);
    commit(&scene.workspace, "change");
    publish(&scene, "dev");
    let bad = scene.tip("main").unwrap();
    scene
        .server
        .with(|state| state.flux(&bad, "kustomization/dev", Says::Unhealthy, "cluster"));
    let shown = status(&scene, &["--environments", "dev"]);
    let said = format!(
        "dev: failed: kustomization/dev: health check failed at {}; commit {} was the last to be rolled out",
        &bad[..10],
        &good[..10]
    );
    assert!(shown.contains(&said), "{shown}");
}

fn a_failure_after_a_success_is_a_failure<H: Cluster>() {
    let scene = shop::<H>();
    let say = |says: Says| {
        let tip = scene.tip("main").unwrap();
        scene
            .server
            .with(|state| state.flux(&tip, "kustomization/dev", says, "cluster"));
        tip
    };
    let other = |content: &str| {
        scene.git(|git| drop(git.commit("main", "other", &[("x/x.yaml", "100644", content)])));
    };
    say(Says::Healthy);
    other("1");
    let bad = say(Says::Unhealthy);
    let shown = status(&scene, &["--environments", "dev"]);
    let said = format!(
        "dev: failed: kustomization/dev: health check failed at {}, after it was rolled out",
        &bad[..10]
    );
    assert!(shown.contains(&said), "{shown}");
    // It healed by itself.
    other("2");
    say(Says::Healthy);
    let value = json(&scene, &["--environments", "dev"]);
    let rollout = &value["branches"][0]["environments"][0]["rollout"];
    assert_eq!(rollout["outcome"], "rolledOut", "{value:#}");
}

fn without_a_file_every_ledger_is_shown<H: Cluster>() {
    let scene = shop::<H>();
    scene.workspace.remove("gitops.yaml");
    let tip = scene.tip("main").unwrap();
    scene
        .server
        .with(|state| state.flux(&tip, "kustomization/dev", Says::Healthy, "cluster"));
    let place = [
        "--manifest-repo",
        scene.url.as_str(),
        "--git-host",
        H::KIND,
        "--status-authors",
        "cluster",
        "--wait-for",
        "kustomization/{environment}",
    ];
    let value = json(&scene, &place);
    let shown: Vec<_> = value["branches"][0]["environments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["name"].as_str().unwrap(),
                one["rollout"]["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(shown, [("dev", "rolledOut"), ("qa", "pending")]);
    let program = scene.workspace.program(&["status"]);
    let said = program.fail().stderr;
    assert!(
        said.contains("there is no settings file here, and no manifest repository is named"),
        "{said}"
    );
}

fn what_cannot_be_told_is_said<H: Cluster>() {
    let scene = shop::<H>();
    // Nobody is believed.
    let file = scene.workspace.read("gitops.yaml");
    scene
        .workspace
        .write("gitops.yaml", &file.replace("statusAuthors: cluster\n", ""));
    let shown = status(&scene, &[]);
    assert!(
        shown.contains("note: `statusAuthors` is not set"),
        "{shown}"
    );
    assert!(shown.contains("dev "), "{shown}");
    scene.workspace.write("gitops.yaml", &file);
    // The host does not let statuses be read; what is there is shown all the same.
    for later in 0..8 {
        let said =
            serde_json::json!({"message": "TF401027: You need the Git 'GenericRead' permission"});
        let reply = crate::support::rest_fake::Reply::json(403, &said);
        let fault = crate::support::rest_fake::Fault::Answer(reply);
        scene.server.inject(later, fault);
    }
    let shown = status(&scene, &["--branch", "main"]);
    scene.server.heal();
    assert!(shown.contains("how rollouts are is not known"), "{shown}");
    assert!(shown.contains("contoso/web:1.4.2"), "{shown}");
    // Two repositories of three cannot be read: the other is shown, and the command fails.
    let odd = scene.url.replace("manifests", "Missing");
    let two = format!(
        "{}manifestRepo: {}\n",
        file.replace(&format!("manifestRepo: {}\n", scene.url), "")
            .replace(
                "environments: [dev, qa, prod]",
                &format!("environments:\n  dev:\n  gone: {{manifestRepo: /nowhere/m.git, gitHost: git}}\n  odd: {{manifestRepo: \"{odd}\"}}")
            ),
        scene.url
    );
    scene.workspace.write("gitops.yaml", &two);
    let program = scene.workspace.program(&["status"]);
    let ended = program.variable("GITOPS_TOKEN", "marked-token-7f3a").fail();
    assert!(
        ended.stdout.contains("contoso/web:1.4.2"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains(&format!("{odd}\ncannot be read: ")),
        "{}",
        ended.stdout
    );
    let said = "error: not everything could be read: /nowhere/m.git: there is no repository\n  help: check the path; `publish` without `manifestRepo` makes `.gitops/manifests.git` at a terminal, `git init --bare` makes one anywhere";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}

fn what_has_left_the_file_is_shown_as_that<H: Cluster>() {
    let scene = shop::<H>();
    let file = scene.workspace.read("gitops.yaml");
    let now = file.replace(
        "environments: [dev, qa, prod]",
        "environments: { dev: { folder: new/dev }, prod: }",
    );
    scene.workspace.write("gitops.yaml", &now);
    // Of others.
    scene.git(|git| {
        let ledger = git.git(&["show", "main:qa/.gitops-publisher"]);
        let mut ledger: Value = serde_json::from_str(&ledger).unwrap();
        let stamp = &mut ledger["publication"]["sourceSettings"];
        assert_eq!(*stamp, "gitops.yaml");
        *stamp = "other.yaml".into();
        ledger["folder"] = "others".into();
        let ledger = ledger.to_string();
        let files = [("others/.gitops-publisher", "100644", ledger.as_str())];
        git.commit("main", "others", &files)
    });
    let shown = plain(&scene, &status(&scene, &[]));
    insta::allow_duplicates! {
        insta::assert_snapshot!(shown, @r"
        <repository>, branch main, commit <commit02> (<age>)

        environment  source  age  behind  published  rollout  by hand
        dev  nothing  -  -  -  -  -
        prod  nothing  -  -  -  -  -
        dev (left)  <source00>  <age>  0  <age>  -  no
        qa (left)  <source00>  <age>  0  <age>  -  no

        dev: nothing is published in the folder `new/dev`
        prod: nothing is published in the folder `prod`
        dev: the folder `dev` was left behind; the environment has the folder `new/dev` now
        qa: it is not in the settings file; its folder `qa` is still there, published from refs/heads/main

        image  environments
        contoso/web:1.4.2  dev, qa
        ");
    }
    let value = json(&scene, &[]);
    let environments = value["branches"][0]["environments"].as_array().unwrap();
    let left: Vec<_> = environments
        .iter()
        .map(|one| (one["folder"].as_str().unwrap(), one["notInFile"] == true))
        .collect();
    assert_eq!(
        left,
        [
            ("new/dev", false),
            ("prod", false),
            ("dev", true),
            ("qa", true)
        ]
    );
    // Who asks for one environment gets that.
    let one = json(&scene, &["--environments", "prod"]);
    assert_eq!(
        one["branches"][0]["environments"].as_array().unwrap().len(),
        1
    );
}

fn a_hand_edit_is_no_publication<H: Cluster>() {
    let scene = shop::<H>();
    let published = scene.tip("main").unwrap();
    scene.git(|git| git.commit("main", "by hand", &[("qa/web.yaml", "100644", "by hand")]));
    let value = json(&scene, &[]);
    let qa = &value["branches"][0]["environments"][1]["published"];
    assert_eq!(qa["commit"]["id"], published, "{value:#}");
    assert_eq!(qa["byHand"]["changed"][0], "web.yaml");
}

fn a_pipeline_knows_its_branch_though_it_fetched_none<H: Cluster>() {
    let scene = shop::<H>();
    scene.workspace.write("README.md", "more");
    let newest = commit(&scene.workspace, "later");
    // As a checkout of a pipeline that fetched long ago, or no branch at all.
    scene.workspace.git(&["checkout", "-q", "--detach"]);
    let behind = |reference: &str| {
        let task = scene.workspace.program(&["status", "--format", "json"]);
        let ended = task
            .variable("GITOPS_TOKEN", "marked-token-7f3a")
            .variable("TF_BUILD", "True")
            .variable("BUILD_SOURCEBRANCH", reference)
            .variable("BUILD_SOURCEVERSION", &newest)
            .succeed();
        let value: Value = serde_json::from_str(&ended.stdout).unwrap();
        value["branches"][0]["environments"][0]["published"]["source"]["behind"].clone()
    };
    scene.workspace.git(&["branch", "-f", "main", "HEAD~1"]);
    assert_eq!(behind("refs/heads/main"), 1);
    assert_eq!(behind("refs/heads/other"), 0);
    scene.workspace.git(&["branch", "-D", "main"]);
    assert_eq!(behind("refs/heads/main"), 1);
    assert_eq!(behind("refs/heads/other"), Value::Null);
}

fn from_a_detached_head_the_default_branch_counts<H: Cluster>() {
    let scene = shop::<H>();
    scene.source(81);
    commit(&scene.workspace, "change");
    scene.workspace.git(&["checkout", "-q", "--detach"]);
    let publish = ["publish", "--mode", "push", "--environments", "dev"];
    let program = scene.workspace.program(&publish);
    program
        .variable("GITOPS_TOKEN", "marked-token-7f3a")
        .succeed();
    let shown = status(&scene, &["--environments", "dev"]);
    assert!(
        shown.contains(
            "dev: it was published from a detached HEAD, so how far it is behind is not known"
        ),
        "{shown}"
    );
    // As a clone has it; the source went on since.
    scene.workspace.git(&["checkout", "-q", "main"]);
    scene.workspace.write("README.md", "more");
    commit(&scene.workspace, "later");
    let (main, head) = ("refs/remotes/origin/main", "refs/remotes/origin/HEAD");
    scene.workspace.git(&["update-ref", main, "main"]);
    scene.workspace.git(&["symbolic-ref", head, main]);
    let value = json(&scene, &["--environments", "dev"]);
    let source = &value["branches"][0]["environments"][0]["published"]["source"];
    assert_eq!(source["behind"], 1, "{source}");
    assert_eq!(source["defaultBranch"], "refs/heads/main");
    assert_eq!(source["ref"], Value::Null);
}

fn a_task_shows_it_in_the_log_and_on_the_page<H: Cluster>() {
    let scene = shop::<H>();
    let before = scene.tip("main");
    let ended = scene
        .task(&[
            ("command", "status"),
            ("environments", ""),
            ("waitFor", APPS),
        ])
        .succeed();
    assert!(!ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("environment  source"),
        "{}",
        ended.stdout
    );
    let start = "##vso[task.addattachment type=Distributedtask.Core.Summary;name=GitOps]";
    let path = ended
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix(start));
    let page = std::fs::read_to_string(path.unwrap()).unwrap();
    assert!(page.starts_with("## GitOps: status\n"), "{page}");
    assert_eq!(scene.tip("main"), before);
}

#[test]
fn only_status_can_be_printed_as_markdown() {
    let workspace = Workspace::new();
    let said = workspace
        .program(&["render", "--format", "markdown"])
        .fail()
        .stderr;
    assert!(
        said.contains("only `status` can be printed as Markdown"),
        "{said}"
    );
}

/// What is known of each environment, without ages.
fn known(value: &Value) -> Vec<(&Value, &Value, &Value)> {
    let all = value["branches"][0]["environments"].as_array().unwrap();
    let fact = |one| {
        let one: &Value = one;
        let published = &one["published"];
        (
            &one["name"],
            &published["commit"]["id"],
            &published["byHand"],
        )
    };
    all.iter().map(fact).collect()
}

/// A git server without statuses: the list of branches, the trees, the ledgers.
#[test]
fn a_branch_costs_three_requests_whatever_the_number_of_environments() {
    let server = GitServer::start();
    let repository = server.create("manifests");
    let workspace = Workspace::new();
    workspace.write(
        "src/web.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n",
    );
    let names: Vec<_> = (0..30).map(|at| format!("env{at:02}")).collect();
    let settings = format!(
        "source: src\nmanifestRepo: {}\ngitHost: git\nfolder: 'clusters/{{environment}}'\nenvironments: [{}]\n",
        server.url("manifests"),
        names.join(", ")
    );
    workspace.write("gitops.yaml", &settings);
    workspace.program(&["publish"]).succeed();
    for (at, part) in ["a", "b", "c"].iter().enumerate() {
        let path = format!("clusters/env{at:02}/web.yaml");
        repository.commit("main", part, &[(&path, "100644", "by hand")]);
    }
    server.forget();
    let ended = workspace.program(&["status", "--format", "json"]).succeed();
    assert_eq!(server.turns(), 3);
    let value: Value = serde_json::from_str(&ended.stdout).unwrap();
    let environments = value["branches"][0]["environments"].as_array().unwrap();
    assert_eq!(environments.len(), 30);
    // The commit that published each, whatever somebody changed since.
    let tips = repository.git(&["rev-list", "main"]);
    let tips: Vec<_> = tips.lines().collect();
    for (at, own) in environments.iter().enumerate() {
        assert_eq!(own["published"]["commit"]["id"], tips[3], "{own}");
        let edited = own["published"]["byHand"]["changed"].as_array().unwrap();
        assert_eq!(edited.len(), usize::from(at < 3));
    }
    // The same without a file, and of a local repository.
    workspace.remove("gitops.yaml");
    for place in [
        server.url("manifests"),
        repository.path().display().to_string(),
    ] {
        let arguments = [
            "status",
            "--manifest-repo",
            &place,
            "--git-host",
            "git",
            "--format",
            "json",
        ];
        let ended = workspace.program(&arguments).succeed();
        let other: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(known(&other), known(&value));
    }
}

/// Whoever may push may write a ledger.
#[test]
fn what_a_ledger_says_stays_on_its_line() {
    let workspace = Workspace::new();
    workspace.git(&["init", "-q", "--bare", "m.git"]);
    let ledger = serde_json::json!({
        "version": 2,
        "environment": "dev\nprod  rolled out",
        "generator": {"name": "helm", "version": "1"},
        "sourceCommit": "\u{1b}[31mred\nx",
        "images": ["a\n##vso[task.complete result=Failed]b"],
        "files": {},
    });
    workspace.git(&["clone", "-q", "m.git", "clone"]);
    workspace.write("clone/x/.gitops-publisher", &ledger.to_string());
    workspace.git(&["-C", "clone", "add", "."]);
    workspace.git(&["-C", "clone", "commit", "-q", "-m", "forged"]);
    workspace.git(&["-C", "clone", "push", "-q", "origin", "HEAD:main"]);
    let inputs = [
        ("command", "status"),
        ("manifestRepo", "./m.git"),
        ("gitHost", "git"),
        ("branch", "main"),
    ];
    let shown = workspace.task(&inputs).succeed().stdout;
    assert!(shown.contains("dev prod rolled out"), "{shown}");
    assert!(!shown.contains("##vso[task.complete"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown}");
    let rows = shown.lines().filter(|line| line.starts_with("dev")).count();
    assert_eq!(rows, 1, "{shown}");
}

/// The command line in a step of a pipeline: the agent reads what it prints.
#[test]
fn a_step_of_a_pipeline_prints_no_command_of_a_ledger() {
    let workspace = Workspace::new();
    workspace.git(&["init", "-q", "--bare", "m.git"]);
    let image = "##vso[task.setvariable variable=x]y";
    let ledger = serde_json::json!({
        "version": 2,
        "environment": "##[group]dev",
        "folder": "else##VSO[task.complete]where",
        "generator": {"name": "helm", "version": "1"},
        "images": [image],
        "files": {},
    });
    workspace.git(&["clone", "-q", "m.git", "clone"]);
    workspace.write("clone/x/.gitops-publisher", &ledger.to_string());
    workspace.git(&["-C", "clone", "add", "."]);
    workspace.git(&["-C", "clone", "commit", "-q", "-m", "forged"]);
    workspace.git(&["-C", "clone", "push", "-q", "origin", "HEAD:main"]);
    let print = |format: &str, is_step: bool| {
        let arguments = ["status", "--manifest-repo", "./m.git", "--format", format];
        let mut program = workspace.program(&arguments);
        if is_step {
            program = program.variable("TF_BUILD", "True");
        }
        program.succeed().stdout
    };
    for format in ["text", "markdown", "json"] {
        let shown = print(format, true).to_ascii_lowercase();
        assert!(
            !shown.contains("##vso[") && !shown.contains("##["),
            "{shown}"
        );
    }
    let text = print("text", true);
    assert!(
        text.contains("**[group]dev: the ledger of the folder `x` was written for the folder `else**VSO[task.complete]where`: somebody copied or moved it"),
        "{text}"
    );
    // The values are the same, and at a terminal nothing is replaced.
    let value: Value = serde_json::from_str(&print("json", true)).unwrap();
    let published = &value["branches"][0]["environments"][0]["published"];
    assert_eq!(published["images"][0], image);
    assert!(print("text", false).contains(image));
}

#[test]
fn a_damaged_ledger_and_the_folder_of_somebody_else_are_told() {
    let workspace = Workspace::new();
    workspace.git(&["init", "-q", "--bare", "m.git"]);
    workspace.write(
        "src/web.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n",
    );
    let file = "source: src\nmanifestRepo: ./m.git\nenvironments: [dev, qa]\n";
    workspace.write("gitops.yaml", file);
    workspace.program(&["publish"]).succeed();
    workspace.git(&["clone", "-q", "m.git", "clone"]);
    workspace.write("clone/dev/.gitops-publisher", "{\"version\": 9}");
    let commit = ["-C", "clone", "commit", "-q", "-a", "-m", "odd"];
    workspace.git(&commit);
    workspace.git(&["-C", "clone", "push", "-q"]);
    let swapped =
        "source: src\nmanifestRepo: ./m.git\nenvironments:\n  dev:\n  prod: {folder: qa}\n";
    workspace.write("gitops.yaml", swapped);
    let shown = workspace.program(&["status"]).succeed().stdout;
    assert!(
        shown.contains("dev: the ledger of the folder `dev` cannot be read: it has format version 9; this program knows 1 to 2"),
        "{shown}"
    );
    assert!(
        shown.contains("prod: the folder `qa` belongs to the environment `qa`"),
        "{shown}"
    );
}
