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
    error: environment dev: more.yaml:5:7: the token #{unknown}# was not replaced, and 1 more
      help: define the variable in `variables`, a file of `variableFiles`, or the pipeline
      help: if that is no token, choose another `tokenPattern`, or set `leftoverTokens` to `allow`
    ");
    workspace
        .program(&[
            "verify",
            "--environments",
            "dev",
            "--leftover-tokens",
            "warn",
        ])
        .succeed();
    let ended = workspace
        .program(&[
            "verify",
            "--environments",
            "dev",
            "--leftover-tokens",
            "allow",
        ])
        .succeed();
    assert!(
        !ended.stderr.contains("was not replaced"),
        "{}",
        ended.stderr
    );
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
