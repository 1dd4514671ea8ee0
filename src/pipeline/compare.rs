//! One branch of one manifest repository: what the environments that go there
//! would change at its tip, and whether they may.

use std::sync::Arc;

use crate::check;
use crate::context::Context;
use crate::error::Error;
use crate::git::{FolderChange, Publisher, Tip, Wanted};
use crate::model::{FolderPlan, FolderState, ObjectId, PublicationStamp, SameRepository};
use crate::plan::{self, Desired};
use crate::settings::definition::Mode;
use crate::settings::{EnvironmentSettings, Target};

use super::adopted::Adopted;
use super::{Rendered, definition, stamps};

/// The environments that go to one branch.
pub(super) struct Group<'a> {
    pub(super) target: &'a Target,
    pub(super) members: Vec<&'a Rendered>,
    /// What files of others hold that would go.
    pub(super) adopted: Arc<Adopted>,
}

/// What stands at the tip of the branch, seen by an environment alone.
pub(super) enum Decision {
    /// Publish this; an empty plan changes nothing.
    Plans(Vec<FolderPlan>),
    /// Something newer was published to an environment's folder.
    Older {
        environment: String,
        published: Box<PublicationStamp>,
    },
}

/// An environment that may not be published.
pub(super) struct Stop {
    pub(super) environment: String,
    /// Its plan says what would change.
    pub(super) is_compared: bool,
}

/// What was decided for each environment of a group.
#[derive(Default)]
pub(super) struct Decided {
    /// One plan per member; empty where something newer is there.
    pub(super) plans: Vec<FolderPlan>,
    /// The environments that something newer was published for, and what.
    pub(super) older: Vec<(String, PublicationStamp)>,
    /// Why nothing of the group may be published.
    pub(super) stopped: Vec<Error>,
    /// The environments that are the reason.
    pub(super) stops: Vec<Stop>,
}

/// The environments by target, in the order they were named. Environments
/// without a manifest repository are in no group; those that are published by
/// pull request are in a group of their own each.
pub(super) fn groups(rendered: &[Rendered]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for environment in rendered {
        let Some(target) = &environment.settings.target else {
            continue;
        };
        let mode = environment.settings.pull_request.mode;
        match groups.iter_mut().find(|group| {
            group.target.is_same_branch(target) && mode != Mode::PullRequest && !group.is_proposed()
        }) {
            Some(group) => group.members.extend(members(environment)),
            None => groups.push(Group {
                target,
                members: members(environment).collect(),
                adopted: Arc::default(),
            }),
        }
    }
    groups
}

/// What is published of an environment: its manifests, and its definition
/// where reviewers want to see that.
fn members(environment: &Rendered) -> impl Iterator<Item = &Rendered> {
    std::iter::once(environment).chain(environment.definition.as_deref())
}

impl<'a> Group<'a> {
    /// The environments, without their definitions.
    pub(super) fn environments(&self) -> impl Iterator<Item = &'a Rendered> {
        let members = self.members.iter().copied();
        let is_definition = |one: &&Rendered| {
            let mut others = self.members.iter();
            others.any(|other| {
                other
                    .definition
                    .as_deref()
                    .is_some_and(|it| std::ptr::eq(it, *one))
            })
        };
        members.filter(move |one| !is_definition(one))
    }

    /// A group of some of the environments.
    pub(super) fn only(&self, wanted: impl Fn(&str) -> bool) -> Group<'a> {
        let some = self.environments();
        let some = some.filter(|environment| wanted(&environment.settings.name));
        Group {
            target: self.target,
            members: some.flat_map(members).collect(),
            adopted: Arc::clone(&self.adopted),
        }
    }

    /// A group for each environment.
    pub(super) fn each(&self) -> impl Iterator<Item = Group<'a>> {
        let alone = |environment: &'a Rendered| Group {
            target: self.target,
            members: members(environment).collect(),
            adopted: Arc::clone(&self.adopted),
        };
        self.environments().map(alone)
    }
}

