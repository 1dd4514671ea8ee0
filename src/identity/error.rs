//! What can go wrong with a sign-in, in words, and what helps.

use crate::error::{Error as CommandError, Kind};
use crate::{http, tools};

use super::rsa::KeyFault;

/// A sign-in that failed: whose, and why.
#[derive(Debug, thiserror::Error)]
#[error("signing in with {name} failed: {fault}")]
pub struct Error {
    pub(super) name: String,
    pub(super) fault: Fault,
}

/// Why, without whose.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// The server said no.
    #[error("{whose} answered: {said}")]
    Refused {
        whose: &'static str,
        said: String,
        hints: Vec<String>,
    },
    /// The answer is not what is promised.
    #[error("the answer of {whose} has no {what}")]
    Answer {
        whose: &'static str,
        what: &'static str,
    },
    /// Something that was set cannot be used.
    #[error("{said}")]
    Setting { said: String, hint: String },
    /// The certificate, or its key.
    #[error("the certificate cannot be used: {0}")]
    Key(#[from] KeyFault),
    /// The machine has no identity, as far as can be told.
    #[error("this machine gives out no tokens: {0}")]
    NoMachine(http::Error),
    /// The request did not get through.
    #[error(transparent)]
    Http(#[from] http::Error),
    /// The program did not run.
    #[error(transparent)]
    Tool(#[from] tools::Error),
}

impl Fault {
    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Refused { hints, .. } => return hints.clone(),
            Self::Setting { hint, .. } => hint,
            Self::Answer { .. } => {
                "check that no proxy changes the answers; otherwise please report this"
            }
            Self::Key(_) => {
                "put the certificate and its RSA private key (PEM) into the service connection, without a password"
            }
            Self::NoMachine(_) => {
                "run on an Azure virtual machine or scale set that has a managed identity; elsewhere use a service connection with workload identity federation"
            }
            Self::Http(error) => return error.hints(),
            Self::Tool(error) => return error.hints(),
        };
        vec![hint.to_owned()]
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Setting { .. } | Self::Key(_) => Kind::Input,
            Self::Tool(error) => error.kind(),
            _ => Kind::Remote,
        }
    }
}

impl Error {
    /// What the user can do about it.
    pub fn hints(&self) -> Vec<String> {
        self.fault.hints()
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> Kind {
        self.fault.kind()
    }
}

impl From<Error> for CommandError {
    fn from(error: Error) -> Self {
        let (kind, hints) = (error.kind(), error.hints());
        Self::new(kind, error).hints(hints)
    }
}
