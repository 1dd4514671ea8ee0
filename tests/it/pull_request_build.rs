//! On a build of a pull request anybody may have written the source: nothing is
//! published, and secret variables stay away from it.

use crate::support::program::{Ended, Program, Workspace};

const HELD_BACK: &str = "This is a pull request build, so `publish` acts like `plan`: it publishes nothing. To publish from pull request builds, set `allowPullRequestPublish` on the task";

/// Two services, one of which is made from a secret in three ways.
fn shop() -> Workspace {
    let workspace = Workspace::new();
    workspace
        .write("src/web.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {team: '#{team}#'}}\n")
        .write("src/secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: '#{pw}#', packed: '#{toBase64(pw)}#', upper: '#{upper(pw)}#'}\n")
        .write("gitops.yaml", "source: src\ntransforms: true\nmanifestRepo: ./m.git\nenvironments: {dev: }\n");
    workspace.git(&["init", "--quiet", "--bare", "m.git"]);
    workspace
}

fn task(workspace: &Workspace, inputs: &[(&str, &str)], team: &str) -> Program {
    let manifest = workspace.path().join("m.git").display().to_string();
    let inputs = [inputs, &[("manifestRepo", manifest.as_str())]].concat();
    workspace
        .task(&inputs)
        .variable("VSTS_PUBLIC_VARIABLES", r#"["team"]"#)
        .variable("VSTS_SECRET_VARIABLES", r#"["pw"]"#)
        .variable("TEAM", team)
        .variable("SECRET_PW", "hunter2-hunter2")
}

/// The same, on a build of a pull request.
fn of_pull_request(workspace: &Workspace, inputs: &[(&str, &str)], team: &str) -> Ended {
    let task = task(workspace, inputs, team);
    task.variable("BUILD_REASON", "PullRequest").succeed()
}

fn has(ended: &Ended, said: &str) {
    assert!(ended.stdout.contains(said), "{said}: {}", ended.stdout);
}

fn lacks(ended: &Ended, said: &str) {
    assert!(!ended.stdout.contains(said), "{said}: {}", ended.stdout);
}

fn commits(workspace: &Workspace) -> usize {
    let refs = workspace.git(&["--git-dir", "m.git", "log", "--all", "--format=%H"]);
    refs.lines().count()
}

#[rstest::rstest]
#[case(&[])]
#[case(&[("command", "publish")])]
#[case(&[("command", "publish"), ("mode", "auto")])]
#[case(&[("branch", "live")])]
#[case(&[("allowOlder", "true"), ("allowRemoval", "true")])]
fn publish_does_what_verify_does(#[case] inputs: &[(&str, &str)]) {
    let workspace = shop();
    let ended = of_pull_request(&workspace, inputs, "a");
    has(&ended, HELD_BACK);
    has(&ended, "dev: 2 resources");
    lacks(&ended, "result=Failed");
    assert_eq!(commits(&workspace), 0);
}

#[test]
fn verify_has_nothing_to_say_about_it() {
    let ended = of_pull_request(&shop(), &[("command", "verify")], "a");
    lacks(&ended, "This is a pull request build");
}

#[test]
fn only_the_task_can_allow_to_publish() {
    let workspace = shop();
    for setting in ["allowPullRequestPublish", "allowPullRequestSecrets"] {
        workspace.write(
            "gitops.yaml",
            &format!("{setting}: true\nsource: src\nenvironments: {{dev: }}\n"),
        );
        let ended = of_pull_request(&workspace, &[], "a");
        has(&ended, setting);
        has(&ended, "result=Failed");
        assert_eq!(commits(&workspace), 0);
    }
}

#[test]
fn what_is_made_from_a_secret_is_unknown_and_never_changed() {
    let workspace = shop();
    has(&task(&workspace, &[], "a").succeed(), "Published ");
    let same = of_pull_request(&workspace, &[("command", "verify")], "a");
    has(&same, "1 unknown (made from secret variables)");
    has(&same, "? v1 Secret login");
    has(&same, "Whether publishing would change");
    has(&same, "variable=changed;isOutput=true]false");
    has(&same, "variable=dev.changed;isOutput=true]0");
    let other = of_pull_request(&workspace, &[("command", "verify")], "b");
    has(&other, "0 added, 1 changed, 0 removed (1 file), 1 unknown");
    has(&other, "~ v1 Service web");
    has(&other, "variable=changed;isOutput=true]true");
}

#[test]
fn what_is_new_is_new_whatever_the_secret_is() {
    let ended = of_pull_request(&shop(), &[], "a");
    has(&ended, "2 added, 0 changed, 0 removed (2 files)");
}

#[test]
fn the_source_gets_a_placeholder_that_stays_the_same() {
    let workspace = shop();
    let out = workspace.path().join("out").display().to_string();
    let inputs = [("command", "render"), ("output", out.as_str())];
    of_pull_request(&workspace, &inputs, "a");
    let first = workspace.read("out/dev/secret.yaml");
    assert!(
        !first.contains("hunter2") && !first.contains("aHVudGVyMi"),
        "{first}"
    );
    assert!(first.contains("password: 'secret"), "{first}");
    of_pull_request(
        &workspace,
        &[&inputs[..], &[("replace", "true")]].concat(),
        "a",
    );
    assert_eq!(workspace.read("out/dev/secret.yaml"), first);
}

#[test]
fn placeholders_are_never_published() {
    let workspace = shop();
    let allowed = [("allowPullRequestPublish", "true")];
    let ended = of_pull_request(&workspace, &allowed, "a");
    has(
        &ended,
        "environment `dev` is not published: it uses secret variables, which a pull request build does not get",
    );
    has(&ended, "allowPullRequestSecrets");
    assert_eq!(commits(&workspace), 0);
    let both = [allowed[0], ("allowPullRequestSecrets", "true")];
    has(&of_pull_request(&workspace, &both, "a"), "Published ");
    assert_eq!(commits(&workspace), 1);
    let text = workspace.git(&["--git-dir", "m.git", "show", "HEAD:dev/secret.yaml"]);
    assert!(text.contains("hunter2-hunter2"), "{text}");
}

#[test]
fn the_tokens_command_puts_no_secret_into_files() {
    let workspace = shop();
    let inputs = [
        ("command", "tokens"),
        ("sources", "src/secret.yaml"),
        ("transforms", "true"),
    ];
    let ended = of_pull_request(&workspace, &inputs, "a");
    has(&ended, "secret variables are replaced by placeholders");
    let text = workspace.read("src/secret.yaml");
    assert!(
        text.contains("password: 'secret") && !text.contains("hunter2"),
        "{text}"
    );
    let workspace = shop();
    let allowed = [&inputs[..], &[("allowPullRequestSecrets", "true")]].concat();
    of_pull_request(&workspace, &allowed, "a");
    assert!(
        workspace
            .read("src/secret.yaml")
            .contains("hunter2-hunter2")
    );
}

/// What only the settings file names is asked for as anybody's wish: no folder of
/// the agent, not with its keys, no private network.
#[rstest::rstest]
#[case::folder_beside("../m.git", "is a folder on the agent")]
#[case::folder_inside("./m.git", "is a folder on the agent")]
#[case::file_url("file:///srv/m.git", "is a folder on the agent")]
#[case::scp("git@127.0.0.1:x/m.git", "is reached with the agent's SSH keys")]
#[case::ssh("ssh://git@127.0.0.1/m.git", "is reached with the agent's SSH keys")]
#[case::loopback("http://127.0.0.1:9/m.git", "127.0.0.1 is not part of it")]
#[case::metadata("https://169.254.169.254/m.git", "169.254.169.254 is not part of it")]
#[case::private("https://10.0.0.1/m.git", "10.0.0.1 is not part of it")]
fn a_repository_that_only_the_file_names_is_not_reached_from_inside(
    #[case] repository: &str,
    #[case] said: &str,
) {
    let workspace = shop();
    let settings = format!(
        "source: src\nreplaceTokens: false\nmanifestRepo: '{repository}'\nenvironments: {{dev: }}\n"
    );
    workspace.write("gitops.yaml", &settings);
    for command in ["publish", "verify"] {
        let ended = workspace
            .task(&[("command", command)])
            .variable("BUILD_REASON", "PullRequest")
            .variable("SYSTEM_COLLECTIONURI", "https://dev.azure.com/contoso/")
            .succeed();
        has(&ended, said);
        has(&ended, "result=Failed");
    }
}

#[test]
fn only_the_task_says_where_the_password_of_a_registry_may_go() {
    let workspace = shop();
    workspace.write(
        "gitops.yaml",
        "chart: oci://contoso.azurecr.io/web\nchartVersion: 1.0.0\nchartTokenHost: evil.example\nenvironments: {dev: }\n",
    );
    let ended = of_pull_request(&workspace, &[], "a");
    has(&ended, "chartTokenHost");
    has(&ended, "is not accepted in pull request builds");
    has(&ended, "result=Failed");
}

/// Whoever opens a pull request may not be allowed to read the manifest repository:
/// it shows what becomes of a text, and not what it was.
#[test]
fn what_was_published_before_is_not_shown() {
    let workspace = shop();
    let map = |text: &str, number: u32| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: web}}\ndata:\n  conn: {text}\n  lines: |\n    a\n    {text}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{replicas: {number}}}\n"
        )
    };
    workspace.write("src/map.yaml", &map("published-before", 3));
    task(&workspace, &[], "a").succeed();
    workspace.write("src/map.yaml", &map("proposed-now", 5));
    workspace.remove("src/secret.yaml");
    let ended = of_pull_request(&workspace, &[("allowRemoval", "true")], "a");
    lacks(&ended, "published-before");
    has(&ended, "+ data.conn: proposed-now");
    has(&ended, "- spec.replicas: (not shown)");
    has(&ended, "+ spec.replicas: 5");
    let summary = ended
        .stdout
        .lines()
        .find_map(|line| line.split_once("name=GitOps]"));
    let summary = std::fs::read_to_string(summary.unwrap().1).unwrap();
    assert!(summary.contains("proposed-now"), "{summary}");
    assert!(!summary.contains("published-before"), "{summary}");
}

