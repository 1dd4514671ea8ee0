//! The task, as an agent runs it: inputs in, logging commands out, a real git
//! server behind HTTP.

use std::sync::{Arc, Barrier};

use crate::support::git_repository::GitRepository;
use crate::support::git_server::{Fault, GitServer, Turn};
use crate::support::program::{Program, Workspace};

const TOKEN: &str = "marked-token/7f3a+9c\"x";

/// A source with one resource, and a server that wants the token.
struct Scene {
    workspace: Workspace,
    server: GitServer,
}

impl Scene {
    fn new() -> Self {
        let workspace = Workspace::new();
        workspace.write("src/web.yaml", &service("web", 80));
        let server = GitServer::start();
        server.create("manifests");
        server.require("git", TOKEN);
        Self { workspace, server }
    }

    /// The task with these inputs besides the usual ones.
    fn task(&self, inputs: &[(&str, &str)]) -> Program {
        let url = self.server.url("manifests");
        let usual = [
            ("source", "src"),
            ("environments", "dev"),
            ("manifestRepo", url.as_str()),
            ("token", TOKEN),
        ];
        self.workspace.task(&[&usual, inputs].concat())
    }
}

fn service(name: &str, port: u16) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  namespace: shop\nspec:\n  ports: [{{port: {port}}}]\n"
    )
}

