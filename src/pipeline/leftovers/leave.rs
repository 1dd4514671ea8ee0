//! What goes with a commit, decided on every attempt on the tip of then.
//!
//! A folder that changed hands meanwhile stays. Owns how the folders of the
//! group look once the others are gone, and the limits for these.

use std::collections::HashMap;

use crate::check::{self, Brakes};
use crate::error::Error;
use crate::git::{FolderChange, Tip};
use crate::model::{Folder, FolderPlan, FolderState, Ledger, RelPath, ResourceChange, ResourceId};
use crate::plan::{self, HandEdits, Orphans};
use crate::settings::EnvironmentSettings;

use super::super::{Rendered, stamps};
use super::{Fate, Leftover, Search};

/// What goes, and what is left.
pub(in super::super) struct Left {
    /// The tip as the folders of the group will find it.
    pub(in super::super) tip: Tip,
    /// What takes the others out.
    pub(in super::super) changes: Vec<FolderChange>,
    /// Why they cannot be taken out, and so nothing may be published.
    pub(in super::super) stopped: Vec<Error>,
    /// What environments of the group had in folders that they moved from.
    pub(in super::super) former: Vec<Former>,
}

/// A folder that goes.
#[derive(Debug, Clone)]
pub(in super::super) struct Gone {
    pub(in super::super) folder: Folder,
    /// How many files it has.
    pub(in super::super) files: usize,
    /// What Flux or Argo CD removes with it.
    pub(in super::super) resources: Vec<ResourceId>,
}

/// The folder that an environment moved from.
pub(in super::super) struct Former {
    /// The folder that it moves to.
    pub(in super::super) now: Folder,
    /// What goes from the former one.
    pub(in super::super) plan: FolderPlan,
    /// What the former one holds.
    pub(in super::super) state: FolderState,
}

impl Left {
    /// The folders that go.
    pub(in super::super) fn gone(&self) -> Vec<Gone> {
        let changes = self.changes.iter();
        let gone = changes.map(|change| Gone {
            folder: change.folder.clone(),
            files: change.plan.files.len(),
            resources: change.plan.resources.keys().cloned().collect(),
        });
        gone.collect()
    }
}

