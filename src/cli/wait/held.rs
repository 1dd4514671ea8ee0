//! What a run has nothing to publish for: the branch holds it already. Whether the cluster
//! has it is another question, which a run that went before may not have lived to ask.

use crate::error::Error;
use crate::wait::Start;

use super::super::connect::Connector;
use super::sought::{Apis, Sought, is_there, look};
use super::standing::on_branch;

/// Finds the commits that brought what the branches hold: with one look at each.
pub(super) async fn held(
    sought: &mut [Sought<'_>],
    apis: &mut Apis<'_>,
    connector: &Connector,
) -> Result<(), Error> {
    while let Some(first) = sought.iter().find(|one| one.start.is_none()) {
        let (target, branch) = (first.target, first.branch.clone());
        let open = sought.iter_mut();
        let mut open: Vec<_> = open.filter(|one| one.is_open_on(target, &branch)).collect();
        let seen = look(&open, target, &branch, false, connector).await?;
        for (one, found) in open.iter_mut().zip(&seen.folders) {
            one.known = seen.known(found);
            let brought = found.changed.and_then(|at| seen.commits.get(at));
            one.start = Some(match (brought, seen.commits.as_slice()) {
                _ if !is_there(found) => Start::Unchanged,
                (Some(commit), _) => Start::Held {
                    commit: *commit,
                    is_older: false,
                },
                (None, [_, .., oldest]) => Start::Held {
                    commit: *oldest,
                    is_older: true,
                },
                // A server that filters nothing shows no past.
                (None, _) => {
                    let api = apis.of(target).await?;
                    let found = on_branch(&api, one.environment, &branch).await;
                    match found.map_err(|error| one.here(error))? {
                        Start::Commit(commit) => Start::Held {
                            commit,
                            is_older: false,
                        },
                        other => other,
                    }
                }
            });
        }
    }
    Ok(())
}
