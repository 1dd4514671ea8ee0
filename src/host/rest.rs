//! Requests to a host's JSON interface: what is sent again, and what is not.
//!
//! A request that is safe to repeat is tried again after everything that
//! passes. Any other is tried again only where the server cannot have seen it
//! or says that it did nothing; otherwise the outcome is unknown and its owner
//! looks before writing again.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

use super::HostKind;
use super::fault::Fault;
use super::rest_answer::{self, Failed, Seen};
use crate::http::{self, Http, Request, Retry};

/// Bytes of one answer, at most.
const LONGEST_ANSWER: u64 = 32 << 20;
/// The same where the answer is an archive.
const LONGEST_ARCHIVE: u64 = 256 << 20;

const JSON: &str = "application/json";
const FILE: &str = "application/octet-stream, application/json";
const ZIP: &str = "application/zip";

/// A server that asks for longer waits gets none: the run fails and says so.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// What an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Json,
    /// A file, which holds JSON.
    File,
    Zip,
}

/// One request to a JSON interface.
#[derive(Debug, Clone)]
pub(super) struct Call {
    method: Method,
    url: Url,
    body: Option<Value>,
    content_type: &'static str,
    expected: Expected,
    safe: bool,
    follow: bool,
    once: bool,
}

impl Call {
    fn new(method: Method, url: Url, body: Option<Value>, safe: bool) -> Self {
        Self {
            method,
            url,
            body,
            content_type: JSON,
            expected: Expected::Json,
            safe,
            follow: false,
            once: false,
        }
    }

    pub(super) fn get(url: Url) -> Self {
        Self::new(Method::GET, url, None, true)
    }

    /// A POST, whose repetition does its work twice unless it is said to be safe.
    pub(super) fn post(url: Url, body: Value) -> Self {
        Self::new(Method::POST, url, Some(body), false)
    }

    pub(super) fn patch(url: Url, body: Value) -> Self {
        Self::new(Method::PATCH, url, Some(body), true)
    }

    pub(super) fn put(url: Url, body: Value) -> Self {
        Self::new(Method::PUT, url, Some(body), true)
    }

    pub(super) fn delete(url: Url) -> Self {
        Self::new(Method::DELETE, url, None, true)
    }

    /// Says that doing it twice does no harm.
    pub(super) fn safe(mut self) -> Self {
        self.safe = true;
        self
    }

    /// Whoever sends it asks again soon, so that it is sent only once.
    pub(super) fn once(mut self, once: bool) -> Self {
        self.once = once;
        self
    }

    /// The body is a list of changes (RFC 6902); adding to a list twice adds twice.
    pub(super) fn json_patch(mut self) -> Self {
        self.content_type = "application/json-patch+json";
        self.safe = false;
        self
    }

    /// The answer is a zip archive, which may take as long as a download takes.
    pub(super) fn zipped(mut self) -> Self {
        self.expected = Expected::Zip;
        self
    }

    /// The answer is a file, which holds JSON.
    pub(super) fn file(mut self) -> Self {
        self.expected = Expected::File;
        self
    }

    /// A redirect within the host is followed.
    pub(super) fn following(mut self) -> Self {
        self.follow = true;
        self
    }

