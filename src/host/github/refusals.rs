//! Words of GitHub: error codes and what helps against them.

use crate::host::Refusal;
use crate::host::rest_answer::Rights;

/// Codes and phrases that appear in answers, and their meaning.
pub(in crate::host) const REFUSALS: [(&str, Refusal); 7] = [
    ("GH006", Refusal::Protected),
    ("GH013", Refusal::Protected),
    ("GH001", Refusal::TooLarge),
    ("Permission to ", Refusal::Permission),
    ("refusing to allow", Refusal::Permission),
    ("Repository not found", Refusal::NotFound),
    ("secondary rate limit", Refusal::Throttled),
];

/// What helps; empty where the general advice is all there is.
pub(in crate::host) fn advice(meaning: Refusal) -> &'static [&'static str] {
    match meaning {
        Refusal::Authentication => &[
            "check the access token: it may be expired, revoked, or not yet authorized for single sign-on of the organization",
        ],
        Refusal::Permission => &[
            "give the token write access to the repository's contents (fine-grained: Contents read and write; classic: repo)",
        ],
        Refusal::NotFound => &[
            "check the spelling of owner and repository",
            "GitHub also answers \"not found\" for private repositories that the token may not see: check the token's repository access",
        ],
        Refusal::Protected => &[
            "a branch protection rule or ruleset forbids direct pushes: set `mode` to `auto` or `pullRequest` to have a pull request opened, or add the identity to the bypass list",
        ],
        _ => &[],
    }
}

/// What helps when the interface for pull requests refuses.
pub(in crate::host) fn pull_request_advice(meaning: Refusal) -> &'static [&'static str] {
    match meaning {
        Refusal::Authentication => advice(Refusal::Authentication),
        Refusal::Permission => &[
            "give the token write access to pull requests (fine-grained: Pull requests read and write; classic: repo)",
        ],
        Refusal::NotFound => advice(Refusal::NotFound),
        Refusal::Protected => &[
            "a branch protection rule or ruleset forbids this: look at the repository's rules and the pull request's page",
        ],
        Refusal::Stale => &["run again: the branch moved"],
        Refusal::TooLarge => &["shorten the title, the description or the comment"],
        Refusal::Throttled => {
            &["wait until the limit is renewed and run again; a GitHub App has a limit of its own"]
        }
        other => advice(other),
    }
}

/// The scope or permission that a refusal names.
pub(in crate::host) fn missing(meaning: Refusal, message: &str, rights: &Rights) -> Option<String> {
    if !matches!(meaning, Refusal::Permission | Refusal::NotFound) {
        return None;
    }
    if let Some(sign_on) = &rights.single_sign_on {
        let page = sign_on.split("url=").nth(1).map_or_else(
            || "the settings of the token".to_owned(),
            |page| page.trim().to_owned(),
        );
        return Some(format!(
            "authorize the token for single sign-on of the organization: {page}"
        ));
    }
    if meaning == Refusal::Permission && !rights.permissions_needed.is_empty() {
        let needed = &rights.permissions_needed;
        let who = if message.contains("by integration") {
            "the GitHub App, or the workflow's `permissions`,"
        } else {
            "the token"
        };
        return Some(format!("give {who} {needed}"));
    }
    let has = rights.scopes.as_deref()?;
    let needed = rights.scopes_needed.as_str();
    let enough = needed.split(',').any(|scope| {
        has.split(',')
            .any(|own| own.trim() == scope.trim() && !own.trim().is_empty())
    });
    if needed.is_empty() || enough {
        return None;
    }
    let has = if has.is_empty() { "no scopes" } else { has };
    Some(format!(
        "the token has {has}; this needs one of: {needed}. Make a token with that scope"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(message: &str, rights: &Rights) -> Option<String> {
        missing(Refusal::Permission, message, rights)
    }

    #[test]
    fn the_missing_scope_is_told_and_for_whom() {
        let classic = Rights {
            scopes: Some("repo:status, gist".into()),
            scopes_needed: "repo".into(),
            ..Rights::default()
        };
        insta::assert_snapshot!(told("", &classic).unwrap(), @"the token has repo:status, gist; this needs one of: repo. Make a token with that scope");
        let app = Rights {
            permissions_needed: "pull_requests=write".into(),
            ..Rights::default()
        };
        insta::assert_snapshot!(told("Resource not accessible by integration", &app).unwrap(), @"give the GitHub App, or the workflow's `permissions`, pull_requests=write");
        insta::assert_snapshot!(told("Resource not accessible by personal access token", &app).unwrap(), @"give the token pull_requests=write");
        let sso = Rights {
            single_sign_on: Some("required; url=https://github.com/orgs/contoso/sso?x=1".into()),
            ..Rights::default()
        };
        insta::assert_snapshot!(told("", &sso).unwrap(), @"authorize the token for single sign-on of the organization: https://github.com/orgs/contoso/sso?x=1");
    }

    #[test]
    fn a_scope_that_is_there_is_not_told_as_missing() {
        let rights = Rights {
            scopes: Some("repo".into()),
            scopes_needed: "public_repo, repo".into(),
            ..Rights::default()
        };
        assert_eq!(told("", &rights), None);
    }
}
