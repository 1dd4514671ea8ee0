//! Why files could not be laid out.

use std::fmt;

use super::super::{Error as StageError, Fault};
use crate::error::{self, Kind};
use crate::model::{RelPath, ResourceId};

/// Where a resource was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The source, as the user wrote it.
    pub source: String,
    /// The file that its generator made.
    pub file: RelPath,
    /// The line in it, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, file, line } = self;
        write!(f, "`{file}`, line {line}, of the source `{source}`")
    }
}

/// Why files could not be laid out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What a source made cannot be read.
    #[error("the source `{label}`: {error}")]
    Source {
        /// The source, as the user wrote it.
        label: String,
        /// What is wrong.
        error: Fault,
    },
    /// Two sources make one file.
    #[error("both the source `{first}` and the source `{second}` make the file `{file}`")]
    File {
        /// The file.
        file: RelPath,
        /// One source.
        first: String,
        /// The other.
        second: String,
    },
    /// Two sources make one object.
    #[error("two sources make {id}: it is in {first}, and in {second}")]
    Shared {
        /// The object.
        id: ResourceId,
        /// One place.
        first: Box<Place>,
        /// The other.
        second: Box<Place>,
    },
    /// One source makes an object twice, and it has one place only.
    #[error("{id} occurs twice: it is in {first}, and in {second}")]
    Twice {
        /// The object.
        id: ResourceId,
        /// One place.
        first: Box<Place>,
        /// The other.
        second: Box<Place>,
    },
    /// Kinds that differ only in case.
    #[error(
        "the kinds `{}` and `{}` differ only in upper and lower case: {first} and {second}",
        .kinds.0, .kinds.1
    )]
    KindCase {
        /// The two kinds.
        kinds: (String, String),
        /// Where the first is.
        first: Box<Place>,
        /// Where the second is.
        second: Box<Place>,
    },
}

impl From<Error> for error::Error {
    fn from(error: Error) -> Self {
        let hint = match &error {
            Error::Source { .. } => None,
            Error::File { .. } => Some(
                "give one of the files another name, or set `layout: resource`, which names files after what is in them",
            ),
            Error::Twice { id, .. } | Error::Shared { id, .. } if id.name.ends_with('*') => Some(
                "objects with `generateName` are distinguished by it here: give each another prefix, or a name",
            ),
            Error::Shared { .. } => {
                Some("take it out of one of them: only one of the two would be in the cluster")
            }
            Error::Twice { .. } => Some(
                "remove one of the two: the cluster would keep the one that is applied last. `layout: source` keeps the files of the source, with a warning",
            ),
            Error::KindCase { .. } => Some("one of the two is misspelled"),
        };
        let hints = hint.map(ToOwned::to_owned);
        match error {
            Error::Source { label, error } => {
                Self::from(StageError::from(error)).context(format!("the source `{label}`"))
            }
            error => Self::new(Kind::Input, error).hints(hints),
        }
    }
}
