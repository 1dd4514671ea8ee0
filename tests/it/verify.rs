//! Checking without publishing, and rendering to look at.

use crate::support::program::Workspace;

const WEB: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";

fn plain() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("src/web.yaml", WEB);
    workspace
}

#[test]
fn verify_needs_neither_token_nor_repository() {
    let workspace = plain();
    let ended = workspace
        .program(&["verify", "--source", "src", "--environments", "dev"])
        .succeed();
    assert_eq!(ended.stderr, "dev: 1 resource in 1 file (manifests)\n");
    assert_eq!(ended.stdout, "");
}

/// Plans have a risk for it; without a plan it is a warning.
#[test]
fn a_secret_in_plain_text_is_told_where_no_plan_shows_it() {
    let secret = |name: &str, value: &str| {
        format!(
            "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: shop}}\nstringData: {{password: {value}}}\n"
        )
    };
    let workspace = plain();
    let write = |all: &[String]| workspace.write("src/secrets.yaml", &all.concat());
    write(&[
        secret("db", "word"),
        secret("safe", "'ENC[AES256_GCM,data:x]'") + "sops: {mac: 'ENC[AES256_GCM,data:y]'}\n",
    ]);
    let flags = ["--source", "src", "--environments", "dev"];
    let run = |command: &str, more: &[&str]| {
        let arguments = [&[command], &flags[..], more].concat();
        workspace.program(&arguments).succeed().stderr
    };
    let one = "warning: environment dev: the Secret `shop/db` is in plain text: everybody who can read the repository can read it, and git keeps it forever. Encrypt it (SOPS, SealedSecret) or refer to it (ExternalSecret)\n";
    let said = run("verify", &[]);
    assert!(said.contains(one), "{said}");
    workspace.git(&["init", "--quiet", "--bare", "manifests.git"]);
    let place = ["--manifest-repo", "./manifests.git"];
    // A plan shows it once.
    let said = run("verify", &place);
    assert!(
        said.contains("secret-plaintext") && !said.contains(one),
        "{said}"
    );
    let said = run("publish", &place);
    assert!(said.contains(one), "{said}");
    // What changes is told, not what is there.
    write(&[secret("db", "word"), secret("b", "x"), secret("c", "x")]);
    let said = run("publish", &place);
    let two = "the Secrets `shop/b`, `shop/c` are in plain text: everybody who can read the repository can read them,";
    assert!(said.contains(two), "{said}");
    assert!(!run("publish", &place).contains("plain text"));
}

