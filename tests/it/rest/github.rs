//! GitHub.

use gitops_publisher::host::Fault;
use gitops_publisher::host::pull_request::{
    Completing, Completion, Done, Draft, MergeStrategy, Noted, Reviewer, State, StatusState,
};
use serde_json::json;

use super::{branches, commit, draft, github, note, opened, reviewer, status};
use crate::support::github::GitHub;
use crate::support::rest_fake::Asked;

fn server() -> GitHub {
    let server = GitHub::start_contoso();
    server.with(|state| {
        branches(&state.git);
        state.people = vec!["ada".into(), "grace".into()];
        state.teams = vec!["release".into()];
    });
    server
}

fn full_draft() -> Draft {
    Draft {
        labels: vec!["gitops".into(), "dev".into()],
        reviewers: vec![reviewer("@ada"), reviewer("contoso/release")],
        ..draft()
    }
}

fn squash() -> Completion {
    Completion {
        strategy: MergeStrategy::Squash,
        message: Some("dev: 1 changed\n\nby a run".into()),
        delete_source_branch: false,
    }
}

#[tokio::test]
async fn a_pull_request_with_everything_takes_four_requests() {
    let server = server();
    let api = github(&server);
    let opened = api.create(&full_draft()).await.unwrap();
    assert_eq!((opened.done, opened.warnings), (Done::Created, vec![]));
    let waiting = api.complete(&opened.pull_request, &squash()).await.unwrap();
    assert_eq!(waiting, Completing::Waiting);
    assert_eq!(server.requests().len(), 4);
    server.with(|state| {
        let made = &state.pull_requests[0];
        assert_eq!(made.labels, ["gitops", "dev"]);
        assert_eq!((made.users[0].as_str(), made.teams[0].as_str()), ("ada", "release"));
        assert_eq!(
            made.auto_merge,
            Some(json!({"merge_method": "squash", "commit_title": "dev: 1 changed", "commit_message": "by a run"}))
        );
    });
    assert_eq!(
        opened.pull_request.url,
        server.url("contoso/manifests/pull/1")
    );
}

#[tokio::test]
async fn nothing_is_written_when_nothing_changed() {
    let server = server();
    let api = github(&server);
    let first = api.create(&full_draft()).await.unwrap();
    api.complete(&first.pull_request, &squash()).await.unwrap();
    server.forget();
    let found = api.find("gitops/dev", "main").await.unwrap().unwrap();
    let updated = api.update(&found, &full_draft()).await.unwrap();
    assert_eq!(updated.done, Done::Nothing);
    let again = api
        .complete(&updated.pull_request, &squash())
        .await
        .unwrap();
    assert_eq!(again, Completing::Already);
    assert_eq!((server.requests().len(), server.writes()), (1, 0));
}

#[tokio::test]
async fn who_has_reviewed_is_not_asked_again() {
    let server = server();
    let api = github(&server);
    api.create(&full_draft()).await.unwrap();
    server.with(|state| {
        let made = &mut state.pull_requests[0];
        made.users.clear();
        made.teams.clear();
        made.reviews = vec!["grace".into(), "ada".into()];
        state.page = 1;
    });
    server.forget();
    let found = api.find("gitops/dev", "main").await.unwrap().unwrap();
    let updated = api.update(&found, &full_draft()).await.unwrap();
    assert_eq!(updated.done, Done::Nothing);
    assert_eq!(server.writes(), 0);
}

#[tokio::test]
async fn an_open_one_is_brought_up_to_date() {
    let server = server();
    let api = github(&server);
    opened(&api).await;
    server.forget();
    let changed = Draft {
        description: "| c | d |".into(),
        labels: vec!["gitops".into()],
        ..draft()
    };
    let again = api.create(&changed).await.unwrap();
    assert_eq!(again.done, Done::Updated);
    assert_eq!(again.pull_request.description, "| c | d |");
    let lines: Vec<String> = server.requests().iter().map(Asked::line).collect();
    assert_eq!(
        lines,
        [
            "POST /api/v3/repos/contoso/manifests/pulls",
            "GET /api/v3/repos/contoso/manifests/pulls",
            "PATCH /api/v3/repos/contoso/manifests/pulls/1",
            "POST /api/v3/repos/contoso/manifests/issues/1/labels",
        ]
    );
    assert_eq!(server.requests()[2].body, json!({"body": "| c | d |"}));
}

