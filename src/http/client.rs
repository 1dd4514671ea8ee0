//! Sending requests: client, redirects, retries.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use url::Url;

use super::error::{Error, Progress};
use super::{Addresses, Options, Response};
use crate::model::RedactedUrl;

/// Redirects that are followed for one request.
const REDIRECTS: usize = 5;

/// One request. It can be sent more than once, so the body is in memory.
#[derive(Debug, Clone)]
pub struct Request {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
    idempotent: bool,
    follow: bool,
    timeout: Option<Duration>,
    anywhere: bool,
}

impl Request {
    /// Any method and body; sent once unless it is said to be idempotent.
    pub fn new(method: Method, url: Url, body: impl Into<Bytes>) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: body.into(),
            idempotent: false,
            follow: true,
            anywhere: false,
            timeout: None,
        }
    }

    /// A GET, which may be tried again.
    pub fn get(url: Url) -> Self {
        Self {
            idempotent: true,
            ..Self::new(Method::GET, url, Bytes::new())
        }
    }

    /// A POST, which is sent once unless it is said to be idempotent.
    pub fn post(url: Url, body: impl Into<Bytes>) -> Self {
        Self::new(Method::POST, url, body)
    }

    /// Says that sending it twice does no harm.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Says that a redirect is the caller's business: it is an error, also for GET.
    #[must_use]
    pub fn without_redirects(mut self) -> Self {
        self.follow = false;
        self
    }

    /// The longest time for the whole answer; without it only silence is limited.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Says that redirects may lead to other hosts, as those of release pages
    /// do, but only for GET and never from HTTPS to HTTP. The request's headers,
    /// credentials among them, do not go there.
    #[must_use]
    pub fn anywhere(mut self) -> Self {
        self.anywhere = true;
        self
    }

    /// Whether a redirect from `from` to `to` is followed.
    fn may_go(&self, from: &Url, to: &Url) -> bool {
        let downgrade = from.scheme() == "https" && to.scheme() != "https";
        let web = matches!(to.scheme(), "http" | "https");
        self.method == Method::GET
            && self.follow
            && (to.origin() == from.origin() || (self.anywhere && web && !downgrade))
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

/// A client whose connections are kept for its lifetime.
pub struct Http {
    options: Options,
    client: OnceLock<Result<reqwest::Client, String>>,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Http")
    }
}

impl Http {
    /// The same client for these addresses.
    #[must_use]
    pub fn within(&self, addresses: Addresses) -> Self {
        Self::new(Options {
            addresses,
            ..self.options.clone()
        })
    }

