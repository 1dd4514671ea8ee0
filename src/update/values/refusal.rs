//! Why an edit is not made, and what helps.

use std::fmt;

use super::Edit;
use crate::error::{Error, Kind};

/// Why nothing is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub(super) message: String,
    pub(super) hint: Option<String>,
    /// There is no such place.
    pub(super) missing: bool,
    /// The edit that fits no document at all, as it is written.
    pub(super) nothing: Option<String>,
}

impl Refusal {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            missing: false,
            nothing: None,
        }
    }

    /// The same as an error of the one who wrote the edit.
    pub fn usage(self) -> Error {
        Error::message(Kind::Usage, self.message).hints(self.hint)
    }

    /// Whether it says that this edit fits no document.
    pub fn finds_nothing(&self, edit: &Edit) -> bool {
        self.nothing.as_ref() == Some(&edit.to_string())
    }

    /// The first remedy is the one that fits.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint.get_or_insert(hint.into());
        self
    }

    pub(super) fn missing(mut self) -> Self {
        self.missing = true;
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let Refusal { message, hint, .. } = refusal;
        Self::message(Kind::Input, message).hints(hint)
    }
}
