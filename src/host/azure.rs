//! Words of Azure DevOps: error codes and what helps against them.

use super::Refusal;

/// Codes that appear in answers, and their meaning.
pub(super) const REFUSALS: [(&str, Refusal); 8] = [
    ("TF402455", Refusal::Protected),
    ("TF401028", Refusal::Stale),
    ("TF401027", Refusal::Permission),
    ("TF401019", Refusal::NotFound),
    ("TF200016", Refusal::NotFound),
    ("VS403658", Refusal::TooLarge),
    ("maximum request size", Refusal::TooLarge),
    ("TF400813", Refusal::Authentication),
];

/// What helps; empty where the general advice is all there is.
pub(super) fn advice(meaning: Refusal) -> &'static [&'static str] {
    match meaning {
        Refusal::Authentication => &[
            "Check the access token: a personal access token may be expired or lack the Code (Read & write) scope; in a pipeline `$(System.AccessToken)` needs no renewal.",
        ],
        Refusal::Permission => &[
            "Give the identity behind the token, in a pipeline \"<Project> Build Service (<organization>)\", the permissions Read and Contribute on this repository.",
        ],
        Refusal::NotFound => &[
            "Check organization, project and repository in the address; `.git` at the end names a different repository.",
            "Give the build identity Read on the repository, and \"View project-level information\" when it is in another project.",
            "If \"Limit job authorization scope\" or \"Protect access to repositories in YAML pipelines\" is on, declare the repository under `resources` and use it in the job, or turn the setting off.",
        ],
        Refusal::Protected => &[
            "A branch policy forbids direct pushes: publish to another branch and open a pull request, or grant the identity \"Bypass policies when pushing\".",
        ],
        Refusal::Stale | Refusal::TooLarge | Refusal::Throttled => &[],
    }
}
