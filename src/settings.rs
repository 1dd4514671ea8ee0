//! Settings: one definition, four places where they can be given.
//!
//! A setting is defined once, as a clap argument in [`definition`]. Its other
//! names are derived: `--manifest-repo` is the task input `manifestRepo` and
//! the key `manifestRepo` of `gitops.yaml`. Each place gives a [`Layer`] of
//! typed data that remembers where it stood; the single values that win are
//! parsed and checked by clap, once, wherever they were given.
//!
//! May use `agent` for reading and the stages' option types. Stages never
//! see this module.

mod clashes;
mod cluster;
pub mod definition;
mod environment;
mod file;
mod given;
mod head_branch;
mod heads;
mod helm;
mod layer;
mod listed;
mod manifests;
mod moved;
mod placeholders;
mod pull_request;
mod reachable;
mod resolve;
mod risk;
pub mod schema;
mod source;
mod wait;

pub use environment::{EnvironmentSettings, Target, TokenSettings};
pub use file::{
    ClusterLayers, FileSettings, SourceLayer, UpdateItem, parse_bytes, parse_risks,
    read as read_file, read_as as read_file_as,
};
pub use given::{from_inputs, from_matches, from_old_variables};
pub use head_branch::{default_head, head_of_change, head_of_update, is_head_of_change};
pub use heads::refuse_heads;
pub use layer::{Data, Layer, Origin, Value, camel_case, not_a_number, parse};
pub use listed::listed;
pub use manifests::ManifestSettings;
pub use pull_request::PullRequestSettings;
pub use resolve::{Settings, resolve, resolve_at};
pub use risk::{RiskLayer, RiskSettings};
pub use source::SourceSettings;
pub use wait::WaitSettings;