/// The same commit as was published, so that nothing changes: what is made from a part of a
/// secret is unknown, whatever part that is.
#[rstest::rstest]
#[case::first_character("s[0]")]
#[case::last_character("s[std.length(s) - 1]")]
#[case::parts("std.toString(std.length(std.split(s, ';')))")]
#[case::a_part("std.split(s + ';', ';')[1]")]
#[case::length("std.toString(std.length(s))")]
#[case::is_long("if std.length(s) > 20 then 'yes' else 'no'")]
#[case::has_a_port("if std.member(s, ':') then 'yes' else 'no'")]
#[case::case("if std.asciiLower(s) == s then 'yes' else 'no'")]
#[case::hash("std.md5(s)")]
fn what_is_made_from_a_part_of_a_secret_is_unknown(#[case] value: &str) {
    let workspace = shop();
    workspace.remove("src/secret.yaml");
    workspace.remove("src/web.yaml");
    workspace.write(
        "src/a.jsonnet",
        &format!(
            "local s = '#{{conn}}#'; {{apiVersion: 'v1', kind: 'ConfigMap', metadata: {{name: 'a', namespace: 'x'}}, data: {{v: {value}}}}}"
        ),
    );
    let secret = |program: Program| {
        program
            .variable("VSTS_SECRET_VARIABLES", "[\"conn\"]")
            .variable("SECRET_CONN", "Xsrv=a;pw=b:1")
    };
    has(&secret(task(&workspace, &[], "a")).succeed(), "Published ");
    let built = task(&workspace, &[], "a").variable("BUILD_REASON", "PullRequest");
    let ended = secret(built).succeed();
    has(&ended, "1 unknown (made from secret variables)");
    has(&ended, "dev.changed;isOutput=true]0");
}