#[test]
fn verify_lists_what_would_change_and_changes_nothing() {
    let workspace = plain();
    let flags = [
        "--source",
        "src",
        "--environments",
        "dev",
        "--manifest-repo",
        "./manifests.git",
    ];
    workspace.git(&["init", "--quiet", "--bare", "manifests.git"]);
    workspace
        .program(&[&["publish"], &flags[..]].concat())
        .succeed();
    workspace.write(
        "src/more.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more, namespace: shop}\n",
    );
    let ended = workspace
        .program(&[&["verify"], &flags[..]].concat())
        .succeed();
    insta::with_settings!({filters => vec![(r"\S*it-\w+/files/", "")]}, {
        insta::assert_snapshot!(ended.stderr, @r"
        dev: 2 resources in 2 files (manifests) -> dev: 1 added, 0 changed, 0 removed (1 file)
        What changes:
          1 created; 1 resource unchanged
          + v1 ConfigMap shop/more
        Publishing would change ./manifests.git (branch main)
        ");
    });
    let log = workspace.git(&["-C", "manifests.git", "rev-list", "main"]);
    assert_eq!(log.lines().count(), 1);
}

#[test]
fn verify_fails_when_an_environment_yields_nothing() {
    let workspace = plain();
    workspace.write("src/web.yaml", "# nothing\n");
    let ended = workspace
        .program(&["verify", "--source", "src", "--environments", "dev"])
        .fail();
    assert!(
        ended
            .stderr
            .contains("error: environment `dev` renders to no Kubernetes resource"),
        "{}",
        ended.stderr
    );
    workspace
        .program(&[
            "verify",
            "--source",
            "src",
            "--environments",
            "dev",
            "--allow-empty",
        ])
        .succeed();
}

#[test]
fn verify_only_turns_publish_into_verify_as_in_the_old_script() {
    let workspace = plain();
    let ended = workspace
        .program(&["publish", "--source", "src"])
        .variable("FAB_ENVS", "dev")
        .variable("VERIFY_ONLY", "1")
        .succeed();
    assert!(
        ended.stderr.starts_with("dev: 1 resource"),
        "{}",
        ended.stderr
    );
    assert!(!workspace.path().join(".gitops").exists());
}

#[test]
fn render_writes_to_stdout_or_into_a_folder_that_it_does_not_overwrite() {
    let workspace = plain();
    let flags = ["render", "--source", "src", "--environments", "dev"];
    let ended = workspace.program(&flags).succeed();
    assert_eq!(ended.stdout, format!("---\n# dev/web.yaml\n{WEB}"));
    let to_folder = [&flags[..], &["--output", "out"]].concat();
    workspace.program(&to_folder).succeed();
    assert_eq!(workspace.read("out/dev/web.yaml"), WEB);
    let ended = workspace.program(&to_folder).fail();
    assert!(
        ended.stderr.contains("holds something already"),
        "{}",
        ended.stderr
    );
    workspace
        .program(&[&to_folder[..], &["--replace"]].concat())
        .succeed();
}

#[test]
fn rendering_twice_gives_the_same_bytes() {
    let workspace = plain();
    let flags = ["render", "--source", "src", "--environments", "dev,qa"];
    assert_eq!(
        workspace.program(&flags).succeed().stdout,
        workspace.program(&flags).succeed().stdout
    );
}

#[test]
fn every_failing_environment_is_named() {
    let workspace = plain();
    workspace.write(
        "gitops.yaml",
        "environments:\n  dev: {source: src}\n  qa: {source: gone}\n  prod: {source: missing}\n",
    );
    let ended = workspace.program(&["verify"]).fail();
    assert!(ended.stderr.contains("environment qa"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("environment prod"),
        "{}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .contains("2 of 3 environments failed; nothing was published"),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_several_environments_have_in_common_is_told_once() {
    let workspace = plain();
    workspace.write(
        "gitops.yaml",
        "source: gone\nenvironments:\n  dev: {source: src}\n  qa:\n  prod:\n",
    );
    let ended = workspace.program(&["verify"]).fail();
    insta::assert_snapshot!(ended.stderr, @r"
    error: environments qa and prod: the source `gone` does not exist
      help: paths in gitops.yaml are relative to that file: correct `source` there
    ");

    workspace.write("src/again.yaml", WEB);
    let ended = workspace
        .program(&["verify", "--source", "src", "--environments", "dev,qa"])
        .succeed();
    insta::assert_snapshot!(ended.stderr, @r"
    warning: environments dev and qa, web.yaml, line 1: v1 Service web occurs twice: it is also in again.yaml, line 1
    dev: 2 resources in 2 files (manifests)
    qa: 2 resources in 2 files (manifests)
    ");
    let ended = workspace
        .program(&[
            "verify",
            "--source",
            "src",
            "--environments",
            "dev,qa",
            "--format",
            "json",
        ])
        .succeed();
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["warnings"].as_array().unwrap().len(), 1);
}

#[test]
fn wrong_usage_exits_with_two() {
    let workspace = plain();
    for arguments in [
        &["publish", "--no-such-flag"][..],
        &["verify"],
        &["verify", "--generator", "flux"],
    ] {
        let ended = workspace.program(arguments).run();
        assert_eq!(ended.code, Some(2), "{ended:?}");
    }
}

/// A repository where two replicas become one, and a service is new.
fn changed() -> Workspace {
    let workspace = plain();
    let web = |replicas: u32| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop, labels: {{helm.sh/chart: web-{replicas}}}}}\nspec: {{replicas: {replicas}, template: {{spec: {{containers: []}}}}}}\n"
        )
    };
    workspace.write(
        "gitops.yaml",
        "source: src\nmanifestRepo: ./m.git\nenvironments: {dev: }\n",
    );
    workspace.git(&["init", "--quiet", "--bare", "m.git"]);
    workspace.write("src/deployment.yaml", &web(2));
    workspace.program(&["publish"]).succeed();
    workspace.write("src/deployment.yaml", &web(1));
    workspace
}

/// What changes, as `plan` with these flags shows it.
fn shown(workspace: &Workspace, flags: &[&str]) -> String {
    let ended = workspace.program(&[&["plan"], flags].concat()).succeed();
    let (_, shown) = ended.stderr.split_once("What changes:\n").unwrap();
    shown.to_owned()
}

