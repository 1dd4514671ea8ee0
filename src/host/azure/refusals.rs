//! Words of Azure DevOps: error codes and what helps against them.

use crate::host::Refusal;

/// Codes that appear in answers, and their meaning.
pub(in crate::host) const REFUSALS: [(&str, Refusal); 10] = [
    ("TF402455", Refusal::Protected),
    ("TF401028", Refusal::Stale),
    ("TF401027", Refusal::Permission),
    ("TF401019", Refusal::NotFound),
    ("TF200016", Refusal::NotFound),
    ("VS403658", Refusal::TooLarge),
    ("maximum request size", Refusal::TooLarge),
    ("TF400813", Refusal::Authentication),
    // An identity of Entra that is no user of the organization, or of no project in it.
    ("TF401444", Refusal::Authentication),
    ("VS800075", Refusal::NotFound),
];

/// What an identity needs before anything else.
const MEMBER: &str = "an identity of a service connection has to be a user of the organization (Organization settings > Users, access level Basic) and a member of the project";

/// What helps; empty where the general advice is all there is.
pub(in crate::host) fn advice(meaning: Refusal) -> &'static [&'static str] {
    match meaning {
        Refusal::Authentication => &[
            "check the access token: a personal access token may be expired or lack the Code (Read & write) scope; in a pipeline `$(System.AccessToken)` needs no renewal",
            MEMBER,
        ],
        Refusal::Permission => &[
            "give the identity behind the token, in a pipeline \"<Project> Build Service (<organization>)\", the permissions Read and Contribute on this repository",
        ],
        Refusal::NotFound => &[
            "check organization, project and repository in the address; `.git` at the end names a different repository",
            "give the build identity Read on the repository, and \"View project-level information\" when it is in another project",
            "if \"Limit job authorization scope\" or \"Protect access to repositories in YAML pipelines\" is on, declare the repository under `resources` and use it in the job, or turn the setting off",
        ],
        Refusal::Protected => &[
            "a branch policy forbids direct pushes: set `mode` to `auto` or `pullRequest` to have a pull request opened, or grant the identity \"Bypass policies when pushing\"",
        ],
        _ => &[],
    }
}

/// What helps when the interface for pull requests refuses.
pub(in crate::host) fn pull_request_advice(meaning: Refusal) -> &'static [&'static str] {
    match meaning {
        Refusal::Authentication => &[
            "check the access token: it may be expired, or made for another organization. In a pipeline, `$(System.AccessToken)` must be handed to the step",
        ],
        Refusal::Permission => &[
            "give the identity behind the token, in a pipeline \"<Project> Build Service (<organization>)\", the permission \"Contribute to pull requests\" on this repository; a personal access token needs the scope Code (Read & write)",
        ],
        Refusal::NotFound => advice(Refusal::NotFound),
        Refusal::Protected => {
            &["a policy forbids this: look at the branch's policies and the pull request's page"]
        }
        Refusal::Stale => &["run again: the branch moved"],
        Refusal::TooLarge => &["shorten the title, the description or the comment"],
        Refusal::Throttled => &[
            "wait a few minutes and run again; the usage page of the organization shows what uses up the limit",
        ],
        other => advice(other),
    }
}

/// What Azure DevOps calls a permission, and what people see.
const PERMISSIONS: [(&str, &str); 5] = [
    ("PullRequestContribute", "Contribute to pull requests"),
    ("GenericContribute", "Contribute"),
    ("GenericRead", "Read"),
    ("CreateBranch", "Create branch"),
    (
        "PolicyExempt",
        "Bypass policies when completing pull requests",
    ),
];

/// The permission that a refusal names, and who needs it: `TF401027: You need
/// the Git 'PullRequestContribute' permission to perform this action. Details:
/// identity 'Build\<guid>', scope 'repository'.`
pub(in crate::host) fn missing(meaning: Refusal, message: &str) -> Option<String> {
    if meaning != Refusal::Permission {
        return None;
    }
    let quoted = |after: &str| {
        let (_, rest) = message.split_once(after)?;
        let (name, _) = rest.split_once('\'')?;
        Some(name)
    };
    let code = quoted("Git '")?;
    let shown = PERMISSIONS
        .iter()
        .find(|(name, _)| *name == code)
        .map_or(code, |(_, shown)| *shown);
    let who = quoted("identity '").map_or_else(
        || "the identity behind the token".to_owned(),
        |identity| format!("the identity \"{identity}\""),
    );
    Some(format!(
        "give {who} the permission {shown:?} on this repository (Project settings > Repositories > Security). In a pipeline the identity is \"<Project> Build Service (<organization>)\""
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_permission_is_told_as_people_see_it() {
        let message = r"TF401027: You need the Git 'PullRequestContribute' permission to perform this action. Details: identity 'Build\f2a1', scope 'repository'.";
        insta::assert_snapshot!(missing(Refusal::Permission, message).unwrap(), @r#"give the identity "Build\f2a1" the permission "Contribute to pull requests" on this repository (Project settings > Repositories > Security). In a pipeline the identity is "<Project> Build Service (<organization>)""#);
        assert_eq!(missing(Refusal::Permission, "no"), None);
        assert_eq!(missing(Refusal::NotFound, message), None);
    }
}
