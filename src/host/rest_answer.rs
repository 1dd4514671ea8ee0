//! What an answer of a JSON interface means.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use url::Url;

use super::fault::Fault;
use super::refusal::{is_sign_in, of_status};
use super::{HostKind, Refusal, azure, github};
use crate::http::{self, Failure, Progress, Response};

/// Whether the server did what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Certainly not, and it may later: it never came, or was turned away unread.
    No,
    /// Perhaps: the answer was lost, or the server failed while at it.
    Perhaps,
    /// It looked and refused.
    Refused,
}

/// One try that failed.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) fault: Fault,
    pub(super) seen: Seen,
    pub(super) after: Option<Duration>,
}

impl Failed {
    pub(super) fn of(error: http::Error) -> Self {
        let seen = match &error {
            http::Error::Connection {
                progress: Progress::Connecting,
                ..
            } => Seen::No,
            http::Error::Connection { .. } => Seen::Perhaps,
            _ => Seen::Refused,
        };
        Self {
            fault: redirected(error),
            seen,
            after: None,
        }
    }

    /// The fault as the caller must see it: what may have been done is told apart.
    pub(super) fn into_fault(self, safe: bool) -> Fault {
        if self.seen == Seen::Perhaps && !safe {
            return Fault::Unknown {
                reason: self.fault.to_string(),
            };
        }
        self.fault
    }
}

/// Headers that tell which rights are missing, and which are there.
#[derive(Debug, Default, Clone)]
pub(super) struct Rights {
    /// `X-Accepted-OAuth-Scopes`: any of these would do.
    pub(super) scopes_needed: String,
    /// `X-OAuth-Scopes`: what the token has.
    pub(super) scopes: Option<String>,
    /// `X-Accepted-GitHub-Permissions`: what an app or fine-grained token needs.
    pub(super) permissions_needed: String,
    /// `X-GitHub-SSO`: the organization wants the token to be authorized.
    pub(super) single_sign_on: Option<String>,
}

/// Whether this is a good answer of the interface, and not a page for people.
/// A `file` may come as what it is in general.
pub(super) fn is_json_answer(response: &Response, file: bool) -> bool {
    match response.status() {
        203 => false,
        204 => true,
        200..=299 => {
            let kind = response.content_type();
            let is_file = file && kind.starts_with("application/octet-stream");
            kind.contains("json") || kind.is_empty() || is_file
        }
        _ => false,
    }
}

/// Whether this is an archive, and not a page for people or an error in JSON.
pub(super) fn is_archive(response: &Response) -> bool {
    let kind = response.content_type();
    response.status() == 200 && (kind.contains("zip") || kind == "application/octet-stream")
}

/// The address of the next page: GitHub's `Link` header.
pub(super) fn next_page(response: &Response) -> Option<Url> {
    let links = response.text_header("link")?;
    let link = links.split(',').find(|link| {
        link.split(';')
            .skip(1)
            .any(|parameter| parameter.trim().replace('"', "") == "rel=next")
    })?;
    let target = link.split(';').next()?.trim();
    let target = target.strip_prefix('<')?.strip_suffix('>')?;
    let next = response.url().join(target).ok()?;
    // Credentials go along: never to another server.
    (next.origin() == response.url().origin()).then_some(next)
}

/// A redirect to a page where people sign in means that the token was not taken.
fn redirected(error: http::Error) -> Fault {
    if is_sign_in(&error) {
        return Fault::refused(Refusal::Authentication, error.to_string());
    }
    Fault::Http(error)
}

/// Explains an answer that is not a good one.
pub(super) async fn failed(response: Response, kind: HostKind) -> Failed {
    let text = |name: &str| response.text_header(name).map(str::to_owned);
    let rights = Rights {
        scopes_needed: text("x-accepted-oauth-scopes").unwrap_or_default(),
        scopes: text("x-oauth-scopes"),
        permissions_needed: text("x-accepted-github-permissions").unwrap_or_default(),
        single_sign_on: text("x-github-sso"),
    };
    let no_more = has_no_more(&response);
    let reset = used_up(&response);
    let failure = response.into_failure().await;
    let after = failure.retry_after.or(reset);
    explain(&failure, &rights, no_more, after, kind)
}

