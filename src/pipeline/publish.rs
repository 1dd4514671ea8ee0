//! From checked file sets to commits, or to what they would change.

mod look;

use std::sync::Arc;

use gitops_plan::{Approval, Approved};

use crate::context::Context;
use crate::error::Error;
use crate::model::FolderPlan;
use crate::publish::{Failure, Outcome as Ended};
use crate::report::{Outcome, Publication, RunReport};
use crate::settings::{Settings, Target};

use super::attempt::{Attempted, attempt};
use super::compare::{Decided, Group, Stop, groups};
use super::leftovers::Search;
use super::publication::{
    add, mark_stopped, publication, refuse_empty_author, show, warn_all_older,
};
use super::{
    Connection, Rendered, accepted, annotate, approval, detail, new_branch, propose, remarks,
    report, risk, rotated, route, together, unknown,
};
use look::{decided_on, look, look_at_all};

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
    pub(super) fn with(&self, group: Group<'a>) -> Self {
        Self {
            group,
            connection: Arc::clone(&self.connection),
        }
    }
}

/// Publishes every environment: one commit per branch.
///
/// With `approval`, exactly what was approved is published, or nothing.
///
/// `open` prepares a manifest repository. With several branches, each is
/// looked at before the first is pushed to, so that a brake on one of them
/// stops all. When a later branch fails, the report says what was published.
pub async fn publish(
    context: &Context,
    settings: &Settings,
    rendered: &[Rendered],
    open: impl AsyncFn(&Target) -> Result<Connection, Error>,
    approval: Option<&Approval>,
) -> Result<RunReport, Box<Stopped>> {
    let mut report = report("publish", rendered);
    let stopped = |report: &RunReport, error| {
        let mut report = report.clone();
        rotated::cover(context, &mut report);
        Box::new(Stopped { report, error })
    };
    refuse_empty_author(settings).map_err(|error| stopped(&report, error))?;
    unknown::refuse(rendered).map_err(|error| stopped(&report, error))?;
    let branches = branches(rendered, open)
        .await
        .map_err(|error| stopped(&report, error))?;
    let approved = match approval {
        Some(approval) => {
            approve(
                context,
                settings,
                (rendered, &branches),
                approval,
                &mut report,
            )
            .await
        }
        None => Ok(None),
    };
    let context = &Context {
        approved: approved.map_err(|error| stopped(&report, error))?,
        ..context.clone()
    };
    look_at_all(context, settings, &branches, &mut report)
        .await
        .map_err(|error| stopped(&report, error))?;
    for (at, branch) in branches.iter().enumerate() {
        let share = u8::try_from(75 + at * 25 / branches.len()).unwrap_or(75);
        context.reporter.progress(share, "Publishing");
        let speaks = speaks(&branches, at);
        route::publish_group(context, settings, (branch, speaks), &mut report)
            .await
            .map_err(|error| stopped(&report, error))?;
    }
    remarks::remark(context, rendered, &mut report).await;
    rotated::cover(context, &mut report);
    Ok(report)
}