#[test]
fn a_render_that_fails_with_placeholders_says_what_they_are() {
    let workspace = shop();
    workspace.remove("src/secret.yaml");
    workspace.remove("src/web.yaml");
    workspace.write(
        "src/a.jsonnet",
        "local s = std.parseJson('#{conn}#'); {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'a'}, data: {v: s.user}}",
    );
    let built = task(&workspace, &[], "a")
        .variable("BUILD_REASON", "PullRequest")
        .variable("VSTS_SECRET_VARIABLES", "[\"conn\"]")
        .variable("SECRET_CONN", "{\"user\": \"bob\"}");
    let ended = built.succeed();
    has(&ended, "result=Failed");
    has(
        &ended,
        "this environment uses secret variables, which are placeholders in a pull request build; where the source needs the real values, to parse one or to check its form, set `allowPullRequestSecrets` on the task",
    );
}

/// Signs that are not in the reason and branch of the build itself.
#[rstest::rstest]
#[case::a_secondary_artifact("RELEASE_ARTIFACTS_CHARTS_SOURCEBRANCH", "refs/pull/7/merge")]
#[case::the_primary_artifact("RELEASE_ARTIFACTS_HLD_SOURCEBRANCH", "refs/pull/7/merge")]
#[case::the_id_alone("SYSTEM_PULLREQUEST_PULLREQUESTID", "7")]
#[case::the_target_of_an_artifact(
    "RELEASE_ARTIFACTS_HLD_PULLREQUEST_TARGETBRANCH",
    "refs/heads/main"
)]
#[case::a_resource("RESOURCES_PIPELINE_BUILD_SOURCEBRANCH", "refs/pull/7/merge")]
fn any_sign_of_a_pull_request_holds_publishing_back(#[case] variable: &str, #[case] value: &str) {
    let workspace = shop();
    let run = |command: &str| {
        task(&workspace, &[("command", command)], "a")
            .variable("SYSTEM_HOSTTYPE", "release")
            .variable("RELEASE_REASON", "ContinuousIntegration")
            .variable("RELEASE_PRIMARYARTIFACTSOURCEALIAS", "hld")
            .variable("BUILD_SOURCEBRANCH", "refs/heads/main")
            .variable(variable, value)
            .succeed()
    };
    let ended = run("publish");
    let said = format!(
        "This is a pull request build, as the variable `{variable}` says, so `publish` acts like `plan`: it publishes nothing."
    );
    has(&ended, &said);
    assert_eq!(commits(&workspace), 0);
    lacks(&ended, "hunter2");
}
