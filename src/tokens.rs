//! Token replacement: `#{name}#` in files becomes the value of a variable.
//!
//! Owns everything that the Replace Tokens task did: patterns, variables,
//! transforms, escaping, recursion, encodings, files with their outputs, and
//! the four versions of its behaviour behind a [`Compatibility`] level. It reads
//! and writes files only in `load`, `files` and `write`, on behalf of the command;
//! inside a pipeline run it works on values alone. It may not read the
//! environment or print: both come in and go out as values.

mod args;
mod bytes;
mod call;
mod chosen;
mod comment;
mod confined;
mod cursor;
mod date;
mod detect;
mod diff;
mod engine;
mod entry;
mod error;
mod escape;
pub mod files;
mod fit;
mod inputs;
mod job;
mod leftover;
mod load;
mod node;
mod number;
mod options;
mod outcome;
mod placeholder;
mod read;
mod run;
mod scan;
mod source;
mod space;
mod state;
mod transform;
mod tree;
mod variables;
mod walk;
mod write;
mod yaml;

/// How many files a thread takes at a time: small ones, so that neighbours, which
/// share a folder, stay together.
const BLOCK: usize = 64;

pub use args::TokensArgs;
pub use bytes::{Content, Replaced, replace_bytes, replace_text};
pub use call::{Call, Step};
pub use comment::read_as_comments;
pub use confined::{VariableFile, variable_files};
pub use diff::unified;
pub use engine::{Engine, FileName};
pub use entry::Entry;
pub use error::{Error, Place};
pub use fit::Reason;
pub use inputs::{NAMES as INPUT_NAMES, from_inputs};
pub use job::Job;
pub use leftover::{Leftover, ReplacedSet, leftovers, replace_file_set};
pub use load::{Reader, Source, layer_of_file};
pub use node::layer_of_node;
pub use options::{
    Bom, Compatibility, Delimiters, Escape, FailOn, LegacyEmpty, Level, Missing, Options,
};
pub use outcome::{Counters, Message};
pub use placeholder::Placeholder;
pub use run::{FileSummary, Summary, run, run_cli};
pub use scan::{Scanner, Token};
pub use source::{Prepared, Scope, SourceTree, prepare};
pub use variables::{Explanation, Layer, Matching, Variable, Variables};
pub use walk::{Finding, Found};
pub use write::write;
