//! Azure DevOps.

use gitops_publisher::host::pull_request::{
    Completing, Completion, Done, Draft, MergeStrategy, Note, Noted, Reviewer, State, StatusState,
};
use gitops_publisher::host::{Api, ApiOptions, Credentials, HostKind};
use gitops_publisher::model::RedactedUrl;
use serde_json::json;

use super::{azure, branches, commit, draft, note, opened, options, reviewer, status};
use crate::support::azure_devops::{AzureDevOps, ME, person};

const ADA: &str = "11111111-0000-4000-8000-000000000001";
const MANAGERS: &str = "22222222-0000-4000-8000-000000000002";

fn server() -> AzureDevOps {
    let server = AzureDevOps::start_shop();
    server.with(|state| {
        branches(&state.git);
        state.people = vec![
            person("ada@contoso.com", "Ada Lovelace", ADA),
            person("", "[shop]\\Release managers", MANAGERS),
            person("alan@contoso.com", "Alan Turing", "3"),
            person("alan@other.contoso.com", "Alan Turing", "4"),
        ];
        state.work_items = vec![17];
    });
    server
}

fn full_draft() -> Draft {
    Draft {
        draft: true,
        labels: vec!["gitops".into(), "dev".into()],
        reviewers: vec![
            reviewer("ada@contoso.com"),
            Reviewer {
                name: "Release managers".into(),
                required: true,
            },
        ],
        work_items: vec![17],
        ..draft()
    }
}

#[tokio::test]
async fn a_pull_request_is_opened_with_everything_in_one_request() {
    let server = server();
    let opened = azure(&server).create(&full_draft()).await.unwrap();
    assert_eq!(opened.done, Done::Created);
    assert_eq!(opened.warnings, [""; 0]);
    let pull_request = &opened.pull_request;
    assert_eq!(
        pull_request.url,
        server.url("contoso/shop/_git/manifests/pullrequest/1")
    );
    assert_eq!(
        pull_request.head,
        Some(server.with(|state| commit(&state.git, "gitops/dev")))
    );
    assert!(pull_request.draft);
    assert_eq!(server.writes(), 1);
    server.with(|state| {
        let made = &state.pull_requests[0];
        assert_eq!(made.labels, ["gitops", "dev"]);
        assert_eq!(made.work_items, ["17"]);
        assert_eq!(
            made.reviewers,
            [
                json!({"id": ADA, "isRequired": false}),
                json!({"id": MANAGERS, "isRequired": true})
            ]
        );
    });
}

#[tokio::test]
async fn nothing_is_written_when_nothing_changed() {
    let server = server();
    let api = azure(&server);
    api.create(&full_draft()).await.unwrap();
    server.forget();
    let found = api.find("gitops/dev", "main").await.unwrap().unwrap();
    let updated = api.update(&found, &full_draft()).await.unwrap();
    assert_eq!(updated.done, Done::Nothing);
    assert_eq!(server.writes(), 0);
}

#[tokio::test]
async fn an_open_one_is_brought_up_to_date_with_one_change() {
    let server = server();
    let api = azure(&server);
    let long = "é".repeat(3000);
    let first = Draft {
        description: long.clone(),
        ..full_draft()
    };
    api.create(&first).await.unwrap();
    server.forget();
    let changed = Draft {
        title: "dev: 2 changed".into(),
        ..first
    };
    let again = api.create(&changed).await.unwrap();
    assert_eq!(again.done, Done::Updated);
    assert_eq!(again.pull_request.labels, ["gitops", "dev"]);
    server.with(|state| {
        assert_eq!(state.pull_requests.len(), 1);
        assert_eq!(state.pull_requests[0].fields["title"], "dev: 2 changed");
        assert_eq!(state.pull_requests[0].fields["description"], long.as_str());
    });
    let requests = server.requests();
    let patches: Vec<_> = requests
        .iter()
        .filter(|asked| asked.method == "PATCH")
        .collect();
    assert_eq!(patches[0].body, json!({"title": "dev: 2 changed"}));
    assert_eq!(patches.len(), 1);
}