/// Looks at every branch, and refuses to go on unless what this run is about to do is what
/// was approved.
async fn approve(
    context: &Context,
    settings: &Settings,
    (rendered, branches): (&[Rendered], &[Branch<'_>]),
    approval: &Approval,
    report: &mut RunReport,
) -> Result<Option<Arc<Approved>>, Error> {
    let looks = Box::pin(look(context, settings, branches, report)).await?;
    for (branch, (_, left)) in branches.iter().zip(&looks) {
        approval::add_effects(context, branch, left, report).await;
    }
    approval::refuse_uncommitted(context, rendered)?;
    let tips = branches.iter().zip(&looks);
    let tips: Vec<_> = tips
        .map(|(branch, (_, left))| (branch, &left.tip))
        .collect();
    let approved = approval::check(approval, report, &tips)?;
    report.approved = Some(approval.hash().to_string());
    Ok(Some(Arc::new(approved)))
}

/// Whether a group is the one that says what was left behind in its branch: one
/// that is pushed, else the first.
fn speaks(branches: &[Branch<'_>], at: usize) -> bool {
    let this = &branches[at].group;
    let same = |other: &Branch<'_>| other.group.target.is_same_branch(this.target);
    let pushed = |other: &Branch<'_>| same(other) && !other.group.is_proposed();
    !this.is_proposed() || !(branches[..at].iter().any(same) || branches.iter().any(pushed))
}

/// Lists what publishing would change. Environments without a manifest
/// repository are only rendered and checked.
pub async fn verify(
    context: &Context,
    settings: &Settings,
    rendered: &[Rendered],
    open: impl AsyncFn(&Target) -> Result<Connection, Error>,
    approval: Option<&Approval>,
) -> Result<RunReport, Box<Stopped>> {
    let mut report = report("plan", rendered);
    let looked = look_and_list(context, settings, rendered, (open, approval), &mut report).await;
    rotated::cover(context, &mut report);
    match looked {
        Ok(()) => {
            report.no_plan_hash = approval::reasons(context, rendered, &report).await;
            report.plan_hash = report.run_plan(None).hash;
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
    (open, approval): (
        impl AsyncFn(&Target) -> Result<Connection, Error>,
        Option<&Approval>,
    ),
    report: &mut RunReport,
) -> Result<(), Error> {
    let branches = branches(rendered, open).await?;
    let looks = Box::pin(look(context, settings, &branches, report)).await?;
    for (branch, (_, left)) in branches.iter().zip(&looks) {
        approval::add_effects(context, branch, left, report).await;
    }
    if let Some(approval) = approval {
        let tips = branches.iter().zip(&looks);
        let tips: Vec<_> = tips
            .map(|(branch, (_, left))| (branch, &left.tip))
            .collect();
        approval::check(approval, report, &tips)?;
    }
    let mut stopped = Vec::new();
    for (at, (branch, (found, mut left))) in branches.iter().zip(looks).enumerate() {
        let Branch { group, connection } = branch;
        let tip = &left.tip;
        new_branch::refuse(branch, tip)?;
        propose::refuse(branch, tip)?;
        if group.is_proposed() {
            let name = &group.members[0].settings.name;
            propose::api(branch).map_err(|error| error.context(format!("environment {name}")))?;
        }
        let search = Search::new(context, settings, branch);
        let gone = left.gone();
        search.refuse(tip, &found, &gone)?;
        let keeps_folders = !left.stopped.is_empty();
        stopped.append(&mut left.stopped);
        let mut decided = Decided {
            plans: vec![FolderPlan::default(); group.members.len()],
            ..Decided::default()
        };
        if !tip.is_settled() {
            decided = decided_on(context, settings, branch, tip).await?;
        }
        let is_new = new_branch::is_made(&decided, tip) && !group.is_proposed();
        let certain = decided.plans.iter().any(FolderPlan::is_certain);
        let outcome = if keeps_folders || !decided.stopped.is_empty() {
            Outcome::Stopped
        } else if is_new || certain || !gone.is_empty() {
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
        detail::detail(context, branch, tip, (&decided.plans, &left.former), report).await?;
        accepted::note_unmatched(context, branch, report);
        for (environment, error) in risk::of_report(context, branch, &decided.plans, report) {
            decided.stops.push(Stop {
                environment,
                is_compared: true,
            });
            decided.stopped.push(error);
        }
        if let (false, Some(last)) = (decided.stopped.is_empty(), report.publications.last_mut()) {
            last.outcome = Outcome::Stopped;
        }
        warn_all_older(context, report, &decided.older);
        mark_stopped(report, &decided.stops);
        stopped.append(&mut decided.stopped);
        if is_new {
            new_branch::announce(context, report, branch, tip, "would be created");
        }
        if speaks(&branches, at) {
            search.announce(report, tip, &found, &gone, "it would be removed");
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

/// Publishes the environments of one branch; gives back those that have to go by pull
/// request, because of which nothing was pushed.
pub(super) async fn publish_branch(
    context: &Context,
    settings: &Settings,
    branch: &Branch<'_>,
    report: &mut RunReport,
) -> Result<Vec<String>, Failure<Error>> {
    let Branch { group, connection } = branch;
    let remote = &connection.remote;
    let search = Search::new(context, settings, branch);
    let Attempted {
        ended,
        mut decided,
        created,
        found: (found, seen),
        gone,
        judged,
        routed,
    } = Box::pin(attempt(&search, report)).await?;
    if !routed.is_empty() {
        return Ok(routed);
    }
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
    show(report, judged);
    warn_all_older(context, report, &decided.older);
    if let Some(tip) = created.filter(|_| landed.is_some()) {
        new_branch::announce(context, report, branch, &tip, "was created");
    }
    let gone = if landed.is_some() { gone } else { Vec::new() };
    search.announce(
        report,
        &seen,
        &found,
        &gone,
        "it was removed in the same commit",
    );
    if let Some(commit) = landed {
        annotate::commit_statuses(context, branch, commit, &decided.plans, report).await;
    }
    Ok(Vec::new())
}