#[tokio::test]
async fn what_cannot_be_had_is_told_and_the_pull_request_is_there() {
    let server = server();
    server.with(|state| {
        state.refused_labels = vec!["bad".into()];
        state.drafts_supported = false;
    });
    let wrong = Draft {
        draft: true,
        labels: vec!["bad".into(), "good".into()],
        reviewers: vec![
            Reviewer {
                name: "ada".into(),
                required: true,
            },
            reviewer("nobody"),
            reviewer("contoso/nobody"),
        ],
        work_items: vec![17],
        ..draft()
    };
    let opened = github(&server).create(&wrong).await.unwrap();
    assert_eq!(opened.done, Done::Created);
    let warnings = opened.warnings.join("\n");
    let warnings = warnings.replace(&server.url(""), "…/");
    insta::assert_snapshot!(warnings, @r#"
    the pull request is not a draft: this repository does not support drafts
    GitHub asks reviewers but does not make single ones required; that is a matter of the branch's rules
    GitHub has no work items: write AB#<number> into the description to link Azure Boards
    the label "bad" could not be added: POST …/api/v3/repos/contoso/manifests/issues/1/labels answered 422: Validation Failed: name is too long (maximum is 50 characters)
    the reviewer "nobody" could not be added: POST …/api/v3/repos/contoso/manifests/pulls/1/requested_reviewers answered 422: Reviews may only be requested from collaborators. One or more of the users or teams you requested is not a collaborator of the contoso/manifests repository.
    the reviewer "contoso/nobody" could not be added: POST …/api/v3/repos/contoso/manifests/pulls/1/requested_reviewers answered 422: Reviews may only be requested from collaborators. One or more of the users or teams you requested is not a collaborator of the contoso/manifests repository.
    "#);
    server.with(|state| {
        assert_eq!(state.pull_requests.len(), 1);
        assert_eq!(state.pull_requests[0].labels, ["good"]);
        assert_eq!(state.pull_requests[0].users, ["ada"]);
    });
}

#[tokio::test]
async fn a_branch_without_commits_of_its_own_is_told_apart() {
    let server = server();
    server.with(|state| {
        let tip = state.git.tip("main").unwrap();
        state
            .git
            .git(&["update-ref", "refs/heads/gitops/dev", &tip]);
    });
    let error = github(&server).create(&draft()).await.unwrap_err();
    assert!(matches!(error.fault(), Fault::NoCommits { .. }), "{error}");
}

#[tokio::test]
async fn without_anything_to_wait_for_it_is_merged_at_once() {
    for auto_merge_allowed in [true, false] {
        let server = server();
        server.with(|state| {
            state.blocked = false;
            state.auto_merge_allowed = auto_merge_allowed;
            state.undecided = 2;
            state.base_moves = 2;
        });
        let api = github(&server);
        let pull_request = opened(&api).await;
        let done = api.complete(&pull_request, &squash()).await.unwrap();
        let tip = server.with(|state| commit(&state.git, "main"));
        assert_eq!(done, Completing::Merged(Some(tip)));
        let last = api.last("gitops/dev", "main").await.unwrap().unwrap();
        assert_eq!((last.state, last.merged), (State::Merged, Some(tip)));
    }
}

#[tokio::test]
async fn what_must_wait_but_may_not_stays_open_and_says_so() {
    let server = server();
    server.with(|state| state.auto_merge_allowed = false);
    let api = github(&server);
    let pull_request = opened(&api).await;
    let error = api.complete(&pull_request, &squash()).await.unwrap_err();
    assert!(
        matches!(error.fault(), Fault::NotMergeable { .. }),
        "{error}"
    );
    assert!(
        error.to_string().contains("Auto merge is not allowed"),
        "{error}"
    );
    assert!(api.find("gitops/dev", "main").await.unwrap().is_some());
}

#[tokio::test]
async fn a_comment_is_written_changed_folded_and_unfolded() {
    let server = server();
    let api = github(&server);
    let pull_request = opened(&api).await;
    server.with(|state| state.page = 1);
    let comments = || server.with(|state| state.snapshot()["pullRequests"][0]["comments"].clone());
    let marker = "<!-- gitops-publisher plan/dev -->";
    for (text, expected) in [
        ("one", Noted::Created),
        ("one", Noted::Nothing),
        ("two", Noted::Updated),
    ] {
        let noted = api.note(&pull_request, &note(text)).await.unwrap();
        assert_eq!(noted, expected);
    }
    assert_eq!(comments(), json!([[format!("{marker}\ntwo"), false]]));
    for expected in [Noted::Updated, Noted::Nothing] {
        let closed = api.close_note(&pull_request, &note("over")).await.unwrap();
        assert_eq!(closed, expected);
    }
    assert_eq!(
        comments(),
        json!([[format!("{marker}\nover\n<!-- over -->"), true]])
    );
    api.note(&pull_request, &note("three")).await.unwrap();
    assert_eq!(comments(), json!([[format!("{marker}\nthree"), false]]));
}

#[tokio::test]
async fn our_comment_is_found_on_a_later_page_and_quotes_are_not_ours() {
    let server = server();
    let api = github(&server);
    let pull_request = opened(&api).await;
    server.with(|state| state.page = 2);
    for text in ["a", "b", "c"] {
        let mut other = note(text);
        other.marker = format!("plan/{text}");
        api.note(&pull_request, &other).await.unwrap();
    }
    let mut quote = note("x");
    quote.marker = "quote".into();
    quote.text = "> <!-- gitops-publisher plan/dev -->\n> one".into();
    api.note(&pull_request, &quote).await.unwrap();
    let first = api.note(&pull_request, &note("one")).await.unwrap();
    let second = api.note(&pull_request, &note("one")).await.unwrap();
    assert_eq!((first, second), (Noted::Created, Noted::Nothing));
}

#[tokio::test]
async fn statuses_are_written_once() {
    let server = server();
    let api = github(&server);
    let pull_request = opened(&api).await;
    let tip = server.with(|state| {
        state.page = 1;
        commit(&state.git, "gitops/dev")
    });
    let pending = [
        status("dev", StatusState::Pending),
        status("prod", StatusState::NotApplicable),
    ];
    let done = [
        status("dev", StatusState::Error),
        status("prod", StatusState::Succeeded),
    ];
    assert_eq!(api.commit_statuses(tip, &pending).await.unwrap(), 2);
    assert_eq!(api.commit_statuses(tip, &pending).await.unwrap(), 0);
    let on_request = api.pull_request_statuses(&pull_request, &done).await;
    assert_eq!(on_request.unwrap(), 1, "the same commit");
    assert_eq!(api.commit_statuses(tip, &done).await.unwrap(), 0);
    let last = server.with(|state| state.snapshot()["statuses"][2].clone());
    insta::assert_snapshot!(last, @r#"{"state":"error","description":"1 changed","context":"gitops/dev","target_url":"https://contoso.com/run/1"}"#);
}

#[tokio::test]
async fn a_renamed_repository_is_followed_also_when_writing() {
    let server = server();
    let api = github(&server);
    server.with(|state| state.name = "fabrikam/deploys".into());
    let opened = api.create(&full_draft()).await.unwrap();
    assert_eq!(opened.done, Done::Created);
    assert!(opened.warnings.is_empty(), "{:?}", opened.warnings);
    let found = api.find("gitops/dev", "main").await.unwrap();
    assert_eq!(found.unwrap().number, 1, "its owner is part of the search");
    let lines: Vec<String> = server.requests().iter().map(Asked::line).collect();
    assert_eq!(
        lines[..4],
        [
            "POST /api/v3/repos/contoso/manifests/pulls",
            "GET /api/v3/repos/contoso/manifests",
            "GET /api/v3/repositories/1",
            "POST /api/v3/repos/fabrikam/deploys/pulls",
        ]
    );
    assert_eq!(api.repository().await.unwrap().name, "fabrikam/deploys");
}

#[tokio::test]
async fn pull_requests_from_branches_of_ours_are_listed_page_by_page() {
    let server = server();
    let api = github(&server);
    let count = 3;
    server.with(|state| state.page = 2);
    for change in 0..count {
        let source = format!("gitops/change/{change}");
        server.with(|state| {
            let tip = state.git.tip("gitops/dev").unwrap();
            let file = state.git.path().join("refs/heads").join(&source);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, tip).unwrap();
        });
        let one = Draft { source, ..draft() };
        api.create(&one).await.unwrap();
    }
    opened(&api).await;
    let found = api.open_from("gitops/change/", "main").await.unwrap();
    assert_eq!(found.len(), count);
    let other = api.open_from("gitops/change/", "prod").await.unwrap();
    assert!(other.is_empty());
    let second = api.get(2).await.unwrap();
    assert_eq!(second.source, "gitops/change/1");
}

#[tokio::test]
async fn giving_up_says_why() {
    let server = server();
    let api = github(&server);
    let pull_request = opened(&api).await;
    let closed = api
        .close(&pull_request, Some(&note("no change is left")))
        .await;
    assert_eq!(closed.unwrap().state, State::Closed);
    let last = api.last("gitops/dev", "main").await.unwrap().unwrap();
    assert_eq!((last.state, last.merged), (State::Closed, None));
}
