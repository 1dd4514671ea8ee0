//! `update`, as a user sees it: values in files that people own, pushed to a real git server
//! or proposed on both hosts.

mod corpus;
mod proposed;

use crate::support::git_repository::GitRepository;
use crate::support::git_server::GitServer;
use crate::support::program::{Ended, Workspace};

const RELEASE: &str = "# The shop\r\napiVersion: helm.toolkit.fluxcd.io/v2\r\nkind: HelmRelease\r\nmetadata:\r\n  name: web\r\n  namespace: shop\r\nspec:\r\n  chart:\r\n    spec:\r\n      chart: web\r\n      version: \"1.4.1\"   # by the pipeline\r\n  values: {replicas: 2}\r\n";

pub(super) const KUSTOMIZATION: &str = "resources:\n- web.yaml\n\n# images\nimages:\n  - name: web\n    newName: contoso.azurecr.io/web\n    newTag: v1 # old";

const FILES: [(&str, &str, &str); 5] = [
    ("link.yaml", "120000", "apps/web/kustomization.yaml"),
    ("clusters/prod/web.yaml", "100644", RELEASE),
    ("apps/web/kustomization.yaml", "100755", KUSTOMIZATION),
    ("values/a.json", "100644", "{\"a\": {\"tag\": \"v1\"}}"),
    ("README.md", "100644", "hello"),
];

/// A manifest repository behind HTTP, and a working folder.
struct Central {
    workspace: Workspace,
    server: GitServer,
    git: GitRepository,
}

fn central() -> Central {
    let server = GitServer::start();
    let git = server.create("manifests");
    git.commit("main", "start", &FILES);
    Central {
        workspace: Workspace::new(),
        server,
        git,
    }
}

impl Central {
    fn update(&self, lines: &[&str], more: &[&str]) -> Ended {
        self.program(lines, more).succeed()
    }

    fn program(&self, lines: &[&str], more: &[&str]) -> crate::support::program::Program {
        let url = self.server.url("manifests");
        let mut arguments = vec!["update", "--manifest-repo", &url];
        for line in lines {
            arguments.extend(["--set", line]);
        }
        arguments.extend(more);
        self.workspace.program(&arguments)
    }

    fn fails(&self, lines: &[&str], more: &[&str]) -> String {
        said(&self.program(lines, more).fail())
    }

    /// The bytes of a file.
    fn file(&self, path: &str) -> String {
        self.git.content("main", path)
    }

    fn commits(&self) -> usize {
        self.git.git(&["rev-list", "main"]).lines().count()
    }
}

/// What an error says, and what it advises.
fn said(ended: &Ended) -> String {
    let words = |line: &&str| line.starts_with("error") || line.trim().starts_with("help");
    let lines: Vec<_> = ended.stderr.lines().filter(words).map(str::trim).collect();
    lines.join("\n")
}

const VERSION: &str = "HelmRelease shop/web version=1.4.2";
const IMAGE: &str = "apps/web/kustomization.yaml image=contoso.azurecr.io/web:v2";

#[test]
fn several_values_are_one_commit_and_a_second_run_does_nothing() {
    let central = central();
    let lines = [VERSION, IMAGE, "values/a.json a.tag=v2"];
    let ended = central.update(&lines, &[]);
    let shown = ended
        .stderr
        .replace(&central.server.url("manifests"), "URL");
    let tip = central.git.tip("main").unwrap();
    insta::assert_snapshot!("pushed", shown.replace(&tip, "COMMIT"));
    assert_eq!(
        central.file("clusters/prod/web.yaml"),
        RELEASE.replace("1.4.1", "1.4.2")
    );
    assert_eq!(
        central.file("apps/web/kustomization.yaml"),
        KUSTOMIZATION.replace("v1 #", "v2 #")
    );
    assert_eq!(central.file("values/a.json"), "{\"a\": {\"tag\": \"v2\"}}");
    let stat = central.git.git(&["diff", "--numstat", "main~1", "main"]);
    assert_eq!(stat.lines().count(), 3);
    assert!(
        stat.lines().all(|line| line.starts_with("1\t1\t")),
        "{stat}"
    );
    let modes = central.git.git(&["diff", "--summary", "main~1", "main"]);
    assert_eq!(modes, "", "no mode changes");
    let message = central.git.git(&["log", "-1", "--format=%B", "main"]);
    let (told, trailers) = message.split_once("\n\nGitops-Environments").unwrap();
    insta::assert_snapshot!("message", told);
    assert!(trailers.contains("Gitops-Tree: "), "{trailers}");
    for _ in 0..2 {
        let again = central.update(&lines, &[]);
        assert!(
            again.stderr.contains("Nothing changed: "),
            "{}",
            again.stderr
        );
        assert_eq!(central.git.tip("main").unwrap(), tip);
    }
    central.git.assert_sound();
}

