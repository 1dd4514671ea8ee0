//! The plan as people read it: for a terminal, as Markdown, as a page of HTML and as test
//! results. Functions over the value; own the order, the budget, and that no text of a
//! manifest means anything to the reader's program.

mod commits;
mod describe;
mod html;
mod junit;
mod markdown;
mod page;
mod safe;
mod single;
mod text;

pub use html::{Heading, html};
pub use junit::junit;
pub use markdown::markdown;
pub use safe::escape;
pub use single::{code, finding};
pub use text::{Mark, mark, text};

use crate::fold::Folded;
use crate::plan::{Action, Plan, ResourceChange};

/// Plans with the names of their environments; what several have in common is shown once.
/// A single one needs no name.
pub type Plans<'p> = &'p [(&'p str, &'p Plan)];

/// How much is shown.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// So many UTF-16 units at most, which is how hosts count.
    pub limit: usize,
    /// What is listed of each resource.
    pub detail: Detail,
}

/// What is listed of each resource.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Detail {
    /// Only how many fields differ.
    Stat,
    /// The fields that somebody has to read.
    #[default]
    Fields,
    /// Noise, too.
    Full,
}

impl Default for View {
    fn default() -> Self {
        Self {
            limit: usize::MAX,
            detail: Detail::default(),
        }
    }
}

/// Whether a resource goes from the cluster, if only for a moment.
fn removes(change: &ResourceChange) -> bool {
    change.action == Action::Deleted || change.recreated
}

/// Whether a resource must be named, however little room there is.
fn must_be_named(change: &ResourceChange) -> bool {
    change.risk.is_some() || removes(change)
}

/// The resources, what matters most first, and a line about those with noise only.
fn ranked(plans: Plans<'_>, detail: Detail) -> (Vec<Folded<'_, ResourceChange>>, Option<String>) {
    let is_silent = |one: &ResourceChange| {
        let only_noise = !one.fields.is_empty() && one.to_read().next().is_none();
        one.action == Action::Changed && one.risk.is_none() && only_noise && detail != Detail::Full
    };
    let all = crate::fold::resources(plans).into_iter();
    let (silent, mut ranked): (Vec<_>, Vec<_>) = all.partition(|one| is_silent(one.change));
    ranked.sort_by_key(|one| (std::cmp::Reverse(one.change.risk), !removes(one.change)));
    let fields = silent.iter().flat_map(|one| &one.change.fields);
    let line = describe::noises(fields).map(|noises| {
        let resources = describe::count(silent.len(), "resource");
        format!("{resources} with noise only; {noises}")
    });
    (ranked, line)
}

/// The environments of a change, where there are several.
fn environments<T>(plans: Plans<'_>, one: &Folded<'_, T>) -> Option<String> {
    (plans.len() > 1).then(|| named(plans, &one.environments))
}

/// With more of them, that all are meant is said with their number.
const FEW: usize = 3;

/// The names of some of the environments.
fn named(plans: Plans<'_>, names: &[&str]) -> String {
    if names.len() > FEW && names.len() == plans.len() {
        return format!("all {} environments", names.len());
    }
    names.join(", ")
}

/// How much of what there is, for each environment; in brief, with the findings.
fn summaries(plans: Plans<'_>, detail: Detail) -> Vec<(Option<&str>, String)> {
    let named = |name| (plans.len() > 1).then_some(name);
    let summary = |plan: &Plan| {
        let risks = describe::risks(plan).filter(|_| detail == Detail::Stat);
        let risks = risks.map_or_else(String::new, |risks| format!("; risks: {risks}"));
        describe::summary(plan) + &risks
    };
    let all = plans.iter();
    all.map(|(name, plan)| (named(*name), summary(plan)))
        .collect()
}
