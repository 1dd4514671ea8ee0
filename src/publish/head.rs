//! The head branch of a pull request: one commit with our changes on top of
//! the branch that they should come into.
//!
//! A head branch that only we wrote is replaced, on condition that it is
//! where it was read. One that somebody else pushed to is kept, and the target
//! branch is merged into it before our commit goes on top, so that the pull
//! request can still be merged; only once it was merged or given up does the
//! next one start from the target branch. One that already proposes the same on
//! the same base is left alone, so that nobody has to review it again.

mod ours;

use super::made_for::{TARGET_TRAILER, is_made_for_another};
use super::retry::{Failure, Proposal, Tries};
use crate::git::{CommitDraft, Merge, Pushed, Remote, Tip, Wanted};
use crate::http::Retry;
use crate::model::ObjectId;

pub(super) use ours::proposes;
use ours::{base, has_lines};
pub use ours::{begins_for, is_ours, is_proposal};

/// Where to, and how often to try.
#[derive(Debug, Clone)]
pub struct HeadOptions {
    /// The branch that the changes should come into; the default branch when
    /// not given.
    pub target: Option<String>,
    /// The head branch.
    pub head: String,
    /// The owned folders with what they should come to hold.
    pub wanted: Vec<Wanted>,
    /// A commit is made even where the head branch proposes the same already:
    /// that one was merged and taken back, or cannot be merged.
    pub renew: bool,
    /// The caller wants to look at the pull requests before anything is pushed.
    pub ask: bool,
    /// What becomes of commits that are not ours; `None` asks.
    pub theirs: Option<Theirs>,
    /// Tries and pauses.
    pub retry: Retry,
}

/// What becomes of a head branch that somebody else pushed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theirs {
    /// Their commits stay, below ours.
    Keep,
    /// They were merged or given up with the pull request: the branch is
    /// replaced while it is at this commit.
    Replace(ObjectId),
}

/// The branch that a proposal is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The branch that the changes should come into.
    Target,
    /// The head branch, as it is.
    Head,
}

/// What became of the head branch.
#[derive(Debug)]
pub enum HeadOutcome {
    /// There is nothing to propose: the target branch holds it, or the caller
    /// decided so.
    Nothing {
        /// The tip of the target branch.
        tip: Tip,
        /// The head branch, when there is one.
        head: Option<Tip>,
        /// Which try it was, from 1.
        attempt: u32,
    },
    /// The caller has to say how to go on, by [`HeadOptions::ask`] or
    /// [`HeadOptions::theirs`].
    Asks {
        /// The tip of the target branch.
        tip: Tip,
        /// The head branch, when there is one.
        head: Option<Tip>,
        /// Which try it was, from 1.
        attempt: u32,
    },
    /// The head branch already proposes it.
    Ready {
        /// The tip of the target branch.
        tip: Tip,
        /// The head branch.
        head: Tip,
        /// Paths that both branches changed, where merging them was tried.
        conflicts: Vec<String>,
        /// Which try it was, from 1.
        attempt: u32,
    },
    /// A commit was pushed to the head branch.
    Pushed {
        /// The commit.
        pushed: Pushed,
        /// The tip of the target branch.
        tip: Tip,
        /// The head branch was there before.
        existed: bool,
        /// It stands on commits that are not ours.
        on_theirs: bool,
        /// Paths that both branches changed, where merging them was tried.
        conflicts: Vec<String>,
        /// Which try it was, from 1.
        attempt: u32,
    },
}

impl HeadOutcome {
    /// The tip of the target branch.
    pub fn tip(&self) -> &Tip {
        match self {
            Self::Nothing { tip, .. }
            | Self::Asks { tip, .. }
            | Self::Ready { tip, .. }
            | Self::Pushed { tip, .. } => tip,
        }
    }
}

