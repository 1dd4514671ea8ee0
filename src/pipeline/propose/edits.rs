//! Values that are set by pull request: the head branch first, then the pull request.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::git::Tip;
use crate::host::pull_request::{Draft, Limits, PullRequest, Reviewer};
use crate::model::{Finding, ObjectId};
use crate::publish::{self, HeadOptions, HeadOutcome, Side, Theirs};
use crate::report::{
    Outcome, Publication, PullRequestDone, PullRequestReport, RunReport, Updated,
    proposal_of_updates, proposal_title,
};
use crate::settings::head_of_change;
use crate::update::values::Changes;

use super::super::edits::Updates;
use super::super::publication::{publication, retry};
use super::closing::CLOSED;
use super::pull_request::{done, reported};
use super::seen::{Past, Ready};
use super::standing::Standing;
use super::{Work, heads, refused};

/// Brings the head branch and its pull request to what the edits come to.
pub(in super::super) async fn propose_edits(
    updates: &Updates<'_>,
    report: &mut RunReport,
) -> Result<(), Error> {
    let work = Work::new(updates.context, updates.settings, updates.branch)?;
    let remote = &updates.branch.connection.remote;
    let mut options = options(updates);
    let mut crosses = false;
    loop {
        let mut changes = Changes::default();
        let decide = async |side, tip: &Tip| {
            if side == Side::Target {
                heads::refuse_target(&options.head, tip)?;
                refused::missing(tip)?;
                heads::refuse_beside(&options.head, tip)?;
            }
            let decided = updates.decide(tip).await?;
            if side == Side::Target {
                changes = decided.changes;
            }
            Ok::<_, Error>(Some(decided.proposal))
        };
        match publish::run_head(remote, &options, decide).await? {
            HeadOutcome::Nothing { tip, head, attempt } => {
                let mut publication = publication(remote, &tip, Outcome::Unchanged, attempt);
                publication.pull_request = match head {
                    Some(head) => work.withdraw_head(&tip, &head, report).await?,
                    None => None,
                };
                updates.add(report, changes, publication);
                return Ok(());
            }
            HeadOutcome::Asks { tip, head, .. } => {
                let names = |head: &Tip| publish::names_another(head, &tip.branch);
                crosses = head.as_ref().is_some_and(names);
                options.theirs = Some(work.theirs(head.as_ref(), &tip).await?);
            }
            HeadOutcome::Ready {
                tip,
                head,
                conflicts,
                attempt,
            } => {
                let ready = Ready {
                    tip,
                    head,
                    conflicts,
                    attempt,
                };
                let edits = (updates, changes);
                match work.edits_ready(edits, ready, &options, report).await? {
                    Some(theirs) => {
                        options.renew = true;
                        options.theirs = Some(theirs);
                    }
                    None => return Ok(()),
                }
            }
            HeadOutcome::Pushed {
                pushed,
                tip,
                existed,
                on_theirs,
                conflicts,
                attempt,
            } => {
                let publication = Publication {
                    commit_id: Some(pushed.commit.to_string()),
                    ..publication(remote, &tip, Outcome::Proposed, attempt)
                };
                let told = updates.told(&changes.set);
                updates.add(report, changes, publication);
                let work = Work::new(updates.context, &told, updates.branch)?;
                let theirs = on_theirs.then_some(conflicts);
                let pushed = (pushed.commit, existed, crosses);
                return work
                    .edits_pushed((&options.head, pushed), &tip, theirs, report)
                    .await;
            }
        }
    }
}

/// Withdraws what was proposed before the branch took a push. What matters is done by then,
/// so that trouble is a warning.
pub(in super::super) async fn withdraw_edits(
    updates: &Updates<'_>,
    tip: &Tip,
    report: &mut RunReport,
) {
    let head = options(updates).head;
    if !tip.branches.contains(&head) {
        return;
    }
    // Without an interface there are no pull requests to withdraw.
    let Ok(work) = Work::new(updates.context, updates.settings, updates.branch) else {
        return;
    };
    let done = async {
        let head = work.read(&head).await?;
        work.withdraw_head(tip, &head, report).await
    };
    if let Err::<_, Error>(error) = done.await {
        let said = format!("what was proposed before may still be open: {error}");
        updates.warn(report, Finding::warning("update", said));
    }
}

/// Where to push what is proposed, and how.
fn options(updates: &Updates<'_>) -> HeadOptions {
    let settings = &updates.environment().pull_request;
    let head = if settings.per_change {
        let mut hash = Sha256::new();
        for text in updates.spelled() {
            hash.update(text);
            hash.update([0]);
        }
        let mut digits = String::new();
        for byte in hash.finalize() {
            let _ = write!(digits, "{byte:02x}");
        }
        head_of_change(&settings.head_branch, &digits)
    } else {
        settings.head_branch.to_string()
    };
    HeadOptions {
        target: updates.branch.group.target.branch.clone().map(String::from),
        head,
        wanted: updates.wanted(),
        renew: false,
        ask: false,
        theirs: None,
        retry: retry(updates.settings),
    }
}

