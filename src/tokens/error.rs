//! What can go wrong in token replacement.
//!
//! Owns the messages: each names what was being done, to which file, line and
//! column, and what went wrong. No file is changed when one of these comes back,
//! except where a compatibility level says otherwise.

use std::fmt;
use std::path::PathBuf;

use crate::error::{Error as AppError, Kind};
use crate::text::glob::GlobError;

use super::fit::Reason;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as it is shown.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// Where a file was looked for, unless that is the working folder.
fn below(root: &std::path::Path) -> String {
    match root
        .components()
        .find(|it| *it != std::path::Component::CurDir)
    {
        Some(_) => format!(" in {}", root.display()),
        None => String::new(),
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Why tokens could not be replaced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An option has a value that it cannot have.
    #[error("replacing tokens: {option} cannot be {value:?}; it takes {allowed}")]
    Value {
        /// The option.
        option: &'static str,
        /// What was given.
        value: String,
        /// What could be.
        allowed: String,
    },
    /// An option is needed.
    #[error("replacing tokens: {0}")]
    Needed(&'static str),
    /// A delimiter cannot be used.
    #[error("replacing tokens: the {what} {side} {reason}")]
    Delimiter {
        /// `token` or `transform`.
        what: &'static str,
        /// `prefix` or `suffix`.
        side: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A pattern for files cannot be used.
    #[error("finding files to replace tokens in: {0}")]
    Glob(#[from] GlobError),
    /// A line of sources cannot be used.
    #[error("finding files to replace tokens in: {entry:?} {reason}")]
    Source {
        /// The line.
        entry: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A line of sources looks like one of versions 3 to 5.
    #[error("finding files to replace tokens in: {entry:?} {reason}")]
    OldSource {
        /// The line.
        entry: String,
        /// What it holds.
        reason: &'static str,
    },
    /// Variables could not be read.
    #[error("reading variables from {origin}{}: {reason}", position(*line, *column))]
    Variables {
        /// File or input.
        origin: String,
        /// Line, from 1; 0 when there is none.
        line: usize,
        /// Column, from 1; 0 when there is none.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// A file with variables is named, but not there.
    #[error(
        "reading variables from file {pattern}: there is no such file{}",
        below(root)
    )]
    NoVariableFile {
        /// What was given.
        pattern: String,
        /// Where it was looked for.
        root: PathBuf,
    },
    /// A file of the source is not read.
    #[error(transparent)]
    File(#[from] crate::source::Error),
    /// The file system said no.
    #[error("{doing} {}: {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// Two sources have one output.
    #[error(
        "replacing tokens: {first} and {second} both have the output {}, so that one would be lost; no file was changed",
        output.display()
    )]
    SameOutput {
        /// The earlier input.
        first: String,
        /// The later input.
        second: String,
        /// Their output, as seen from the root.
        output: PathBuf,
    },
    /// A target cannot be written.
    #[error("writing {}: {reason}; no file was changed", path.display())]
    Target {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
    /// A file holds tokens, but bytes that are no text.
    #[error("replacing tokens in {place}: the file is not {encoding} text (byte {offset})")]
    NotText {
        /// The file and its first token, or the file's start.
        place: Place,
        /// The encoding tried.
        encoding: &'static str,
        /// Offset of the first byte that is no text.
        offset: usize,
    },
    /// A value has a character that the file's encoding lacks.
    #[error(
        "replacing the token {token:?} in {place}: the file's encoding {encoding} has no {character:?}"
    )]
    Unencodable {
        /// The token.
        place: Place,
        /// Its text.
        token: String,
        /// The file's encoding.
        encoding: &'static str,
        /// The first character that it lacks.
        character: char,
    },
    /// A value has non-ASCII characters, and the file's encoding is not known.
    #[error(
        "replacing the token {token:?} in {place}: the value has {character:?}, but the file is not UTF-8 (byte {offset}) and its encoding is not known"
    )]
    UnknownEncoding {
        /// The token.
        place: Place,
        /// Its text.
        token: String,
        /// The first character that is not ASCII.
        character: char,
        /// The first byte of the file that is not UTF-8.
        offset: usize,
    },
    /// A file has no token in the encoding that it was read in, but in another.
    #[error(
        "replacing the token {token:?} in {place}: the file was read as {encoding}, but is {other}"
    )]
    OtherEncoding {
        /// The first token.
        place: Place,
        /// Its text.
        token: String,
        /// The encoding that was used.
        encoding: &'static str,
        /// The one that it has.
        other: &'static str,
    },
    /// Values contain each other.
    #[error("replacing tokens in {place}: the variables contain each other: {}", chain.join(" -> "))]
    Cycle {
        /// The token where it begins.
        place: Place,
        /// The names, the first one again at the end.
        chain: Vec<String>,
    },
    /// Values contain too much.
    #[error("replacing the token {token:?} in {place}: {reason}")]
    TooMuch {
        /// The token.
        place: Place,
        /// Its text.
        token: String,
        /// Which limit.
        reason: String,
    },
    /// A value would not be read as the text that it is.
    #[error("replacing the token {token:?} in {place}: {reason}")]
    Misfit {
        /// The token.
        place: Place,
        /// Its text.
        token: String,
        /// Why not.
        reason: Reason,
    },
    /// A transform cannot be run.
    #[error("replacing the token {token:?} in {place}: {reason}")]
    Transform {
        /// The token.
        place: Place,
        /// Its text.
        token: String,
        /// What is wrong.
        reason: String,
    },
    /// An empty name, where version 6 gives up.
    #[error("replacing tokens in {place}: a token has no name")]
    NoName {
        /// The token.
        place: Place,
    },
}