#[tokio::test]
async fn updating_takes_three_requests() {
    let server = server();
    let api = azure(&server);
    api.create(&full_draft()).await.unwrap();
    server.forget();
    let found = api.find("gitops/dev", "main").await.unwrap().unwrap();
    let changed = Draft {
        title: "dev: 2 changed".into(),
        ..full_draft()
    };
    api.update(&found, &changed).await.unwrap();
    assert_eq!(server.requests().len(), 3, "list and read; change");
}

#[tokio::test]
async fn what_cannot_be_had_is_told_and_the_pull_request_is_there() {
    let server = server();
    server.with(|state| state.refused_labels = vec!["bad".into()]);
    let wrong = Draft {
        labels: vec!["bad".into(), "good".into()],
        reviewers: vec![
            reviewer("ada@contoso.com"),
            reviewer("nobody@contoso.com"),
            reviewer("Alan Turing"),
            reviewer("55555555-0000-4000-8000-000000000005"),
        ],
        work_items: vec![17, 18],
        ..draft()
    };
    let opened = azure(&server).create(&wrong).await.unwrap();
    assert_eq!(opened.done, Done::Created);
    let warnings = opened.warnings.join("\n");
    let warnings = warnings.replace(&server.url(""), "…/");
    insta::assert_snapshot!(warnings, @r#"
    the reviewer "nobody@contoso.com" could not be added: there is no such person or group in the organization
    the reviewer "Alan Turing" could not be added: the name fits 2 identities (Alan Turing <alan@contoso.com>, Alan Turing <alan@other.contoso.com>); write the e-mail address or the GUID
    the label "bad" could not be added: POST …/contoso/shop/_apis/git/repositories/manifests/pullRequests/1/labels answered 400: TF401304: the label is not allowed
    the reviewer "55555555-0000-4000-8000-000000000005" could not be added: PUT …/contoso/shop/_apis/git/repositories/manifests/pullRequests/1/reviewers/55555555-0000-4000-8000-000000000005 answered 400: TF401186: the reviewer is not known
    the work item 18 could not be linked: PATCH …/contoso/shop/_apis/wit/workitems/18 answered 404: TF401232: Work item 18 does not exist, or you do not have permissions to read it.
    "#);
    server.with(|state| {
        let made = &state.pull_requests[0];
        assert_eq!(state.pull_requests.len(), 1);
        assert_eq!(made.labels, ["good"]);
        assert_eq!(made.work_items, ["17"]);
        assert_eq!(made.reviewers, [json!({"id": ADA, "isRequired": false})]);
    });
}

#[tokio::test]
async fn the_last_one_is_found_after_it_was_merged() {
    let server = server();
    let api = azure(&server);
    assert_eq!(api.last("gitops/dev", "main").await.unwrap(), None);
    let pull_request = opened(&api).await;
    assert_eq!(api.last("gitops/dev", "main").await.unwrap(), None);
    let completion = Completion {
        strategy: MergeStrategy::Squash,
        message: Some("dev: 1 changed\n\nby a run".into()),
        delete_source_branch: true,
    };
    let done = api.complete(&pull_request, &completion).await.unwrap();
    let tip = server.with(|state| commit(&state.git, "main"));
    assert_eq!(done, Completing::Merged(Some(tip)), "no policy: at once");
    assert_eq!(api.find("gitops/dev", "main").await.unwrap(), None);
    let last = api.last("gitops/dev", "main").await.unwrap().unwrap();
    assert_eq!((last.state, last.merged), (State::Merged, Some(tip)));
}

#[tokio::test]
async fn completion_waits_for_policies_and_is_asked_for_once() {
    let server = server();
    server.with(|state| state.policies_unmet = true);
    let api = azure(&server);
    let pull_request = opened(&api).await;
    let completion = Completion {
        strategy: MergeStrategy::RebaseMerge,
        message: None,
        delete_source_branch: false,
    };
    server.forget();
    let done = api.complete(&pull_request, &completion).await.unwrap();
    assert_eq!(done, Completing::Waiting);
    assert_eq!(server.requests().len(), 1, "who opened it asks");
    assert_eq!(
        server.requests()[0].body,
        json!({
            "autoCompleteSetBy": {"id": ME},
            "completionOptions": {"mergeStrategy": "rebaseMerge", "deleteSourceBranch": false},
        })
    );
    let found = api.find("gitops/dev", "main").await.unwrap().unwrap();
    server.forget();
    let again = api.complete(&found, &completion).await.unwrap();
    assert_eq!(again, Completing::Already);
    assert_eq!(server.requests().len(), 0);
    server.with(crate::support::azure_devops::Azure::satisfy_policies);
    assert_eq!(api.find("gitops/dev", "main").await.unwrap(), None);
}

#[tokio::test]
async fn one_that_somebody_else_opened_is_completed_by_us() {
    let server = server();
    let api = azure(&server);
    opened(&api).await;
    server.with(|state| state.pull_requests[0].author = "somebody".into());
    let found = api.find("gitops/dev", "main").await.unwrap().unwrap();
    let completion = Completion {
        strategy: MergeStrategy::Merge,
        message: None,
        delete_source_branch: false,
    };
    let done = api.complete(&found, &completion).await.unwrap();
    assert!(matches!(done, Completing::Merged(_)));
}

#[tokio::test]
async fn a_thread_is_written_changed_resolved_and_opened_again() {
    let server = server();
    let api = azure(&server);
    let pull_request = opened(&api).await;
    let threads = || server.with(|state| state.snapshot()["pullRequests"][0]["threads"].clone());
    let marker = "<!-- gitops-publisher plan/dev -->";
    let gone = api.close_note(&pull_request, &note("over")).await.unwrap();
    assert_eq!(gone, Noted::Nothing);
    for (text, expected) in [
        ("one", Noted::Created),
        ("one", Noted::Nothing),
        ("two", Noted::Updated),
    ] {
        let noted = api.note(&pull_request, &note(text)).await.unwrap();
        assert_eq!(noted, expected);
    }
    assert_eq!(
        threads(),
        json!([{"status": null, "content": format!("{marker}\ntwo")}]),
        "nobody has to resolve it"
    );
    for expected in [Noted::Updated, Noted::Nothing] {
        let closed = api.close_note(&pull_request, &note("over")).await.unwrap();
        assert_eq!(closed, expected);
    }
    assert_eq!(
        threads(),
        json!([{"status": "closed", "content": format!("{marker}\nover")}])
    );
    let blocking = Note {
        blocks: true,
        ..note("three")
    };
    api.note(&pull_request, &blocking).await.unwrap();
    assert_eq!(
        threads(),
        json!([{"status": "active", "content": format!("{marker}\nthree")}])
    );
    // Nobody has to resolve it any more, and then somebody has to again.
    api.note(&pull_request, &note("four")).await.unwrap();
    assert_eq!(threads()[0]["status"], "closed");
    api.note(&pull_request, &blocking).await.unwrap();
    assert_eq!(threads()[0]["status"], "active");
    // What people talk about stays open.
    server.with(|state| {
        let comments = &mut state.pull_requests[0].threads[0]["comments"];
        let answer = json!({"id": 2, "content": "Why?", "commentType": "text"});
        comments.as_array_mut().unwrap().push(answer);
    });
    api.note(&pull_request, &note("five")).await.unwrap();
    assert_eq!(threads()[0]["status"], "active");
}

#[tokio::test]
async fn a_thread_that_was_doubled_is_one_again() {
    let server = server();
    let api = azure(&server);
    let pull_request = opened(&api).await;
    api.note(&pull_request, &note("one")).await.unwrap();
    server.with(|state| {
        let mut twin = state.pull_requests[0].threads[0].clone();
        twin["id"] = json!(2);
        state.pull_requests[0].threads.push(twin);
    });
    let noted = api.note(&pull_request, &note("two")).await.unwrap();
    assert_eq!(noted, Noted::Updated);
    let threads = server.with(|state| state.snapshot()["pullRequests"][0]["threads"].clone());
    assert_eq!(threads.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn statuses_are_written_once_for_commits_and_pull_requests() {
    let server = server();
    let api = azure(&server);
    let pull_request = opened(&api).await;
    let tip = server.with(|state| commit(&state.git, "gitops/dev"));
    let pending = [
        status("dev", StatusState::Pending),
        status("prod", StatusState::Succeeded),
    ];
    let done = [
        status("dev", StatusState::Failed),
        status("prod", StatusState::Succeeded),
    ];
    for (statuses, written) in [(&pending, 2), (&pending, 0), (&done, 1), (&done, 0)] {
        assert_eq!(api.commit_statuses(tip, statuses).await.unwrap(), written);
        let on_request = api.pull_request_statuses(&pull_request, statuses).await;
        assert_eq!(on_request.unwrap(), written);
    }
    let snapshot = server.with(|state| state.snapshot());
    insta::assert_snapshot!(snapshot["statuses"][2], @r#"[{"genre":"gitops","name":"dev"},"failed","1 changed","https://contoso.com/run/1"]"#);
    assert_eq!(
        snapshot["statuses"],
        snapshot["pullRequests"][0]["statuses"]
    );
}

#[tokio::test]
async fn pull_requests_from_branches_of_ours_are_listed_page_by_page() {
    let server = server();
    let api = azure(&server);
    let count = 103;
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
async fn giving_up_says_why_and_happens_once() {
    let server = server();
    let api = azure(&server);
    let pull_request = opened(&api).await;
    let closed = api
        .close(&pull_request, Some(&note("no change is left")))
        .await;
    assert_eq!(closed.unwrap().state, State::Closed);
    let again = api.close(&pull_request, None).await.unwrap();
    assert_eq!(again.state, State::Closed, "somebody else was faster");
    let last = api.last("gitops/dev", "main").await.unwrap().unwrap();
    assert_eq!(last.state, State::Closed);
}

#[tokio::test]
async fn the_repository_is_described() {
    let server = server();
    let repository = azure(&server).repository().await.unwrap();
    assert_eq!(repository.name, "shop/manifests");
    assert_eq!(repository.url, server.url("contoso/shop/_git/manifests"));
    assert_eq!(repository.default_branch.as_deref(), Some("main"));
}

#[rstest::rstest]
#[case("tfs/Main", "tfs/Main/shop/_git/manifests", None)]
#[case("tfs/Main", "tfs/Main/shop/team/_git/manifests", None)]
#[case("deep/folder/Main", "deep/folder/Main/shop/_git/manifests", None)]
#[case(
    "deep/folder/Main",
    "deep/folder/Main/shop/team/_git/manifests",
    Some("deep/folder/Main")
)]
#[tokio::test]
async fn a_server_is_found_below_its_folders(
    #[case] collection: &str,
    #[case] address: &str,
    #[case] known: Option<&str>,
) {
    let server = AzureDevOps::start_in(collection);
    server.with(|state| {
        branches(&state.git);
        state.newest_version = 6.0;
    });
    let mut options = ApiOptions::new(options(), Credentials::None);
    options.collection = known.map(|known| server.url(known).parse().unwrap());
    let url = RedactedUrl::new(server.url(address).parse().unwrap());
    let api = Api::open(&url, HostKind::Azure, options).unwrap().unwrap();
    let opened = api.create(&draft()).await.unwrap();
    assert_eq!(opened.done, Done::Created);
    let versions = server.requests().into_iter().rev();
    let mut versions =
        versions.filter_map(|asked| asked.parameter("api-version").map(str::to_owned));
    assert_eq!(
        versions.next().as_deref(),
        Some("6.0"),
        "as new as the server is"
    );
}
