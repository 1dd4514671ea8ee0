//! Where the manifest repository lives: addresses, authentication, and what
//! each host's refusals mean, and the interface for pull requests.
//!
//! Owns the host kinds and the one place that knows each host's words and
//! interface (`azure`, `github`). Everything is sent through `http`.

mod address;
mod api;
mod authorization;
mod azure;
mod builds;
mod comparison;
mod fault;
mod github;
mod looking;
pub mod pull_request;
mod refusal;
pub mod remarks;
mod rest;
mod rest_answer;
pub mod watch;
pub(crate) mod young;

pub use address::{
    Error, Home, Location, Place, SshAddress, detect, is_same_repository, is_this_machine, resolve,
    resolve_at,
};
pub use api::{Api, ApiOptions, Credentials};
pub use authorization::{Authorization, authorization};
pub use builds::Builds;
pub use comparison::comparison;
pub use fault::{ApiError, Fault};
pub use github::{App, AppTokens, OnToken};
pub use refusal::{Refusal, advice, refusal};
pub(crate) use refusal::{is_sign_in, of_status};

use std::fmt;

/// What sort of host serves the repository.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub enum HostKind {
    /// Azure DevOps Services or Server.
    Azure,
    /// github.com, GitHub Enterprise Server, ghe.com.
    GitHub,
    /// Any other git server, or a local path: push only.
    Git,
}

impl HostKind {
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
