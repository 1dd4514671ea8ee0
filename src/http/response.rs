//! An answer whose body is read piece by piece and never without a bound.

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};

use super::Slowest;
use super::error::{Error, Failure, Progress};
use crate::model::RedactedUrl;

/// How much of the body of an error answer is read.
const FAILURE_BODY: u64 = 16 * 1024;

/// Headers in which servers name a request, by preference.
const REQUEST_IDS: [&str; 4] = [
    "x-github-request-id",
    "activityid",
    "x-vss-e2eid",
    "x-request-id",
];

/// An answer with any status.
pub struct Response {
    inner: reqwest::Response,
    method: Method,
    received: u64,
    pace: Option<Pace>,
    /// How long it may take.
    longest: Duration,
}

/// How quickly a body comes.
struct Pace {
    slowest: Slowest,
    since: Instant,
    bytes: u64,
}

impl Pace {
    fn new(slowest: Slowest) -> Self {
        Self {
            slowest,
            since: Instant::now(),
            bytes: 0,
        }
    }

    /// Takes note of bytes; false when they come too slowly.
    fn keeps(&mut self, bytes: u64) -> bool {
        self.bytes += bytes;
        if self.since.elapsed() < self.slowest.time {
            return true;
        }
        let enough = self.bytes >= self.slowest.bytes;
        (self.since, self.bytes) = (Instant::now(), 0);
        enough
    }
}

impl Response {
    pub(super) fn new(
        inner: reqwest::Response,
        method: Method,
        slowest: Option<Slowest>,
        longest: Duration,
    ) -> Self {
        Self {
            inner,
            method,
            received: 0,
            pace: slowest.map(Pace::new),
            longest,
        }
    }

    /// HTTP status code.
    pub fn status(&self) -> u16 {
        self.inner.status().as_u16()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    /// The URL that answered, after redirects.
    pub fn url(&self) -> &url::Url {
        self.inner.url()
    }

    /// The method that was used.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// `Content-Type` without parameters, in lower case.
    pub fn content_type(&self) -> String {
        let full = self.text_header(CONTENT_TYPE.as_str()).unwrap_or_default();
        full.split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    }

    /// The length of the body, when the server says it.
    pub fn length(&self) -> Option<u64> {
        self.inner.content_length()
    }

    /// A header's value, when it is text.
    pub fn text_header(&self, name: &str) -> Option<&str> {
        self.headers().get(name)?.to_str().ok()
    }

    /// How long the server asks to wait: seconds, or a time by its own clock.
    pub fn retry_after(&self) -> Option<Duration> {
        let asked = self.text_header(RETRY_AFTER.as_str())?.trim();
        if !asked.is_empty() && asked.bytes().all(|digit| digit.is_ascii_digit()) {
            // Longer than any number is long enough.
            let seconds = asked.parse().unwrap_or(u32::MAX);
            return Some(Duration::from_secs(seconds.into()));
        }
        let then = httpdate::parse_http_date(asked).ok()?;
        let now = self.text_header(DATE.as_str());
        let now = now.and_then(|date| httpdate::parse_http_date(date.trim()).ok());
        let now = now.unwrap_or_else(SystemTime::now);
        Some(then.duration_since(now).unwrap_or_default())
    }

    /// How long the server held this request back because there were too many:
    /// the next ones should wait as long.
    /// <https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits>
    pub fn held_back(&self) -> Option<Duration> {
        let seconds: f64 = self.text_header("x-ratelimit-delay")?.trim().parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    }

    /// The next piece of the body; at most `limit` bytes in all.
    pub async fn chunk(&mut self, limit: u64) -> Result<Option<Bytes>, Error> {
        let chunk = self.inner.chunk().await.map_err(|error| {
            super::client::connection_error(
                &self.method,
                self.inner.url(),
                &error,
                Progress::Answering,
                self.longest,
            )
        })?;
        let length = chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        if chunk.is_some()
            && let Some(pace) = &mut self.pace
            && !pace.keeps(length)
        {
            let Slowest { time, bytes } = pace.slowest;
            return Err(Error::TooSlow {
                method: self.method.clone(),
                url: Box::new(RedactedUrl::new(self.inner.url().clone())),
                bytes,
                seconds: time.as_secs(),
            });
        }
        self.received += length;
        if self.received > limit {
            return Err(Error::TooLong {
                method: self.method.clone(),
                url: Box::new(RedactedUrl::new(self.inner.url().clone())),
                limit,
            });
        }
        Ok(chunk)
    }

    /// The whole body, which must fit in `limit` bytes.
    pub async fn bytes(&mut self, limit: u64) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk(limit).await? {
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// Takes the answer for a failure: status, request id, start of the body.
    pub async fn into_failure(mut self) -> Failure {
        let mut body = Vec::new();
        while (body.len() as u64) < FAILURE_BODY
            && let Ok(Some(chunk)) = self.chunk(u64::MAX).await
        {
            body.extend_from_slice(&chunk);
        }
        body.truncate(usize::try_from(FAILURE_BODY).unwrap_or(usize::MAX));
        let request_id = REQUEST_IDS.iter().find_map(|name| self.text_header(name));
        Failure {
            status: self.status(),
            method: self.method.clone(),
            url: RedactedUrl::new(self.inner.url().clone()),
            request_id: request_id.map(str::to_owned),
            retry_after: self.retry_after(),
            content_type: self.content_type(),
            body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer with one header.
    fn answer(name: &str, value: &str) -> Response {
        let inner = axum::http::Response::builder()
            .header("date", "Fri, 07 Aug 2026 10:00:00 GMT")
            .header(name, value);
        let inner = reqwest::Response::from(inner.body("").unwrap());
        Response::new(inner, Method::GET, None, Duration::from_secs(1))
    }

    #[rstest::rstest]
    #[case("x-ratelimit-delay", "2", None, Some(2000))]
    #[case("x-ratelimit-delay", "0.25", None, Some(250))]
    #[case("x-ratelimit-delay", " 1 ", None, Some(1000))]
    #[case("x-ratelimit-delay", "-1", None, None)]
    #[case("x-ratelimit-delay", "NaN", None, None)]
    #[case("x-ratelimit-delay", "soon", None, None)]
    #[case("retry-after", "3", Some(3000), None)]
    #[case("retry-after", "Fri, 07 Aug 2026 10:02:40 GMT", Some(160_000), None)]
    #[case("retry-after", "Friday, 07-Aug-26 10:02:40 GMT", Some(160_000), None)]
    #[case("retry-after", "Fri, 07 Aug 2026 09:00:00 GMT", Some(0), None)]
    #[case(
        "retry-after",
        "99999999999999999999999",
        Some(4_294_967_295_000),
        None
    )]
    #[case("retry-after", "", None, None)]
    #[case("retry-after", "later", None, None)]
    #[case("retry-after", "-1", None, None)]
    fn what_a_server_asks_for_is_read(
        #[case] name: &str,
        #[case] value: &str,
        #[case] asked: Option<u64>,
        #[case] held_back: Option<u64>,
    ) {
        let answer = answer(name, value);
        assert_eq!(answer.retry_after(), asked.map(Duration::from_millis));
        assert_eq!(answer.held_back(), held_back.map(Duration::from_millis));
    }
}
