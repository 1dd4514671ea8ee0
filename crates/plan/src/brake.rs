//! The brakes: limits on what one publication may remove. They are rules of the plan that
//! need no contents, only what goes and what there was, and that stop a publication
//! whatever the policy for risks says.

use crate::resource::Identity;
use crate::risk::{Finding, Revert, Rule, Severity};

/// A resource of a protected kind goes.
const PROTECTED: &str = "protected-kind-removed";

/// Too many resources go.
const RESOURCES: &str = "too-many-removed";

/// Too many files of others go.
const FOREIGN: &str = "too-many-foreign-files-removed";

/// The brakes. A setting lifts them, not an accepted finding.
pub const BRAKES: &[Rule] = &[
    Rule {
        id: PROTECTED,
        severity: Severity::Critical,
        forward: Revert::LosesData,
        back: Revert::Full,
        about: "A resource of one of the `protectedKinds` goes. `allowRemoval` lifts it.",
    },
    Rule {
        id: FOREIGN,
        severity: Severity::Critical,
        forward: Revert::Full,
        back: Revert::Full,
        about: "More files of others go than `maxRemovedPercent` of the folder's. `allowRemoval` lifts it.",
    },
    Rule {
        id: RESOURCES,
        severity: Severity::Critical,
        forward: Revert::Recreates,
        back: Revert::Full,
        about: "More resources go than `maxRemovedPercent` of the folder's. `allowRemoval` lifts it.",
    },
];

/// How many items a finding lists.
const SHOWN: usize = 20;

/// How much may go.
#[derive(Debug, Clone, Copy)]
pub struct Limits<'a> {
    /// The share in percent.
    pub percent: u8,
    /// Kinds of which nothing may go.
    pub protected_kinds: &'a [String],
}

/// What goes from one folder.
#[derive(Debug, Clone, Copy)]
pub struct Loss<'a> {
    /// The folder.
    pub folder: &'a str,
    /// How many resources it had.
    pub resources_before: usize,
    /// The resources that go.
    pub removed: &'a [Identity],
    /// Those of them that nothing takes the place of.
    pub lost: &'a [Identity],
    /// How many files it had, whoever wrote them.
    pub files_before: usize,
    /// How many files go that were never ours.
    pub foreign_removed: usize,
    /// The files that go.
    pub files: &'a [String],
}

/// What a brake finds: the first that holds.
pub fn brake(limits: Limits<'_>, loss: &Loss<'_>) -> Option<Finding> {
    let folder = loss.folder;
    let is_protected = |id: &&Identity| {
        let mut kinds = limits.protected_kinds.iter();
        kinds.any(|kind| kind.eq_ignore_ascii_case(&id.kind))
    };
    if let Some(id) = loss.removed.iter().find(is_protected) {
        let said = format!(
            "publishing would remove `{id}` from the folder `{folder}`; {} is a protected kind",
            id.kind
        );
        return Some(finding(PROTECTED, said, Some(id.clone())));
    }
    let limit = usize::from(limits.percent);
    if loss.foreign_removed * 100 > loss.files_before * limit {
        let said = format!(
            "publishing would remove {} of the {} files in the folder `{folder}` that something else wrote; at most {limit} percent may go in one run{}",
            loss.foreign_removed,
            loss.files_before,
            listed(loss.files)
        );
        return Some(finding(FOREIGN, said, None));
    }
    if loss.lost.len() * 100 > loss.resources_before * limit {
        let said = format!(
            "publishing would remove {} of the {} resources in the folder `{folder}`; at most {limit} percent may go in one run{}",
            loss.lost.len(),
            loss.resources_before,
            listed(loss.lost)
        );
        return Some(finding(RESOURCES, said, None));
    }
    None
}

/// Whether a rule is a brake.
pub(crate) fn is_brake(rule: &str) -> bool {
    BRAKES.iter().any(|brake| brake.id == rule)
}

fn finding(id: &str, message: String, resource: Option<Identity>) -> Finding {
    let rule = BRAKES.iter().find(|brake| brake.id == id);
    Finding {
        rule: id.to_owned(),
        severity: Severity::Critical,
        message,
        resource,
        file: String::new(),
        line: 0,
        field: None,
        existing: false,
        revert: rule.map_or(Revert::Full, |rule| rule.forward),
        allowed: None,
        expired: None,
    }
}

/// What a brake counts, a line each.
fn listed<T: std::fmt::Display>(items: &[T]) -> String {
    let lines = items.iter().take(SHOWN).map(|item| format!("\n  - {item}"));
    let mut text: String = lines.collect();
    if items.len() > SHOWN {
        text.push_str(&format!("\n  and {} more", items.len() - SHOWN));
    }
    text
}
