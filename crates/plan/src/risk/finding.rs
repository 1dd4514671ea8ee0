//! What a rule says about a change.

use serde::{Deserialize, Serialize};

use super::Allowed;
use crate::resource::Identity;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Worth a look.
    Medium,
    /// Something may stop working or open up.
    High,
    /// Data may be lost, or the change fails.
    Critical,
}

/// What git can take back after the change was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Revert {
    /// Everything.
    Full,
    /// The resource comes back as a new one.
    Recreates,
    /// The resource comes back without its data.
    LosesData,
    /// Nothing: the server refuses the way back, or the harm is done.
    Impossible,
}

/// One thing to know about a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The id of the rule.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// What happens, in one sentence.
    pub message: String,
    /// The resource, unless it is about all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Identity>,
    /// The file that the resource is in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// The line on which the resource begins; 0 when that is not known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub line: usize,
    /// The field that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// It was so before this change, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub existing: bool,
    /// What git can take back.
    pub revert: Revert,
    /// Why it is accepted, when it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Allowed>,
    /// The day on which it ceased to be accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired: Option<String>,
}

impl Finding {
    /// Whether somebody has to look before the change goes on: it is critical, comes with
    /// this change, and nobody accepted it.
    pub fn needs_answer(&self) -> bool {
        self.severity == Severity::Critical && self.allowed.is_none() && !self.existing
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}
