//! From checked file sets to commits, or to what they would change.

use std::sync::Arc;

use crate::context::Context;
use crate::error::{Error, Kind};
use crate::git::Tip;
use crate::host::Refusal;
use crate::model::FolderPlan;
use crate::publish::{self, Failure, Outcome as Ended, Proposal};
use crate::report::{Outcome, Publication, RunReport};
use crate::settings::definition::Mode;
use crate::settings::{Settings, Target};

use super::compare::{Decided, Group, groups};
use super::publication::{
    add, draft, list, mark_stopped, publication, refuse_empty_author, retry, warn_all_older,
};
use super::{
    Connection, Rendered, annotate, new_branch, propose, remarks, report, together, unknown,
};

/// A run that failed after part of it was done.
#[derive(Debug)]
pub struct Stopped {
    /// What was done before.
    pub report: RunReport,
    /// Why it failed.
    pub error: Error,
}

impl From<Error> for Box<Stopped> {
    /// A failure before anything was done.
    fn from(error: Error) -> Self {
        Box::new(Stopped {
            report: RunReport::default(),
            error,
        })
    }
}

/// One branch: the environments that go there, and how to reach it.
pub(super) struct Branch<'a> {
    pub(super) group: Group<'a>,
    pub(super) connection: Arc<Connection>,
}

impl<'a> Branch<'a> {
    /// The same repository for other environments.
    fn with(&self, group: Group<'a>) -> Self {
        Self {
            group,
            connection: Arc::clone(&self.connection),
        }
    }
}

/// Publishes every environment: one commit per branch.
///
/// `open` prepares a manifest repository. With several branches, each is
/// looked at before the first is pushed to, so that a brake on one of them
/// stops all. When a later branch fails, the report says what was published.
pub async fn publish(
    context: &Context,
    settings: &Settings,
    rendered: &[Rendered],
    open: impl AsyncFn(&Target) -> Result<Connection, Error>,
) -> Result<RunReport, Box<Stopped>> {
    let mut report = report("publish", rendered);
    let stopped = |report: &RunReport, error| {
        Box::new(Stopped {
            report: report.clone(),
            error,
        })
    };
    refuse_empty_author(settings).map_err(|error| stopped(&report, error))?;
    unknown::refuse(rendered).map_err(|error| stopped(&report, error))?;
    let branches = branches(rendered, open)
        .await
        .map_err(|error| stopped(&report, error))?;
    look_at_all(context, settings, &branches, &mut report)
        .await
        .map_err(|error| stopped(&report, error))?;
    for (at, branch) in branches.iter().enumerate() {
        let share = u8::try_from(75 + at * 25 / branches.len()).unwrap_or(75);
        context.reporter.progress(share, "Publishing");
        publish_group(context, settings, branch, &mut report)
            .await
            .map_err(|error| stopped(&report, error))?;
    }
    remarks::remark(context, rendered, &mut report).await;
    Ok(report)
}

/// Publishes the environments of one branch in the way that they ask for.
async fn publish_group(
    context: &Context,
    settings: &Settings,
    branch: &Branch<'_>,
    report: &mut RunReport,
) -> Result<(), Error> {
    if branch.group.is_proposed() {
        return propose::propose(context, settings, branch, report).await;
    }
    let mut members = branch.group.members.iter();
    let auto = members.all(|member| member.settings.pull_request.mode == Mode::Auto);
    match publish_branch(context, settings, branch, report).await {
        Err(Failure::Git(error)) if auto && error.refusal() == Some(Refusal::Protected) => {
            context
                .reporter
                .info(&format!("{error}; opening a pull request"));
            for alone in branch.group.each() {
                propose::propose(context, settings, &branch.with(alone), report).await?;
            }
            Ok(())
        }
        result => {
            result?;
            let last = report.publications.last().map(|last| last.outcome);
            if auto && last == Some(Outcome::Published) {
                for alone in branch.group.each() {
                    propose::withdraw_pushed(context, settings, &branch.with(alone), report).await;
                }
            }
            Ok(())
        }
    }
}

/// Lists what publishing would change. Environments without a manifest
/// repository are only rendered and checked.
pub async fn verify(
    context: &Context,
    settings: &Settings,
    rendered: &[Rendered],
    open: impl AsyncFn(&Target) -> Result<Connection, Error>,
) -> Result<RunReport, Box<Stopped>> {
    let mut report = report("verify", rendered);
    match look_and_list(context, settings, rendered, open, &mut report).await {
        Ok(()) => {
            remarks::remark(context, rendered, &mut report).await;
            Ok(report)
        }
        Err(error) => Err(Box::new(Stopped { report, error })),
    }
}

async fn look_and_list(
    context: &Context,
    settings: &Settings,
    rendered: &[Rendered],
    open: impl AsyncFn(&Target) -> Result<Connection, Error>,
    report: &mut RunReport,
) -> Result<(), Error> {
    let branches = branches(rendered, open).await?;
    let mut tips = Vec::new();
    for branch in &branches {
        tips.push(read(branch).await?);
    }
    refuse_one_branch_twice(&branches, &tips)?;
    let mut stopped = Vec::new();
    for (branch, tip) in branches.iter().zip(&tips) {
        let Branch { group, connection } = branch;
        new_branch::refuse(branch, tip)?;
        let mut decided = Decided {
            plans: vec![FolderPlan::default(); group.members.len()],
            ..Decided::default()
        };
        if !tip.is_settled() {
            decided = group.decide_each(context, settings.run.allow_older, tip);
        }
        let is_new = new_branch::is_made(&decided, tip) && !group.is_proposed();
        let outcome = if !decided.stopped.is_empty() {
            Outcome::Stopped
        } else if is_new || decided.plans.iter().any(FolderPlan::is_certain) {
            Outcome::WouldPublish
        } else if decided.plans.iter().any(|plan| !plan.is_empty()) {
            Outcome::Unknown
        } else if decided.older.is_empty() {
            Outcome::Unchanged
        } else {
            Outcome::Older
        };
        add(
            report,
            group,
            &decided.plans,
            publication(&connection.remote, tip, outcome, 1),
        );
        warn_all_older(context, report, &decided.older);
        mark_stopped(report, &decided.stops);
        stopped.append(&mut decided.stopped);
        if is_new {
            new_branch::announce(context, report, branch, tip, "would be created");
        }
    }
    together::one_error(context, stopped)
}

