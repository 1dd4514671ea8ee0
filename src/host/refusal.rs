//! What a server's words mean, and what can be done about them: the one table
//! for pushes, for the interface and for whoever installs from a server.

use super::{HostKind, azure, github};
use crate::http;

/// The meaning of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The branch moved since it was read: read again and try again.
    Stale,
    /// The credentials are missing, wrong or expired.
    Authentication,
    /// The credentials are fine but may not do this.
    Permission,
    /// There is no such repository, or it is hidden from these credentials.
    NotFound,
    /// A policy of the branch wants a pull request.
    Protected,
    /// The e-mail address of the commit's author is not allowed.
    Author,
    /// Commits have to be signed, and ours are not.
    Unsigned,
    /// There is a secret in what was pushed.
    Secrets,
    /// The name of a file is not allowed, or its path is too long.
    Name,
    /// Another rule or hook of the server, in its own words.
    Hook,
    /// The push or a file in it is too large.
    TooLarge,
    /// Too many requests.
    Throttled,
}

impl Refusal {
    /// Every meaning.
    pub const ALL: [Self; 12] = [
        Self::Stale,
        Self::Authentication,
        Self::Permission,
        Self::NotFound,
        Self::Protected,
        Self::Author,
        Self::Unsigned,
        Self::Secrets,
        Self::Name,
        Self::Hook,
        Self::TooLarge,
        Self::Throttled,
    ];

    /// Whether it is a rule that somebody made for the repository.
    pub fn is_policy(self) -> bool {
        matches!(
            self,
            Self::Protected
                | Self::Author
                | Self::Unsigned
                | Self::Secrets
                | Self::Name
                | Self::Hook
        )
    }
}

/// Rules about what is pushed, wherever it is pushed to. They are said beside
/// the words that every refused push has, so that they are looked for first.
///
/// Azure DevOps: <https://learn.microsoft.com/azure/devops/repos/git/repository-settings>;
/// GitHub: <https://docs.github.com/code-security/secret-scanning>,
/// <https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets>
const CONTENT: [(&str, Refusal); 17] = [
    ("one or more secrets", Refusal::Secrets),
    ("credentials or other secrets", Refusal::Secrets),
    ("cannot contain secrets", Refusal::Secrets),
    ("push protection", Refusal::Secrets),
    ("secrets detected", Refusal::Secrets),
    ("vs403702", Refusal::Author),
    ("gh007", Refusal::Author),
    ("email privacy", Refusal::Author),
    ("author email", Refusal::Author),
    ("author's email", Refusal::Author),
    ("committer email", Refusal::Author),
    ("committer's email", Refusal::Author),
    ("vs403729", Refusal::Name),
    ("reserved name", Refusal::Name),
    ("path length", Refusal::Name),
    ("file path must", Refusal::Name),
    ("prohibited file name", Refusal::Name),
];

/// Words of git itself and of servers of other kinds.
const GIT: [(&str, Refusal); 16] = [
    ("protected branch", Refusal::Protected),
    ("through pull requests", Refusal::Protected),
    ("through merge requests", Refusal::Protected),
    ("must be signed", Refusal::Unsigned),
    ("you are not allowed to push", Refusal::Permission),
    ("pre-receive hook declined", Refusal::Hook),
    ("hook declined", Refusal::Hook),
    ("failed to update ref", Refusal::Stale),
    ("cannot lock ref", Refusal::Stale),
    ("failed to lock", Refusal::Stale),
    ("non-fast-forward", Refusal::Stale),
    ("fetch first", Refusal::Stale),
    ("incorrect old value provided", Refusal::Stale),
    ("atomic transaction failed", Refusal::Stale),
    ("stale info", Refusal::Stale),
    ("reference already exists", Refusal::Stale),
];

/// What a server's text means; `None` when nothing in it is known.
pub fn refusal(said: &str) -> Option<Refusal> {
    // A name that is taken by a folder of names never becomes free by waiting.
    if said.contains("exists; cannot create") {
        return None;
    }
    let lower = said.to_lowercase();
    let content = CONTENT.iter().find(|(words, _)| lower.contains(words));
    let known = azure::REFUSALS.iter().chain(&github::REFUSALS);
    let code = known.into_iter().find(|(words, _)| said.contains(words));
    let own = GIT.iter().find(|(words, _)| lower.contains(words));
    let (_, meaning) = content.or(code).or(own)?;
    Some(match meaning {
        Refusal::Protected => rule(&lower),
        other => *other,
    })
}

