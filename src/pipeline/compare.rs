//! One branch of one manifest repository: what the environments that go there
//! would change at its tip, and whether they may.

use crate::check;
use crate::context::Context;
use crate::error::Error;
use crate::git::{FolderChange, Tip, Wanted};
use crate::model::{FolderPlan, FolderState, ObjectId, PublicationStamp};
use crate::plan::{self, Desired};
use crate::publish::order::{self, Order};
use crate::settings::definition::Mode;
use crate::settings::{EnvironmentSettings, Target};

use super::Rendered;

/// The environments that go to one branch.
pub(super) struct Group<'a> {
    pub(super) target: &'a Target,
    pub(super) members: Vec<&'a Rendered>,
}

/// What stands at the tip of the branch, seen by one group.
pub(super) enum Decision {
    /// Publish this; an empty plan changes nothing.
    Plans(Vec<FolderPlan>),
    /// Something newer was published to an environment's folder.
    Older {
        environment: String,
        published: PublicationStamp,
    },
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
    fn environments(&self) -> impl Iterator<Item = &'a Rendered> {
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

    /// A group for each environment.
    pub(super) fn each(&self) -> impl Iterator<Item = Group<'a>> {
        let alone = |environment: &'a Rendered| Group {
            target: self.target,
            members: members(environment).collect(),
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
        let wanted = |environment: &&Rendered| Wanted {
            folder: environment.settings.folder.clone(),
            files: Some(
                environment
                    .files
                    .iter()
                    .map(|(path, content)| (path.clone(), ObjectId::of_blob(content)))
                    .collect(),
            ),
        };
        self.members.iter().map(wanted).collect()
    }

    /// The names of the environments.
    pub(super) fn names(&self) -> Vec<&str> {
        self.environments()
            .map(|environment| environment.settings.name.as_str())
            .collect()
    }

    /// Decides what may be published on top of `tip`.
    pub(super) fn decide(
        &self,
        context: &Context,
        allow_older: bool,
        tip: &Tip,
    ) -> Result<Decision, Error> {
        self.plans(context, allow_older, tip, |settings, plan| {
            Ok(check::removals(&settings.brakes, &settings.folder, plan)?)
        })
    }

    fn plans(
        &self,
        context: &Context,
        allow_older: bool,
        tip: &Tip,
        check: impl Fn(&EnvironmentSettings, &FolderPlan) -> Result<(), Error>,
    ) -> Result<Decision, Error> {
        let mut plans = Vec::with_capacity(self.members.len());
        for (environment, state) in self.members.iter().zip(&tip.folders) {
            let settings = &environment.settings;
            let here = |error: Error| error.context(format!("environment {}", settings.name));
            if !allow_older && let Some(published) = older(context, environment, state) {
                return Ok(Decision::Older {
                    environment: settings.name.clone(),
                    published,
                });
            }
            let plan = plan::folder(settings.ownership, &desired(context, environment), state)
                .map_err(|error| here(error.into()))?;
            check(settings, &plan).map_err(here)?;
            plans.push(plan);
        }
        Ok(Decision::Plans(plans))
    }

    /// What each environment would change on top of a head branch: no brakes,
    /// since they hold for the branch that it comes into.
    pub(super) fn decide_on_head(
        &self,
        context: &Context,
        allow_older: bool,
        head: &Tip,
    ) -> Result<Decision, Error> {
        self.plans(context, allow_older, head, |_, _| Ok(()))
    }

    /// What stands at a tip that is newer than this run.
    pub(super) fn newer(&self, context: &Context, tip: &Tip) -> Option<(String, PublicationStamp)> {
        let mut members = self.members.iter().zip(&tip.folders);
        members.find_map(|(environment, state)| {
            let published = older(context, environment, state)?;
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

/// The stamp in the folder's ledger, when this run is older than it.
fn older(
    context: &Context,
    environment: &Rendered,
    state: &FolderState,
) -> Option<PublicationStamp> {
    let published = &state.ledger.as_ref()?.publication;
    // The checkout is opened only when commits have to be compared.
    let is_ancestor = |older: &str, newer: &str| {
        let source =
            crate::git::source::Source::discover(environment.settings.first_source()).ok()??;
        source.is_ancestor(older, newer)
    };
    let order = order::compare(published, &context.publication, is_ancestor);
    (order == Order::Older).then(|| published.clone())
}

/// What the plan stage needs to know of an environment.
fn desired<'a>(context: &'a Context, environment: &'a Rendered) -> Desired<'a> {
    Desired {
        environment: &environment.settings.name,
        folder: &environment.settings.folder,
        files: &environment.files,
        resources: &environment.resources,
        generator: &environment.generator,
        publication: &context.publication,
    }
}
