//! The pull request of one environment: opened, brought up to date, merged by
//! the host, closed.

use crate::error::Error;
use crate::git::Tip;
use crate::host::pull_request::{
    Completing, Completion, Done, Draft, Limits, MergeStrategy, Note, PullRequest, Reviewer,
};
use crate::model::Finding;
use crate::publish::{self, message};
use crate::report::{
    PullRequestDone, PullRequestReport, RunReport, proposal_description, proposal_title,
};
use crate::settings::definition::MergeStrategySetting;

use super::super::publish::draft;
use super::Work;

impl Work<'_> {
    /// What the pull request should be.
    pub(super) fn draft(&self, head: &str, tip: &Tip, report: &RunReport) -> Draft {
        let limits = Limits::of(self.api.kind());
        let names = self.group().names();
        let stamp = &self.context.publication;
        let subject = self.options.title.clone();
        let subject = subject.unwrap_or_else(|| {
            message::subject(self.settings.run.commit_message.as_deref(), &names, stamp)
        });
        let reported = report
            .environments
            .iter()
            .find(|e| names.contains(&e.name.as_str()));
        let description = reported.map(|environment| {
            let text = self.options.text.as_deref();
            proposal_description(text, environment, stamp, limits.description)
        });
        let reviewer = |required| {
            move |name: &String| Reviewer {
                name: name.clone(),
                required,
            }
        };
        let required = self.options.required_reviewers.iter().map(reviewer(true));
        let optional = self.options.reviewers.iter().map(reviewer(false));
        Draft {
            source: head.to_owned(),
            target: tip.branch.clone(),
            title: proposal_title(&subject, limits.title),
            description: description.unwrap_or_default(),
            draft: self.options.draft,
            labels: self.options.labels.clone(),
            reviewers: required.chain(optional).collect(),
            work_items: self.options.work_items.clone(),
        }
    }

    /// Opens the pull request.
    pub(super) async fn open(
        &self,
        head: &str,
        tip: &Tip,
        report: &mut RunReport,
    ) -> Result<(PullRequest, PullRequestDone), Error> {
        let draft = self.draft(head, tip, report);
        let opened = self.api.create(&draft).await?;
        self.warn(report, opened.warnings);
        Ok((opened.pull_request, done(opened.done)))
    }

    /// Brings an open pull request to what it should say.
    pub(super) async fn refresh(
        &self,
        found: PullRequest,
        head: &str,
        tip: &Tip,
        report: &mut RunReport,
    ) -> Result<(PullRequest, PullRequestDone), Error> {
        let draft = self.draft(head, tip, report);
        let opened = self.api.update(&found, &draft).await?;
        self.warn(report, opened.warnings);
        // The new commit is an update too.
        Ok((opened.pull_request, PullRequestDone::Updated))
    }

    /// Has the host merge it, when that is wished, and reports it.
    pub(super) async fn settle(
        &self,
        (pull_request, mut done): (PullRequest, PullRequestDone),
        report: &mut RunReport,
        changed: bool,
    ) -> Result<(), Error> {
        if let Some(strategy) = self.options.auto_complete
            && (changed || !pull_request.automatic)
        {
            let commit = draft(self.context, self.settings, self.group());
            let completion = Completion {
                strategy: strategy_of(strategy),
                message: Some(commit.message),
                delete_source_branch: self.options.delete_head_branch,
            };
            match self.api.complete(&pull_request, &completion).await {
                Ok(Completing::Merged(_)) => done = PullRequestDone::Merged,
                Ok(Completing::Already | Completing::Waiting) => {}
                // It is open, which is what matters; a person can merge it.
                Err(error) => {
                    let error = Error::from(error);
                    self.warn(report, vec![format!("it is not merged by itself: {error}")]);
                }
            }
        }
        if let Some(publication) = report.publications.last_mut() {
            publication.pull_request = Some(reported(&pull_request, done));
        }
        Ok(())
    }

    /// Closes the pull request whose change is not needed any more.
    pub(super) async fn withdraw(
        &self,
        tip: &Tip,
        head: Option<Tip>,
        report: &mut RunReport,
    ) -> Result<Option<PullRequestReport>, Error> {
        let Some(head) = head else {
            return Ok(None);
        };
        let Some(open) = self.api.find(&head.branch, &tip.branch).await? else {
            return Ok(None);
        };
        let text = format!(
            "Closed: `{}` already holds what this pull request would have changed.",
            tip.branch
        );
        let closed = self.close(&open, "closed", text).await?;
        self.delete(&head, report).await;
        Ok(Some(reported(&closed, PullRequestDone::Closed)))
    }

    /// Closes pull requests of earlier changes, where each change has its own.
    pub(super) async fn supersede(
        &self,
        head: &str,
        tip: &Tip,
        report: &mut RunReport,
    ) -> Result<(), Error> {
        if !self.options.per_change {
            return Ok(());
        }
        let prefix = format!("{}/", self.options.head_branch);
        let current = report
            .publications
            .last()
            .and_then(|p| p.pull_request.clone());
        for open in self.api.open_from(&prefix, &tip.branch).await? {
            if open.source == head {
                continue;
            }
            let newer = current
                .as_ref()
                .map_or(String::new(), |p| format!(": {}", p.url));
            let text = format!("Superseded by a newer change{newer}");
            self.close(&open, "superseded", text).await?;
            let remote = &self.branch.connection.remote;
            let read = remote.read(Some(&open.source), &[]).await?;
            if read.exists && publish::is_ours(&read) {
                self.delete(&read, report).await;
            }
        }
        Ok(())
    }

    async fn close(
        &self,
        open: &PullRequest,
        marker: &str,
        text: String,
    ) -> Result<PullRequest, Error> {
        let note = Note {
            marker: marker.to_owned(),
            text,
            blocks: false,
        };
        Ok(self.api.close(open, Some(&note)).await?)
    }

    /// Deletes a head branch that nobody else pushed to.
    async fn delete(&self, head: &Tip, report: &mut RunReport) {
        if !self.options.delete_head_branch || !publish::is_ours(head) {
            return;
        }
        let deleted = self.branch.connection.remote.delete(head).await;
        if let Err(error) = deleted {
            let said = format!("its branch {} is still there: {error}", head.branch);
            self.warn(report, vec![said]);
        }
    }

    fn warn(&self, report: &mut RunReport, warnings: Vec<String>) {
        let place = format!(
            "environment {}, pull request",
            self.group().names().join(", ")
        );
        for warning in warnings {
            let finding = Finding::warning(&place, warning);
            self.context.reporter.warning(&finding.to_string());
            report.warnings.push(finding);
        }
    }
}

fn strategy_of(setting: MergeStrategySetting) -> MergeStrategy {
    match setting {
        MergeStrategySetting::Merge => MergeStrategy::Merge,
        MergeStrategySetting::Squash => MergeStrategy::Squash,
        MergeStrategySetting::Rebase => MergeStrategy::Rebase,
        MergeStrategySetting::RebaseMerge => MergeStrategy::RebaseMerge,
    }
}

fn done(done: Done) -> PullRequestDone {
    match done {
        Done::Created => PullRequestDone::Created,
        Done::Updated => PullRequestDone::Updated,
        Done::Nothing => PullRequestDone::Unchanged,
    }
}

fn reported(pull_request: &PullRequest, done: PullRequestDone) -> PullRequestReport {
    PullRequestReport {
        id: pull_request.number,
        url: pull_request.url.clone(),
        done,
    }
}
