//! What the integration tests share: a real git server, and git itself.

pub mod git_repository;
pub mod git_server;
