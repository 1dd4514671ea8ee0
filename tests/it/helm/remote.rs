//! Charts from a registry, a repository and an address, pinned or not.

use super::*;
use gitops_publisher::generate::{HelmLogin, Policy, RenderCache};
use gitops_publisher::http;
use gitops_publisher::model::Secret;
use gitops_publisher::tools::{Managed, Mode};

use crate::support::chart_server::{ChartServer, digest};
use crate::support::registry::serve;
use crate::support::web_server::{WebServer, packed as targz};

/// A packed chart that says its version.
fn packed(helm: &Path, name: &str, version: &str) -> Vec<u8> {
    let chart = source(&[
        (
            "Chart.yaml",
            &format!("apiVersion: v2\nname: {name}\nversion: {version}\n"),
        ),
        (
            "templates/a.yaml",
            "version: {{ .Chart.Version }}\ntag: {{ .Values.tag }}\n",
        ),
    ]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::read(package(helm, chart.path(), folder.path())).unwrap()
}

struct Fixture {
    helm: PathBuf,
    server: ChartServer,
    packed: Vec<u8>,
    /// Holds values files only.
    source: tempfile::TempDir,
    cache: tempfile::TempDir,
}

impl Fixture {
    async fn new() -> Option<Self> {
        let helm = helm()?;
        let server = ChartServer::start().await;
        let packed = packed(&helm, "web", "1.2.3");
        server.add("web", "1.2.3", packed.clone());
        Some(Self {
            helm,
            server,
            packed,
            source: source(&[("prod.yaml", "tag: v7\n")]),
            cache: tempfile::tempdir().unwrap(),
        })
    }

    fn options(&self, chart: &str) -> Options {
        let mut options = options(self.source.path());
        options.helm.chart = Some(chart.to_owned());
        options.helm.version = Some("1.2.3".to_owned());
        options.helm.values_files = vec![self.source.path().join("prod.yaml").into()];
        options.helm.cache = Some(RenderCache::new(self.cache.path().join("tools")));
        options
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_of_a_registry_is_pulled_once_and_pinned_by_the_digest_of_its_manifest() {
    let Some(fixture) = Fixture::new().await else {
        return;
    };
    let mut options = fixture.options(&fixture.server.registry("web"));
    options.helm.digest = Some(fixture.server.manifest_digest("web", "1.2.3"));
    let found = files(&fixture.helm, &options).await;
    let expected = (
        "web/templates/a.yaml".to_owned(),
        "version: 1.2.3\ntag: v7\n".to_owned(),
    );
    assert_eq!(found, [expected]);
    let requests = fixture.server.requests();
    assert!(requests > 0);

    // Another environment: another result, but the same chart.
    options.helm.set = vec![("tag".to_owned(), "v8".to_owned())];
    let found = files(&fixture.helm, &options).await;
    assert_eq!(found[0].1, "version: 1.2.3\ntag: v8\n");
    assert_eq!(fixture.server.requests(), requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_of_a_repository_is_pinned_by_the_digest_of_its_archive() {
    let Some(fixture) = Fixture::new().await else {
        return;
    };
    let mut options = fixture.options(&fixture.server.repository("web"));
    options.helm.digest = Some(digest(&fixture.packed));
    let found = files(&fixture.helm, &options).await;
    assert_eq!(found[0].1, "version: 1.2.3\ntag: v7\n");

    let address = format!("{}-1.2.3.tgz", fixture.server.repository("web"));
    let mut options = fixture.options(&address);
    options.helm.digest = Some(digest(&fixture.packed));
    let found = files(&fixture.helm, &options).await;
    assert_eq!(found[0].1, "version: 1.2.3\ntag: v7\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_digest_a_warning_or_an_error_says_which_to_pin() {
    let Some(fixture) = Fixture::new().await else {
        return;
    };
    let mut options = fixture.options(&fixture.server.registry("web"));
    let found = fixture.server.manifest_digest("web", "1.2.3");
    let generated = run(&fixture.helm, &options).await.unwrap();
    let chart = fixture.server.registry("web");
    assert_eq!(
        findings(&generated),
        [format!(
            "chart {chart} 1.2.3: it is not pinned by a digest: set `chartDigest: {found}`"
        )]
    );
    options.helm.unpinned = Policy::Refuse;
    let (message, hints) = refused(&fixture.helm, &options).await;
    assert_eq!(
        message,
        format!("the chart `{chart} 1.2.3` is not pinned by a digest; it has {found}")
    );
    assert_eq!(hints, [format!("set `chartDigest: {found}`")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_pulls_a_chart_without_a_digest_once_for_all_environments() {
    let Some(fixture) = Fixture::new().await else {
        return;
    };
    for chart in [
        fixture.server.registry("web"),
        fixture.server.repository("web"),
    ] {
        let dev = fixture.options(&chart);
        run(&fixture.helm, &dev).await.unwrap();
        let requests = fixture.server.requests();
        // The same run: clones share what was pulled, also at the same time.
        let (mut qa, mut prod) = (dev.clone(), dev.clone());
        qa.helm.set = vec![("tag".to_owned(), "v8".to_owned())];
        prod.helm.set = vec![("tag".to_owned(), "v9".to_owned())];
        let (qa, prod) = tokio::join!(run(&fixture.helm, &qa), run(&fixture.helm, &prod));
        assert_eq!(shown(&qa.unwrap())[0].1, "version: 1.2.3\ntag: v8\n");
        assert_eq!(shown(&prod.unwrap())[0].1, "version: 1.2.3\ntag: v9\n");
        assert_eq!(fixture.server.requests(), requests);
        // The next one looks again: a tag can be moved.
        run(&fixture.helm, &fixture.options(&chart)).await.unwrap();
        assert!(fixture.server.requests() > requests);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_with_other_content_than_the_pinned_one_is_refused() {
    let Some(fixture) = Fixture::new().await else {
        return;
    };
    for chart in [
        fixture.server.registry("web"),
        fixture.server.repository("web"),
    ] {
        let mut options = fixture.options(&chart);
        let wanted = digest(b"something else");
        options.helm.digest = Some(wanted.clone());
        let (message, hints) = refused(&fixture.helm, &options).await;
        assert!(
            message.starts_with(&format!("the chart `{chart} 1.2.3` has the digest sha256:")),
            "{message}"
        );
        assert!(
            message.ends_with(&format!("but {wanted} is pinned")),
            "{message}"
        );
        assert!(hints[0].contains("other content"), "{hints:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_holds_another_chart_is_refused() {
    let Some(fixture) = Fixture::new().await else {
        return;
    };
    let other = packed(&fixture.helm, "web", "6.6.6");
    fixture.server.add("web", "1.2.3", other);
    let options = fixture.options(&fixture.server.registry("web"));
    let (message, _) = refused(&fixture.helm, &options).await;
    assert!(
        message.ends_with("holds web 6.6.6, but web 1.2.3 was asked for"),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_reach_their_host_and_no_message() {
    let Some(fixture) = Fixture::new().await else {
        return;
    };
    fixture.server.require("robot", "hunter2-token");
    let login = |password: &str| HelmLogin {
        host: fixture.server.host(),
        username: "robot".to_owned(),
        password: Secret::new(password),
    };
    for chart in [
        fixture.server.registry("web"),
        fixture.server.repository("web"),
    ] {
        let mut options = fixture.options(&chart);
        options.helm.logins = vec![login("hunter2-token")];
        let generated = run(&fixture.helm, &options).await.unwrap();
        assert_eq!(generated.files.len(), 1);

        options.helm.logins = vec![login("wrong-token")];
        let (message, hints) = refused(&fixture.helm, &options).await;
        assert!(message.contains("could not be pulled"), "{message}");
        assert!(!message.contains("wrong-token"), "{message}");
        assert!(
            hints.iter().any(|hint| hint.contains("credentials")),
            "{message} {hints:?}"
        );
    }
    let address = format!("{}-1.2.3.tgz", fixture.server.repository("web"));
    let mut options = fixture.options(&address);
    options.helm.logins = vec![login("hunter2-token")];
    let (message, _) = refused(&fixture.helm, &options).await;
    assert!(
        message.contains("not for the address of an archive"),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_may_be_downloaded_only_the_cache_has_charts() {
    let Some(fixture) = Fixture::new().await else {
        return;
    };
    let chart = fixture.server.registry("web");
    let mut options = fixture.options(&chart);
    options.helm.digest = Some(fixture.server.manifest_digest("web", "1.2.3"));
    let temp = tempfile::tempdir().unwrap();
    let offline = Managed::new(Mode::Offline, temp.path(), http::Options::new("test"));
    let tools = tools(temp.path())
        .helm(Some(fixture.helm.clone()))
        .managed(offline);
    let error = generate::run(&tools, &options).await.unwrap_err();
    let error = gitops_publisher::error::Error::from(error);
    assert_eq!(
        error.to_string(),
        format!("the chart `{chart} 1.2.3` is not in the cache, and nothing may be downloaded")
    );
    assert!(error.all_hints()[0].starts_with("allow downloads"));

    run(&fixture.helm, &options).await.unwrap();
    let generated = generate::run(&tools, &options).await.unwrap();
    assert_eq!(generated.files.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_does_not_exist_says_what_to_check() {
    let Some(fixture) = Fixture::new().await else {
        return;
    };
    for chart in [
        fixture.server.registry("web"),
        fixture.server.repository("web"),
    ] {
        let mut options = fixture.options(&chart);
        options.helm.version = Some("9.9.9".to_owned());
        let (message, hints) = refused(&fixture.helm, &options).await;
        assert!(
            message.starts_with(&format!("the chart `{chart} 9.9.9` could not be pulled")),
            "{message}"
        );
        assert!(hints[0].contains("`chartVersion`"), "{message} {hints:?}");
    }
}

/// Archives that no chart is.
fn hostile() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let meta = "apiVersion: v2\nname: web\nversion: 1.2.3\n";
    let other = meta.replace("web", "other");
    let zeros = "0".repeat(15 << 20);
    let mut bomb: Vec<(String, &str)> = vec![("web/Chart.yaml".to_owned(), meta)];
    bomb.extend((0..10).map(|at| (format!("web/{at}.txt"), zeros.as_str())));
    let bomb: Vec<_> = bomb
        .iter()
        .map(|(path, text)| (path.as_str(), *text))
        .collect();
    vec![
        ("bomb", targz(&bomb), "its content is larger than"),
        (
            "up",
            targz(&[("web/Chart.yaml", meta), ("web/../../evil", "x")]),
            "evil",
        ),
        (
            "root",
            targz(&[("web/Chart.yaml", meta), ("/tmp/evil", "x")]),
            "evil",
        ),
        (
            "two",
            targz(&[("web/Chart.yaml", meta), ("other/Chart.yaml", &other)]),
            "it holds several charts",
        ),
        (
            "none",
            targz(&[("web/values.yaml", "a: 1\n")]),
            "it has no Chart.yaml",
        ),
        ("no archive", b"<html>".to_vec(), "is not a packed chart"),
        (
            "other",
            targz(&[("other/Chart.yaml", &other)]),
            "holds other 1.2.3, but web 1.2.3 was asked for",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_is_no_chart_is_refused_wherever_it_comes_from() {
    let Some(fixture) = Fixture::new().await else {
        return;
    };
    for (name, packed, said) in hostile() {
        fixture.server.add("web", "1.2.3", packed);
        for chart in [
            fixture.server.registry("web"),
            fixture.server.repository("web"),
        ] {
            let (message, _) = refused(&fixture.helm, &fixture.options(&chart)).await;
            assert!(message.contains(said), "{name}: {message}");
        }
    }
    assert!(!Path::new("/tmp/evil").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_realm_on_another_port_is_named_with_the_setting_that_allows_it() {
    let Some(helm) = helm() else { return };
    let (registry, realm) = (WebServer::start(), WebServer::start());
    serve(
        &registry,
        "helm/web",
        "1.2.3",
        &packed(&helm, "web", "1.2.3"),
    );
    realm.put("token", r#"{"token": "t"}"#);
    let challenge = format!("Bearer realm=\"{}\"", realm.url("token"));
    registry.guard("v2", "Bearer t", &challenge);
    let source = source(&[]);
    let mut options = options(source.path());
    options.helm.chart = Some(format!("oci://{}/helm/web", registry.host()));
    options.helm.version = Some("1.2.3".to_owned());
    options.helm.logins = vec![HelmLogin {
        host: registry.host(),
        username: "robot".to_owned(),
        password: Secret::new("hunter2"),
    }];
    let (message, hints) = refused(&helm, &options).await;
    assert!(
        message.contains("could not be pulled: the registry ")
            && message.contains(&registry.host())
            && message.contains(&realm.host()),
        "{message}"
    );
    let setting = format!("`chartTokenHost: {}`", realm.host());
    assert!(hints[0].contains(&setting), "{hints:?}");
    assert_eq!(realm.requests(), []);

    options.helm.token_host = Some(realm.host());
    let generated = run(&helm, &options).await.unwrap();
    assert_eq!(generated.files.len(), 1);
    assert_eq!(realm.requests().len(), 1);
}
