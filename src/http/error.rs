//! What can go wrong with a request, in words that name it without its secrets.

use std::fmt;
use std::time::Duration;

use reqwest::Method;

use crate::error::{Error as CommandError, Kind};
use crate::model::RedactedUrl;

use super::addresses::NotPublic;

/// How far a request came before its connection failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The server has not seen it.
    Connecting,
    /// The server may have seen it; no answer came.
    Waiting,
    /// The answer had begun.
    Answering,
}

/// A failed request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No client could be made from the options.
    #[error("setting up HTTPS failed: {0}")]
    Client(String),
    /// A request that may not be sent there.
    #[error(transparent)]
    NotPublic(#[from] NotPublic),
    /// The server could not be reached, or went silent.
    #[error("{method} {url} failed: {reason}")]
    Connection {
        /// The request's method.
        method: Method,
        /// The request's URL.
        url: Box<RedactedUrl>,
        /// The chain of causes on one line.
        reason: String,
        /// How far the request came.
        progress: Progress,
    },
    /// The server sends us to another host, or in circles.
    #[error("{method} {url} was answered with a redirect to {target}, which is not followed")]
    Redirect {
        /// The request's method.
        method: Method,
        /// The request's URL.
        url: Box<RedactedUrl>,
        /// Where the server points to.
        target: String,
    },
    /// The answer is larger than anything legitimate.
    #[error("{method} {url} answered with more than {limit} bytes")]
    TooLong {
        /// The request's method.
        method: Method,
        /// The request's URL.
        url: Box<RedactedUrl>,
        /// The limit that was passed.
        limit: u64,
    },
    /// The answer comes more slowly than anything legitimate.
    #[error("{method} {url} sent less than {bytes} bytes in {seconds} seconds and was given up")]
    TooSlow {
        /// The request's method.
        method: Method,
        /// The request's URL.
        url: Box<RedactedUrl>,
        /// The bytes that should have come.
        bytes: u64,
        /// The time in which they should have come.
        seconds: u64,
    },
    /// What was downloaded could not be kept.
    #[error("what {url} answered could not be written")]
    Kept {
        /// The request's URL.
        url: Box<RedactedUrl>,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The server answered with an error status.
    #[error(transparent)]
    Status(#[from] Box<Failure>),
}

/// What to do where an address is not public.
pub(crate) const NOT_PUBLIC: &str = "set `allowPrivateAddresses` on the task (`--allow-private-addresses`) if everybody who can open a pull request may reach that network";

/// An answer with an error status.
#[derive(Debug, Clone)]
pub struct Failure {
    /// HTTP status code.
    pub status: u16,
    /// The request's method.
    pub method: Method,
    /// The request's URL.
    pub url: RedactedUrl,
    /// The server's id of the request, for its support.
    pub request_id: Option<String>,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// `Content-Type`, in lower case.
    pub content_type: String,
    /// The first bytes of the body, whatever they are.
    pub body: Vec<u8>,
}

/// How much of a body is worth showing, in characters.
const SHOWN: usize = 500;

impl Failure {
    /// The first 500 characters of the body, when it is text and not a page.
    pub fn text(&self) -> String {
        if self.content_type.contains("html") || self.body.trim_ascii_start().starts_with(b"<") {
            return String::new();
        }
        let text = String::from_utf8_lossy(&self.body);
        let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        let shown: String = printable.take(SHOWN).collect();
        shown.trim().to_owned()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} answered {}", self.method, self.url, self.status)?;
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        match self.text() {
            text if text.is_empty() => Ok(()),
            text => write!(f, ": {text}"),
        }
    }
}

impl std::error::Error for Failure {}

impl Error {
    /// What the user can do about it, whoever asked.
    pub fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Client(_) => {
                "no certificates of authorities are found, or one that was given cannot be read: install the system's (`ca-certificates`), or name a file with `SSL_CERT_FILE`"
            }
            Self::Connection { reason, .. } if asks_for_certificate(reason) => {
                "the server asks for a client certificate: name a PEM file with it and its key with `clientCertificate`"
            }
            Self::Connection { reason, .. } if takes_no_certificate(reason) => {
                "the server does not take this client certificate: check who signed it, how long it is valid, and that those who signed it are in the file too"
            }
            Self::Connection { reason, .. } if reason.starts_with("no answer") => {
                "run again when the server is less busy, or give it more seconds with `requestTimeout`"
            }
            Self::Connection { reason, .. } if reason.contains("InvalidContentType") => {
                "the server may not use TLS at this port: check the port, or whether the address begins with `http://`"
            }
            Self::Redirect { .. } => "use the address that the server points to, if you trust it",
            Self::NotPublic(_) => NOT_PUBLIC,
            Self::Kept { .. } => "check that the disk is not full",
            Self::Connection { .. }
            | Self::TooLong { .. }
            | Self::TooSlow { .. }
            | Self::Status(_) => {
                "check the address, the network and the proxy settings, then run again"
            }
        };
        vec![hint.to_owned()]
    }
}

/// What servers say before they hang up (RFC 8446, 6.2).
fn asks_for_certificate(reason: &str) -> bool {
    reason.contains("alert: CertificateRequired")
}

fn takes_no_certificate(reason: &str) -> bool {
    const ALERTS: [&str; 6] = [
        "alert: UnknownCA",
        "alert: DecryptError",
        "alert: BadCertificate",
        "alert: CertificateUnknown",
        "alert: CertificateExpired",
        "alert: AccessDenied",
    ];
    ALERTS.iter().any(|alert| reason.contains(alert))
}

impl From<Error> for CommandError {
    fn from(error: Error) -> Self {
        let hints = error.hints();
        CommandError::new(Kind::Remote, error).hints(hints)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(content_type: &str, body: &str) -> Failure {
        Failure {
            status: 500,
            method: Method::GET,
            url: RedactedUrl::new("https://me:pat@host/x?token=1".parse().unwrap()),
            request_id: Some("abc".into()),
            retry_after: None,
            content_type: content_type.into(),
            body: body.into(),
        }
    }

    #[rstest::rstest]
    #[case("no answer within 2 seconds", "`requestTimeout`")]
    #[case(
        "received corrupt message of type InvalidContentType",
        "the server may not use TLS at this port"
    )]
    #[case("tcp connect error", "check the address, the network and the proxy")]
    fn a_failed_connection_has_a_hint_of_its_own(#[case] reason: &str, #[case] part: &str) {
        let error = Error::Connection {
            method: Method::GET,
            url: Box::new(RedactedUrl::new("https://host/".parse().unwrap())),
            reason: reason.to_owned(),
            progress: Progress::Waiting,
        };
        assert!(error.hints()[0].contains(part), "{:?}", error.hints());
    }

    #[test]
    fn a_status_is_told_with_request_id_and_text_but_no_secret() {
        assert_eq!(
            failure("text/plain", "no\nway").to_string(),
            "GET https://host/x answered 500 (request abc): no way"
        );
    }

    #[rstest::rstest]
    #[case("text/html", "hello")]
    #[case("", " <html>hello")]
    fn pages_are_not_shown(#[case] content_type: &str, #[case] body: &str) {
        let shown = failure(content_type, body).to_string();
        assert_eq!(shown, "GET https://host/x answered 500 (request abc)");
    }

    #[test]
    fn long_bodies_are_cut() {
        assert_eq!(
            failure("text/plain", &"é".repeat(2000))
                .text()
                .chars()
                .count(),
            500
        );
    }
}
