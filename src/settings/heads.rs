//! The branches that pull requests come from: each environment's own, and none that
//! anything is published to.

use crate::error::{Error, Kind};
use crate::model::{BranchClash, BranchName};

use super::definition::Mode;
use super::{EnvironmentSettings, Settings};

const HINT: &str = "give each environment a `headBranch` of its own";

/// Two environments cannot write the same head branch, nor one the target of any, nor
/// branches that git or a file system cannot hold together.
pub(super) fn refuse_same(environments: &[EnvironmentSettings]) -> Result<(), Error> {
    for one in environments.iter().filter(|one| one.may_propose()) {
        let head = &one.pull_request.head_branch;
        let Some((target, clash)) = branch(one).and_then(|it| Some((it, between(head, it)?)))
        else {
            continue;
        };
        let said = if clash == BranchClash::Same {
            format!(
                "environment {}: the pull request's source and target branch are both {head:?}",
                one.name
            )
        } else {
            format!(
                "environment {}: the pull request's source and target branch are {head:?} and {target:?}: {clash}",
                one.name
            )
        };
        return Err(refused(said));
    }
    refuse_clashes(environments, environments)?;
    refuse_targets(environments, environments)
}

/// Head branches of environments of a run, and of the others of its settings file.
pub(super) fn refuse_clashes(
    environments: &[EnvironmentSettings],
    of_run: &[EnvironmentSettings],
) -> Result<(), Error> {
    let opening: Vec<_> = environments
        .iter()
        .filter(|one| one.may_propose())
        .collect();
    let is_of_run = |one: &EnvironmentSettings| of_run.iter().any(|own| own.name == one.name);
    for (at, one) in opening.iter().enumerate() {
        let head = &one.pull_request.head_branch;
        let near = opening[..at]
            .iter()
            .filter(|other| place(other) == place(one) && (is_of_run(one) || is_of_run(other)));
        let mut found = near.filter_map(|other| {
            let theirs = &other.pull_request.head_branch;
            Some((other, theirs, between(theirs, head)?))
        });
        let Some((other, theirs, clash)) = found.next() else {
            continue;
        };
        return Err(refused(if clash == BranchClash::Same {
            format!(
                "the environments `{}` and `{}` would use the same branch {head:?} for their pull requests",
                other.name, one.name
            )
        } else {
            format!(
                "the environments `{}` and `{}` would use the branches {theirs:?} and {head:?} for their pull requests: {clash}",
                other.name, one.name
            )
        }));
    }
    Ok(())
}

/// No head branch is the target of an environment, whether this run is for that or not.
pub fn refuse_heads(settings: &Settings) -> Result<(), Error> {
    refuse_targets(&settings.environments, &settings.listed)
}

fn refuse_targets(
    environments: &[EnvironmentSettings],
    among: &[EnvironmentSettings],
) -> Result<(), Error> {
    for one in environments.iter().filter(|one| one.may_propose()) {
        let head = &one.pull_request.head_branch;
        let near = among.iter().filter(|other| place(other) == place(one));
        let mut found = near.filter_map(|other| {
            let target = branch(other)?;
            Some((other, target, between(head, target)?))
        });
        let Some((other, target, clash)) = found.next() else {
            continue;
        };
        return Err(refused(if clash == BranchClash::Same {
            format!(
                "environment {}: its pull request would come from the branch {head:?}, which the environment `{}` is published to",
                one.name, other.name
            )
        } else {
            format!(
                "environment {}: its pull request would come from the branch {head:?}, and the environment `{}` is published to the branch {target:?}: {clash}",
                one.name, other.name
            )
        }));
    }
    Ok(())
}

fn refused(said: String) -> Error {
    Error::message(Kind::Usage, said).hint(HINT)
}

fn between(one: &BranchName, other: &BranchName) -> Option<BranchClash> {
    BranchClash::between(one, other)
}

impl EnvironmentSettings {
    /// Whether it may be published by pull request: a policy for risks may ask for one.
    pub fn may_propose(&self) -> bool {
        self.pull_request.mode != Mode::Push || !self.risk.policy.is_empty()
    }
}

fn branch(one: &EnvironmentSettings) -> Option<&BranchName> {
    one.target.as_ref()?.branch.as_ref()
}

fn place(one: &EnvironmentSettings) -> Option<&str> {
    one.target.as_ref().map(|target| target.place.as_str())
}
