//! Looks at the branches of a run before anything is sent: what is there, what was left
//! behind, and what would be decided.

use crate::context::Context;
use crate::error::{Error, Kind};
use crate::git::Tip;
use crate::plan::Orphans;
use crate::report::RunReport;
use crate::settings::Settings;

use super::super::compare::Decided;
use super::super::leftovers::{Left, Leftover, Look, Search};
use super::super::publication::{list, mark_stopped};
use super::super::{new_branch, propose, together};
use super::Branch;

/// Every branch, with what was left behind there and what of that would go.
pub(super) async fn look(
    context: &Context,
    settings: &Settings,
    branches: &[Branch<'_>],
    report: &mut RunReport,
) -> Result<Vec<(Vec<Leftover>, Left)>, Error> {
    let mut looks = Vec::new();
    let mut tips = Vec::new();
    for branch in branches {
        let search = Search::new(context, settings, branch);
        let Look {
            tip,
            found,
            leaving,
        } = search.look(report).await?;
        let mut left = search.leave(&tip, &leaving);
        if branch.group.adopted.is_incomplete() {
            branch.group.adopted.read(&branch.connection, &tip).await?;
            left = search.leave(&tip, &leaving);
        }
        looks.push((found, left));
        tips.push(tip);
    }
    refuse_one_branch_twice(branches, &tips)?;
    Ok(looks)
}

/// With several branches, looks at each before anything is sent; also where what
/// was left behind stops the run.
pub(super) async fn look_at_all(
    context: &Context,
    settings: &Settings,
    branches: &[Branch<'_>],
    report: &mut RunReport,
) -> Result<(), Error> {
    if branches.len() < 2 && settings.run.orphans != Orphans::Fail {
        return Ok(());
    }
    let looks = Box::pin(look(context, settings, branches, report)).await?;
    let mut seen = Vec::new();
    for (branch, (found, left)) in branches.iter().zip(looks) {
        let group = &branch.group;
        let tip = &left.tip;
        new_branch::refuse(branch, tip)?;
        propose::refuse(branch, tip)?;
        let search = Search::new(context, settings, branch);
        search.refuse(tip, &found, &left.gone())?;
        if !tip.is_settled() {
            let mut decided = decided_on(context, settings, branch, tip).await?;
            decided.stopped.extend(left.stopped);
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

/// What is decided on a tip, with all that has to be read for it.
pub(super) async fn decided_on(
    context: &Context,
    settings: &Settings,
    branch: &Branch<'_>,
    tip: &Tip,
) -> Result<Decided, Error> {
    let Branch { group, connection } = branch;
    let decided = group.decide_each(context, settings.run.allow_older, tip);
    if !group.adopted.is_incomplete() {
        return Ok(decided);
    }
    group.adopted.read(connection, tip).await?;
    Ok(group.decide_each(context, settings.run.allow_older, tip))
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
