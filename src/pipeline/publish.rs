//! From checked file sets to commits, or to what they would change.

use crate::context::Context;
use crate::error::Error;
use crate::git::{CommitDraft, Identity, Remote, Tip};
use crate::model::{Finding, FolderPlan, PublicationStamp};
use crate::publish::{self, Outcome, Proposal, message, message::TREE_TRAILER};
use crate::report::{Changes, Publication, RunReport};
use crate::settings::{Settings, Target};

use super::compare::{Decision, Group, groups};
use super::{Rendered, environment_report, warnings};

/// Publishes every environment: one commit per branch.
///
/// `open` prepares a manifest repository. With several branches, each is
/// looked at before the first is pushed to, so that a brake on one of them
/// stops all.
pub async fn publish(
    context: &Context,
    settings: &Settings,
    rendered: &[Rendered],
    open: impl Fn(&Target) -> Result<Remote, Error>,
) -> Result<RunReport, Error> {
    let groups = groups(rendered);
    let mut remotes = Vec::new();
    for group in &groups {
        remotes.push(open(group.target)?);
    }
    if groups.len() > 1 {
        for (group, remote) in groups.iter().zip(&remotes) {
            let tip = read(remote, group).await?;
            if !tip.is_settled() {
                group.decide(context, settings.run.allow_older, &tip)?;
            }
        }
    }
    let mut report = report("publish", rendered);
    for (at, (group, remote)) in groups.iter().zip(&remotes).enumerate() {
        let share = u8::try_from(75 + at * 25 / groups.len()).unwrap_or(75);
        context.reporter.progress(share, "Publishing");
        publish_group(context, settings, group, remote, &mut report).await?;
    }
    Ok(report)
}

/// Lists what publishing would change. Environments without a manifest
/// repository are only rendered and checked.
pub async fn verify(
    context: &Context,
    settings: &Settings,
    rendered: &[Rendered],
    open: impl Fn(&Target) -> Result<Remote, Error>,
) -> Result<RunReport, Error> {
    let mut report = report("verify", rendered);
    for group in groups(rendered) {
        let remote = open(group.target)?;
        let tip = read(&remote, &group).await?;
        let mut plans = vec![FolderPlan::default(); group.members.len()];
        if !tip.is_settled() {
            match group.decide(context, settings.run.allow_older, &tip)? {
                Decision::Plans(made) => plans = made,
                Decision::Older {
                    environment,
                    published,
                } => {
                    warn_older(context, &mut report, &environment, &published);
                }
            }
        }
        let changed = plans.iter().any(|plan| !plan.is_empty());
        let publication = publication(&remote, &tip, changed, 1);
        add(&mut report, &group, &plans, publication);
    }
    Ok(report)
}

/// The tip of the group's branch.
async fn read(remote: &Remote, group: &Group<'_>) -> Result<Tip, Error> {
    Ok(remote
        .read(group.target.branch.as_deref(), &group.wanted())
        .await?)
}

/// Publishes the environments of one branch.
async fn publish_group(
    context: &Context,
    settings: &Settings,
    group: &Group<'_>,
    remote: &Remote,
    report: &mut RunReport,
) -> Result<(), Error> {
    let options = publish::Options {
        branch: group.target.branch.clone(),
        wanted: group.wanted(),
        retry: publish::Retry::pushes(),
    };
    let mut plans = vec![FolderPlan::default(); group.members.len()];
    let mut older = None;
    let outcome = publish::run(remote, &options, |tip| {
        match group.decide(context, settings.run.allow_older, tip)? {
            Decision::Older {
                environment,
                published,
            } => {
                older = Some((environment, published));
                Ok(None)
            }
            Decision::Plans(made) => {
                plans = made;
                let changes = group.changes(&plans);
                let commit = draft(context, settings, group);
                Ok::<_, Error>((!changes.is_empty()).then_some(Proposal { changes, commit }))
            }
        }
    })
    .await?;
    let publication = match outcome {
        Outcome::Published {
            pushed,
            tip,
            attempt,
        } => Publication {
            commit_id: Some(pushed.commit.to_string()),
            ..publication(remote, &tip, true, attempt)
        },
        Outcome::Unchanged { tip, attempt } => {
            plans.fill(FolderPlan::default());
            publication(remote, &tip, false, attempt)
        }
    };
    if let Some((environment, published)) = older {
        warn_older(context, report, &environment, &published);
    }
    add(report, group, &plans, publication);
    Ok(())
}

/// The commit for one branch.
fn draft(context: &Context, settings: &Settings, group: &Group<'_>) -> CommitDraft {
    let identity = Identity {
        name: settings.run.author_name.clone(),
        email: settings.run.author_email.clone(),
    };
    let version = concat!("gitops-publisher ", env!("CARGO_PKG_VERSION"));
    CommitDraft {
        author: identity.clone(),
        committer: identity,
        message: message::message(
            settings.run.commit_message.as_deref(),
            &group.names(),
            &context.publication,
            version,
        ),
        seconds: context.seconds,
        tree_trailer: Some(TREE_TRAILER.to_owned()),
    }
}

/// A report in which nothing was compared yet.
fn report(command: &'static str, rendered: &[Rendered]) -> RunReport {
    RunReport {
        command,
        environments: rendered.iter().map(environment_report).collect(),
        warnings: warnings(rendered),
        ..RunReport::default()
    }
}

/// What happened on a branch, with its tip as the commit.
fn publication(remote: &Remote, tip: &Tip, changed: bool, attempt: u32) -> Publication {
    Publication {
        manifest_repo_url: remote.display(),
        branch: tip.branch.clone(),
        commit_id: tip.commit.map(|commit| commit.to_string()),
        changed,
        retries: attempt - 1,
    }
}

/// Puts the plans of one group into the report.
fn add(report: &mut RunReport, group: &Group<'_>, plans: &[FolderPlan], publication: Publication) {
    for (environment, plan) in group.members.iter().zip(plans) {
        let name = &environment.settings.name;
        if let Some(entry) = report
            .environments
            .iter_mut()
            .find(|entry| entry.name == *name)
        {
            entry.changes = Some(Changes::from(plan));
        }
    }
    report.changed |= publication.changed;
    report.publications.push(publication);
}

/// Says that something newer is published already.
fn warn_older(
    context: &Context,
    report: &mut RunReport,
    environment: &str,
    published: &PublicationStamp,
) {
    let what = match (published.run, &published.source_commit) {
        (Some(run), _) => format!("run {run}"),
        (None, Some(commit)) => format!("source commit {commit}"),
        (None, None) => "a newer run".to_owned(),
    };
    let finding = Finding::warning(
        format!("environment {environment}"),
        format!(
            "this run is older than {what}, which published last; nothing is published. Set `allowOlder` to roll back"
        ),
    );
    context.reporter.warning(&finding.to_string());
    report.warnings.push(finding);
}
