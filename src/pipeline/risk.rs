//! What the risks of a change lead to, by the policy of its environment.
//!
//! Owns whether a publication may go out and which way: asked on every attempt, of what
//! would change at the tip of then. The rules and the decision are `gitops-plan`'s.

use gitops_plan::risk::{Finding as Risk, Severity};
use gitops_plan::{Consequence, Plan, Verdict, decide};

use crate::context::Context;
use crate::error::{Error, Kind};
use crate::git::Tip;
use crate::model::{FileChange, Finding, FolderPlan};
use crate::report::RunReport;
use crate::settings::definition::Mode;

use super::leftovers::Former;
use super::publish::Branch;
use super::{Rendered, detail, propose};

/// How many findings an error lists.
const SHOWN: usize = 20;

/// What was decided about an environment.
pub(super) struct Judged {
    pub(super) environment: String,
    /// What changes in it, where that could be compared.
    pub(super) plan: Option<Plan>,
    pub(super) verdict: Verdict,
}

/// Decides about the environments of a branch that have a policy and change at this tip.
/// What cannot be compared is judged like the highest severity.
pub(super) async fn judge(
    context: &Context,
    branch: &Branch<'_>,
    tip: &Tip,
    plans: (&[FolderPlan], &[Former]),
) -> Result<Vec<Judged>, Error> {
    let mut wanted = branch.group.environments().filter(|one| has_policy(one));
    if wanted.next().is_none() {
        return Ok(Vec::new());
    }
    let mut judged = Vec::new();
    for (name, made) in detail::compare(context, branch, tip, plans).await? {
        let mut environments = branch.group.environments();
        let found = environments.find(|one| one.settings.name == name && has_policy(one));
        let Some(environment) = found else {
            continue;
        };
        let (plan, verdict) = match made {
            Ok(plan) => {
                let verdict = decide(&plan.findings, &environment.settings.risk.policy);
                (Some(plan), verdict)
            }
            Err(reason) => (
                None,
                decide(&[blind(&reason)], &environment.settings.risk.policy),
            ),
        };
        judged.push(Judged {
            environment: name,
            plan,
            verdict,
        });
    }
    Ok(judged)
}

fn has_policy(environment: &Rendered) -> bool {
    !environment.settings.risk.policy.is_empty()
}

/// What stands for the findings of a change that cannot be compared.
fn blind(reason: &str) -> Risk {
    Risk {
        rule: "not-compared".to_owned(),
        severity: Severity::Critical,
        message: format!("its risks are not known: {reason}"),
        resource: None,
        file: String::new(),
        line: 0,
        field: None,
        existing: false,
        revert: gitops_plan::risk::Revert::Impossible,
        allowed: None,
        expired: None,
    }
}

/// Why an environment may not be published, where its policy says so.
pub(super) fn refusals(judged: &[Judged]) -> Vec<(String, Error)> {
    let failed = judged.iter().filter(|one| one.verdict.consequence.fail);
    failed
        .map(|one| {
            (
                one.environment.clone(),
                refusal(&one.environment, &one.verdict),
            )
        })
        .collect()
}

fn refusal(environment: &str, verdict: &Verdict) -> Error {
    let Some(severity) = verdict.severity else {
        let said = format!(
            "environment {environment}: it is not published, because `riskPolicy` says `fail` from `info` on, and so to every change"
        );
        return Error::message(Kind::Policy, said)
            .hint("name the severity that is not to be published, such as `{high: fail}`");
    };
    let name = word(severity);
    let mut said = format!(
        "environment {environment}: it is not published, because `riskPolicy` says `fail` to {name} risks"
    );
    for finding in verdict.because.iter().take(SHOWN) {
        let resource = finding.resource.as_ref();
        let resource = resource.map_or(String::new(), |id| format!("{}: ", id.short()));
        let ended = finding.expired.as_ref();
        let ended = ended.map_or(String::new(), |day| {
            format!(" (it was allowed until {day})")
        });
        said.push_str(&format!(
            "\n  - {}: {resource}{}{ended}",
            finding.rule, finding.message
        ));
    }
    if verdict.because.len() > SHOWN {
        said.push_str(&format!("\n  and {} more", verdict.because.len() - SHOWN));
    }
    Error::message(Kind::Policy, said)
        .hint("change the source so that the risk is gone")
        .hint("to accept a finding for some time, add it to `riskAllowances` in gitops.yaml, in a change of its own, or in gitops-risks.yaml of the manifest repository, with `rule`, `resource`, `reason` and `until`")
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Info => "info",
    }
}