/// What the agent shows, without what differs from run to run.
fn shown(stdout: &str) -> String {
    let secrets = "##vso[task.setsecret]";
    stdout
        .lines()
        .filter(|line| !line.starts_with(secrets))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_run_publishes_and_tells_the_agent_what_it_did() {
    let scene = Scene::new();
    let ended = scene.task(&[]).succeed();
    assert_eq!(ended.stderr, "");
    insta::with_settings!({filters => vec![
        (r"[0-9a-f]{40}", "[commit]"),
        (r"127\.0\.0\.1:\d+", "[server]"),
        (r"\]\S*gitops-(\w+)-\d+", "][temp]/gitops-$1"),
        (r"\]\S*/gitops\.published", "][temp]/gitops.published"),
    ]}, {
        insta::assert_snapshot!(shown(&ended.stdout), @r"
        ##vso[task.setprogress value=70;]Rendering
        ##vso[task.setprogress value=75;]Publishing
        ##vso[task.addattachment type=gitops.published;name=gitops][temp]/gitops.published-gitops.json
        ##[group]dev: 1 resource in 1 file (manifests) -> dev (new folder): 1 added, 0 changed, 0 removed (1 file)
          + v1 Service shop/web
        ##[endgroup]
        Published [commit] to http://[server]/manifests (branch main)
        ##vso[task.setvariable variable=changed;isOutput=true]true
        ##vso[task.setvariable variable=manifestRepoUrl;isOutput=true]http://[server]/manifests
        ##vso[task.setvariable variable=branch;isOutput=true]main
        ##vso[task.setvariable variable=commitId;isOutput=true][commit]
        ##vso[task.setvariable variable=dev.resources;isOutput=true]1
        ##vso[task.setvariable variable=dev.added;isOutput=true]1
        ##vso[task.setvariable variable=dev.changed;isOutput=true]0
        ##vso[task.setvariable variable=dev.removed;isOutput=true]0
        ##vso[task.addattachment type=Distributedtask.Core.Summary;name=GitOps][temp]/gitops-summary.md
        ##vso[task.addattachment type=gitops.plan;name=publish dev][temp]/gitops-plan.html
        ");
    });
    assert!(
        ended
            .stdout
            .contains(&format!("##vso[task.setsecret]{TOKEN}"))
    );
}

#[test]
fn nothing_to_publish_takes_two_turns_and_sends_nothing() {
    let scene = Scene::new();
    scene.task(&[]).succeed();
    scene.server.forget();
    let ended = scene.task(&[]).succeed();
    assert_eq!(scene.server.turns(), 2);
    assert!(
        ended
            .stdout
            .contains("##vso[task.setvariable variable=changed;isOutput=true]false"),
        "{}",
        ended.stdout
    );
}

#[test]
fn the_next_publication_takes_four_turns() {
    let scene = Scene::new();
    scene.task(&[]).succeed();
    scene.workspace.write("src/web.yaml", &service("web", 81));
    scene.server.forget();
    scene.task(&[]).succeed();
    assert!(scene.server.turns() <= 4, "{}", scene.server.turns());
}

#[test]
fn the_token_is_nowhere_but_in_the_header() {
    let scene = Scene::new();
    // A helm that says everything it is told, and prints something to render.
    let bin = scene.workspace.path().join("bin");
    scene.workspace.write("bin/helm", "#!/bin/sh\n{ env; echo \"$@\"; cat /proc/$$/environ /proc/$PPID/environ /proc/$PPID/cmdline 2>/dev/null; } >&2\nprintf -- '---\\napiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: chart}\\n'\necho 'warning: ##vso[task.setvariable variable=x]owned' >&2\n");
    make_executable(&bin.join("helm"));
    scene
        .workspace
        .write(
            "hld/component.yaml",
            "name: shop\nsubcomponents:\n- {name: chart, type: helm, path: ./chart}\n",
        )
        .write(
            "hld/chart/Chart.yaml",
            "apiVersion: v2\nname: chart\nversion: 0.1.0\n",
        );
    let helm = bin.join("helm").display().to_string();
    let ended = scene
        .task(&[("source", "hld"), ("helm", &helm)])
        .variable("SYSTEM_DEBUG", "true")
        .variable("SECRET_OTHER", "another-secret-value")
        .succeed();
    let forms = [
        TOKEN.to_owned(),
        TOKEN.replace('"', "\\\""),
        "marked-token%2F7f3a%2B9c%22x".to_owned(),
        base64(TOKEN),
        base64(&format!("git:{TOKEN}")),
        base64(&format!(":{TOKEN}")),
        "another-secret-value".to_owned(),
    ];
    let clean = |what: &str, text: &str| {
        for form in &forms {
            assert!(
                !text.contains(form.as_str()),
                "{what} holds {form:?}:\n{text}"
            );
        }
    };
    clean("the log", &shown(&ended.stdout));
    clean("stderr", &ended.stderr);
    assert!(
        !ended.stdout.contains("##vso[task.setvariable variable=x]"),
        "{}",
        ended.stdout
    );
    assert!(
        shown(&ended.stdout).contains("HELM_CACHE_HOME"),
        "{ended:?}"
    );
    for folder in [
        scene.workspace.path(),
        scene.workspace.temp(),
        scene.server.root().to_path_buf(),
    ] {
        for path in files_below(&folder) {
            clean(
                &path.display().to_string(),
                &String::from_utf8_lossy(&std::fs::read(&path).unwrap()),
            );
        }
    }
    let objects = scene.server.root().join("manifests");
    clean(
        "the commit",
        &crate::support::program::git(&objects, &["log", "-p", "main"]),
    );
    for request in scene.server.requests() {
        clean("a request's target", &request.target);
        clean("a request's body", &String::from_utf8_lossy(&request.body));
        for (name, value) in request
            .headers
            .iter()
            .filter(|(name, _)| name != "authorization")
        {
            clean(name, value);
        }
    }
}

#[test]
fn a_password_in_the_url_is_not_used_and_not_shown() {
    let scene = Scene::new();
    let url = scene
        .server
        .url("manifests")
        .replace("http://", "http://me:hunter2-in-url@");
    let ended = scene.task(&[("manifestRepo", &url)]).succeed();
    assert!(
        !shown(&ended.stdout).contains("hunter2-in-url"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("contains a password; it is not used"),
        "{}",
        ended.stdout
    );
}

#[rstest::rstest]
#[case::wrong_token(&[("token", "wrong-token")], None, "refused the credentials", "token")]
#[case::sign_in_page(&[], Some(Fault::answer(203, &[("content-type", "text/html")], "<html>Sign in</html>")), "refused the credentials", "token")]
#[case::redirect_to_sign_in(&[], Some(Fault::answer(302, &[("location", "https://login.contoso.com/_signin")], "")), "refused the credentials", "token")]
#[case::no_permission(&[], Some(Fault::answer(403, &[], "TF401027: You need the Git 'GenericContribute' permission")), "does not permit this", "Contribute")]
#[case::not_found(&[], Some(Fault::status(404)), "was not found", "")]
#[case::no_repository(&[], Some(Fault::answer(200, &[("content-type", "text/html")], "<html>hello</html>")), "there is no git repository", "git clone")]
#[case::unknown_variable(&[("manifestRepo", "$(manifests)")], None, "the input `manifestRepo` contains `$(manifests)`", "define the variable")]
#[case::no_host(&[("manifestRepo", "ftp://contoso.com/x")], None, "scheme", "")]
fn what_goes_wrong_is_explained_and_fails_the_task(
    #[case] inputs: &[(&str, &str)],
    #[case] fault: Option<Fault>,
    #[case] said: &str,
    #[case] hint: &str,
) {
    let scene = Scene::new();
    if let Some(fault) = fault {
        scene.server.inject(Turn::Advertisement, fault);
    }
    let ended = scene.task(inputs).succeed();
    let error = ended
        .stdout
        .lines()
        .find(|line| line.starts_with("##vso[task.logissue type=error]"));
    let error = error.unwrap_or_else(|| panic!("no error in {}", ended.stdout));
    assert!(error.contains(said) && error.contains(hint), "{error}");
    assert!(
        ended.stdout.contains("##vso[task.complete result=Failed;]"),
        "{}",
        ended.stdout
    );
    // The agent attaches the views after the run.
    let left = files_below(&scene.workspace.temp());
    let name = |path: &std::path::PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let left: Vec<_> = left.iter().map(name).collect();
    let others = left.iter().filter(|name| {
        let attached = ["gitops-summary-", "gitops-plan-", "gitops-tests-"];
        !attached.iter().any(|start| name.starts_with(start))
    });
    assert_eq!(others.count(), 0, "temporary files are left: {left:?}");
}

#[test]
fn a_protected_branch_is_named_as_such() {
    let scene = Scene::new();
    let hook = scene.server.root().join("manifests/hooks/pre-receive");
    std::fs::write(
        &hook,
        "#!/bin/sh\necho 'GH006: Protected branch update failed' >&2\nexit 1\n",
    )
    .unwrap();
    make_executable(&hook);
    let ended = scene.task(&[]).succeed();
    assert!(
        ended.stdout.contains("is protected against pushes"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("##vso[task.complete result=Failed;]"),
        "{}",
        ended.stdout
    );
}

#[test]
fn eight_writers_at_once_all_land_with_a_linear_history() {
    let scene = Scene::new();
    let start = Barrier::new(8);
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let (scene, start) = (&scene, &start);
            scope.spawn(move || {
                let name = format!("env{writer}");
                let task = scene.task(&[("environments", &name)]);
                start.wait();
                let ended = task.succeed();
                assert!(
                    ended.stdout.contains("variable=changed;isOutput=true]true"),
                    "{}",
                    ended.stdout
                );
            });
        }
    });
    let repository = scene.server.root().join("manifests");
    let git = |arguments: &[&str]| crate::support::program::git(&repository, arguments);
    assert_eq!(git(&["rev-list", "--count", "main"]).trim(), "8");
    assert_eq!(
        git(&["rev-list", "--merges", "--count", "main"]).trim(),
        "0"
    );
    assert_eq!(git(&["ls-tree", "--name-only", "main"]).lines().count(), 8);
    git(&["fsck", "--strict", "--no-dangling"]);
}

#[cfg(unix)]
#[test]
fn killed_at_any_moment_the_repository_is_sound_and_a_second_run_completes() {
    let scene = Scene::new();
    let scene = Arc::new(scene);
    for round in 0..15_u16 {
        scene
            .workspace
            .write("src/web.yaml", &service("web", 1000 + round));
        let mut child = scene.task(&[]).command().spawn().unwrap();
        // The moment is the subject here: from before the first request to after the last.
        let moment = std::time::Duration::from_millis(u64::from(round) * 6);
        let deadline = std::time::Instant::now() + moment;
        while std::time::Instant::now() < deadline && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().unwrap();
        let repository = scene.server.root().join("manifests");
        if repository.join("refs/heads/main").exists() {
            crate::support::program::git(&repository, &["fsck", "--strict", "--no-dangling"]);
        }
    }
    scene.task(&[]).succeed();
    scene.task(&[]).succeed();
    let repository = scene.server.root().join("manifests");
    let git = |arguments: &[&str]| crate::support::program::git(&repository, arguments);
    assert!(git(&["show", "main:dev/web.yaml"]).contains("port: 1014"));
    let trees = git(&["log", "--format=%T", "main"]);
    let trees: Vec<_> = trees.lines().collect();
    let mut distinct = trees.clone();
    distinct.dedup();
    assert_eq!(trees, distinct, "no commit repeats the one before it");
}

#[cfg(unix)]
#[test]
fn a_cancelled_run_ends_its_programs_and_leaves_nothing_behind() {
    let scene = Scene::new();
    let fifo = scene.workspace.path().join("started");
    assert!(
        crate::support::git_repository::command("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    scene.workspace.write(
        "hld/component.yaml",
        &format!(
            "name: shop\nhooks:\n  before-generate: [\"echo $$ > '{}'; exec sleep 600\"]\n",
            fifo.display()
        ),
    );
    let mut child = scene
        .task(&[("source", "hld"), ("generator", "fabrikate")])
        .command()
        .spawn()
        .unwrap();
    // Reading waits until the hook is running.
    let hook = std::fs::read_to_string(&fifo).unwrap();
    let interrupt = crate::support::git_repository::command("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupt.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // It has been killed when the program ends; the kernel may still be clearing it away.
    let state =
        || std::fs::read_to_string(format!("/proc/{}/stat", hook.trim())).unwrap_or_default();
    let gone = |state: &str| state.is_empty() || state.contains(") Z");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !gone(&state()) && std::time::Instant::now() < deadline {
        std::thread::yield_now();
    }
    assert!(gone(&state()), "the hook is still running: {}", state());
    assert_eq!(
        files_below(&scene.workspace.temp()).len(),
        0,
        "temporary files are left"
    );
}

#[cfg(unix)]
#[test]
fn cancelled_in_the_middle_of_a_push_the_run_ends_at_once() {
    let scene = Scene::new();
    let (arrived, waits) = std::sync::mpsc::channel();
    scene.server.before_push(move || arrived.send(()).unwrap());
    scene.server.inject(Turn::Push, Fault::Stall);
    let mut child = scene.task(&[]).command().spawn().unwrap();
    waits.recv().unwrap();
    crate::support::git_repository::command("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(
        files_below(&scene.workspace.temp()).len(),
        0,
        "temporary files are left"
    );
    // Whatever became of that push, the next run completes.
    scene.task(&[]).succeed();
}

#[cfg(unix)]
fn make_executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(windows)]
fn make_executable(_: &std::path::Path) {}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_symlink() || path.is_file() {
            files.push(path);
        } else if path.is_dir() {
            files.extend(files_below(&path));
        }
    }
    files
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[cfg(unix)]
#[test]
fn the_task_runs_through_its_launcher() {
    let node = crate::support::git_repository::command("node")
        .arg("--version")
        .output();
    if node.is_err() {
        println!("skipped: there is no `node` on PATH");
        return;
    }
    let scene = Scene::new();
    let folder = scene.workspace.path().join("_tasks/GitOps/1.0.0");
    let platform = if cfg!(target_os = "macos") {
        "darwin"
    } else {
        "linux"
    };
    let machine = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x64"
    };
    let binary = folder.join(format!("bin/{platform}-{machine}/gitops-publisher.bin"));
    std::fs::create_dir_all(binary.parent().unwrap()).unwrap();
    // As the agent unpacks it: the execute bit is lost.
    std::fs::write(
        &binary,
        std::fs::read(env!("CARGO_BIN_EXE_gitops-publisher")).unwrap(),
    )
    .unwrap();
    let launcher = concat!(env!("CARGO_MANIFEST_DIR"), "/task/gitops/launcher.js");
    std::fs::copy(launcher, folder.join("launcher.js")).unwrap();
    let run = || {
        let direct = scene.task(&[]).command();
        let mut node = crate::support::git_repository::command("node");
        node.arg(folder.join("launcher.js"))
            .current_dir(direct.get_current_dir().unwrap())
            .env_clear();
        node.envs(
            direct
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        let output = node.output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run().contains("##vso[task.setvariable variable=changed;isOutput=true]true"));
    assert!(run().contains("##vso[task.setvariable variable=changed;isOutput=true]false"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_explained_and_nothing_is_published() {
    let scene = Scene::new();
    for file in 0..200 {
        scene.workspace.write(
            &format!("src/{file}.yaml"),
            &service(&format!("s{file}"), 80),
        );
    }
    let task = scene
        .task(&[("command", "render"), ("output", "full/out")])
        .command();
    std::fs::create_dir(scene.workspace.path().join("full")).unwrap();
    // A small file system of our own, where the machine lets us have one.
    let mut shell = crate::support::git_repository::command("unshare");
    shell.args([
        "-rm",
        "sh",
        "-c",
        "mount -t tmpfs -o size=64k,nr_inodes=1000 none full && exec \"$0\" task",
    ]);
    shell
        .arg(task.get_program())
        .current_dir(task.get_current_dir().unwrap())
        .env_clear();
    shell.envs(
        task.get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let output = shell.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    if said.contains("unshare:") || said.contains("mount:") {
        println!("skipped: no file system of our own here: {said}");
        return;
    }
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(
        shown.contains("cannot write") && shown.contains("No space left"),
        "{shown}{said}"
    );
    assert!(shown.contains("free some space"), "{shown}");
}

/// The inputs of a run whose manifest repository only `gitops.yaml` names.
fn by_file(scene: &Scene, more: &str) {
    let url = scene.server.url("manifests");
    scene.workspace.write(
        "gitops.yaml",
        &format!("manifestRepo: {url}\nsource: src\n{more}environments: {{dev: }}\n"),
    );
}

#[test]
fn on_a_pull_request_the_token_goes_to_no_repository_that_only_the_file_names() {
    let scene = Scene::new();
    by_file(&scene, "");
    let run = |command: &str| {
        scene
            .workspace
            .task(&[("command", command), ("token", TOKEN)])
            .variable("BUILD_REASON", "PullRequest")
            .succeed()
    };
    let ended = run("verify");
    assert!(
        ended.stdout.contains("the token is not sent to"),
        "{}",
        ended.stdout
    );
    let sent = |name: &str| {
        let requests = scene.server.requests();
        requests
            .iter()
            .any(|request| request.headers.iter().any(|(header, _)| header == name))
    };
    assert!(!sent("authorization"));
    let ended = run("publish");
    assert!(
        ended.stdout.contains("`publish` acts like `plan`"),
        "{}",
        ended.stdout
    );
    assert!(!sent("authorization"));
}

#[rstest::rstest]
#[case("helm: ./evil.sh\n", "`helm` in gitops.yaml, line 3")]
#[case("allowHooks: true\n", "`allowHooks` in gitops.yaml, line 3")]
#[case("tokenFile: ../secret\n", "`tokenFile` in gitops.yaml, line 3")]
fn on_a_pull_request_the_file_runs_nothing_and_names_no_secret(
    #[case] more: &str,
    #[case] said: &str,
) {
    let scene = Scene::new();
    by_file(&scene, more);
    let ended = scene
        .workspace
        .task(&[("command", "verify")])
        .variable("BUILD_REASON", "PullRequest")
        .succeed();
    assert!(ended.stdout.contains(said), "{}", ended.stdout);
    assert!(
        ended.stdout.contains(
            "is not accepted in pull request builds, because the file is untrusted there"
        ),
        "{}",
        ended.stdout
    );
    assert_eq!(scene.server.turns(), 0);
}

#[test]
fn what_was_published_before_a_later_branch_failed_is_told() {
    let scene = Scene::new();
    scene.server.create("closed");
    let hook = scene.server.root().join("closed/hooks/pre-receive");
    std::fs::write(&hook, "#!/bin/sh\necho no >&2\nexit 1\n").unwrap();
    make_executable(&hook);
    let (open, closed) = (scene.server.url("manifests"), scene.server.url("closed"));
    scene.workspace.write(
        "gitops.yaml",
        &format!("source: src\nenvironments:\n  dev: {{manifestRepo: '{open}'}}\n  qa: {{manifestRepo: '{closed}'}}\n"),
    );
    let ended = scene.workspace.task(&[("token", TOKEN)]).succeed();
    assert!(ended.stdout.contains("Published "), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("variable=changed;isOutput=true]true"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("result=Failed"), "{}", ended.stdout);
}

#[test]
fn a_summary_that_cannot_be_written_does_not_fail_what_was_done() {
    let scene = Scene::new();
    let local = scene.workspace.path().join("m.git").display().to_string();
    scene.workspace.git(&["init", "--quiet", "--bare", "m.git"]);
    let ended = scene
        .task(&[("manifestRepo", &local), ("replaceTokens", "false")])
        .variable("AGENT_TEMPDIRECTORY", "/nowhere/at/all")
        .succeed();
    assert!(
        ended.stdout.contains("there is no summary: cannot write"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains("result=Failed"), "{}", ended.stdout);
}

#[test]
fn a_secret_that_is_an_ordinary_word_does_not_spoil_the_output_variables() {
    let scene = Scene::new();
    let ended = scene
        .task(&[])
        .variable("SECRET_FLAG", "true")
        .variable("SECRET_BRANCH", "main")
        .succeed();
    assert!(
        ended.stdout.contains("variable=changed;isOutput=true]true"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("variable=branch;isOutput=true]main"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_repository_whose_head_names_nothing_is_published_to_again_and_again() {
    let scene = Scene::new();
    let repository = scene.server.root().join("manifests");
    crate::support::program::git(&repository, &["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    scene.task(&[]).succeed();
    scene.workspace.write("src/web.yaml", &service("web", 81));
    let ended = scene.task(&[]).succeed();
    assert!(
        ended.stdout.contains("variable=changed;isOutput=true]true"),
        "{}",
        ended.stdout
    );
}

/// Every declared input with its default, as the agent sends them.
fn defaults() -> Vec<(String, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/task/gitops/task.json");
    let task: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let text = |value: &serde_json::Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let inputs = task["inputs"].as_array().unwrap().iter();
    inputs
        .map(|input| (text(&input["name"]), text(&input["defaultValue"])))
        .collect()
}

#[rstest::rstest]
#[case::publish("publish")]
#[case::verify("verify")]
fn defaults_of_inputs_do_not_win_over_the_settings_file(#[case] command: &str) {
    let scene = Scene::new();
    by_file(
        &scene,
        "generator: manifests\nmaxRemovedPercent: 10\nreplaceTokens: false\n",
    );
    scene
        .workspace
        .write("src/web.yaml", &service("'#{kept}#'", 80));
    let defaults = defaults();
    let mut inputs: Vec<_> = defaults
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    inputs.extend([("command", command), ("token", TOKEN)]);
    let ended = scene.workspace.task(&inputs).succeed();
    assert!(!ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("variable=changed;isOutput=true]true"),
        "{}",
        ended.stdout
    );
}

#[test]
fn the_tokens_command_runs_with_every_input_at_its_default() {
    let scene = Scene::new();
    scene.workspace.write("a.yml", "x: #{FOO}# #{bar}#\n");
    let defaults = defaults();
    let mut inputs: Vec<_> = defaults
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    inputs.extend([("command", "tokens"), ("sources", "*.yml")]);
    scene
        .workspace
        .task(&inputs)
        .variable("FOO", "from the step's env")
        .variable("VSTS_PUBLIC_VARIABLES", r#"["bar"]"#)
        .variable("BAR", "from the pipeline")
        .succeed();
    assert_eq!(
        scene.workspace.read("a.yml"),
        "x: from the step's env from the pipeline\n"
    );
}

#[test]
fn tokens_in_files_are_replaced_as_the_replace_tokens_task_did() {
    let scene = Scene::new();
    scene
        .workspace
        .write("app/a.xml", "<add key=\"tag\" value=\"#{Image.Tag}#\" />\n");
    let ended = scene
        .workspace
        .task(&[
            ("command", "tokens"),
            ("rootDirectory", "app"),
            ("targetFiles", "**/*.xml"),
            ("tokenPattern", "default"),
        ])
        .variable("VSTS_PUBLIC_VARIABLES", r#"["Image.Tag"]"#)
        .variable("IMAGE_TAG", "1.2 & 3")
        .succeed();
    assert_eq!(
        scene.workspace.read("app/a.xml"),
        "<add key=\"tag\" value=\"1.2 &amp; 3\" />\n"
    );
    assert!(
        ended.stdout.contains("variable=replaced;isOutput=true]1"),
        "{}",
        ended.stdout
    );
}

/// An input that only other commands have is no wish to publish.
#[rstest::rstest]
#[case("publish", "true", true)]
#[case("", "True", true)]
#[case("publish", "false", false)]
#[case("plan", "true", false)]
fn a_dry_run_publishes_nothing(#[case] command: &str, #[case] value: &str, #[case] refused: bool) {
    let workspace = Workspace::new();
    workspace.write(
        "src/a.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n",
    );
    let repository = GitRepository::init(&workspace.path().join("manifests.git"));
    repository.commit("main", "start", &[("README.md", "100644", "hello")]);
    let inputs = [
        ("command", command),
        ("dryRun", value),
        ("source", "src"),
        ("environments", "dev"),
        ("manifestRepo", "./manifests.git"),
    ];
    let ended = workspace.task(&inputs).run();
    let said = "the input `dryRun` is not for the command `publish`%0AHint: to see what publishing would change, use the command `plan`; it writes nothing";
    assert_eq!(ended.stdout.contains(said), refused, "{}", ended.stdout);
    let publishes = !refused && command == "publish";
    let commits = repository.subjects("main").len();
    assert_eq!(commits, if publishes { 2 } else { 1 });
}