    fn request(&self, headers: &HeaderMap, timeout: Duration) -> Request {
        let body = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        let has_body = self.body.is_some();
        let mut request = Request::new(self.method.clone(), self.url.clone(), body).header(
            ACCEPT,
            HeaderValue::from_static(match self.expected {
                Expected::Json => JSON,
                Expected::File => FILE,
                Expected::Zip => ZIP,
            }),
        );
        if self.expected != Expected::Zip {
            request = request.timeout(timeout);
        }
        if has_body {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        for (name, value) in headers {
            request = request.header(name.clone(), value.clone());
        }
        if self.follow {
            request
        } else {
            request.without_redirects()
        }
    }
}

/// A good answer.
#[derive(Debug)]
pub(super) struct Answer {
    /// The body; null when there is none.
    pub(super) json: Value,
    /// The address of the next page.
    pub(super) next: Option<Url>,
    /// The body where it is an archive.
    pub(super) archive: Vec<u8>,
    /// Where no more calls are left: how long until there are.
    pub(super) used_up: Option<Duration>,
}

/// Sends calls with one host's headers.
pub(super) struct Rest {
    http: Http,
    retry: Retry,
    timeout: Duration,
    kind: HostKind,
    headers: HeaderMap,
    /// The server asked for calm until then.
    calm: Mutex<Option<Instant>>,
    /// What it asked whoever sends calls only once.
    asked: Mutex<Option<Duration>>,
}

impl Rest {
    pub(super) fn new(
        kind: HostKind,
        mut options: http::Options,
        headers: &[(&'static str, &'static str)],
    ) -> Self {
        options.http1_only |= kind.http1_only();
        let headers = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        Self {
            retry: options.retry.clone(),
            timeout: options.rest_timeout,
            http: Http::new(options),
            kind,
            headers: headers.collect(),
            calm: Mutex::new(None),
            asked: Mutex::new(None),
        }
    }

    /// How often and after which pauses something is tried again.
    pub(super) fn retry(&self) -> &Retry {
        &self.retry
    }

    /// Sends one call, again where that is safe; an error status is a fault.
    pub(super) async fn send(
        &self,
        call: &Call,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, Fault> {
        let mut headers = self.headers.clone();
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, value.clone());
        }
        let request = call.request(&headers, self.timeout);
        let mut backoff = self.retry.start();
        loop {
            self.keep_calm().await;
            let failed = match self.attempt(&request, call).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let asked = failed.after;
            let again = match failed.seen {
                _ if call.once => false,
                Seen::No => asked.is_none_or(|asked| asked <= LONGEST_WAIT),
                Seen::Perhaps => call.safe,
                Seen::Refused => false,
            };
            let pause = if again { backoff.pause(asked) } else { None };
            let Some(pause) = pause else {
                return Err(failed.into_fault(call.safe));
            };
            tracing::debug!(url = %crate::model::RedactedUrl::new(call.url.clone()), ?pause, "trying again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt(&self, request: &Request, sent: &Call) -> Result<Answer, Failed> {
        let expected = sent.expected;
        let mut response = self.http.send(request).await.map_err(Failed::of)?;
        let asked = response.retry_after().or_else(|| response.held_back());
        let used_up = rest_answer::used_up(&response);
        if sent.once {
            self.is_asked(asked.max(used_up));
        }
        let is_good = if expected == Expected::Zip {
            rest_answer::is_archive(&response)
        } else {
            rest_answer::is_json_answer(&response, expected == Expected::File)
        };
        if !is_good {
            return Err(rest_answer::failed(response, self.kind).await);
        }
        if let Some(asked) = asked.filter(|_| !sent.once) {
            let asked = asked.min(self.retry.longest_asked);
            let mut calm = self.calm.lock().unwrap_or_else(PoisonError::into_inner);
            *calm = Some(Instant::now() + asked);
        }
        let next = rest_answer::next_page(&response);
        if expected == Expected::Zip {
            let archive = response.bytes(LONGEST_ARCHIVE).await;
            return Ok(Answer {
                json: Value::Null,
                next,
                archive: archive.map_err(Failed::of)?,
                used_up,
            });
        }
        let body = response.bytes(LONGEST_ANSWER).await.map_err(Failed::of)?;
        let json = if body.trim_ascii().is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body).map_err(|error| Failed {
                fault: Fault::answer(format!("it is not JSON: {error}")),
                seen: Seen::Perhaps,
                after: None,
            })?
        };
        Ok(Answer {
            json,
            next,
            archive: Vec::new(),
            used_up,
        })
    }

    /// Takes note of what the server asks for.
    fn is_asked(&self, time: Option<Duration>) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        *asked = time.max(*asked);
    }

    /// How long the server asked to be left alone, in answers to calls that are sent only
    /// once; asking forgets it.
    pub(super) fn asked(&self) -> Option<Duration> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.take()
    }

    /// Waits as long as the last good answer asked for.
    async fn keep_calm(&self) {
        let until = self
            .calm
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(until) = until {
            tokio::time::sleep_until(until.into()).await;
        }
    }
}