/// Whether no more calls are left.
fn has_no_more(response: &Response) -> bool {
    response.text_header("x-ratelimit-remaining") == Some("0")
}

/// How long it takes until calls are left again, where none are.
pub(super) fn used_up(response: &Response) -> Option<Duration> {
    let reset = response.text_header("x-ratelimit-reset")?.parse().ok()?;
    has_no_more(response).then(|| until(reset))
}

/// The time from now to a moment in seconds since 1970.
fn until(moment: u64) -> Duration {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Duration::from_secs(moment).saturating_sub(now)
}

fn explain(
    failure: &Failure,
    rights: &Rights,
    used_up: bool,
    after: Option<Duration>,
    kind: HostKind,
) -> Failed {
    let message = message(failure);
    let mut said = said(failure, &message);
    if let Some(seconds) = after
        .map(|after| after.as_secs())
        .filter(|long| *long >= 60)
    {
        said += &format!(" (it asks to wait {} minutes)", seconds.div_ceil(60));
    }
    let page = failure.content_type.contains("html");
    let slowed = used_up || failure.retry_after.is_some();
    let failed = |fault, seen| Failed { fault, seen, after };
    let meaning = of_status(failure.status, &message, slowed, page)
        // Of what is asked for in the request, not of the repository.
        .filter(|meaning| *meaning != Refusal::NotFound || failure.status == 404);
    if let Some(meaning) = meaning
        && failure.status < 500
    {
        let fault = Fault::Refused {
            meaning,
            said,
            help: help(kind, meaning, &message, rights),
            after,
        };
        // Turned away unread: nothing was done, and it may be later.
        let seen = match meaning {
            Refusal::Throttled => Seen::No,
            _ => Seen::Refused,
        };
        return failed(fault, seen);
    }
    match failure.status {
        200..=299 => {
            let reason = format!("it has the content type {:?}", failure.content_type);
            failed(Fault::answer(reason), Seen::Perhaps)
        }
        405 => failed(Fault::NotMergeable { said }, Seen::Refused),
        400..=499 => {
            let status = failure.status;
            failed(Fault::Invalid { status, said }, Seen::Refused)
        }
        _ => failed(Fault::Http(Box::new(failure.clone()).into()), Seen::Perhaps),
    }
}

fn help(kind: HostKind, meaning: Refusal, message: &str, rights: &Rights) -> Vec<String> {
    let found = match kind {
        HostKind::Azure => azure::missing(meaning, message),
        HostKind::GitHub | HostKind::Git => github::missing(meaning, message, rights),
    };
    found.into_iter().collect()
}

/// What the interface says in its JSON; empty when there is none.
fn message(failure: &Failure) -> String {
    let Ok(json) = serde_json::from_slice::<Value>(&failure.body) else {
        return failure.text();
    };
    let mut parts = vec![json["message"].as_str().unwrap_or_default().to_owned()];
    for error in json["errors"].as_array().into_iter().flatten() {
        let text = error.as_str().or_else(|| error["message"].as_str());
        let text = text.map_or_else(
            || {
                let word = |name: &str| error[name].as_str().unwrap_or_default();
                format!("{} {} {}", word("resource"), word("field"), word("code"))
            },
            str::to_owned,
        );
        parts.push(text.trim().to_owned());
    }
    parts.retain(|part| !part.is_empty());
    parts.join(": ")
}

