//! The `fabrikate` generator: against what Fabrikate recorded, feature by
//! feature, and with real helm.
#![expect(
    clippy::disallowed_methods,
    reason = "tests prepare folders and look programs up"
)]
#![expect(
    clippy::print_stdout,
    reason = "what is skipped or differs should be seen"
)]

mod features;
mod golden;
mod ignored;
pub(crate) mod real_helm;

use std::path::{Path, PathBuf};

use gitops_publisher::generate::{self, Error, Generated, Kind, Options};
use gitops_publisher::tools::Tools;

/// The folder of shared test data, where there is one.
pub(crate) fn shared(below: &str) -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(below);
    if !folder.exists() {
        println!("skipped: {} is not there", folder.display());
    }
    folder.canonicalize().ok()
}

/// A folder with these files.
pub(crate) fn source(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

/// Tools on the PATH of this process.
pub(crate) fn tools(temp: &Path) -> Tools {
    Tools::new(std::env::var_os("PATH").unwrap(), temp)
}

/// Generates a definition for one environment.
pub(crate) async fn render(folder: &Path, environment: &str) -> Result<Generated, Error> {
    generate_with(&Options {
        kind: Some(Kind::Fabrikate),
        ..Options::new(folder, environment)
    })
    .await
}

pub(crate) async fn generate_with(options: &Options) -> Result<Generated, Error> {
    let temp = tempfile::tempdir().unwrap();
    let result = generate::run(&tools(temp.path()), options).await;
    let left = temp.path().read_dir().unwrap().count();
    assert_eq!(left, 0, "temporary files are gone");
    result
}

/// Every file below a folder, by path from it.
pub(crate) fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in next.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
                files.push((name.replace('\\', "/"), std::fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

pub(crate) fn copy(from: &Path, to: &Path) {
    for (path, content) in files_below(from) {
        let target = to.join(&path);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(target, content).unwrap();
    }
}

/// An executable shell script. Another process writes it, so that no fork of
/// this one ever holds it open for writing, which would keep it from starting.
#[cfg(unix)]
pub(crate) fn script(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("script");
    let made = std::process::Command::new("sh")
        .arg("-c")
        .arg(r#"printf '#!/bin/sh\n%s\n' "$2" > "$1" && chmod +x "$1""#)
        .args(["sh".as_ref(), path.as_os_str(), text.as_ref()])
        .status();
    assert!(made.unwrap().success());
    path
}