impl Work<'_> {
    /// The head branch has a new commit: the pull request says what it proposes. On commits
    /// of others, it comes with what is known to conflict.
    async fn edits_pushed(
        &self,
        (head, (commit, existed, crosses)): (&str, (ObjectId, bool, bool)),
        tip: &Tip,
        on_theirs: Option<Vec<String>>,
        report: &mut RunReport,
    ) -> Result<(), Error> {
        let known = if existed {
            self.api.find(head, &tip.branch).await?
        } else {
            None
        };
        let draft = self.draft_of_edits((head, tip), &report.updates);
        let (mut made, is) = self.brought(known, &draft, report).await?;
        if is == PullRequestDone::Created {
            self.refuse_crossed(&made, Some(commit), crosses).await?;
        }
        // What stands on the target branch alone cannot conflict with it.
        if let Some(conflicts) = on_theirs {
            made = self.judged(made, Some(commit)).await;
            self.warn_conflicts(&made, &conflicts, report);
        }
        self.settle((made, is), report, true).await
    }

    /// The head branch holds the values already: there should be a pull request. Gives back
    /// how to go on where the branch has to be made again.
    async fn edits_ready(
        &self,
        (updates, changes): (&Updates<'_>, Changes),
        ready: Ready,
        options: &HeadOptions,
        report: &mut RunReport,
    ) -> Result<Option<Theirs>, Error> {
        let Ready {
            tip,
            head,
            conflicts,
            attempt,
        } = ready;
        let (found, past) = match self.standing((&head, &tip), options).await? {
            Standing::Settled(settled) => *settled,
            Standing::Again(theirs) => return Ok(Some(theirs)),
        };
        let publication = self.standing_publication((&head, &tip), (found.as_ref(), past), attempt);
        let told = updates.told(&changes.set);
        updates.add(report, changes, publication);
        let work = Work::new(self.context, &told, self.branch)?;
        let made = match (found, past) {
            (None, Past::Declined(number)) => {
                work.warn_declined(number, report);
                return Ok(None);
            }
            (Some(found), _) => (found, PullRequestDone::Unchanged),
            (None, _) => {
                let draft = work.draft_of_edits((&options.head, &tip), &report.updates);
                let made = work.brought(None, &draft, report).await?;
                work.refuse_crossed(&made.0, head.commit, false).await?;
                made
            }
        };
        work.warn_conflicts(&made.0, &conflicts, report);
        work.settle(made, report, false).await?;
        Ok(None)
    }

    /// Opens a pull request, or brings the open one to what it should say.
    async fn brought(
        &self,
        known: Option<PullRequest>,
        draft: &Draft,
        report: &mut RunReport,
    ) -> Result<(PullRequest, PullRequestDone), Error> {
        let opened = match &known {
            Some(known) => self.api.update(known, draft).await?,
            None => self.api.create(draft).await?,
        };
        self.warn(report, opened.warnings);
        let is = match known {
            // The new commit is an update, too.
            Some(_) => PullRequestDone::Updated,
            None => done(opened.done),
        };
        Ok((opened.pull_request, is))
    }

    /// What the pull request should be; the settings have its title.
    fn draft_of_edits(&self, (head, tip): (&str, &Tip), updates: &[Updated]) -> Draft {
        let limits = Limits::of(self.api.kind());
        let options = self.options;
        let told = &self.settings.run.commit_message;
        let subject = options.title.clone().or(told.clone());
        let reviewer = |required| {
            move |name: &String| Reviewer {
                name: name.clone(),
                required,
            }
        };
        let required = options.required_reviewers.iter().map(reviewer(true));
        let optional = options.reviewers.iter().map(reviewer(false));
        Draft {
            source: head.to_owned(),
            target: tip.branch.clone(),
            title: proposal_title(&subject.unwrap_or_default(), limits.title),
            description: proposal_of_updates(
                options.text.as_deref(),
                updates,
                &self.context.publication,
                limits.description,
            ),
            draft: options.draft,
            labels: options.labels.clone(),
            reviewers: required.chain(optional).collect(),
            work_items: options.work_items.clone(),
        }
    }

    /// Closes the pull request from a head branch of ours, whose values the target branch
    /// holds by now.
    async fn withdraw_head(
        &self,
        tip: &Tip,
        head: &Tip,
        report: &mut RunReport,
    ) -> Result<Option<PullRequestReport>, Error> {
        let Some(open) = self.api.find(&head.branch, &tip.branch).await? else {
            return Ok(None);
        };
        if !self.is_made_here(head, tip).await? {
            return Ok(None);
        }
        let text = format!(
            "Closed: `{}` already holds what this pull request would have changed.",
            tip.branch
        );
        let closed = self.end(&open, CLOSED, text).await?;
        self.delete(head, &self.group().wanted(), report).await;
        Ok(Some(reported(&closed, PullRequestDone::Closed)))
    }
}
