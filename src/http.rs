//! HTTP: the only place that makes clients.
//!
//! Owns the client (built when first used), the redirect rule, retries of
//! idempotent requests, and errors that name the request without its secrets.
//! Knows nothing about git or any host.

mod addresses;
mod backoff;
mod client;
mod download;
mod error;
mod proxy;
mod relay;
mod response;

pub use addresses::{Addresses, NotPublic, is_public};
pub use backoff::{Backoff, Retry};
pub use client::{Http, Request};
pub use download::Sink;
pub(crate) use error::NOT_PUBLIC;
pub use error::{Error, Failure, Progress};
pub use proxy::{Bypass, Proxy};
pub use relay::Relay;
pub use response::Response;

use std::time::Duration;

use zeroize::Zeroizing;

/// Everything that decides how requests are sent.
#[derive(Clone)]
pub struct Options {
    /// `User-Agent` header of every request.
    pub user_agent: String,
    /// The proxy to use. Without one, the system's and the environment's hold.
    pub proxy: Option<Proxy>,
    /// No proxy at all, whatever the system and the environment say.
    pub direct: bool,
    /// Certificates (PEM) that are trusted besides the system's.
    pub ca_bundle_pem: Option<Vec<u8>>,
    /// Where requests may go.
    pub addresses: Addresses,
    /// Our certificate with its chain and private key (PEM), for servers and
    /// gateways that ask for one.
    pub client_identity_pem: Option<Zeroizing<Vec<u8>>>,
    /// Never HTTP/2: Azure DevOps refuses large pushes over it.
    pub http1_only: bool,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest silence of a server while it answers.
    pub read_timeout: Duration,
    /// Longest time for one answer, however steadily it comes.
    pub answer_timeout: Duration,
    /// How slowly a download may come.
    pub slowest: Slowest,
    /// Longest time for one request to a host's interface, its answer included.
    pub rest_timeout: Duration,
    /// How idempotent requests are tried again.
    pub retry: Retry,
}

impl Options {
    /// The defaults, under a `User-Agent`.
    pub fn new(user_agent: impl Into<String>) -> Self {
        Self {
            user_agent: user_agent.into(),
            proxy: None,
            addresses: Addresses::Any,
            direct: false,
            ca_bundle_pem: None,
            client_identity_pem: None,
            http1_only: false,
            connect_timeout: Duration::from_secs(20),
            read_timeout: Duration::from_mins(2),
            answer_timeout: Duration::from_hours(1),
            slowest: Slowest::default(),
            rest_timeout: Duration::from_mins(1),
            retry: Retry::requests(),
        }
    }

    /// The same, waiting so many seconds for an answer where that is given.
    #[must_use]
    pub fn within(mut self, seconds: Option<u64>) -> Self {
        if let Some(seconds) = seconds {
            self.read_timeout = Duration::from_secs(seconds);
            self.rest_timeout = self.read_timeout;
        }
        self
    }
}

/// The least that must come of a download in any stretch of time, as with git's
/// `http.lowSpeedLimit`. Without it a byte now and then keeps a run for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slowest {
    /// The stretch of time.
    pub time: Duration,
    /// The bytes that must come in it.
    pub bytes: u64,
}

impl Default for Slowest {
    fn default() -> Self {
        Self {
            time: Duration::from_mins(1),
            bytes: 60 << 10,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case::the_usual_time(None, [120, 60])]
    #[case::a_second(Some(1), [1, 1])]
    #[case::a_minute(Some(60), [60, 60])]
    #[case::an_hour(Some(3600), [3600, 3600])]
    #[case::a_day(Some(86_400), [86_400, 86_400])]
    fn an_answer_has_the_time_that_a_setting_gives_it(
        #[case] given: Option<u64>,
        #[case] seconds: [u64; 2],
    ) {
        let options = Options::new("test").within(given);
        let times = [options.read_timeout, options.rest_timeout];
        assert_eq!(times, seconds.map(Duration::from_secs));
    }
}
