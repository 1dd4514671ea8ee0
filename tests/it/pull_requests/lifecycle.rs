//! One pull request per environment: opened, kept current, closed.

use super::{ADA, GRACE, Host, Scene, on_both_hosts, output};
use crate::support::azure_devops::Azure;
use crate::support::github::Hub;

on_both_hosts!(
    the_first_run_opens_one_pull_request,
    the_same_again_pushes_and_writes_nothing,
    other_content_updates_the_same_pull_request,
    content_that_is_published_already_closes_it,
    several_environments_have_one_each,
    a_missing_branch_is_named,
    an_empty_repository_is_told,
    the_definition_is_in_the_same_pull_request,
    a_renamed_repository_is_found,
);

fn the_first_run_opens_one_pull_request<H: Host>() {
    let scene = Scene::<H>::new();
    let before = scene.tip("main");
    let ended = scene.run(&[]);
    let seen = scene.only();
    assert_eq!(
        (seen.state, &*seen.head, &*seen.base),
        ("open", "gitops/dev", "main")
    );
    assert_eq!(seen.title, "Publish dev from hld@1111111111");
    insta::allow_duplicates! {
        insta::assert_snapshot!(seen.text, @r"
        **`dev`**: 1 added, 0 changed, 0 removed (1 file)

        1 created

        - created `Service shop/web`

        Source: https://dev.azure.com/contoso/shop/_git/hld at `1111111111111111111111111111111111111111`, run 100
        ");
    }
    assert_eq!(output(&ended, "changed").unwrap(), "true");
    assert_eq!(output(&ended, "pullRequestId").unwrap(), "1");
    let url = output(&ended, "pullRequestUrl").unwrap();
    assert!(
        url.starts_with(&scene.url) && url.ends_with("/1"),
        "{url} is below {}",
        scene.url
    );
    assert_eq!(output(&ended, "commitId"), scene.tip("gitops/dev"));
    assert_eq!(
        scene.proposed("gitops/dev"),
        ["Publish dev from hld@1111111111"]
    );
    assert_eq!(scene.tip("main"), before, "nothing is published yet");
    assert_eq!(scene.server.writes(), 1, "{:?}", scene.server.requests());
    assert_eq!(scene.server.pushes(), 1);
}

fn the_same_again_pushes_and_writes_nothing<H: Host>() {
    let scene = Scene::<H>::new();
    let inputs = [
        ("labels", "gitops"),
        ("reviewers", "grace"),
        ("autoComplete", "true"),
    ];
    scene.run(&inputs);
    let (seen, tip) = (scene.seen(), scene.tip("gitops/dev"));
    scene.server.forget();
    let again = scene.task(&inputs).variable("BUILD_BUILDID", "101");
    let ended = super::sound(again.succeed());
    assert_eq!((scene.server.pushes(), scene.server.writes()), (0, 0));
    assert_eq!((scene.seen(), scene.tip("gitops/dev")), (seen, tip));
    assert_eq!(output(&ended, "changed").unwrap(), "false");
    assert_eq!(output(&ended, "pullRequestId").unwrap(), "1");
    assert!(
        ended.stdout.contains("Pull request 1 is as it should be"),
        "{}",
        ended.stdout
    );
}

fn other_content_updates_the_same_pull_request<H: Host>() {
    let scene = Scene::<H>::new();
    let inputs = [
        ("labels", "gitops"),
        ("reviewers", "grace"),
        ("autoComplete", "true"),
        ("pullRequestTitle", "dev: to review"),
    ];
    scene.run(&inputs);
    scene.source(81);
    scene.server.forget();
    let next = scene.task(&inputs).variable("BUILD_BUILDID", "101");
    let ended = super::sound(next.succeed());
    let calls = scene.server.requests();
    // One of them reads the old files where git does not hand them out by id.
    assert!(calls.len() <= 5, "{calls:#?}");
    assert_eq!(scene.server.pushes(), 1);
    let seen = scene.only();
    assert_eq!(seen.state, "open");
    assert!(seen.text.contains("run 101"), "{}", seen.text);
    assert!(seen.automatic.unwrap().contains("Gitops-Run: 101"));
    assert_eq!(scene.proposed("gitops/dev").len(), 1);
    assert!(
        scene
            .git(|git| git.content("gitops/dev", "dev/web.yaml"))
            .contains("port: 81")
    );
    assert_eq!(output(&ended, "changed").unwrap(), "true");
    assert_eq!(output(&ended, "pullRequestId").unwrap(), "1");
}

fn content_that_is_published_already_closes_it<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    scene.server.with(|state| state.merge(0));
    scene.source(81).run(&[]);
    assert_eq!(scene.seen().len(), 2);
    let ended = scene.source(80).run(&[]);
    let seen = scene.seen().remove(1);
    assert_eq!(seen.state, "closed");
    let [comment] = <[String; 1]>::try_from(seen.comments).unwrap();
    assert!(
        comment.contains("Closed: `main` already holds what this pull request would have changed."),
        "{comment}"
    );
    assert_eq!(scene.branches(), ["main"]);
    assert_eq!(output(&ended, "changed").unwrap(), "false");
    // What comes back after that is proposed anew.
    scene.source(81).run(&[]);
    assert_eq!(scene.states()[2], ("open", "gitops/dev".to_owned()));
}

