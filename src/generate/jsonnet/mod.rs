//! The `jsonnet` generator: programs at the top of a folder, or one program.
//!
//! Owns what a program is, and the thread that evaluates. Programs see the
//! files below the confining folder, the variables they are given, and
//! nothing else: no process, no network, no environment variable.

mod files;
mod message;
mod output;
mod session;
mod syntax;

use std::path::{Path, PathBuf};

use rsjsonnet_lang::arena::Arena;

use self::files::Files;
use self::session::Session;
use super::{Error, Fault, Options};
use crate::model::{FileSet, Finding, RelPath};
use crate::text::yaml;

/// The stack of the evaluating thread, in bytes. The parser recurses with the
/// nesting of the text; what is not used is not taken from memory.
const STACK: usize = 512 << 20;

/// What the programs of an environment are given.
#[derive(Debug, Clone, Default)]
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
}

/// Evaluates every program of the source. A program that yields no resource
/// makes no file.
pub(super) fn run(options: &Options) -> Result<(FileSet, Vec<Finding>), Error> {
    let evaluate = || evaluate(options);
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("jsonnet".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, evaluate)
            .map_err(Fault::Thread)?;
        thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Whether this looks like a source of this generator.
pub(super) fn is_source(source: &Path) -> bool {
    let is_program = |name: &std::ffi::OsStr| name.to_str().is_some_and(files::is_program);
    match source.read_dir() {
        Ok(entries) => entries
            .filter_map(Result::ok)
            .any(|entry| is_program(&entry.file_name()) && !entry.path().is_dir()),
        Err(_) => source.is_file() && source.file_name().is_some_and(is_program),
    }
}

fn evaluate(options: &Options) -> Result<(FileSet, Vec<Finding>), Error> {
    let files = Files::new(options)?;
    let programs = files.programs()?;
    let arena = Arena::new();
    let (mut evaluator, mut session) = Session::new(&arena, files, options);
    let mut generated = FileSet::new();
    for program in &programs {
        let documents = session.run(&mut evaluator, program)?;
        if documents.is_empty() {
            continue;
        }
        let texts: Vec<_> = documents.iter().map(yaml::emit).collect();
        let name = program.name.trim_end_matches(".jsonnet");
        let path = RelPath::parse(&format!("{name}.yaml")).map_err(Fault::Name)?;
        generated.insert(path, texts.join("---\n"));
    }
    Ok((generated, session.findings))
}