/// Brings a head branch to what `decide` proposes.
///
/// `decide` is called with the tip of the target branch, and with the head
/// branch when that holds something else: `None` for either says that nothing
/// is to be pushed; a proposal without changes, that the branch holds what is
/// wanted. That the head branch holds it does not mean that the target does.
/// Lost races and lost answers are treated as in [`super::run`].
pub async fn run_head<E>(
    remote: &Remote,
    options: &HeadOptions,
    mut decide: impl AsyncFnMut(Side, &Tip) -> Result<Option<Proposal>, E>,
) -> Result<HeadOutcome, Failure<E>> {
    let mut tries = Tries::new(&options.retry);
    loop {
        match once(remote, options, &mut decide, &mut tries).await {
            Err(failure) => tries.again(failure).await?,
            ended => return ended,
        }
    }
}

/// One try.
async fn once<E>(
    remote: &Remote,
    options: &HeadOptions,
    decide: &mut impl AsyncFnMut(Side, &Tip) -> Result<Option<Proposal>, E>,
    tries: &mut Tries,
) -> Result<HeadOutcome, Failure<E>> {
    let attempt = tries.number();
    let read = |branch| remote.read(branch, &options.wanted);
    let tip = read(options.target.as_deref())
        .await
        .map_err(Failure::Git)?;
    let head = read(Some(&options.head)).await.map_err(Failure::Git)?;
    let head = Some(head).filter(|head| head.exists);
    let landed = |pushed: &&Pushed| head.as_ref().is_some_and(|at| at.is_at(pushed.commit));
    if let Some(pushed) = tries.unsettled.iter().find(landed) {
        return Ok(HeadOutcome::Pushed {
            pushed: *pushed,
            tip,
            existed: true,
            on_theirs: false,
            conflicts: Vec::new(),
            attempt,
        });
    }
    tries.heed_silence()?;
    if tip.is_settled() {
        return Ok(HeadOutcome::Nothing { tip, head, attempt });
    }
    let proposal = decide(Side::Target, &tip).await.map_err(Failure::Decide)?;
    let Some(proposal) = proposal.filter(changes_something) else {
        return Ok(HeadOutcome::Nothing { tip, head, attempt });
    };
    let work = Work {
        remote,
        options,
        base: base(&tip, &options.wanted),
        tip,
        attempt,
    };
    let Some(head) = head else {
        if options.ask {
            return Ok(work.asks(None));
        }
        return work.on_target(None, proposal).await;
    };
    let ours = is_ours(&head, &options.wanted);
    let at = |at| head.commit == Some(at);
    let replaced = matches!(options.theirs, Some(Theirs::Replace(commit)) if at(commit));
    let of_another = is_made_for_another(remote, &head, &work.tip, &options.wanted).await;
    let of_another = of_another.map_err(Failure::Git)?;
    // The caller knows the pull requests that come from it.
    if of_another && !replaced && (ours || options.theirs.is_none()) {
        return Ok(work.asks(Some(head)));
    }
    let on_head = if head.is_settled() || replaced {
        None
    } else {
        match decide(Side::Head, &head).await {
            // What stands in the way may be gone with its pull request.
            Err(_) if options.theirs.is_none() && !ours => return Ok(work.asks(Some(head))),
            Err(error) => return Err(Failure::Decide(error)),
            Ok(None) => return Ok(work.nothing(head)),
            Ok(on_head) => on_head.filter(changes_something),
        }
    };
    let holds_it = head.is_settled() || (on_head.is_none() && !replaced);
    let kept = holds_it && !(of_another && replaced) && (!ours || has_lines(&head, &work.base));
    if kept && !options.renew {
        return Ok(work.ready(head, Vec::new()));
    }
    match options.theirs {
        _ if options.ask => Ok(work.asks(Some(head))),
        _ if ours && kept && head.parents.first() == work.tip.commit.as_ref() => {
            // Another commit on the same one would be no better.
            Ok(work.ready(head, Vec::new()))
        }
        _ if ours => work.on_target(Some(head), proposal).await,
        _ if replaced => work.on_target(Some(head), proposal).await,
        None => Ok(work.asks(Some(head))),
        Some(_) => work.on_theirs(head, on_head, proposal.commit, decide).await,
    }
}

