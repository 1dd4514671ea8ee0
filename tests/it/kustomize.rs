//! The `kustomize` generator: feature by feature, what is refused, and against
//! what Kustomize itself was recorded to build.

mod allowed;
mod charts;
mod features;
mod recorded;
mod refused;
mod spellings;

use std::path::Path;

use gitops_publisher::generate::{self, Error, Generated, Kind, Options};
use gitops_publisher::http;
use gitops_publisher::text::yaml::{self, Dialect, Value};
use gitops_publisher::tools::{Managed, Mode, Tools};

use crate::fabrikate::tools;

/// Whether there is a program to build with: kustomize, or kubectl.
pub fn present() -> bool {
    let tools = tools(Path::new(""));
    let found = tools.find("kustomize").is_ok() || tools.find("kubectl").is_ok();
    if !found {
        println!("skipped: there is neither kustomize nor kubectl on PATH");
    }
    found
}

/// Options for the overlay in `folder`; nothing outside `confine` is read.
fn options(confine: &Path, folder: &str) -> Options {
    Options {
        kind: Some(Kind::Kustomize),
        confine: Some(confine.to_path_buf()),
        ..Options::new(confine.join(folder), "dev")
    }
}

/// Builds with what is on PATH, and looks that nothing temporary is left.
async fn run(options: &Options) -> Result<Generated, Error> {
    let temp = tempfile::tempdir().unwrap();
    let result = generate::run(&tools(temp.path()), options).await;
    let left = temp.path().read_dir().unwrap().count();
    assert_eq!(left, 0, "temporary files are gone");
    result
}

/// The one file of an overlay.
async fn text(confine: &Path, folder: &str) -> String {
    let generated = run(&options(confine, folder)).await.unwrap();
    only(&generated)
}

fn only(generated: &Generated) -> String {
    let mut files = generated.files.iter();
    let (path, content) = files.next().unwrap();
    assert_eq!(path.as_str(), "manifests.yaml");
    assert!(files.next().is_none());
    String::from_utf8(content.to_vec()).unwrap()
}

/// The documents of a text as values.
fn documents(text: &str) -> Vec<Value> {
    let documents = yaml::parse(text).unwrap();
    let values = documents.iter().filter(|document| !document.root.is_null());
    values
        .map(|document| Value::of(&document.root, Dialect::Kubernetes).unwrap())
        .collect()
}

/// Message and hints of a refusal; no program is there to run.
async fn refusal(confine: &Path, folder: &str) -> (String, Vec<String>) {
    refusal_by(&Tools::new("", "/nowhere"), confine, folder).await
}

async fn refusal_by(tools: &Tools, confine: &Path, folder: &str) -> (String, Vec<String>) {
    let error = generate::run(tools, &options(confine, folder)).await;
    let error = gitops_publisher::error::Error::from(error.unwrap_err());
    (error.to_string(), error.all_hints().to_vec())
}

/// Tools that never download.
fn offline(cache: &Path) -> Tools {
    let managed = Managed::new(Mode::Offline, cache, http::Options::new("test"));
    Tools::new("", "/nowhere").managed(managed)
}
