//! The files of a Fabrikate definition: what a component file says.
//!
//! Shared by those who generate from a definition and those who install what
//! it names. Owns the fields and their shapes; reads no file itself.

mod component;
mod fields;
mod places;

pub use component::{COMPONENT_FILES, Component, Generator};
pub use fields::Source;
pub use places::{CHARTS, COMPONENTS, join};

use crate::text::SyntaxError;

/// What is wrong with a file of a definition.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Malformed YAML or JSON.
    #[error("`{file}` is malformed, {source}")]
    Syntax {
        /// The file.
        file: String,
        /// Where and why.
        source: SyntaxError,
    },
    /// Well-formed, but not what it should be.
    #[error("`{file}`{place}: {message}")]
    Shape {
        /// The file.
        file: String,
        /// `, line 3, column 5`, or nothing.
        place: String,
        /// What is wrong.
        message: String,
    },
}
