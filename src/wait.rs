//! Waiting until the cluster has what was published.
//!
//! Owns the loop: it asks the host ([`Api::watch`](crate::host::Api::watch)), keeps what it heard
//! (`line`), has [`gitops_rollout::judge()`] decide, and tells what changed
//! (`tell`). It decides nothing itself and writes nothing anywhere, so that a
//! run that is cancelled leaves nothing behind.

mod board;
mod clock;
mod follow;
mod followed;
mod line;
mod result;
mod tell;

pub use board::{Board, Place};
pub use clock::{Clock, RealClock};
pub use follow::{Stopped, follow};
pub use followed::{Followed, Member, Start};
pub use result::because;
pub use tell::commits;
