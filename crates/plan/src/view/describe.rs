//! The words for what a plan holds, shared by the views.

use super::Detail;
use crate::field::{Change, Field, Noise};
use crate::plan::{Action, Plan, ResourceChange};
use crate::risk::{Finding, Revert, Severity};
use crate::value::Value;

pub(super) fn action(action: Action) -> &'static str {
    match action {
        Action::Created => "created",
        Action::Changed => "changed",
        Action::Deleted => "deleted",
        Action::Replaced => "replaced",
        Action::Renamed => "renamed",
        Action::Moved => "moved",
        Action::Adopted => "adopted",
    }
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Info => "info",
    }
}

pub(super) fn noise(noise: Noise) -> &'static str {
    match noise {
        Noise::ChartLabel => "chart label",
        Noise::VersionLabel => "version label",
        Noise::Checksum => "checksum",
        Noise::Timestamp => "timestamp",
        Noise::Reference => "reference to renamed configuration",
        Noise::Order => "list in another order",
        Noise::Formatting => "change of formatting",
        Noise::EncryptionNote => "note of encryption",
    }
}

/// What git cannot take back, when there is something.
pub(super) fn revert(revert: Revert) -> Option<&'static str> {
    match revert {
        Revert::Full => None,
        Revert::Recreates => Some("git can only create it again"),
        Revert::LosesData => Some("git brings it back without its data"),
        Revert::Impossible => Some("git cannot undo it"),
    }
}

/// `1 field`, `2 fields`
pub(super) fn count(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// `2 created, 1 deleted; 1 field to read; 40 resources unchanged`
pub(super) fn summary(plan: &Plan) -> String {
    let summary = &plan.summary;
    let unchanged = format!("{} unchanged", count(summary.unchanged, "resource"));
    if plan.is_empty() {
        return format!("nothing changes; {unchanged}");
    }
    let kinds = summary.actions.iter();
    let mut text = kinds
        .map(|(kind, count)| format!("{count} {}", action(*kind)))
        .collect::<Vec<_>>()
        .join(", ");
    if summary.noise_only > 0 {
        text.push_str(&format!(" ({} in noise only)", summary.noise_only));
    }
    if summary.fields > 0 {
        text.push_str(&format!("; {} to read", count(summary.fields, "field")));
    }
    if summary.unchanged > 0 {
        text.push_str(&format!("; {unchanged}"));
    }
    text
}

/// `1 critical, 2 high, 1 allowed`
pub(super) fn risks(plan: &Plan) -> Option<String> {
    let all = plan.summary.severities.iter().rev();
    let mut all: Vec<_> = all
        .map(|(one, count)| format!("{count} {}", severity(*one)))
        .collect();
    if plan.summary.allowed > 0 {
        all.push(format!("{} allowed", plan.summary.allowed));
    }
    (!all.is_empty()).then(|| all.join(", "))
}

/// `noise not shown: 8 chart labels, 1 checksum`
pub(super) fn noises<'f>(fields: impl Iterator<Item = &'f Field>) -> Option<String> {
    let mut counts = std::collections::BTreeMap::new();
    for kind in fields.filter_map(|field| field.noise) {
        *counts.entry(kind).or_insert(0_usize) += 1;
    }
    let listed: Vec<_> = counts
        .iter()
        .map(|(kind, number)| match (kind, number) {
            (Noise::Order, 2..) => format!("{number} lists in another order"),
            (Noise::Formatting, 2..) => format!("{number} changes of formatting"),
            (Noise::EncryptionNote, 2..) => format!("{number} notes of encryption"),
            (Noise::Reference, 2..) => format!("{number} references to renamed configuration"),
            _ => count(*number, noise(*kind)),
        })
        .collect();
    (!listed.is_empty()).then(|| format!("noise not shown: {}", listed.join(", ")))
}

