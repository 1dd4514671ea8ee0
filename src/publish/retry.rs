//! The loop around reading, deciding and pushing.

use std::fmt;
use std::time::{Duration, Instant};

use crate::error::Error as CommandError;
use crate::git::{self, CommitDraft, FolderChange, Pushed, Remote, Tip, Wanted};
use crate::host::Refusal;
use crate::http::{Backoff, Retry};

/// Where to publish, and how often to try.
#[derive(Debug, Clone)]
pub struct Options {
    /// The branch; the repository's default branch when not given.
    pub branch: Option<String>,
    /// The owned folders with what they should come to hold.
    pub wanted: Vec<Wanted>,
    /// Tries and pauses.
    pub retry: Retry,
}

/// What the caller wants on top of a tip.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The changes, for one commit.
    pub changes: Vec<FolderChange>,
    /// That commit.
    pub commit: CommitDraft,
}

/// How publishing ended.
#[derive(Debug)]
pub enum Outcome {
    /// There was nothing to publish.
    Unchanged {
        /// The tip that was looked at.
        tip: Tip,
        /// Which try it was, from 1.
        attempt: u32,
    },
    /// The commit landed.
    Published {
        /// The commit.
        pushed: Pushed,
        /// The tip that it was built on. After a lost answer this is the tip
        /// that the commit was found in.
        tip: Tip,
        /// Which try it was, from 1.
        attempt: u32,
    },
}

/// Why publishing failed.
#[derive(Debug)]
pub enum Failure<E> {
    /// The caller decided against it.
    Decide(E),
    /// The repository said no, or could not be reached.
    Git(git::Error),
    /// Every try lost.
    GaveUp {
        /// How many tries there were.
        attempts: u32,
        /// How long they took.
        after: Duration,
        /// How the last one failed.
        last: git::Error,
    },
}

/// Publishes what `decide` proposes.
///
/// `decide` is called with the tip on every attempt, so that a lost race is
/// planned anew on what is there now. `None` means that nothing is to be sent.
/// A proposal that changes nothing makes no commit: it only creates the branch
/// where that does not exist.
/// It is not called when every folder already holds exactly what is wanted.
/// A push whose answer was lost is looked for in the branch before anything
/// is sent again.
pub async fn run<E>(
    remote: &Remote,
    options: &Options,
    mut decide: impl AsyncFnMut(&Tip) -> Result<Option<Proposal>, E>,
) -> Result<Outcome, Failure<E>> {
    let mut tries = Tries::new(&options.retry);
    loop {
        match once(remote, options, &mut decide, &mut tries).await {
            Err(failure) => tries.again(failure).await?,
            ended => return ended,
        }
    }
}

/// The tries of one publication.
pub(super) struct Tries {
    backoff: Backoff,
    /// When the current one began.
    began: Instant,
    /// Pushes whose answer was lost.
    pub(super) unsettled: Vec<Pushed>,
    /// The server took a push and said nothing of the branch.
    silent: Option<git::Error>,
}

impl Tries {
    pub(super) fn new(retry: &Retry) -> Self {
        Self {
            backoff: retry.start(),
            began: Instant::now(),
            unsettled: Vec::new(),
            silent: None,
        }
    }

    /// Fails when the last push was answered without a word about the branch:
    /// by now the branch was looked at, and nothing is sent again.
    pub(super) fn heed_silence<E>(&mut self) -> Result<(), Failure<E>> {
        match self.silent.take() {
            Some(error) => Err(Failure::Git(error.looked_at())),
            None => Ok(()),
        }
    }

    /// Which try this is, from 1.
    pub(super) fn number(&self) -> u32 {
        self.backoff.tried() + 1
    }

    /// Waits for the next try after a failure that may pass.
    pub(super) async fn again<E>(&mut self, failure: Failure<E>) -> Result<(), Failure<E>> {
        let error = match failure {
            Failure::Git(error) if error.is_passing() => error,
            failure => return Err(failure),
        };
        tracing::debug!(attempt = self.number(), %error, "trying again");
        self.unsettled.extend(error.unknown_outcome());
        if error.is_silent() {
            self.silent = Some(error);
            return Ok(());
        }
        let took = self.began.elapsed();
        let Some(pause) = self.backoff.pause_after(error.asked_pause(), took) else {
            return Err(Failure::GaveUp {
                attempts: self.backoff.tried(),
                after: self.backoff.elapsed(),
                last: error,
            });
        };
        tokio::time::sleep(pause).await;
        self.began = Instant::now();
        Ok(())
    }
}

/// One try.
async fn once<E>(
    remote: &Remote,
    options: &Options,
    decide: &mut impl AsyncFnMut(&Tip) -> Result<Option<Proposal>, E>,
    tries: &mut Tries,
) -> Result<Outcome, Failure<E>> {
    let attempt = tries.number();
    let tip = remote
        .read(options.branch.as_deref(), &options.wanted)
        .await
        .map_err(Failure::Git)?;
    for pushed in &tries.unsettled {
        if remote
            .contains(&tip, pushed.commit)
            .await
            .map_err(Failure::Git)?
        {
            return Ok(Outcome::Published {
                pushed: *pushed,
                tip,
                attempt,
            });
        }
    }
    tries.heed_silence()?;
    if tip.is_settled() {
        return Ok(Outcome::Unchanged { tip, attempt });
    }
    let Some(proposal) = decide(&tip).await.map_err(Failure::Decide)? else {
        return Ok(Outcome::Unchanged { tip, attempt });
    };
    let pushed = remote
        .push(&tip, &proposal.changes, &proposal.commit)
        .await
        .map_err(Failure::Git)?;
    if tip.is_at(pushed.commit) {
        return Ok(Outcome::Unchanged { tip, attempt });
    }
    Ok(Outcome::Published {
        pushed,
        tip,
        attempt,
    })
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decide(error) => error.fmt(f),
            Self::Git(error) => error.fmt(f),
            Self::GaveUp {
                attempts,
                after,
                last,
            } => write!(f, "{}: {last}", gave_up(*attempts, *after)),
        }
    }
}

/// What helps where others are always faster.
const PATIENCE: &str =
    "others publish to this branch all the time: keep trying for longer with `pushTimeout`";

fn gave_up(attempts: u32, after: Duration) -> String {
    let seconds = after.as_secs();
    match attempts {
        1 => format!("publishing failed once, for {seconds} seconds"),
        _ => format!("publishing failed {attempts} times in a row, for {seconds} seconds"),
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for Failure<E> {}

impl<E: Into<CommandError>> From<Failure<E>> for CommandError {
    fn from(failure: Failure<E>) -> Self {
        match failure {
            Failure::Decide(error) => error.into(),
            Failure::Git(error) => error.into(),
            Failure::GaveUp {
                attempts,
                after,
                last,
            } => {
                let lost_races = last.refusal() == Some(Refusal::Stale);
                let error = CommandError::from(last).context(gave_up(attempts, after));
                error.hints(lost_races.then(|| PATIENCE.to_owned()))
            }
        }
    }
}