#[test]
fn a_plan_is_as_long_as_it_is_asked_to_be() {
    let workspace = changed();
    insta::assert_snapshot!(shown(&workspace, &["--stat"]), @r"
      1 changed; 1 field to read; 1 resource unchanged; risks: 1 high
      ~ apps/v1 Deployment shop/web: 1 field, high
    Publishing would change ./m.git (branch main)
    ");
    insta::assert_snapshot!(shown(&workspace, &[]), @r"
      1 changed; 1 field to read; 1 resource unchanged
      ! high replicas-drop: Deployment shop/web: replicas fall from 2 to 1
      ~ apps/v1 Deployment shop/web
          - spec.replicas: 2
          + spec.replicas: 1
          noise not shown: 1 chart label
    Publishing would change ./m.git (branch main)
    ");
    insta::assert_snapshot!(shown(&workspace, &["--full"]), @r#"
      1 changed; 1 field to read; 1 resource unchanged
      ! high replicas-drop: Deployment shop/web: replicas fall from 2 to 1
      ~ apps/v1 Deployment shop/web
          - metadata.labels["helm.sh/chart"]: web-2
          + metadata.labels["helm.sh/chart"]: web-1
          - spec.replicas: 2
          + spec.replicas: 1
    Publishing would change ./m.git (branch main)
    "#);
    let ended = workspace.program(&["plan", "--stat", "--full"]).run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
}

#[test]
fn colors_are_for_terminals_and_never_where_nobody_wants_them() {
    let workspace = changed();
    let run = |variables: &[(&str, &str)]| {
        let mut program = workspace.program(&["plan"]);
        for (name, value) in variables {
            program = program.variable(name, value);
        }
        program.succeed().stderr
    };
    let colored = run(&[("CLICOLOR_FORCE", "1")]);
    assert!(
        colored.contains("\n  \u{1b}[31m    - spec.replicas: 2\u{1b}[0m\n"),
        "{colored}"
    );
    assert!(
        colored.contains("\n  \u{1b}[32m    + spec.replicas: 1\u{1b}[0m\n"),
        "{colored}"
    );
    assert!(
        colored.contains("\u{1b}[31m! high replicas-drop"),
        "{colored}"
    );
    for variables in [&[][..], &[("NO_COLOR", "1")], &[("TERM", "xterm")]] {
        let plain = run(variables);
        assert!(!plain.contains('\u{1b}'), "{plain}");
        assert_eq!(plain, anstream::adapter::strip_str(&colored).to_string());
    }
}

#[test]
fn the_exit_code_tells_changes_where_it_is_asked_to() {
    let workspace = changed();
    let code = |arguments: &[&str]| workspace.program(arguments).run().code;
    assert_eq!(code(&["plan"]), Some(0));
    assert_eq!(code(&["plan", "--detailed-exitcode"]), Some(3));
    assert_eq!(
        code(&["verify", "--detailed-exitcode", "--format", "json"]),
        Some(3)
    );
    assert_eq!(code(&["publish"]), Some(0));
    assert_eq!(code(&["plan", "--detailed-exitcode"]), Some(0));
    workspace.write("src/web.yaml", "kind: [");
    assert_eq!(code(&["plan", "--detailed-exitcode"]), Some(1));

    let alone = plain();
    let flags = [
        "plan",
        "--source",
        "src",
        "--environments",
        "dev",
        "--detailed-exitcode",
    ];
    let ended = alone.program(&flags).run();
    assert_eq!(ended.code, Some(2));
    insta::assert_snapshot!(ended.stderr, @r"
    error: `--detailed-exitcode` says whether something changes, but there is no manifest repository to compare with
      help: name it with `--manifest-repo`, or set `manifestRepo` in `gitops.yaml`
    ");
}

#[test]
fn plan_and_verify_are_one_command_by_two_names() {
    let workspace = changed();
    let run = |name: &str| {
        workspace
            .program(&[name, "--format", "json"])
            .succeed()
            .stdout
    };
    assert_eq!(run("plan"), run("verify"));
    let help = |name: &str| workspace.program(&[name, "--help"]).succeed().stdout;
    assert_eq!(help("plan"), help("verify"));
    let all = workspace.program(&["--help"]).succeed().stdout;
    assert!(
        all.contains("plan ") && all.contains("[alias: verify]"),
        "{all}"
    );
    let folder = workspace.path().join("m.git").display().to_string();
    let task = |name: &str| {
        let task = workspace.task(&[("command", name), ("manifestRepo", &folder)]);
        let said = task.succeed().stdout;
        let lines = said.lines().filter(|line| !line.contains("gitops-"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(task("plan"), task("verify"));
    assert!(
        task("plan")
            .iter()
            .any(|line| line == "##[group]What changes:")
    );
}

#[test]
fn a_task_hands_over_the_page_and_the_findings_of_its_plan() {
    let workspace = changed();
    let folder = workspace.path().join("m.git").display().to_string();
    let inputs = [("command", "plan"), ("manifestRepo", folder.as_str())];
    let ended = workspace
        .task(&inputs)
        .variable("SYSTEM_JOBATTEMPT", "2")
        .succeed();
    let file = |start: &str| {
        let line = ended
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix(start));
        let path = line.unwrap_or_else(|| panic!("{start}: {}", ended.stdout));
        std::fs::read_to_string(path).unwrap()
    };
    let page = file("##vso[task.addattachment type=gitops.plan;name=plan dev (attempt 2)]");
    assert!(page.contains("<h1>GitOps plan: dev</h1>"), "{page}");
    assert!(page.contains("<del>- spec.replicas: 2</del>"), "{page}");
    let tests = file("##vso[results.publish type=JUnit;runTitle=GitOps plan]");
    assert!(
        tests.contains("<failure type=\"high\" message=\"high: replicas fall from 2 to 1\"/>"),
        "{tests}"
    );

    workspace
        .task(&[("command", "publish"), inputs[1]])
        .succeed();
    let quiet = workspace.task(&inputs).succeed();
    assert!(
        quiet.stdout.contains("type=gitops.plan;name=plan dev]"),
        "{}",
        quiet.stdout
    );
    assert!(
        !quiet.stdout.contains("results.publish"),
        "{}",
        quiet.stdout
    );
}