/// `2 fields, high`
pub(super) fn stat(change: &ResourceChange) -> Option<String> {
    let fields = change.to_read().count();
    let more = if change.fields_cut { "more than " } else { "" };
    let mut parts = Vec::new();
    if fields > 0 {
        parts.push(format!("{more}{}", count(fields, "field")));
    }
    parts.extend(change.risk.map(|risk| severity(risk).to_owned()));
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The lines of the fields that are listed: a mark and what is there.
pub(super) fn fields(change: &ResourceChange, detail: Detail) -> Vec<(char, String)> {
    if detail == Detail::Stat {
        return Vec::new();
    }
    let listed = |one: &&Field| detail == Detail::Full || one.noise.is_none();
    let mut lines: Vec<_> = change
        .fields
        .iter()
        .filter(listed)
        .flat_map(field)
        .collect();
    if change.fields_cut {
        lines.push((' ', "… more fields differ".to_owned()));
    }
    lines
}

/// What is said about noise that is not listed.
pub(super) fn hidden_noise(change: &ResourceChange, detail: Detail) -> Option<String> {
    noises(change.fields.iter()).filter(|_| detail == Detail::Fields)
}

/// What a finding is about, and what it says, with code spans.
pub(super) fn finding(finding: &Finding) -> String {
    let mut text = finding.message.clone();
    if let Some(revert) = revert(finding.revert) {
        text.push_str(&format!(" ({revert})"));
    }
    if finding.existing {
        text.push_str(" (it was so before)");
    }
    if let Some(allowed) = &finding.allowed {
        let reason = allowed.reason.replace('`', "'");
        text.push_str(&format!(" (allowed until `{}`: `{reason}`)", allowed.until));
    }
    if let Some(expired) = &finding.expired {
        text.push_str(&format!(
            " (was allowed until `{}`)",
            expired.replace('`', "'")
        ));
    }
    text
}

/// What it was called before.
pub(super) fn before(change: &ResourceChange) -> Option<String> {
    let from = change.from.as_ref()?;
    let link = if change.recreated {
        "created in place of"
    } else {
        "was"
    };
    Some(format!("{link} {}", from.short()))
}

/// The lines of a field: a mark and what is there.
fn field(field: &Field) -> Vec<(char, String)> {
    let path = &field.path;
    let hidden = field.hidden.is_some();
    let value = |value: Option<&Value>| match value {
        None if hidden => "(hidden)".to_owned(),
        None => "(not shown)".to_owned(),
        Some(Value::Str(text)) => text.clone(),
        Some(value) => serde_json::to_string(value).unwrap_or_default(),
    };
    let (old, new) = (field.old.as_ref(), field.new.as_ref());
    match field.change {
        Change::Added => vec![('+', format!("{path}: {}", value(new)))],
        Change::Removed => vec![('-', format!("{path}: {}", value(old)))],
        Change::Replaced if hidden => vec![('~', format!("{path}: changes (hidden)"))],
        Change::Replaced => vec![
            ('-', format!("{path}: {}", value(old))),
            ('+', format!("{path}: {}", value(new))),
        ],
        Change::Order => vec![('~', format!("{path}: other order"))],
        Change::Formatting if field.noise.is_none() => vec![(
            '~',
            format!("{path}: written differently, which some programs read as something else"),
        )],
        Change::Formatting => vec![('~', format!("{path}: written differently"))],
        Change::Unknown => vec![(
            '?',
            format!("{path}: made from a secret that this run does not have"),
        )],
        Change::Text => {
            let mut lines = vec![('~', format!("{path}:"))];
            let text = field.text.iter();
            for line in text.clone().flat_map(|text| &text.lines) {
                let mark = line.chars().next().unwrap_or(' ');
                let mark = if matches!(mark, '+' | '-') { mark } else { ' ' };
                lines.push((
                    mark,
                    line.get(1..)
                        .filter(|_| mark != ' ')
                        .unwrap_or(line)
                        .to_owned(),
                ));
            }
            for text in text.filter(|text| text.left_out > 0) {
                lines.push((' ', format!("… {} lines left out", text.left_out)));
            }
            lines
        }
    }
}
