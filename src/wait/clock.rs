//! The time that a wait goes by.

use std::time::{Duration, Instant};

/// A clock that can be waited on; tests have one that jumps.
pub trait Clock: Send + Sync {
    /// The time since some moment.
    fn now(&self) -> Duration;

    /// Waits.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;

    /// Does something for at most this long; `None` when it took longer.
    fn within<T>(
        &self,
        time: Duration,
        work: impl Future<Output = T> + Send,
    ) -> impl Future<Output = Option<T>> + Send {
        async move { tokio::time::timeout(time, work).await.ok() }
    }
}

/// The clock of the machine, which no change of its time disturbs.
#[derive(Debug)]
pub struct RealClock(Instant);

impl RealClock {
    /// A clock that begins now.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for RealClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(time)
    }
}

/// How long to wait before the host is asked again: often while most rollouts
/// end, later less so.
pub(super) fn pause(waited: Duration) -> Duration {
    Duration::from_secs(match waited.as_secs() {
        0..120 => 10,
        120..600 => 30,
        _ => 60,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_it_takes_the_less_is_asked() {
        let mut waited = Duration::ZERO;
        let mut asked = 0;
        while waited < Duration::from_mins(30) {
            waited += pause(waited);
            asked += 1;
        }
        assert_eq!(asked, 12 + 16 + 20);
        assert_eq!(pause(Duration::from_secs(119)), Duration::from_secs(10));
        assert_eq!(pause(Duration::from_mins(10)), Duration::from_mins(1));
    }
}
