//! Settings as users give them: what is said about those that cannot be meant,
//! and what a run does with those that can.

use crate::fabrikate::real_helm::helm;
use crate::support::git_server::GitServer;
use crate::support::program::Workspace;

const WEB: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";

fn plain() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("src/web.yaml", WEB);
    workspace
}

/// The error of `plan` with this settings file: its message and its hints.
fn refused(file: &str) -> String {
    let workspace = plain();
    workspace.write("gitops.yaml", &format!("source: src\n{file}"));
    workspace.program(&["verify"]).fail().stderr
}

#[rstest::rstest]
#[case(
    "environments: {dev: {folder: 'apps/$(env)'}}",
    "error: `environments.dev.folder` in gitops.yaml, line 2 contains `$(env)`, which is not evaluated in this file\n  help: set the input of that name on the task; `{environment}` stands for the environment's name\n"
)]
#[case(
    "folder: ${{ parameters.env }}\nenvironments: [dev]",
    "error: `folder` in gitops.yaml, line 2 contains `${{ parameters.env }}`, which is not evaluated in this file\n"
)]
#[case(
    "environments: [dev]\nbranch: $[variables.branch]",
    "error: `branch` in gitops.yaml, line 3 contains `$[variables.branch]`, which is not evaluated in this file\n"
)]
#[case(
    "environments: ['$[x]']",
    "error: the name of an environment contains `$[x]`, a pipeline expression that was not evaluated\n  help: write the environment's name itself\n"
)]
#[case(
    "environments: {'${{ x }}': {}}",
    "error: the name of an environment contains `${{ x }}`, a pipeline expression that was not evaluated\n"
)]
#[case(
    "environments: [dev]\nlabels: [ok, '$(label)']",
    "error: `labels` in gitops.yaml, line 3 contains `$(label)`, which is not evaluated in this file\n"
)]
#[case(
    "environments: [dev]\nsources: [{source: '$(src)'}]",
    "error: environment dev: `sources[0].source` in gitops.yaml, line 3 contains `$(src)`, which is not evaluated in this file\n"
)]
#[case(
    "environments: [dev]\nfolder: clusters/{env}",
    "error: `folder` in gitops.yaml, line 3 contains the unknown placeholder `{env}`\n  help: `{environment}` stands for the environment's name; there is no other placeholder\n"
)]
#[case(
    "environments: [dev]\nnamespace: '{Environment}'",
    "error: `namespace` in gitops.yaml, line 3 contains the unknown placeholder `{Environment}`\n"
)]
#[case(
    "environments: [dev]\nbranch: HEAD",
    "error: `branch` in gitops.yaml, line 3 cannot be \"HEAD\": `HEAD` stands for whatever is checked out; write the name of a branch, such as `main`\n"
)]
#[case(
    "environments: {dev: {branch: refs/pull/1/merge}}",
    "error: `environments.dev.branch` in gitops.yaml, line 2 cannot be \"refs/pull/1/merge\": it names a ref that is not a branch; write the name of a branch, such as `main`\n"
)]
#[case(
    "environments: [dev]\nheadBranch: -bad",
    "error: `headBranch` in gitops.yaml, line 3 cannot be \"-bad\": it starts with `-`, as options do; write the name of a branch, such as `main`\n"
)]
#[case(
    "environments: [dev]\nbranch: refs/tags/v1",
    "error: `branch` in gitops.yaml, line 3 cannot be \"refs/tags/v1\": it names a ref that is not a branch; write the name of a branch, such as `main`\n"
)]
#[case(
    "environments: [dev]\nheadBranch: '@'",
    "error: `headBranch` in gitops.yaml, line 3 cannot be \"@\": `@` stands for `HEAD`; write the name of a branch, such as `main`\n"
)]
fn what_cannot_be_meant_is_an_error_that_names_it(#[case] file: &str, #[case] said: &str) {
    let stderr = refused(file);
    assert!(stderr.starts_with(said), "{stderr}");
}

