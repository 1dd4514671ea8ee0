//! What a wait follows when its own run published nothing: what its build published, else
//! what is proposed, else what the branch holds.

use std::sync::Arc;

use crate::error::{Error, Kind};
use crate::git::{Sight, Surveyed};
use crate::host::Api;
use crate::settings::definition::Mode;
use crate::settings::{EnvironmentSettings, Settings};
use crate::wait::{self, Followed, Start};

use super::super::connect::Connector;
use super::super::run::seconds;
use super::own_build::OwnBuild;
use super::sought::{Apis, Sought, is_there, look};
use super::{list_authors, refuse_mute};

/// What stands on the branches, or is proposed for them.
pub(super) async fn standing(
    settings: &Settings,
    connector: &Connector,
) -> Result<Vec<Followed>, Error> {
    let mut apis = Apis::new(connector);
    let mut sought: Vec<Sought<'_>> = Vec::new();
    let build = OwnBuild::read(connector).await;
    let now = seconds();
    for environment in &settings.environments {
        let name = &environment.name;
        let here = |error: Error| error.context(format!("environment {name}"));
        let Some(target) = &environment.target else {
            let said = format!("no manifest repository is set for environment `{name}`");
            return Err(Error::message(Kind::Usage, said)
                .hint("set `manifestRepo` to where it was published"));
        };
        let api = apis.of(target).await.map_err(here)?;
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
        refuse_mute(environment).map_err(here)?;
        if environment.wait.authors.is_empty() {
            return Err(list_authors(&api, &branch, name).await.map_err(here)?);
        }
        let start = build.start(target, &branch, environment);
        let (start, time) = start.unzip();
        let ago = time.map_or(0, |time| now.saturating_sub(time));
        sought.push(Sought {
            ago: u64::try_from(ago).unwrap_or_default(),
            ..Sought::new(environment, target, branch, start)
        });
    }
    proposed(&mut sought, &mut apis).await?;
    on_branches(&mut sought, &build, &mut apis, connector).await?;
    apis.follow(&sought).await
}

/// Finds the commits of those that no pull request proposes: with one look at each
/// branch, whatever the number of environments. What changed long ago the host knows.
async fn on_branches(
    sought: &mut [Sought<'_>],
    build: &OwnBuild,
    apis: &mut Apis<'_>,
    connector: &Connector,
) -> Result<(), Error> {
    while let Some(first) = sought.iter().find(|one| one.start.is_none()) {
        let (target, branch) = (first.target, first.branch.clone());
        let open = sought.iter_mut();
        let mut open: Vec<_> = open.filter(|one| one.is_open_on(target, &branch)).collect();
        let sight = Sight {
            past: build.asks_ledgers(),
            ..Sight::default()
        };
        let seen = look(&open, target, &branch, sight, connector).await?;
        let api = apis.of(target).await?;
        for (one, found) in open.iter_mut().zip(&seen.folders) {
            let is_ours = || stands(build, one.environment, found);
            let at = match written(build, one.environment, found) {
                Some(at) => Some(at),
                None if build.is_untold() && is_there(found) && !is_ours() => {
                    one.start = Some(Start::Untold);
                    continue;
                }
                None => found.changed.filter(|_| is_there(found)),
            };
            let commit = at.and_then(|at| seen.commits.get(at));
            one.known = seen.known(found);
            one.start = Some(match commit {
                Some(commit) => Start::Commit(*commit),
                None => on_branch(&api, one.environment, &branch)
                    .await
                    .map_err(|error| one.here(error))?,
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

/// Finds the open pull requests: all of a branch with one question where several
/// environments are looked for.
async fn proposed(sought: &mut [Sought<'_>], apis: &mut Apis<'_>) -> Result<(), Error> {
    let may_be =
        |one: &Sought<'_>| one.start.is_none() && one.environment.pull_request.mode != Mode::Push;
    let mut asked: Vec<(String, String)> = Vec::new();
    while let Some(first) = sought.iter().find(|one| {
        let place = (one.target.place.clone(), one.branch.clone());
        may_be(one) && !asked.contains(&place)
    }) {
        let (target, branch) = (first.target, first.branch.clone());
        asked.push((target.place.clone(), branch.clone()));
        let api = apis.of(target).await?;
        let open = sought.iter_mut();
        let mut open: Vec<_> = open
            .filter(|one| may_be(one) && one.is_open_on(target, &branch))
            .collect();
        if let [one] = open.as_mut_slice() {
            one.start = proposed_alone(&api, one.environment, &branch)
                .await
                .map_err(|error| one.here(error))?;
            continue;
        }
        let all = api.open_from("", &branch).await;
        let all = all.map_err(|error| open[0].here(wait::because(error)))?;
        for one in open {
            let options = &one.environment.pull_request;
            let own = all
                .iter()
                .filter(|request| options.is_head(&request.source));
            let newest = own.max_by_key(|request| request.number);
            one.start = newest.map(|request| Start::Request(request.number, request.head));
        }
    }
    Ok(())
}

/// The open pull request of the only environment that is looked for on its branch.
async fn proposed_alone(
    api: &Arc<Api>,
    environment: &EnvironmentSettings,
    branch: &str,
) -> Result<Option<Start>, Error> {
    let options = &environment.pull_request;
    let head = &options.head_branch;
    let found = if options.per_change {
        let open = api.open_from(head, branch).await.map_err(wait::because)?;
        let own = open.into_iter().filter(|it| options.is_head(&it.source));
        own.max_by_key(|request| request.number)
    } else {
        api.find(head, branch).await.map_err(wait::because)?
    };
    Ok(found.map(|request| Start::Request(request.number, request.head)))
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
