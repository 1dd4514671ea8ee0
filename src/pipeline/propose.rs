//! Publishing one environment by pull request.
//!
//! First the head branch, then the pull request. Every step looks at what is
//! there before it writes, so that a run that was killed in between, or that
//! is run again, ends in the same place.

mod pull_request;

use sha2::{Digest as _, Sha256};

use crate::context::Context;
use crate::error::{Error, Kind};
use crate::git::{Tip, Wanted};
use crate::host::Api;
use crate::host::pull_request::PullRequest;
use crate::model::{FolderPlan, PublicationStamp};
use crate::publish::{self, HeadOptions, HeadOutcome, Proposal, Side};
use crate::report::{Outcome, Publication, PullRequestDone, RunReport};
use crate::settings::{PullRequestSettings, Settings};

use super::compare::{Decision, Group};
use super::publish::{Branch, add, draft, publication, warn_older};

/// How many bytes of the content's hash go into the name of a branch of its own.
const HASH: usize = 5;

/// Publishes the environment of one group by pull request.
pub(super) async fn propose(
    context: &Context,
    settings: &Settings,
    branch: &Branch<'_>,
    report: &mut RunReport,
) -> Result<(), Error> {
    let environment = &branch.group.members[0].settings.name;
    let done = async { Work::new(context, settings, branch)?.run(report).await };
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

/// The interface for pull requests of the group's host.
fn api<'a>(branch: &'a Branch<'_>) -> Result<&'a Api, Error> {
    branch.connection.api.as_ref().ok_or_else(|| {
        let said = format!(
            "there are no pull requests at {}",
            branch.connection.remote.display()
        );
        Error::message(Kind::Usage, said)
            .hint("pull requests need a repository on Azure DevOps or GitHub: set `mode` to `push`")
            .hint("if it is one of these, say which with `gitHost`")
    })
}

/// What was found out on the way.
struct Seen {
    /// What changes in the branch that it comes into.
    plans: Vec<FolderPlan>,
    /// What was published, or proposed, that is newer.
    older: Option<(String, PublicationStamp)>,
}

/// What became of the last pull request with exactly this commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Past {
    /// There was none, or we closed it ourselves.
    None,
    /// It was merged.
    Merged,
    /// A person closed it; this was its number.
    Declined(u64),
}

/// What is at hand while one environment is proposed.
struct Work<'a> {
    context: &'a Context,
    settings: &'a Settings,
    branch: &'a Branch<'a>,
    options: &'a PullRequestSettings,
    api: &'a Api,
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
        })
    }
}

impl Work<'_> {
    fn group(&self) -> &Group<'_> {
        &self.branch.group
    }

    async fn run(&self, report: &mut RunReport) -> Result<(), Error> {
        let remote = &self.branch.connection.remote;
        let wanted = self.group().wanted();
        let mut options = HeadOptions {
            target: self.group().target.branch.clone().map(String::from),
            head: head_branch(self.options, &wanted),
            wanted,
            renew: false,
            retry: publish::Retry::pushes(),
        };
        loop {
            let mut seen = Seen {
                plans: vec![FolderPlan::default(); self.group().members.len()],
                older: None,
            };
            let decide = |side, tip: &Tip| self.decide(side, tip, &mut seen);
            let ended = publish::run_head(remote, &options, decide).await?;
            let Seen { plans, older } = seen;
            match ended {
                HeadOutcome::Nothing { tip, head, attempt } => {
                    let nothing = (tip, head, attempt);
                    return self.nothing(nothing, older, report).await;
                }
                HeadOutcome::Ready { tip, head, attempt } => {
                    let found = self.api.find(&options.head, &tip.branch).await?;
                    let past = match &found {
                        Some(_) => Past::None,
                        None => self.past(&head, &tip).await?,
                    };
                    // What was merged and taken back needs a commit of its own.
                    if past == Past::Merged && !options.renew {
                        options.renew = true;
                        continue;
                    }
                    let outcome = match (&found, past) {
                        (Some(_), _) => Outcome::Waiting,
                        (None, Past::Declined(_)) => Outcome::Declined,
                        (None, _) => Outcome::Proposed,
                    };
                    let publication = Publication {
                        commit_id: head.commit.map(|commit| commit.to_string()),
                        ..publication(remote, &tip, outcome, attempt)
                    };
                    add(report, self.group(), &plans, publication);
                    let done = match (found, past) {
                        (None, Past::Declined(number)) => {
                            self.warn_declined(number, report);
                            return Ok(());
                        }
                        (Some(found), _) => (found, PullRequestDone::Unchanged),
                        (None, _) => self.open(&options.head, &tip, report).await?,
                    };
                    return self.finish(done, &tip, report, false).await;
                }
                HeadOutcome::Pushed {
                    pushed,
                    tip,
                    existed,
                    attempt,
                } => {
                    let publication = Publication {
                        commit_id: Some(pushed.commit.to_string()),
                        ..publication(remote, &tip, Outcome::Proposed, attempt)
                    };
                    add(report, self.group(), &plans, publication);
                    let found = if existed {
                        self.api.find(&options.head, &tip.branch).await?
                    } else {
                        None
                    };
                    let done = match found {
                        Some(found) => self.refresh(found, &options.head, &tip, report).await?,
                        None => self.open(&options.head, &tip, report).await?,
                    };
                    return self.finish(done, &tip, report, true).await;
                }
            }
        }
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
        if self.options.per_change {
            let newer = self.supersede(&done.0, tip, report).await?;
            if let Some((environment, published)) = newer {
                warn_older(self.context, report, &environment, &published);
                return Ok(());
            }
        }
        self.settle(done, report, changed).await
    }

    /// What is to be pushed on top of a branch.
    fn decide(&self, side: Side, tip: &Tip, seen: &mut Seen) -> Result<Option<Proposal>, Error> {
        let allow_older = self.settings.run.allow_older;
        let decision = match side {
            Side::Target => {
                refuse_missing(tip)?;
                self.group().decide(self.context, allow_older, tip)?
            }
            Side::Head => self
                .group()
                .decide_on_head(self.context, allow_older, tip)?,
        };
        match decision {
            Decision::Older {
                environment,
                published,
            } => {
                seen.older = Some((environment, published));
                Ok(None)
            }
            Decision::Plans(made) => {
                let changes = self.group().changes(&made);
                if side == Side::Target {
                    seen.plans = made;
                }
                let commit = draft(self.context, self.settings, self.group());
                Ok((!changes.is_empty()).then_some(Proposal { changes, commit }))
            }
        }
    }
}

/// The head branch of an environment, or of this very content.
fn head_branch(options: &PullRequestSettings, wanted: &[Wanted]) -> String {
    if !options.per_change {
        return options.head_branch.to_string();
    }
    let mut hash = Sha256::new();
    for Wanted { folder, files } in wanted {
        hash.update(format!("{folder}\0"));
        for (path, id) in files.iter().flatten() {
            hash.update(format!("{path}\0{id}\0"));
        }
    }
    let mut name = format!("{}/", options.head_branch);
    for byte in &hash.finalize()[..HASH] {
        name.push_str(&format!("{byte:02x}"));
    }
    name
}

/// A pull request needs a branch to come into.
fn refuse_missing(tip: &Tip) -> Result<(), Error> {
    if tip.exists {
        return Ok(());
    }
    let said = format!(
        "the branch {:?} does not exist, so no pull request can come into it",
        tip.branch
    );
    Err(Error::message(Kind::Input, said)
        .hint("create it, or publish once with `mode` set to `push`"))
}
