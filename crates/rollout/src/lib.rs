//! Decides from commit statuses whether a cluster has rolled out what was
//! published.
//!
//! Pure: it knows no host, no clock and no thread. Whoever waits gathers facts
//! (the commits of the branch, the tree of the owned folder in each, statuses,
//! pull requests, the time) and asks [`judge()`] for each environment. The same
//! facts give the same answer, in whatever order they came.
//!
//! Three rules shape the rest:
//!
//! - What says nothing clear is no success. [`meaning()`] reads descriptions,
//!   because the state misleads: some versions of Flux report "dependency not
//!   ready" as succeeded.
//! - A success counts on any commit that still holds our files; a failure counts
//!   on our own commit alone, and after a grace time, because controllers try again.
//! - Anybody who may write statuses can forge one, so only named authors are
//!   believed ([`Authors`]).

mod authors;
mod facts;
mod judge;
mod judged;
mod meaning;
mod report;
mod standing;
mod target;
mod words;

pub use authors::{Authors, Writer, writers};
pub use facts::{Arrival, Branch, Commit, Policy, Published, Required, Tree, Trees, Wait};
pub use judge::judge;
pub use judged::{
    Disbelieved, Doubt, Hidden, Judged, Line, LineState, Outcome, Reported, Standing, Waiting,
};
pub use meaning::{Meaning, meaning};
pub use report::{Context, Report, State};
pub use target::{Pattern, Target};
pub use words::words;
