//! Token replacement: `#{name}#` in files becomes the value of a variable.
//!
//! Owns everything that the Replace Tokens task did: patterns, variables,
//! transforms, escaping, recursion, encodings, files with their outputs, and
//! the four versions of its behaviour behind a [`Compatibility`] level. It reads
//! and writes files only in `load`, `files` and `write`, on behalf of the command;
//! inside a pipeline run it works on values alone. It may not read the
//! environment or print: both come in and go out as values.

mod bytes;
mod call;
mod cursor;
mod date;
mod detect;
mod engine;
mod error;
mod escape;
mod number;
mod options;
mod outcome;
mod scan;
mod space;
mod transform;
mod tree;
mod variables;
mod yaml;

pub use bytes::{Content, Replaced, replace_bytes, replace_text};
pub use call::{Call, Step};
pub use engine::{Engine, FileName};
pub use error::{Error, Place};
pub use options::{
    Bom, Compatibility, Delimiters, Escape, FailOn, LegacyEmpty, Level, Missing, Options,
};
pub use outcome::{Counters, Message};
pub use scan::{Scanner, Token};
pub use variables::{Explanation, Layer, Matching, Variable, Variables};
