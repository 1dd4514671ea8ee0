use super::*;

#[rstest::rstest]
#[case(
    "TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.",
    Some(Refusal::Protected)
)]
#[case(
    "remote: error: GH006: Protected branch update failed",
    Some(Refusal::Protected)
)]
#[case(
    "GH006: Protected branch update failed for refs/heads/main.; At least 1 approving review is required by reviewers with write access.",
    Some(Refusal::Protected)
)]
#[case(
    "GH006: Protected branch update failed for refs/heads/main.; Commits must have verified signatures.",
    Some(Refusal::Unsigned)
)]
#[case("GH013: Repository rule violations found", Some(Refusal::Protected))]
#[case(
    "push declined due to repository rule violations (error: GH013: Repository rule violations found for refs/heads/main.; Review all repository rules at https://github.com/contoso/m/rules?ref=refs%2Fheads%2Fmain; - Changes must be made through a pull request.)",
    Some(Refusal::Protected)
)]
#[case(
    "GH013: Repository rule violations found for refs/heads/main.; - Required status check \"build\" is expected.",
    Some(Refusal::Protected)
)]
#[case(
    "GH013: Repository rule violations found for refs/heads/main.; - Cannot update this protected ref.",
    Some(Refusal::Protected)
)]
#[case(
    "GH013: Repository rule violations found for refs/heads/main.; - Commits must have verified signatures.; Found 1 violation:; 027faa7121ee9df79db623e1a2848d2cc88a8dba",
    Some(Refusal::Unsigned)
)]
#[case(
    "GH013: Repository rule violations found for refs/heads/main.; - Changes must be made through a pull request.; - Commits must have verified signatures.; Found 1 violation:",
    Some(Refusal::Protected)
)]
#[case(
    "GH013: Repository rule violations found for refs/heads/main.; - GITHUB PUSH PROTECTION; Resolve the following violations before pushing again; - Push cannot contain secrets",
    Some(Refusal::Secrets)
)]
#[case(
    "GH013: Repository rule violations found for refs/heads/main.; - Commit message must match a given regex pattern: ABC-[0-9]+",
    Some(Refusal::Hook)
)]
#[case(
    "GH007: Your push would publish a private email address.",
    Some(Refusal::Author)
)]
#[case(
    "push declined due to email privacy restrictions",
    Some(Refusal::Author)
)]
#[case(
    "pre-receive hook declined (VS403702: The push was rejected because one or more commits contain author email 'x@localhost' which does not match the policy-specified patterns.)",
    Some(Refusal::Author)
)]
#[case(
    "pre-receive hook declined (GitLab: Author's email 'x@localhost' does not follow the pattern '@contoso.com$')",
    Some(Refusal::Author)
)]
#[case(
    "VS403654: The push was rejected because it contains one or more secrets.",
    Some(Refusal::Secrets)
)]
#[case(
    "VS403654: The push was rejected because it might contain credentials or other secrets.",
    Some(Refusal::Secrets)
)]
#[case(
    "VS403729: The push was rejected because commit 'd2' contains a path, which exceeds the maximum length of 32766 characters.",
    Some(Refusal::Name)
)]
#[case(
    "The push was rejected because the file 'dev/con.yaml' has a reserved name",
    Some(Refusal::Name)
)]
#[case("protected branch hook declined", Some(Refusal::Protected))]
#[case("pre-receive hook declined", Some(Refusal::Hook))]
#[case(
    "pre-receive hook declined (ask the platform team)",
    Some(Refusal::Hook)
)]
#[case(
    "hook declined (GH006: Protected branch update failed)",
    Some(Refusal::Protected)
)]
#[case(
    "pre-receive hook declined (GitLab: You are not allowed to push code to protected branches on this project.)",
    Some(Refusal::Protected)
)]
#[case(
    "pre-receive hook declined (Gitea: Not allowed to push to protected branch main)",
    Some(Refusal::Protected)
)]
#[case(
    "pre-receive hook declined (Branch refs/heads/main can only be modified through pull requests.)",
    Some(Refusal::Protected)
)]
#[case(
    "pre-receive hook declined (GitLab: You are not allowed to push code to this project.)",
    Some(Refusal::Permission)
)]
#[case(
    "pre-receive hook declined (GitLab: Commit must be signed with a GPG key)",
    Some(Refusal::Unsigned)
)]
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

#[rstest::rstest]
#[case(429, "", false, false, Some(Refusal::Throttled))]
#[case(403, "", true, false, Some(Refusal::Throttled))]
#[case(403, "secondary rate limit", false, false, Some(Refusal::Throttled))]
#[case(403, "", false, false, Some(Refusal::Permission))]
#[case(403, "TF402455: no", false, false, Some(Refusal::Protected))]
#[case(401, "", false, true, Some(Refusal::Authentication))]
#[case(203, "", false, false, Some(Refusal::Authentication))]
#[case(200, "", false, true, Some(Refusal::Authentication))]
#[case(200, "", false, false, None)]
#[case(404, "", false, false, Some(Refusal::NotFound))]
#[case(413, "", false, false, Some(Refusal::TooLarge))]
#[case(400, "VS403658: too large", false, false, Some(Refusal::TooLarge))]
#[case(500, "", false, false, None)]
fn a_status_means_the_same_everywhere(
    #[case] status: u16,
    #[case] said: &str,
    #[case] slowed: bool,
    #[case] is_page: bool,
    #[case] meaning: Option<Refusal>,
) {
    assert_eq!(of_status(status, said, slowed, is_page), meaning);
}

#[rstest::rstest]
#[case(
    "https://spsprodeus1.vssps.visualstudio.com/_signin?realm=dev.azure.com",
    true
)]
#[case("https://dev.azure.com/contoso/_signedin", true)]
#[case("https://login.microsoftonline.com/x/oauth2/authorize", true)]
#[case("https://git.contoso.com/users/sign_in", true)]
#[case("https://github.com/login?return_to=x", true)]
#[case("https://git.contoso.com/new/place", false)]
fn a_redirect_to_a_page_to_sign_in_is_known(#[case] target: &str, #[case] expected: bool) {
    let error = http::Error::Redirect {
        method: reqwest::Method::GET,
        url: Box::new(crate::model::RedactedUrl::new(
            "https://host/x".parse().unwrap(),
        )),
        target: target.to_owned(),
    };
    assert_eq!(is_sign_in(&error), expected);
}

#[test]
fn every_refusal_comes_with_something_to_do() {
    for kind in [HostKind::Azure, HostKind::GitHub, HostKind::Git] {
        for meaning in Refusal::ALL {
            let advice = advice(kind, meaning);
            assert!(!advice.is_empty());
            for hint in advice {
                // As every hint: a clause, not a sentence.
                assert!(!hint.ends_with('.'), "{hint}");
                let first = hint.split(' ').next().unwrap_or_default();
                let name = ["GitHub", "Azure"].contains(&first);
                assert!(name || first.starts_with(char::is_lowercase), "{hint}");
            }
        }
    }
}
