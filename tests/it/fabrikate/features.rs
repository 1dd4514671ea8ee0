//! What a definition can say, and what is wrong with it when it cannot be
//! generated: one small definition each.

use std::path::Path;

use gitops_publisher::error;
use gitops_publisher::generate::{self, Generated, HookPolicy, Kind, Options, Policy};

use super::{generate_with, render, source};

fn options(folder: &Path) -> Options {
    Options {
        kind: Some(Kind::Fabrikate),
        ..Options::new(folder, "prod")
    }
}

/// The message of a definition that cannot be generated.
async fn message(files: &[(&str, &str)]) -> String {
    let folder = source(files);
    let error = render(folder.path(), "prod").await.unwrap_err();
    error::Error::from(error).to_string()
}

fn listing(generated: &Generated) -> Vec<String> {
    let show = |(path, content): (&_, &bytes::Bytes)| format!("{path}: {} bytes", content.len());
    generated.files.iter().map(show).collect()
}

fn text<'g>(generated: &'g Generated, path: &str) -> &'g str {
    let path = gitops_publisher::model::RelPath::parse(path).unwrap();
    std::str::from_utf8(generated.files.get(&path).unwrap()).unwrap()
}

#[tokio::test]
async fn a_tree_becomes_one_file_per_component_at_the_names_of_the_lists() {
    let folder = source(&[
        (
            "component.yaml",
            "name: cluster\nsubcomponents:\n- {name: shop, source: ./apps, path: v1}\n- {name: rules, type: static, path: rules}\n",
        ),
        ("config/prod.yaml", ""),
        ("rules/b.yaml", "b: 1\n"),
        ("rules/a.txt", "no newline"),
        (
            "apps/v1/component.json",
            r#"{"NAME": "web-shop", "subcomponents": [{"name": "web", "generator": "static", "path": "m"}]}"#,
        ),
        ("apps/v1/m/x.yaml", "x: 1\r\n"),
    ]);
    let generated = render(folder.path(), "prod").await.unwrap();
    assert_eq!(
        listing(&generated),
        [
            "cluster.yaml: 0 bytes",
            "rules.yaml: 25 bytes",
            "shop/web-shop.yaml: 0 bytes",
            "shop/web.yaml: 11 bytes"
        ]
    );
    assert_eq!(
        text(&generated, "rules.yaml"),
        "---\nno newline\n---\nb: 1\n\n"
    );
    assert_eq!(text(&generated, "shop/web.yaml"), "---\nx: 1\r\n\n");
    let findings: Vec<_> = generated.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        ["cluster/shop/web: the field `generator` is deprecated; its value is taken as the `type`"]
    );
    assert_eq!(generated.generator.name, "fabrikate");
}

#[tokio::test]
async fn an_unknown_environment_is_a_warning_or_an_error() {
    let folder = source(&[("component.yaml", "name: a\n")]);
    let warned = render(folder.path(), "prdo").await.unwrap();
    assert_eq!(
        warned.findings[0].to_string(),
        "environment prdo: there is no configuration file for the environment prdo in any component"
    );
    let strict = Options {
        fabrikate_environments: vec!["prdo".into()],
        unknown_environment: Policy::Refuse,
        ..options(folder.path())
    };
    let error = error::Error::from(generate_with(&strict).await.unwrap_err());
    assert_eq!(
        error.to_string(),
        "there is no configuration file for the environment prdo in any component"
    );
    assert!(error.all_hints()[0].contains("spelling"));
}

#[tokio::test]
async fn common_named_as_an_environment_is_warned_about() {
    let folder = source(&[("component.yaml", "name: a\n"), ("config/common.yaml", "")]);
    let generated = render(folder.path(), "common").await.unwrap();
    assert!(
        generated.findings[0].message.contains("applies twice"),
        "{:?}",
        generated.findings
    );
}

