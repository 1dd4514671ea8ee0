//! Facades over text formats.

pub mod encoding;
pub mod glob;
mod glob_braces;
mod glob_pattern;
pub mod jsonc;
mod utf7;
