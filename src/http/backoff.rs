//! Waiting times between tries. Pure: it says how long, others wait.

use std::time::Duration;

/// How often something is tried, and how long the pauses are.
#[derive(Debug, Clone)]
pub struct Retry {
    /// Tries in all, at least one.
    pub attempts: u32,
    /// Upper end of the first pause; the lower end is a quarter of it.
    pub first: Duration,
    /// Upper end of every later pause.
    pub longest: Duration,
    /// Longest pause that a server may ask for with `Retry-After`.
    pub longest_asked: Duration,
    /// Makes the jitter repeatable; without it every run differs.
    pub seed: Option<u64>,
}

impl Retry {
    /// For one idempotent request.
    pub fn requests() -> Self {
        Self {
            attempts: 4,
            first: Duration::from_millis(400),
            longest: Duration::from_secs(5),
            longest_asked: Duration::from_secs(60),
            seed: None,
        }
    }

    /// For a push that lost a race: the next try is a whole read and push.
    pub fn pushes() -> Self {
        Self {
            attempts: 10,
            first: Duration::from_millis(200),
            longest: Duration::from_secs(4),
            longest_asked: Duration::from_secs(60),
            seed: None,
        }
    }

    /// The same number of tries without any pause.
    #[must_use]
    pub fn without_pauses(mut self) -> Self {
        self.first = Duration::ZERO;
        self.longest = Duration::ZERO;
        self.longest_asked = Duration::ZERO;
        self
    }

    /// The pauses of one sequence of tries.
    pub fn start(&self) -> Backoff {
        Backoff {
            retry: self.clone(),
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
    tried: u32,
    ceiling: Duration,
    random: fastrand::Rng,
}

impl Backoff {
    /// How long to wait after a failed try; `None` when that was the last one.
    /// A time that the server asked for wins, up to the cap.
    pub fn pause(&mut self, asked: Option<Duration>) -> Option<Duration> {
        self.tried += 1;
        if self.tried >= self.retry.attempts {
            return None;
        }
        let ceiling = self.ceiling.min(self.retry.longest);
        self.ceiling = ceiling.mul_f64(1.5);
        let own = ceiling.mul_f64(0.25 + 0.75 * self.random.f64());
        Some(asked.map_or(own, |asked| asked.min(self.retry.longest_asked).max(own)))
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
    fn a_server_may_ask_for_more_but_not_for_hours() {
        let mut backoff = Retry::requests().start();
        assert_eq!(
            backoff.pause(Some(Duration::from_secs(7))),
            Some(Duration::from_secs(7))
        );
        assert_eq!(
            backoff.pause(Some(Duration::from_secs(7200))),
            Some(Duration::from_secs(60))
        );
    }
}
