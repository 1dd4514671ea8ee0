//! One push to one branch: what is decided on its tip, the folders that were left
//! behind there included, and what came of it.
//!
//! May not report what happened; the caller does.

use std::sync::PoisonError;

use crate::error::Error;
use crate::git::Tip;
use crate::model::FolderPlan;
use crate::publish::{self, Failure, Outcome as Ended, Proposal};
use crate::report::RunReport;

use super::compare::{Decided, Stop};
use super::leftovers::{self, Gone, Leftover, Search};
use super::publication::show;
use super::publication::{draft, list, mark_stopped, removing, retry};
use super::publish::Branch;
use super::risk::{self, Judged};
use super::{approval, new_branch, propose, together};

/// What became of one branch.
pub(super) struct Attempted {
    pub(super) ended: Ended,
    pub(super) decided: Decided,
    /// The branch was to be made on top of this.
    pub(super) created: Option<Tip>,
    /// Folders that were left behind, and the tip where they were found.
    pub(super) found: (Vec<Leftover>, Tip),
    /// Those of them that go with the commit.
    pub(super) gone: Vec<Gone>,
    /// What was decided about the risks of its environments.
    pub(super) judged: Vec<Judged>,
    /// Environments that have to go by pull request: nothing was pushed because of them.
    pub(super) routed: Vec<String>,
}

/// Pushes what changes on one branch. Folders that were left behind are known by
/// the tip alone: where some may have to go, it is decided again with them.
pub(super) async fn attempt(
    search: &Search<'_>,
    report: &mut RunReport,
) -> Result<Attempted, Failure<Error>> {
    let mut found: Option<(Vec<Leftover>, Tip)> = None;
    loop {
        let leaving = found.as_ref().map(|(found, _)| search.leaving(found));
        let mut first = None;
        let tried = push(search, leaving.as_deref(), &mut first, report).await?;
        let (ended, decided, created, gone, judged) = tried;
        let by_pull_request = |one: &&Judged| one.verdict.consequence.pull_request;
        let routed = judged.iter().filter(by_pull_request);
        let routed: Vec<_> = routed.map(|one| one.environment.clone()).collect();
        if let (false, Ended::Unchanged { tip, .. }) = (routed.is_empty(), &ended) {
            let found = (Vec::new(), tip.clone());
            return Ok(Attempted {
                ended,
                decided,
                created,
                found,
                gone,
                judged,
                routed,
            });
        }
        let held_back = first.is_some();
        let mut tip = match (first, &ended) {
            (Some(tip), _) => tip,
            (None, Ended::Published { tip, .. } | Ended::Unchanged { tip, .. }) => tip.clone(),
        };
        let mut again = held_back;
        let found_there = if let Some(found) = found.take() {
            found
        } else {
            // Where nothing is to be published, something may still have to go.
            let is_open = held_back || matches!(ended, Ended::Unchanged { .. });
            if is_open && search.comes_first(&tip) {
                tip = search.whole(tip).await.map_err(Failure::Decide)?;
            }
            let news = search.find(&tip, report).await.map_err(Failure::Decide)?;
            again |= is_open && search.acts() && !search.leaving(&news).is_empty();
            (news, tip)
        };
        if again {
            found = Some(found_there);
            continue;
        }
        return Ok(Attempted {
            ended,
            decided,
            created,
            found: found_there,
            gone,
            judged,
            routed: Vec::new(),
        });
    }
}

/// An environment that a newer run publishes to another folder is not published to the
/// former one again.
fn pass_over_moved(search: &Search<'_>, decided: &mut Decided, tip: &Tip) {
    if search.settings.run.allow_older {
        return;
    }
    let newer = search.newer.lock().unwrap_or_else(PoisonError::into_inner);
    let members = &search.branch.group.members;
    for (at, member) in members.iter().enumerate() {
        let name = &member.settings.name;
        let Some((_, published)) = newer.iter().find(|(moved, _)| moved == name) else {
            continue;
        };
        if tip.folders[at].ledger.is_none() && !decided.plans[at].is_empty() {
            decided.plans[at] = FolderPlan::default();
            decided.older.push((name.clone(), published.clone()));
        }
    }
}

