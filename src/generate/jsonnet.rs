//! The `jsonnet` generator: programs at the top of a folder, or one program.
//!
//! Owns what a program is, and the process that evaluates. Programs see the
//! files below the confining folder, the variables they are given, and
//! nothing else: no process, no network, no environment variable.

mod conversation;
mod evaluator;
mod files;
mod manifest;
mod message;
mod natives;
mod output;
mod parse_yaml;
mod protocol;
mod session;
mod syntax;

use std::path::{Path, PathBuf};

pub use self::conversation::WORKER;
pub use self::evaluator::serve;
use self::files::Files;
use super::{Error, Options, off_thread};
use crate::model::{FileSet, Finding};
use crate::source::{self, SourceTree};
use crate::tools::Tools;

/// The time that the programs of a source may take, in seconds.
const SECONDS: u64 = 300;

/// The memory that the programs of a source may take, in MiB.
const MEMORY: u64 = 2048;

/// What the programs of an environment are given.
#[derive(Debug, Clone)]
pub struct JsonnetOptions {
    /// Folders that imports are looked for in, after the importing file's own;
    /// the first that has the file wins. When empty: `vendor` and `lib` beside
    /// the programs, where they exist.
    pub paths: Vec<PathBuf>,
    /// The strings that `std.extVar` finds. `environment` is the environment's
    /// name unless it is here.
    pub variables: Vec<(String, String)>,
    /// The strings that a program which is a function is called with.
    pub arguments: Vec<(String, String)>,
    /// The time that all programs of the source may take, in seconds.
    pub seconds: u64,
    /// The memory that they may take, in MiB.
    pub memory: u64,
}

impl Default for JsonnetOptions {
    fn default() -> Self {
        Self {
            paths: Vec::new(),
            variables: Vec::new(),
            arguments: Vec::new(),
            seconds: SECONDS,
            memory: MEMORY,
        }
    }
}

/// Evaluates every program of the source. A program that yields no resource
/// makes no file.
pub(super) async fn run(
    tools: &Tools,
    options: &Options,
) -> Result<(FileSet, Vec<Finding>), Error> {
    let own = options.clone();
    let found = off_thread(move || {
        let files = Files::new(&own)?;
        let programs = files.programs()?;
        Ok::<_, super::Fault>((files, programs))
    });
    let (files, programs) = found.await?;
    Ok(conversation::evaluate(tools, files, programs, options).await?)
}

/// Whether this looks like a source of this generator.
pub(super) fn is_source(tree: &SourceTree, source: &Path) -> Result<bool, source::Error> {
    let is_program = |name: &std::ffi::OsStr| name.to_str().is_some_and(files::is_program);
    let Some(entries) = tree.entries(source)? else {
        return Ok(tree.is_file(source)? && source.file_name().is_some_and(is_program));
    };
    Ok(entries
        .iter()
        .any(|entry| is_program(&entry.name) && entry.kind != source::Kind::Folder))
}
