//! For a terminal and a log, without color.

use super::{Page, View, describe, fill, ranked, safe};
use crate::plan::{Action, Plan, ResourceChange};
use crate::risk::Finding;

/// The plan as lines of text.
pub fn text(plan: &Plan, view: View) -> String {
    let mut page = Page::new(view.limit);
    page.add(&format!("{}\n", describe::summary(plan)), 0);
    // Findings may take half, so that the changes are seen, too.
    let keep = view.limit / 2;
    fill(&mut page, &plan.findings, finding, "findings", keep);
    let resources = ranked(&plan.resources);
    fill(
        &mut page,
        &resources,
        |one| resource(one, view),
        "resources",
        0,
    );
    page.out
}

fn finding(finding: &Finding) -> String {
    let about = finding
        .resource
        .as_ref()
        .map(|id| format!("{}: ", id.short()));
    safe_line(&format!(
        "! {} {}: {}{}",
        describe::severity(finding.severity),
        finding.rule,
        about.unwrap_or_default(),
        describe::finding(finding)
    ))
}

fn mark(action: Action) -> char {
    match action {
        Action::Created => '+',
        Action::Deleted => '-',
        Action::Replaced | Action::Moved => '±',
        Action::Renamed => '>',
        Action::Changed | Action::Adopted => '~',
    }
}

fn resource(change: &ResourceChange, view: View) -> String {
    let id = &change.resource;
    let before = describe::before(change).map(|before| format!(" ({before})"));
    let mut out = safe_line(&format!(
        "{} {} {}{}",
        mark(change.action),
        id.api_version,
        id.short(),
        before.unwrap_or_default()
    ));
    let fields = change
        .fields
        .iter()
        .filter(|field| view.full || field.noise.is_none());
    for (mark, line) in fields.flat_map(describe::field) {
        out.push_str(&safe_line(&format!("    {mark} {line}")));
    }
    if change.fields_cut {
        out.push_str("    … more fields differ\n");
    }
    if let Some(noise) = describe::noises(change.fields.iter()).filter(|_| !view.full) {
        out.push_str(&format!("    {noise}\n"));
    }
    out
}

fn safe_line(text: &str) -> String {
    let mut line = safe::line(text);
    line.push('\n');
    line
}