/// What is at hand once something is to be proposed.
struct Work<'a> {
    remote: &'a Remote,
    options: &'a HeadOptions,
    tip: Tip,
    /// What our commit says of the target branch.
    base: Vec<String>,
    attempt: u32,
}

impl Work<'_> {
    fn nothing(self, head: Tip) -> HeadOutcome {
        HeadOutcome::Nothing {
            tip: self.tip,
            head: Some(head),
            attempt: self.attempt,
        }
    }

    fn asks(self, head: Option<Tip>) -> HeadOutcome {
        HeadOutcome::Asks {
            tip: self.tip,
            head,
            attempt: self.attempt,
        }
    }

    fn ready(self, head: Tip, conflicts: Vec<String>) -> HeadOutcome {
        HeadOutcome::Ready {
            tip: self.tip,
            head,
            conflicts,
            attempt: self.attempt,
        }
    }

    /// One commit on top of the target branch becomes the head branch.
    async fn on_target<E>(
        self,
        head: Option<Tip>,
        mut proposal: Proposal,
    ) -> Result<HeadOutcome, Failure<E>> {
        let trailers = self.base.iter().map(|line| format!("{line}\n"));
        let trailers: String = trailers.collect();
        let message = proposal.commit.message.trim_end();
        proposal.commit.message = format!(
            "{message}\n{trailers}{TARGET_TRAILER}: {}\n",
            self.tip.branch
        );
        let at = head.as_ref().and_then(|head| head.commit);
        let at = self.tip.onto(&self.options.head, at);
        self.push(&at, proposal, (head.is_some(), false), Vec::new())
            .await
    }

    /// The target branch is merged into a head branch that is not ours alone,
    /// and our commit goes on top.
    async fn on_theirs<E>(
        self,
        head: Tip,
        on_head: Option<Proposal>,
        commit: CommitDraft,
        decide: &mut impl AsyncFnMut(Side, &Tip) -> Result<Option<Proposal>, E>,
    ) -> Result<HeadOutcome, Failure<E>> {
        let wanted = &self.options.wanted;
        let merged = self.remote.merge(&head, &self.tip, wanted).await;
        let merged = merged.unwrap_or_else(|error| {
            tracing::debug!(%error, "the target branch is not merged in");
            Merge::Unrelated
        });
        let conflicts = match merged {
            Merge::Clean(merged) => {
                // What is published stays as it is in the head branch.
                let nothing = Proposal {
                    changes: Vec::new(),
                    commit,
                };
                let proposal = if head.is_settled() {
                    Some(nothing)
                } else {
                    decide(Side::Head, &merged).await.map_err(Failure::Decide)?
                };
                let Some(proposal) = proposal else {
                    return Ok(self.nothing(head));
                };
                return self.push(&merged, proposal, (true, true), Vec::new()).await;
            }
            Merge::Conflict(paths) => paths,
            Merge::Contained | Merge::Unrelated => Vec::new(),
        };
        match on_head {
            None => Ok(self.ready(head, conflicts)),
            Some(on_head) => self.push(&head, on_head, (true, true), conflicts).await,
        }
    }

    async fn push<E>(
        self,
        at: &Tip,
        proposal: Proposal,
        (existed, on_theirs): (bool, bool),
        conflicts: Vec<String>,
    ) -> Result<HeadOutcome, Failure<E>> {
        let pushed = self
            .remote
            .push(at, &proposal.changes, &proposal.commit)
            .await
            .map_err(Failure::Git)?;
        Ok(HeadOutcome::Pushed {
            pushed,
            tip: self.tip,
            existed,
            on_theirs,
            conflicts,
            attempt: self.attempt,
        })
    }
}

fn changes_something(proposal: &Proposal) -> bool {
    !proposal.changes.is_empty()
}
