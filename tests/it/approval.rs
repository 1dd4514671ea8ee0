//! A plan that somebody approves, and the publication of exactly that, on a real git
//! server: what may happen in between, and what is refused.

mod more;

use crate::support::git_repository::GitRepository;
use crate::support::git_server::GitServer;
use crate::support::program::{Ended, Program, Workspace};

/// A source with two environments, and a repository with something of others in it.
struct Scene {
    workspace: Workspace,
    server: GitServer,
    repository: GitRepository,
}

impl Scene {
    fn new() -> Self {
        let workspace = Workspace::new();
        workspace
            .write("src/web.yaml", &config("web", "#{zone}#"))
            .write("gitops.yaml", "source: src\nenvironments: [dev, prod]\n");
        let server = GitServer::start();
        let repository = server.create("manifests");
        repository.commit("main", "start", &[("README.md", "100644", "hello")]);
        Self {
            workspace,
            server,
            repository,
        }
    }

    fn task(&self, inputs: &[(&str, &str)]) -> Program {
        let url = self.server.url("manifests");
        let inputs = [&[("manifestRepo", url.as_str())], inputs].concat();
        let task = self.workspace.task(&inputs);
        task.variable("VSTS_PUBLIC_VARIABLES", r#"["zone"]"#)
            .variable("ZONE", "north")
    }

    /// Makes a plan; gives back its hash.
    fn plan(&self) -> String {
        let inputs = [("command", "verify"), ("planFile", "out/plan.json")];
        hash(&self.task(&inputs).succeed())
    }

    fn by_hash(&self, hash: &str) -> Program {
        self.task(&[("planHash", hash)])
    }

    fn by_file(&self) -> Program {
        self.task(&[("planFile", "out/plan.json")])
    }

    fn tip(&self) -> String {
        self.repository.tip("main").unwrap()
    }
}

fn config(name: &str, value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop}}\ndata: {{value: '{value}'}}\n"
    )
}

/// The variable `planHash` that a run sets.
fn hash(ended: &Ended) -> String {
    let lines = ended.stdout.lines();
    let set = "##vso[task.setvariable variable=planHash;isOutput=true]";
    let mut found = lines.filter_map(|line| line.strip_prefix(set));
    found.next().expect("it sets planHash").to_owned()
}

/// Why a task failed, and what it advises.
fn failure(ended: &Ended) -> String {
    let lines = ended.stdout.lines();
    let of_error = lines.filter(|line| {
        line.contains("type=error") || line.contains("result=Failed") || line.contains("hint")
    });
    let text = of_error.collect::<Vec<_>>().join("\n");
    assert!(text.contains("result=Failed"), "{ended:#?}");
    text
}

/// A task that is refused, for this reason, with nothing changed.
fn refused(scene: &Scene, task: &Program, reason: &str) {
    let before = scene.tip();
    let said = failure(&task.run());
    assert!(said.contains(reason), "{said}");
    assert_eq!(scene.tip(), before, "nothing is published");
}

#[test]
fn what_was_approved_is_published() {
    for by_file in [false, true] {
        let scene = Scene::new();
        let hash = scene.plan();
        let task = if by_file {
            scene.by_file()
        } else {
            scene.by_hash(&hash)
        };
        let ended = task.succeed();
        let said = format!("(branch main), as approved (plan {})\n", &hash[..12]);
        assert!(ended.stdout.contains(&said), "{}", ended.stdout);
        let published = scene.repository.content("main", "prod/web.yaml");
        assert!(published.contains("north"), "{published}");
        // The stage may be run again.
        let tip = scene.tip();
        let again = task.succeed();
        assert!(again.stdout.contains("Nothing changed"), "{}", again.stdout);
        assert_eq!(scene.tip(), tip);
    }
}

