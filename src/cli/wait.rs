//! `wait`, and what `publish` and `promote` do with `wait: true`: from what was
//! published to branches that are followed, and from outcomes to an exit code.

mod held;
mod in_time;
mod own_build;
mod rolled_out;
mod sought;
mod standing;

use gitops_rollout::{Branch, Commit, Outcome as Ended, Policy, writers};

use crate::error::{Error, Kind};
use crate::host::Api;
use crate::host::watch::Question;
use crate::model::{Finding, Folder, ObjectId};
use crate::pipeline::Stopped;
use crate::report::{
    Changes, EnvironmentReport, Outcome, Publication, Reporter, RolloutReport, RunReport,
    rollout_table,
};
use crate::settings::{EnvironmentSettings, Settings};
use crate::wait::{self, Followed, RealClock, Start};

use super::connect::Connector;

use held::held;
use in_time::in_time;
use own_build::OwnBuild;
pub(super) use rolled_out::require_rolled_out;
use sought::{Apis, Sought};
use standing::standing;

/// How many environments are named.
const ENVIRONMENTS: usize = 10;

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
    let mut apis = Apis::new(connector);
    // Of a promotion, the first is the one that is promoted.
    for environment in settings.environments.iter().skip(usize::from(promotes)) {
        if let Some(target) = &environment.target {
            let found = apis.of(target).await;
            found.map_err(|error| error.hint("to publish without waiting, set `wait` to false"))?;
        }
        let name = &environment.name;
        refuse_mute(environment).map_err(|error| error.context(format!("environment {name}")))?;
        if environment.wait.authors.is_empty() {
            return Err(no_authors(name).hint(format!(
                "`command: wait` (`gitops-publisher wait --environments {name}`) lists who has written statuses to the branch"
            )));
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
    let seconds = settings.run.wait.wait_timeout;
    let what = looked_for(settings);
    let look = published(&report, settings, connector);
    match Box::pin(in_time(seconds, &what, reporter, look)).await {
        Ok(found) => finish(report, found, settings, reporter).await,
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
    let seconds = settings.run.wait.wait_timeout;
    let what = looked_for(settings);
    let look = standing(settings, connector);
    match Box::pin(in_time(seconds, &what, reporter, look)).await {
        Ok(found) => finish(report, found, settings, reporter).await,
        Err(error) => Err(Box::new(Stopped { report, error })),
    }
}

/// What has to be known before a wait begins, for people.
fn looked_for(settings: &Settings) -> String {
    let names = settings.environments.iter().take(ENVIRONMENTS);
    let names: Vec<_> = names.map(|environment| environment.name.as_str()).collect();
    let more = match settings.environments.len().saturating_sub(names.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("what stands on the branches of {}{more}", names.join(", "))
}

/// Follows the branches; an outcome that does not pass is an error.
async fn finish(
    mut report: RunReport,
    (followed, timeout): (Vec<Followed>, u64),
    settings: &Settings,
    reporter: &Reporter,
) -> Result<RunReport, Box<Stopped>> {
    let policy = Policy {
        grace: settings.run.wait.wait_grace,
        timeout,
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
        if one.outcome == Ended::Unchanged && !one.reasons.is_empty() {
            let finding = Finding::warning(&one.environment, one.reasons.join("; "));
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
    Some(match first.hint {
        Some(hint) => error.hint(hint),
        None => error,
    })
}

/// From what a run published to what is followed.
async fn published(
    report: &RunReport,
    settings: &Settings,
    connector: &Connector,
) -> Result<Vec<Followed>, Error> {
    let mut sought: Vec<Sought<'_>> = Vec::new();
    let mut before: Option<OwnBuild> = None;
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
            let mut start = start(publication, entry)?;
            // What this run published when it ran before.
            if start.is_none() && OwnBuild::is_run_again(connector) {
                let build = match &mut before {
                    Some(build) => build,
                    None => before.insert(OwnBuild::read(connector).await),
                };
                let done = build.start(target, &publication.branch, environment);
                start = done.map(|(start, _)| start);
            }
            let branch = publication.branch.clone();
            let commit = publication.commit_id.as_deref();
            sought.push(Sought {
                compared: commit.and_then(ObjectId::parse),
                ..Sought::new(environment, target, branch, start)
            });
        }
    }
    let mut apis = Apis::new(connector);
    held(&mut sought, &mut apis, connector).await?;
    apis.follow(&sought).await
}

/// What became of one environment in a publication; `None` where there was nothing to
/// publish.
fn start(
    publication: &Publication,
    entry: Option<&EnvironmentReport>,
) -> Result<Option<Start>, Error> {
    let changes = entry.and_then(|entry| entry.changes.as_ref());
    let is_older = entry.is_some_and(|entry| entry.is_older);
    // Others share the commit.
    let is_same = changes.is_none_or(Changes::is_empty);
    let request = publication.pull_request.as_ref().map(|request| request.id);
    let commit = publication.commit_id.as_deref().and_then(ObjectId::parse);
    Ok(Some(match (publication.outcome, request, commit) {
        _ if is_older => Start::Older,
        (Outcome::Declined, ..) => Start::Closed,
        (Outcome::Proposed | Outcome::Waiting, Some(number), head) => Start::Request(number, head),
        (Outcome::Published, _, Some(commit)) if !is_same => Start::Commit(commit),
        (Outcome::Published | Outcome::Unchanged, ..) => return Ok(None),
        (Outcome::Older, ..) => Start::Older,
        (outcome, ..) => {
            let said = format!("there is nothing to wait for after {outcome:?}");
            return Err(Error::message(Kind::Internal, said));
        }
    }))
}

/// Refuses to wait for a cluster that cannot report.
fn refuse_mute(environment: &EnvironmentSettings) -> Result<(), Error> {
    let Some(why) = &environment.wait.mute else {
        return Ok(());
    };
    let said = format!("{why}, so its rollout cannot be waited for");
    Err(Error::message(Kind::Usage, said).hint("set `waitFor` to what does report there"))
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
        reports: commit.reports,
        ..Commit::default()
    });
    let seen = Branch {
        commits: commits.collect(),
        ..Branch::default()
    };
    let found = writers(&seen);
    let mut error = no_authors(environment);
    if found.is_empty() {
        return Ok(error.hint(format!(
            "nobody has written a status to the last {} of branch {branch:?}: first have the cluster report to it",
            wait::commits(seen.commits.len())
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
