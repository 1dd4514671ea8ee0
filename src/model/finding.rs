//! Something worth telling about a source or its output.

use std::fmt;

/// How much a finding matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Good to know; nobody has to act.
    Info,
    /// Worth a look; the run goes on.
    Warning,
    /// The run fails.
    Error,
}

/// A note, warning or error about one place in a source, as a stage returns it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What was noticed, in one sentence without the place.
    pub message: String,
    /// File, component or resource that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

impl Finding {
    /// Something good to know about `place`.
    pub fn info(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Info,
            ..Self::warning(place, message)
        }
    }

    /// A warning about `place`.
    pub fn warning(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            message: message.into(),
            place: Some(place.into()),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}