#[test]
fn the_plan_file_says_what_it_is_a_plan_of_and_holds_no_secret() {
    let scene = Scene::new();
    scene.workspace.write(
        "src/secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\nstringData: {key: 'plain-marked', own: '#{login}#'}\n",
    );
    let inputs = [("command", "verify"), ("planFile", "out/plan.json")];
    let task = scene
        .task(&inputs)
        .variable("VSTS_SECRET_VARIABLES", r#"["login"]"#)
        .variable("SECRET_LOGIN", "secret-marked");
    let ended = task.succeed();
    let text = scene.workspace.read("out/plan.json");
    assert!(
        !text.contains("marked") && !text.contains("plain-marked"),
        "{text}"
    );
    assert!(!ended.stdout.contains("plain-marked"), "{}", ended.stdout);
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(plan["hash"], hash(&ended));
    let first = &plan["environments"][0];
    let effect = &first["effect"];
    let url = scene.server.url("manifests");
    assert_eq!(effect["repository"], url);
    assert_eq!(effect["branch"], "main");
    assert_eq!(effect["baseCommit"], scene.tip());
    assert_eq!(effect["source"]["commit"], "1".repeat(40));
    assert_eq!(
        effect["tools"]["gitops-publisher"],
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(first["plan"]["summary"]["actions"]["created"], 2);
    // The tree is the one that git gives to these files.
    scene
        .by_file()
        .variable("VSTS_SECRET_VARIABLES", r#"["login"]"#)
        .variable("SECRET_LOGIN", "secret-marked")
        .succeed();
    let git = |args: &[&str]| scene.repository.git(args);
    let listed = git(&["ls-tree", "main:dev"]);
    let files = listed
        .lines()
        .filter(|line| !line.contains(".gitops-publisher"));
    assert_eq!(files.count(), 2);
    let base = &effect["folders"][0]["baseTree"];
    assert!(base.is_null(), "there was no folder");
}

#[test]
fn the_base_may_move_elsewhere_and_not_in_an_owned_folder() {
    let scene = Scene::new();
    scene.plan();
    scene.by_file().succeed();
    scene
        .workspace
        .write("src/web.yaml", &config("web", "second"));
    let hash = scene.plan();
    let elsewhere = [("other/x.yaml", "100644", "x")];
    scene.repository.commit("main", "of others", &elsewhere);
    // Also when it moves while the push is under way.
    let repository = scene.repository.clone();
    scene.server.before_push(move || {
        repository.commit(
            "main",
            "of others again",
            &[("other/y.yaml", "100644", "y")],
        );
    });
    scene.by_hash(&hash).succeed();
    assert!(
        scene
            .repository
            .content("main", "dev/web.yaml")
            .contains("second")
    );
    assert!(
        scene
            .repository
            .paths("main")
            .contains(&"other/y.yaml".to_owned())
    );

    scene
        .workspace
        .write("src/web.yaml", &config("web", "third"));
    let hash = scene.plan();
    let inside = [("prod/note.txt", "100644", "x")];
    scene.repository.commit("main", "by hand", &inside);
    let reason = "environment prod: the folder `prod` of the manifest repository was changed after the plan was made (in the plan: tree ";
    refused(&scene, &scene.by_file(), reason);
    let reason = "folders in the manifest repository were changed after the plan was made";
    refused(&scene, &scene.by_hash(&hash), reason);
}

#[test]
fn the_base_is_looked_at_again_when_somebody_is_faster() {
    for by_file in [false, true] {
        let scene = Scene::new();
        scene.plan();
        scene.by_file().succeed();
        scene
            .workspace
            .write("src/web.yaml", &config("web", "second"));
        let hash = scene.plan();
        let repository = scene.repository.clone();
        scene.server.before_push(move || {
            repository.commit(
                "main",
                "by hand",
                &[("dev/.gitops-publisher-note", "100644", "x")],
            );
        });
        let task = if by_file {
            scene.by_file()
        } else {
            scene.by_hash(&hash)
        };
        let said = failure(&task.run());
        assert!(
            said.contains("environment dev: the folder `dev` of the manifest repository was changed after the plan was made"),
            "{said}"
        );
        assert_eq!(scene.repository.subjects("main")[0], "by hand");
    }
}

#[test]
fn another_source_render_or_scope_is_named() {
    let scene = Scene::new();
    let hash = scene.plan();
    for (task, reason) in [
        (
            scene.by_file(),
            "the source is at commit 2222222222222222222222222222222222222222; the plan was made at commit 1111111111111111111111111111111111111111",
        ),
        (
            scene.by_hash(&hash),
            "the source is at another commit than in the plan",
        ),
    ] {
        let task = task.variable("BUILD_SOURCEVERSION", &"2".repeat(40));
        refused(&scene, &task, reason);
    }
    for (task, reason) in [
        (
            scene.by_file(),
            "environment dev: it renders to something else than in the plan: `web.yaml` differs",
        ),
        (
            scene.by_hash(&hash),
            "environments render to something else than in the plan",
        ),
    ] {
        refused(&scene, &task.variable("ZONE", "south"), reason);
    }
    let only =
        |inputs: &[(&str, &str)]| scene.task(&[&[("environments", "prod")], inputs].concat());
    let task = only(&[("planFile", "out/plan.json")]);
    refused(
        &scene,
        &task,
        "environment dev: it is in the plan, and this run leaves it out",
    );
    let task = only(&[("planHash", &hash)]);
    refused(
        &scene,
        &task,
        "the plan is of 2 environments, and this run of 1",
    );
    let task = scene.task(&[("planHash", &hash), ("branch", "next")]);
    refused(
        &scene,
        &task,
        "other environments are published than in the plan, to another repository, branch or folder, or with other rules for files of others",
    );
    let task = scene.task(&[("planHash", &hash), ("foreignFiles", "adopt")]);
    refused(&scene, &task, "or with other rules for files of others");
    let task = scene.task(&[("planFile", "out/plan.json"), ("foreignFiles", "adopt")]);
    let reason = "environment dev: this run removes files of others from its folder (`foreignFiles: adopt`); the plan keeps them";
    refused(&scene, &task, reason);
    // The hash alone proves as much.
    let sum = hash.split_once('-').unwrap().0;
    let task = scene.by_hash(sum).variable("ZONE", "south");
    refused(
        &scene,
        &task,
        "the hash of what this run would publish differs from the approved one",
    );
    let advice = "hand over `planFile` as well: with it, the message names the environments";
    refused(&scene, &task, advice);
    let said = failure(&scene.by_file().variable("ZONE", "south").run());
    assert!(!said.contains(advice), "{said}");
    scene.by_hash(sum).succeed();
}

#[test]
fn a_plan_file_that_cannot_be_meant_is_refused() {
    let scene = Scene::new();
    refused(
        &scene,
        &scene.by_file(),
        "the plan file out/plan.json cannot be used: there is no such file",
    );
    let hash = scene.plan();
    let text = scene.workspace.read("out/plan.json");
    let cases = [
        (text[..text.len() / 2].to_owned(), "it ends in the middle"),
        (
            text.replacen("\"version\": 1", "\"version\": 7", 1),
            "it has version 7, and this program reads version 1",
        ),
        (
            text.replace("\"branch\": \"main\"", "\"branch\": \"next\""),
            "it was changed after it was written",
        ),
        (
            "no: plan".to_owned(),
            "it is not the JSON of a plan (line 1, column 2)",
        ),
    ];
    for (changed, reason) in cases {
        scene.workspace.write("out/plan.json", &changed);
        refused(&scene, &scene.by_file(), reason);
    }
    scene.workspace.write("out/plan.json", &text);
    let other = scene.by_file().variable("BUILD_BUILDID", "101");
    refused(
        &scene,
        &other,
        "is of run 100 of https://dev.azure.com/contoso/shop/build/12, and this is run 101",
    );
    let wrong = format!(
        "{}{}",
        if hash.starts_with('0') { "1" } else { "0" },
        &hash[1..]
    );
    let both = |hash: &str| scene.task(&[("planFile", "out/plan.json"), ("planHash", hash)]);
    refused(
        &scene,
        &both(&wrong),
        "`planHash` is not the hash of the plan file out/plan.json",
    );
    refused(
        &scene,
        &scene.by_hash("12ab"),
        "`planHash` is not the hash of a plan: it has 64 hexadecimal digits",
    );
    refused(
        &scene,
        &scene.by_hash("none"),
        "the plan has no hash, so nothing can be published by it",
    );
    both(&hash).succeed();
}

#[test]
fn a_plan_of_what_nobody_could_repeat_has_no_hash() {
    let scene = Scene::new();
    let plan = |task: Program| {
        let ended = task.succeed();
        assert_eq!(hash(&ended), "none");
        ended.stdout
    };
    let inputs = [("command", "verify"), ("planFile", "out/plan.json")];
    // A build of a pull request, without the secrets.
    scene
        .workspace
        .write("src/more.yaml", &config("more", "#{login}#"));
    let task = scene.task(&inputs);
    let task = task
        .variable("BUILD_REASON", "PullRequest")
        .variable("VSTS_SECRET_VARIABLES", r#"["login"]"#)
        .variable("SECRET_LOGIN", "x-marked-x");
    let said = plan(task);
    let reason = "environments dev, prod: it is made with placeholders for secret variables";
    assert!(
        said.contains(&format!("The plan has no hash: {reason}\n")),
        "{said}"
    );
    let refusal =
        "the plan file out/plan.json has no hash, so nothing can be published by it%0A  - ";
    refused(&scene, &scene.by_file(), &format!("{refusal}{reason}"));
    // A checkout with changes.
    scene.workspace.remove("src/more.yaml");
    scene.workspace.write(".gitignore", "out\n");
    scene.workspace.git(&["init", "--quiet", "."]);
    scene.workspace.git(&["add", "--all"]);
    scene.workspace.git(&["commit", "--quiet", "-m", "start"]);
    let clean = scene.plan();
    scene
        .workspace
        .write("src/web.yaml", &config("web", "changed"));
    let said = plan(scene.task(&inputs));
    assert!(
        said.contains(
            "environments dev, prod: its source has changes that are in no commit: `src/web.yaml`"
        ),
        "{said}"
    );
    refused(
        &scene,
        &scene.by_hash(&clean),
        "environments dev, prod: its source has changes that are in no commit: `src/web.yaml`%0AHint: undo these changes",
    );
}
