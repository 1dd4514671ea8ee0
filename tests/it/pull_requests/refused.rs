//! What users read when the host says no.

use serde_json::json;

use super::{Host, Scene, on_both_hosts, warnings};
use crate::support::azure_devops::Azure;
use crate::support::github::Hub;
use crate::support::rest_fake::{Fault, Reply};

on_both_hosts!(
    a_token_that_ends_meanwhile_is_told_and_the_next_one_goes_on,
    a_policy_on_the_branch_that_it_comes_from_is_named,
);

fn without_place<H: Host>(scene: &Scene<H>, text: &str) -> String {
    text.replace(&scene.server.url(""), "https://host/")
}

fn told<H: Host>(at: usize, reply: Reply) -> String {
    let scene = Scene::<H>::new();
    scene.server.inject(at, Fault::Answer(reply));
    let text = without_place(&scene, &scene.fails(&[]));
    assert!(scene.tip("gitops/dev").is_some(), "the branch is kept");
    text
}

#[test]
fn a_missing_permission_names_what_and_who() {
    let message = r"TF401027: You need the Git 'PullRequestContribute' permission to perform this action. Details: identity 'Build\f2a1', scope 'repository'.";
    let reply = Reply::json(403, &json!({"message": message}));
    insta::assert_snapshot!(told::<Azure>(0, reply), @r#"
    environment dev: opening the pull request from "gitops/dev" to "main" in https://host/contoso/shop/_git/manifests failed: POST https://host/contoso/shop/_apis/git/repositories/manifests/pullrequests answered 403: TF401027: You need the Git 'PullRequestContribute' permission to perform this action. Details: identity 'Build\f2a1', scope 'repository'.
    Hint: give the identity "Build\f2a1" the permission "Contribute to pull requests" on this repository (Project settings > Repositories > Security). In a pipeline the identity is "<Project> Build Service (<organization>)"
    "#);
    let reply = Reply::json(
        403,
        &json!({"message": "Resource not accessible by integration"}),
    );
    let reply = reply.with("x-accepted-github-permissions", "pull_requests=write");
    insta::assert_snapshot!(told::<Hub>(0, reply), @r#"
    environment dev: opening the pull request from "gitops/dev" to "main" in https://host/contoso/manifests failed: POST https://host/api/v3/repos/contoso/manifests/pulls answered 403: Resource not accessible by integration
    Hint: give the GitHub App, or the workflow's `permissions`, pull_requests=write
    "#);
    let reply = Reply::json(
        403,
        &json!({"message": "Must have admin rights to Repository."}),
    );
    let reply = reply
        .with("x-oauth-scopes", "repo:status")
        .with("x-accepted-oauth-scopes", "repo");
    insta::assert_snapshot!(told::<Hub>(0, reply), @r#"
    environment dev: opening the pull request from "gitops/dev" to "main" in https://host/contoso/manifests failed: POST https://host/api/v3/repos/contoso/manifests/pulls answered 403: Must have admin rights to Repository.
    Hint: the token has repo:status; this needs one of: repo. Make a token with that scope
    "#);
}

#[test]
fn a_wrong_reviewer_and_a_wrong_label_are_named_and_the_pull_request_stays() {
    let scene = Scene::<Azure>::new();
    scene
        .server
        .with(|state| state.refused_labels = vec!["bad".into()]);
    let ended = scene.run(&[
        ("reviewers", "nobody@contoso.com,ada@contoso.com"),
        ("labels", "good,bad"),
        ("workItems", "17,99"),
    ]);
    insta::assert_snapshot!(without_place(&scene, &warnings(&ended).join("\n")), @r#"
    environment dev, pull request: the reviewer "nobody@contoso.com" could not be added: there is no such person or group in the organization
    environment dev, pull request: the label "bad" could not be added: POST https://host/contoso/shop/_apis/git/repositories/manifests/pullRequests/1/labels answered 400: TF401304: the label is not allowed
    environment dev, pull request: the work item 99 could not be linked: PATCH https://host/contoso/shop/_apis/wit/workitems/99 answered 404: TF401232: Work item 99 does not exist, or you do not have permissions to read it.
    "#);
    let seen = scene.only();
    assert_eq!(
        (
            seen.labels.concat(),
            seen.reviewers.len(),
            seen.work_items.concat()
        ),
        ("good".into(), 1, "17".into())
    );
    let scene = Scene::<Hub>::new();
    scene
        .server
        .with(|state| state.refused_labels = vec!["bad".into()]);
    let ended = scene.run(&[("reviewers", "nobody,ada"), ("labels", "good,bad")]);
    insta::assert_snapshot!(without_place(&scene, &warnings(&ended).join("\n")), @r#"
    environment dev, pull request: the label "bad" could not be added: POST https://host/api/v3/repos/contoso/manifests/issues/1/labels answered 422: Validation Failed: name is too long (maximum is 50 characters)
    environment dev, pull request: the reviewer "nobody" could not be added: POST https://host/api/v3/repos/contoso/manifests/pulls/1/requested_reviewers answered 422: Reviews may only be requested from collaborators. One or more of the users or teams you requested is not a collaborator of the contoso/manifests repository.
    "#);
    let seen = scene.only();
    assert_eq!(
        (seen.labels.concat(), seen.reviewers.concat()),
        ("good".into(), "ada".into())
    );
}

fn a_token_that_ends_meanwhile_is_told_and_the_next_one_goes_on<H: Host>() {
    let scene = Scene::<H>::new();
    let reply = Reply::json(401, &json!({"message": "Bad credentials"}));
    scene.server.inject(0, Fault::Answer(reply));
    let error = scene.fails(&[]);
    assert!(
        error.contains("answered 401") && error.contains("check the access token"),
        "{error}"
    );
    let ended = scene.run(&[]);
    assert_eq!(scene.states(), [("open", "gitops/dev".to_owned())]);
    assert_eq!(scene.server.pushes(), 1, "what was pushed is used");
    assert_eq!(super::output(&ended, "changed").unwrap(), "true");
}

fn a_policy_on_the_branch_that_it_comes_from_is_named<H: Host>() {
    let scene = Scene::<H>::new();
    scene.git(|git| git.protect("gitops/dev", H::PROTECTED));
    let error = scene.fails(&[]);
    assert!(
        error.starts_with(&format!(
            "environment dev: branch \"gitops/dev\" of {} is protected against pushes: pre-receive hook declined ({})",
            scene.url,
            H::PROTECTED
        )),
        "{error}"
    );
    assert!(
        error.ends_with("\nHint: the pull request comes from \"gitops/dev\": take that branch out of the policy, or set `headBranch` to a name that no policy covers"),
        "{error}"
    );
    assert_eq!(scene.branches(), ["main"]);
    // The advice helps.
    scene.run(&[("headBranch", "publish/dev")]);
    assert_eq!(scene.states(), [("open", "publish/dev".to_owned())]);
}
