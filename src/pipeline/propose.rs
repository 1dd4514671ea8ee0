//! Publishing one environment by pull request.
//!
//! First the head branch, then the pull request. Every step looks at what is
//! there before it writes, so that a run that was killed in between, or that
//! is run again, ends in the same place.

mod closing;
mod decide;
mod edits;
mod heads;
mod judged;
mod mergeable;
mod pull_request;
mod refused;
mod seen;
mod standing;
mod threads;

use std::sync::Mutex;

use gitops_plan::Consequence;

use crate::context::Context;
use crate::error::Error;
use crate::git::Tip;
use crate::host::Api;
use crate::host::pull_request::PullRequest;
use crate::model::{FolderPlan, ObjectId, PublicationStamp};
use crate::publish::{self, HeadOptions, HeadOutcome, Theirs};
use crate::report::{Outcome, Publication, PullRequestDone, RunReport};
use crate::settings::{PullRequestSettings, Settings};

use super::compare::Group;
use super::leftovers::Search;
use super::publication::{add, publication, warn_older};
use super::publish::Branch;
use seen::{Moved, Past, Ready, Seen};
use standing::Standing;

pub(super) use edits::{propose_edits, withdraw_edits};
pub(super) use heads::refuse;
pub(super) use judged::api;

/// Publishes the environment of one group by pull request. `speaks` has it say
/// what was left behind in the branch.
pub(super) async fn propose(
    context: &Context,
    settings: &Settings,
    (branch, speaks): (&Branch<'_>, bool),
    report: &mut RunReport,
) -> Result<(), Error> {
    let environment = &branch.group.members[0].settings.name;
    let done = async {
        let work = Work::new(context, settings, branch)?;
        Box::pin(work.run(speaks, report)).await
    };
    done.await
        .map_err(|error| error.context(format!("environment {environment}")))
}

/// Withdraws what was proposed before the branch took a push of the same
/// environment. What matters is done by then, so that trouble is a warning.
pub(super) async fn withdraw_pushed(
    context: &Context,
    settings: &Settings,
    branch: &Branch<'_>,
    report: &mut RunReport,
) {
    // Without an interface there are no pull requests to withdraw.
    let Ok(work) = Work::new(context, settings, branch) else {
        return;
    };
    if let Err(error) = work.replaced(report).await {
        let said = format!("what was proposed before may still be open: {error}");
        work.warn(report, vec![said]);
    }
}

/// What is at hand while one environment is proposed.
struct Work<'a> {
    context: &'a Context,
    settings: &'a Settings,
    branch: &'a Branch<'a>,
    options: &'a PullRequestSettings,
    api: &'a Api,
    /// What the risks of the change ask for, as they were judged last.
    route: Mutex<Consequence>,
    /// What newer runs publish to other folders, where that was looked for.
    moved: Moved,
}

impl<'a> Work<'a> {
    fn new(
        context: &'a Context,
        settings: &'a Settings,
        branch: &'a Branch<'a>,
    ) -> Result<Self, Error> {
        Ok(Self {
            context,
            settings,
            branch,
            options: &branch.group.members[0].settings.pull_request,
            api: api(branch)?,
            route: Mutex::default(),
            moved: Moved::default(),
        })
    }
}

