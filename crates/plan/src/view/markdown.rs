//! For pull requests and the summary of a run.

use super::page::{Format, page};
use super::{Detail, Plans, View, commits, describe, environments, safe};
use crate::commits::Commits;
use crate::fold::Folded;
use crate::plan::ResourceChange;
use crate::risk::Finding;

/// The plans as Markdown.
pub fn markdown(plans: Plans<'_>, view: View) -> String {
    page(plans, view, &Markdown)
}

struct Markdown;

impl Format for Markdown {
    fn summary(&self, environment: Option<&str>, summary: &str) -> String {
        let name = environment.map(|name| format!("{}: ", safe::code(name)));
        format!("{}{summary}\n\n", name.unwrap_or_default())
    }

    fn commits(&self, environments: Option<&str>, range: &Commits) -> String {
        format!("{}\n\n", commits::marked_down(range, environments))
    }

    fn subjects(&self, environments: Option<&str>, heading: &str) -> String {
        let of = environments.map(|names| format!(" of {}", safe::environments(names)));
        format!("\n{heading}{}:\n\n", of.unwrap_or_default())
    }

    fn subject(&self, subject: &str) -> String {
        format!("- {}\n", safe::code(subject))
    }

    fn finding(&self, plans: Plans<'_>, one: &Folded<'_, Finding>) -> String {
        let finding = one.change;
        let about = finding
            .resource
            .as_ref()
            .map(|id| format!("{} ", safe::code(&id.short())));
        let places =
            environments(plans, one).map(|names| format!(" in {}", safe::environments(&names)));
        format!(
            "- **{}** {} {}{}{}\n",
            describe::severity(finding.severity),
            safe::code(&finding.rule),
            about.unwrap_or_default(),
            safe::sentence(&describe::finding(finding)),
            places.unwrap_or_default()
        )
    }

    fn after_findings(&self) -> &'static str {
        "\n"
    }

    fn resource(
        &self,
        plans: Plans<'_>,
        one: &Folded<'_, ResourceChange>,
        detail: Detail,
    ) -> (String, String) {
        let change = one.change;
        let before = describe::before(change).map(|before| format!(" {}", safe::code(&before)));
        let places =
            environments(plans, one).map(|names| format!(" in {}", safe::environments(&names)));
        let stat = describe::stat(change).filter(|_| detail == Detail::Stat);
        let head = format!(
            "- {} {}{}{}{}\n",
            describe::action(change.action),
            safe::code(&change.resource.short()),
            before.unwrap_or_default(),
            places.unwrap_or_default(),
            stat.map_or_else(String::new, |stat| format!(": {stat}"))
        );
        let mut block = String::new();
        for (mark, line) in describe::fields(change, detail) {
            block.push_str(&format!("  {mark} {}\n", safe::line(&line)));
        }
        let mut out = String::new();
        if !block.is_empty() {
            let fence = safe::fence(&block);
            out.push_str(&format!("\n  {fence}diff\n{block}  {fence}\n\n"));
        }
        if let Some(noise) = describe::hidden_noise(change, detail) {
            out.push_str(&format!("  {noise}\n"));
        }
        (head, out)
    }

    fn note(&self, text: &str) -> String {
        format!("\n{text}\n")
    }

    fn keeps_risks(&self) -> bool {
        false
    }
}
