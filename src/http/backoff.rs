//! Waiting times between tries. Pure: it says how long, others wait.

use std::time::{Duration, Instant};

/// How often something is tried, and how long the pauses are.
#[derive(Debug, Clone)]
pub struct Retry {
    /// Tries in all, at least one.
    pub attempts: u32,
    /// How long to go on trying, whatever the number of tries.
    pub limit: Option<Duration>,
    /// Upper end of the first pause; the lower end is a quarter of it.
    pub first: Duration,
    /// Upper end of every later pause.
    pub longest: Duration,
    /// Longest pause that a server may ask for with `Retry-After`.
    pub longest_asked: Duration,
    /// Makes the jitter repeatable; without it every run differs.
    pub seed: Option<u64>,
}

/// How many tries there are without pauses, where the number is not limited.
const MOST_WITHOUT_PAUSES: u32 = 10;

/// How much longer than one try took a pause may be: with more writers than
/// this at one branch, some tries are lost, and none is lost for ever.
const WRITERS: u32 = 8;

impl Retry {
    /// For one idempotent request.
    pub fn requests() -> Self {
        Self {
            attempts: 4,
            limit: None,
            first: Duration::from_millis(400),
            longest: Duration::from_secs(5),
            longest_asked: Duration::from_mins(1),
            seed: None,
        }
    }

    /// For a push that lost a race: the next try is a whole read and push. It
    /// goes on for ten minutes, however often others are faster.
    pub fn pushes() -> Self {
        Self {
            attempts: u32::MAX,
            limit: Some(Duration::from_mins(10)),
            first: Duration::from_millis(200),
            longest: Duration::from_secs(4),
            longest_asked: Duration::from_mins(1),
            seed: None,
        }
    }

    /// The same number of tries without any pause; ten where there is no limit.
    #[must_use]
    pub fn without_pauses(mut self) -> Self {
        self.attempts = self.attempts.min(MOST_WITHOUT_PAUSES);
        self.first = Duration::ZERO;
        self.longest = Duration::ZERO;
        self.longest_asked = Duration::ZERO;
        self
    }

    /// The pauses of one sequence of tries.
    pub fn start(&self) -> Backoff {
        Backoff {
            retry: self.clone(),
            started: Instant::now(),
            tried: 0,
            ceiling: self.first,
            random: self
                .seed
                .map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed),
        }
    }
}

/// The pauses of one sequence of tries, with jitter so that writers that
/// collided once do not collide again.
#[derive(Debug, Clone)]
pub struct Backoff {
    retry: Retry,
    started: Instant,
    tried: u32,
    ceiling: Duration,
    random: fastrand::Rng,
}

impl Backoff {
    /// How long to wait after a failed try; `None` when that was the last one.
    /// A time that the server asked for wins, up to the cap.
    pub fn pause(&mut self, asked: Option<Duration>) -> Option<Duration> {
        self.pause_after(asked, Duration::ZERO)
    }

    /// The same, after a try that took this long: the busier a server is, the
    /// longer the pauses are.
    pub fn pause_after(&mut self, asked: Option<Duration>, took: Duration) -> Option<Duration> {
        self.tried = self.tried.saturating_add(1);
        let over = self
            .retry
            .limit
            .is_some_and(|limit| self.elapsed() >= limit);
        if over || self.tried >= self.retry.attempts {
            return None;
        }
        let longest = self.retry.longest;
        let widest = if longest.is_zero() {
            longest
        } else {
            longest.max(took * WRITERS)
        };
        let ceiling = self.ceiling.max(took).min(widest);
        self.ceiling = ceiling.mul_f64(1.5);
        let own = ceiling.mul_f64(0.25 + 0.75 * self.random.f64());
        Some(asked.map_or(own, |asked| asked.min(self.retry.longest_asked).max(own)))
    }

    /// How long ago the first try began.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// How many tries have failed so far.
    pub fn tried(&self) -> u32 {
        self.tried
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_stay_below_the_cap_and_end() {
        let mut backoff = Retry {
            seed: Some(7),
            attempts: 10,
            ..Retry::pushes()
        }
        .start();
        let pauses: Vec<_> = std::iter::from_fn(|| backoff.pause(None)).collect();
        assert_eq!(pauses.len(), 9);
        assert!(pauses[0] >= Duration::from_millis(50) && pauses[0] <= Duration::from_millis(200));
        assert!(pauses.iter().all(|pause| *pause <= Duration::from_secs(4)));
        assert!(pauses[8] > pauses[0]);
    }

    #[test]
    fn a_push_is_given_up_by_time_and_not_by_count() {
        let mut backoff = Retry::pushes().start();
        assert!((0..10_000).all(|_| backoff.pause(None).is_some()));
        let retry = Retry {
            limit: Some(Duration::ZERO),
            ..Retry::pushes()
        };
        assert_eq!(retry.start().pause(None), None);
    }

    #[test]
    fn where_tries_take_long_pauses_are_long() {
        let mut backoff = Retry::pushes().start();
        let took = Duration::from_secs(3);
        let pauses: Vec<_> = std::iter::repeat_with(|| backoff.pause_after(None, took).unwrap())
            .take(50)
            .collect();
        assert!(pauses[0] >= took / 4 && pauses[0] <= took);
        assert!(pauses.iter().all(|pause| *pause <= took * WRITERS));
        assert!(pauses[40..].iter().any(|pause| *pause > took * 2));
        let mut none = Retry::pushes().without_pauses().start();
        assert_eq!(none.pause_after(None, took), Some(Duration::ZERO));
    }

    #[test]
    fn a_server_may_ask_for_more_but_not_for_hours() {
        let mut backoff = Retry::requests().start();
        assert_eq!(
            backoff.pause(Some(Duration::from_secs(7))),
            Some(Duration::from_secs(7))
        );
        assert_eq!(
            backoff.pause(Some(Duration::from_hours(2))),
            Some(Duration::from_mins(1))
        );
    }
}
