//! Where the manifest repository lives: addresses, authentication, and what
//! each host's refusals mean.
//!
//! Owns the host kinds and the one place that knows each host's words
//! (`azure`, `github`). Opens no connection.

mod address;
mod authorization;
mod azure;
mod github;
mod refusal;

pub use address::{Error, Location, Place, detect, resolve};
pub use authorization::{Authorization, authorization};
pub use refusal::{Refusal, advice, refusal};

use std::fmt;

/// What sort of host serves the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HostKind {
    /// Azure DevOps Services or Server.
    Azure,
    /// github.com, GitHub Enterprise Server, ghe.com.
    GitHub,
    /// Any other git server, or a local path: push only.
    Git,
}

impl HostKind {
    /// Reads the setting: `azure`, `github` or `git`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "azure" => Some(Self::Azure),
            "github" => Some(Self::GitHub),
            "git" => Some(Self::Git),
            _ => None,
        }
    }

    /// Whether the host must not be spoken to over HTTP/2.
    pub fn http1_only(self) -> bool {
        self == Self::Azure
    }
}

impl fmt::Display for HostKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Azure => "azure",
            Self::GitHub => "github",
            Self::Git => "git",
        })
    }
}
