//! Findings that are accepted, with a reason and an end. Owns which finding an allowance
//! is for; where allowances come from is decided elsewhere.

use serde::{Deserialize, Serialize};

use super::Finding;

/// Accepts findings of one rule, for one resource or for all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Allowance {
    /// The id of the rule.
    pub rule: String,
    /// `Kind namespace/name`; all resources when it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it counts: `2027-03-01`.
    pub until: String,
}

/// That a finding is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Allowed {
    /// Why.
    pub reason: String,
    /// The last day.
    pub until: String,
}

/// Marks the findings that are accepted today. They stay in the plan.
pub(super) fn apply(findings: &mut [Finding], allowances: &[Allowance], today: &str) {
    if allowances.is_empty() {
        return;
    }
    for finding in findings {
        let name = finding.resource.as_ref().map(crate::Identity::short);
        let meant = allowances.iter().filter(|allowance| {
            let anywhere = allowance.resource.is_none();
            allowance.rule == finding.rule && (anywhere || allowance.resource == name)
        });
        for allowance in meant {
            // A malformed date must not make an allowance permanent.
            if is_day(&allowance.until) && allowance.until.as_str() >= today {
                finding.allowed = Some(Allowed {
                    reason: allowance.reason.clone(),
                    until: allowance.until.clone(),
                });
                finding.expired = None;
                break;
            }
            finding.expired = Some(allowance.until.clone());
        }
    }
}

/// Whether a text is a day of the calendar, as `2027-03-31`.
pub fn is_day(text: &str) -> bool {
    let shape = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    if text.len() != 10 || !text.bytes().enumerate().all(shape) {
        return false;
    }
    let number = |part: std::ops::Range<usize>| text[part].parse::<u32>().unwrap_or_default();
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let leap = (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}
