//! What a wait follows when its own run published nothing: what its build published, else
//! what is proposed, else what the branch holds.

use crate::error::{Error, Kind};
use crate::git::{Sight, Surveyed};
use crate::host::Api;
use crate::settings::definition::Mode;
use crate::settings::{EnvironmentSettings, Settings, Target, is_head_of_change};
use crate::wait::{self, Followed, Start};

use super::super::connect::Connector;
use super::own_build::OwnBuild;
use super::{add, api, list_authors};

/// One environment whose publication was looked for.
struct Sought<'a> {
    environment: &'a EnvironmentSettings,
    target: &'a Target,
    api: Api,
    branch: String,
    start: Option<Start>,
}

/// What stands on the branches, or is proposed for them.
pub(super) async fn standing(
    settings: &Settings,
    connector: &Connector,
) -> Result<Vec<Followed>, Error> {
    let mut sought: Vec<Sought<'_>> = Vec::new();
    let build = OwnBuild::read(connector).await;
    for environment in &settings.environments {
        let name = &environment.name;
        let here = |error: Error| error.context(format!("environment {name}"));
        let Some(target) = &environment.target else {
            let said = format!("no manifest repository is set for environment `{name}`");
            return Err(Error::message(Kind::Usage, said)
                .hint("set `manifestRepo` to where it was published"));
        };
        let api = api(connector, target).await.map_err(here)?;
        let same = |one: &&Sought<'_>| one.target.is_same_branch(target);
        let branch = if let Some(branch) = &target.branch {
            branch.to_string()
        } else if let Some(known) = sought.iter().find(same) {
            known.branch.clone()
        } else {
            let found = api.repository().await.map_err(wait::because);
            let default = found.map_err(here)?.default_branch;
            default.unwrap_or_else(|| "main".to_owned())
        };
        if environment.wait.authors.is_empty() {
            return Err(list_authors(&api, &branch, name).await.map_err(here)?);
        }
        let start = match build.start(target, &branch, environment) {
            Some(start) => Some(start),
            None => proposed(&api, environment, &branch).await.map_err(here)?,
        };
        sought.push(Sought {
            environment,
            target,
            api,
            branch,
            start,
        });
    }
    on_branches(&mut sought, &build, connector).await?;
    let mut followed = Vec::new();
    for one in sought {
        let Some(start) = one.start else {
            continue;
        };
        let Sought {
            environment,
            target,
            branch,
            ..
        } = one;
        add(
            &mut followed,
            connector,
            target,
            &branch,
            environment,
            start,
        )
        .await?;
    }
    Ok(followed)
}

/// Finds the commits of those that no pull request proposes: with one look at each
/// branch, whatever the number of environments. What changed long ago the host knows.
async fn on_branches(
    sought: &mut [Sought<'_>],
    build: &OwnBuild,
    connector: &Connector,
) -> Result<(), Error> {
    while let Some(first) = sought.iter().find(|one| one.start.is_none()) {
        let (target, branch) = (first.target, first.branch.clone());
        let mut same: Vec<_> = sought
            .iter_mut()
            .filter(|one| {
                one.start.is_none() && one.target.place == target.place && one.branch == branch
            })
            .collect();
        let folders = same.iter().map(|one| one.environment.folder.clone());
        let sight = Sight {
            folders: folders.collect(),
            others: 0,
            past: build.asks_ledgers(),
        };
        let connection = connector.open(target, false).await?;
        let survey = connection.remote.survey(Some(&branch), &sight).await?;
        for (one, found) in same.iter_mut().zip(&survey.folders) {
            let is_there = found.state.ledger.is_some() || !found.state.entries.is_empty();
            let is_ours = || stands(build, one.environment, found);
            let at = match written(build, one.environment, found) {
                Some(at) => Some(at),
                None if build.is_untold() && is_there && !is_ours() => {
                    one.start = Some(Start::Untold);
                    continue;
                }
                None => found.changed.filter(|_| is_there),
            };
            let commit = at.and_then(|at| survey.commits.get(at));
            one.start = Some(match commit {
                Some(commit) => Start::Commit(commit.id),
                None => on_branch(&one.api, one.environment, &branch)
                    .await
                    .map_err(|error| {
                        error.context(format!("environment {}", one.environment.name))
                    })?,
            });
        }
    }
    Ok(())
}

/// Whether this run wrote the ledger that stands on the branch. A server that filters
/// nothing shows no past.
fn stands(build: &OwnBuild, environment: &EnvironmentSettings, found: &Surveyed) -> bool {
    let ledger = found.state.ledger.as_ref();
    ledger.is_some_and(|ledger| ledger.environment == environment.name && build.wrote(ledger))
}

/// Which of the newest commits brought what this run published for an environment. A
/// pull request brings its ledger along, however it is merged.
fn written(build: &OwnBuild, environment: &EnvironmentSettings, found: &Surveyed) -> Option<usize> {
    let mut past = found.past.iter();
    let own =
        past.find(|(_, ledger)| ledger.environment == environment.name && build.wrote(ledger));
    own.map(|(at, _)| *at)
}

/// The open pull request of an environment.
async fn proposed(
    api: &Api,
    environment: &EnvironmentSettings,
    branch: &str,
) -> Result<Option<Start>, Error> {
    let options = &environment.pull_request;
    if options.mode == Mode::Push {
        return Ok(None);
    }
    let head = &options.head_branch;
    let found = if options.per_change {
        let open = api.open_from(head, branch).await.map_err(wait::because)?;
        let of_change = open
            .into_iter()
            .filter(|request| is_head_of_change(&request.source, head));
        of_change.max_by_key(|request| request.number)
    } else {
        api.find(head, branch).await.map_err(wait::because)?
    };
    Ok(found.map(|request| Start::Request(request.number)))
}

/// The commit that changed an environment's folder last.
pub(super) async fn on_branch(
    api: &Api,
    environment: &EnvironmentSettings,
    branch: &str,
) -> Result<Start, Error> {
    let folder = &environment.folder;
    let found = api
        .changed_last(branch, folder)
        .await
        .map_err(wait::because)?;
    found.map(Start::Commit).ok_or_else(|| {
        let said =
            format!("there is nothing in the folder `{folder}` of branch {branch:?} to wait for");
        Error::message(Kind::Input, said).hint(format!(
            "publish `{}` first; `folder` and `branch` have to be those of the publication",
            environment.name
        ))
    })
}
