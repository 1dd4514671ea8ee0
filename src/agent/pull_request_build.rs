//! Whether this run is a build of a pull request.
//!
//! Owns every sign of one. A run has several sources at times (artifacts of a classic
//! release, resources of a pipeline), and the files of any of them may be what is
//! published: one sign is enough, whatever the other variables say.

use super::Environment;
use super::env::{
    BUILD_REASON, BUILD_SOURCEBRANCH, GITHUB_EVENT_NAME, GITHUB_HEAD_REF, GITHUB_REF,
    RELEASE_REASON, SYSTEM_PULLREQUEST,
};

/// Where hosts keep the source of pull requests: Azure DevOps and GitHub, Bitbucket,
/// GitLab.
const REFS: [&str; 3] = ["refs/pull/", "refs/pull-requests/", "refs/merge-requests/"];

/// What the names of artifacts and resources begin with; their alias follows.
const ALIASED: [&str; 3] = [
    "RELEASE_ARTIFACTS_",
    "RESOURCES_PIPELINE_",
    "RESOURCES_REPOSITORIES_",
];

/// How the names of variables end that are set for a pull request only, behind
/// `BUILD_` or the alias of an artifact.
const OF_PULL_REQUESTS: [&str; 6] = [
    "PULLREQUEST_ID",
    "PULLREQUEST_PULLREQUESTID",
    "PULLREQUEST_PULLREQUESTNUMBER",
    "PULLREQUEST_SOURCEBRANCH",
    "PULLREQUEST_TARGETBRANCH",
    "PULLREQUEST_TARGETBRANCHNAME",
];

/// Whether this is a build of a pull request, or a release of one, where anybody may
/// have written the source. One that is queued by hand on the merged state of a pull
/// request builds the same source.
pub fn is_pull_request(environment: &Environment) -> bool {
    sign(environment).is_some()
}

/// How a message begins that says that this is one, and, where that is not plain, why.
pub fn this_is_one(environment: &Environment) -> String {
    let said = "This is a pull request build";
    match sign(environment) {
        None | Some(BUILD_REASON | BUILD_SOURCEBRANCH) => said.to_owned(),
        Some(name) => format!("{said}, as the variable `{name}` says"),
    }
}

/// The first variable that says that this is a build of a pull request.
fn sign(environment: &Environment) -> Option<&str> {
    let mut variables = environment.iter();
    let found = variables.find(|(name, value)| is_sign(&name.to_ascii_uppercase(), value.trim()));
    found.map(|(name, _)| name)
}

fn is_sign(name: &str, value: &str) -> bool {
    if value.is_empty() {
        return false;
    }
    match name {
        BUILD_REASON | RELEASE_REASON => value.eq_ignore_ascii_case("PullRequest"),
        BUILD_SOURCEBRANCH | GITHUB_REF => is_ref(value),
        GITHUB_EVENT_NAME => value.starts_with("pull_request"),
        GITHUB_HEAD_REF => true,
        // `IsFork` is `False` elsewhere, too.
        _ if name.starts_with(SYSTEM_PULLREQUEST) => !value.eq_ignore_ascii_case("false"),
        _ if is_of_one_only(name) => true,
        _ if ALIASED.iter().any(|start| name.starts_with(start)) => {
            let names_a_ref = name.ends_with("_SOURCEBRANCH") || name.ends_with("_REF");
            names_a_ref && is_ref(value)
        }
        _ => false,
    }
}

fn is_of_one_only(name: &str) -> bool {
    let mut aliased = ALIASED.iter();
    let of_artifact = aliased.find_map(|start| name.strip_prefix(start));
    let mut ends = OF_PULL_REQUESTS.iter();
    match (name.strip_prefix("BUILD_"), of_artifact) {
        (Some(rest), _) => ends.any(|end| rest == *end),
        (_, Some(rest)) => ends.any(|end| {
            let alias = rest.strip_suffix(end);
            alias.is_some_and(|alias| alias.len() > 1 && alias.ends_with('_'))
        }),
        _ => false,
    }
}

