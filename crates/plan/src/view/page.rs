//! One page of text within a budget: summaries, findings, resources, noise, whatever the
//! format. Owns the order and what is left out.

use super::{Detail, Plans, View, commits, describe, must_be_named, ranked, summaries};
use crate::commits::Commits;
use crate::fold::{self, Folded};
use crate::plan::ResourceChange;
use crate::risk::Finding;

/// How a format writes the parts of a page.
pub(super) trait Format {
    /// How much of what there is, in one environment.
    fn summary(&self, environment: Option<&str>, summary: &str) -> String;
    /// How many commits of the source it is about, in some environments.
    fn commits(&self, environments: Option<&str>, commits: &Commits) -> String;
    /// What stands above the subjects of commits.
    fn subjects(&self, environments: Option<&str>, heading: &str) -> String;
    /// The subject of a commit.
    fn subject(&self, subject: &str) -> String;
    /// One finding.
    fn finding(&self, plans: Plans<'_>, one: &Folded<'_, Finding>) -> String;
    /// What ends the list of findings.
    fn after_findings(&self) -> &'static str {
        ""
    }
    /// One resource: its heading, and its fields.
    fn resource(
        &self,
        plans: Plans<'_>,
        one: &Folded<'_, ResourceChange>,
        detail: Detail,
    ) -> (String, String);
    /// A line about what is not listed.
    fn note(&self, text: &str) -> String;
    /// Whether findings, and the names of what goes or is risky, are shown even where
    /// there is no room.
    fn keeps_risks(&self) -> bool;
}

/// What is said about what was left out takes no more than this.
const CLOSING: usize = 200;

/// The plans in a format.
pub(super) fn page(plans: Plans<'_>, view: View, format: &impl Format) -> String {
    let mut page = Page::new(view.limit);
    for (name, summary) in summaries(plans, view.detail) {
        page.add(&format.summary(name, &summary), 0);
    }
    for (names, range) in commits::ranges(plans) {
        page.add(&format.commits(names.as_deref(), range), 0);
    }
    if view.detail != Detail::Stat {
        findings(&mut page, plans, view, format);
    }
    let (resources, noise) = ranked(plans, view.detail);
    let mut left = 0_usize;
    let mut without_fields = 0_usize;
    for one in &resources {
        let (head, fields) = format.resource(plans, one, view.detail);
        // A smaller one that is less risky must not take the place of a larger one.
        if left + without_fields == 0 && page.add(&format!("{head}{fields}"), CLOSING) {
            continue;
        }
        if format.keeps_risks() && must_be_named(one.change) {
            page.force(&head);
            without_fields += usize::from(!fields.is_empty());
        } else {
            left += 1;
        }
    }
    if without_fields > 0 {
        page.force(&format!(
            "… the fields of {} left out\n",
            describe::count(without_fields, "resource")
        ));
    }
    if left > 0 {
        page.add(&format!("… {left} resources left out\n"), 0);
    }
    if let Some(noise) = noise {
        page.add(&format.note(&noise), 0);
    }
    if view.detail != Detail::Stat {
        subjects(&mut page, plans, format);
    }
    page.out
}

/// The subjects of the commits, as far as there is room.
fn subjects(page: &mut Page, plans: Plans<'_>, format: &impl Format) {
    for (names, range) in commits::ranges(plans) {
        let (all, more) = commits::subjects(range);
        let title = format.subjects(names.as_deref(), commits::heading(range));
        if all.is_empty() || !page.add(&title, CLOSING) {
            continue;
        }
        let mut lines = all.iter().map(|line| format.subject(line));
        let all_fit = lines.all(|line| page.add(&line, CLOSING));
        if let Some(more) = more.filter(|_| all_fit) {
            page.add(&format.note(&more), 0);
        } else if !all_fit {
            page.add(&format.note("… more commits left out"), 0);
        }
    }
}

/// The findings: where there is a limit for all, they may take half, so that the
/// changes are seen, too.
fn findings(page: &mut Page, plans: Plans<'_>, view: View, format: &impl Format) {
    let findings = fold::findings(plans);
    let keep = (view.limit / 2).saturating_add(CLOSING);
    let mut left = 0_usize;
    for one in &findings {
        let block = format.finding(plans, one);
        if format.keeps_risks() {
            page.force(&block);
        } else {
            left += usize::from(left > 0 || !page.add(&block, keep));
        }
    }
    if left > 0 {
        page.add(&format!("… {left} findings left out\n"), 0);
    }
    if !findings.is_empty() {
        page.add(format.after_findings(), 0);
    }
}

/// A text that grows within a budget.
struct Page {
    out: String,
    room: usize,
}

impl Page {
    fn new(limit: usize) -> Self {
        Self {
            out: String::new(),
            room: limit,
        }
    }

    /// Adds a block when it fits and leaves `keep` free.
    fn add(&mut self, block: &str, keep: usize) -> bool {
        let size = block.encode_utf16().count();
        let fits = size.saturating_add(keep) <= self.room;
        if fits {
            self.out.push_str(block);
            self.room -= size;
        }
        fits
    }

    /// Adds a block in any case.
    fn force(&mut self, block: &str) {
        self.out.push_str(block);
        self.room = self.room.saturating_sub(block.encode_utf16().count());
    }
}