/// What came of a push: how it ended, what was decided, the tip that a branch
/// was made on, what went, and what was decided about risks.
type Tried = (Ended, Decided, Option<Tip>, Vec<Gone>, Vec<Judged>);

/// Pushes without what was left behind, when that is not known yet, or with what
/// of it may go. `first` is the tip where one has to look for it before.
async fn push(
    search: &Search<'_>,
    leaving: Option<&[Leftover]>,
    first: &mut Option<Tip>,
    report: &mut RunReport,
) -> Result<Tried, Failure<Error>> {
    let Search {
        context,
        settings,
        branch,
        ..
    } = *search;
    let Branch { group, connection } = branch;
    let options = publish::Options {
        branch: group.target.branch.clone().map(String::from),
        wanted: leftovers::with(group.wanted(), leaving.unwrap_or_default()),
        retry: retry(settings),
    };
    let (mut decided, mut created, mut gone) = (Decided::default(), None, Vec::new());
    let mut judged = Vec::new();
    let mut decide = async |tip: &Tip| {
        judged.clear();
        new_branch::refuse(branch, tip)?;
        propose::refuse(branch, tip)?;
        if leaving.is_none() && search.comes_first(tip) {
            *first = Some(tip.clone());
            return Ok(None);
        }
        let mut left = search.leave(tip, leaving.unwrap_or_default());
        decided = group.decide_each(context, settings.run.allow_older, &left.tip);
        pass_over_moved(search, &mut decided, &left.tip);
        if group.adopted.is_incomplete() {
            return Ok(None);
        }
        decided.stopped.append(&mut left.stopped);
        together::one_error(context, std::mem::take(&mut decided.stopped))?;
        let is_new = new_branch::is_made(&decided, tip);
        gone = left.gone();
        let folders: Vec<_> = gone.iter().map(|one| one.folder.clone()).collect();
        approval::refuse_older(context, decided.older.first().map(|(name, _)| name))?;
        approval::at_tip(context, branch, tip, &decided.plans, &folders)?;
        judged = risk::judge(context, branch, &left.tip, (&decided.plans, &left.former)).await?;
        for (environment, error) in risk::refusals(&judged) {
            decided.stops.push(Stop {
                environment,
                is_compared: true,
            });
            decided.stopped.push(error);
        }
        together::one_error(context, std::mem::take(&mut decided.stopped))?;
        if judged
            .iter()
            .any(|one| one.verdict.consequence.pull_request)
        {
            return Ok(None);
        }
        let commit = removing(draft(context, settings, group), &gone);
        // What goes comes first: a new folder may lie in the former one.
        let mut changes = left.changes;
        changes.extend(group.changes(&decided.plans));
        changes.extend(new_branch::without_others(tip).filter(|_| is_new));
        created = is_new.then(|| tip.clone());
        Ok::<_, Error>((is_new || !changes.is_empty()).then_some(Proposal { changes, commit }))
    };
    let mut result = publish::run(&connection.remote, &options, &mut decide).await;
    while let Ok(Ended::Unchanged { tip, .. }) = &result
        && group.adopted.is_incomplete()
    {
        let read = group.adopted.read(connection, tip).await;
        read.map_err(Failure::Decide)?;
        result = publish::run(&connection.remote, &options, &mut decide).await;
    }
    match result {
        Ok(ended) => Ok((ended, decided, created, gone, judged)),
        Err(failure) => {
            // What would have changed explains why it did not.
            list(report, group, &decided.plans);
            mark_stopped(report, &decided.stops);
            show(report, judged);
            Err(failure)
        }
    }
}