impl Work<'_> {
    fn group(&self) -> &Group<'_> {
        &self.branch.group
    }

    async fn run(&self, mut speaks: bool, report: &mut RunReport) -> Result<(), Error> {
        let remote = &self.branch.connection.remote;
        let mut options = self.head_options();
        let mut crosses = false;
        loop {
            let mut seen = Seen::new(self.group().members.len(), &options.head);
            let decide = async |side, tip: &Tip| self.decide(side, tip, &mut seen).await;
            let ended = publish::run_head(remote, &options, decide).await;
            if let Ok(ended) = &ended
                && Box::pin(self.looks_again(ended.tip())).await?
            {
                continue;
            }
            let ended = match ended {
                Ok(ended) => ended,
                Err(failure) => return Err(self.explained(failure, &options, &seen).await),
            };
            heads::refuse_target(&self.options.head_branch, ended.tip())?;
            self.leftovers(&mut speaks, ended.tip(), report).await?;
            match ended {
                HeadOutcome::Nothing { tip, head, attempt } => {
                    return self.nothing((tip, head, attempt), seen.older, report).await;
                }
                HeadOutcome::Asks { tip, attempt, .. } if options.ask => {
                    options.ask = false;
                    if let Some(newer) = self.overtaken(&options.head, &tip).await? {
                        return self
                            .nothing((tip, None, attempt), Some(newer), report)
                            .await;
                    }
                }
                HeadOutcome::Asks { tip, head, .. } => {
                    let names = |head: &Tip| publish::names_another(head, &tip.branch);
                    crosses = head.as_ref().is_some_and(names);
                    options.theirs = Some(self.theirs(head.as_ref(), &tip).await?);
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
                    match self.ready(ready, &options, &seen, report).await? {
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
                    add(report, self.group(), &seen.plans, publication);
                    self.detail(&tip, &seen.plans, report).await?;
                    let theirs = on_theirs.then_some((pushed.commit, conflicts));
                    let pushed = (pushed.commit, existed, crosses);
                    return self
                        .pushed((&options.head, pushed), &tip, theirs, report)
                        .await;
                }
            }
        }
    }

    /// Says what was left behind in the target branch, the first time. It stays:
    /// no pull request is about it.
    async fn leftovers(
        &self,
        speaks: &mut bool,
        tip: &Tip,
        report: &mut RunReport,
    ) -> Result<(), Error> {
        if !std::mem::take(speaks) {
            return Ok(());
        }
        let search = Search {
            proposed: true,
            ..Search::new(self.context, self.settings, self.branch)
        };
        let found = Box::pin(search.find(tip, report)).await?;
        search.announce(report, tip, &found, &[], "");
        Ok(())
    }

    /// The head branch has a new commit: the pull request says what it proposes.
    /// On commits of others, the commit comes with what is known to conflict.
    async fn pushed(
        &self,
        (head, (commit, existed, crosses)): (&str, (ObjectId, bool, bool)),
        tip: &Tip,
        on_theirs: Option<(ObjectId, Vec<String>)>,
        report: &mut RunReport,
    ) -> Result<(), Error> {
        let found = if existed {
            self.api.find(head, &tip.branch).await?
        } else {
            None
        };
        let (mut made, done) = if let Some(found) = found {
            self.refresh(found, head, tip, report).await?
        } else {
            let made = self.open(head, tip, report).await?;
            self.refuse_crossed(&made.0, Some(commit), crosses).await?;
            made
        };
        // What stands on the target branch alone cannot conflict with it.
        if let Some((commit, conflicts)) = on_theirs {
            made = self.judged(made, Some(commit)).await;
            self.warn_conflicts(&made, &conflicts, report);
        }
        self.finish((made, done), tip, report, true).await
    }

    /// The head branch proposes it already: there should be a pull request.
    /// Gives back how to go on where the branch has to be made again.
    async fn ready(
        &self,
        ready: Ready,
        options: &HeadOptions,
        seen: &Seen,
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
        add(report, self.group(), &seen.plans, publication);
        self.detail(&tip, &seen.plans, report).await?;
        let done = match (found, past) {
            (None, Past::Declined(number)) => {
                self.warn_declined(number, report);
                return Ok(None);
            }
            (Some(found), _) => (found, PullRequestDone::Unchanged),
            (None, _) => {
                let made = self.open(&options.head, &tip, report).await?;
                self.refuse_crossed(&made.0, head.commit, false).await?;
                made
            }
        };
        self.warn_conflicts(&done.0, &conflicts, report);
        self.finish(done, &tip, report, false).await?;
        Ok(None)
    }

    /// Nothing is to be proposed: what was proposed before is withdrawn.
    async fn nothing(
        &self,
        (tip, head, attempt): (Tip, Option<Tip>, u32),
        older: Option<(String, PublicationStamp)>,
        report: &mut RunReport,
    ) -> Result<(), Error> {
        let remote = &self.branch.connection.remote;
        let none = vec![FolderPlan::default(); self.group().members.len()];
        if let Some((environment, published)) = older {
            let publication = publication(remote, &tip, Outcome::Older, attempt);
            warn_older(self.context, report, &environment, &published);
            add(report, self.group(), &none, publication);
            return Ok(());
        }
        let mut publication = publication(remote, &tip, Outcome::Unchanged, attempt);
        publication.pull_request = self.withdraw(&tip, head, report).await?;
        add(report, self.group(), &none, publication);
        Ok(())
    }

    /// Closes what this change replaces; then the host may merge it.
    async fn finish(
        &self,
        done: (PullRequest, PullRequestDone),
        tip: &Tip,
        report: &mut RunReport,
        changed: bool,
    ) -> Result<(), Error> {
        let newer = self.supersede(&done.0, tip, report).await?;
        if let Some((environment, published)) = newer {
            warn_older(self.context, report, &environment, &published);
            return Ok(());
        }
        // Before the host may merge it.
        self.threads(&done.0, done.1, report).await;
        self.settle(done, report, changed).await
    }
}
