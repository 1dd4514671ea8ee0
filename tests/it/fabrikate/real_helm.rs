//! Real charts through real helm.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gitops_publisher::generate::{self, Generated, Kind, Options};
use gitops_publisher::text::yaml::{self, Dialect, Value};

#[cfg(unix)]
use super::script;
use super::{copy, shared, source, tools};

/// helm from `GITOPS_TEST_HELM`, PATH, or where CI puts it.
pub(crate) fn helm() -> Option<PathBuf> {
    let named = std::env::var_os("GITOPS_TEST_HELM").map(PathBuf::from);
    let found = named
        .or_else(|| tools(Path::new("")).find("helm").ok())
        .or_else(|| {
            let installed = concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools/bin/helm");
            Path::new(installed).is_file().then(|| installed.into())
        });
    if found.is_none() {
        println!("skipped: there is no helm; set GITOPS_TEST_HELM to one");
    }
    found
}

/// Whether this is Helm 3, whose words and results differ from those of Helm 4.
pub(crate) fn is_helm_3(helm: &Path) -> bool {
    let output = std::process::Command::new(helm)
        .args(["version", "--short"])
        .output()
        .unwrap();
    output.stdout.starts_with(b"v3")
}

/// What helm prints for a command of the corpus: as it was recorded with Helm 3,
/// or by this helm.
pub(crate) fn printed(helm: &Path, corpus: &Path, command: &str, recorded: &str) -> String {
    if is_helm_3(helm) {
        return std::fs::read_to_string(corpus.join(recorded)).unwrap();
    }
    let output = std::process::Command::new(helm)
        .args(command.split(' ').skip(1))
        .current_dir(corpus)
        .output()
        .unwrap();
    assert!(output.status.success(), "{command}");
    String::from_utf8(output.stdout).unwrap()
}

