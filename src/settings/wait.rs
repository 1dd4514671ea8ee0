//! The settings of waiting for the rollout, validated.

use gitops_rollout::{Authors, Pattern, Required};

use super::definition::WaitForArgs;

/// What is waited for in one environment.
#[derive(Debug, Clone)]
pub struct WaitSettings {
    /// Whose reports.
    pub required: Required,
    /// Who is believed.
    pub authors: Authors,
    /// Why those that are waited for by default cannot report.
    pub mute: Option<String>,
}

impl WaitSettings {
    /// The names and patterns as they were given; none for the default.
    pub fn names(&self) -> Vec<String> {
        match &self.required {
            Required::Named(patterns) => patterns.iter().map(|one| one.text().to_owned()).collect(),
            Required::Lately => Vec::new(),
        }
    }
}

/// Validates what is waited for.
pub(super) fn wait(args: &WaitForArgs) -> WaitSettings {
    let patterns: Vec<_> = args
        .wait_for
        .iter()
        .filter_map(|name| Pattern::parse(name))
        .collect();
    WaitSettings {
        required: if patterns.is_empty() {
            Required::Lately
        } else {
            Required::Named(patterns)
        },
        authors: Authors::only(&args.status_authors),
        mute: None,
    }
}
