//! GitOps for Azure Pipelines: the library behind `gitops-publisher`.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        reason = "a failed assumption should fail the test"
    )
)]

pub mod error;
pub mod generate;
pub mod git;
pub mod host;
pub mod http;
pub mod model;
pub mod publish;
pub mod text;
pub mod tokens;
pub mod tools;
