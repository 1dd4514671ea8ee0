//! The branches that pull requests come from: each environment's own, and none that
//! anything is published to.

use crate::error::{Error, Kind};

use super::definition::Mode;
use super::{EnvironmentSettings, Settings};

const HINT: &str = "give each environment a `headBranch` of its own";

/// Two environments cannot write the same head branch, nor one the target of any.
pub(super) fn refuse_same(environments: &[EnvironmentSettings]) -> Result<(), Error> {
    let opening: Vec<_> = environments.iter().filter(|one| opens(one)).collect();
    for (at, one) in opening.iter().enumerate() {
        let head = &one.pull_request.head_branch;
        let target = one
            .target
            .as_ref()
            .and_then(|target| target.branch.as_ref());
        if target == Some(head) {
            let said = format!(
                "environment {}: the pull request's source and target branch are both {head:?}",
                one.name
            );
            return Err(Error::message(Kind::Usage, said).hint(HINT));
        }
        let same = |other: &&&EnvironmentSettings| {
            other.pull_request.head_branch == *head && place(other) == place(one)
        };
        if let Some(other) = opening[..at].iter().find(same) {
            let said = format!(
                "the environments `{}` and `{}` would use the same branch {head:?} for their pull requests",
                other.name, one.name
            );
            return Err(Error::message(Kind::Usage, said).hint(HINT));
        }
    }
    refuse_targets(environments, environments)
}

/// The same with the targets of environments that this run is not for.
pub fn refuse_heads(settings: &Settings) -> Result<(), Error> {
    refuse_targets(&settings.environments, &settings.listed)
}

fn refuse_targets(
    environments: &[EnvironmentSettings],
    among: &[EnvironmentSettings],
) -> Result<(), Error> {
    for one in environments.iter().filter(|one| opens(one)) {
        let head = &one.pull_request.head_branch;
        let comes_from = |other: &&EnvironmentSettings| {
            let target = other.target.as_ref();
            let branch = target.and_then(|target| target.branch.as_ref());
            branch == Some(head) && place(other) == place(one)
        };
        if let Some(other) = among.iter().find(comes_from) {
            let said = format!(
                "environment {}: its pull request would come from the branch {head:?}, which the environment `{}` is published to",
                one.name, other.name
            );
            return Err(Error::message(Kind::Usage, said).hint(HINT));
        }
    }
    Ok(())
}

fn opens(one: &EnvironmentSettings) -> bool {
    // A policy for risks may ask for one.
    one.pull_request.mode != Mode::Push || !one.risk.policy.is_empty()
}

fn place(one: &EnvironmentSettings) -> Option<&str> {
    one.target.as_ref().map(|target| target.place.as_str())
}
