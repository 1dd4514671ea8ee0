//! The Authorization header for each host.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::header::HeaderValue;
use zeroize::Zeroizing;

use super::{Error, HostKind};
use crate::model::{Redactor, Secret};

/// A header value, and every exact text that must never be shown.
#[derive(Clone)]
pub struct Authorization {
    header: HeaderValue,
    forms: Vec<Zeroizing<String>>,
    made: Option<Instant>,
}

impl Authorization {
    /// The value of the `Authorization` header, marked sensitive.
    pub fn header(&self) -> &HeaderValue {
        &self.header
    }

    /// Says when the host made the token.
    #[must_use]
    pub fn made_at(mut self, made: Option<Instant>) -> Self {
        self.made = made;
        self
    }

    /// When the host made the token, where that is known.
    pub fn made(&self) -> Option<Instant> {
        self.made
    }

    /// Registers every form of the credentials.
    pub fn register(&self, redactor: &mut Redactor) {
        self.forms.iter().for_each(|form| redactor.add_form(form));
    }
}

impl std::fmt::Debug for Authorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authorization(***)")
    }
}

/// Makes the header that `kind` of host understands.
///
/// GitHub's git endpoints take Basic only. Azure DevOps takes Bearer for its
/// own job tokens and Entra tokens (both JWT-shaped) and Basic with an empty
/// user for personal access tokens. Other hosts get Basic with `user`.
pub fn authorization(
    kind: HostKind,
    token: &Secret,
    user: Option<&str>,
) -> Result<Authorization, Error> {
    let user = match kind {
        HostKind::Azure if is_jwt(token.expose()) => return bearer(token),
        HostKind::Azure => "",
        HostKind::GitHub => "x-access-token",
        HostKind::Git => user.filter(|user| !user.is_empty()).unwrap_or("git"),
    };
    if user.contains(':') {
        return Err(Error::Credentials("the user name contains a colon"));
    }
    let pair = Zeroizing::new(format!("{user}:{}", token.expose()));
    let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
    finish("Basic", encoded, token)
}

fn bearer(token: &Secret) -> Result<Authorization, Error> {
    finish("Bearer", Zeroizing::new(token.expose().to_owned()), token)
}

fn finish(scheme: &str, value: Zeroizing<String>, token: &Secret) -> Result<Authorization, Error> {
    if token.is_empty() {
        return Err(Error::Credentials("the token is empty"));
    }
    let full = Zeroizing::new(format!("{scheme} {}", value.as_str()));
    let mut header = HeaderValue::from_str(&full).map_err(|_| {
        Error::Credentials("the token contains characters that no header can carry")
    })?;
    header.set_sensitive(true);
    let plain = Zeroizing::new(token.expose().to_owned());
    Ok(Authorization {
        header,
        forms: vec![full, value, plain],
        made: None,
    })
}

/// Three base64url parts, the first a JSON object with an algorithm.
fn is_jwt(token: &str) -> bool {
    let parts: Vec<&str> = token.split('.').collect();
    let [head, _, _] = parts.as_slice() else {
        return false;
    };
    let head = URL_SAFE_NO_PAD.decode(head).unwrap_or_default();
    serde_json::from_slice::<serde_json::Value>(&head).is_ok_and(|head| head.get("alg").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"alg":"RS256"}` and two made-up parts.
    const JWT: &str = "eyJhbGciOiJSUzI1NiJ9.e30.c2ln";

    #[rstest::rstest]
    #[case(HostKind::GitHub, "tok", None, "Basic eC1hY2Nlc3MtdG9rZW46dG9r")]
    #[case(HostKind::GitHub, "tok", Some("me"), "Basic eC1hY2Nlc3MtdG9rZW46dG9r")]
    #[case(HostKind::Azure, "tok", None, "Basic OnRvaw==")]
    #[case(HostKind::Azure, JWT, None, "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln")]
    #[case(HostKind::Git, "tok", None, "Basic Z2l0OnRvaw==")]
    #[case(HostKind::Git, "tok", Some("me"), "Basic bWU6dG9r")]
    fn each_host_gets_the_header_it_understands(
        #[case] kind: HostKind,
        #[case] token: &str,
        #[case] user: Option<&str>,
        #[case] expected: &str,
    ) {
        let made = authorization(kind, &Secret::new(token), user).unwrap();
        assert_eq!(made.header().to_str().unwrap(), expected);
        assert!(made.header().is_sensitive());
        let mut redactor = Redactor::default();
        made.register(&mut redactor);
        assert_eq!(redactor.redact(&format!("a {expected} b")), "a *** b");
    }

    #[rstest::rstest]
    #[case(" ", None, "the token is empty")]
    #[case("a\nb", None, "")]
    #[case("tok", Some("a:b"), "colon")]
    fn unusable_credentials_are_refused_before_anything_is_sent(
        #[case] token: &str,
        #[case] user: Option<&str>,
        #[case] reason: &str,
    ) {
        let made = authorization(HostKind::Git, &Secret::new(token), user);
        if reason.is_empty() {
            // A line break is legal inside Basic's base64.
            assert!(made.is_ok());
        } else {
            assert!(made.unwrap_err().to_string().contains(reason));
        }
    }
}
