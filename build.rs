//! Version facts for `gitops-publisher --version` and the ledger, and the
//! Windows manifest for paths of more than 260 characters.
//!
//! The commit comes from the CI system's variables, else from git, else it is
//! `unknown`: a build from an unpacked archive must work too.
#![expect(
    clippy::disallowed_methods,
    reason = "a build script has no other way to learn about the build"
)]

use std::env;
use std::process::Command;

/// Variables in which CI systems give the commit that is being built.
const COMMIT_VARIABLES: [&str; 2] = ["BUILD_SOURCEVERSION", "GITHUB_SHA"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for name in COMMIT_VARIABLES {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let commit = commit_of_ci()
        .or_else(commit_of_git)
        .unwrap_or_else(|| "unknown".into());
    let short: String = commit.chars().take(12).collect();
    let target = env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=GITOPS_COMMIT={commit}");
    println!("cargo::rustc-env=GITOPS_VERSION={version} ({short}, {target})");
    if target.ends_with("windows-msvc") {
        long_paths();
    }
}

fn commit_of_ci() -> Option<String> {
    COMMIT_VARIABLES
        .iter()
        .filter_map(|name| env::var(name).ok())
        .find(|value| value.len() >= 40 && value.chars().all(|c| c.is_ascii_hexdigit()))
}

fn commit_of_git() -> Option<String> {
    // A repository further up is not ours, as when the sources lie in another project.
    let root = git(&["rev-parse", "--show-toplevel"])?;
    let here = env::var("CARGO_MANIFEST_DIR").ok()?;
    if std::fs::canonicalize(root).ok()? != std::fs::canonicalize(here).ok()? {
        return None;
    }
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        // A path that does not exist would make every build start anew.
        if std::path::Path::new(&log).exists() {
            println!("cargo::rerun-if-changed={log}");
        }
    }
    git(&["rev-parse", "HEAD"])
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}

fn long_paths() {
    let folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let manifest = format!("{folder}\\packaging\\long-paths.manifest");
    println!("cargo::rerun-if-changed={manifest}");
    println!("cargo::rustc-link-arg-bins=/MANIFEST:EMBED");
    println!("cargo::rustc-link-arg-bins=/MANIFESTINPUT:{manifest}");
}
