//! What one source contributes to an environment.

use super::Kind;
use crate::model::FileSet;

/// The files that a generator made from one source.
#[derive(Debug, Clone)]
pub struct Part {
    /// The source as the user wrote it, for messages and file names.
    pub label: String,
    /// The files.
    pub files: FileSet,
    /// What made them.
    pub kind: Kind,
}
