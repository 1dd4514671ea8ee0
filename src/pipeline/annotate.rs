//! What a run leaves at the host beside commits and pull requests: statuses,
//! and the comment on a pull request of the source.
//!
//! All of it is for people to read. Where it cannot be written, the run warns
//! and goes on: what matters is done, or is checked, without it.

use crate::context::Context;
use crate::error::Error;
use crate::host::Api;
use crate::host::pull_request::{Limits, Note, PullRequest, State, Status, StatusState};
use crate::model::{Finding, FolderPlan, ObjectId};
use crate::report::{EnvironmentReport, RunReport, change_totals, changes_anything, comment};
use crate::settings::Settings;

use super::publish::Branch;

/// What our comment on a pull request of the source is found by.
const MARKER: &str = "verify";

/// Room for the marker, which no reader sees.
const MARKER_ROOM: usize = 100;

/// Sets the statuses of a published commit to pending, for the environments
/// that changed and ask for it.
pub(super) async fn commit_statuses(
    context: &Context,
    branch: &Branch<'_>,
    commit: ObjectId,
    plans: &[FolderPlan],
    report: &mut RunReport,
) {
    let members = branch.group.members.iter().zip(plans);
    let statuses: Vec<_> = members
        .filter(|(member, plan)| member.settings.pull_request.commit_status && !plan.is_empty())
        .map(|(member, _)| Status {
            environment: member.settings.name.clone(),
            state: StatusState::Pending,
            description: "Published; the rollout has not been reported yet".to_owned(),
            link: None,
        })
        .collect();
    let (Some(api), false) = (&branch.connection.api, statuses.is_empty()) else {
        return;
    };
    if let Err(error) = api.commit_statuses(commit, &statuses).await {
        warn(context, report, "the commit has no status", &error.into());
    }
}

/// Tells on a pull request of the source what publishing would change: one
/// comment, and a status per environment.
pub async fn comment_on(context: &Context, api: &Api, number: u64, report: &mut RunReport) {
    let done = async {
        let pull_request = api.get(number).await?;
        if pull_request.state != State::Open {
            return Ok(());
        }
        note(api, &pull_request, report).await?;
        // An environment that goes nowhere was compared with nothing.
        let statuses = report.environments.iter().filter_map(|environment| {
            Some(Status {
                environment: environment.name.clone(),
                state: StatusState::Succeeded,
                description: change_totals(environment.changes.as_ref()?),
                link: None,
            })
        });
        let statuses: Vec<_> = statuses.collect();
        api.pull_request_statuses(&pull_request, &statuses).await?;
        Ok::<_, Error>(())
    };
    if let Err(error) = done.await {
        warn(
            context,
            report,
            "there is no comment on the pull request",
            &error,
        );
    }
}

/// Says on a pull request of the source that its environments do not verify.
pub async fn comment_failed(
    context: &Context,
    api: &Api,
    number: u64,
    settings: &Settings,
    failure: &Error,
) {
    let statuses: Vec<_> = settings
        .environments
        .iter()
        .map(|environment| Status {
            environment: environment.name.clone(),
            state: StatusState::Failed,
            description: context.reporter.clean(&failure.to_string()),
            link: None,
        })
        .collect();
    let done = async {
        let pull_request = api.get(number).await?;
        if pull_request.state == State::Open {
            api.pull_request_statuses(&pull_request, &statuses).await?;
        }
        Ok::<_, Error>(())
    };
    if let Err(error) = done.await {
        let said = format!("there is no status on the pull request: {error}");
        context.reporter.warning(&said);
    }
}

/// Writes, updates or closes our one comment.
async fn note(api: &Api, pull_request: &PullRequest, report: &RunReport) -> Result<(), Error> {
    let changes = report.environments.iter().any(changes_anything);
    let limit = Limits::of(api.kind()).comment - MARKER_ROOM;
    let note = Note {
        marker: MARKER.to_owned(),
        text: if changes {
            comment(&report.environments, limit)
        } else {
            "Publishing would change nothing any more.".to_owned()
        },
        blocks: report.environments.iter().any(needs_answer),
    };
    if changes {
        api.note(pull_request, &note).await?;
    } else {
        api.close_note(pull_request, &note).await?;
    }
    Ok(())
}

/// Whether a policy on open comments should hold the change back.
fn needs_answer(environment: &EnvironmentReport) -> bool {
    let mut findings = environment.plan.iter().flat_map(|plan| &plan.findings);
    findings.any(gitops_plan::risk::Finding::needs_answer)
}

fn warn(context: &Context, report: &mut RunReport, what: &str, error: &Error) {
    let hints = error.all_hints().iter().map(|hint| format!(". {hint}"));
    let said = format!("{what}: {error}{}", hints.collect::<String>());
    let finding = Finding {
        place: None,
        ..Finding::warning("", said)
    };
    context.reporter.warning(&finding.to_string());
    report.warnings.push(finding);
}