#[tokio::test]
async fn a_disabled_entry_is_not_even_looked_for() {
    let folder = source(&[
        (
            "component.yaml",
            "name: a\nsubcomponents:\n- {name: gone, source: ./nowhere}\n",
        ),
        (
            "config/common.yaml",
            "subcomponents: {gone: {disabled: true}}\n",
        ),
    ]);
    let generated = render(folder.path(), "prod").await.unwrap();
    assert_eq!(listing(&generated), ["a.yaml: 0 bytes"]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn hooks_run_in_the_component_s_folder_around_its_generation() {
    let files = [(
        "component.yaml",
        "name: a\ntype: static\npath: made\nhooks:\n  before-generate:\n  - mkdir made\n  - ''\n  - echo x > made/x.yaml\n  after-generate: ['rm -r made', 'touch after']\n",
    )];
    let folder = source(&files);
    let generated = render(folder.path(), "prod").await.unwrap();
    assert_eq!(text(&generated, "a.yaml"), "---\nx\n\n");
    assert!(folder.path().join("after").exists() && !folder.path().join("made").exists());

    let refusing = Options {
        hooks: HookPolicy::Refuse,
        ..options(source(&files).path())
    };
    let again = source(&files);
    let error = generate_with(&Options {
        source: again.path().into(),
        ..refusing
    })
    .await
    .unwrap_err();
    let error = error::Error::from(error);
    assert_eq!(
        error.to_string(),
        "component `a`: it has a before-generate hook, and hooks may not run here"
    );
    assert_eq!(error.kind(), error::Kind::Policy);
    assert!(!again.path().join("made").exists());
}

#[cfg(unix)]
#[rstest::rstest]
#[case::before("before-generate", "echo said-by-it", "said-by-it")]
#[case::after("after-generate", "echo said-by-it", "said-by-it")]
#[case::several_lines("before-generate", "echo one; echo two", "two")]
#[case::without_a_line_feed("before-generate", "printf said-by-it", "said-by-it")]
#[case::to_standard_error("before-generate", "echo said-by-it >&2", "said-by-it")]
#[case::between_blank_lines("after-generate", "echo; echo said-by-it; echo", "said-by-it")]
fn what_a_hook_says_is_in_the_verbose_log(
    #[case] hook: &str,
    #[case] line: &str,
    #[case] said: &str,
) {
    let shop = crate::support::program::Workspace::new();
    let component = format!("name: a\ntype: static\npath: made\nhooks: {{{hook}: ['{line}']}}\n");
    shop.write("component.yaml", &component).write(
        "made/a.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n",
    );
    let flags = ["render", "--environments", "dev"];
    let start = format!("debug: {said} component=\"a\" hook=\"{hook}\"");
    let shown = |run: crate::support::program::Ended| {
        let mut lines = run.stderr.lines();
        lines.any(|line| line == start)
    };
    assert!(!shown(shop.program(&flags).succeed()));
    let run = shop.program(&[&flags[..], &["-v"]].concat()).succeed();
    assert!(shown(run));
}

#[cfg(unix)]
#[tokio::test]
async fn a_failing_hook_is_quoted_with_the_end_of_its_output() {
    let hooks = "name: a\nhooks: {before-generate: ['echo one; echo two >&2; exit 7']}\n";
    assert_eq!(
        message(&[("component.yaml", hooks)]).await,
        "component `a`: its before-generate hook `echo one; echo two >&2; exit 7` failed with exit code 7:\none\ntwo"
    );
}

#[tokio::test]
async fn an_inlined_entry_covers_its_parent_but_siblings_may_not_collide() {
    let covering = source(&[
        (
            "component.yaml",
            "name: a\ntype: static\npath: m\nsubcomponents:\n- {name: a, type: static, path: n}\n",
        ),
        ("m/m.yaml", "m"),
        ("n/n.yaml", "n"),
    ]);
    let generated = render(covering.path(), "prod").await.unwrap();
    assert_eq!(text(&generated, "a.yaml"), "---\nn\n");
    assert!(
        generated
            .findings
            .iter()
            .any(|f| f.message.contains("writes `a.yaml` over"))
    );

    let two = "name: a\nsubcomponents:\n- {name: b, type: static, path: m}\n- {name: b, type: static, path: m}\n";
    assert_eq!(
        message(&[("component.yaml", two), ("m/m.yaml", "")]).await,
        "component `a/b`: it writes `b.yaml`, which the component `a/b` writes too"
    );
}

#[rstest::rstest]
#[case::cycle("name: a\nsubcomponents: [{name: b}]", "component `a/b`: it loads ")]
#[case::missing(
    "name: a\nsubcomponents: [{name: b, source: ./x}]",
    "component `a/b`: there is neither a component.yaml nor a component.json in `x`"
)]
#[case::not_installed(
    "name: a\nsubcomponents: [{name: b, method: git, source: u}]",
    "in `components/b`"
)]
#[case::escape(
    "name: ../a",
    "component `../a`: its name cannot be a file name: \"../a.yaml\" is not a safe relative path"
)]
#[case::slash(
    "name: a/b",
    "component `a/b`: its name \"a/b\" cannot be a file name: it contains a `/`"
)]
#[case::outside(
    "name: a\nsubcomponents: [{name: b, source: ../../../x}]",
    "component `a/b`: `/x` leads out of `"
)]
#[case::absolute(
    "name: a\nsubcomponents: [{name: b, source: /etc}]",
    "component `a/b`: `/etc` leads out of `"
)]
#[case::no_static(
    "name: a\ntype: static\npath: m",
    "component `a`: the static folder `m` does not exist"
)]
#[case::option(
    "name: --post-renderer=x\ntype: helm",
    "its name \"--post-renderer=x\" starts with `-`"
)]
#[case::malformed(
    "name: a\nsubcomponents: [",
    "`component.yaml` is malformed, line 2, column 16: "
)]
#[case::not_a_map("- a", "`component.yaml`, line 1, column 1: it is a list, not a map")]
#[case::wrong_name(
    "name: [a]",
    "`component.yaml`, line 1, column 7: `name` is a list, not text"
)]
#[case::wrong_list(
    "name: a\nsubcomponents: {}",
    "`component.yaml`, line 2, column 16: `subcomponents` is a map, not a list"
)]
#[case::wrong_hook(
    "name: a\nhooks: {before-generate: x}",
    "`before-generate` is a single value, not a list"
)]
#[tokio::test]
async fn a_component_file_that_cannot_be_used_says_where_and_why(
    #[case] file: &str,
    #[case] part: &str,
) {
    let message = message(&[("component.yaml", file)]).await;
    assert!(message.contains(part), "{message}");
}

