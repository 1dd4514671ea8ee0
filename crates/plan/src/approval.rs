//! Whether a publication is the one that was approved. Pure: from what was handed over,
//! a plan or its hash, and what the run is about to do.

use crate::difference::{Difference, differences};
use crate::effect::{Effect, Removal};
use crate::hash::{Part, PlanHash};
use crate::run_plan::{NoHash, RunPlan};

/// How many environments a sentence names.
const SHOWN: usize = 5;

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

    /// Whether it can name what differs in which environment.
    pub fn has_plan(&self) -> bool {
        self.plan.is_some()
    }

    /// The hash of what was approved.
    pub fn hash(&self) -> &PlanHash {
        &self.hash
    }

    /// What may be published by a hash alone.
    pub fn of_hash(hash: PlanHash) -> Self {
        Self { plan: None, hash }
    }

    /// Exactly what may be published, when that is what the run is about to do; otherwise
    /// in what it differs. What is published already needs no approval.
    pub fn check(&self, intent: Intent<'_>) -> Result<Approved, Vec<Difference>> {
        let (effects, removals, mut found) = if let Some(plan) = &self.plan {
            let effects = plan.effects();
            let mut found = differences(&effects, intent.effects);
            let is_settled = |name: &String| intent.settled.contains(name);
            found.retain(|one| one.part != Part::Base || !is_settled(&one.environment));
            found.extend(intent.left_out(&plan.removals));
            (effects, plan.removals.clone(), found)
        } else {
            let found = self.by_hash(intent);
            (intent.effects.to_vec(), intent.removals.to_vec(), found)
        };
        let approved = Approved { effects, removals };
        found.extend(approved.removals_beyond(intent.removals));
        if found.is_empty() {
            Ok(approved)
        } else {
            Err(found)
        }
    }

    fn by_hash(&self, intent: Intent<'_>) -> Vec<Difference> {
        let now = PlanHash::of(intent.effects, intent.removals);
        if now.is_same(&self.hash) {
            return Vec::new();
        }
        let environment = match intent.effects {
            [one] => one.environment.clone(),
            _ => String::new(),
        };
        let found = |part, said: String| Difference {
            environment: environment.clone(),
            part,
            said,
        };
        if let Some(number) = self.hash.other_number_than(intent.effects.len()) {
            let said = format!(
                "the plan is of {}, and this run of {}",
                environments(number.into()),
                intent.effects.len()
            );
            return vec![Difference {
                environment: String::new(),
                part: Part::Place,
                said,
            }];
        }
        let Some(mut parts) = self.hash.parts_that_differ(&now) else {
            let said = "the hash of what this run would publish differs from the approved one";
            return vec![found(Part::Place, said.to_owned())];
        };
        let done: Vec<_> = intent.done().collect();
        let waits = done.len() < intent.effects.len();
        // What is published already was put on a later state than the plan saw.
        if !waits {
            parts.retain(|part| *part != Part::Base);
        }
        if parts.is_empty() {
            // Folders that went by this plan are gone when its stage runs again.
            if !waits && intent.removals.is_empty() {
                return Vec::new();
            }
            let said = "this run removes other folders than the plan does, or they were changed after the plan was made";
            return vec![Difference {
                environment: String::new(),
                part: Part::Place,
                said: said.to_owned(),
            }];
        }
        let several = intent.effects.len() > 1;
        let parts = parts.into_iter().map(|part| {
            // Of what is published the state before is gone, so that the hash cannot be
            // had any more: where others still wait, nobody can tell what was approved.
            if part == Part::Base && !done.is_empty() {
                return found(part, already(&done));
            }
            found(part, by_part(part, several).to_owned())
        });
        parts.collect()
    }
}

impl<'a> Intent<'a> {
    /// Folders that go by the plan and not by this run, though the commit that would take
    /// them is still to come.
    fn left_out(&self, approved: &[Removal]) -> Vec<Difference> {
        let is_same = |one: &Removal, other: &Removal| {
            (&one.repository, &one.branch, &one.folder)
                == (&other.repository, &other.branch, &other.folder)
        };
        let goes = |one: &&Removal| self.removals.iter().any(|other| is_same(one, other));
        let waits = |one: &&Removal| {
            self.effects.iter().any(|effect| {
                (&effect.repository, &effect.branch) == (&one.repository, &one.branch)
                    && !self.settled.contains(&effect.environment)
            })
        };
        let left_out = approved.iter().filter(|one| !goes(one) && waits(one));
        left_out.map(Removal::stays).collect()
    }

    fn done(&self) -> impl Iterator<Item = &'a str> {
        let names = self.effects.iter().map(|one| one.environment.as_str());
        let settled = self.settled;
        names.filter(move |name| settled.iter().any(|done| done == name))
    }
}

/// What can be said of a part when only the hash of the approved plan is given.
fn by_part(part: Part, several: bool) -> &'static str {
    match (part, several) {
        (Part::Place, true) => {
            "other environments are published than in the plan, to another repository, branch or folder, or with other rules for files of others"
        }
        (Part::Place, false) => {
            "it was not in the plan, goes to another repository, branch or folder, or has other rules for files of others"
        }
        (Part::Base, true) => {
            "folders in the manifest repository were changed after the plan was made"
        }
        (Part::Base, false) => {
            "its folder in the manifest repository was changed after the plan was made"
        }
        (Part::Output, true) => "environments render to something else than in the plan",
        (Part::Output, false) => "it renders to something else than in the plan",
        (Part::Source, _) => "the source is at another commit than in the plan",
        (Part::Tools, true) => "environments are rendered with other tools than the plan was",
        (Part::Tools, false) => "it is rendered with other tools than the plan was",
    }
}

fn already(done: &[&str]) -> String {
    let more = match done.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let names = done[..done.len().min(SHOWN)].join(", ");
    let published = match done {
        [_] => format!("environment {names} is published already"),
        _ => format!("environments {names}{more} are published already"),
    };
    format!(
        "folders in the manifest repository are not as they were for the plan; {published}, and if that was done by this plan, only the plan file tells what was approved for the others"
    )
}

fn environments(number: usize) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} environment{ending}")
}

impl Removal {
    /// The plan removes it, and the run does not.
    pub fn stays(&self) -> Difference {
        Difference {
            environment: String::new(),
            part: Part::Place,
            said: format!(
                "the folder `{}` of {} (branch {}) is removed by the plan, and not by this run",
                self.folder, self.repository, self.branch
            ),
        }
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
        let place = |one: &Removal| {
            let Removal {
                repository,
                branch,
                folder,
                ..
            } = one;
            format!("the folder `{folder}` of {repository} (branch {branch})")
        };
        let said = beyond.map(|one| {
            let at = place(one);
            let is_known = self.removals.iter().any(|other| place(other) == at);
            let (part, said) = if is_known {
                (
                    Part::Base,
                    "was changed after the plan was made, and would go",
                )
            } else {
                (Part::Place, "is removed by this run, and not by the plan")
            };
            Difference {
                environment: String::new(),
                part,
                said: format!("{at} {said}"),
            }
        });
        said.collect()
    }
}
