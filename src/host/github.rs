//! Words of GitHub: error codes and what helps against them.

use super::Refusal;

/// Codes and phrases that appear in answers, and their meaning.
pub(super) const REFUSALS: [(&str, Refusal); 7] = [
    ("GH006", Refusal::Protected),
    ("GH013", Refusal::Protected),
    ("GH001", Refusal::TooLarge),
    ("Permission to ", Refusal::Permission),
    ("refusing to allow", Refusal::Permission),
    ("Repository not found", Refusal::NotFound),
    ("secondary rate limit", Refusal::Throttled),
];

/// What helps; empty where the general advice is all there is.
pub(super) fn advice(meaning: Refusal) -> &'static [&'static str] {
    match meaning {
        Refusal::Authentication => &[
            "Check the access token: it may be expired, revoked, or not yet authorized for single sign-on of the organization.",
        ],
        Refusal::Permission => &[
            "Give the token write access to the repository's contents (fine-grained: Contents read and write; classic: repo).",
        ],
        Refusal::NotFound => &[
            "Check the spelling of owner and repository.",
            "GitHub also answers \"not found\" for private repositories that the token may not see: check the token's repository access.",
        ],
        Refusal::Protected => &[
            "A branch protection rule or ruleset forbids direct pushes: publish to another branch and open a pull request, or add the identity to the bypass list.",
        ],
        Refusal::Stale | Refusal::TooLarge | Refusal::Throttled => &[],
    }
}