#[rstest::rstest]
#[case(
    "config/prod.yaml",
    "config:\n  a: [",
    "component `a`: `config/prod.yaml` is malformed, line 2, column 6: "
)]
#[case(
    "config/prod.json",
    "{\"config\": 1,}",
    "component `a`: `config/prod.json` is malformed, line 1, column 14: trailing comma"
)]
#[case(
    "config/common.yaml",
    "config: text",
    "`config/common.yaml`, line 1, column 9: `config` is a single value, not a map"
)]
#[case(
    "config/common.yaml",
    "disabled: maybe",
    "`config/common.yaml`, line 1, column 11: `disabled` is neither true nor false"
)]
#[case(
    "config/common.json",
    "{\"namespace\": 5}",
    "`config/common.json`: `namespace` is a single value, not text"
)]
#[case(
    "config/common.yaml",
    "subcomponents: {b: 1}",
    "a subcomponent's configuration is a single value, not a map"
)]
#[case(
    "config/common.yaml",
    "config: {? [a] : b}",
    "a map key is not a single value"
)]
#[tokio::test]
async fn a_configuration_file_that_cannot_be_used_says_where_and_why(
    #[case] path: &str,
    #[case] file: &str,
    #[case] part: &str,
) {
    let message = message(&[("component.yaml", "name: a"), (path, file)]).await;
    assert!(message.contains(part), "{message}");
}

#[tokio::test]
async fn layers_of_different_shape_name_the_key_and_the_file() {
    let message = message(&[
        ("component.yaml", "name: a\ntype: helm"),
        ("config/prod.yaml", "config: {x: {y: [1]}}"),
        ("config/common.yaml", "config: {x: {y: {z: 1}}}"),
    ])
    .await;
    assert_eq!(
        message,
        "component `a`: `x.y` is a list in a higher layer, but a map in `config/common.yaml`"
    );
}

#[tokio::test]
async fn a_source_that_is_not_there_or_no_folder_is_named() {
    let folder = source(&[("file", "")]);
    let of = async |path: &str| {
        let error = render(&folder.path().join(path), "prod").await.unwrap_err();
        error::Error::from(error)
    };
    let missing = of("nowhere").await;
    assert!(
        missing.to_string().ends_with("/nowhere` does not exist"),
        "{missing}"
    );
    assert!(missing.all_hints()[0].contains("`source`"));
    let file = of("file").await.to_string();
    assert!(
        file.ends_with("/file` is a file, but a folder is needed"),
        "{file}"
    );
}

