//! What the tests are built from: the program, a real git server, and git itself.

pub mod azure_devops;
pub mod browser;
pub mod chart_server;
pub mod description;
pub mod entra;
pub mod file_server;
pub mod git_repository;
pub mod git_server;
pub mod github;
pub mod loopback;
pub mod program;
pub mod registry;
pub mod rest_fake;
#[cfg(unix)]
pub mod ssh_server;
pub mod tls;
pub mod web_server;