#[rstest::rstest]
#[case(
    "folder",
    "$[variables.env]",
    "the input `folder` contains `$[variables.env]`, an expression that the pipeline did not evaluate"
)]
#[case(
    "environments",
    "dev,${{ parameters.env }}",
    "the input `environments` contains `${{ parameters.env }}`, an expression that the pipeline did not evaluate"
)]
#[case(
    "environments",
    "$(env)",
    "the input `environments` contains `$(env)`, a variable that this run does not have"
)]
#[case(
    "branch",
    "live/$[x]",
    "the input `branch` contains `$[x]`, an expression that the pipeline did not evaluate"
)]
#[case(
    "manifestRepo",
    "${{x}}",
    "the input `manifestRepo` contains `${{x}}`, an expression that the pipeline did not evaluate"
)]
#[case(
    "branch",
    "@",
    "the input `branch` cannot be \"@\": `@` stands for `HEAD`; write the name of a branch, such as `main`"
)]
fn an_input_that_holds_an_expression_is_an_error(
    #[case] input: &str,
    #[case] value: &str,
    #[case] said: &str,
) {
    let inputs = [("command", "verify"), ("source", "src"), (input, value)];
    let environments = ("environments", "dev");
    let mut inputs = inputs.to_vec();
    if input != "environments" {
        inputs.push(environments);
    }
    let stdout = plain().task(&inputs).run().stdout;
    assert!(
        stdout.contains(&format!("##vso[task.logissue type=error]{said}")),
        "{stdout}"
    );
}

#[test]
fn the_environments_name_is_filled_in_everywhere() {
    let workspace = plain();
    workspace.git(&["init", "--quiet", "--bare", "manifests.git"]);
    workspace.write("vars/qa.yaml", "name: web\n");
    workspace.write(
        "gitops.yaml",
        "source: src\nmanifestRepo: ./manifests.git\nfolder: clusters/{environment}/apps\nbranch: live/{environment}\nheadBranch: change/{environment}\nnamespace: shop-{environment}\nvariableFiles: ['vars/{environment}.yaml']\nenvironments: [qa]\n",
    );
    workspace.program(&["publish"]).succeed();
    let files = [
        "-C",
        "manifests.git",
        "ls-tree",
        "-r",
        "--name-only",
        "live/qa",
    ];
    let files = workspace.git(&files);
    assert!(files.contains("clusters/qa/apps/web.yaml"), "{files}");
    let show = [
        "-C",
        "manifests.git",
        "show",
        "live/qa:clusters/qa/apps/web.yaml",
    ];
    assert!(workspace.git(&show).contains("namespace: shop-qa"));
}

#[test]
fn a_placeholder_on_the_command_line_holds_for_every_environment() {
    let workspace = plain();
    let flags = ["render", "--source", "src", "--environments", "dev,qa"];
    let more = ["--folder", "clusters/{environment}", "--output", "out"];
    workspace.program(&[&flags[..], &more].concat()).succeed();
    assert_eq!(workspace.read("out/clusters/dev/web.yaml"), WEB);
    assert_eq!(workspace.read("out/clusters/qa/web.yaml"), WEB);
}

#[test]
fn data_keeps_its_braces() {
    let workspace = Workspace::new();
    workspace
        .write("programs/a.jsonnet", "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'a'}, data: {legend: std.extVar('legend')}}")
        .write(
            "gitops.yaml",
            "source: programs\njsonnetVariables: ['legend = {{environment}} in {environment} $(x)']\nenvironments: [dev]\n",
        );
    let ended = workspace.program(&["render"]).succeed();
    assert!(
        ended
            .stdout
            .contains("{{environment}} in {environment} $(x)"),
        "{}",
        ended.stdout
    );
}

#[rstest::rstest]
#[case(&["verify", "--render-cache", "false"], "--render-cache=false")]
#[case(&["publish", "--comment", "no"], "--comment=no")]
#[case(&["render", "--replace", "TRUE"], "--replace=TRUE")]
#[case(&["publish", "--draft", "true", "--branch", "x"], "--draft=true")]
#[case(&["promote", "--allow-older", "on"], "--allow-older=on")]
fn a_switch_with_its_value_in_a_word_of_its_own_is_explained(
    #[case] arguments: &[&str],
    #[case] meant: &str,
) {
    let ended = plain().program(arguments).fail();
    let tip = format!("a switch takes its value after `=`: `{meant}`");
    assert!(ended.stderr.contains(&tip), "{}", ended.stderr);
    assert_eq!(ended.code, Some(2));
}

