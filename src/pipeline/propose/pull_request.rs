//! The pull request of one environment: opened, brought up to date, merged by
//! the host, closed.

use crate::error::Error;
use crate::git::Tip;
use crate::host::HostKind;
use crate::host::pull_request::{
    Completing, Completion, Done, Draft, Limits, MergeStrategy, Note, PullRequest, Reviewer, State,
};
use crate::model::{Finding, PublicationStamp};
use crate::publish::{self, message};
use crate::report::{
    Outcome, PullRequestDone, PullRequestReport, RunReport, proposal_description, proposal_title,
};

use super::super::publication::draft;
use super::{Past, Work};

/// What our last words on a pull request are found by.
const CLOSED: &str = "closed";
const SUPERSEDED: &str = "superseded";

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
                        self.delete(&head, report).await;
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
    fn completes(&self) -> Option<MergeStrategy> {
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

    /// Closes the pull request whose change is not needed any more, unless it
    /// proposes something newer than this run.
    pub(super) async fn withdraw(
        &self,
        tip: &Tip,
        head: Option<Tip>,
        report: &mut RunReport,
    ) -> Result<Option<PullRequestReport>, Error> {
        let open = match &head {
            _ if self.options.per_change => {
                let ours = self.ours(tip).await?.into_iter();
                ours.map(|(open, _)| open).collect()
            }
            Some(head) => {
                let found = self.api.find(&head.branch, &tip.branch).await?;
                match found {
                    None => {
                        self.tidy(head, &tip.branch, report).await;
                        Vec::new()
                    }
                    Some(found) if self.is_made_here(head, tip).await? => vec![found],
                    Some(_) => Vec::new(),
                }
            }
            None => Vec::new(),
        };
        let mut withdrawn = None;
        for open in open {
            let head = match &head {
                Some(head) if head.branch == open.source => head.clone(),
                _ => self.read(&open.source).await?,
            };
            if self.newer(&head).is_some() {
                continue;
            }
            let text = format!(
                "Closed: `{}` already holds what this pull request would have changed.",
                tip.branch
            );
            let closed = self.close(&open, CLOSED, text).await?;
            self.delete(&head, report).await;
            withdrawn = Some(reported(&closed, PullRequestDone::Closed));
        }
        Ok(withdrawn)
    }

    /// Closes pull requests of an environment whose change was pushed.
    pub(super) async fn replaced(&self, report: &mut RunReport) -> Result<(), Error> {
        let Some(target) = report.publications.last().map(|last| last.branch.clone()) else {
            return Ok(());
        };
        let mut open = Vec::new();
        for head in self.options.heads() {
            if self.options.per_change {
                open.extend(self.api.open_from(&format!("{head}/"), &target).await?);
            } else if self.read(head).await?.exists {
                open.extend(self.api.find(head, &target).await?);
            }
        }
        for open in open {
            let head = self.read(&open.source).await?;
            let is_made_here = publish::is_ours(&head, &self.group().wanted())
                || self.is_made_here(&head, &self.read(&target).await?).await?;
            if !is_made_here || self.newer(&head).is_some() {
                continue;
            }
            let text = format!("Superseded: a newer change was published to `{target}`.");
            self.close(&open, SUPERSEDED, text).await?;
            self.delete(&head, report).await;
        }
        Ok(())
    }

    /// Takes away the branch of a pull request that the host merged some time
    /// after we left: GitHub does not do that for us.
    async fn tidy(&self, head: &Tip, target: &str, report: &mut RunReport) {
        let automatic = self.completes().is_some();
        if publish::names_another(head, target) {
            return;
        }
        if automatic && self.api.kind() == HostKind::GitHub && head.is_settled() {
            self.delete(head, report).await;
        }
    }

    /// Closes pull requests of earlier changes, where each change has its own.
    /// When one of them is newer than this run, that one stays and `current`
    /// is closed: gives back what is newer.
    pub(super) async fn supersede(
        &self,
        current: &PullRequest,
        tip: &Tip,
        report: &mut RunReport,
    ) -> Result<Option<(String, PublicationStamp)>, Error> {
        let others = self.ours(tip).await?.into_iter();
        let mut earlier = Vec::new();
        for (open, head) in others.filter(|(open, _)| open.source != current.source) {
            let Some(newer) = self.newer(&head) else {
                earlier.push((open, head));
                continue;
            };
            let own = self.read(&current.source).await?;
            let text = format!("Superseded by a newer change: {}", open.url);
            let closed = self.close(current, SUPERSEDED, text).await?;
            self.delete(&own, report).await;
            if let Some(publication) = report.publications.last_mut() {
                publication.outcome = Outcome::Older;
                publication.commit_id = tip.commit.map(|commit| commit.to_string());
                publication.pull_request = Some(reported(&closed, PullRequestDone::Closed));
            }
            let mut publications = report.publications.iter();
            report.changed = publications.any(|publication| publication.outcome.is_change());
            return Ok(Some(newer));
        }
        for (open, head) in earlier {
            let text = format!("Superseded by a newer change: {}", current.url);
            self.close(&open, SUPERSEDED, text).await?;
            self.delete(&head, report).await;
        }
        Ok(None)
    }

    /// The open pull requests of this environment, where each change has its own, with
    /// their branches. Others may have some under the same prefix.
    pub(super) async fn ours(&self, tip: &Tip) -> Result<Vec<(PullRequest, Tip)>, Error> {
        let mut ours = Vec::new();
        for head in self.options.heads() {
            for open in self.api.open_from(&format!("{head}/"), &tip.branch).await? {
                let head = self.read(&open.source).await?;
                if self.is_made_here(&head, tip).await? {
                    ours.push((open, head));
                }
            }
        }
        Ok(ours)
    }

    /// A head branch with what it holds of this environment.
    pub(super) async fn read(&self, branch: &str) -> Result<Tip, Error> {
        let remote = &self.branch.connection.remote;
        Ok(remote.read(Some(branch), &self.group().wanted()).await?)
    }

    /// What a head branch proposes that is newer than this run.
    pub(super) fn newer(&self, head: &Tip) -> Option<(String, PublicationStamp)> {
        if self.settings.run.allow_older || !head.exists {
            return None;
        }
        self.group().newer(self.context, head)
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
        let is_default = head.default_branch.as_ref() == Some(&head.branch);
        if !self.options.delete_head_branch
            || !publish::is_ours(head, &self.group().wanted())
            || is_default
            || !head.exists
        {
            return;
        }
        let deleted = self.branch.connection.remote.delete(head).await;
        if let Err(error) = deleted {
            let said = format!("its branch {} is still there: {error}", head.branch);
            self.warn(report, vec![said]);
        }
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
