//! The one error that commands return: kind, source, hints.
//!
//! Stages have error types of their own; each is turned into this one in a
//! single place next to its definition. The kind decides the exit code, the
//! source says what went wrong, and each hint is something the user can do.

use std::fmt;

/// What sort of failure this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// The command was not used as it is meant to be.
    Usage,
    /// The source, a setting or a file cannot be worked with.
    Input,
    /// A rule that protects the manifest repository said no.
    Policy,
    /// Somebody else changed the same thing.
    Conflict,
    /// A server or the network said no.
    Remote,
    /// A defect of this program or of the machine.
    Internal,
}

impl Kind {
    /// The process exit code: 2 for wrong usage, 1 for every explained failure.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            _ => 1,
        }
    }
}

/// A failed command, ready to be shown.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    source: anyhow::Error,
    hints: Vec<String>,
    details: Option<serde_json::Value>,
}

impl Error {
    /// An error of `kind`; the source's chain becomes the message.
    pub fn new(kind: Kind, source: impl Into<anyhow::Error>) -> Self {
        Self {
            kind,
            source: source.into(),
            hints: Vec::new(),
            details: None,
        }
    }

    /// An error that is said in one sentence.
    pub fn message(kind: Kind, message: impl fmt::Display) -> Self {
        Self::new(kind, anyhow::anyhow!("{message}"))
    }

    /// Adds something the user can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds what can be done, where there is something.
    #[must_use]
    pub fn hints(mut self, hints: impl IntoIterator<Item = String>) -> Self {
        self.hints.extend(hints);
        self
    }

    /// Puts one better thing to do in place of all others.
    #[must_use]
    pub fn instead(mut self, hint: impl Into<String>) -> Self {
        self.hints = vec![hint.into()];
        self
    }

    /// Adds facts for programs: what was done before it failed.
    #[must_use]
    pub fn details(mut self, details: serde_json::Value) -> Self {
        self.details = Some(details);
        self
    }

    /// What was done before it failed, if anything.
    pub fn all_details(&self) -> Option<&serde_json::Value> {
        self.details.as_ref()
    }

    /// Puts what was being done in front of the message.
    #[must_use]
    pub fn context(mut self, what: impl fmt::Display + Send + Sync + 'static) -> Self {
        self.source = self.source.context(what);
        self
    }

    /// The cause of this type, when there is one in the chain.
    pub fn cause<T: std::error::Error + Send + Sync + 'static>(&self) -> Option<&T> {
        self.source.downcast_ref()
    }

    /// The sort of failure.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What the user can do, in order of likelihood.
    pub fn all_hints(&self) -> &[String] {
        &self.hints
    }
}

impl fmt::Display for Error {
    /// The chain on one line, outermost first; a link that only repeats what
    /// the one before it already says is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = String::new();
        for link in self.source.chain() {
            let text = link.to_string();
            if said.contains(&text) {
                continue;
            }
            if !said.is_empty() {
                said.push_str(": ");
            }
            said.push_str(&text);
        }
        f.write_str(&said)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_one_line_without_repetition() {
        let inner = std::io::Error::other("disk is full");
        let error = Error::new(
            Kind::Internal,
            anyhow::Error::new(inner).context("writing a: disk is full"),
        )
        .context("environment dev");
        assert_eq!(
            error.to_string(),
            "environment dev: writing a: disk is full"
        );
    }

    #[test]
    fn only_wrong_usage_exits_with_two() {
        assert_eq!(Kind::Usage.exit_code(), 2);
        assert_eq!(Kind::Conflict.exit_code(), 1);
    }
}
