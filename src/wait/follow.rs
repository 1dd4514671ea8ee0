//! The loop: ask, judge, tell, pause.

use std::sync::Arc;
use std::time::Duration;

use gitops_rollout::{Judged, Outcome, Policy, Standing, Wait, Waiting, judge};

use super::clock::{Clock, pause};
use super::followed::Followed;
use super::line::Line;
use super::result::{because, report};
use super::tell::Teller;
use crate::error::Error;
use crate::host::{ApiError, Fault, Refusal};
use crate::report::{Reporter, RolloutReport};

/// How long a host may be silent before its last words are too old to be
/// trusted, in seconds.
const SILENCE: u64 = 150;

/// How long the last question may take.
const LAST_ANSWER: Duration = Duration::from_secs(10);

/// The same for whoever looks once: long enough to try again.
const ONE_LOOK: Duration = Duration::from_mins(1);

/// How often a host is asked once more, without a pause, when the time is up and
/// it has not been asked for all that decides.
const LAST_WORDS: u32 = 6;

/// A wait that could not go on.
#[derive(Debug)]
pub struct Stopped {
    /// What was known by then.
    pub rollouts: Vec<RolloutReport>,
    /// Why.
    pub error: Error,
}

/// One environment of one line.
struct Place {
    line: usize,
    member: usize,
}

struct Work<'a, C> {
    lines: Vec<Line>,
    /// The environments in the order they were given, line by line.
    places: Vec<Place>,
    done: Vec<Option<RolloutReport>>,
    policy: Policy,
    clock: &'a C,
    started: Duration,
    /// How often it was asked after the time was up.
    last_words: u32,
    teller: Teller<'a>,
}

/// Waits until it is known for every environment how its rollout ended.
///
/// Each branch costs at most two calls whenever the host is asked, whatever the
/// number of its environments.
pub async fn follow(
    followed: Vec<Followed>,
    policy: Policy,
    clock: &impl Clock,
    reporter: &Reporter,
) -> Result<Vec<RolloutReport>, Stopped> {
    let lines: Vec<_> = followed.into_iter().map(Line::new).collect();
    let places: Vec<_> = lines
        .iter()
        .enumerate()
        .flat_map(|(line, one)| {
            (0..one.followed.members.len()).map(move |member| Place { line, member })
        })
        .collect();
    let mut work = Work {
        done: places.iter().map(|_| None).collect(),
        teller: Teller::new(reporter, places.len()),
        lines,
        places,
        policy,
        clock,
        started: clock.now(),
        last_words: 0,
    };
    match work.run().await {
        Ok(()) => Ok(work.reports()),
        Err(error) => Err(Stopped {
            rollouts: work.reports(),
            error,
        }),
    }
}

