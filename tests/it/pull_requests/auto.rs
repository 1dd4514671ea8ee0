//! Mode `auto`: a push where the branch takes it, a pull request where not.

use super::{Host, Scene, on_both_hosts, output};

const AUTO: (&str, &str) = ("mode", "auto");

on_both_hosts!(
    a_branch_that_takes_pushes_is_pushed_to,
    what_a_protected_branch_refuses_becomes_a_pull_request,
    a_policy_may_come_between_two_runs,
    what_we_closed_is_no_license_to_drop_what_others_pushed,
    with_push_a_protected_branch_is_an_error,
    what_a_pull_request_cannot_help_with_stays_an_error,
);

fn a_branch_that_takes_pushes_is_pushed_to<H: Host>() {
    let scene = Scene::<H>::new();
    let ended = scene.run(&[AUTO]);
    assert_eq!(output(&ended, "commitId"), scene.tip("main"));
    assert_eq!(scene.branches(), ["main"]);
    assert_eq!(scene.server.requests().len(), 0, "no call of the interface");
}

fn what_a_protected_branch_refuses_becomes_a_pull_request<H: Host>() {
    let scene = Scene::<H>::new();
    scene.git(|git| git.protect("main", H::PROTECTED));
    let before = scene.tip("main");
    let inputs = [AUTO, ("environments", "dev,prod")];
    let ended = scene.run(&inputs);
    let open = |name: &str| ("open", format!("gitops/{name}"));
    assert_eq!(scene.states(), [open("dev"), open("prod")]);
    assert_eq!(scene.tip("main"), before);
    assert!(
        ended.stdout.contains("is protected against pushes")
            && ended.stdout.contains("; opening a pull request"),
        "{}",
        ended.stdout
    );
    assert_eq!(output(&ended, "pullRequestId").unwrap(), "1");
    scene.server.forget();
    let ended = scene.run(&inputs);
    assert_eq!(scene.server.writes(), 0);
    assert_eq!(output(&ended, "changed").unwrap(), "false");
}

fn a_policy_may_come_between_two_runs<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[AUTO]);
    scene.git(|git| git.protect("main", H::PROTECTED));
    scene.source(81).run(&[AUTO]);
    assert_eq!(scene.states(), [("open", "gitops/dev".to_owned())]);
    // And go: the next change is pushed, and what was proposed is withdrawn.
    scene.git(super::GitRepository::unprotect);
    scene.source(82).run(&[AUTO]);
    assert!(
        scene
            .git(|git| git.content("main", "dev/web.yaml"))
            .contains("port: 82")
    );
    assert_eq!(scene.states(), [("closed", "gitops/dev".to_owned())]);
    assert_eq!(scene.branches(), ["main"]);
}

fn what_we_closed_is_no_license_to_drop_what_others_pushed<H: Host>() {
    // How it was closed by us: something else was pushed, or the target holds it.
    for (port, closes) in [(82, AUTO), (80, ("mode", "pullRequest"))] {
        let scene = Scene::<H>::new();
        scene.run(&[AUTO]);
        scene.git(|git| git.protect("main", H::PROTECTED));
        scene.source(81).run(&[AUTO]);
        let review = |git: &super::GitRepository| {
            git.commit(
                "gitops/dev",
                "review",
                &[("zz/review.yaml", "100644", "mine: 1")],
            )
        };
        let review = scene.git(review);
        scene.git(super::GitRepository::unprotect);
        scene.source(port).run(&[closes]);
        assert_eq!(scene.states(), [("closed", "gitops/dev".to_owned())]);
        assert_eq!(scene.tip("gitops/dev").as_deref(), Some(review.as_str()));
        scene.git(|git| git.protect("main", H::PROTECTED));
        scene.source(90).run(&[AUTO]);
        scene.source(91).run(&[AUTO]);
        assert_eq!(scene.states()[1], ("open", "gitops/dev".to_owned()));
        assert!(scene.git(|git| git.holds("gitops/dev", &review)));
        let held = scene.git(|git| git.content("gitops/dev", "zz/review.yaml"));
        assert_eq!(held, "mine: 1");
        assert!(
            !scene.git(|git| git.conflicts("gitops/dev", "main")),
            "the target branch is merged in"
        );
    }
}

#[test]
fn a_server_without_pull_requests_is_not_to_be_pushed_to_again() {
    let scene = Scene::<crate::support::github::Hub>::new();
    scene.git(|git| git.protect("main", crate::support::github::Hub::PROTECTED));
    let error = scene.fails(&[AUTO, ("gitHost", "git")]);
    assert!(
        error.contains("pull requests cannot be opened at ")
            && error.contains("Hint: allow this user to push to the branch, or set `branch` to one that it may push to")
            && !error.contains("set `mode` to `push`"),
        "{error}"
    );
}

fn with_push_a_protected_branch_is_an_error<H: Host>() {
    let scene = Scene::<H>::new();
    scene.git(|git| git.protect("main", H::PROTECTED));
    let error = scene.fails(&[("mode", "push")]);
    assert!(error.contains("is protected against pushes"), "{error}");
    assert!(error.contains("`mode`"), "it says how: {error}");
    assert_eq!(scene.branches(), ["main"]);
}

fn what_a_pull_request_cannot_help_with_stays_an_error<H: Host>() {
    let scene = Scene::<H>::new();
    let words = [
        "VS403702: The push was rejected because one or more commits contain author email x which does not match the policy-specified patterns.",
        "VS403654: The push was rejected because it contains one or more secrets.",
        "VS403729: a commit contains a path, which exceeds the maximum length of 32766 characters.",
        "GH013: Repository rule violations found for refs/heads/main. - GITHUB PUSH PROTECTION - Push cannot contain secrets",
        "GH007: Your push would publish a private email address.",
        "ask the platform team",
    ];
    for words in words {
        scene.git(|git| git.protect("main", words));
        let error = scene.fails(&[AUTO]);
        assert!(error.contains(words), "{error}");
        assert_eq!(scene.branches(), ["main"], "{words}");
        assert_eq!(scene.server.writes(), 0, "{words}");
    }
}
