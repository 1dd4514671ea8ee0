//! `wait`, and what `publish` and `promote` do with `wait: true`: from what was
//! published to branches that are followed, and from outcomes to an exit code.

mod own_build;
mod rolled_out;

use gitops_rollout::{Branch, Commit, Outcome as Ended, Policy, writers};

use crate::error::{Error, Kind};
use crate::git::Sight;
use crate::host::Api;
use crate::host::watch::Question;
use crate::model::{Finding, Folder, ObjectId};
use crate::pipeline::Stopped;
use crate::report::{
    Changes, EnvironmentReport, Outcome, Publication, Reporter, RolloutReport, RunReport,
    rollout_table,
};
use crate::settings::definition::Mode;
use crate::settings::{EnvironmentSettings, Settings, Target};
use crate::wait::{self, Followed, Member, RealClock, Start};

use super::connect::Connector;

use own_build::OwnBuild;
pub(super) use rolled_out::require_rolled_out;

/// How many authors an error lists.
const AUTHORS: usize = 20;

/// Says why there is nothing to wait for where nothing is published.
pub(super) fn tell_idle(pull_request: Option<String>, reporter: &Reporter) {
    let why = pull_request.unwrap_or_else(|| "`VERIFY_ONLY` is set".to_owned());
    reporter.info(&format!(
        "{why}, so nothing was published and there is nothing to wait for"
    ));
}

/// Refuses to publish what could not be waited for afterwards.
pub(super) async fn check(
    settings: &Settings,
    promotes: bool,
    connector: &Connector,
) -> Result<(), Error> {
    // Of a promotion, the first is the one that is promoted.
    for environment in settings.environments.iter().skip(usize::from(promotes)) {
        if environment.wait.authors.is_empty() {
            return Err(no_authors(&environment.name).hint(
                "run the command `wait` once without it: it lists who has written statuses to the branch",
            ));
        }
        if let Some(target) = &environment.target {
            api(connector, target).await?;
        }
    }
    Ok(())
}

/// Waits for what a run has just published.
pub(super) async fn after(
    report: RunReport,
    settings: &Settings,
    connector: &Connector,
    reporter: &Reporter,
) -> Result<RunReport, Box<Stopped>> {
    match published(&report, settings, connector).await {
        Ok(followed) => finish(report, followed, settings, reporter).await,
        Err(error) => Err(Box::new(Stopped { report, error })),
    }
}

/// Waits for what is published, whoever did it.
pub(super) async fn command(
    settings: &Settings,
    connector: &Connector,
    reporter: &Reporter,
) -> Result<RunReport, Box<Stopped>> {
    let report = RunReport {
        command: "wait",
        ..RunReport::default()
    };
    let followed = standing(settings, connector).await?;
    finish(report, followed, settings, reporter).await
}

/// Follows the branches; an outcome that does not pass is an error.
async fn finish(
    mut report: RunReport,
    followed: Vec<Followed>,
    settings: &Settings,
    reporter: &Reporter,
) -> Result<RunReport, Box<Stopped>> {
    let policy = Policy {
        grace: settings.run.wait.wait_grace,
        timeout: settings.run.wait.wait_timeout,
        ..Policy::default()
    };
    let ended = wait::follow(followed, policy, &RealClock::start(), reporter).await;
    let (rollouts, error) = match ended {
        Ok(rollouts) => (rollouts, None),
        Err(stopped) => (stopped.rollouts, Some(stopped.error)),
    };
    if rollouts.len() > 1 {
        reporter.info(rollout_table(&rollouts).trim_end());
    }
    for one in &rollouts {
        if one.outcome == Ended::Superseded {
            let finding = Finding::warning(&one.environment, "superseded before it was rolled out");
            reporter.finding(&finding);
            report.warnings.push(finding);
        }
    }
    let failed = failure(&rollouts);
    report.rollouts = rollouts;
    match error.or(failed) {
        Some(error) => Err(Box::new(Stopped { report, error })),
        None => Ok(report),
    }
}

/// Why a run may not go on after these.
fn failure(rollouts: &[RolloutReport]) -> Option<Error> {
    let failed: Vec<_> = rollouts
        .iter()
        .filter(|one| !one.outcome.passes())
        .collect();
    let first = failed.first()?;
    let lines: Vec<_> = failed.iter().map(|one| one.line()).collect();
    let said = format!("not everything was rolled out: {}", lines.join(". "));
    let error = Error::message(Kind::Remote, said);
    Some(match first.outcome {
        Ended::Failed => error.hint(
            "look at the objects that failed in the cluster, such as with `flux events` or in Argo CD, and publish a correction or go back",
        ),
        Ended::TimedOut => error.hint(
            "check that the cluster watches this branch and writes commit statuses; `waitFor` names whose reports count, `waitTimeout` how long to wait",
        ),
        Ended::NotMerged => {
            error.hint("merge the pull request, and run the command `wait`; or set `waitTimeout`")
        }
        Ended::Unknown => {
            error.hint("name with `waitFor` whose reports count, such as `kustomization/apps`")
        }
        _ => error,
    })
}

/// From what a run published to what is followed.
async fn published(
    report: &RunReport,
    settings: &Settings,
    connector: &Connector,
) -> Result<Vec<Followed>, Error> {
    let mut followed: Vec<Followed> = Vec::new();
    for publication in &report.publications {
        for name in &publication.environments {
            let mut all = settings.environments.iter();
            let Some(environment) = all.find(|own| own.name == *name) else {
                continue;
            };
            let Some(target) = &environment.target else {
                continue;
            };
            let entry = report.environments.iter().find(|own| own.name == *name);
            let start = start(publication, entry)?;
            add(
                &mut followed,
                connector,
                target,
                &publication.branch,
                environment,
                start,
            )
            .await?;
        }
    }
    Ok(followed)
}

