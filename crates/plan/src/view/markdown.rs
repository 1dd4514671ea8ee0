//! For pull requests and the summary of a run.

use super::{Page, View, describe, fill, ranked, safe};
use crate::plan::{Plan, ResourceChange};
use crate::risk::Finding;

/// The plan as Markdown.
pub fn markdown(plan: &Plan, view: View) -> String {
    let mut page = Page::new(view.limit);
    page.add(&format!("{}\n\n", describe::summary(plan)), 0);
    let keep = view.limit / 2;
    fill(&mut page, &plan.findings, finding, "findings", keep);
    if !plan.findings.is_empty() {
        page.add("\n", 0);
    }
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
        .map(|id| format!("{} ", safe::code(&id.short())));
    format!(
        "- **{}** `{}` {}{}\n",
        describe::severity(finding.severity),
        finding.rule,
        about.unwrap_or_default(),
        safe::sentence(&describe::finding(finding))
    )
}

fn resource(change: &ResourceChange, view: View) -> String {
    let before = describe::before(change).map(|before| format!(" {}", safe::code(&before)));
    let mut out = format!(
        "- {} {}{}\n",
        describe::action(change.action),
        safe::code(&change.resource.short()),
        before.unwrap_or_default()
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
