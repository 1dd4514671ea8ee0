//! Why an environment could not be proposed, with the branch and the pull
//! request that it is about.

use crate::error::{Error, Kind};
use crate::git::Tip;
use crate::host::Refusal;
use crate::publish::{Failure, HeadOptions, Side};

use super::{Seen, Work};

impl Work<'_> {
    /// The error of a head branch that could not be brought to what it should be.
    pub(super) async fn explained(
        &self,
        failure: Failure<Error>,
        options: &HeadOptions,
        seen: &Seen,
    ) -> Error {
        let head = &options.head;
        match failure {
            Failure::Decide(error) if seen.side == Side::Head => {
                let target = seen.target.as_deref().unwrap_or_default();
                let found = self.api.find(head, target).await.ok().flatten();
                let (place, remedy) = match found {
                    Some(found) => (
                        format!("pull request {} from the branch {head:?}", found.number),
                        format!(
                            "to drop that change, revert it on {head:?}, or close pull request {} and delete the branch",
                            found.number
                        ),
                    ),
                    None => (
                        format!("the branch {head:?}"),
                        format!("to drop that change, delete the branch {head:?}"),
                    ),
                };
                error.context(place).hint(remedy)
            }
            // The advice for other branches is to open a pull request.
            Failure::Git(error) if error.refusal() == Some(Refusal::Protected) => {
                Error::new(Kind::Policy, error).hint(format!(
                    "the pull request comes from {head:?}: take that branch out of the policy, or set `headBranch` to a name that no policy covers"
                ))
            }
            failure => failure.into(),
        }
    }
}

/// A pull request needs a branch to come into.
pub(super) fn missing(tip: &Tip) -> Result<(), Error> {
    if tip.exists {
        return Ok(());
    }
    let said = format!(
        "the branch {:?} does not exist, so no pull request can come into it",
        tip.branch
    );
    Err(Error::message(Kind::Input, said)
        .hint("create it, or publish once with `mode` set to `push`"))
}
