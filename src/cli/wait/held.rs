//! What a run has nothing to publish for: the branch holds it already. Whether the cluster
//! has it is another question, which a run that went before may not have lived to ask.

use crate::error::Error;
use crate::git::Sight;
use crate::wait::Start;

use super::super::connect::Connector;
use super::sought::{Apis, Sought, is_there, look};
use super::standing::on_branch;

/// Finds the commits that brought what the branches held when the run compared with them:
/// with one look at each. Others may have pushed since.
pub(super) async fn held(
    sought: &mut [Sought<'_>],
    apis: &mut Apis<'_>,
    connector: &Connector,
) -> Result<(), Error> {
    while let Some(first) = sought.iter().find(|one| one.start.is_none()) {
        let (target, branch, compared) = (first.target, first.branch.clone(), first.compared);
        let open = sought.iter_mut();
        let is_open =
            |one: &&mut Sought<'_>| one.is_open_on(target, &branch) && one.compared == compared;
        let mut open: Vec<_> = open.filter(is_open).collect();
        let sight = Sight {
            at: compared,
            ..Sight::default()
        };
        let seen = look(&open, target, &branch, sight, connector).await?;
        for (at, one) in open.iter_mut().enumerate() {
            // It is pushed over, or long past: the host knows.
            let lost = compared.filter(|own| seen.commits.first() != Some(own));
            if let Some(commit) = lost {
                one.start = Some(Start::Held {
                    commit,
                    is_older: false,
                    seen: commit,
                });
                continue;
            }
            let found = &seen.folders[at];
            one.known = seen.known(found);
            let brought = found.changed.and_then(|at| seen.commits.get(at));
            let held = |commit, is_older| Start::Held {
                commit,
                is_older,
                seen: compared.unwrap_or(commit),
            };
            one.start = Some(match (brought, seen.commits.as_slice()) {
                _ if !is_there(found) => Start::Unchanged,
                (Some(commit), _) => held(*commit, false),
                (None, [_, .., oldest]) => held(*oldest, true),
                // A server that filters nothing shows no past.
                (None, _) => {
                    let api = apis.of(target).await?;
                    let found = on_branch(&api, one.environment, &branch).await;
                    match found.map_err(|error| one.here(error))? {
                        Start::Commit(commit) => held(commit, false),
                        other => other,
                    }
                }
            });
        }
    }
    Ok(())
}