impl Search<'_> {
    /// Decides what goes. `tip` holds the folders of `leaving` behind those of
    /// the group. It has to be decided again where edits of others are to be read first.
    pub(in super::super) fn leave(&self, tip: &Tip, leaving: &[Leftover]) -> Left {
        let members = self.group().members.len();
        let mut left = Left {
            tip: tip.clone(),
            changes: Vec::new(),
            stopped: Vec::new(),
            former: Vec::new(),
        };
        let states = tip.folders.iter().skip(members);
        let judged = leaving.iter().zip(states).filter_map(|(before, state)| {
            let ledger = state.ledger.as_ref()?;
            let now = self.judge(tip, before.folder.clone(), ledger)?;
            (now.stays.is_none() && self.takes(&now.fate)).then_some((now, state))
        });
        let judged: Vec<_> = judged.collect();
        let mut whole = Vec::new();
        let mut former: HashMap<&str, usize> = HashMap::new();
        for (leftover, _) in &judged {
            *former.entry(&leftover.environment).or_default() += 1;
        }
        for (leftover, state) in &judged {
            let owner = match &leftover.fate {
                Fate::Moved(folder) => {
                    let Some(at) = self.owner(tip, leftover, folder) else {
                        continue;
                    };
                    let only = former[leftover.environment.as_str()] == 1;
                    let starts = only && self.starts(tip, at, state.ledger.as_ref());
                    if !starts && self.settings.run.orphans != Orphans::Remove {
                        continue;
                    }
                    Some(self.group().members[at])
                }
                _ => None,
            };
            let options = owner.map_or_else(|| self.strictest(), |own| own.settings.ownership);
            let brakes = owner.map_or_else(|| self.limits(), |own| own.settings.brakes.clone());
            let plan = plan::leave(options, &leftover.folder, state).map_err(Error::from);
            let checked = plan.and_then(|plan| {
                let mut counted = plan.clone();
                self.group().adopted.count(&mut counted);
                let lost = lost(owner, counted);
                check::removals(&brakes, &leftover.folder, &lost)?;
                Ok(plan)
            });
            match checked {
                Ok(plan) => {
                    if is_all(&plan, state) {
                        whole.push(leftover.folder.clone());
                    }
                    if let Some(owner) = owner {
                        left.former.push(Former {
                            now: owner.settings.folder.clone(),
                            plan: plan.clone(),
                            state: (*state).clone(),
                        });
                    }
                    left.changes.push(FolderChange {
                        folder: leftover.folder.clone(),
                        plan,
                    });
                }
                Err(error) => {
                    let error = error.context(format!("environment {}", leftover.environment));
                    let hint = "to leave the folder where it is, set `orphans` to `warn`";
                    let may_stay = !matches!(leftover.fate, Fate::Moved(_));
                    let error = error.hints(may_stay.then(|| hint.to_owned()));
                    left.stopped.push(error);
                }
            }
        }
        self.take_out(&mut left, &whole);
        left
    }

    /// The member that has the new folder, unless it is left as it is.
    fn owner(&self, tip: &Tip, leftover: &Leftover, folder: &Folder) -> Option<usize> {
        let mut members = self.group().members.iter();
        let at = members.position(|member| {
            let settings = &member.settings;
            settings.name == leftover.environment && settings.folder == *folder
        })?;
        let member = self.group().members[at];
        let older = stamps::older(self.context, member, &tip.folders[at]);
        older.is_none().then_some(at)
    }

    /// Whether this publication is the first to the new folder, from a later
    /// commit. Two runs of one commit that name two folders are no move.
    fn starts(&self, tip: &Tip, at: usize, former: Option<&Ledger>) -> bool {
        let ours = &self.group().members[at].settings.made_from.commit;
        let theirs = former.and_then(|ledger| ledger.publication.source.commit.as_ref());
        tip.folders[at].ledger.is_none() && theirs != ours.as_ref()
    }

    /// Every environment of the settings file, whichever of them this run is for,
    /// and those of the branch.
    fn all(&self) -> impl Iterator<Item = &EnvironmentSettings> {
        let members = self.group().members.iter().map(|member| &member.settings);
        self.settings.listed.iter().chain(members)
    }

    /// The rules of an environment that is not there are the strictest of those
    /// that are.
    fn strictest(&self) -> plan::Options {
        let fail = self
            .all()
            .any(|one| one.ownership.hand_edits == HandEdits::Fail);
        plan::Options {
            hand_edits: if fail {
                HandEdits::Fail
            } else {
                HandEdits::Overwrite
            },
            ..plan::Options::default()
        }
    }

    fn limits(&self) -> Brakes {
        let all: Vec<_> = self.all().map(|one| &one.brakes).collect();
        let percent = all.iter().map(|brakes| brakes.max_removed_percent).min();
        let kinds = all.iter().flat_map(|brakes| brakes.protected_kinds.iter());
        Brakes {
            allow_empty: true,
            allow_removal: all.iter().all(|brakes| brakes.allow_removal),
            max_removed_percent: percent.unwrap_or_default(),
            protected_kinds: kinds.cloned().collect(),
        }
    }

    /// The folders of the group without what goes: one may lie in another. `whole` are
    /// those of which nothing is left.
    fn take_out(&self, left: &mut Left, whole: &[Folder]) {
        let is_gone = |twin: &RelPath| left.tip.holds_only(twin, whole);
        let twins = left.tip.folders.iter().map(|state| state.twin.clone());
        let twins: Vec<_> = twins
            .map(|twin| twin.filter(|twin| !is_gone(twin)))
            .collect();
        let members = self.group().members.iter();
        for ((member, state), twin) in members.zip(&mut left.tip.folders).zip(twins) {
            let own = &member.settings.folder;
            for FolderChange { folder, plan } in &left.changes {
                for path in plan.files.keys() {
                    if let Some(path) = below(own, &folder.join(path)) {
                        state.entries.remove(&path);
                    }
                }
                let inner = folder.path().and_then(|path| below(own, path));
                state.inner.retain(|path| Some(path) != inner.as_ref());
                state.outer.retain(|(outer, _)| outer != folder);
            }
            state.twin = twin;
        }
    }
}

/// Whether a plan takes out everything that a folder holds.
fn is_all(plan: &FolderPlan, state: &FolderState) -> bool {
    let goes = |path: &RelPath| plan.files.contains_key(path);
    state.odd.is_empty() && state.inner.is_empty() && state.entries.keys().all(goes)
}

/// What the limits count: what is rendered into the new folder is not lost.
fn lost(owner: Option<&Rendered>, mut plan: FolderPlan) -> FolderPlan {
    for resource in owner.iter().flat_map(|owner| &owner.resources) {
        if plan.resources.remove(&resource.id).is_none() {
            let added = ResourceChange::Added;
            plan.resources.insert(resource.id.clone(), added);
        }
    }
    plan
}

/// A path of the repository as seen from a folder that it lies in.
fn below(folder: &Folder, path: &RelPath) -> Option<RelPath> {
    match folder.path() {
        Some(folder) => path.strip_prefix(folder),
        None => Some(path.clone()),
    }
}
