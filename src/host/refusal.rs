//! What a server's words mean, and what can be done about them.

use super::{HostKind, azure, github};

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
    /// A policy or hook forbids this push.
    Protected,
    /// The push or a file in it is too large.
    TooLarge,
    /// Too many requests.
    Throttled,
}

/// Words of git itself, whatever the host.
const GIT: [(&str, Refusal); 12] = [
    ("protected branch hook declined", Refusal::Protected),
    ("pre-receive hook declined", Refusal::Protected),
    ("hook declined", Refusal::Protected),
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
    let known = azure::REFUSALS.iter().chain(&github::REFUSALS).chain(&GIT);
    known
        .into_iter()
        .find(|(words, _)| said.contains(words))
        .map(|(_, meaning)| *meaning)
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
        Refusal::Stale => &["Run again: the repository is unchanged."],
        Refusal::Authentication => &[
            "Check the access token: it may be missing, mistyped or expired. For hosts of kind `git` also check `gitUser`.",
        ],
        Refusal::Permission => {
            &["Give the token's owner permission to read and write this repository."]
        }
        Refusal::NotFound => {
            &["Check the spelling of the manifest repository, and that the token may read it."]
        }
        Refusal::Protected => &[
            "The branch's policy forbids direct pushes: publish to another branch and open a pull request, or let this identity bypass the policy.",
        ],
        Refusal::TooLarge => &["Publish fewer or smaller files, or raise the server's limit."],
        Refusal::Throttled => &["Wait a few minutes and run again."],
    };
    general.iter().map(|&text| text.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(
        "TF402455: Pushes to this branch are not permitted",
        Some(Refusal::Protected)
    )]
    #[case(
        "remote: error: GH006: Protected branch update failed",
        Some(Refusal::Protected)
    )]
    #[case("GH013: Repository rule violations found", Some(Refusal::Protected))]
    #[case("protected branch hook declined", Some(Refusal::Protected))]
    #[case("pre-receive hook declined", Some(Refusal::Protected))]
    #[case(
        "TF401028: The reference has already been updated",
        Some(Refusal::Stale)
    )]
    #[case(
        "cannot lock ref 'refs/heads/main': is at a but expected b",
        Some(Refusal::Stale)
    )]
    #[case("incorrect old value provided", Some(Refusal::Stale))]
    #[case(
        "cannot lock ref 'refs/heads/a/b': 'refs/heads/a' exists; cannot create 'refs/heads/a/b'",
        None
    )]
    #[case(
        "TF401027: You need the Git 'GenericContribute' permission",
        Some(Refusal::Permission)
    )]
    #[case("Permission to contoso/x.git denied to bot", Some(Refusal::Permission))]
    #[case("TF401019: The Git repository does not exist", Some(Refusal::NotFound))]
    #[case("VS403658: The blob is too large", Some(Refusal::TooLarge))]
    #[case("something new", None)]
    fn words_of_the_hosts_are_understood(#[case] said: &str, #[case] meaning: Option<Refusal>) {
        assert_eq!(refusal(said), meaning);
    }

    #[test]
    fn every_refusal_comes_with_something_to_do() {
        for kind in [HostKind::Azure, HostKind::GitHub, HostKind::Git] {
            for meaning in [
                Refusal::Stale,
                Refusal::Authentication,
                Refusal::Permission,
                Refusal::NotFound,
                Refusal::Protected,
                Refusal::TooLarge,
                Refusal::Throttled,
            ] {
                assert!(!advice(kind, meaning).is_empty());
            }
        }
    }
}
