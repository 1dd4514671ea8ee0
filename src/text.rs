//! Facades over text formats, so that a change of library stays in one room.
//!
//! Owns parsing and writing. May not touch files, and knows nothing of what
//! the texts are about.

pub mod change;
pub mod encoding;
mod folded;
mod format;
pub mod glob;
mod glob_braces;
mod glob_pattern;
pub mod json;
pub mod json_edit;
pub mod jsonc;
mod nearest;
pub mod node;
pub mod scalar_edit;
pub mod toml;
mod utf7;
pub mod yaml;
pub mod yaml_edit;

pub(crate) use folded::folded;
pub use format::Format;
pub use nearest::nearest;
pub use node::{Form, Kind, Node, SyntaxError};
