//! Stage: edits Fabrikate definitions and configuration, and single values of any file,
//! without losing comments, order or anything else that is not meant.
//!
//! Owns what `add`, `remove` and `set` mean, and which value an `update` means ([`values`]).
//! Texts go in and come out; files are the caller's business.

mod assignment;
mod component;
mod configuration;
pub mod values;

use crate::error::{self, Kind};
use crate::text::change::{Change, Data, EditError};
use crate::text::{Node, SyntaxError, json, json_edit, yaml, yaml_edit};

pub use assignment::{Assignment, flatten, path};
pub use component::{Entry, add, new_component, remove};
pub use configuration::set;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML; field names are exact.
    Yaml,
    /// JSON; field names may be in any case.
    Json,
}

/// A file to edit.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// Its name, for messages.
    pub name: &'a str,
    /// How it is written.
    pub format: Format,
    /// Its text; empty for a new YAML file.
    pub text: &'a str,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is not YAML or JSON.
    #[error("{file} is malformed, {source}")]
    Syntax {
        /// The file.
        file: String,
        /// Where, and why.
        source: SyntaxError,
    },
    /// Something has another shape than it needs.
    #[error("{file}{place}: {message}")]
    Shape {
        /// The file.
        file: String,
        /// `, line 1, column 2`, or nothing where that is not known.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// The text cannot be edited at that place.
    #[error("{file} was left as it is: {source}")]
    Edit {
        /// The file.
        file: String,
        /// Why.
        source: EditError,
    },
    /// A key does not exist, and none may be added.
    #[error("{file} has no key `{key}`, and no new keys may be added")]
    NewKey {
        /// The file.
        file: String,
        /// The way to it.
        key: String,
    },
    /// An argument is no assignment.
    #[error("`{text}` is not `path=value`: {reason}")]
    Assignment {
        /// The part in front of the value: a value may be a secret.
        text: String,
        /// What is wrong.
        reason: &'static str,
    },
}

impl From<Error> for error::Error {
    fn from(error: Error) -> Self {
        let (kind, hint) = match &error {
            Error::Syntax { .. } => (Kind::Input, "correct the file; it was not touched"),
            Error::Shape { .. } => (Kind::Input, "the file was not touched"),
            Error::Edit { .. } => (
                Kind::Input,
                "other places may share the value through an anchor or a merge key: edit the file by hand",
            ),
            Error::NewKey { .. } => (
                Kind::Input,
                "check the spelling, or leave --no-new-config-keys out",
            ),
            Error::Assignment { .. } => (
                Kind::Usage,
                "write for example `image.tag=1.2.3`, or `labels.\"app.kubernetes.io/name\"=web` for a key with dots",
            ),
        };
        Self::new(kind, error).hint(hint)
    }
}

impl File<'_> {
    /// The first document; an empty map when there is nothing in it.
    fn root(&self) -> Result<Node, Error> {
        let parsed = match self.format {
            Format::Json => json::parse(self.text).map(Some),
            Format::Yaml => yaml::parse(self.text)
                .map(|documents| documents.into_iter().next().map(|first| first.root)),
        };
        let root = parsed.map_err(|source| Error::Syntax {
            file: self.name.to_owned(),
            source,
        })?;
        match root {
            Some(root) if root.pairs().is_some() => Ok(root),
            Some(root) if !root.is_null() => {
                Err(self.wrong(&root, format!("it is {}, not a map", root.noun())))
            }
            _ => Ok(Data::Map(Vec::new()).node()),
        }
    }

    /// The value of a field, with the name it has in the file.
    fn field<'n>(&self, node: &'n Node, name: &str) -> Option<(&'n str, &'n Node)> {
        let json = self.format == Format::Json;
        let fits = |key: &str| key == name || (json && key.eq_ignore_ascii_case(name));
        let mut pairs = node.pairs()?.iter().rev();
        pairs.find_map(|(key, value)| Some((key.text().filter(|key| fits(key))?, value)))
    }

    /// The text with these changes.
    fn edit(&self, changes: &[Change]) -> Result<String, Error> {
        if changes.is_empty() {
            return Ok(self.text.to_owned());
        }
        let edited = match self.format {
            Format::Yaml => yaml_edit::apply(self.text, changes),
            Format::Json => json_edit::apply(self.text, changes),
        };
        edited.map_err(|source| Error::Edit {
            file: self.name.to_owned(),
            source,
        })
    }

    fn wrong(&self, node: &Node, message: String) -> Error {
        let place = match node.line {
            0 => String::new(),
            line => format!(", line {line}, column {}", node.column),
        };
        Error::Shape {
            file: self.name.to_owned(),
            place,
            message,
        }
    }
}
