//! Charts of repositories, and static files.

use std::path::Path;

use super::*;
use crate::support::registry::serve;
use crate::support::web_server::{WebServer, chart, packed};

/// A definition with one chart of the repository `charts`.
fn uses_chart(server: &WebServer, more: &str) -> Workspace {
    definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: cache, type: helm, method: helm, source: '{}', path: redis{more}}}\n",
        server.url("charts")
    ))
}

#[rstest::rstest]
#[case("", "2.0.0")]
#[case(", version: 1.0.0", "1.0.0")]
#[case(", version: '^1'", "1.2.0")]
#[case(", version: 3.0.0-beta", "3.0.0-beta")]
fn a_chart_is_unpacked_in_the_version_that_is_wanted(#[case] more: &str, #[case] version: &str) {
    let server = WebServer::start();
    let versions = ["1.0.0", "1.2.0", "2.0.0", "3.0.0-beta"];
    let charts = versions.map(|version| chart("redis", version));
    let mut index = "entries:\n  redis:\n".to_owned();
    for (version, packed) in versions.iter().zip(charts) {
        index.push_str(&format!(
            "  - {{version: {version}, urls: ['files/{version}.tgz']}}\n"
        ));
        server.put(&format!("charts/files/{version}.tgz"), packed);
    }
    server.put("charts/index.yaml", index);
    let workspace = uses_chart(&server, more);
    install(&workspace, &[]).succeed();
    let meta = workspace.read("helm_repos/cache/Chart.yaml");
    assert!(meta.ends_with(&format!("version: {version}\n")), "{meta}");
    assert!(
        workspace
            .read("fabrikate.lock")
            .contains(&format!("\"chartVersion\": \"{version}\""))
    );

    // On another machine the lock decides, and again nobody is asked.
    let other = uses_chart(&server, more);
    other.write("fabrikate.lock", &workspace.read("fabrikate.lock"));
    install(&other, &[]).succeed();
    assert_eq!(result(&other), result(&workspace));
    server.forget();
    install(&other, &[]).succeed();
    assert_eq!(server.requests(), []);
}

#[test]
fn install_then_generate_with_real_helm() {
    let helm = std::env::var("GITOPS_TEST_HELM").ok().or_else(|| {
        let path = std::env::var_os("PATH")?;
        let mut found = std::env::split_paths(&path).map(|folder| folder.join("helm"));
        found
            .find(|file| file.is_file())
            .map(|file| file.display().to_string())
    });
    let Some(helm) = helm.filter(|helm| Path::new(helm).is_file()) else {
        println!("skipped: there is no helm; set GITOPS_TEST_HELM to one");
        return;
    };
    let server = WebServer::start();
    let redis = chart("redis", "1.0.0");
    let parent = packed(&[
        (
            "app/Chart.yaml",
            &format!(
                "apiVersion: v2\nname: app\nversion: 0.1.0\ndependencies:\n- {{name: redis, version: 1.x, repository: '{}'}}\n",
                server.url("charts")
            ),
        ),
        (
            "app/templates/x.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: app}\n",
        ),
    ]);
    server.charts(
        "charts",
        &[("redis", "1.0.0", &redis), ("app", "0.1.0", &parent)],
    );
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: app, type: helm, method: helm, source: '{}', path: app}}\n",
        server.url("charts")
    ));
    install(&workspace, &[]).succeed();
    workspace
        .program(&["fab", "generate", "--helm", &helm])
        .succeed();
    let text = workspace.read("generated/common/app.yaml");
    assert!(
        text.contains("kind: Secret") && text.contains("version: \"1.0.0\""),
        "{text}"
    );
}