/// What a policy leads to besides failing, for the log.
pub(super) fn told(environment: &str, verdict: &Verdict) -> Option<Finding> {
    let Consequence {
        pull_request,
        reviewers,
        complete,
        ..
    } = &verdict.consequence;
    let mut parts = Vec::new();
    if *pull_request {
        parts.push("it goes by pull request".to_owned());
    }
    if !reviewers.is_empty() {
        parts.push(format!("{} are asked to review it", reviewers.join(", ")));
    }
    if *complete {
        parts.push("its pull request is completed automatically".to_owned());
    }
    let about = verdict.severity.map_or_else(
        || "changes without risks".to_owned(),
        |severity| format!("{} risks", word(severity)),
    );
    let said = format!("{}, as `riskPolicy` says of {about}", parts.join(", "));
    (!parts.is_empty()).then(|| Finding::info(format!("environment {environment}"), said))
}

/// Decides about what was compared, for a run that publishes nothing.
pub(super) fn of_report(
    context: &Context,
    branch: &Branch<'_>,
    plans: &[FolderPlan],
    report: &mut RunReport,
) -> Vec<(String, Error)> {
    let mut judged = Vec::new();
    for environment in branch.group.environments().filter(|one| has_policy(one)) {
        let name = &environment.settings.name;
        let mut members = branch.group.members.iter().zip(plans);
        let own = members.find(|(member, _)| std::ptr::eq(**member, environment));
        let Some((_, own)) = own.filter(|(_, plan)| !plan.files.is_empty()) else {
            continue;
        };
        // What is made from secrets that this run does not have cannot be judged, nor
        // published.
        if own.files.values().any(|it| *it == FileChange::Unknown) {
            let said = "its risks are not judged, because it is made with placeholders for secret variables; the run that publishes judges them";
            let note = Finding::info(format!("environment {name}"), said);
            context.reporter.finding(&note);
            report.notes.push(note);
            continue;
        }
        let mut entries = report.environments.iter();
        let plan = entries
            .find(|entry| entry.name == *name)
            .and_then(|it| it.plan.as_ref());
        let policy = &environment.settings.risk.policy;
        let verdict = match plan {
            Some(plan) => decide(&plan.findings, policy),
            None => decide(&[blind("what is published cannot be read")], policy),
        };
        judged.push(Judged {
            environment: name.clone(),
            plan: None,
            verdict,
        });
    }
    let mut refused = refusals(&judged);
    for one in &mut judged {
        let Consequence {
            pull_request,
            complete,
            fail,
            ..
        } = &mut one.verdict.consequence;
        // What is pushed has no pull request that could be completed.
        let mut environments = branch.group.environments();
        let pushes = environments.any(|it| {
            it.settings.name == one.environment && it.settings.pull_request.mode == Mode::Push
        });
        *complete &= *pull_request || !pushes;
        if let (true, false, Err(error)) = (*pull_request, *fail, propose::api(branch)) {
            let error = error.context(format!("environment {}", one.environment));
            refused.push((one.environment.clone(), error));
        }
        if let Some(finding) = told(&one.environment, &one.verdict) {
            context.reporter.finding(&finding);
            report.notes.push(finding);
        }
    }
    refused
}
