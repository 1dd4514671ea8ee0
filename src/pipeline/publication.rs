//! What one publication is made of, and what the report says of it.
//!
//! Owns the commit's draft and the entries of the report. May not push.

use std::time::Duration;

use crate::context::Context;
use crate::error::{Error, Kind};
use crate::git::{CommitDraft, Identity, Remote, Tip, removal, with_trailers};
use crate::model::{Finding, FolderPlan, PublicationStamp};
use crate::publish::{self, message, message::TREE_TRAILER};
use crate::report::{Changes, Outcome, Publication, RunReport};
use crate::settings::Settings;

use super::compare::{Group, Stop};
use super::leftovers::Gone;
use super::risk::Judged;
use super::stamps;

/// A commit has an author.
pub(super) fn refuse_empty_author(settings: &Settings) -> Result<(), Error> {
    let given = [
        ("authorName", &settings.run.author_name),
        ("authorEmail", &settings.run.author_email),
    ];
    let empty = given
        .into_iter()
        .find(|(_, text)| !Identity::is_usable(text));
    match empty {
        None => Ok(()),
        Some((setting, _)) => Err(Error::message(
            Kind::Input,
            format!("`{setting}` is empty, and every commit has an author"),
        )
        .hint(format!("give `{setting}` a text, or leave it out"))),
    }
}

/// How long a push is tried again.
pub(super) fn retry(settings: &Settings) -> publish::Retry {
    publish::Retry {
        limit: Some(Duration::from_secs(settings.run.push_timeout)),
        ..publish::Retry::pushes()
    }
}

/// The commit for one branch.
pub(super) fn draft(context: &Context, settings: &Settings, group: &Group<'_>) -> CommitDraft {
    let identity = Identity {
        name: settings.run.author_name.clone(),
        email: settings.run.author_email.clone(),
    };
    let version = concat!("gitops-publisher ", env!("CARGO_PKG_VERSION"));
    let mut stamp = context.publication.clone();
    let mut members = group.members.iter();
    stamp.source.dirty = members.any(|member| !stamps::uncommitted(context, member).is_empty());
    CommitDraft {
        author: identity.clone(),
        committer: identity,
        message: message::message(
            settings.run.commit_message.as_deref(),
            &group.names(),
            &stamp,
            version,
        ),
        seconds: context.seconds,
        tree_trailer: Some(TREE_TRAILER.to_owned()),
    }
}

/// The same for a commit that also takes folders out that were left behind.
pub(super) fn removing(draft: CommitDraft, gone: &[Gone]) -> CommitDraft {
    let trailers: Vec<_> = gone.iter().map(|one| removal(&one.folder)).collect();
    CommitDraft {
        message: format!("{}\n", with_trailers(&draft.message, &trailers)),
        ..draft
    }
}

/// What happened on a branch, with its tip as the commit.
pub(super) fn publication(
    remote: &Remote,
    tip: &Tip,
    outcome: Outcome,
    attempt: u32,
) -> Publication {
    Publication {
        manifest_repo_url: remote.display(),
        branch: tip.branch.clone(),
        commit_id: tip.commit.map(|commit| commit.to_string()),
        outcome,
        retries: attempt - 1,
        pull_request: None,
        environments: Vec::new(),
    }
}

/// Puts the plans of one group into the report.
pub(super) fn add(
    report: &mut RunReport,
    group: &Group<'_>,
    plans: &[FolderPlan],
    mut publication: Publication,
) {
    list(report, group, plans);
    report.changed |= publication.outcome.is_change();
    let names = group.names().into_iter();
    publication.environments = names.map(str::to_owned).collect();
    report.publications.push(publication);
}

/// Lists what the plans of one group change.
pub(super) fn list(report: &mut RunReport, group: &Group<'_>, plans: &[FolderPlan]) {
    for (environment, plan) in group.members.iter().zip(plans) {
        let name = &environment.settings.name;
        let mut entries = report.environments.iter_mut();
        if let Some(entry) = entries.find(|entry| entry.name == *name) {
            entry.changes = Some(Changes::from(plan));
        }
    }
}

/// Puts what was compared to judge its risks into the report.
pub(super) fn show(report: &mut RunReport, judged: Vec<Judged>) {
    for one in judged {
        let mut entries = report.environments.iter_mut();
        let entry = entries.find(|entry| entry.name == one.environment);
        if let (Some(entry), Some(plan)) = (entry, one.plan) {
            entry.plan = Some(plan);
        }
    }
}

/// Marks the environments that were stopped: what could not be compared has no
/// changes to show.
pub(super) fn mark_stopped(report: &mut RunReport, stopped: &[Stop]) {
    for stop in stopped {
        let mut entries = report.environments.iter_mut();
        if let Some(entry) = entries.find(|entry| entry.name == stop.environment) {
            entry.is_stopped = true;
            if !stop.is_compared {
                entry.changes = None;
            }
        }
    }
}

/// Says for which environments something newer is published already: these
/// were compared with nothing.
pub(super) fn warn_all_older(
    context: &Context,
    report: &mut RunReport,
    older: &[(String, PublicationStamp)],
) {
    for (environment, published) in older {
        let mut entries = report.environments.iter_mut();
        if let Some(entry) = entries.find(|entry| entry.name == *environment) {
            entry.changes = None;
            entry.is_older = true;
        }
        warn_older(context, report, environment, published);
    }
}

/// Says that something newer is published already.
pub(super) fn warn_older(
    context: &Context,
    report: &mut RunReport,
    environment: &str,
    published: &PublicationStamp,
) {
    let what = match (published.writer.run, &published.source.commit) {
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