/// A checkout has its own names for refs, with or without that of the remote.
fn is_ref(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let fetched = value.strip_prefix("refs/remotes/");
    let of_remote = fetched.and_then(|rest| Some(rest.split_once('/')?.1));
    let mut names = [Some(&*value), fetched, of_remote].into_iter().flatten();
    names.any(is_name_of_one)
}

/// Some artifacts name their ref without `refs/`.
fn is_name_of_one(value: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    REFS.iter().any(|refs| {
        let short = refs.trim_start_matches("refs/");
        let numbered = || value.strip_prefix(short)?.split_once('/');
        value.starts_with(refs) || numbered().is_some_and(|(number, _)| is_number(number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::publication;

    #[rstest::rstest]
    #[case("PullRequest", "refs/pull/7/merge", true)]
    #[case("pullrequest", "", true)]
    #[case("Manual", "refs/pull/7/merge", true)]
    #[case("Schedule", "refs/pull/7/head", true)]
    #[case("Manual", "refs/Pull/7/merge", true)]
    #[case("", "refs/pull-requests/7/from", true)]
    #[case("IndividualCI", "refs/merge-requests/7/head", true)]
    #[case("Manual", "pull/7/merge", true)]
    #[case("Manual", "refs/tags/refs/pull/7", false)]
    #[case("Manual", "refs/pulls/7", false)]
    #[case("Manual", "refs/heads/pull/7", false)]
    #[case("Manual", "pull/request", false)]
    #[case("IndividualCI", "refs/heads/main", false)]
    #[case("", "", false)]
    fn the_source_of_a_pull_request_is_known_however_the_build_began(
        #[case] reason: &str,
        #[case] branch: &str,
        #[case] known: bool,
    ) {
        let environment =
            Environment::from([("BUILD_REASON", reason), ("BUILD_SOURCEBRANCH", branch)]);
        assert_eq!(is_pull_request(&environment), known);
    }

    #[rstest::rstest]
    #[case::the_merged_state("_hld repo", "Manual", "refs/pull/7/merge", true)]
    #[case::its_head("hld", "", "refs/pull/7/head", true)]
    #[case::bitbucket("a.b", "Schedule", "refs/pull-requests/7/from", true)]
    #[case::gitlab("a", "ContinuousIntegration", "refs/merge-requests/7/merge", true)]
    #[case::by_its_reason("a", "PullRequest", "refs/heads/main", true)]
    #[case::a_branch("a", "ContinuousIntegration", "refs/heads/main", false)]
    #[case::nothing_known("a", "", "", false)]
    fn a_classic_release_of_a_pull_request_is_known_by_its_artifact(
        #[case] alias: &str,
        #[case] reason: &str,
        #[case] source: &str,
        #[case] known: bool,
    ) {
        let name = alias.replace(['.', ' '], "_").to_uppercase();
        let variable = format!("RELEASE_ARTIFACTS_{name}_SOURCEBRANCH");
        let environment = Environment::from([
            ("SYSTEM_HOSTTYPE", "release"),
            ("RELEASE_REASON", reason),
            ("RELEASE_PRIMARYARTIFACTSOURCEALIAS", alias),
            (variable.as_str(), source),
        ]);
        assert_eq!(is_pull_request(&environment), known);
        let stamp = publication(&environment);
        assert_eq!(stamp.writer.source_ref.unwrap_or_default(), source);
    }

    /// Beside a build of `main` as the primary artifact.
    #[rstest::rstest]
    #[case::a_secondary_artifact(
        "RELEASE_ARTIFACTS_CHARTS_SOURCEBRANCH",
        "refs/pull/7/merge",
        true
    )]
    #[case::the_primary_artifact("RELEASE_ARTIFACTS_HLD_SOURCEBRANCH", "refs/pull/7/merge", true)]
    #[case::an_artifact_by_its_target(
        "RELEASE_ARTIFACTS_A_PULLREQUEST_TARGETBRANCH",
        "refs/heads/main",
        true
    )]
    #[case::the_name_of_its_target(
        "RELEASE_ARTIFACTS_A_PULLREQUEST_TARGETBRANCHNAME",
        "main",
        true
    )]
    #[case::the_target_of_the_primary("BUILD_PULLREQUEST_TARGETBRANCH", "refs/heads/main", true)]
    #[case::an_older_id("BUILD_PULLREQUEST_ID", "7", true)]
    #[case::the_id_alone("SYSTEM_PULLREQUEST_PULLREQUESTID", "7", true)]
    #[case::the_number_alone("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "7", true)]
    #[case::the_target_alone("SYSTEM_PULLREQUEST_TARGETBRANCH", "main", true)]
    #[case::the_commit_alone("SYSTEM_PULLREQUEST_SOURCECOMMITID", "abc", true)]
    #[case::a_fork("SYSTEM_PULLREQUEST_ISFORK", "True", true)]
    #[case::no_fork("SYSTEM_PULLREQUEST_ISFORK", "False", false)]
    #[case::a_resource("RESOURCES_PIPELINE_BUILD_SOURCEBRANCH", "refs/pull/7/merge", true)]
    #[case::a_resource_of_a_branch(
        "RESOURCES_PIPELINE_BUILD_SOURCEBRANCH",
        "refs/heads/main",
        false
    )]
    #[case::a_repository("RESOURCES_REPOSITORIES_HLD_REF", "refs/pull/7/head", true)]
    #[case::the_id_of_a_resource("RESOURCES_PIPELINE_BUILD_PULLREQUEST_ID", "7", true)]
    #[case::a_fetched_ref("BUILD_SOURCEBRANCH", "refs/remotes/pull/7/merge", true)]
    #[case::one_of_a_remote("BUILD_SOURCEBRANCH", "refs/remotes/origin/pull/7/merge", true)]
    #[case::a_fetched_branch("BUILD_SOURCEBRANCH", "refs/remotes/origin/pull", false)]
    #[case::the_head_of_a_workflow("GITHUB_HEAD_REF", "feature", true)]
    #[case::a_workflow("GITHUB_EVENT_NAME", "pull_request_target", true)]
    #[case::the_ref_of_a_workflow("GITHUB_REF", "refs/pull/7/merge", true)]
    #[case::a_workflow_of_a_push("GITHUB_EVENT_NAME", "push", false)]
    #[case::another_artifact("RELEASE_ARTIFACTS_CHARTS_SOURCEBRANCH", "refs/heads/release", false)]
    #[case::an_alias_that_sounds_like_it(
        "RELEASE_ARTIFACTS_X_PULLREQUEST_CHECKS_BUILDID",
        "7",
        false
    )]
    #[case::a_commit_message("BUILD_SOURCEVERSIONMESSAGE", "refs/pull/7/merge", false)]
    #[case::a_variable_of_the_user("PULLREQUEST_ID", "7", false)]
    #[case::spaces("SYSTEM_PULLREQUEST_PULLREQUESTID", " ", false)]
    fn one_sign_is_enough(#[case] name: &str, #[case] value: &str, #[case] known: bool) {
        let environment = Environment::from([
            ("SYSTEM_HOSTTYPE", "release"),
            ("BUILD_REASON", "IndividualCI"),
            ("BUILD_SOURCEBRANCH", "refs/heads/main"),
            ("RELEASE_REASON", "ContinuousIntegration"),
            ("RELEASE_PRIMARYARTIFACTSOURCEALIAS", "hld"),
            ("RELEASE_ARTIFACTS_WEB_SOURCEBRANCH", "refs/heads/main"),
            (name, value),
        ]);
        assert_eq!(sign(&environment), known.then_some(name));
    }
}
