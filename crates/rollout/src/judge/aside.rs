//! What a judgement mentions without counting it: targets that nobody waits for, and
//! statuses whose authors are not believed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Wanted, Work};
use crate::facts::Required;
use crate::judged::{Disbelieved, Hidden};
use crate::meaning::{Meaning, is_by_flux, meaning};
use crate::target::Target;

impl Work<'_> {
    /// What reported on our commit or later, and is not waited for.
    pub(super) fn others(&self, wanted: &[Wanted]) -> Vec<String> {
        let is_wanted = |target: &Target| {
            wanted
                .iter()
                .any(|one| matches!(one, Wanted::Target(own) if own == target))
        };
        let candidates = self.said.iter().take(self.candidates);
        let names: BTreeSet<String> = candidates
            .flat_map(|about| about.said.keys())
            .filter(|target| !is_wanted(target))
            .map(|target| target.name().to_owned())
            .collect();
        names.into_iter().collect()
    }

    /// What was written about our commit or a later one by somebody who is not believed,
    /// for what is waited for; where that is not known, for anything.
    pub(super) fn disbelieved(&self, wanted: &[Wanted]) -> Vec<Disbelieved> {
        let counts = |target: &Target| match self.wait.required {
            Required::Named(patterns) => patterns.iter().any(|pattern| pattern.fits(target)),
            Required::Lately => {
                let mut wanted = wanted.iter();
                wanted.len() == 0
                    || wanted.any(|one| matches!(one, Wanted::Target(own) if own == target))
            }
        };
        let candidates = self.said.iter().take(self.candidates);
        let all: BTreeSet<_> = candidates
            .flat_map(|about| &about.disbelieved)
            .filter(|(target, _)| counts(target))
            .map(|(_, one)| one.clone())
            .collect();
        all.into_iter().collect()
    }

    /// The newest of the commits since ours on which a target may have said what is not
    /// to be seen, where it decided nothing later.
    pub(super) fn hidden(
        &self,
        candidates: usize,
        is_target: &dyn Fn(&Target) -> bool,
    ) -> Option<Hidden> {
        let both = self.wait.branch.commits.iter().zip(&self.said);
        for (commit, about) in both.take(candidates) {
            let own = || about.said.iter().filter(|(target, _)| is_target(target));
            if about.is_partial {
                return Some(Hidden::CheckRuns(commit.id.clone()));
            }
            if own().any(|(_, said)| said.meaning != Meaning::Pending) {
                return None;
            }
            let mut covered = about.covered.iter();
            let covered = covered.find(|(target, _)| is_target(target));
            if let (None, Some((_, author))) = (own().next(), covered) {
                return Some(Hidden::Covered {
                    commit: commit.id.clone(),
                    author: author.clone(),
                });
            }
        }
        None
    }

    /// Whether Flux reports here, and never reported a failure.
    pub(super) fn never_failed(&self) -> bool {
        let mut by_meaning: BTreeMap<Meaning, usize> = BTreeMap::new();
        for commit in &self.wait.branch.commits {
            for report in commit.reports.iter().filter(|one| is_by_flux(one)) {
                if self.wait.authors.allow(report) {
                    *by_meaning.entry(meaning(report, &commit.id)).or_default() += 1;
                }
            }
        }
        by_meaning.contains_key(&Meaning::Succeeded) && !by_meaning.contains_key(&Meaning::Failed)
    }
}
