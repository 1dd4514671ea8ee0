//! Stage: what may not be published, whatever the source says.
//!
//! Owns the brakes (an empty result, too large or too dangerous a removal)
//! and the rules for file names. Pure functions; knows nothing of git or of
//! where the plan came from.

mod brakes;
mod names;

pub use brakes::{Brakes, Error, not_empty, removals};
pub use names::{NameError, file_names, folder_name};
