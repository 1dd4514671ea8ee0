//! For a terminal and a log, without color.

use super::{Page, Plans, View, describe, environments, fill, ranked, safe, summaries};
use crate::fold::{self, Folded};
use crate::plan::{Action, ResourceChange};
use crate::risk::Finding;

/// The plans as lines of text.
pub fn text(plans: Plans<'_>, view: View) -> String {
    let mut page = Page::new(view.limit);
    for (name, summary) in summaries(plans) {
        let name = name.map(|name| format!("{name}: "));
        page.add(
            &safe_line(&format!("{}{summary}", name.unwrap_or_default())),
            0,
        );
    }
    // Findings may take half, so that the changes are seen, too.
    let keep = view.limit / 2;
    let findings = fold::findings(plans);
    fill(
        &mut page,
        &findings,
        |one| finding(plans, one),
        "findings",
        keep,
    );
    let (resources, noise) = ranked(plans, view);
    fill(
        &mut page,
        &resources,
        |one| resource(plans, one, view),
        "resources",
        0,
    );
    if let Some(noise) = noise {
        page.add(&format!("{noise}\n"), 0);
    }
    page.out
}

fn finding(plans: Plans<'_>, one: &Folded<'_, Finding>) -> String {
    let finding = one.change;
    let about = finding
        .resource
        .as_ref()
        .map(|id| format!("{}: ", id.short()));
    let places = environments(plans, one).map(|names| format!(" [{names}]"));
    safe_line(&format!(
        "! {} {}: {}{}{}",
        describe::severity(finding.severity),
        finding.rule,
        about.unwrap_or_default(),
        describe::finding(finding),
        places.unwrap_or_default()
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

fn resource(plans: Plans<'_>, one: &Folded<'_, ResourceChange>, view: View) -> String {
    let change = one.change;
    let id = &change.resource;
    let before = describe::before(change).map(|before| format!(" ({before})"));
    let mut out = safe_line(&format!(
        "{} {} {}{}{}",
        mark(change.action),
        id.api_version,
        id.short(),
        before.unwrap_or_default(),
        environments(plans, one).map_or_else(String::new, |names| format!(" [{names}]"))
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
