//! Azure DevOps, Services and Server: its words and its REST interface.
//!
//! Only this folder knows paths, members and codes of Azure DevOps.

mod attachments;
mod blobs;
mod client;
mod comments;
mod completion;
mod extras;
mod place;
mod pull_requests;
mod refusals;
mod remarks;
mod reviewers;
mod statuses;
mod watch;
mod wire;

pub(super) use client::Client;
pub(super) use refusals::{REFUSALS, advice, missing, pull_request_advice};
pub(super) use wire::Facts;
