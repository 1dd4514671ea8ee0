//! Tokens in a run: replaced before an environment is rendered, and looked for after.

use crate::support::program::Workspace;

fn shop() -> Workspace {
    let workspace = Workspace::new();
    workspace
        .write("src/web.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {tag: '#{tag}#', team: '#{team}#'}}\n")
        .write("gitops.yaml", "source: src\nvariables: {team: shop, tag: 1.10}\nenvironments:\n  dev:\n  prod:\n    variables: {tag: 2.0}\n    variableFiles: [vars/prod*.yaml]\n")
        .write("vars/prod-eu.yaml", "team: storefront\n");
    workspace
}

#[test]
fn each_environment_is_rendered_with_its_own_variables() {
    let workspace = shop();
    let ended = workspace.program(&["render"]).succeed();
    insta::assert_snapshot!(ended.stdout, @r"
    ---
    # dev/web.yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web, labels: {tag: '1.10', team: 'shop'}}
    ---
    # prod/web.yaml
    apiVersion: v1
    kind: Service
    metadata: {name: web, labels: {tag: '2.0', team: 'storefront'}}
    ");
    assert!(
        workspace.read("src/web.yaml").contains("#{tag}#"),
        "the source is left as it is"
    );
    assert_eq!(
        workspace.temp().read_dir().unwrap().count(),
        0,
        "temporary files are left"
    );
}

#[test]
fn variables_of_the_pipeline_win() {
    let workspace = shop();
    let out = workspace.path().join("out").display().to_string();
    workspace
        .task(&[
            ("command", "render"),
            ("environments", "dev"),
            ("output", &out),
        ])
        .variable("VSTS_PUBLIC_VARIABLES", r#"["tag"]"#)
        .variable("VSTS_SECRET_VARIABLES", r#"["team"]"#)
        .variable("TAG", "3.0")
        .variable("SECRET_TEAM", "secret-team")
        .succeed();
    assert!(
        workspace
            .read("out/dev/web.yaml")
            .contains("tag: '3.0', team: 'secret-team'")
    );
}

#[test]
fn explain_says_where_a_value_comes_from_and_hides_secrets() {
    let workspace = shop();
    let ended = workspace
        .task(&[
            ("command", "verify"),
            ("environments", "prod"),
            ("explain", "tag,team,nobody"),
        ])
        .variable("VSTS_SECRET_VARIABLES", r#"["team"]"#)
        .variable("SECRET_TEAM", "secret-team")
        .succeed();
    let lines: Vec<_> = ended
        .stdout
        .lines()
        .filter(|line| line.starts_with("prod: ") && !line.contains("resource"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    prod: tag = 2.0 from file gitops.yaml, line 6
    prod: tag = 1.10 from file gitops.yaml, line 2 (overridden)
    prod: team = *** from pipeline
    prod: team = storefront from file vars/prod-eu.yaml, line 1 (overridden)
    prod: team = shop from file gitops.yaml, line 2 (overridden)
    prod: no variable is named nobody
    ");
}

#[test]
fn a_token_that_is_left_fails_the_run_unless_that_is_allowed() {
    let workspace = shop();
    workspace.write("src/more.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\ndata:\n  a: '#{unknown}#'\n  b: '#{other}#'\n");
    let ended = workspace
        .program(&["verify", "--environments", "dev"])
        .fail();
    insta::assert_snapshot!(ended.stderr, @r"
    error: environment dev: src/more.yaml:5:7: the token #{unknown}# was not replaced; src/more.yaml:6:7: the token #{other}# was not replaced
      help: define the variable in `variables`, a file of `variableFiles`, or the pipeline
      help: if that isn't a token, choose another `tokenPattern`, or set `leftoverTokens` to `allow`
    ");
    let ended = workspace
        .program(&[
            "verify",
            "--environments",
            "dev",
            "--leftover-tokens",
            "warn",
        ])
        .succeed();
    assert_eq!(
        ended.stderr.matches("warning: ").count(),
        2,
        "one for each token: {}",
        ended.stderr
    );
    let ended = workspace
        .program(&[
            "verify",
            "--environments",
            "dev",
            "--leftover-tokens",
            "allow",
        ])
        .succeed();
    assert!(!ended.stderr.contains("warning"), "{}", ended.stderr);
}

#[test]
fn every_token_that_is_left_is_named_where_the_source_has_it() {
    let workspace = shop();
    let map = |name: &str, value: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n  a: {value}\n"
        )
    };
    workspace
        .write("src/sub/one.yaml", &map("one", "'#{unknown}#'"))
        .write("src/sub/two.yaml", &map("two", "x-#{unknown}#"))
        .write("src/sub/three.yaml", &map("three", "#{plain}#"))
        .write(
            "src/sub/four.yaml",
            &map("four", "'#{unknown}# #{unknown}#'"),
        );
    let ended = workspace
        .program(&["verify", "--environments", "dev", "--layout", "single"])
        .fail();
    for said in [
        "src/sub/four.yaml:5:7, src/sub/four.yaml:5:19, src/sub/one.yaml:5:7, src/sub/two.yaml:5:8: the token #{unknown}# was not replaced (in the manifests: manifests.yaml:6:7, manifests.yaml:6:19, manifests.yaml:13:7, manifests.yaml:27:8); ",
        "src/sub/three.yaml:5:6: the token #{plain}# was not replaced (in the manifests: manifests.yaml:20:7)",
    ] {
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
}

/// An encoded token is not to be seen in the manifests; what it is made of changes
/// when the variable gets a value.
#[rstest::rstest]
#[case::encoded("std.base64(import 'v.json')", true)]
#[case::hashed("std.md5(import 'v.json')", true)]
#[case::its_length("'%d' % std.length(import 'v.json')", true)]
#[case::a_part("std.substr(import 'v.json', 2, 3)", true)]
#[case::shifted(
    "std.map(function(c) std.char(std.codepoint(c) + 1), import 'v.json')[3]",
    true
)]
#[case::not_used("'a'", false)]
#[case::only_compared("'%s' % (std.length(import 'v.json') > 2)", false)]
fn a_token_that_reaches_the_manifests_in_another_form_is_not_replaced_either(
    #[case] value: &str,
    #[case] reaches: bool,
) {
    let workspace = Workspace::new();
    let program = format!(
        "{{apiVersion: 'v1', kind: 'ConfigMap', metadata: {{name: 'a'}}, data: {{k: {value}}}}}"
    );
    workspace
        .write("src/a.jsonnet", &program)
        .write("src/v.json", r##""#{db.password}#""##)
        .write("gitops.yaml", "source: src\nenvironments: {dev: }\n");
    let verify = |more: &[&str]| workspace.program(&[&["verify"], more].concat());
    if !reaches {
        verify(&[]).succeed();
        return;
    }
    let said = "src/v.json:1:2 (db.password): a token was not replaced, and is in a.yaml in another form (encoded, for example)";
    let ended = verify(&[]).fail();
    assert!(
        ended
            .stderr
            .contains(&format!("error: environment dev: {said}")),
        "{}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .contains("help: define the variable in `variables`")
    );
    for other in ["warn", "allow"] {
        verify(&["--leftover-tokens", other]).succeed();
    }
}

#[rstest::rstest]
#[case("123", "replicas: 123", "version: \"123\"")]
#[case("1.10", "replicas: \"1.10\"", "version: \"1.10\"")]
#[case("no", "replicas: \"no\"", "version: \"no\"")]
#[case(
    "a\n---\nkind: Pod",
    "replicas: \"a\\n---\\nkind: Pod\"",
    "version: \"a\\n---\\nkind: Pod\""
)]
#[case("abc #1", "replicas: \"abc #1\"", "version: \"abc #1\"")]
#[case("{a}", "replicas: \"{a}\"", "version: \"{a}\"")]
fn a_value_is_read_as_the_text_that_it_is(
    #[case] value: &str,
    #[case] number: &str,
    #[case] label: &str,
) {
    let workspace = shop();
    workspace
        .write("src/web.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n    version: #{value}#\nspec:\n  replicas: #{value}#\n");
    let ended = workspace
        .task(&[
            ("command", "render"),
            ("environments", "dev"),
            ("output", "out"),
        ])
        .variable("VSTS_PUBLIC_VARIABLES", r#"["value"]"#)
        .variable("VALUE", value)
        .succeed();
    assert!(!ended.stdout.contains("result=Failed"), "{}", ended.stdout);
    let text = workspace.read("out/dev/web.yaml");
    assert!(text.contains(number) && text.contains(label), "{text}");
}

#[test]
fn without_replacement_the_source_is_taken_as_it_is() {
    let workspace = shop();
    let ended = workspace
        .program(&["render", "--environments", "dev", "--replace-tokens=false"])
        .succeed();
    assert!(ended.stdout.contains("#{tag}#"), "{}", ended.stdout);
}

#[test]
fn another_pattern_with_transforms() {
    let workspace = shop();
    workspace.write(
        "src/web.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {team: '__upper(team)__'}}\n",
    );
    let flags = [
        "render",
        "--environments",
        "dev",
        "--token-pattern",
        "doubleunderscores",
        "--transforms",
    ];
    assert!(
        workspace
            .program(&flags)
            .succeed()
            .stdout
            .contains("team: 'SHOP'")
    );
}

#[test]
fn a_variable_file_that_cannot_be_read_is_named_with_its_line() {
    let workspace = shop();
    workspace.write("vars/prod-eu.yaml", "a: 1\nb: [\n");
    let ended = workspace.program(&["verify"]).fail();
    assert!(
        ended.stderr.contains("vars/prod-eu.yaml"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("environment prod"),
        "{}",
        ended.stderr
    );
}

/// A definition that uses the rest of its checkout, with one token in it.
#[cfg(unix)]
fn checkout() -> Workspace {
    let workspace = Workspace::new();
    workspace
        .write("apps/hld/component.yaml", "name: shop\nhooks:\n  before-generate: [\"../../scripts/touch.sh\"]\nsubcomponents:\n- {name: web, type: static, path: ./web}\n- {name: base, source: ../../common}\n")
        .write("apps/hld/web/web.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web-x}\n")
        .write("common/component.yaml", "name: base\ntype: static\npath: ./m\n")
        .write("common/m/base.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\n")
        .write("scripts/touch.sh", "#!/bin/sh\ngit rev-parse HEAD >/dev/null 2>&1; exit 0\n")
        .write("gitops.yaml", "variables: {a: x}\nsource: apps/hld\nenvironments: {dev: }\n");
    workspace.git(&["init", "--quiet"]);
    let script = workspace.path().join("scripts/touch.sh");
    std::fs::set_permissions(script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("web.yaml", workspace.path().join("apps/hld/web/again.yaml"))
        .unwrap();
    std::os::unix::fs::symlink(
        "../../../common/m/base.yaml",
        workspace.path().join("apps/hld/web/link.yaml"),
    )
    .unwrap();
    workspace
}

#[cfg(unix)]
#[test]
fn one_token_changes_nothing_but_its_value() {
    let workspace = checkout();
    let without = workspace.program(&["render"]).succeed().stdout;
    workspace.write(
        "apps/hld/web/web.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web-#{a}#}\n",
    );
    let with = workspace.program(&["render"]).succeed().stdout;
    assert_eq!(with, without);
    assert_eq!(
        workspace.temp().read_dir().unwrap().count(),
        0,
        "temporary files are left"
    );
}

#[test]
fn what_is_no_part_of_the_source_is_none_with_a_token_either() {
    let workspace = Workspace::new();
    workspace
        .write(
            "gitops.yaml",
            "variableFiles: [vars/*.yaml]\nenvironments: {dev: }\n",
        )
        .write("vars/dev.yaml", "name: web\n")
        .write(
            "web.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: '#{name}#'}\n",
        );
    for _ in 0..2 {
        let ended = workspace
            .program(&["render", "--output", "out", "--replace"])
            .succeed();
        assert_eq!(ended.stderr, "dev: 1 resource in 1 file (manifests)\n");
    }
}

#[test]
fn errors_about_a_copy_speak_of_the_source() {
    let workspace = shop();
    workspace.write("src/bad.yaml", "a: [\n");
    let ended = workspace.program(&["verify"]).fail();
    assert!(ended.stderr.contains("bad.yaml"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("gitops-source-"), "{}", ended.stderr);
}

#[test]
fn the_tokens_command_prints_counters_and_works_where_it_stands() {
    let workspace = Workspace::new();
    workspace.write("a.txt", "#{a}# and #{b}#\n");
    let ended = workspace
        .program(&["tokens", "--sources", "a.txt", "--variables", r#"{"a":1}"#])
        .succeed();
    assert_eq!(
        ended.stdout,
        "{\"tokens\":2,\"replaced\":2,\"files\":1,\"defaults\":0,\"transforms\":0}\n"
    );
    assert_eq!(workspace.read("a.txt"), "1 and \n");
}

#[test]
fn a_dry_run_shows_a_diff_and_changes_nothing() {
    let workspace = Workspace::new();
    workspace.write("a.txt", "v #{a}#\n");
    let ended = workspace
        .program(&[
            "tokens",
            "--sources",
            "a.txt",
            "--variables",
            r#"{"a":1}"#,
            "--dry-run",
        ])
        .succeed();
    assert!(
        ended.stdout.contains("-v #{a}#\n+v 1\n"),
        "{}",
        ended.stdout
    );
    assert_eq!(workspace.read("a.txt"), "v #{a}#\n");
}

#[test]
fn what_a_transform_makes_of_a_secret_is_not_shown_either() {
    let workspace = Workspace::new();
    workspace.write(
        "src/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 'x-#{upper(pw)}#'}\n",
    );
    workspace.git(&["init", "--quiet", "--bare", "m.git"]);
    let ended = workspace
        .task(&[
            ("command", "verify"),
            ("source", "src"),
            ("environments", "dev"),
            ("transforms", "true"),
            ("manifestRepo", "./m.git"),
        ])
        .variable("VSTS_SECRET_VARIABLES", r#"["pw"]"#)
        .variable("SECRET_PW", "hunter2xyz")
        .succeed();
    assert!(ended.stdout.contains("x-***"), "{}", ended.stdout);
    assert!(
        !ended.stdout.to_lowercase().contains("hunter2xyz"),
        "{}",
        ended.stdout
    );
}

/// A resource in a document of its own.
const SECOND: &str = "x\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: evil}";

/// The file that Kustomize reads decides what a value may do, not its name.
#[rstest::rstest]
#[case::a_resource("deploy", "resources: [deploy]", "resources", "`.yaml` or `.json`")]
#[case::another_end(
    "deploy.txt",
    "resources: [deploy.txt]",
    "resources",
    "`.yaml` or `.json`"
)]
#[case::a_patch(
    "p.patch",
    "patches: [{path: p.patch}]",
    "patches",
    "`.yaml` or `.json`"
)]
#[case::an_env_file(
    "settings",
    "configMapGenerator: [{name: e, envs: [settings]}]",
    "configMapGenerator",
    "`.env` or `.properties`"
)]
#[case::an_env_file_called_otherwise(
    "settings.yaml",
    "configMapGenerator: [{name: e, env: settings.yaml}]",
    "configMapGenerator",
    "`.env` or `.properties`"
)]
#[case::a_configuration(
    "names",
    "configurations: [names]",
    "configurations",
    "`.yaml` or `.json`"
)]
fn a_file_with_tokens_is_called_after_what_it_is_read_as(
    #[case] file: &str,
    #[case] kustomization: &str,
    #[case] field: &str,
    #[case] ends: &str,
) {
    let workspace = Workspace::new();
    workspace
        .write(&format!("k/{file}"), "a: b\nnote: #{t}#\n")
        .write("k/kustomization.yaml", &format!("{kustomization}\n"))
        .write("v.json", &serde_json::json!({"t": SECOND}).to_string())
        .write(
            "gitops.yaml",
            "generator: kustomize\nsource: k\nvariableFiles: [v.json]\nenvironments: {dev: {}}\n",
        );
    let ended = workspace.program(&["render"]).fail();
    let said = format!(
        "`{field}` names `{file}`, whose tokens were not replaced as in a file of the format that it is read in"
    );
    assert!(ended.stderr.contains(&said), "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains(&format!("a name that ends in {ends}")),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_file_that_is_data_may_have_any_name_and_so_may_one_without_tokens() {
    if !crate::kustomize::present() {
        return;
    }
    let workspace = Workspace::new();
    workspace
        .write("k/notes", "say #{t}#\n")
        .write("k/settings", "a=b\n")
        .write("k/deploy", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
        .write(
            "k/kustomization.yaml",
            "resources: [deploy]\nconfigMapGenerator: [{name: e, files: [notes], envs: [settings]}]\n",
        )
        .write(
            "gitops.yaml",
            "generator: kustomize\ntools: path\nsource: k\nvariables: {t: hello}\nenvironments: {dev: {}}\n",
        );
    let ended = workspace.program(&["render"]).succeed();
    assert!(ended.stdout.contains("say hello") && ended.stdout.contains("a: b"));
}