#[rstest::rstest]
#[case(&["verify", "surplus"])]
#[case(&["verify", "--branch", "x", "false"])]
fn another_stray_word_is_not_taken_for_the_value_of_a_switch(#[case] arguments: &[&str]) {
    let ended = plain().program(arguments).fail();
    assert!(!ended.stderr.contains("a switch takes"), "{}", ended.stderr);
}

#[test]
fn manifests_are_found_by_their_extension_in_any_case() {
    let workspace = Workspace::new();
    for (at, name) in ["a.YAML", "b.Yml", "c.yml", "d.JSON", "e.yaml", "f.txt"]
        .iter()
        .enumerate()
    {
        let json = format!(
            r##"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"c{at}"}},"data":{{"tag":"#{{tag}}#"}}}}"##
        );
        workspace.write(&format!("src/{name}"), &json);
    }
    workspace.write(
        "gitops.yaml",
        "source: src\nvariables: {tag: replaced}\nenvironments: [dev]\n",
    );
    let ended = workspace.program(&["render"]).succeed();
    assert_eq!(
        ended.stdout.matches("replaced").count(),
        5,
        "{}",
        ended.stdout
    );
    assert!(
        ended.stderr.contains("dev: 5 resources in 5 files"),
        "{}",
        ended.stderr
    );
}

#[test]
fn verify_compares_with_the_repository_that_publish_made() {
    let workspace = plain();
    let flags = ["--source", "src", "--environments", "dev"];
    let run = |command: &str| {
        let arguments = [&[command][..], &flags].concat();
        workspace.program(&arguments)
    };
    let before = run("verify").succeed().stderr;
    assert_eq!(
        before, "dev: 1 resource in 1 file (manifests)\n",
        "nothing to compare with"
    );
    run("publish").succeed();
    let same = run("verify").succeed().stderr;
    assert!(same.contains("-> dev: no change"), "{same}");
    workspace.write("src/api.yaml", &WEB.replace("web", "api"));
    let changed = run("verify").succeed().stderr;
    assert!(changed.contains("+ v1 Service api"), "{changed}");
    let by_variable = run("publish").variable("VERIFY_ONLY", "1").succeed().stderr;
    assert!(
        by_variable.contains("Publishing would change"),
        "{by_variable}"
    );
    let inputs = [
        ("command", "verify"),
        ("source", "src"),
        ("environments", "dev"),
    ];
    let task = workspace.task(&inputs).succeed().stdout;
    assert!(
        !task.contains("Publishing would change"),
        "a task has no repository of its own: {task}"
    );
}

#[test]
fn verify_names_a_local_repository_as_it_was_written() {
    let workspace = plain();
    workspace.git(&["init", "--quiet", "--bare", "x.git"]);
    workspace.write(
        "gitops.yaml",
        "source: src\nmanifestRepo: ./x.git\nenvironments: [dev]\n",
    );
    let ended = workspace.program(&["verify"]).succeed();
    assert!(
        ended.stderr.contains("Publishing would change ./x.git"),
        "{}",
        ended.stderr
    );
}

/// Without any token the way to one is named, not what can be wrong with one.
#[test]
fn no_token_at_all_does_not_read_like_a_bad_one() {
    let server = GitServer::start();
    server.create("manifests.git");
    server.require("token", "right-token");
    let workspace = plain();
    let url = server.url("manifests.git");
    let flags = [
        "publish",
        "--source",
        "src",
        "--environments",
        "dev",
        "--manifest-repo",
        &url,
    ];
    let ended = workspace.program(&flags).fail();
    assert!(
        ended.stderr.contains("asks for credentials, and this run has none for it: ")
            && ended.stderr.ends_with("\n  help: set the variable `GITOPS_TOKEN` to the token, or name a file that holds it with `--token-file`, and give the user name with `--git-user`\n"),
        "{}",
        ended.stderr
    );
    let wrong = workspace
        .program(&flags)
        .variable("GITOPS_TOKEN", "wrong")
        .fail();
    assert!(
        wrong.stderr.contains("refused the credentials"),
        "{}",
        wrong.stderr
    );
    assert!(
        !wrong.stderr.contains("asks for credentials"),
        "{}",
        wrong.stderr
    );
    let inputs = [
        ("source", "src"),
        ("environments", "dev"),
        ("manifestRepo", url.as_str()),
    ];
    let task = workspace.task(&inputs).run().stdout;
    assert!(
        task.contains("asks for credentials, and this run has none for it: "),
        "{task}"
    );
    assert!(task.contains("Hint: set the input `token` to a secret variable, or name a service connection with `gitConnection` or `githubConnection`"), "{task}");
    let with_token = workspace
        .task(&[&inputs[..], &[("command", "verify")]].concat())
        .run()
        .stdout;
    assert!(
        with_token.contains("asks for credentials"),
        "`plan` says it too: {with_token}"
    );
}

