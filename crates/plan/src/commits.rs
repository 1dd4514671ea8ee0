//! The commits of the source between what is published and what is proposed. Plain data.

use serde::{Deserialize, Serialize};

/// From the commit that is published to the one that is proposed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Commits {
    /// The commit that the published content was made from.
    pub from: String,
    /// The commit that the proposed content is made from.
    pub to: String,
    /// The page where the host compares the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What lies between them; absent where the checkout does not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<Between>,
}

/// What lies between two commits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Between {
    /// How many commits come.
    pub added: usize,
    /// How many of the published ones are not among those of the proposed one.
    pub removed: usize,
    /// Subjects of those that come, the newest first, as many as are shown. Where none
    /// comes, of those that go.
    pub subjects: Vec<String>,
}