const CHART: [(&str, &str); 5] = [
    (
        "component.yaml",
        "name: shop\nsubcomponents:\n- {name: web, type: helm, path: chart}\n",
    ),
    (
        "config/prod.yaml",
        "subcomponents:\n  web:\n    namespace: shop\n    injectNamespace: true\n    config: {tag: 1e3, replicas: 3, labels: [b]}\n",
    ),
    (
        "config/common.yaml",
        "subcomponents: {web: {config: {replicas: 1, labels: [a]}}}\n",
    ),
    (
        "chart/Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    ),
    (
        "chart/templates/all.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  tag: {{ .Values.tag | quote }}\n  replicas: \"{{ .Values.replicas }}\"\n  labels: {{ join \",\" .Values.labels }}\n{{- if .Values.secret }}\n{{ fail \"no secrets here\" }}\n{{- end }}\n",
    ),
];

async fn render(helm: PathBuf, folder: &Path) -> Result<Generated, generate::Error> {
    let temp = tempfile::tempdir().unwrap();
    let options = Options {
        kind: Some(Kind::Fabrikate),
        ..Options::new(folder, "prod")
    };
    // A wrapper finds the helm that it starts where programs are found.
    let real = self::helm().unwrap();
    let mut path = std::env::var_os("PATH").unwrap();
    path.push(":");
    path.push(real.parent().unwrap());
    let tools = gitops_publisher::tools::Tools::new(path, temp.path());
    generate::run(&tools.helm(Some(helm)), &options).await
}

#[tokio::test(flavor = "multi_thread")]
async fn merged_values_and_the_namespace_reach_the_chart() {
    let Some(helm) = helm() else { return };
    let folder = source(&CHART);
    let generated = render(helm, folder.path()).await.unwrap();
    let (path, content) = generated.files.iter().last().unwrap();
    assert_eq!(path.as_str(), "web.yaml");
    assert_eq!(
        String::from_utf8_lossy(content),
        "---\napiVersion: v1\ndata:\n  labels: b,a\n  replicas: \"3\"\n  tag: \"1e3\"\nkind: ConfigMap\nmetadata:\n  name: web\n  namespace: shop\n\n"
    );
    assert_eq!(generated.findings, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_chart_is_named_with_what_helm_said() {
    let Some(helm) = helm() else { return };
    let folder = source(&CHART);
    let config = "subcomponents: {web: {config: {secret: yes}}}\n";
    std::fs::write(folder.path().join("config/prod.yaml"), config).unwrap();
    let message = render(helm.clone(), folder.path())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("component `shop/web`: helm could not render the chart `chart` as release `web` (exit code 1):\n"),
        "{message}"
    );
    assert!(message.contains("no secrets here"), "{message}");

    std::fs::remove_dir_all(folder.path().join("chart")).unwrap();
    let error = render(helm, folder.path()).await.unwrap_err();
    let error = gitops_publisher::error::Error::from(error);
    assert!(error.to_string().contains("not found"), "{error}");
    assert!(error.all_hints()[0].contains("fab install"));
}

/// The recorded commands have flags that Fabrikate's do not; a wrapper adds
/// them, so that the recorded documents are what must come out.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn real_charts_render_to_the_recorded_documents() {
    let (Some(helm), Some(corpus)) = (helm(), shared("fixtures/corpus")) else {
        return;
    };
    let index = std::fs::read_to_string(corpus.join("expected/INDEX.tsv")).unwrap();
    let mut compared = 0;
    for row in index.lines().filter(|row| row.starts_with("helm-3")) {
        let columns: Vec<&str> = row.split('\t').collect();
        let (chart, command, expected) = (columns[1], columns[2], columns[3]);
        let (_, extra) = command.split_once("--namespace ns ").unwrap();
        let folder = tempfile::tempdir().unwrap();
        copy(&corpus.join(chart), &folder.path().join("chart"));
        let mut config = "namespace: ns\n".to_owned();
        let mut flags = String::new();
        let mut words = extra.split(' ');
        while let Some(word) = words.next() {
            if word == "-f" {
                let values = std::fs::read_to_string(corpus.join(words.next().unwrap())).unwrap();
                config.push_str("config:\n");
                for line in values.lines() {
                    let _ = writeln!(config, "  {line}");
                }
            } else {
                let _ = write!(flags, " '{word}'");
            }
        }
        copy_text(
            folder.path(),
            "component.yaml",
            "name: rel\ntype: helm\npath: chart\n",
        );
        copy_text(folder.path(), "config/prod.yaml", &config);
        let wrapper = script(
            folder.path(),
            &format!("exec '{}' \"$@\"{flags}", helm.display()),
        );
        let generated = render(wrapper, folder.path()).await.unwrap();
        let (_, content) = generated.files.iter().next().unwrap();
        let theirs = printed(&helm, &corpus, command, expected);
        let ours = std::str::from_utf8(content).unwrap();
        assert_eq!(documents(ours), documents(&theirs), "{command}");
        compared += 1;

        // As Fabrikate itself would: no flags, and namespaces injected.
        copy_text(
            folder.path(),
            "config/prod.yaml",
            &format!("injectNamespace: true\n{config}"),
        );
        let generated = render(helm.clone(), folder.path()).await.unwrap();
        let (resources, findings) =
            generate::resources(&generated.files, generate::Policy::Warn).unwrap();
        assert!(!resources.is_empty(), "{command}");
        assert!(
            resources
                .iter()
                .all(|resource| resource.id.namespace.is_some()),
            "{command}"
        );
        assert_eq!(findings, [], "{command}");
    }
    println!("compared {compared} charts");
    assert!(compared >= 12);
}

fn copy_text(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Documents as data, in order, without the empty ones.
pub(crate) fn documents(text: &str) -> Vec<Value> {
    let documents = yaml::parse(text).unwrap().into_iter();
    documents
        .filter(|document| !document.root.is_null())
        .map(|document| Value::of(&document.root, Dialect::Kubernetes).unwrap())
        .collect()
}
