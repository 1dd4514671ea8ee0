//! What the command line or the task names by path.
//!
//! The caller may name files and folders anywhere; the settings file may not,
//! as whoever writes the source writes it too. So what the caller names is
//! within reach, whichever setting it stands in.

use std::path::PathBuf;

use super::definition::{EnvironmentArgs, HelmArgs, id, of_environments};
use super::layer::Layer;

/// Files and folders that the caller names for an environment. Patterns are
/// left out: they are within reach of those who look for their files only.
pub(super) fn reachable(given: &Layer) -> Vec<PathBuf> {
    let paths = of_environments().iter().filter(|(id, marks)| {
        let path = marks.source_path && id != id!(EnvironmentArgs, variable_files);
        path || id == id!(HelmArgs, chart)
    });
    paths
        .filter_map(|(id, _)| given.get(id.as_str()))
        .flat_map(super::layer::Value::texts)
        .filter(|text| !text.is_empty() && !text.contains("://"))
        .map(PathBuf::from)
        .collect()
}
