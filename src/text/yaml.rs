//! YAML: parsing with positions, typing of scalars, and writing.
//!
//! The parser is granit-parser; typing and writing are our own,
//! because both must be what Fabrikate's and Kubernetes' libraries do.

mod breaks;
mod compose;
mod emit;
mod ending;
mod refused;
mod scalar;
mod spans;
mod value;

pub(crate) use breaks::refuse_disputed;
pub(crate) use compose::comment_lines;
pub(super) use compose::comments;
pub use compose::{Document, RepeatedKey, parse, parse_first, parse_strict};
pub use emit::{emit, emit_manifest};
pub(crate) use ending::as_written as block_as_written;
pub(crate) use refused::refused;
pub(crate) use scalar::{needs_quotes, of_today as plain_value};
pub(super) use spans::{Style, spans};
pub use value::{Dialect, KeyError, Value};
