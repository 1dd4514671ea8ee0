//! The `helm` generator with real helm: what a chart is given, what becomes of
//! its output, what it depends on, where it comes from, and the cache.

mod breaks;
mod cached;
mod corpus;
mod dependencies;
mod refused;
mod remote;
mod rendering;

use std::path::{Path, PathBuf};

use gitops_publisher::generate::{self, Error, Generated, HelmOptions, Kind, Options};

use crate::fabrikate::{
    real_helm::{helm, is_helm_3},
    source, tools,
};

/// A small chart.
const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\n";

/// A resource whose name and data are values.
const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  tag: {{ .Values.tag | quote }}\n";

/// Options for a chart of the checkout, for one version of Kubernetes.
fn options(folder: &Path) -> Options {
    Options {
        kind: Some(Kind::Helm),
        confine: Some(folder.to_path_buf()),
        helm: HelmOptions {
            kube_version: Some("1.31.0".to_owned()),
            ..HelmOptions::default()
        },
        ..Options::new(folder, "dev")
    }
}

async fn run(helm: &Path, options: &Options) -> Result<Generated, Error> {
    let temp = tempfile::tempdir().unwrap();
    let tools = tools(temp.path()).helm(Some(helm.to_path_buf()));
    let result = generate::run(&tools, options).await;
    let left: Vec<_> = temp.path().read_dir().unwrap().collect();
    assert!(left.is_empty(), "temporary files are left: {left:?}");
    result
}

/// The files of a chart that renders without a warning.
async fn files(helm: &Path, options: &Options) -> Vec<(String, String)> {
    let generated = run(helm, options).await.unwrap();
    assert_eq!(generated.findings, []);
    shown(&generated)
}

fn shown(generated: &Generated) -> Vec<(String, String)> {
    let show = |(path, content): (&gitops_publisher::model::RelPath, &bytes::Bytes)| {
        let content = String::from_utf8(content.to_vec()).unwrap();
        (path.to_string(), content)
    };
    generated.files.iter().map(show).collect()
}

/// The paths of the files.
fn paths(files: &[(String, String)]) -> Vec<&str> {
    files.iter().map(|(path, _)| path.as_str()).collect()
}

/// The message of the error that rendering ends with, and its hints.
async fn refused(helm: &Path, options: &Options) -> (String, Vec<String>) {
    let error = run(helm, options).await.unwrap_err();
    let error = gitops_publisher::error::Error::from(error);
    (error.to_string(), error.all_hints().to_vec())
}

fn findings(generated: &Generated) -> Vec<String> {
    generated.findings.iter().map(ToString::to_string).collect()
}

/// A chart packed by helm itself, below `folder`.
fn package(helm: &Path, chart: &Path, folder: &Path) -> PathBuf {
    let before: Vec<_> = entries(folder);
    let output = std::process::Command::new(helm)
        .arg("package")
        .arg(chart)
        .arg("--destination")
        .arg(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut after = entries(folder);
    after.retain(|path| !before.contains(path));
    after.remove(0)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}
