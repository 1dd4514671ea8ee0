//! What the integration tests share: a real git server, and git itself.
#![allow(
    unreachable_pub,
    reason = "what is shared between test modules is public to them"
)]

pub mod git_repository;
pub mod git_server;
