//! `verify` on a build of a pull request of the source: one comment, and a
//! status per environment.

use serde_json::Value;

use super::{Host, Scene, TOKEN, on_both_hosts, sound, warnings};
use crate::support::program::Program;

on_both_hosts!(
    one_comment_tells_what_would_change_and_is_kept_current,
    an_environment_that_fails_has_a_failed_status,
    without_a_token_it_is_a_warning,
    the_token_of_the_manifest_repository_goes_to_no_other_host,
    the_comment_can_be_switched_off,
);

/// The build of pull request 1 of a source in the same repository as the manifests.
fn build<H: Host>(scene: &Scene<H>, inputs: &[(&str, &str)]) -> Program {
    let azure = H::KIND == "azure";
    let inputs = [&[("command", "verify"), ("mode", "push")], inputs].concat();
    let number = if azure {
        "SYSTEM_PULLREQUEST_PULLREQUESTID"
    } else {
        "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER"
    };
    scene
        .task(&inputs)
        .variable("BUILD_REASON", "PullRequest")
        .variable(
            "BUILD_REPOSITORY_PROVIDER",
            if azure { "TfsGit" } else { "GitHubEnterprise" },
        )
        .variable("BUILD_REPOSITORY_URI", &scene.url)
        .variable(number, "1")
}

/// With a pull request of a person.
fn scene<H: Host>() -> Scene<H> {
    let scene = Scene::<H>::new();
    // It is opened by us for brevity: what it proposes does not matter here.
    scene.run(&[("environments", "feature")]);
    scene.server.forget();
    scene
}

fn one_comment_tells_what_would_change_and_is_kept_current<H: Host>() {
    let scene = scene::<H>();
    sound(build(&scene, &[]).succeed());
    let seen = scene.only();
    assert_eq!(seen.comments.len(), 1);
    insta::allow_duplicates! {
        insta::assert_snapshot!(seen.comments[0], @r"
        <!-- gitops-publisher verify -->
        ### What publishing would change

        **`dev`**: 1 added, 0 changed, 0 removed (1 file)


        1 created

        - created `Service shop/web`
        ");
    }
    let state = if H::KIND == "azure" {
        "succeeded"
    } else {
        "success"
    };
    assert_eq!(
        seen.statuses,
        [format!(
            "dev {state}: 1 added, 0 changed, 0 removed (1 file)"
        )]
    );
    // The same again writes nothing.
    scene.server.forget();
    sound(build(&scene, &[]).succeed());
    assert_eq!(scene.server.writes(), 0);
    // Another push to the pull request: the same comment.
    let more = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more, namespace: shop}\n";
    scene.workspace.write("src/more.yaml", more);
    sound(build(&scene, &[]).succeed());
    let comments = scene.only().comments;
    assert_eq!(comments.len(), 1);
    assert!(comments[0].contains("**`dev`**: 2 added"), "{comments:?}");
    // Nothing is left: it is resolved.
    let push = scene.task(&[("mode", "push")]);
    sound(push.variable("BUILD_REPOSITORY_URI", &scene.url).succeed());
    sound(build(&scene, &[]).succeed());
    let seen = scene.only();
    assert_eq!(seen.comments.len(), 1);
    assert!(
        seen.comments[0].contains("Publishing would change nothing any more.")
            && seen.comments[0].ends_with("(resolved)"),
        "{:?}",
        seen.comments
    );
    assert_eq!(seen.statuses, [format!("dev {state}: no change")]);
}

fn an_environment_that_fails_has_a_failed_status<H: Host>() {
    let scene = scene::<H>();
    scene.workspace.write("src/web.yaml", "# nothing\n");
    let ended = build(&scene, &[]).succeed();
    let error = super::failed(&ended);
    assert!(
        error.contains("renders to no Kubernetes resource"),
        "{error}"
    );
    let state = if H::KIND == "azure" {
        "failed"
    } else {
        "failure"
    };
    let statuses = scene.only().statuses;
    assert_eq!(statuses.len(), 1);
    assert!(
        statuses[0].starts_with(&format!("dev {state}: ")) && statuses[0].contains("renders to no"),
        "{statuses:?}"
    );
    // Mended, it is well again.
    scene.source(80);
    sound(build(&scene, &[]).succeed());
    assert!(scene.only().statuses[0].contains("1 added"));
}

fn without_a_token_it_is_a_warning<H: Host>() {
    let scene = scene::<H>();
    let ended = sound(build(&scene, &[("token", "")]).succeed());
    insta::allow_duplicates! {
        insta::assert_snapshot!(warnings(&ended).join("\n"), @"there is no comment on the pull request: no token for its repository. Set `comment` to false, or give a token that is for the source repository too");
    }
    assert_eq!(scene.server.requests().len(), 0);
}

fn the_token_of_the_manifest_repository_goes_to_no_other_host<H: Host>() {
    let scene = scene::<H>();
    let elsewhere = Scene::<H>::new();
    let ended = build(&scene, &[]).variable("BUILD_REPOSITORY_URI", &elsewhere.url);
    let ended = sound(ended.succeed());
    assert_eq!(warnings(&ended).len(), 1, "{}", ended.stdout);
    let asked = elsewhere.server.requests();
    assert!(
        asked.is_empty() && elsewhere.server.git_requests().is_empty(),
        "{asked:?}"
    );
    let sent = scene.server.git_requests();
    assert!(
        sent.iter().all(|asked| asked.authorization.is_some()),
        "{sent:?}"
    );
    assert!(
        !ended
            .stdout
            .replace(&format!("setsecret]{TOKEN}"), "")
            .contains(TOKEN)
    );
}

fn the_comment_can_be_switched_off<H: Host>() {
    let scene = scene::<H>();
    sound(build(&scene, &[("comment", "false")]).succeed());
    assert_eq!(scene.server.requests().len(), 0);
    assert_eq!(
        scene.only().comments,
        Vec::<Value>::new()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    );
}