#[test]
fn a_chart_that_changed_in_its_repository_fails_against_the_lock() {
    let server = WebServer::start();
    server.charts("charts", &[("redis", "1.0.0", &chart("redis", "1.0.0"))]);
    let workspace = uses_chart(&server, "");
    install(&workspace, &[]).succeed();
    let evil = packed(&[("redis/Chart.yaml", "name: redis\nversion: 1.0.0\n# other\n")]);
    server.charts("charts", &[("redis", "1.0.0", &evil)]);
    workspace.remove("helm_repos");
    let ended = install(&workspace, &[]).fail();
    assert_said(
        &ended,
        &format!("{} no longer gives what was locked", server.url("charts")),
    );
    assert_said(&ended, "sha256:");
    // And when the version is gone.
    server.charts("charts", &[("redis", "2.0.0", &chart("redis", "2.0.0"))]);
    let ended = install(&workspace, &[]).fail();
    assert_said(&ended, "no longer gives what was locked");
    assert_said(
        &ended,
        "has no version \"1.0.0\" of `redis`; the newest is 2.0.0",
    );
    install(&workspace, &["--update=cache"]).succeed();
}

#[test]
fn what_the_index_promises_is_checked() {
    let server = WebServer::start();
    server.charts("charts", &[("redis", "1.0.0", &chart("redis", "1.0.0"))]);
    server.put("charts/redis-1.0.0.tgz", chart("redis", "6.6.6"));
    let workspace = uses_chart(&server, "");
    let ended = install(&workspace, &[]).fail();
    assert_said(
        &ended,
        "is not what its repository promises: its SHA-256 is",
    );
    assert!(!workspace.path().join("helm_repos/cache").exists());
}

#[test]
fn the_token_goes_to_the_repository_but_not_where_its_index_points() {
    let (charts, elsewhere) = (WebServer::start(), WebServer::start());
    elsewhere.put("redis.tgz", chart("redis", "1.0.0"));
    charts.put(
        "charts/index.yaml",
        format!(
            "entries:\n  redis:\n  - {{version: 1.0.0, urls: ['{}']}}\n",
            elsewhere.url("redis.tgz")
        ),
    );
    charts.require("git", "chart-token-1");
    let workspace = uses_chart(&charts, "");
    workspace.write("access.yaml", &format!("{}: T\n", charts.url("charts")));
    install(&workspace, &[])
        .variable("T", "chart-token-1")
        .succeed();
    assert_eq!(elsewhere.requests(), [("/redis.tgz".to_owned(), None)]);
}

#[test]
fn dependencies_are_brought_as_the_charts_lock_says() {
    let server = WebServer::start();
    let url = server.url("charts");
    let versions = ["1.0.0", "1.1.0"].map(|version| (version, chart("redis", version)));
    let mut index = "entries:\n  redis:\n".to_owned();
    for (version, packed) in &versions {
        index.push_str(&format!(
            "  - {{version: {version}, urls: ['redis-{version}.tgz']}}\n"
        ));
        server.put(&format!("charts/redis-{version}.tgz"), packed.clone());
    }
    server.put("charts/index.yaml", index);
    let git = GitServer::start();
    let repository = git.create("app");
    let meta = format!(
        "apiVersion: v2\nname: app\nversion: 0.1.0\ndependencies:\n- {{name: redis, version: 1.x, repository: '{url}'}}\n- {{name: near, version: '*', repository: 'file://../near'}}\n"
    );
    let lock = format!(
        "dependencies:\n- {{name: redis, version: 1.0.0, repository: '{url}'}}\n- {{name: near, version: 0.1.0, repository: 'file://../near'}}\n"
    );
    repository.commit(
        "main",
        "x",
        &[
            ("charts/app/Chart.yaml", "100644", &meta),
            ("charts/app/Chart.lock", "100644", &lock),
            (
                "charts/near/Chart.yaml",
                "100644",
                "name: near\nversion: 0.1.0\n",
            ),
            ("charts/near/templates/x.yaml", "100644", "kind: X\n"),
        ],
    );
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: app, type: helm, method: git, source: '{}', path: charts/app}}\n",
        git.url("app")
    ));
    install(&workspace, &[]).succeed();
    let chart = workspace.path().join("helm_repos/app/charts/app/charts");
    assert!(chart.join("redis-1.0.0.tgz").exists() && !chart.join("redis-1.1.0.tgz").exists());
    assert!(chart.join("near/templates/x.yaml").exists());

    // Without a lock of the chart's own, ours notices other bytes.
    repository.commit(
        "main",
        "no lock",
        &[("charts/app/Chart.lock", "delete", "")],
    );
    install(&workspace, &["--update"]).succeed();
    assert!(chart.join("redis-1.1.0.tgz").exists());
    server.put(
        "charts/redis-1.1.0.tgz",
        packed(&[("redis/Chart.yaml", "name: redis\n")]),
    );
    workspace.remove("helm_repos");
    let ended = install(&workspace, &[]).fail();
    assert_said(&ended, "has another content");
}