fn several_environments_have_one_each<H: Host>() {
    let scene = Scene::<H>::new();
    let inputs = [("environments", "dev,prod")];
    let ended = scene.run(&inputs);
    let open = |name: &str| ("open", format!("gitops/{name}"));
    assert_eq!(scene.states(), [open("dev"), open("prod")]);
    let paths = |branch: &str| scene.git(|git| git.paths(branch));
    assert_eq!(
        paths("gitops/prod"),
        ["README.md", "prod/.gitops-publisher", "prod/web.yaml"]
    );
    assert_eq!(output(&ended, "pullRequestId").unwrap(), "1");
    // Merging one does not make the other anew.
    scene.server.with(|state| state.merge(0));
    scene.server.forget();
    scene.run(&inputs);
    assert_eq!((scene.server.pushes(), scene.server.writes()), (0, 0));
}

fn a_missing_branch_is_named<H: Host>() {
    let scene = Scene::<H>::new();
    let error = scene.fails(&[("branch", "live")]);
    assert_eq!(
        error,
        "environment dev: the branch \"live\" does not exist, so no pull request can come into it\nHint: create it, or publish once with `mode` set to `push`"
    );
    assert_eq!((scene.server.pushes(), scene.server.writes()), (0, 0));
}

fn an_empty_repository_is_told<H: Host>() {
    let scene = Scene::<H>::empty();
    let error = scene.fails(&[]);
    assert!(
        error.contains("does not exist, so no pull request"),
        "{error}"
    );
    assert_eq!((scene.server.pushes(), scene.server.writes()), (0, 0));
}

fn a_renamed_repository_is_found<H: Host>() {
    let scene = Scene::<H>::new();
    scene.run(&[]);
    scene.server.with(H::rename);
    scene.source(81).run(&[]);
    assert_eq!(scene.states(), [("open", "gitops/dev".to_owned())]);
    assert!(scene.only().text.contains("Service"));
    assert_eq!(scene.proposed("gitops/dev").len(), 1);
}

