//! The same requests at a Prism server, which checks them by itself. It holds
//! no state, so what the clients sent to the fakes is sent once more.
//!
//! Runs only where a server is named:
//! `prism mock -h 127.0.0.1 -p 14012 …/azure-devops/git-7.1-contract.json` and
//! `GITOPS_TEST_PRISM_AZURE=http://127.0.0.1:14012`; for GitHub
//! `GITOPS_TEST_PRISM_GITHUB` with `…/github/api.github.com-trimmed.json`.

use gitops_publisher::host::Api;
use gitops_publisher::host::pull_request::{Completion, Draft, MergeStrategy, StatusState};

use super::{azure, branches, commit, draft, github, note, reviewer, status};
use crate::support::azure_devops::{AzureDevOps, person};
use crate::support::github::GitHub;
use crate::support::rest_fake::{Asked, RestFake, Service};

const ADA: &str = "11111111-0000-4000-8000-000000000001";

/// Everything there is to do.
async fn everything(api: &Api, tip: gitops_publisher::model::ObjectId, work_items: Vec<u64>) {
    let full = Draft {
        labels: vec!["gitops".into()],
        reviewers: vec![reviewer("ada")],
        work_items,
        ..draft()
    };
    api.repository().await.unwrap();
    let made = api.create(&full).await.unwrap().pull_request;
    let changed = Draft {
        title: "dev: 2 changed".into(),
        labels: vec!["more".into()],
        ..full
    };
    api.update(&made, &changed).await.unwrap();
    let statuses = [status("dev", StatusState::Failed)];
    api.commit_statuses(tip, &statuses).await.unwrap();
    api.pull_request_statuses(&made, &statuses).await.unwrap();
    for text in ["one", "two"] {
        api.note(&made, &note(text)).await.unwrap();
    }
    api.close_note(&made, &note("over")).await.unwrap();
    let completion = Completion {
        strategy: MergeStrategy::Squash,
        message: Some("dev".into()),
        delete_source_branch: true,
    };
    api.complete(&made, &completion).await.unwrap();
    api.close(&made, None).await.unwrap();
}

/// Sends each request that the description holds again; what Prism found wrong.
async fn again<S: Service>(server: &RestFake<S>, prism: &str) -> (usize, Vec<String>) {
    let client = reqwest::Client::new();
    let mut wrong = Vec::new();
    let mut count = 0;
    for asked in server.requests() {
        let Some(segments) = server.with(|state| state.described(&asked)) else {
            continue;
        };
        let (status, text) = once(&client, prism, &segments, &asked).await;
        // The contract leaves out some paths; the fake has checked those.
        if status == 404 && text.contains("NO_PATH_MATCHED") {
            continue;
        }
        count += 1;
        if status >= 400 {
            wrong.push(format!("{} {}: {status} {text}", asked.line(), asked.body));
        }
    }
    (count, wrong)
}

async fn once(
    client: &reqwest::Client,
    prism: &str,
    segments: &[String],
    asked: &Asked,
) -> (u16, String) {
    let mut url: url::Url = prism.parse().unwrap();
    url.path_segments_mut()
        .unwrap()
        .pop_if_empty()
        .extend(segments);
    for (name, value) in &asked.query {
        url.query_pairs_mut().append_pair(name, value);
    }
    let method = asked.method.parse().unwrap();
    let mut request = client.request(method, url);
    request = request.header(
        "authorization",
        asked.header("authorization").unwrap_or_default(),
    );
    if !asked.body.is_null() {
        request = request
            .header("content-type", "application/json")
            .body(asked.body.to_string());
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn named(variable: &str) -> Option<String> {
    let found = std::env::var(variable).ok();
    if found.is_none() {
        println!("skipped: {variable} names no Prism server");
    }
    found
}

#[tokio::test]
async fn azure_devops_by_prism() {
    let Some(prism) = named("GITOPS_TEST_PRISM_AZURE") else {
        return;
    };
    let server = AzureDevOps::start_shop();
    let tip = server.with(|state| {
        branches(&state.git);
        state.people = vec![person("ada", "Ada", ADA)];
        state.work_items = vec![17];
        state.policies_unmet = true;
        commit(&state.git, "gitops/dev")
    });
    everything(&azure(&server), tip, vec![17]).await;
    let (count, wrong) = again(&server, &prism).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 10, "{count}");
}

#[tokio::test]
async fn github_by_prism() {
    let Some(prism) = named("GITOPS_TEST_PRISM_GITHUB") else {
        return;
    };
    let server = GitHub::start_contoso();
    let tip = server.with(|state| {
        branches(&state.git);
        state.people = vec!["ada".into()];
        commit(&state.git, "gitops/dev")
    });
    everything(&github(&server), tip, Vec::new()).await;
    let (count, wrong) = again(&server, &prism).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 10, "{count}");
}
