//! Is this an answer of git? If not, what is it?

use super::error::Fault;
use super::{pkt, report};
use crate::host::{self, HostKind, Refusal};
use crate::http::{self, Failure, Response};

/// Lets an answer of the `expected` type (`git-upload-pack-result`, …) pass
/// and explains every other.
pub(super) async fn check(
    response: Response,
    expected: &str,
    kind: HostKind,
) -> Result<Response, Fault> {
    let content_type = response.content_type();
    if response.status() == 200 && content_type == format!("application/x-{expected}") {
        return Ok(response);
    }
    let limited = response.text_header("x-ratelimit-remaining") == Some("0");
    let failure = response.into_failure().await;
    Err(explain(failure, limited, kind))
}

/// A redirect to a page where people sign in means that the token was not taken.
pub(super) fn redirected(error: http::Error) -> Fault {
    if host::is_sign_in(&error) {
        return refused(Refusal::Authentication, error.to_string());
    }
    Fault::Http(error)
}

fn explain(failure: Failure, limited: bool, kind: HostKind) -> Fault {
    let said = said(&failure);
    let page =
        failure.content_type.contains("html") && (kind == HostKind::Azure || is_sign_in(&failure));
    let slowed = limited || failure.retry_after.is_some();
    match host::of_status(failure.status, &said, slowed, page) {
        Some(meaning) => refused(meaning, said),
        None if failure.status == 200 => Fault::NotARepository(not_git(&failure)),
        None => Fault::Http(Box::new(failure).into()),
    }
}

fn refused(meaning: Refusal, said: String) -> Fault {
    Fault::Refused { meaning, said }
}

/// Azure DevOps frames even its refusals as pkt-lines.
fn said(failure: &Failure) -> String {
    let framed = pkt::all(&failure.body).filter(|packets| !packets.is_empty());
    let text = match framed {
        Some(packets) => {
            let lines = packets.iter().map(pkt::Pkt::text);
            let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("# service="));
            let joined = lines
                .map(|line| line.trim_start_matches("ERR ").to_owned())
                .collect::<Vec<_>>();
            report::tidy(&joined.join("\n"))
        }
        None => String::new(),
    };
    if text.is_empty() {
        return failure.to_string();
    }
    format!(
        "{} {} answered {}: {text}",
        failure.method, failure.url, failure.status
    )
}

fn is_sign_in(failure: &Failure) -> bool {
    let page = String::from_utf8_lossy(&failure.body).to_ascii_lowercase();
    ["sign in", "signin", "log in", "login"]
        .iter()
        .any(|words| page.contains(words))
}

fn not_git(failure: &Failure) -> String {
    match failure.content_type.as_str() {
        "" => "the server's answer has no content type".to_owned(),
        other => format!("the server answered with {other} instead of git's format"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(status: u16, content_type: &str, body: &str, kind: HostKind) -> Fault {
        let failure = Failure {
            status,
            method: reqwest::Method::GET,
            url: crate::model::RedactedUrl::new("https://host/x".parse().unwrap()),
            request_id: None,
            retry_after: None,
            content_type: content_type.into(),
            body: body.into(),
        };
        explain(failure, false, kind)
    }

    #[rstest::rstest]
    #[case(401, "", "", HostKind::Git, Refusal::Authentication)]
    #[case(203, "text/html", "<html>", HostKind::Azure, Refusal::Authentication)]
    #[case(200, "text/html", "<html>", HostKind::Azure, Refusal::Authentication)]
    #[case(
        200,
        "text/html",
        "<a>Sign in</a>",
        HostKind::Git,
        Refusal::Authentication
    )]
    #[case(403, "", "", HostKind::Git, Refusal::Permission)]
    #[case(
        403,
        "text/plain",
        "secondary rate limit",
        HostKind::GitHub,
        Refusal::Throttled
    )]
    #[case(404, "", "", HostKind::GitHub, Refusal::NotFound)]
    #[case(413, "", "", HostKind::Git, Refusal::TooLarge)]
    #[case(429, "", "", HostKind::Git, Refusal::Throttled)]
    #[case(400, "", "VS403658: too large", HostKind::Azure, Refusal::TooLarge)]
    fn answers_are_understood(
        #[case] status: u16,
        #[case] content_type: &str,
        #[case] body: &str,
        #[case] kind: HostKind,
        #[case] expected: Refusal,
    ) {
        let fault = explained(status, content_type, body, kind);
        assert!(
            matches!(fault, Fault::Refused { meaning, .. } if meaning == expected),
            "{fault:?}"
        );
    }

    #[test]
    fn framed_refusals_are_unframed() {
        let body = "001e# service=git-upload-pack\n0000000fTF401027: X";
        let fault = explained(
            403,
            "application/x-git-upload-pack-advertisement",
            body,
            HostKind::Azure,
        );
        assert_eq!(
            fault.to_string(),
            "GET https://host/x answered 403: TF401027: X"
        );
    }

    #[test]
    fn a_web_page_is_no_repository() {
        let fault = explained(200, "text/html", "<html>Hello", HostKind::Git);
        assert!(
            fault
                .to_string()
                .contains("text/html instead of git's format"),
            "{fault}"
        );
    }
}
