//! For pull requests and the summary of a run.

use super::{Page, Plans, View, commits, describe, environments, fill, ranked, safe, summaries};
use crate::fold::{self, Folded};
use crate::plan::ResourceChange;
use crate::risk::Finding;

/// The plans as Markdown.
pub fn markdown(plans: Plans<'_>, view: View) -> String {
    let mut page = Page::new(view.limit);
    for (name, summary) in summaries(plans) {
        let name = name.map(|name| format!("{}: ", safe::code(name)));
        page.add(&format!("{}{summary}\n\n", name.unwrap_or_default()), 0);
    }
    commits::lines(&mut page, plans);
    let keep = view.limit / 2;
    let findings = fold::findings(plans);
    fill(
        &mut page,
        &findings,
        |one| finding(plans, one),
        "findings",
        keep,
    );
    if !findings.is_empty() {
        page.add("\n", 0);
    }
    let (resources, noise) = ranked(plans, view);
    fill(
        &mut page,
        &resources,
        |one| resource(plans, one, view),
        "resources",
        0,
    );
    if let Some(noise) = noise {
        page.add(&format!("\n{noise}\n"), 0);
    }
    commits::lists(&mut page, plans);
    page.out
}

fn finding(plans: Plans<'_>, one: &Folded<'_, Finding>) -> String {
    let finding = one.change;
    let about = finding
        .resource
        .as_ref()
        .map(|id| format!("{} ", safe::code(&id.short())));
    let places = environments(plans, one).map(|names| format!(" in {}", safe::code(&names)));
    format!(
        "- **{}** `{}` {}{}{}\n",
        describe::severity(finding.severity),
        finding.rule,
        about.unwrap_or_default(),
        safe::sentence(&describe::finding(finding)),
        places.unwrap_or_default()
    )
}

fn resource(plans: Plans<'_>, one: &Folded<'_, ResourceChange>, view: View) -> String {
    let change = one.change;
    let before = describe::before(change).map(|before| format!(" {}", safe::code(&before)));
    let places = environments(plans, one).map(|names| format!(" in {}", safe::code(&names)));
    let mut out = format!(
        "- {} {}{}{}\n",
        describe::action(change.action),
        safe::code(&change.resource.short()),
        before.unwrap_or_default(),
        places.unwrap_or_default()
    );
    let fields = change
        .fields
        .iter()
        .filter(|field| view.full || field.noise.is_none());
    let mut block = String::new();
    for (mark, line) in fields.flat_map(describe::field) {
        block.push_str(&format!("  {mark} {}\n", safe::line(&line)));
    }
    if change.fields_cut {
        block.push_str("    … more fields differ\n");
    }
    if !block.is_empty() {
        let fence = safe::fence(&block);
        out.push_str(&format!("\n  {fence}diff\n{block}  {fence}\n\n"));
    }
    if let Some(noise) = describe::noises(change.fields.iter()).filter(|_| !view.full) {
        out.push_str(&format!("  {noise}\n"));
    }
    out
}
