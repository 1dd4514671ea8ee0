//! Publishing: read the tip, let the caller decide, push, and when the push
//! lost a race do it all again on the new tip.
//!
//! Owns retrying (`retry`), the head branches of pull requests (`head`, `made_for`) and
//! the order of runs (`order`). What is to change is decided by the caller, on
//! every attempt anew.

mod head;
mod made_for;
pub mod message;
pub mod order;
mod retry;

pub use crate::http::Retry;
pub use head::{
    HeadOptions, HeadOutcome, Side, Theirs, begins_for, is_ours, is_proposal, run_head,
};
pub use made_for::{is_made_for_another, names_another};
pub use retry::{Failure, Options, Outcome, Proposal, run};
