//! What the risks of a change ask of its pull request, and whether there can be one.

use std::sync::PoisonError;

use gitops_plan::Consequence;

use crate::error::{Error, Kind};
use crate::git::Tip;
use crate::host::Api;
use crate::model::FolderPlan;
use crate::report::RunReport;
use crate::settings::definition::Mode;

use super::super::publish::Branch;
use super::super::{Rendered, detail, risk};
use super::Work;

/// The interface for pull requests of the group's host.
pub(in super::super) fn api<'a>(branch: &'a Branch<'_>) -> Result<&'a Api, Error> {
    branch.connection.api.as_ref().ok_or_else(|| {
        let said = format!(
            "pull requests cannot be opened at {}",
            branch.connection.remote.display()
        );
        let mut members = branch.group.members.iter();
        let auto = members.all(|member| member.settings.pull_request.mode == Mode::Auto);
        let risky = members_of(branch).any(|one| {
            one.settings.pull_request.mode == Mode::Push && !one.settings.risk.policy.is_empty()
        });
        let hint = if risky {
            "`riskPolicy` asks for a pull request because of the risks of this change: publish to a repository on Azure DevOps or GitHub, or change the policy"
        } else if auto {
            // The push was refused already.
            "allow this user to push to the branch, or set `branch` to one that it may push to"
        } else {
            "pull requests need a repository on Azure DevOps or GitHub: set `mode` to `push`"
        };
        Error::message(Kind::Usage, said)
            .hint(hint)
            .hint("if it is Azure DevOps or GitHub, say which with `gitHost`")
    })
}

fn members_of<'b>(branch: &'b Branch<'_>) -> impl Iterator<Item = &'b Rendered> {
    branch.group.members.iter().copied()
}

impl Work<'_> {
    /// Adds to the report what changes; a former folder stays where it is.
    pub(super) async fn detail(
        &self,
        tip: &Tip,
        plans: &[FolderPlan],
        report: &mut RunReport,
    ) -> Result<(), Error> {
        detail::detail(self.context, self.branch, tip, (plans, &[]), report).await
    }

    /// Asks the policy of the environment about what would change at this tip.
    pub(super) async fn judge(&self, tip: &Tip, plans: &[FolderPlan]) -> Result<(), Error> {
        let judged = risk::judge(self.context, self.branch, tip, (plans, &[])).await?;
        if let Some((_, error)) = risk::refusals(&judged).into_iter().next() {
            return Err(error);
        }
        let Some(one) = judged.into_iter().next() else {
            return Ok(());
        };
        if let Some(told) = risk::told(&one.environment, &one.verdict) {
            self.context.reporter.finding(&told);
        }
        *self.route.lock().unwrap_or_else(PoisonError::into_inner) = one.verdict.consequence;
        Ok(())
    }

    /// What the risks of the change ask for.
    pub(super) fn route(&self) -> Consequence {
        let route = self.route.lock();
        route.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
