//! What the command line or the task names by path.
//!
//! The caller may name files and folders anywhere; the settings file may not,
//! as whoever writes the source writes it too. So what the caller names is
//! within reach, whichever setting it stands in.

use std::path::PathBuf;

use clap::{Args as _, Command};

use super::definition::{EnvironmentArgs, HelmArgs, Marks, id};
use super::layer::Layer;

/// Files and folders that the caller names for an environment. Patterns are
/// left out: they are within reach of those who look for their files only.
pub(super) fn reachable(given: &Layer) -> Vec<PathBuf> {
    let definition = EnvironmentArgs::augment_args(Command::new(""));
    let paths = definition.get_arguments().filter(|argument| {
        let id = argument.get_id();
        let path = Marks::of(argument).source_path && id != id!(EnvironmentArgs, variable_files);
        path || id == id!(HelmArgs, chart)
    });
    paths
        .filter_map(|argument| given.get(argument.get_id().as_str()))
        .flat_map(super::layer::Value::texts)
        .filter(|text| !text.is_empty() && !text.contains("://"))
        .map(PathBuf::from)
        .collect()
}