impl Group<'_> {
    /// Whether it is published by pull request and never by push.
    pub(super) fn is_proposed(&self) -> bool {
        let mut members = self.members.iter();
        members.any(|member| member.settings.pull_request.mode == Mode::PullRequest)
    }

    /// The folders with what they should come to hold.
    pub(super) fn wanted(&self) -> Vec<Wanted> {
        let ids = |environment: &Rendered| {
            let files = environment.files.iter();
            files
                .map(|(path, content)| (path.clone(), ObjectId::of_blob(content)))
                .collect()
        };
        let wanted = |environment: &&Rendered| Wanted {
            folder: environment.settings.folder.clone(),
            // The ledger says whether there is anything to take over, and whether an edit
            // is listed that the source caught up with.
            files: {
                let ownership = &environment.settings.ownership;
                let reads =
                    ownership.take_over || ownership.hand_edits == plan::HandEdits::Overwrite;
                (!reads).then(|| ids(environment))
            },
            publisher: Some(Publisher {
                repository: environment.settings.made_from.repository.clone(),
                environment: environment.settings.name.clone(),
                announced: definition::of(&environment.settings.name, &environment.generator)
                    .unwrap_or(&environment.settings.name)
                    .to_owned(),
            }),
        };
        self.members.iter().map(wanted).collect()
    }

    /// The names of the environments.
    pub(super) fn names(&self) -> Vec<&str> {
        self.environments()
            .map(|environment| environment.settings.name.as_str())
            .collect()
    }

    /// Decides what may be published on top of `tip`, for each environment. It has
    /// to be decided again where files of others are to be read first.
    pub(super) fn decide_each(&self, context: &Context, allow_older: bool, tip: &Tip) -> Decided {
        self.plans(context, allow_older, tip, |settings, plan| {
            self.adopted.count(plan);
            Ok(check::removals(&settings.brakes, &settings.folder, plan)?)
        })
    }

    /// The same for a group of one environment: all or nothing.
    pub(super) fn decide(
        &self,
        context: &Context,
        allow_older: bool,
        tip: &Tip,
    ) -> Result<Decision, Error> {
        self.decide_each(context, allow_older, tip).together()
    }

    fn plans(
        &self,
        context: &Context,
        allow_older: bool,
        tip: &Tip,
        check: impl Fn(&EnvironmentSettings, &mut FolderPlan) -> Result<(), Error>,
    ) -> Decided {
        let mut decided = Decided {
            plans: vec![FolderPlan::default(); self.members.len()],
            ..Decided::default()
        };
        let members = self.members.iter().copied().zip(&tip.folders).enumerate();
        let states: Vec<_> = members.collect();
        for environment in self.environments() {
            let is_own = |(_, (member, _)): &&(_, (&Rendered, _))| is_of(environment, member);
            let own: Vec<_> = states.iter().filter(is_own).copied().collect();
            // A publication may leave one of an environment's folders as it was.
            let mut folders = own.iter().map(|(_, folder)| folder);
            let newer = folders.find_map(|(member, state)| stamps::older(context, member, state));
            let differs = own
                .iter()
                .any(|(_, (member, state))| differs(member, state));
            if let Some(published) = newer.filter(|_| differs && !allow_older) {
                let name = environment.settings.name.clone();
                decided.older.push((name, published));
                continue;
            }
            for (at, (member, state)) in own {
                let settings = &member.settings;
                let stamp = stamps::stamp(context, member, state);
                let same = stamps::is_same_repository(member, state);
                let desired = desired(member, &stamp, &same);
                let plan = plan::folder(settings.ownership, &desired, state).map_err(Error::from);
                let is_compared = plan.is_ok();
                let checked = plan.and_then(|mut plan| {
                    stamps::complete(context, &mut plan, member, state);
                    if let Some(unknown) = &member.unknown {
                        unknown.mark(&mut plan);
                    }
                    let checked = check(settings, &mut plan);
                    decided.plans[at] = plan;
                    checked
                });
                if let Err(error) = checked {
                    decided.stops.push(Stop {
                        environment: environment.settings.name.clone(),
                        is_compared,
                    });
                    let error = error.context(format!("environment {}", settings.name));
                    decided.stopped.push(error);
                }
            }
        }
        decided
    }

    /// What each environment would change on top of a head branch: no brakes,
    /// since they hold for the branch that it comes into.
    pub(super) fn decide_on_head(
        &self,
        context: &Context,
        allow_older: bool,
        head: &Tip,
    ) -> Result<Decision, Error> {
        let decided = self.plans(context, allow_older, head, |_, _| Ok(()));
        decided.together()
    }

    /// What stands at a tip that is newer than this run.
    pub(super) fn newer(&self, context: &Context, tip: &Tip) -> Option<(String, PublicationStamp)> {
        let mut members = self.members.iter().zip(&tip.folders);
        members.find_map(|(environment, state)| {
            let published = stamps::older(context, environment, state)?;
            Some((environment.settings.name.clone(), published))
        })
    }

    /// The plans that change something, as changes to push.
    pub(super) fn changes(&self, plans: &[FolderPlan]) -> Vec<FolderChange> {
        self.members
            .iter()
            .zip(plans)
            .filter(|(_, plan)| !plan.is_empty())
            .map(|(environment, plan)| FolderChange {
                folder: environment.settings.folder.clone(),
                plan: plan.clone(),
            })
            .collect()
    }
}

/// Whether a member is an environment itself, or its definition.
fn is_of(environment: &Rendered, member: &Rendered) -> bool {
    let definition = environment.definition.as_deref();
    std::ptr::eq(environment, member) || definition.is_some_and(|own| std::ptr::eq(own, member))
}

/// Whether the folder holds other content than it should.
pub(super) fn differs(environment: &Rendered, state: &FolderState) -> bool {
    let same = |(path, content): (_, &bytes::Bytes)| {
        let entry = state.entries.get(path);
        entry.is_some_and(|entry| entry.id == ObjectId::of_blob(content))
    };
    environment.files.len() != state.entries.len() || !environment.files.iter().all(same)
}

/// What the plan stage needs to know of an environment.
fn desired<'a>(
    environment: &'a Rendered,
    stamp: &'a PublicationStamp,
    is_same_repository: SameRepository<'a>,
) -> Desired<'a> {
    Desired {
        environment: &environment.settings.name,
        folder: &environment.settings.folder,
        is_folder_of_file: environment.settings.is_folder_of_file,
        files: &environment.files,
        resources: &environment.resources,
        generator: &environment.generator,
        publication: stamp,
        is_same_repository,
    }
}

impl Decided {
    /// Everything that was decided as one decision.
    fn together(mut self) -> Result<Decision, Error> {
        if !self.stopped.is_empty() {
            return Err(self.stopped.remove(0));
        }
        Ok(match self.older.pop() {
            Some((environment, published)) => Decision::Older {
                environment,
                published: Box::new(published),
            },
            None => Decision::Plans(self.plans),
        })
    }
}
