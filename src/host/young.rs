//! Tokens that are seconds old: a host hands them out before all of its servers
//! know them.
//!
//! GitHub answers them with 401, 403 or 404 for some seconds. The same token is
//! then sent again; another one would be as young.

use std::time::{Duration, Instant};

use super::Refusal;
use crate::http::Retry;

/// For how long a host may not know a token. The longest that was seen is 46
/// seconds, for an app that was installed a moment before.
const YOUNG: Duration = Duration::from_secs(45);

/// Whether a refusal may come from that.
pub(crate) fn is_late(meaning: Refusal, made: Option<Instant>) -> bool {
    let unknown = matches!(
        meaning,
        Refusal::Authentication | Refusal::Permission | Refusal::NotFound
    );
    unknown && made.is_some_and(|made| made.elapsed() < YOUNG)
}

/// How often the token is sent again, and when.
pub(crate) fn retry(like: &Retry) -> Retry {
    let retry = Retry {
        attempts: u32::MAX,
        limit: Some(YOUNG),
        first: Duration::from_secs(1),
        longest: Duration::from_secs(10),
        ..like.clone()
    };
    if like.longest.is_zero() {
        retry.without_pauses()
    } else {
        retry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_unknown_token_is_answered_and_only_while_it_is_young() {
        let now = Some(Instant::now());
        let old = Instant::now().checked_sub(YOUNG);
        for meaning in Refusal::ALL {
            let unknown = ["Authentication", "Permission", "NotFound"];
            let unknown = unknown.contains(&&*format!("{meaning:?}"));
            assert_eq!(is_late(meaning, now), unknown, "{meaning:?}");
            assert!(!is_late(meaning, old) && !is_late(meaning, None));
        }
    }

    #[test]
    fn it_takes_about_as_long_as_a_token_is_young() {
        let mut backoff = retry(&Retry::requests()).start();
        let pauses: Vec<_> = std::iter::from_fn(|| backoff.pause(None))
            .take(50)
            .collect();
        assert!(pauses[0] <= Duration::from_secs(1));
        assert!(pauses.iter().all(|pause| *pause <= Duration::from_secs(10)));
        let none = retry(&Retry::requests().without_pauses());
        assert!(none.longest.is_zero() && none.attempts == 10);
    }
}
