//! Whether a publication is the one that was approved. Pure: from what was handed over,
//! a plan or its hash, and what the run is about to do.

use crate::difference::{Difference, differences};
use crate::effect::{Effect, Removal};
use crate::hash::{Part, PlanHash};
use crate::run_plan::{NoHash, RunPlan};

/// Why the hash alone is not enough once part of a plan is published.
const ALREADY: &str = "it is published already, so that the hash alone no longer tells what was approved for the others; hand over the plan file as well, or make a new plan";

/// What was handed over: the plan, its hash, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    plan: Option<RunPlan>,
    hash: PlanHash,
}

/// Why something cannot be what was approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotApprovable {
    /// The plan has no hash; why.
    NoHash(Vec<String>),
    /// The hash is not the hash of the plan.
    AnotherHash,
}

/// Exactly what may be published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approved {
    /// What each environment may do.
    pub effects: Vec<Effect>,
    /// The folders that may go.
    pub removals: Vec<Removal>,
}

/// What a run is about to do.
#[derive(Debug, Clone, Copy)]
pub struct Intent<'a> {
    /// What each environment does.
    pub effects: &'a [Effect],
    /// The folders that go.
    pub removals: &'a [Removal],
    /// The environments whose branch holds already what they render to: nothing is
    /// published for them.
    pub settled: &'a [String],
}

impl Approval {
    /// What may be published by a plan.
    ///
    /// # Errors
    /// When the plan has no hash, or `hash` is not its hash.
    pub fn of_plan(plan: RunPlan, hash: Option<&PlanHash>) -> Result<Self, NotApprovable> {
        let own = plan.hash.as_deref().and_then(PlanHash::parse);
        let Some(own) = own else {
            return Err(NotApprovable::NoHash(NoHash::told(&plan.no_hash)));
        };
        if hash.is_some_and(|hash| !hash.is_same(&own)) {
            return Err(NotApprovable::AnotherHash);
        }
        Ok(Self {
            plan: Some(plan),
            hash: own,
        })
    }

    /// What may be published by a hash alone.
    pub fn of_hash(hash: PlanHash) -> Self {
        Self { plan: None, hash }
    }

    /// Exactly what may be published, when that is what the run is about to do; otherwise
    /// in what it differs. What is published already needs no approval.
    pub fn check(&self, intent: Intent<'_>) -> Result<Approved, Vec<Difference>> {
        let is_settled = |name: &String| intent.settled.contains(name);
        let matters =
            |found: &Difference| found.part != Part::Base || !is_settled(&found.environment);
        let (effects, removals, mut found) = if let Some(plan) = &self.plan {
            let effects = plan.effects();
            let found = differences(&effects, intent.effects);
            (effects, plan.removals.clone(), found)
        } else {
            let found = self.by_hash(intent);
            (intent.effects.to_vec(), intent.removals.to_vec(), found)
        };
        found.retain(matters);
        let approved = Approved { effects, removals };
        found.extend(approved.removals_beyond(intent.removals));
        if found.is_empty() {
            Ok(approved)
        } else {
            Err(found)
        }
    }

    fn by_hash(&self, intent: Intent<'_>) -> Vec<Difference> {
        if PlanHash::of(intent.effects, intent.removals).is_same(&self.hash) {
            return Vec::new();
        }
        let whole = |part, said: String| Difference {
            environment: intent
                .effects
                .iter()
                .map(|effect| effect.environment.clone())
                .collect::<Vec<_>>()
                .join(", "),
            part,
            said,
        };
        let Some(parts) = self.hash.parts_that_differ(intent.effects) else {
            let said = match self.hash.environments() {
                Some(number) => format!(
                    "the plan is of {number} environments, and this run of {}",
                    intent.effects.len()
                ),
                None => "the hash of what this run would publish is another one".to_owned(),
            };
            return vec![whole(Part::Place, said)];
        };
        let is_done = |name: &String| intent.settled.contains(name);
        let waits = intent.effects.iter().any(|one| !is_done(&one.environment));
        if parts.is_empty() {
            // Folders that went by this plan are gone when its stage runs again.
            if !waits && intent.removals.is_empty() {
                return Vec::new();
            }
            let said = "the folders that this run would remove are not those of the plan, or are not as they were; the plan file would tell more";
            return vec![Difference {
                environment: String::new(),
                part: Part::Base,
                said: said.to_owned(),
            }];
        }
        // Of some environments the state before is gone, so that the hash cannot be had
        // any more: where others still wait, nobody can tell what was approved for them.
        let found = parts.iter().map(|(name, part)| {
            let mut found = Difference::of_part(name, *part);
            if waits && *part == Part::Base && is_done(name) {
                found.part = Part::Place;
                ALREADY.clone_into(&mut found.said);
            }
            found
        });
        found.collect()
    }
}

impl Approved {
    /// In what an environment's folders are not as they were for the plan.
    pub fn moved_base(&self, now: &Effect) -> Vec<Difference> {
        let mut effects = self.effects.iter();
        let Some(own) = effects.find(|own| own.environment == now.environment) else {
            return differences(&[], std::slice::from_ref(now));
        };
        let found = differences(std::slice::from_ref(own), std::slice::from_ref(now));
        let is_base = |found: &Difference| found.part == Part::Base;
        found.into_iter().filter(is_base).collect()
    }

    /// Folders that would go, and were not approved.
    pub fn removals_beyond(&self, removals: &[Removal]) -> Vec<Difference> {
        let beyond = removals.iter().filter(|one| !self.removals.contains(one));
        let said = beyond.map(|one| Difference {
            environment: String::new(),
            part: Part::Base,
            said: format!(
                "the folder `{}` of {} (branch {}) would be removed, or is not as it was for the plan",
                one.folder, one.repository, one.branch
            ),
        });
        said.collect()
    }
}
