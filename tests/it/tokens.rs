//! Token replacement, from flags or task inputs to files on disk.
//!
//! Two conformance sets replay what the replaced program and task do, byte for
//! byte.

mod bad_input;
mod conformance;
mod files;
mod inputs;
mod levels;
mod own_rules;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clap::Parser;
use gitops_publisher::tokens::{Error, Layer, Summary, TokensArgs, run_cli};

/// The flags of the command, as the program has them.
#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    args: TokensArgs,
}

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        put(folder.path(), name, content);
    }
    folder
}

#[allow(clippy::disallowed_methods, reason = "the test prepares its folder")]
fn put(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn read(folder: &tempfile::TempDir, name: &str) -> String {
    String::from_utf8(fs::read(folder.path().join(name)).unwrap()).unwrap()
}

/// Every file below a folder.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap();
                let name = name.to_string_lossy().replace('\\', "/");
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}

/// Runs the command in a folder.
fn run(folder: &tempfile::TempDir, flags: &[&str]) -> Result<Summary, Error> {
    run_with(folder, flags, Vec::new())
}

fn run_with(
    folder: &tempfile::TempDir,
    flags: &[&str],
    pipeline: Vec<Layer>,
) -> Result<Summary, Error> {
    let line = std::iter::once("tokens").chain(flags.iter().copied());
    let args = CommandLine::try_parse_from(line).unwrap().args;
    run_cli(args, folder.path(), pipeline, &BTreeMap::new())
}

/// The messages as a person sees them.
fn messages(summary: &Summary) -> Vec<String> {
    summary
        .messages
        .iter()
        .map(|message| match message.place() {
            Some(place) => format!("{place}: {}", message.text),
            None => message.text.clone(),
        })
        .collect()
}