#[cfg(unix)]
#[rstest::rstest]
#[case("m/x.yaml")]
#[case("m")]
#[case("config")]
#[case("config/prod.yaml")]
#[case("component.yaml")]
#[tokio::test]
async fn a_symbolic_link_that_leaves_the_source_is_refused(#[case] link: &str) {
    let outside = source(&[
        ("file", "namespace: secret"),
        ("folder/x.yaml", "secret"),
        ("folder/prod.yaml", "namespace: x"),
    ]);
    let folder = source(&[
        ("component.yaml", "name: a\ntype: static\npath: m"),
        ("m/a.yaml", ""),
        ("config/x.yaml", ""),
    ]);
    let link = folder.path().join(link);
    if link.is_dir() {
        std::fs::remove_dir_all(&link).unwrap();
    } else if link.exists() {
        std::fs::remove_file(&link).unwrap();
    }
    let target = if link.extension().is_some() {
        "file"
    } else {
        "folder"
    };
    std::os::unix::fs::symlink(outside.path().join(target), &link).unwrap();
    let error = render(folder.path(), "prod").await.unwrap_err();
    assert!(error.to_string().contains("leads out of"), "{error}");

    // Inside the checkout a link is fine.
    let options = Options {
        confine: Some("/".into()),
        ..options(folder.path())
    };
    if target == "folder" {
        generate_with(&options).await.unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_that_leads_out_does_not_become_safe_by_a_detour() {
    let outside = source(&[("other/component.yaml", "name: secret")]);
    let folder = source(&[
        (
            "component.yaml",
            "name: a\nsubcomponents: [{name: b, source: link/back}]",
        ),
        (
            "real/component.yaml",
            "name: b\nsubcomponents: [{name: c, source: ../other}]",
        ),
    ]);
    let link = |target: &Path, at: &Path| std::os::unix::fs::symlink(target, at).unwrap();
    link(outside.path(), &folder.path().join("link"));
    link(&folder.path().join("real"), &outside.path().join("back"));
    let error = render(folder.path(), "prod").await.unwrap_err().to_string();
    assert!(
        error.starts_with("component `a/b`: `link/back` leads out of"),
        "{error}"
    );
}

#[tokio::test]
async fn a_url_without_method_git_says_what_is_lacking() {
    let folder = source(&[(
        "component.yaml",
        "name: a\nsubcomponents: [{name: b, source: 'https://x/y'}]",
    )]);
    let error = error::Error::from(render(folder.path(), "prod").await.unwrap_err());
    assert!(error.all_hints()[0].contains("method: git"), "{error}");
}

#[tokio::test]
async fn helm_that_is_not_there_is_asked_for() {
    let folder = source(&[("component.yaml", "name: a\ntype: helm\npath: c")]);
    let temp = tempfile::tempdir().unwrap();
    let tools = gitops_publisher::tools::Tools::new("", temp.path());
    let error = generate::run(&tools, &options(folder.path()))
        .await
        .unwrap_err();
    let error = error::Error::from(error);
    assert_eq!(
        error.to_string(),
        "component `a`: `helm` was not found on PATH"
    );
    assert!(error.all_hints()[0].contains("install Helm"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_chart_without_documents_is_an_error_unless_allowed() {
    let folder = source(&[
        ("component.yaml", "name: a\ntype: helm\npath: c"),
        ("c/Chart.yaml", ""),
    ]);
    let temp = tempfile::tempdir().unwrap();
    let program = super::script(temp.path(), "echo '# nothing'; echo 'WARNING: odd' >&2");
    let tools = super::tools(temp.path()).helm(Some(program));
    let mut options = options(folder.path());
    let error = generate::run(&tools, &options).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "component `a`: the chart `c` yields no document"
    );
    options.empty_chart = Policy::Warn;
    let generated = generate::run(&tools, &options).await.unwrap();
    let findings: Vec<_> = generated.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        findings[1..],
        [
            "a: helm: WARNING: odd",
            "a: the chart `c` yields no document"
        ]
    );
}

#[cfg(unix)]
#[tokio::test]
async fn broken_output_of_helm_is_an_error_and_a_document_that_is_no_map_a_warning() {
    let folder = source(&[
        ("component.yaml", "name: a\ntype: helm\npath: c"),
        ("c/Chart.yaml", ""),
    ]);
    let temp = tempfile::tempdir().unwrap();
    let run = async |script: &str| {
        let tools = super::tools(temp.path()).helm(Some(super::script(temp.path(), script)));
        generate::run(&tools, &options(folder.path())).await
    };
    let generated = run("printf -- '---\\na: 1\\n---\\n- list\\n'")
        .await
        .unwrap();
    assert_eq!(text(&generated, "a.yaml"), "---\n---\na: 1\n");
    assert_eq!(
        generated.findings.last().unwrap().to_string(),
        "a: document 2 of the chart `c` is a list, not a map: it is dropped"
    );
    let error = run("printf -- '---\\na: 1\\n---\\nb: [\\n'")
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(
            "component `a`: what helm rendered from `c` is malformed in document 2, line"
        ),
        "{error}"
    );
}