/// What nobody has to act on is a note in the summary, not an issue of the run.
#[test]
fn a_chart_without_version_of_kubernetes_and_namespace_is_no_issue_of_the_run() {
    let Some(helm) = helm() else { return };
    let helm = helm.display().to_string();
    let workspace = Workspace::new();
    workspace
        .write("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")
        .write(
            "chart/templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: {{ .Release.Namespace }}\n",
        );
    let inputs = [
        ("command", "verify"),
        ("source", "chart"),
        ("environments", "dev,qa"),
        ("helm", helm.as_str()),
    ];
    let stdout = workspace.task(&inputs).succeed().stdout;
    assert!(
        !stdout.contains("SucceededWithIssues") && !stdout.contains("type=warning"),
        "{stdout}"
    );
    let is_note =
        |line: &&str| line.starts_with("note: ") && line.contains("`kubeVersion` is not set");
    let told = stdout.lines().filter(is_note).count();
    assert_eq!(told, 1, "both environments together: {stdout}");
    let line = "##vso[task.addattachment type=Distributedtask.Core.Summary;name=GitOps]";
    let path = stdout.lines().find_map(|it| it.strip_prefix(line)).unwrap();
    let summary = std::fs::read_to_string(path).unwrap();
    let (_, notes) = summary.split_once("### Notes\n").unwrap();
    assert!(
        notes.contains("'kubeVersion' is not set") && notes.contains("'namespace' is not set"),
        "{summary}"
    );
    assert!(!summary.contains("### Warnings"), "{summary}");
}

/// Values in the settings file reach a chart as those in a values file do.
#[test]
fn decimals_in_settings_reach_a_chart_as_from_a_values_file() {
    let Some(helm) = helm() else { return };
    let helm = helm.display().to_string();
    let workspace = Workspace::new();
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\ndata:\n{{- range $k, $v := .Values.numbers }}\n  {{ $k }}: {{ $v | toString | quote }}\n{{- end }}\n";
    workspace
        .write(
            "chart/Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        )
        .write("chart/templates/a.yaml", template);
    // The same every time: digits and exponents of a linear congruential generator.
    let mut state: u64 = 2026;
    let mut next = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut values = String::from("numbers:\n  known: 9.109e-31\n");
    for at in 0..400 {
        let (whole, part, power) = (next(10), next(1_000_000), next(60));
        values.push_str(&format!("  d{at}: {whole}.{part:06}e-{power}\n"));
    }
    workspace.write("numbers.yaml", &values);
    let indented = values.replace('\n', "\n  ");
    let file = |values: &str| {
        format!("source: chart\nkubeVersion: 1.31.0\nhelm: '{helm}'\nenvironments: [dev]\n{values}")
    };
    workspace.write(
        "gitops.yaml",
        &file(&format!("values:\n  {}\n", indented.trim_end())),
    );
    let from_settings = workspace.program(&["render"]).succeed().stdout;
    workspace.write("gitops.yaml", &file("valuesFiles: [numbers.yaml]\n"));
    let from_file = workspace.program(&["render"]).succeed().stdout;
    assert_eq!(from_settings, from_file);
    assert!(from_file.contains("known: \"9.109e-31\""), "{from_file}");
    assert_eq!(from_file.matches("\n  d").count(), 400);
}