fn said(failure: &Failure, message: &str) -> String {
    if message.is_empty() {
        return failure.to_string();
    }
    let quiet = Failure {
        body: Vec::new(),
        ..failure.clone()
    };
    let printable = message
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c });
    let shown: String = printable.take(500).collect();
    format!("{quiet}: {shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(kind: HostKind, status: u16, content_type: &str, body: &str) -> Failed {
        limited(kind, status, content_type, body, false, None)
    }

    fn limited(
        kind: HostKind,
        status: u16,
        content_type: &str,
        body: &str,
        used_up: bool,
        after: Option<u64>,
    ) -> Failed {
        let after = after.map(Duration::from_secs);
        let failure = Failure {
            status,
            method: reqwest::Method::POST,
            url: crate::model::RedactedUrl::new("https://host/x".parse().unwrap()),
            request_id: None,
            retry_after: after,
            content_type: content_type.into(),
            body: body.into(),
        };
        explain(&failure, &Rights::default(), used_up, after, kind)
    }

    #[rstest::rstest]
    #[case(HostKind::Azure, 203, "text/html", "<html>", Refusal::Authentication)]
    #[case(HostKind::Azure, 200, "text/html", "<html>", Refusal::Authentication)]
    #[case(
        HostKind::GitHub,
        401,
        "application/json",
        r#"{"message":"Bad credentials"}"#,
        Refusal::Authentication
    )]
    #[case(HostKind::GitHub, 404, "application/json", "{}", Refusal::NotFound)]
    #[case(
        HostKind::GitHub,
        403,
        "application/json",
        r#"{"message":"Resource not accessible by integration"}"#,
        Refusal::Permission
    )]
    #[case(
        HostKind::Azure,
        403,
        "application/json",
        r#"{"message":"TF401027: You need"}"#,
        Refusal::Permission
    )]
    #[case(
        HostKind::Azure,
        400,
        "application/json",
        r#"{"message":"TF402455: Pushes to this branch are not permitted"}"#,
        Refusal::Protected
    )]
    #[case(HostKind::Azure, 413, "", "", Refusal::TooLarge)]
    fn refusals_are_understood_and_not_tried_again(
        #[case] kind: HostKind,
        #[case] status: u16,
        #[case] content_type: &str,
        #[case] body: &str,
        #[case] meaning: Refusal,
    ) {
        let failed = explained(kind, status, content_type, body);
        assert_eq!(failed.fault.meaning(), Some(meaning));
        assert_eq!(failed.seen, Seen::Refused);
    }

    #[rstest::rstest]
    #[case(429, "{}", false, None)]
    #[case(403, "{}", true, None)]
    #[case(403, "{}", false, Some(3))]
    #[case(
        403,
        r#"{"message":"You have exceeded a secondary rate limit"}"#,
        false,
        None
    )]
    fn what_was_turned_away_unread_may_be_sent_again(
        #[case] status: u16,
        #[case] body: &str,
        #[case] used_up: bool,
        #[case] after: Option<u64>,
    ) {
        let kind = HostKind::GitHub;
        let failed = limited(kind, status, "application/json", body, used_up, after);
        assert_eq!(failed.fault.meaning(), Some(Refusal::Throttled));
        assert_eq!(failed.seen, Seen::No);
        assert_eq!(failed.after, after.map(Duration::from_secs));
    }

    #[rstest::rstest]
    #[case(500)]
    #[case(502)]
    #[case(503)]
    #[case(504)]
    fn a_server_that_failed_may_have_done_it(#[case] status: u16) {
        assert_eq!(
            explained(HostKind::Azure, status, "", "").seen,
            Seen::Perhaps
        );
    }

    #[test]
    fn the_words_of_both_hosts_are_shown() {
        let body = r#"{"message":"Validation Failed","errors":[{"resource":"PullRequest","field":"head","code":"invalid"},{"message":"No commits between main and x"}]}"#;
        let failed = explained(HostKind::GitHub, 422, "application/json", body);
        insta::assert_snapshot!(failed.fault, @"POST https://host/x answered 422: Validation Failed: PullRequest head invalid: No commits between main and x");
        let body = r#"{"message":"TF401179: An active pull request exists."}"#;
        let failed = explained(HostKind::Azure, 409, "application/json", body);
        insta::assert_snapshot!(failed.fault, @"POST https://host/x answered 409: TF401179: An active pull request exists.");
    }
}
