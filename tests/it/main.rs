//! The one integration binary: what users see, through the program, against real parts.
#![allow(
    clippy::unwrap_used,
    reason = "a failed assumption should fail the test"
)]

mod fabrikate;
mod git_wire;
mod support;
mod tokens;
