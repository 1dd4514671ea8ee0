//! Facades over text formats.

pub mod encoding;
pub mod glob;
mod glob_braces;
pub mod jsonc;
mod utf7;
