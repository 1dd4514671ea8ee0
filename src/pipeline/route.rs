//! Which way the environments of a branch go: pushed together, or each by pull request,
//! as its settings, its risks or the server ask for.

use crate::context::Context;
use crate::error::Error;
use crate::host::Refusal;
use crate::publish::Failure;
use crate::report::{Outcome, RunReport};
use crate::settings::Settings;
use crate::settings::definition::Mode;

use super::compare::Group;
use super::propose;
use super::publish::{Branch, publish_branch};

/// Publishes the environments of one branch in the way that they ask for.
pub(super) async fn publish_group(
    context: &Context,
    settings: &Settings,
    (branch, speaks): (&Branch<'_>, bool),
    report: &mut RunReport,
) -> Result<(), Error> {
    if branch.group.is_proposed() {
        return propose::propose(context, settings, (branch, speaks), report).await;
    }
    let mut members = branch.group.members.iter();
    let auto = members.all(|member| member.settings.pull_request.mode == Mode::Auto);
    let mut proposed = Vec::new();
    let split = publish_split(
        context,
        settings,
        (branch, speaks),
        (&mut proposed, &mut *report),
    );
    match split.await {
        Err(Failure::Git(error)) if auto && error.refusal() == Some(Refusal::Protected) => {
            context
                .reporter
                .info(&format!("{error}; opening a pull request"));
            let rest = branch
                .group
                .only(|name| proposed.iter().all(|own| own != name));
            for (at, alone) in rest.each().enumerate() {
                let alone = branch.with(alone);
                propose::propose(context, settings, (&alone, at == 0), report).await?;
            }
            Ok(())
        }
        result => {
            let pushed = result?;
            let last = report.publications.last().map(|last| last.outcome);
            let mut policies = pushed.members.iter().map(|one| &one.settings.risk.policy);
            let is_over = match last {
                Some(Outcome::Published) => auto || policies.any(|it| !it.is_empty()),
                // What was proposed because of its risks may have been taken back.
                Some(Outcome::Unchanged) => policies.any(gitops_plan::RiskPolicy::proposes),
                _ => false,
            };
            if is_over {
                for alone in pushed.each() {
                    propose::withdraw_pushed(context, settings, &branch.with(alone), report).await;
                }
            }
            Ok(())
        }
    }
}

/// Pushes the environments of one branch, but for those whose risks ask for a pull
/// request: they are proposed first, so that the last publication is the push. Gives back
/// what was pushed.
async fn publish_split<'a>(
    context: &Context,
    settings: &Settings,
    (branch, speaks): (&Branch<'a>, bool),
    (proposed, report): (&mut Vec<String>, &mut RunReport),
) -> Result<Group<'a>, Failure<Error>> {
    loop {
        let rest = branch
            .group
            .only(|name| proposed.iter().all(|own| own != name));
        let routed = if rest.members.is_empty() {
            Vec::new()
        } else {
            publish_branch(context, settings, &branch.with(rest), report).await?
        };
        if routed.is_empty() {
            break;
        }
        for name in &routed {
            let alone = branch.with(branch.group.only(|own| own == name));
            let speaks = speaks && proposed.is_empty();
            let done = propose::propose(context, settings, (&alone, speaks), report).await;
            done.map_err(Failure::Decide)?;
            proposed.push(name.clone());
        }
    }
    Ok(branch
        .group
        .only(|name| proposed.iter().all(|own| own != name)))
}