    /// Takes the options; nothing is built or opened yet.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            client: OnceLock::new(),
        }
    }

    /// Sends a request and gives back the answer, whatever its status.
    ///
    /// Idempotent requests are tried again on 429, 502, 503, 504 and on
    /// connection errors; the last answer is given back. Redirects are
    /// followed for GET within one host only, unless the request says so.
    pub async fn send(&self, request: &Request) -> Result<Response, Error> {
        let mut backoff = self.options.retry.start();
        loop {
            let result = self.send_along(request).await;
            let asked = match &result {
                Ok(response) if is_passing(response.status()) => response.retry_after(),
                Err(Error::Connection { .. }) => None,
                _ => return result,
            };
            if !request.idempotent {
                return result;
            }
            let Some(pause) = backoff.pause(asked) else {
                return result;
            };
            tracing::debug!(url = %RedactedUrl::new(request.url.clone()), ?pause, "trying again");
            tokio::time::sleep(pause).await;
        }
    }

    /// How requests are tried again.
    pub(super) fn retry(&self) -> &super::Retry {
        &self.options.retry
    }

    /// Sends a request, following redirects.
    async fn send_along(&self, request: &Request) -> Result<Response, Error> {
        let mut url = request.url.clone();
        let mut headers = request.headers.clone();
        for _ in 0..=REDIRECTS {
            self.options.addresses.check(&url).await?;
            let response = self.send_once(request, &url, &headers).await?;
            let Some(target) = redirect_target(&response) else {
                return Ok(response);
            };
            match target {
                Ok(target) if request.may_go(&url, &target) => {
                    if target.origin() != url.origin() {
                        // Nor do they come back when the way leads back.
                        headers.clear();
                    }
                    url = target;
                }
                target => {
                    return Err(Error::Redirect {
                        method: request.method.clone(),
                        url: Box::new(RedactedUrl::new(url)),
                        target: target
                            .map_or_else(|raw| raw, |url| RedactedUrl::new(url).to_string()),
                    });
                }
            }
        }
        Err(Error::Redirect {
            method: request.method.clone(),
            target: RedactedUrl::new(url).to_string(),
            url: Box::new(RedactedUrl::new(request.url.clone())),
        })
    }

    async fn send_once(
        &self,
        request: &Request,
        url: &Url,
        headers: &HeaderMap,
    ) -> Result<Response, Error> {
        let client = self.client()?;
        let mut builder = client
            .request(request.method.clone(), url.clone())
            .headers(headers.clone());
        if request.method != Method::GET {
            builder = builder.body(request.body.clone());
        }
        let longest = self.options.answer_timeout;
        let longest = request.timeout.unwrap_or(longest);
        builder = builder.timeout(longest);
        let longest = longest.min(self.options.read_timeout);
        match builder.send().await {
            Ok(response) => {
                tracing::debug!(method = %request.method, url = %RedactedUrl::new(url.clone()), status = response.status().as_u16());
                // A push is answered slowly while the server's hooks run, a fetch
                // while it counts.
                let slowest = (request.method == Method::GET).then_some(self.options.slowest);
                Ok(Response::new(
                    response,
                    request.method.clone(),
                    slowest,
                    longest,
                ))
            }
            Err(error) => {
                let early = error.is_connect() || error.is_builder();
                let progress = if early {
                    Progress::Connecting
                } else {
                    Progress::Waiting
                };
                Err(connection_error(
                    &request.method,
                    url,
                    &error,
                    progress,
                    longest,
                ))
            }
        }
    }

    fn client(&self) -> Result<&reqwest::Client, Error> {
        self.client
            .get_or_init(|| build(&self.options))
            .as_ref()
            .map_err(|reason| Error::Client(reason.clone()))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the room that makes clients"
)]
fn build(options: &Options) -> Result<reqwest::Client, String> {
    let mut builder = reqwest::Client::builder()
        .user_agent(&options.user_agent)
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.read_timeout)
        .tcp_keepalive(Duration::from_mins(1))
        .redirect(reqwest::redirect::Policy::none());
    // Behind a proxy, the proxy resolves the names that were checked before.
    if let Some(resolver) = options
        .addresses
        .resolver()
        .filter(|_| options.proxy.is_none())
    {
        builder = builder.dns_resolver(resolver);
    }
    if options.http1_only {
        builder = builder.http1_only();
    }
    if let Some(pem) = &options.ca_bundle_pem {
        let certificates = reqwest::Certificate::from_pem_bundle(pem)
            .map_err(|error| format!("the CA bundle cannot be read: {}", causes(&error)))?;
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some(pem) = &options.client_identity_pem {
        let identity = reqwest::Identity::from_pem(pem).map_err(|error| {
            format!(
                "the client certificate and its key cannot be read: {}",
                causes(&error)
            )
        })?;
        builder = builder.identity(identity);
    }
    if let Some(settings) = &options.proxy {
        // It alone says whether the address is usable.
        reqwest::Proxy::all(&settings.url).map_err(|error| {
            format!(
                "the proxy address is not usable: {}",
                causes(&error.without_url())
            )
        })?;
        let (address, bypass) = (settings.url.clone(), settings.bypass.clone());
        let through = move |url: &Url| (!bypass.covers(url)).then(|| address.clone());
        let mut proxy = reqwest::Proxy::custom(through);
        if let Some(user) = &settings.user {
            let password = settings
                .password
                .as_ref()
                .map_or("", |password| password.expose());
            proxy = proxy.basic_auth(user, password);
        }
        builder = builder.proxy(proxy);
    } else if options.direct {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| causes(&error))
}

/// Statuses that pass by themselves.
fn is_passing(status: u16) -> bool {
    matches!(status, 429 | 502 | 503 | 504)
}

/// Where a redirect answer points to; the raw text when it is no URL.
fn redirect_target(response: &Response) -> Option<Result<Url, String>> {
    if !matches!(response.status(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let raw = response.text_header(LOCATION.as_str())?;
    Some(response.url().join(raw).map_err(|_| raw.to_owned()))
}

/// A connection error, with the chain of causes but without the URL in it.
pub(super) fn connection_error(
    method: &Method,
    url: &Url,
    error: &reqwest::Error,
    progress: Progress,
    longest: Duration,
) -> Error {
    let reason = if error.is_timeout() && !error.is_connect() {
        format!("no answer within {} seconds", longest.as_secs())
    } else {
        causes(error)
    };
    Error::Connection {
        method: method.clone(),
        url: Box::new(RedactedUrl::new(url.clone())),
        reason,
        progress,
    }
}

/// The innermost causes on one line. reqwest's own first line repeats the URL
/// with its query, so it is left out when there is anything below it.
fn causes(error: &reqwest::Error) -> String {
    let mut parts = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !parts.iter().any(|part: &String| part.contains(&text)) {
            parts.push(text);
        }
        cause = inner.source();
    }
    if parts.is_empty() {
        return "the request could not be completed".to_owned();
    }
    parts.join(": ")
}