#[rstest::rstest]
#[case::at(
    "@stable",
    "type: helm, method: git, source: '<git>', path: ./, repositories: {stable: '<url>'}",
    ""
)]
#[case::word(
    "alias:stable",
    "type: helm, method: git, source: '<git>', path: ./, repositories: {stable: '<url>'}",
    ""
)]
#[case::with_a_slash(
    "@stable",
    "type: helm, method: git, source: '<git>', path: ./, repositories: {stable: '<url>/'}",
    ""
)]
#[case::of_the_root(
    "@stable",
    "type: helm, method: git, source: '<git>', path: ./",
    "repositories: {stable: '<url>'}\n"
)]
#[case::the_root_decides(
    "@stable",
    "type: helm, method: git, source: '<git>', path: ./, repositories: {stable: 'https://nowhere.contoso.com'}",
    "repositories: {stable: '<url>', other: }\n"
)]
fn an_alias_of_a_repository_is_what_the_definition_says(
    #[case] alias: &str,
    #[case] entry: &str,
    #[case] root: &str,
) {
    let server = WebServer::start();
    let url = server.url("charts");
    server.put("charts/redis-1.0.0.tgz", chart("redis", "1.0.0"));
    let index = "entries:\n  redis:\n  - {version: 1.0.0, urls: ['redis-1.0.0.tgz']}\n";
    server.put("charts/index.yaml", index.to_owned());
    let git = GitServer::start();
    let meta = format!(
        "name: app\nversion: 0.1.0\ndependencies:\n- {{name: redis, version: 1.0.0, repository: '{alias}'}}\n"
    );
    let repository = git.create("app");
    repository.commit("main", "x", &[("Chart.yaml", "100644", &meta)]);
    let text = format!("name: shop\n{root}subcomponents:\n- {{name: app, {entry}}}\n");
    let text = text
        .replace("<url>", &url)
        .replace("<git>", &git.url("app"));
    let workspace = definition(&text);
    install(&workspace, &[]).succeed();
    let chart = workspace.path().join("helm_repos/app/charts");
    assert!(chart.join("redis-1.0.0.tgz").exists());
}

#[rstest::rstest]
#[case(
    "{name: a, version: 1.0.0, repository: '@stable'}",
    "names its repository by an alias that the definition does not explain: add it to `repositories`"
)]
#[case(
    "{name: a, version: 1.0.0}",
    "is not in its `charts` folder and has no repository"
)]
#[case(
    "{name: a, version: 1.0.0, repository: 'file://../../../..'}",
    "is not in the repository at the path"
)]
#[case(
    "{name: ../../a, version: 1.0.0, repository: 'file://.'}",
    "has a name that cannot be a folder's"
)]
fn dependencies_that_cannot_be_brought(#[case] dependency: &str, #[case] said: &str) {
    let git = GitServer::start();
    let meta = format!("name: app\nversion: 0.1.0\ndependencies:\n- {dependency}\n");
    git.create("app")
        .commit("main", "x", &[("Chart.yaml", "100644", &meta)]);
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: app, type: helm, method: git, source: '{}', path: ./}}\n",
        git.url("app")
    ));
    let ended = install(&workspace, &[]).fail();
    assert_said(&ended, said);
    assert_said(&ended, "helm dependency update");
}

