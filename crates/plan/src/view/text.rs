//! For a terminal and a log. Without color: whoever shows it knows whether there is any,
//! and asks [`mark`] what a line is.

use super::page::{Format, page};
use super::{Detail, Plans, View, commits, describe, environments, safe};
use crate::commits::Commits;
use crate::fold::Folded;
use crate::plan::{Action, ResourceChange};
use crate::risk::{Finding, Severity};

/// The plans as lines of text. The limit holds for the fields: what goes and what is
/// risky is always named.
pub fn text(plans: Plans<'_>, view: View) -> String {
    page(plans, view, &Text)
}

/// What a line of [`text`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Something comes.
    Added,
    /// Something goes.
    Removed,
    /// Something is other than it was.
    Changed,
    /// A finding.
    Risk(Severity),
    /// Anything else.
    Plain,
}

/// What a line of [`text`] is about.
pub fn mark(line: &str) -> Mark {
    // A line of a field has its mark after four blanks; what follows may be anything.
    let line = line.strip_prefix("    ").unwrap_or(line);
    let Some((first, rest)) = line.split_once(' ') else {
        return Mark::Plain;
    };
    match first {
        "+" => Mark::Added,
        "-" => Mark::Removed,
        "~" | "±" | ">" | "?" => Mark::Changed,
        "!" => {
            let word = rest.split(' ').next().unwrap_or_default();
            let all = [
                Severity::Info,
                Severity::Medium,
                Severity::High,
                Severity::Critical,
            ];
            let mut all = all.into_iter();
            all.find(|severity| describe::severity(*severity) == word)
                .map_or(Mark::Plain, Mark::Risk)
        }
        _ => Mark::Plain,
    }
}

struct Text;

impl Format for Text {
    fn summary(&self, environment: Option<&str>, summary: &str) -> String {
        let name = environment.map(|name| format!("{name}: "));
        safe_line(&format!("{}{summary}", name.unwrap_or_default()))
    }

    fn commits(&self, environments: Option<&str>, range: &Commits) -> String {
        safe_line(&commits::plain(range, environments))
    }

    fn subjects(&self, environments: Option<&str>, heading: &str) -> String {
        let of = environments.map(|names| format!(" of {names}"));
        safe_line(&format!("{heading}{}:", of.unwrap_or_default()))
    }

    fn subject(&self, subject: &str) -> String {
        // No mark of a field or a finding, whatever the subject begins with.
        safe_line(&format!("    * {subject}"))
    }

    fn finding(&self, plans: Plans<'_>, one: &Folded<'_, Finding>) -> String {
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

    fn resource(
        &self,
        plans: Plans<'_>,
        one: &Folded<'_, ResourceChange>,
        detail: Detail,
    ) -> (String, String) {
        let change = one.change;
        let id = &change.resource;
        let before = describe::before(change).map(|before| format!(" ({before})"));
        let stat = describe::stat(change).filter(|_| detail == Detail::Stat);
        let head = safe_line(&format!(
            "{} {} {}{}{}{}",
            sign(change.action),
            id.api_version,
            id.short(),
            before.unwrap_or_default(),
            environments(plans, one).map_or_else(String::new, |names| format!(" [{names}]")),
            stat.map_or_else(String::new, |stat| format!(": {stat}"))
        ));
        let mut out = String::new();
        for (mark, line) in describe::fields(change, detail) {
            out.push_str(&safe_line(&format!("    {mark} {line}")));
        }
        if let Some(noise) = describe::hidden_noise(change, detail) {
            out.push_str(&format!("    {noise}\n"));
        }
        (head, out)
    }

    fn note(&self, text: &str) -> String {
        format!("{text}\n")
    }

    fn keeps_risks(&self) -> bool {
        true
    }
}

fn sign(action: Action) -> char {
    match action {
        Action::Created => '+',
        Action::Deleted => '-',
        Action::Replaced | Action::Moved => '±',
        Action::Renamed => '>',
        Action::Changed | Action::Adopted => '~',
    }
}

fn safe_line(text: &str) -> String {
    let mut line = safe::line(text);
    line.push('\n');
    line
}