/// `, line 3, column 4` where there is one.
fn position(line: usize, column: usize) -> String {
    match (line, column) {
        (0, _) => String::new(),
        (line, 0) => format!(", line {line}"),
        (line, column) => format!(", line {line}, column {column}"),
    }
}

impl Error {
    /// A value that an option cannot have.
    pub(super) fn value(option: &'static str, value: &str, allowed: &str) -> Self {
        Self::Value {
            option,
            value: value.to_owned(),
            allowed: allowed.to_owned(),
        }
    }

    /// Wraps an error of the file system.
    pub(super) fn io(
        doing: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }

    /// What the user can do about it.
    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Delimiter {
                what: "token",
                side: "suffix",
                reason,
            } if reason.contains("transform") => {
                "choose another transformsSuffix, for example transformsPrefix '[' and transformsSuffix ']'"
            }
            Self::Variables { origin, .. } if origin == "--variables" => {
                "give `@files`, `$NAME` of an environment variable, or a JSON object, such as `--variables '{\"tag\":\"1.2.3\"}'`"
            }
            Self::NoVariableFile { pattern, .. } if pattern.contains('\\') => {
                "separate folders with `/`"
            }
            Self::NoVariableFile { .. } => {
                "correct the name; a file that may be absent can be given with a wildcard, such as `config/de[v].yaml`"
            }
            Self::OldSource { .. } => {
                "set `compatibility: v5`, or give one pattern a line, with `/` between folders"
            }
            Self::SameOutput { .. } => {
                "give each source an output of its own, for example with a star on both sides: `*.in => *.out`"
            }
            Self::NotText { .. } => {
                "leave the file out of the sources with a !pattern, or name its encoding with the encoding option"
            }
            Self::Unencodable { .. } => {
                "save the file as UTF-8, or take the character out of the value"
            }
            Self::UnknownEncoding { .. } => {
                "name the file's encoding with the encoding option, for example windows1252, or save it as UTF-8"
            }
            Self::OtherEncoding { .. } => {
                "name the file's encoding with the encoding option, or leave the file out of the sources with a !pattern"
            }
            Self::Cycle { .. } => {
                "give one of these variables a value without a token, or turn recursive off"
            }
            Self::NoName { .. } => {
                "remove the compatibility level to treat such a token as a missing variable"
            }
            Self::Misfit { reason, .. } => reason.hint(),
            Self::Target { .. } => {
                "check the file's permissions, or write to another file with `=> output`"
            }
            Self::File(error) => return error.hint(),
            _ => return None,
        })
    }
}

impl From<Error> for AppError {
    fn from(error: Error) -> Self {
        let hint = error.hint();
        AppError::new(Kind::Input, error).hints(hint.map(str::to_owned))
    }
}