#[test]
fn azure_devops_gets_everything_that_was_wished_for() {
    let scene = Scene::<Azure>::new();
    scene.run(&[
        ("pullRequestTitle", "dev: to review"),
        ("pullRequestText", "Please look."),
        ("labels", "gitops, dev"),
        ("reviewers", "ada@contoso.com"),
        ("requiredReviewers", GRACE),
        ("workItems", "AB#17"),
        ("draft", "true"),
        ("autoComplete", "true"),
        ("mergeStrategy", "rebaseMerge"),
    ]);
    let seen = scene.only();
    insta::assert_snapshot!(seen.text.lines().next().unwrap(), @"Please look.");
    assert_eq!((&*seen.title, seen.draft), ("dev: to review", true));
    assert_eq!(seen.labels, ["gitops", "dev"]);
    let asked = |id: &str, required: bool| format!("\"{id}\" required={required}");
    assert_eq!(seen.reviewers, [asked(GRACE, true), asked(ADA, false)]);
    assert_eq!(seen.work_items, ["17"]);
    insta::with_settings!({filters => vec![(r"publisher \d\S+", "publisher [version]"), (r"[0-9a-f]{40}", "[commit]")]}, {
        insta::assert_snapshot!(seen.automatic.unwrap(), @r"
        rebaseMerge delete=true
        Publish dev from hld@1111111111

        Gitops-Environments: dev
        Gitops-Source-Repository: https://dev.azure.com/contoso/shop/_git/hld
        Gitops-Source-Commit: [commit]
        Gitops-Pipeline: http://host/contoso/shop/build/12
        Gitops-Run: 100
        Gitops-Version: gitops-publisher [version]
        ");
    });
    let calls = scene.server.requests();
    assert!(calls.len() <= 4, "{calls:#?}");
}

#[test]
fn github_gets_everything_that_was_wished_for() {
    let scene = Scene::<Hub>::new();
    let ended = scene.run(&[
        ("pullRequestTitle", "dev: to review"),
        ("labels", "gitops, dev"),
        ("reviewers", "ada\ncontoso/release"),
        ("draft", "true"),
        ("autoComplete", "true"),
    ]);
    let seen = scene.only();
    assert_eq!(seen.title, "dev: to review");
    assert!(seen.draft);
    assert_eq!(seen.labels, ["gitops", "dev"]);
    assert_eq!(seen.reviewers, ["ada", "release"]);
    let automatic = seen.automatic.unwrap();
    assert!(
        automatic
            .starts_with("squash\nPublish dev from hld@1111111111\n\nGitops-Environments: dev"),
        "{automatic}"
    );
    assert_eq!(super::warnings(&ended), [""; 0]);
    let calls = scene.server.requests();
    assert!(calls.len() <= 4, "{calls:#?}");
}

#[test]
fn what_github_does_not_have_is_told() {
    let scene = Scene::<Hub>::new();
    let ended = scene.run(&[("requiredReviewers", "ada"), ("workItems", "17")]);
    insta::assert_snapshot!(super::warnings(&ended).join("\n"), @r"
    environment dev, pull request: GitHub asks reviewers but does not make single ones required; that is a matter of the branch's rules
    environment dev, pull request: GitHub has no work items: write AB#<number> into the description to link Azure Boards
    ");
}

#[test]
fn where_nothing_is_to_be_waited_for_github_merges_at_once_and_the_branch_goes() {
    let scene = Scene::<Hub>::new();
    scene.server.with(|state| state.blocked = false);
    let ended = scene.run(&[("autoComplete", "true")]);
    assert_eq!(scene.states()[0].0, "merged");
    assert_eq!(scene.branches(), ["main"]);
    assert!(ended.stdout.contains("Pull request 1 is merged"));
}

#[test]
fn the_branch_of_what_github_merged_later_goes_with_the_next_run() {
    let scene = Scene::<Hub>::new();
    scene.run(&[("autoComplete", "true")]);
    scene.server.with(|state| state.merge(0));
    assert_eq!(scene.branches(), ["gitops/dev", "main"]);
    scene.run(&[("autoComplete", "true")]);
    assert_eq!(scene.branches(), ["main"]);
}

#[test]
fn other_git_servers_have_no_pull_requests() {
    let scene = Scene::<Hub>::new();
    let error = scene.fails(&[("gitHost", "git")]);
    insta::with_settings!({filters => vec![(r"127\.0\.0\.1:\d+", "[server]")]}, {
        insta::assert_snapshot!(error, @r"
        environment dev: pull requests cannot be opened at http://[server]/contoso/manifests
        Hint: pull requests need a repository on Azure DevOps or GitHub: set `mode` to `push`
        Hint: if it is Azure DevOps or GitHub, say which with `gitHost`
        ");
    });
    assert_eq!(scene.server.pushes(), 0);
}

fn the_definition_is_in_the_same_pull_request<H: Host>() {
    let scene = Scene::<H>::new();
    let inputs = [("definitionFolder", "definitions/dev")];
    scene.run(&inputs);
    let seen = scene.only();
    assert_eq!(
        (&*seen.head, &*seen.title),
        ("gitops/dev", "Publish dev from hld@1111111111")
    );
    assert_eq!(
        scene.proposed("gitops/dev"),
        ["Publish dev from hld@1111111111"],
        "one commit"
    );
    let (seen, tip) = (scene.seen(), scene.tip("gitops/dev"));
    scene.run(&inputs);
    assert_eq!((scene.seen(), scene.tip("gitops/dev")), (seen, tip));
}