/// What became of one environment in a publication.
fn start(publication: &Publication, entry: Option<&EnvironmentReport>) -> Result<Start, Error> {
    let changes = entry.and_then(|entry| entry.changes.as_ref());
    let is_older = entry.is_some_and(|entry| entry.is_older);
    // Others share the commit.
    let is_same = changes.is_none_or(Changes::is_empty);
    let request = publication.pull_request.as_ref().map(|request| request.id);
    let commit = publication.commit_id.as_deref().and_then(ObjectId::parse);
    Ok(match (publication.outcome, request, commit) {
        _ if is_older => Start::Older,
        (Outcome::Declined, ..) => Start::Closed,
        (Outcome::Proposed | Outcome::Waiting, Some(number), _) => Start::Request(number),
        (Outcome::Published, _, Some(commit)) if !is_same => Start::Commit(commit),
        (Outcome::Published | Outcome::Unchanged, ..) => Start::Unchanged,
        (Outcome::Older, ..) => Start::Older,
        (outcome, ..) => {
            let said = format!("there is nothing to wait for after {outcome:?}");
            return Err(Error::message(Kind::Internal, said));
        }
    })
}

/// One environment whose publication was looked for.
struct Sought<'a> {
    environment: &'a EnvironmentSettings,
    target: &'a Target,
    api: Api,
    branch: String,
    start: Option<Start>,
}

/// What stands on the branches, or is proposed for them.
async fn standing(settings: &Settings, connector: &Connector) -> Result<Vec<Followed>, Error> {
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
            return Err(here(list_authors(&api, &branch, name).await?));
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
    on_branches(&mut sought, connector).await?;
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
async fn on_branches(sought: &mut [Sought<'_>], connector: &Connector) -> Result<(), Error> {
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
        };
        let connection = connector.open(target, false).await?;
        let survey = connection.remote.survey(Some(&branch), &sight).await?;
        for (one, found) in same.iter_mut().zip(&survey.folders) {
            let is_there = found.state.ledger.is_some() || !found.state.entries.is_empty();
            let commit = found.changed.filter(|_| is_there);
            let commit = commit.and_then(|at| survey.commits.get(at));
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
    for head in options.heads() {
        let found = if options.per_change {
            let prefix = format!("{head}/");
            let open = api.open_from(&prefix, branch).await;
            let open = open.map_err(wait::because)?;
            open.into_iter().max_by_key(|request| request.number)
        } else {
            api.find(head, branch).await.map_err(wait::because)?
        };
        if let Some(request) = found {
            return Ok(Some(Start::Request(request.number)));
        }
    }
    Ok(None)
}

/// The commit that changed an environment's folder last.
async fn on_branch(
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

/// Puts an environment to the branch that it goes to.
async fn add(
    followed: &mut Vec<Followed>,
    connector: &Connector,
    target: &Target,
    branch: &str,
    environment: &EnvironmentSettings,
    start: Start,
) -> Result<(), Error> {
    let member = Member {
        environment: environment.name.clone(),
        folder: environment.folder.clone(),
        start,
        required: environment.wait.required.clone(),
        authors: environment.wait.authors.clone(),
    };
    let same = |one: &&mut Followed| one.place == target.place && one.branch == branch;
    if let Some(one) = followed.iter_mut().find(same) {
        one.members.push(member);
        return Ok(());
    }
    followed.push(Followed {
        api: api(connector, target).await?,
        place: target.place.clone(),
        branch: branch.to_owned(),
        members: vec![member],
    });
    Ok(())
}

/// The interface that has commit statuses.
async fn api(connector: &Connector, target: &Target) -> Result<Api, Error> {
    let connection = connector.open(target, false).await?;
    connection.api.ok_or_else(|| {
        let said = format!("there are no commit statuses at {}", target.place);
        Error::message(Kind::Usage, said)
            .hint("waiting needs a repository on Azure DevOps or GitHub: set `wait` to false")
            .hint("if it is one of these, say which with `gitHost`")
    })
}

fn no_authors(environment: &str) -> Error {
    let said = format!(
        "environment {environment}: `statusAuthors` is not set, and whoever may write a commit status could end the wait"
    );
    Error::message(Kind::Usage, said)
}

/// The error for a setting that is missing, with what it can be.
async fn list_authors(api: &Api, branch: &str, environment: &str) -> Result<Error, Error> {
    let question = Question {
        branch: branch.to_owned(),
        folders: vec![Folder::ROOT],
        ..Question::default()
    };
    let sighting = api.watch(&question).await.map_err(wait::because)?;
    let commits = sighting.commits.unwrap_or_default().into_iter();
    let commits = commits.map(|commit| Commit {
        id: commit.id.to_string(),
        parent: None,
        reports: commit.reports,
    });
    let seen = Branch {
        commits: commits.collect(),
        ..Branch::default()
    };
    let found = writers(&seen);
    let mut error = no_authors(environment);
    if found.is_empty() {
        return Ok(error.hint(format!(
            "nobody has written a status to the newest {} commits of branch {branch:?}: first have the cluster report to it",
            seen.commits.len()
        )));
    }
    for writer in found.iter().take(AUTHORS) {
        let id = writer.ids.first().map(String::as_str).unwrap_or_default();
        let name = gitops_rollout::words(&writer.name);
        let targets: Vec<_> = writer
            .targets
            .iter()
            .take(5)
            .map(|it| gitops_rollout::words(it))
            .collect();
        error = error.hint(format!(
            "if you know that it is your cluster that writes as {name}, set `statusAuthors` to {} (it reported on {})",
            gitops_rollout::words(id),
            targets.join(", ")
        ));
    }
    Ok(error)
}
