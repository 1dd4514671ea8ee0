//! The look for what is followed, before the wait: in the same time, and not without a word.

use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::error::{Error, Kind};
use crate::report::{Reporter, duration};

/// After so long it is said what the host is asked for.
const QUIET: Duration = Duration::from_secs(10);

/// Does what has to be known before the wait can begin. `seconds` is how long a wait may
/// take, of which what is left is given back; without time to wait, a look takes as long
/// as its requests may.
pub(super) async fn in_time<T>(
    seconds: u64,
    what: &str,
    reporter: &Reporter,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<(T, u64), Error> {
    let began = Instant::now();
    let limit = (seconds > 0).then(|| Duration::from_secs(seconds).max(QUIET));
    let found = within(QUIET, limit, what, reporter, work).await?;
    let left = seconds.saturating_sub(began.elapsed().as_secs());
    Ok((found, left.max(seconds.min(1))))
}

async fn within<T>(
    quiet: Duration,
    limit: Option<Duration>,
    what: &str,
    reporter: &Reporter,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let began = Instant::now();
    let mut work = pin!(work);
    if let Ok(done) = timeout(quiet, &mut work).await {
        return done;
    }
    let Some(limit) = limit else {
        reporter.info(&format!("Waiting for the host to tell {what}"));
        return work.await;
    };
    let most = duration(limit.as_secs());
    if limit > quiet {
        reporter.info(&format!(
            "Waiting for the host to tell {what}, for {most} at most"
        ));
    }
    let left = limit.saturating_sub(began.elapsed());
    timeout(left, work).await.unwrap_or_else(|_| {
        let said = format!("the host did not tell {what} in {most}, so it is not known whether it is rolled out");
        Err(Error::message(Kind::Remote, said)
            .hint("run the command `wait` once the host answers again; `waitTimeout` says how long to wait"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::sync::watch;

    use crate::report::{Event, Sink};

    const WHAT: &str = "what the branch of dev holds";

    /// Keeps what was told last; who listens hears of it.
    struct Kept(watch::Sender<String>);

    impl Sink for Kept {
        fn write(&self, event: Event<'_>) {
            if let Event::Info(text) = event {
                self.0.send_replace(text.to_owned());
            }
        }
    }

    fn kept() -> (Reporter, watch::Receiver<String>) {
        let (sender, told) = watch::channel(String::new());
        (Reporter::new(Kept(sender)), told)
    }

    #[tokio::test]
    async fn a_quick_look_is_not_spoken_of_and_leaves_time() {
        let (reporter, told) = kept();
        for (seconds, left) in [(1800, 1800), (1, 1), (0, 0)] {
            let found = in_time(seconds, WHAT, &reporter, async { Ok(7) }).await;
            assert_eq!(found.unwrap(), (7, left));
        }
        let refused = async { Err::<(), _>(Error::message(Kind::Remote, "refused")) };
        let error = in_time(1800, WHAT, &reporter, refused).await.unwrap_err();
        assert_eq!(error.to_string(), "refused");
        assert_eq!(*told.borrow(), "");
    }

    #[tokio::test]
    async fn a_long_look_says_what_it_waits_for() {
        for (limit, most) in [
            (Some(Duration::from_mins(30)), ", for 30 minutes at most"),
            (None, ""),
        ] {
            let (reporter, mut told) = kept();
            let until_told = async {
                told.changed().await.unwrap();
                Ok(7)
            };
            let found = within(Duration::ZERO, limit, WHAT, &reporter, until_told).await;
            assert_eq!(found.unwrap(), 7);
            let said = told.borrow().clone();
            assert_eq!(said, format!("Waiting for the host to tell {WHAT}{most}"));
        }
    }

    #[tokio::test]
    async fn a_host_that_hangs_does_not_hold_the_run_beyond_its_end() {
        let (reporter, _told) = kept();
        let hangs = std::future::pending::<Result<(), Error>>();
        let limit = Some(Duration::from_millis(1));
        let error = within(Duration::ZERO, limit, WHAT, &reporter, hangs)
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the host did not tell what the branch of dev holds in 0 seconds, so it is not known whether it is rolled out"
        );
        assert_eq!(error.kind().exit_code(), Kind::Remote.exit_code());
    }
}
