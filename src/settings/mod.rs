//! Settings: one definition, four doors.
//!
//! A setting is defined once, as a clap argument in [`definition`]. Its name
//! at the other doors is derived: `--manifest-repo` is the task input
//! `manifestRepo` and the key `manifestRepo` of `gitops.yaml`. Each door
//! gives a [`Layer`] of texts that remember where they stood; the winning
//! texts are parsed and checked by clap, once, for every door alike.
//!
//! May use `agent` for reading and the stages' option types. Stages never
//! see this module.

pub mod definition;
mod doors;
mod environment;
mod file;
mod helm;
mod layer;
mod manifests;
mod moved;
mod pull_request;
mod resolve;
pub mod schema;
mod source;

pub use doors::{from_inputs, from_matches, from_old_variables};
pub use environment::{EnvironmentSettings, Target, TokenSettings};
pub use file::{FileSettings, SourceLayer, read as read_file, read_as as read_file_as};
pub use layer::{Layer, Origin, Value, camel_case, parse};
pub use manifests::ManifestSettings;
pub use pull_request::PullRequestSettings;
pub use resolve::{Settings, resolve, resolve_at};
pub use source::SourceSettings;
