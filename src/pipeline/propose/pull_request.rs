//! The pull request of one environment: opened, brought up to date, merged by
//! the host, closed.

use crate::error::Error;
use crate::git::Tip;
use crate::host::HostKind;
use crate::host::pull_request::{
    Completing, Completion, Done, Draft, Limits, MergeStrategy, PullRequest, Reviewer, State,
};
use crate::model::Finding;
use crate::publish::{self, message};
use crate::report::{
    PullRequestDone, PullRequestReport, RunReport, proposal_description, proposal_title,
};

use super::super::publication::draft;
use super::closing::{CLOSED, CROSSED, SUPERSEDED};
use super::{Past, Work};

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
        let route = self.route();
        let by_risk = route.reviewers.iter().map(reviewer(true));
        Draft {
            source: head.to_owned(),
            target: tip.branch.clone(),
            title: proposal_title(&subject, limits.title),
            description: description.unwrap_or_default(),
            draft: self.options.draft,
            labels: self.options.labels.clone(),
            reviewers: by_risk.chain(required).chain(optional).collect(),
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
        let is_seen = self.is_seen(&pull_request, report).await?;
        if let Some(strategy) = self.completes().filter(|_| is_seen)
            && (changed || !pull_request.automatic)
        {
            let commit = draft(self.context, self.settings, self.group());
            let completion = Completion {
                strategy,
                message: Some(commit.message),
                delete_source_branch: self.options.delete_head_branch,
            };
            match self.api.complete(&pull_request, &completion).await {
                Ok(Completing::Merged(_)) => {
                    done = PullRequestDone::Merged;
                    // Azure DevOps was asked to do this itself.
                    if self.api.kind() == HostKind::GitHub {
                        let head = self.read(&pull_request.source).await?;
                        self.delete(&head, &self.group().wanted(), report).await;
                    }
                }
                Ok(Completing::Already | Completing::Waiting) => {}
                // It is open, which is what matters; a person can merge it.
                Err(error) => {
                    let error = Error::from(error);
                    self.warn(
                        report,
                        vec![format!("it is not merged automatically: {error}")],
                    );
                }
            }
        }
        if is_seen {
            self.warn_automatic(&pull_request, report);
        }
        if let Some(publication) = report.publications.last_mut() {
            publication.pull_request = Some(reported(&pull_request, done));
        }
        Ok(())
    }

    /// Whether the rules have seen all that the pull request holds, where they are what it
    /// is completed for: commits of others they have not.
    async fn is_seen(
        &self,
        pull_request: &PullRequest,
        report: &mut RunReport,
    ) -> Result<bool, Error> {
        if self.options.auto_complete.is_some() || !self.route().complete {
            return Ok(true);
        }
        let head = self.read(&pull_request.source).await?;
        if publish::is_ours(&head, &self.group().wanted()) {
            return Ok(true);
        }
        if pull_request.automatic {
            self.api.cancel_completion(pull_request).await?;
        }
        let said = format!(
            "pull request {} is not completed automatically: its branch has commits of others, whose content `riskPolicy` has not judged",
            pull_request.number
        );
        self.warn(report, vec![said]);
        Ok(false)
    }

    /// Says that the host completes by itself what risks do not let it complete. With this
    /// content somebody set that, or the policy is another one now.
    fn warn_automatic(&self, pull_request: &PullRequest, report: &mut RunReport) {
        if self.leaves_completion() && pull_request.automatic {
            let said = format!(
                "pull request {} is set to be completed automatically, and `riskPolicy` leaves a change with these risks to people: cancel that on its page unless somebody decided so",
                pull_request.number
            );
            self.warn(report, vec![said]);
        }
    }

    /// Before other content is proposed: the host must not complete by itself what the
    /// risks leave to people, though it was set to with the content of before.
    pub(super) async fn cancel_completion(&self, head: &str, target: &str) -> Result<(), Error> {
        if !self.leaves_completion() {
            return Ok(());
        }
        let Some(open) = self.api.find(head, target).await? else {
            return Ok(());
        };
        if open.automatic {
            self.api.cancel_completion(&open).await?;
            self.context.reporter.info(&format!(
                "Pull request {} is no longer completed automatically: `riskPolicy` leaves a change with these risks to people",
                open.number
            ));
        }
        Ok(())
    }

    /// Whether the policy lets the host complete some changes, and not this one.
    fn leaves_completion(&self) -> bool {
        let mut members = self.group().members.iter();
        let decides = members.any(|one| one.settings.risk.policy.completes());
        decides && self.completes().is_none()
    }

    /// How the host completes it by itself, when it does: because a setting or the policy
    /// for its risks says so.
    pub(super) fn completes(&self) -> Option<MergeStrategy> {
        let by_risk = self.route().complete.then_some(self.options.merge_strategy);
        self.options.auto_complete.or(by_risk)
    }

    /// What became of the last pull request that proposed the commit at `head`.
    pub(super) async fn past(&self, head: &Tip, tip: &Tip) -> Result<Past, Error> {
        let last = self.api.last(&head.branch, &tip.branch).await?;
        let Some(last) = last.filter(|last| last.head.is_some() && last.head == head.commit) else {
            return Ok(Past::None);
        };
        if last.state == State::Merged {
            return Ok(Past::Merged);
        }
        if self.api.has_note(&last, CROSSED).await? {
            return Ok(Past::Crossed);
        }
        for marker in [CLOSED, SUPERSEDED] {
            if self.api.has_note(&last, marker).await? {
                return Ok(Past::None);
            }
        }
        Ok(Past::Declined(last.number))
    }

    /// Says that a person does not want this change.
    pub(super) fn warn_declined(&self, number: u64, report: &mut RunReport) {
        let said = format!(
            "pull request {number} was closed with the same changes, so it will not be opened again. Reopen it, or delete its branch to have them proposed again"
        );
        self.warn(report, vec![said]);
    }

    /// A head branch with what it holds of this environment.
    pub(super) async fn read(&self, branch: &str) -> Result<Tip, Error> {
        let remote = &self.branch.connection.remote;
        Ok(remote.read(Some(branch), &self.group().wanted()).await?)
    }

    pub(super) fn warn(&self, report: &mut RunReport, warnings: Vec<String>) {
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

pub(super) fn done(done: Done) -> PullRequestDone {
    match done {
        Done::Created => PullRequestDone::Created,
        Done::Updated => PullRequestDone::Updated,
        Done::Nothing => PullRequestDone::Unchanged,
    }
}

pub(super) fn reported(pull_request: &PullRequest, done: PullRequestDone) -> PullRequestReport {
    PullRequestReport {
        id: pull_request.number,
        url: pull_request.url.clone(),
        done,
    }
}
