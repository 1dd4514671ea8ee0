//! The plan as people read it: for a terminal and as Markdown. Functions over the value;
//! own the order, the budget, and that no text of a manifest means anything to the reader's
//! program.

mod commits;
mod describe;
mod markdown;
mod safe;
mod single;
mod text;

pub use commits::commits;
pub use markdown::markdown;
pub use single::{code, finding};
pub use text::text;

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
    /// Noise is listed, too.
    pub full: bool,
}

impl Default for View {
    fn default() -> Self {
        Self {
            limit: usize::MAX,
            full: false,
        }
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
}

/// What is said about what was left out takes no more than this.
const CLOSING: usize = 200;

/// Adds the blocks that fit, the first ones first, and says how many did not.
fn fill<T>(page: &mut Page, all: &[T], block: impl Fn(&T) -> String, noun: &str, keep: usize) {
    let keep = keep.saturating_add(CLOSING);
    let mut left = 0_usize;
    for one in all {
        // A smaller one that is less risky must not take the place of a larger one.
        left += usize::from(left > 0 || !page.add(&block(one), keep));
    }
    if left > 0 {
        page.add(&format!("… {left} {noun} left out\n"), 0);
    }
}

/// The resources, what matters most first, and a line about those with noise only.
fn ranked(plans: Plans<'_>, view: View) -> (Vec<Folded<'_, ResourceChange>>, Option<String>) {
    let is_silent = |one: &ResourceChange| {
        let only_noise = !one.fields.is_empty() && one.to_read().next().is_none();
        one.action == Action::Changed && one.risk.is_none() && only_noise && !view.full
    };
    let all = crate::fold::resources(plans).into_iter();
    let (silent, mut ranked): (Vec<_>, Vec<_>) = all.partition(|one| is_silent(one.change));
    let removes = |one: &ResourceChange| one.action == Action::Deleted || one.recreated;
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
    (plans.len() > 1).then(|| one.environments.join(", "))
}

/// How much of what there is, for each environment.
fn summaries(plans: Plans<'_>) -> Vec<(Option<&str>, String)> {
    let named = |name| (plans.len() > 1).then_some(name);
    let all = plans.iter();
    all.map(|(name, plan)| (named(*name), describe::summary(plan)))
        .collect()
}