/// Opens the repository of every group.
async fn branches<'a>(
    rendered: &'a [Rendered],
    open: impl AsyncFn(&Target) -> Result<Connection, Error>,
) -> Result<Vec<Branch<'a>>, Error> {
    let mut branches = Vec::new();
    for group in groups(rendered) {
        let connection = Arc::new(open(group.target).await?);
        branches.push(Branch { group, connection });
    }
    Ok(branches)
}

/// With several branches, looks at each before anything is sent.
async fn look_at_all(
    context: &Context,
    settings: &Settings,
    branches: &[Branch<'_>],
    report: &mut RunReport,
) -> Result<(), Error> {
    if branches.len() < 2 {
        return Ok(());
    }
    let mut tips = Vec::new();
    for branch in branches {
        tips.push(read(branch).await?);
    }
    refuse_one_branch_twice(branches, &tips)?;
    let mut seen = Vec::new();
    for (branch, tip) in branches.iter().zip(&tips) {
        let group = &branch.group;
        new_branch::refuse(branch, tip)?;
        if !tip.is_settled() {
            let decided = group.decide_each(context, settings.run.allow_older, tip);
            seen.push((group, decided));
        }
    }
    if seen.iter().all(|(_, decided)| decided.stopped.is_empty()) {
        return Ok(());
    }
    let mut stopped = Vec::new();
    for (group, decided) in seen {
        list(report, group, &decided.plans);
        mark_stopped(report, &decided.stops);
        stopped.extend(decided.stopped);
    }
    together::one_error(context, stopped)
}

/// The default branch may be one that another environment names.
fn refuse_one_branch_twice(branches: &[Branch<'_>], tips: &[Tip]) -> Result<(), Error> {
    for (at, (one, tip)) in branches.iter().zip(tips).enumerate() {
        let before = branches[..at].iter().zip(tips);
        let is_same = |(other, other_tip): &(&Branch<'_>, &Tip)| {
            other.group.target.place == one.group.target.place
                && other_tip.branch == tip.branch
                && !one.group.is_proposed()
                && !other.group.is_proposed()
        };
        if let Some((other, _)) = before.clone().find(is_same) {
            let said = format!(
                "the environments `{}` and `{}` go to the same branch {:?}, which only one of them names",
                other.group.names().join(", "),
                one.group.names().join(", "),
                tip.branch
            );
            return Err(Error::message(Kind::Usage, said)
                .hint("set `branch` for both, or for neither: they are then one commit"));
        }
    }
    Ok(())
}

/// The tip of the branch.
async fn read(branch: &Branch<'_>) -> Result<Tip, Error> {
    let Branch { group, connection } = branch;
    Ok(connection
        .remote
        .read(group.target.branch.as_deref(), &group.wanted())
        .await?)
}

/// Publishes the environments of one branch.
async fn publish_branch(
    context: &Context,
    settings: &Settings,
    branch: &Branch<'_>,
    report: &mut RunReport,
) -> Result<(), Failure<Error>> {
    let Branch { group, connection } = branch;
    let remote = &connection.remote;
    let options = publish::Options {
        branch: group.target.branch.clone().map(String::from),
        wanted: group.wanted(),
        retry: retry(settings),
    };
    let mut decided = Decided::default();
    let mut created = None;
    let result = publish::run(remote, &options, |tip| {
        new_branch::refuse(branch, tip)?;
        decided = group.decide_each(context, settings.run.allow_older, tip);
        together::one_error(context, std::mem::take(&mut decided.stopped))?;
        let is_new = new_branch::is_made(&decided, tip);
        let mut changes = group.changes(&decided.plans);
        changes.extend(new_branch::without_others(tip).filter(|_| is_new));
        let commit = draft(context, settings, group);
        created = is_new.then(|| tip.clone());
        Ok::<_, Error>((is_new || !changes.is_empty()).then_some(Proposal { changes, commit }))
    })
    .await;
    let ended = match result {
        Ok(ended) => ended,
        Err(failure) => {
            // What would have changed explains why it did not.
            list(report, group, &decided.plans);
            mark_stopped(report, &decided.stops);
            return Err(failure);
        }
    };
    let mut landed = None;
    let publication = match ended {
        Ended::Published {
            pushed,
            tip,
            attempt,
        } => {
            landed = Some(pushed.commit);
            Publication {
                commit_id: Some(pushed.commit.to_string()),
                ..publication(remote, &tip, Outcome::Published, attempt)
            }
        }
        Ended::Unchanged { tip, attempt } => {
            decided.plans = vec![FolderPlan::default(); group.members.len()];
            let outcome = if decided.older.is_empty() {
                Outcome::Unchanged
            } else {
                Outcome::Older
            };
            publication(remote, &tip, outcome, attempt)
        }
    };
    add(report, group, &decided.plans, publication);
    warn_all_older(context, report, &decided.older);
    if let Some(tip) = created.filter(|_| landed.is_some()) {
        new_branch::announce(context, report, branch, &tip, "was created");
    }
    if let Some(commit) = landed {
        annotate::commit_statuses(context, branch, commit, &decided.plans, report).await;
    }
    Ok(())
}
