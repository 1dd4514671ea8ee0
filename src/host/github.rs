//! GitHub, GitHub Enterprise Server, ghe.com: its words and its interfaces.
//!
//! Only this folder knows paths, members and phrases of GitHub.

mod app;
mod client;
mod comments;
mod completion;
mod extras;
mod place;
mod pull_requests;
mod refusals;
mod remarks;
mod statuses;
mod token;
mod watch;
mod wire;

pub use app::{App, AppTokens, OnToken};
pub(super) use client::Client;
pub(super) use refusals::{REFUSALS, advice, missing, pull_request_advice};
pub(super) use wire::Facts;
