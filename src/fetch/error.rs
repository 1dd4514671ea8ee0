//! Why something could not be fetched, in words that name no secret.

use crate::error::Kind;
use crate::http;

/// Why something could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request failed, or was refused.
    #[error(transparent)]
    Http(#[from] http::Error),
    /// A web page instead of a file.
    #[error("{0} is a web page, not a file")]
    Page(String),
    /// What a chart repository says cannot be understood.
    #[error("{address} is not the index of a chart repository: {reason}")]
    Index {
        /// The index file.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A chart that is not there.
    #[error("the chart repository {repository} has no chart `{chart}`")]
    NoChart {
        /// The chart's name.
        chart: String,
        /// The repository.
        repository: String,
    },
    /// A version that is not there.
    #[error("the chart {place} has no version {version:?} of `{chart}`{}", newest_of(.newest.as_ref()))]
    NoVersion {
        /// The chart's name.
        chart: String,
        /// What was asked for.
        version: String,
        /// `repository` or `registry`, and its address.
        place: String,
        /// The newest version that it has.
        newest: Option<String>,
    },
    /// A version that is none.
    #[error("{0:?} is neither a version nor a range of versions")]
    Version(String),
    /// Something else than what was promised.
    #[error("{address} is not what {by} promises: its SHA-256 is {found}, not {expected}")]
    Digest {
        /// The file.
        address: String,
        /// Who promised it.
        by: &'static str,
        /// What was promised.
        expected: String,
        /// What came.
        found: String,
    },
    /// The archive is on another host, which wants credentials.
    #[error(
        "the index of {repository} says that `{chart}` is at {archive}, and the credentials of {repository} do not go to another host or port: {source}"
    )]
    Elsewhere {
        /// The repository.
        repository: String,
        /// The chart's name.
        chart: String,
        /// Where the archive is.
        archive: String,
        /// What that place answered.
        source: Box<http::Error>,
    },
    /// The address of a chart in a registry that is none.
    #[error("{address:?} is not the address of a chart in a registry: {reason}")]
    Reference {
        /// The address.
        address: String,
        /// Why.
        reason: &'static str,
    },
    /// What a registry says cannot be understood, or is not taken.
    #[error("the registry's answer for {address} cannot be used: {reason}")]
    Registry {
        /// What was asked for.
        address: String,
        /// What is wrong.
        reason: String,
    },
    /// A registry that wants its credentials to go to another host.
    #[error(
        "the registry {registry} wants its credentials to be sent to {realm}, which is another host or port, and they do not go there"
    )]
    Realm {
        /// The registry.
        registry: String,
        /// Where its tokens are said to be given out.
        realm: String,
    },
}

fn newest_of(newest: Option<&String>) -> String {
    newest.map_or_else(String::new, |newest| format!("; the newest is {newest}"))
}

impl Error {
    /// What sort of failure this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Http(http::Error::NotPublic(_)) | Self::Realm { .. } => Kind::Policy,
            Self::Http(_) | Self::Page(_) | Self::Digest { .. } | Self::Elsewhere { .. } => {
                Kind::Remote
            }
            _ => Kind::Input,
        }
    }

    /// Whether the address is one that may not be asked.
    pub fn is_not_public(&self) -> bool {
        matches!(self, Self::Http(http::Error::NotPublic(_)))
    }

    /// The status that a server refused with.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Http(http::Error::Status(failure)) => Some(failure.status),
            _ => None,
        }
    }
}