#[rstest::rstest]
#[case::newest("", "2.0.0")]
#[case::exact(", version: 1.0.0", "1.0.0")]
#[case::range(", version: '^1'", "1.2.0")]
#[case::before_a_release(", version: 3.0.0-beta", "3.0.0-beta")]
#[case::build(", version: 1.0.0+7", "1.0.0+7")]
fn a_chart_of_a_registry_needs_no_helm(#[case] more: &str, #[case] version: &str) {
    let server = WebServer::start();
    for version in ["1.0.0", "1.0.0+7", "1.2.0", "2.0.0", "3.0.0-beta"] {
        let tag = version.replace('+', "_");
        serve(&server, "charts/redis", &tag, &chart("redis", version));
    }
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: cache, type: helm, method: helm, source: 'oci://{}/charts', path: redis{more}}}\n",
        server.host()
    ));
    let install = || {
        install(&workspace, &["--tools", "path"])
            .variable("PATH", "/nowhere")
            .succeed()
    };
    install();
    let meta = workspace.read("helm_repos/cache/Chart.yaml");
    assert!(meta.ends_with(&format!("version: {version}\n")), "{meta}");
    let lock = workspace.read("fabrikate.lock");
    assert!(
        lock.contains(&format!("\"chartVersion\": \"{version}\"")),
        "{lock}"
    );
    // What is locked holds, also when there is something newer.
    serve(&server, "charts/redis", "9.0.0", &chart("redis", "9.0.0"));
    workspace.remove("helm_repos");
    install();
    assert_eq!(workspace.read("helm_repos/cache/Chart.yaml"), meta);
    assert_eq!(workspace.read("fabrikate.lock"), lock);
}

#[rstest::rstest]
#[case(", version: 7.7.7", "has no version \"7.7.7\" of `redis`")]
#[case(
    ", version: ^7",
    "has no version \"^7\" of `redis`; the newest is 1.0.0"
)]
#[case(", version: newest", "\"newest\" is neither a version nor a range")]
fn what_a_registry_does_not_have_is_told(#[case] more: &str, #[case] said: &str) {
    let server = WebServer::start();
    serve(&server, "charts/redis", "1.0.0", &chart("redis", "1.0.0"));
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: cache, type: helm, method: helm, source: 'oci://{}/charts', path: redis{more}}}\n",
        server.host()
    ));
    let ended = install(&workspace, &[]).fail();
    assert_said(&ended, said);
    assert_said(&ended, "check `version`");
}

#[test]
fn a_static_file_is_stored_as_it_is() {
    let server = WebServer::start();
    server.put("crds.yml", "a: 1\r\n---\nb: 2");
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: crds, type: static, method: HTTP, source: '{}'}}\n",
        server.url("crds.yml")
    ));
    install(&workspace, &[]).succeed();
    assert_eq!(
        workspace.read("components/crds/crds.yaml"),
        "a: 1\r\n---\nb: 2"
    );
    workspace.program(&["fab", "generate"]).succeed();
    assert_eq!(
        workspace.read("generated/common/crds.yaml"),
        "---\na: 1\r\n---\nb: 2\n"
    );
    server.put("crds.yml", "a: 3\n");
    workspace.remove("components");
    assert_said(
        &install(&workspace, &[]).fail(),
        "no longer gives what was locked",
    );
}

#[rstest::rstest]
#[case(404, "text/plain", "answered 404")]
#[case(500, "text/plain", "answered 500")]
#[case(200, "text/html; charset=utf-8", "is a web page, not a file")]
fn an_error_page_is_not_stored(#[case] status: u16, #[case] kind: &str, #[case] said: &str) {
    let server = WebServer::start();
    server.answer("x.yaml", status, &[("content-type", kind)], "<html>Sign in");
    let workspace = definition(&format!(
        "name: shop\nsubcomponents:\n- {{name: x, type: static, method: http, source: '{}'}}\n",
        server.url("x.yaml")
    ));
    assert_said(&install(&workspace, &[]).fail(), said);
    assert!(!workspace.path().join("components/x").exists());
}

#[test]
fn what_fabrikate_does_not_install_is_told() {
    let workspace = definition(
        "name: shop\nsubcomponents:\n- {name: a, type: static, method: git, source: 'https://127.0.0.1:9/x'}\n- {name: b, type: helm, method: helm, source: 'https://127.0.0.1:9/x'}\n- {name: c, type: helm, method: local, path: ./x}\n",
    );
    let ended = install(&workspace, &[]).succeed();
    assert_said(&ended, "static files do not come by git");
    assert_said(&ended, "`path` names the chart");
    let bad = definition(
        "name: shop\nsubcomponents:\n- {name: a, type: static, method: http, source: 'https://127.0.0.1:9/x.zip'}\n",
    );
    assert_said(&install(&bad, &[]).fail(), "does not end in .yaml or .yml");
}
