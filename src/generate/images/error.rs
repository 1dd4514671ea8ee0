//! Why images could not be set.

use super::super::{Error as StageError, Fault};
use crate::error::{self, Kind};
use crate::model::RelPath;

/// Why images could not be set.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An item of `images` that says nothing sensible.
    #[error("`images`: {text:?}: {reason}")]
    Setting {
        /// The item.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A file of built images that says nothing sensible.
    #[error("`{file}`, line {line}: {reason}")]
    File {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// One image, two tags.
    #[error("the image `{name}` is set to `{}` by {} and to `{}` by {}", .first.0, .first.1, .second.0, .second.1)]
    Conflict {
        /// The image.
        name: String,
        /// One value, and where it is from.
        first: (String, String),
        /// The other.
        second: (String, String),
    },
    /// An item of `imagePaths` that is no path.
    #[error("`imagePaths`: {text:?}: {reason}")]
    Path {
        /// The item.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// What a source made cannot be read.
    #[error("the source `{label}`: {error}")]
    Source {
        /// The source.
        label: String,
        /// What is wrong.
        error: Fault,
    },
    /// The value is used elsewhere too.
    #[error("the source `{label}`, `{file}`: the image at {what}")]
    Shared {
        /// The source.
        label: String,
        /// The file.
        file: RelPath,
        /// Line and column, and that it cannot be changed on its own.
        what: String,
    },
    /// A split image without a field for the tag.
    #[error(
        "the source `{label}`, `{file}`: {resource} names the image `{name}`, but has no `{path}` to set"
    )]
    NoTag {
        /// The source.
        label: String,
        /// The file.
        file: RelPath,
        /// Kind and name.
        resource: String,
        /// The image.
        name: String,
        /// The path of the tag.
        path: String,
    },
    /// A digest where only a tag can stand.
    #[error(
        "the source `{label}`, `{file}`: {resource}: the image `{name}` is set by digest alone, but `{path}` takes a tag"
    )]
    DigestAlone {
        /// The source.
        label: String,
        /// The file.
        file: RelPath,
        /// Kind and name.
        resource: String,
        /// The image.
        name: String,
        /// The path of the tag.
        path: String,
    },
}

impl From<Error> for error::Error {
    fn from(error: Error) -> Self {
        let hint = match &error {
            Error::Setting { .. } => {
                "write `name=tag`, `name@sha256:…`, or `name=registry/name:tag`"
            }
            Error::File { .. } => {
                "a file of images has lines such as `name:tag`, a map of names to tags, a list of `{name, newName, newTag, digest}`, or is the metadata of docker buildx or the build output of skaffold"
            }
            Error::Conflict { .. } => "keep one of them; `images` wins over `imageFiles`",
            Error::Path { .. } => {
                "write `Kind:spec.image`, `Kind.group:spec.images[].name`, or `Kind:spec.image.repository,spec.image.tag`"
            }
            Error::Shared { .. } => {
                "something else in the file uses the value through an anchor, or it ends in a line break: write the image out where it is used"
            }
            Error::NoTag { .. } => "add the field to the source; any value will do",
            Error::DigestAlone { .. } => "give the tag as well: `name=tag@sha256:…`",
            Error::Source { .. } => "",
        };
        let hints = Some(hint.to_owned()).filter(|hint| !hint.is_empty());
        match error {
            Error::Source { label, error } => {
                Self::from(StageError::from(error)).context(format!("the source `{label}`"))
            }
            error => Self::new(Kind::Input, error).hints(hints),
        }
    }
}