/// What a protected branch asks for. A pull request helps where that is what it
/// wants, and not where every commit must look in a certain way.
fn rule(lower: &str) -> Refusal {
    const WITH_A_PULL_REQUEST: [&str; 6] = [
        "through a pull request",
        "use a pull request",
        "approving review",
        "status check",
        "protected ref",
        "merge queue",
    ];
    if WITH_A_PULL_REQUEST
        .iter()
        .any(|words| lower.contains(words))
    {
        return Refusal::Protected;
    }
    if lower.contains("signature") {
        return Refusal::Unsigned;
    }
    // GitHub lists the rules of a ruleset that are broken, each after a dash.
    let lists_others = lower.contains("gh013") && lower.split("; ").any(|it| it.starts_with("- "));
    if lists_others {
        Refusal::Hook
    } else {
        Refusal::Protected
    }
}

/// What an error status means, with the server's words where it said something.
/// `slowed` says that it asks for fewer requests; `is_page` that it answers
/// people and not programs.
pub(crate) fn of_status(status: u16, said: &str, slowed: bool, is_page: bool) -> Option<Refusal> {
    let known = refusal(said);
    match status {
        429 => Some(Refusal::Throttled),
        403 if slowed || known == Some(Refusal::Throttled) => Some(Refusal::Throttled),
        // Azure DevOps answers a bad token with 203 and a page to sign in.
        203 | 401 => Some(Refusal::Authentication),
        200..=299 => is_page.then_some(Refusal::Authentication),
        403 => Some(known.unwrap_or(Refusal::Permission)),
        404 => Some(Refusal::NotFound),
        413 => Some(Refusal::TooLarge),
        _ => known,
    }
}

/// Whether a redirect leads to where people sign in: the token was not taken.
pub(crate) fn is_sign_in(error: &http::Error) -> bool {
    const SIGNS: [&str; 5] = ["signin", "sign_in", "_signedin", "login", "oauth2"];
    let http::Error::Redirect { target, .. } = error else {
        return false;
    };
    let target = target.to_ascii_lowercase();
    SIGNS.iter().any(|sign| target.contains(sign))
}

/// What the user can do about a refusal.
pub fn advice(kind: HostKind, meaning: Refusal) -> Vec<String> {
    let specific = match kind {
        HostKind::Azure => azure::advice(meaning),
        HostKind::GitHub => github::advice(meaning),
        HostKind::Git => &[],
    };
    let general: &[&str] = match meaning {
        _ if !specific.is_empty() => specific,
        Refusal::Stale => &["run again: the repository is unchanged"],
        Refusal::Authentication => &[
            "check the access token: it may be missing, mistyped or expired. Git servers other than Azure DevOps and GitHub usually want a user name too: set `gitUser` (`--git-user`)",
        ],
        Refusal::Permission => {
            &["give the token's owner permission to read and write this repository"]
        }
        Refusal::NotFound => {
            &["check the spelling of the manifest repository, and that the token may read it"]
        }
        Refusal::Protected => &[
            "the branch's policy forbids direct pushes: publish to another branch and open a pull request, or let this identity bypass the policy",
        ],
        Refusal::Author => {
            &["set `authorEmail` to an address that the server allows, and `authorName` to match"]
        }
        Refusal::Unsigned => &[
            "the commits of this program are not signed: let this identity bypass the rule, or take the branch out of it",
        ],
        Refusal::Secrets => &[
            "take the secret out of what is published, and revoke it; if it isn't one, allow it as the server's words say",
        ],
        Refusal::Name => {
            &["rename what becomes this file, or shorten `folder` and the names in the source"]
        }
        Refusal::Hook => {
            &["ask those who run the server about this rule; the words above are its own"]
        }
        Refusal::TooLarge => &["publish fewer or smaller files, or raise the server's limit"],
        Refusal::Throttled => &["wait a few minutes and run again"],
    };
    general.iter().map(|&text| text.to_owned()).collect()
}

#[cfg(test)]
mod tests;
