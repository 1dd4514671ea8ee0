//! The head branch of a pull request: one commit with our changes on top of
//! the branch that they should come into.
//!
//! A head branch that only we wrote is replaced, on condition that it is
//! where it was read. One that somebody else pushed to is never replaced: our
//! commit then goes on top of theirs. One that already proposes the same on
//! the same base is left alone, so that nobody has to review it again.

use super::message::TREE_TRAILER;
use super::retry::{Failure, Proposal, Tries};
use crate::git::{Pushed, Remote, Tip, Wanted};
use crate::http::Retry;

/// The trailer that names the ledger that an owned folder has in the target
/// branch: its id or `none`, a space, the folder.
const BASE_TRAILER: &str = "Gitops-Base";

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
    /// that one was merged, and what it changed was taken back.
    pub renew: bool,
    /// Tries and pauses.
    pub retry: Retry,
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
    /// The head branch already proposes it.
    Ready {
        /// The tip of the target branch.
        tip: Tip,
        /// The head branch.
        head: Tip,
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
        /// Which try it was, from 1.
        attempt: u32,
    },
}

/// Brings a head branch to what `decide` proposes.
///
/// `decide` is called with the tip of the target branch, and with the head
/// branch when that holds something else: `None` for either says that nothing
/// is to be pushed. Lost races and lost answers are treated as in
/// [`super::run`].
pub async fn run_head<E>(
    remote: &Remote,
    options: &HeadOptions,
    mut decide: impl FnMut(Side, &Tip) -> Result<Option<Proposal>, E>,
) -> Result<HeadOutcome, Failure<E>> {
    let mut tries = Tries::new(&options.retry);
    loop {
        match once(remote, options, &mut decide, &tries).await {
            Err(failure) => tries.again(failure).await?,
            ended => return ended,
        }
    }
}

/// One try.
async fn once<E>(
    remote: &Remote,
    options: &HeadOptions,
    decide: &mut impl FnMut(Side, &Tip) -> Result<Option<Proposal>, E>,
    tries: &Tries,
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
        let pushed = *pushed;
        return Ok(HeadOutcome::Pushed {
            pushed,
            tip,
            existed: true,
            attempt,
        });
    }
    if tip.is_settled() {
        return Ok(HeadOutcome::Nothing { tip, head, attempt });
    }
    let Some(mut proposal) = decide(Side::Target, &tip).map_err(Failure::Decide)? else {
        return Ok(HeadOutcome::Nothing { tip, head, attempt });
    };
    let base = base(&tip, &options.wanted);
    let trailers = base.iter().map(|line| format!("{line}\n"));
    let message = proposal.commit.message.trim_end();
    proposal.commit.message = format!("{message}\n{}", trailers.collect::<String>());
    let existed = head.is_some();
    let (at, proposal) = match head {
        None => (tip.onto(&options.head, None), proposal),
        Some(head)
            if head.is_settled()
                && !options.renew
                && (!is_ours(&head) || has_lines(&head, &base)) =>
        {
            return Ok(HeadOutcome::Ready { tip, head, attempt });
        }
        Some(head) => {
            // A settled head holds what is wanted; there is nothing to weigh.
            let on_top = if head.is_settled() {
                None
            } else {
                match decide(Side::Head, &head).map_err(Failure::Decide)? {
                    None => {
                        let head = Some(head);
                        return Ok(HeadOutcome::Nothing { tip, head, attempt });
                    }
                    on_top => on_top,
                }
            };
            match on_top.filter(|_| !is_ours(&head)) {
                Some(on_top) => (head, on_top),
                None => (tip.onto(&options.head, head.commit), proposal),
            }
        }
    };
    let pushed = remote
        .push(&at, &proposal.changes, &proposal.commit)
        .await
        .map_err(Failure::Git)?;
    Ok(HeadOutcome::Pushed {
        pushed,
        tip,
        existed,
        attempt,
    })
}

/// The trailers that say what the owned folders hold in the target branch.
fn base(tip: &Tip, wanted: &[Wanted]) -> Vec<String> {
    let line = |wanted: &Wanted| {
        let ledger = tip.ledger(&wanted.folder);
        let ledger = ledger.map_or_else(|| "none".to_owned(), |id| id.to_string());
        format!("{BASE_TRAILER}: {ledger} {}", wanted.folder)
    };
    wanted.iter().map(line).collect()
}

/// Whether the branch holds nothing but our commit. A commit of ours names its
/// own tree; one that stands on somebody else's names no base.
pub fn is_ours(tip: &Tip) -> bool {
    let named = tip.tree().map(|tree| format!("{TREE_TRAILER}: {tree}"));
    let message = tip.message.as_deref().unwrap_or_default();
    let based = |line: &str| line.starts_with(&format!("{BASE_TRAILER}: "));
    named.is_some_and(|line| has_lines(tip, &[line])) && message.lines().any(based)
}

fn has_lines(tip: &Tip, lines: &[String]) -> bool {
    let message = tip.message.as_deref().unwrap_or_default();
    lines
        .iter()
        .all(|line| message.lines().any(|said| said == line))
}
