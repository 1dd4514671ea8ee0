//! Rendering 20 charts for three environments, against the calls of helm alone
//! spread over the cores; and the same from the cache.
//!
//! `HELM=/path/to/helm cargo bench --bench helm`; without it, the helm on PATH.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a measurement sets up the world and prints what it finds"
)]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]
#![allow(unreachable_pub, dead_code, reason = "shared with another measurement")]

#[path = "shared/measure.rs"]
mod measure;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gitops_publisher::generate::{self, HelmOptions, Kind, Options, RenderCache};
use gitops_publisher::tools::Tools;
use measure::{best, median, millis};

const CHARTS: usize = 20;
const ENVIRONMENTS: [&str; 3] = ["dev", "qa", "prod"];
const TEMPLATES: usize = 12;
const ROUNDS: usize = 7;

fn main() {
    let search_path = std::env::var_os("PATH").unwrap();
    let named = std::env::var_os("HELM").map(PathBuf::from);
    let scratch = tempfile::tempdir().unwrap();
    let tools = Tools::new(search_path, scratch.path()).helm(named);
    let Ok(helm) = tools.find("helm") else {
        println!("skipped: there is no helm; set HELM to one");
        return;
    };
    let source = scratch.path().join("source");
    for chart in 0..CHARTS {
        write_chart(&source.join(format!("chart-{chart:02}")), chart);
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (mut alone, mut cold, mut warm) = (Vec::new(), Vec::new(), Vec::new());
    let cache = scratch.path().join("cache");
    runtime.block_on(ours(&tools, &source, Some(&cache)));
    for _ in 0..ROUNDS {
        alone.push(helm_alone(&helm, &source));
        cold.push(runtime.block_on(ours(&tools, &source, None)));
        warm.push(runtime.block_on(ours(&tools, &source, Some(&cache))));
    }
    let single: Vec<_> = (0..101)
        .map(|_| runtime.block_on(one(&tools, &source, &cache)))
        .collect();
    println!("| job | time, median (best) ms |\n|---|---|");
    row("20 charts, 3 environments: 60 calls of helm alone", &alone);
    row("the same: library, nothing cached", &cold);
    row("the same: library, everything cached", &warm);
    row("one chart, cached", &single);
    let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    let middle = |times: &[Duration]| median(times.iter().copied());
    let least = |times: &[Duration]| best(times.iter().copied());
    println!(
        "\nLibrary to helm alone: {:.2} (medians), {:.2} (best runs)",
        ratio(middle(&cold), middle(&alone)),
        ratio(least(&cold), least(&alone)),
    );
}

fn row(job: &str, times: &[Duration]) {
    let (middle, least) = (median(times.iter().copied()), best(times.iter().copied()));
    println!("| {job} | {} ({}) |", millis(middle), millis(least));
}

fn options(chart: &Path, environment: &str, cache: Option<&Path>) -> Options {
    Options {
        kind: Some(Kind::Helm),
        confine: Some(chart.to_path_buf()),
        helm: HelmOptions {
            namespace: Some("shop".to_owned()),
            kube_version: Some("1.31.0".to_owned()),
            values_files: vec![chart.join(format!("{environment}.yaml")).into()],
            cache: cache.map(RenderCache::new),
            ..HelmOptions::default()
        },
        ..Options::new(chart, environment)
    }
}

/// Every chart for every environment, at once, as a run does.
async fn ours(tools: &Tools, source: &Path, cache: Option<&Path>) -> Duration {
    let start = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for environment in ENVIRONMENTS {
        for chart in 0..CHARTS {
            let tools = tools.clone();
            let chart = source.join(format!("chart-{chart:02}"));
            let options = options(&chart, environment, cache);
            tasks.spawn(async move { generate::run(&tools, &options).await.unwrap() });
        }
    }
    while let Some(generated) = tasks.join_next().await {
        assert_eq!(generated.unwrap().files.len(), TEMPLATES);
    }
    start.elapsed()
}

async fn one(tools: &Tools, source: &Path, cache: &Path) -> Duration {
    let options = options(&source.join("chart-00"), "dev", Some(cache));
    let start = Instant::now();
    generate::run(tools, &options).await.unwrap();
    start.elapsed()
}

/// The calls alone, as many at a time as there are cores.
fn helm_alone(helm: &Path, source: &Path) -> Duration {
    let start = Instant::now();
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= CHARTS * ENVIRONMENTS.len() {
                        break;
                    }
                    call(helm, source, at % CHARTS, ENVIRONMENTS[at / CHARTS]);
                }
            });
        }
    });
    start.elapsed()
}

fn call(helm: &Path, source: &Path, chart: usize, environment: &str) {
    let chart = source.join(format!("chart-{chart:02}"));
    let output = Command::new(helm)
        .args(["template", "web"])
        .arg(&chart)
        .args(["--namespace", "shop", "--kube-version", "1.31.0"])
        .args(["--include-crds", "--skip-tests", "--values"])
        .arg(chart.join(format!("{environment}.yaml")))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// A chart of the usual size: a dozen templates with helpers, and values.
fn write_chart(folder: &Path, number: usize) {
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "Chart.yaml",
        &format!("apiVersion: v2\nname: chart-{number:02}\nversion: 1.0.0\n"),
    );
    write(
        "values.yaml",
        "replicas: 1\nimage: contoso.azurecr.io/web\nenv: {}\n",
    );
    for environment in ENVIRONMENTS {
        let variables = (0..30).map(|at| format!("  VARIABLE_{at}: {environment}-{at}\n"));
        let text: String = variables.collect();
        write(
            &format!("{environment}.yaml"),
            &format!("replicas: 3\nenv:\n{text}"),
        );
    }
    write(
        "templates/_helpers.tpl",
        "{{- define \"labels\" }}\napp: {{ .Chart.Name }}\nrelease: {{ .Release.Name }}\nchart: {{ printf \"%s-%s\" .Chart.Name .Chart.Version }}\n{{- end }}\n",
    );
    for template in 0..TEMPLATES {
        write(
            &format!("templates/part-{template:02}.yaml"),
            &template_text(template),
        );
    }
}

fn template_text(number: usize) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{{{ .Release.Name }}}}-{number}\n  labels:\n    {{{{- include \"labels\" . | nindent 4 }}}}\nspec:\n  replicas: {{{{ .Values.replicas }}}}\n  selector:\n    matchLabels:\n      {{{{- include \"labels\" . | nindent 6 }}}}\n  template:\n    metadata:\n      labels:\n        {{{{- include \"labels\" . | nindent 8 }}}}\n    spec:\n      containers:\n      - name: main\n        image: \"{{{{ .Values.image }}}}:{{{{ .Values.tag | default .Chart.Version }}}}\"\n        env:\n        {{{{- range $name, $value := .Values.env }}}}\n        - name: {{{{ $name }}}}\n          value: {{{{ $value | quote }}}}\n        {{{{- end }}}}\n"
    )
}