impl<C: Clock> Work<'_, C> {
    async fn run(&mut self) -> Result<(), Error> {
        // What needs no host is told before it is asked.
        self.judge(false);
        self.teller.begin(&self.lines, &self.done, self.policy);
        while self.done.iter().any(Option::is_none) {
            let mut asked = None;
            for line in 0..self.lines.len() {
                asked = asked.max(self.ask(line).await?);
            }
            self.judge(true);
            if self.done.iter().all(Option::is_some) {
                break;
            }
            if self.is_late(self.now()) {
                self.last_words += 1;
                continue;
            }
            let waited = self.clock.now().saturating_sub(self.started);
            let left = Duration::from_secs(self.policy.timeout).saturating_sub(waited);
            let next = pause(waited).max(asked.unwrap_or_default());
            // The end is not slept through: what came last minute counts.
            self.clock
                .sleep(next.min(left.max(Duration::from_secs(1))))
                .await;
        }
        Ok(())
    }

    fn is_late(&self, now: u64) -> bool {
        now.saturating_sub(self.started.as_secs()) >= self.policy.timeout
    }

    fn now(&self) -> u64 {
        self.clock.now().as_secs()
    }

    /// Asks the host of one line; gives back how long it wants to be left alone.
    async fn ask(&mut self, at: usize) -> Result<Option<Duration>, Error> {
        let both = self.places.iter().zip(&self.done);
        let open = both.filter(|(place, done)| place.line == at && done.is_none());
        let open: Vec<_> = open.map(|(place, _)| place.member).collect();
        if open.is_empty() {
            return Ok(None);
        }
        // Whoever looks once has no other try.
        let again_soon = self.policy.timeout > 0;
        let waited = self.clock.now().saturating_sub(self.started);
        let left =
            again_soon.then(|| Duration::from_secs(self.policy.timeout).saturating_sub(waited));
        let line = &mut self.lines[at];
        let question = line.question(&open, again_soon);
        // A host that hangs does not hold the run beyond its end.
        let most = match left {
            Some(left) => left.max(LAST_ANSWER),
            None => ONE_LOOK,
        };
        let api = Arc::clone(&line.followed.api);
        let answer = self.clock.within(most, api.watch(&question)).await;
        let line = &self.lines[at];
        let Some(answer) = answer else {
            let said = format!("the host of {} did not answer in time", line.followed.place);
            self.teller.silent(&self.lines[at], &said);
            return Ok(None);
        };
        let asked = line.followed.api.asked_to_wait();
        match answer {
            Ok(mut sighting) => {
                if let Some(unread) = sighting.unread.take() {
                    self.teller.warn(&unread);
                }
                let now = self.now();
                let line = &mut self.lines[at];
                line.hear(sighting, now);
                self.teller.answered(line);
                Ok(asked)
            }
            Err(error) if is_passing(&error) => {
                self.teller.silent(&self.lines[at], &error.to_string());
                Ok(asked)
            }
            Err(error) => Err(because(error)),
        }
    }

    /// Decides what can be decided. `asked` says that a host was asked.
    fn judge(&mut self, asked: bool) {
        let now = self.now();
        let mut needs: Vec<Vec<(usize, Judged)>> = self.lines.iter().map(|_| Vec::new()).collect();
        for at in 0..self.places.len() {
            if self.done[at].is_some() {
                continue;
            }
            let Place { line, member } = self.places[at];
            let own = &self.lines[line];
            let one = &own.followed.members[member];
            let published = own.published(one);
            let content = one.content().map(|head| head.to_string());
            let arrival = own.arrival(one);
            let mut judged = judge(&Wait {
                published: &published,
                content: content.as_deref(),
                arrival: &arrival,
                required: &one.required,
                authors: &one.authors,
                branch: &own.branch,
                trees: own.trees(one),
                policy: self.policy,
                started: self.started.as_secs(),
                now,
            });
            // A short wait is over before a long silence is.
            let most = SILENCE.min(self.policy.timeout / 2).max(1);
            let is_silent = own
                .heard
                .is_none_or(|heard| now.saturating_sub(heard) >= most);
            let needs_host = rests_on_host(&judged);
            if !asked && needs_host {
                continue;
            }
            if needs_host && own.is_gone() {
                judged.standing = Standing::Done(Outcome::Unknown);
            }
            let is_undecided = !judged.needs.is_empty() || own.is_lost(one);
            let is_open = match judged.standing {
                // A success on a later commit, of which it is not known whether it holds
                // the same files, may clear a failure.
                Standing::Done(Outcome::TimedOut | Outcome::Failed) => true,
                // The last answer may tell what was not known.
                Standing::Done(Outcome::Unknown) => judged.doubt.is_some(),
                // Which came last, success or failure, may depend on a folder.
                Standing::Done(Outcome::RolledOut) => {
                    let mut lines = judged.lines.iter();
                    self.is_late(now) && lines.any(|line| line.later_failure.is_some())
                }
                _ => false,
            };
            if is_undecided && !is_silent && self.last_words < LAST_WORDS && is_open {
                judged.standing = Standing::Waiting(Waiting::Targets);
            }
            if needs_host && is_silent {
                judged.standing = by_silence(judged.standing, self.is_late(now));
            }
            match judged.standing {
                Standing::Done(outcome) => {
                    let seconds = now.saturating_sub(self.started.as_secs());
                    let report = report(own, one, &judged, outcome, seconds, is_silent);
                    self.teller.ended(at, one, &judged, &report);
                    self.done[at] = Some(report);
                }
                Standing::Waiting(waiting) => {
                    self.teller.waits(at, own, one, &judged, waiting);
                    needs[line].push((member, judged));
                }
            }
        }
        for (line, needs) in self.lines.iter_mut().zip(&needs) {
            line.want(needs);
        }
    }

    /// What is known, also of environments that are not done.
    fn reports(&mut self) -> Vec<RolloutReport> {
        let now = self.now();
        let mut reports = Vec::new();
        for (at, place) in self.places.iter().enumerate() {
            if let Some(done) = self.done[at].take() {
                reports.push(done);
                continue;
            }
            let line = &self.lines[place.line];
            let member = &line.followed.members[place.member];
            let seconds = now.saturating_sub(self.started.as_secs());
            reports.push(RolloutReport::unknown(
                &member.environment,
                line.commit(member),
                seconds,
            ));
        }
        reports
    }
}

/// Whether what was judged rests on what the host says.
fn rests_on_host(judged: &Judged) -> bool {
    let without = [
        Outcome::Unchanged,
        Outcome::Superseded,
        Outcome::Abandoned,
        Outcome::Unknown,
    ];
    judged.commit.is_some() || !without.map(Standing::Done).contains(&judged.standing)
}

/// How far a wait is whose host has been silent: what ends by time alone ends
/// when there is no more time, and then nobody knows.
fn by_silence(standing: Standing, is_late: bool) -> Standing {
    match standing {
        Standing::Done(Outcome::TimedOut | Outcome::NotMerged | Outcome::Unknown) if is_late => {
            Standing::Done(Outcome::Unknown)
        }
        Standing::Done(Outcome::Unknown) => Standing::Waiting(Waiting::Place),
        other => other,
    }
}

/// Whether asking again may help.
fn is_passing(error: &ApiError) -> bool {
    match error.fault() {
        Fault::Http(_) | Fault::Unknown { .. } | Fault::Answer { .. } => true,
        Fault::Refused { meaning, .. } => *meaning == Refusal::Throttled,
        _ => false,
    }
}
