//! Plans at a terminal, of charts, and of folders that go.

use super::{Scene, config, failure, hash, refused};
use crate::support::program::Program;

#[test]
fn at_a_terminal_too() {
    let scene = Scene::new();
    let url = scene.server.url("manifests");
    let run = |command: &str, more: &[&str]| {
        let usual = [command, "--manifest-repo", &url];
        let program = scene.workspace.program(&[&usual, more].concat());
        program.variable("x", "y")
    };
    scene.workspace.write("src/web.yaml", &config("web", "x"));
    let ended = run("plan", &[]).succeed();
    assert!(!ended.stderr.contains("hash"), "{}", ended.stderr);
    let ended = run("plan", &["--plan-file", "plan.json"]).succeed();
    let reason = "The plan has no hash: environments dev, prod: its source is in no commit of a git repository";
    assert!(ended.stderr.contains(reason), "{}", ended.stderr);
    scene.workspace.write(".gitignore", "plan.json\n");
    scene.workspace.git(&["init", "--quiet", "."]);
    scene.workspace.git(&["add", "--all"]);
    scene.workspace.git(&["commit", "--quiet", "-m", "start"]);
    let ended = run("plan", &["--plan-file", "plan.json", "--format", "json"]).succeed();
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let hash = report["planHash"].as_str().unwrap();
    assert!(
        ended.stderr.contains(&format!("Plan hash: {hash}")),
        "{}",
        ended.stderr
    );
    // A plan can be held against a hash without publishing anything.
    run("plan", &["--plan-hash", hash]).succeed();
    run(
        "publish",
        &["--plan-hash", hash, "--plan-file", "plan.json"],
    )
    .succeed();
    scene.workspace.write("src/web.yaml", &config("web", "z"));
    scene
        .workspace
        .git(&["commit", "--quiet", "-a", "-m", "more"]);
    let ended = run("plan", &["--plan-hash", hash]).fail();
    assert!(
        ended
            .stderr
            .contains("error: this is not what was approved:"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_plan_of_nothing_is_not_written() {
    let scene = Scene::new();
    let run = scene
        .workspace
        .program(&["plan", "--plan-file", "plan.json"]);
    let ended = run.variable("x", "y").fail();
    let said = "`planFile` takes what publishing would change, but there is no manifest repository to compare with";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert!(!scene.workspace.path().join("plan.json").exists());
}

#[test]
fn a_plan_that_fails_leaves_no_older_one() {
    let scene = Scene::new();
    scene.plan();
    let path = scene.workspace.path().join("out/plan.json");
    assert!(path.exists());
    scene.workspace.write("src/web.yaml", "a: [\n");
    let plan = scene.task(&[("command", "plan"), ("planFile", "out/plan.json")]);
    failure(&plan.run());
    assert!(!path.exists());
    // What is no plan is not ours.
    scene.workspace.write("out/plan.json", "{}");
    failure(&plan.run());
    assert!(path.exists());
}

#[cfg(unix)]
#[test]
fn a_plan_file_is_a_file_of_a_sane_size() {
    let scene = Scene::new();
    let folder = scene.workspace.path();
    let _socket = std::os::unix::net::UnixListener::bind(folder.join("socket")).unwrap();
    let large = std::fs::File::create(folder.join("large.json")).unwrap();
    large.set_len(300 << 20).unwrap();
    std::fs::create_dir(folder.join("folder")).unwrap();
    for (file, reason) in [
        ("socket", "it is not a file"),
        ("folder", "it is not a file"),
        ("large.json", "it is larger than 256 MiB"),
    ] {
        let task = scene.task(&[("planFile", file)]);
        refused(
            &scene,
            &task,
            &format!("the plan file {file} cannot be used: {reason}"),
        );
    }
    for file in ["socket", "folder"] {
        let task = scene.task(&[("command", "plan"), ("planFile", file)]);
        let reason = "there is something of this name that is not a file";
        refused(&scene, &task, reason);
        assert!(!folder.join(file).is_file(), "it is not replaced");
    }
}

#[test]
fn what_was_approved_is_published_or_the_run_fails_also_where_something_newer_is_there() {
    let scene = Scene::new();
    let url = scene.server.url("manifests");
    let run = |command: &[&str]| {
        let usual = [command, &["--manifest-repo", &url]].concat();
        scene.workspace.program(&usual).variable("x", "y")
    };
    let git = |arguments: &[&str]| scene.workspace.git(arguments);
    scene.workspace.write(".gitignore", "plan.json\n");
    scene.workspace.write("src/web.yaml", &config("web", "1"));
    git(&["init", "--quiet", "--initial-branch", "main", "."]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "-m", "one"]);
    run(&["publish"]).succeed();
    scene.workspace.write("src/web.yaml", &config("web", "2"));
    git(&["commit", "--quiet", "-a", "-m", "two"]);
    run(&["publish"]).succeed();
    git(&["checkout", "--quiet", "HEAD~1"]);
    run(&["plan", "--allow-older", "--plan-file", "plan.json"]).succeed();
    let tip = scene.tip();
    let ended = run(&["publish", "--plan-file", "plan.json"]).fail();
    let said = "environment dev: what was approved would not be published, because something newer is published there";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("set `allowOlder` for both"),
        "{}",
        ended.stderr
    );
    assert_eq!(scene.tip(), tip);
    run(&["publish", "--plan-file", "plan.json", "--allow-older"]).succeed();
    let published = scene.repository.content("main", "dev/web.yaml");
    assert!(published.contains("value: '1'"), "{published}");
}

#[test]
fn a_chart_that_renders_otherwise_each_time_has_no_hash() {
    let Some(helm) = crate::fabrikate::real_helm::helm() else {
        return;
    };
    let helm = helm.to_str().unwrap();
    let scene = Scene::new();
    scene
        .workspace
        .write("chart/Chart.yaml", "apiVersion: v2\nname: seed\nversion: 1.0.0\n")
        .write(
            "chart/templates/seed.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: seed}\ndata: {seed: {{ randAlpha 20 }}}\n",
        )
        .write("gitops.yaml", "source: chart\nenvironments: [dev]\n");
    let inputs = [
        ("command", "verify"),
        ("planFile", "out/plan.json"),
        ("helm", helm),
    ];
    let ended = scene.task(&inputs).succeed();
    assert_eq!(hash(&ended), "none");
    let reason = "environment dev: it does not render the same twice: `";
    assert!(ended.stdout.contains(reason), "{}", ended.stdout);
    scene.workspace.write(
        "chart/templates/seed.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: seed}\ndata: {seed: fixed}\n",
    );
    let hash = hash(&scene.task(&inputs).succeed());
    let plan: serde_json::Value =
        serde_json::from_str(&scene.workspace.read("out/plan.json")).unwrap();
    let version = plan["environments"][0]["effect"]["tools"]["helm"].as_str();
    assert!(
        version.is_some_and(|version| version.contains('.')),
        "{plan}"
    );
    scene.task(&[("planHash", &hash), ("helm", helm)]).succeed();
}

/// Commits these settings; gives back the commit.
fn committed(scene: &Scene, settings: &str) -> String {
    scene.workspace.write("gitops.yaml", settings);
    scene.workspace.git(&["add", "--all"]);
    let message = ["commit", "--quiet", "--allow-empty", "-m", "change"];
    scene.workspace.git(&message);
    let commit = scene.workspace.git(&["rev-parse", "HEAD"]);
    commit.trim().to_owned()
}

/// A run of this commit.
fn at(task: Program, commit: &str) -> Program {
    task.variable("BUILD_SOURCEVERSION", commit)
}

#[test]
fn folders_that_go_are_part_of_what_is_approved() {
    let scene = Scene::new();
    let commit = |environments: &str| {
        let text = format!(
            "source: src\nenvironments: {environments}\norphans: remove\nallowRemoval: true\n"
        );
        committed(&scene, &text)
    };
    scene.workspace.write("src/web.yaml", &config("web", "x"));
    scene.workspace.write(".gitignore", "out\n");
    scene.workspace.git(&["init", "--quiet", "."]);
    let first = commit("[dev, prod]");
    at(scene.task(&[]), &first).succeed();
    let second = commit("[dev]");
    let plan = || {
        let inputs = [("command", "verify"), ("planFile", "out/plan.json")];
        hash(&at(scene.task(&inputs), &second).succeed())
    };
    let old = plan();
    let text = scene.workspace.read("out/plan.json");
    assert!(text.contains("\"folder\": \"prod\""), "{text}");
    // What goes is what was looked at.
    let hand = [("prod/note.txt", "100644", "x")];
    scene.repository.commit("main", "by hand", &hand);
    refused(
        &scene,
        &at(scene.by_file(), &second),
        "the folder `prod` of ",
    );
    refused(
        &scene,
        &at(scene.by_hash(&old), &second),
        "this run removes other folders than the plan does, or they were changed after the plan was made",
    );
    let new = plan();
    // Without the setting the folder would stay.
    let url = scene.server.url("manifests");
    let keeps = [
        "publish",
        "--manifest-repo",
        &url,
        "--plan-file",
        "out/plan.json",
        "--orphans",
        "warn",
    ];
    let before = scene.tip();
    let said = scene.workspace.program(&keeps).fail().stderr;
    let reason = "(branch main) is removed by the plan, and not by this run";
    assert!(said.contains(reason), "{said}");
    assert_eq!(scene.tip(), before, "nothing is published");
    at(scene.by_hash(&new), &second).succeed();
    let paths = scene.repository.paths("main");
    assert!(!paths.contains(&"prod/web.yaml".to_owned()), "{paths:#?}");
    // The stage may be run again.
    let tip = scene.tip();
    at(scene.by_hash(&new), &second).succeed();
    at(scene.by_file(), &second).succeed();
    assert_eq!(scene.tip(), tip);
}

/// Also where the new folder lies in the former one, or around it.
#[rstest::rstest]
#[case::into_the_former_one("clusters", "clusters/dev")]
#[case::out_of_the_former_one("clusters/dev", "clusters")]
#[case::beside_it("clusters", "live")]
fn an_approved_move_may_be_run_again(#[case] from: &str, #[case] to: &str) {
    let scene = Scene::new();
    let commit = |folder: &str| {
        let text = format!("source: src\nenvironments: {{dev: {{folder: {folder}}}}}\n");
        committed(&scene, &text)
    };
    scene.workspace.write("src/web.yaml", &config("web", "x"));
    scene.workspace.write(".gitignore", "out\n");
    scene.workspace.git(&["init", "--quiet", "."]);
    let first = commit(from);
    at(scene.task(&[]), &first).succeed();
    let second = commit(to);
    let inputs = [("command", "verify"), ("planFile", "out/plan.json")];
    let plan = hash(&at(scene.task(&inputs), &second).succeed());
    at(scene.by_file(), &second).succeed();
    let tip = scene.tip();
    let paths = scene.repository.paths("main");
    assert!(!paths.contains(&format!("{from}/web.yaml")), "{paths:#?}");
    for _ in 0..2 {
        at(scene.by_file(), &second).succeed();
        at(scene.by_hash(&plan), &second).succeed();
        assert_eq!(scene.tip(), tip);
    }
}

#[test]
fn a_plan_replaces_no_file_that_is_none() {
    let scene = Scene::new();
    scene.workspace.write("notes.yaml", "a: b\n");
    scene
        .workspace
        .write("package.json", "{\"name\": \"a\", \"version\": 1}");
    for (file, content) in [
        ("notes.yaml", "a: b\n"),
        ("package.json", "{\"name\": \"a\", \"version\": 1}"),
    ] {
        let task = scene.task(&[("command", "plan"), ("planFile", file)]);
        let reason = format!("the plan file {file} is there and is no plan: it would be replaced");
        refused(&scene, &task, &reason);
        assert_eq!(scene.workspace.read(file), content);
    }
    // Half of a plan, an empty file and a plan of another version are replaced.
    for content in ["{\n  \"version\": 99}", "{\n  \"version\": 2,", ""] {
        scene.workspace.write("plan.json", content);
        let task = scene.task(&[("command", "plan"), ("planFile", "plan.json")]);
        task.succeed();
        assert!(
            scene
                .workspace
                .read("plan.json")
                .contains("\"environments\"")
        );
    }
}