#[test]
fn one_value_is_the_subject_of_the_commit() {
    let central = central();
    central.update(&[VERSION], &[]);
    let subjects = central.git.subjects("main");
    assert_eq!(
        subjects[0],
        "Set spec.chart.spec.version of HelmRelease shop/web to 1.4.2"
    );
    central.update(&[IMAGE], &["--commit-message", "Ship it"]);
    assert_eq!(central.git.subjects("main")[0], "Ship it");
}

#[test]
fn when_somebody_else_pushes_first_the_edit_is_made_on_what_they_left() {
    let central = central();
    let git = central.git.clone();
    central.server.before_push(move || {
        let text = RELEASE.replace("replicas: 2", "replicas: 5");
        git.commit(
            "main",
            "theirs",
            &[("clusters/prod/web.yaml", "100644", &text)],
        );
    });
    let ended = central.update(&[VERSION], &["--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["publications"][0]["retries"], 1);
    let meant = RELEASE.replace("replicas: 2", "replicas: 5");
    assert_eq!(
        central.file("clusters/prod/web.yaml"),
        meant.replace("1.4.1", "1.4.2")
    );
    assert_eq!(central.commits(), 3);
}

#[test]
fn when_somebody_else_sets_the_same_there_is_nothing_left_to_do() {
    let central = central();
    let git = central.git.clone();
    central.server.before_push(move || {
        let text = RELEASE.replace("1.4.1", "1.4.2");
        git.commit(
            "main",
            "theirs",
            &[("clusters/prod/web.yaml", "100644", &text)],
        );
    });
    let ended = central.update(&[VERSION], &[]);
    assert!(
        ended.stderr.contains("Nothing changed: "),
        "{}",
        ended.stderr
    );
    assert_eq!(central.git.subjects("main"), ["theirs", "start"]);
}

#[test]
fn a_dry_run_and_a_build_of_a_pull_request_change_nothing() {
    let central = central();
    let before = central.git.tip("main");
    let ended = central.update(&[VERSION], &["--dry-run", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["changed"], true);
    assert_eq!(
        report["updates"],
        serde_json::json!([{
            "file": "clusters/prod/web.yaml", "line": 11, "object": "HelmRelease shop/web",
            "field": "spec.chart.spec.version", "before": "1.4.1", "after": "1.4.2",
        }])
    );
    let url = central.server.url("manifests");
    let task = central.workspace.task(&[
        ("command", "update"),
        ("manifestRepo", &url),
        ("set", VERSION),
    ]);
    let ended = task.variable("BUILD_REASON", "PullRequest").succeed();
    assert!(
        ended
            .stdout
            .contains("so `update` changes nothing and only shows what it would change"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("Publishing would change"),
        "{}",
        ended.stdout
    );
    assert_eq!(central.git.tip("main"), before);
}

#[test]
fn a_task_reads_a_line_for_each_value_and_names_a_variable_that_is_missing() {
    let central = central();
    let url = central.server.url("manifests");
    let task = |set: &str| {
        let inputs = [("command", "update"), ("manifestRepo", &url), ("set", set)];
        central.workspace.task(&inputs).succeed()
    };
    let ended = task(&format!("# the release\n{VERSION}\n\n  {IMAGE}\n"));
    assert!(ended.stdout.contains("variable=changed;isOutput=true]true"));
    assert_eq!(
        central
            .git
            .git(&["diff", "--name-only", "main~1", "main"])
            .lines()
            .count(),
        2
    );
    let ended = task("HelmRelease shop/web version=$(packageVersion)");
    assert!(
        ended.stdout.contains(
            "the input `set` contains `$(packageVersion)`, a variable that this run does not have"
        ),
        "{}",
        ended.stdout
    );
}

#[test]
fn nothing_is_pushed_when_one_of_the_values_cannot_be_set() {
    let central = central();
    let before = central.git.tip("main");
    insta::assert_snapshot!(
        "refused",
        [
            central.fails(&[VERSION, "HelmRelease shop/api version=1.4.2"], &[]),
            central.fails(
                &[VERSION, "apps/web/kustomisation.yaml images[0].newTag=1"],
                &[]
            ),
            central.fails(&["README.md a=1"], &[]),
            central.fails(&["link.yaml a=1"], &[]),
            central.fails(&[VERSION], &["--branch", "prod"]),
            central.fails(&["HelmRelease shop/web version"], &[]),
            central.fails(&[], &[]),
            central.fails(&[VERSION], &["--environments", "dev,prod"]),
            central.fails(&[VERSION], &["--plan-hash", "x"]),
            central.fails(&[VERSION], &["--mode", "pullRequest"]),
        ]
        .join("\n\n")
        .replace(&central.server.url("manifests"), "URL")
    );
    assert_eq!(central.git.tip("main"), before);
}

#[test]
fn what_publish_writes_is_changed_in_its_source() {
    let central = central();
    let url = central.server.url("manifests");
    let api = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: api, namespace: shop}\nspec: {chart: {spec: {chart: api, version: 1.0.0}}}\n";
    central.workspace.write("src/api.yaml", api);
    let publish = [
        "publish",
        "--source",
        "src",
        "--environments",
        "prod",
        "--manifest-repo",
        &url,
    ];
    central.workspace.program(&publish).succeed();
    let before = central.git.tip("main");
    insta::assert_snapshot!(
        "owned",
        [
            central.fails(&["HelmRelease shop/api version=1.0.1"], &[]),
            central.fails(&["prod/api.yaml spec.chart.spec.version=1.0.1"], &[]),
        ]
        .join("\n\n")
    );
    assert_eq!(central.git.tip("main"), before);
}

#[test]
fn what_lies_beside_a_file_that_is_named_tells_of_its_chart_repository() {
    let central = central();
    let repository = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: charts, namespace: shop}\nspec: {url: https://contoso.azurecr.io/helm/v1/repo}\n";
    let source = "sourceRef: {kind: HelmRepository, name: charts}\r\n  values";
    let release = RELEASE.replace("  values", &format!("      {source}"));
    let files = [
        ("clusters/prod/charts.yaml", "100644", repository),
        ("clusters/prod/web.yaml", "100644", release.as_str()),
    ];
    central.git.commit("main", "charts", &files);
    let ended = central.update(
        &["clusters/prod/web.yaml HelmRelease web version=1.4.2"],
        &[],
    );
    assert!(
        ended.stderr.contains("warning: clusters/prod/web.yaml, HelmRelease web: HelmRepository `charts` has the address https://contoso.azurecr.io/helm/v1/repo and not `type: oci`"),
        "{}",
        ended.stderr
    );
}

#[test]
fn an_environment_of_the_settings_file_says_where_to() {
    let central = central();
    central.git.git(&["branch", "live", "main"]);
    let url = central.server.url("manifests");
    let settings =
        format!("manifestRepo: {url}\nenvironments:\n  dev:\n  prod: {{branch: live}}\n");
    central.workspace.write("gitops.yaml", &settings);
    let set = |more: &[&str]| {
        let arguments = [&["update", "--set", VERSION], more].concat();
        central.workspace.program(&arguments).succeed();
    };
    set(&["--environments", "prod"]);
    assert_eq!(central.git.subjects("live").len(), 2);
    assert_eq!(central.commits(), 1);
    set(&[]);
    assert_eq!(central.commits(), 2);
}

#[test]
fn the_settings_file_lists_values_with_tokens() {
    let central = central();
    let url = central.server.url("manifests");
    let settings = format!(
        "manifestRepo: {url}
variables: {{registry: contoso.azurecr.io}}
updates:
- object: HelmRelease shop/web
  set: {{version: '#{{packageVersion}}#', values.replicas: 3}}
environments:
  prod:
    updates:
    - files: apps/*/kustomization.yaml
      set: {{image: '#{{registry}}#/web:#{{Build.BuildNumber}}#'}}
"
    );
    central.workspace.write("gitops.yaml", &settings);
    let update = |inputs: &[(&str, &str)]| {
        let inputs = [&[("command", "update")], inputs].concat();
        let task = central.workspace.task(&inputs);
        let names = r#"["packageVersion", "Build.BuildNumber"]"#;
        let task = task.variable("VSTS_PUBLIC_VARIABLES", names);
        let task = task.variable("BUILD_BUILDNUMBER", "v7");
        task.variable("PACKAGEVERSION", "1.4.2").succeed()
    };
    update(&[]);
    let release = central.file("clusters/prod/web.yaml");
    let meant = RELEASE.replace("1.4.1", "1.4.2");
    assert_eq!(release, meant.replace("replicas: 2", "replicas: 3"));
    assert_eq!(central.file("apps/web/kustomization.yaml"), KUSTOMIZATION);
    update(&[("environments", "prod")]);
    assert_eq!(
        central.file("apps/web/kustomization.yaml"),
        KUSTOMIZATION.replace("v1 #", "v7 #")
    );
    // What is given with the run stands for the list.
    update(&[("set", "values/a.json a.tag=v9")]);
    assert_eq!(central.commits(), 4);
    let ended = central.workspace.program(&["update"]).fail();
    let file = "gitops.yaml, line 4, `updates[0]`";
    assert!(
        said(&ended).starts_with(&format!(
            "error: {file}: the token #{{packageVersion}}# has no variable"
        )),
        "{}",
        ended.stderr
    );
}

/// A commit is for everybody who may read the repository.
#[test]
fn no_secret_and_no_second_line_gets_into_the_message_of_the_commit() {
    let central = central();
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\nstringData: {user: old-user}\n---\nt: \"x\\n\\nGitops-Run: 999\"\ndbPassword: old-word\nother: 1.0.0\n";
    central
        .git
        .commit("main", "secrets", &[("s.yaml", "100644", secret)]);
    let lines = [
        "s.yaml Secret shop/db stringData.user=new-user",
        "s.yaml dbPassword=new-word",
        "s.yaml t=y",
        "s.yaml other=marked-token-55",
    ];
    let program = central
        .program(&lines, &[])
        .variable("GITOPS_TOKEN", "marked-token-55");
    let ended = program.succeed();
    let message = central.git.git(&["log", "-1", "--format=%B", "main"]);
    for hidden in [
        "old-user",
        "new-user",
        "old-word",
        "new-word",
        "marked-token-55",
    ] {
        assert!(!message.contains(hidden), "{message}");
        assert!(!ended.stderr.contains(hidden), "{}", ended.stderr);
    }
    assert!(
        message.contains("dbPassword (hidden) -> (hidden)"),
        "{message}"
    );
    assert!(
        !message
            .lines()
            .any(|line| line.starts_with("Gitops-Run: 999")),
        "{message}"
    );
    assert!(
        central
            .file("s.yaml")
            .contains("dbPassword: new-word\nother: marked-token-55\n")
    );
}
