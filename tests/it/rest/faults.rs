//! Every operation meets every fault at every one of its requests: nothing is
//! lost, doubled or left behind.

use std::time::Duration;

use gitops_publisher::host::pull_request::{
    Completion, Draft, MergeStrategy, Note, PullRequest, StatusState,
};
use gitops_publisher::host::{Api, ApiError, ApiOptions, Credentials, HostKind};
use gitops_publisher::model::{ObjectId, RedactedUrl, Secret};
use serde_json::{Value, json};

use super::{branches, commit, draft, note, options, reviewer, status};
use crate::support::azure_devops::{Azure, AzureDevOps, person};
use crate::support::github::{GitHub, Hub};
use crate::support::rest_fake::{Fault, Reply, RestFake, Service};

const ADA: &str = "11111111-0000-4000-8000-000000000001";

/// What is done.
#[derive(Debug, Clone, Copy)]
enum Operation {
    Find,
    Get,
    OpenFrom,
    Create,
    Update,
    Complete,
    MergeAtOnce,
    WriteNote,
    ChangeNote,
    CloseNote,
    CommitStatuses,
    PullRequestStatuses,
    Close,
}

fn faults() -> Vec<(&'static str, Fault)> {
    let reply = Reply::status;
    let limited = |status| reply(status).with("retry-after", "0");
    let used_up = reply(403)
        .with("x-ratelimit-remaining", "0")
        .with("x-ratelimit-reset", "0");
    vec![
        ("500", Fault::Answer(reply(500))),
        ("503", Fault::Answer(limited(503))),
        ("429", Fault::Answer(limited(429))),
        ("secondary limit", Fault::Answer(limited(403))),
        ("limit used up", Fault::Answer(used_up)),
        ("502 after it was done", Fault::AnswerAfter(reply(502))),
        ("reset before", Fault::DropBefore),
        ("reset after it was done", Fault::DropAfter),
        ("no answer after it was done", Fault::Stall),
    ]
}

/// A fake and a client of it.
trait World: Service + Sized {
    const KIND: HostKind;
    fn start() -> RestFake<Self>;
    fn address(server: &RestFake<Self>) -> String;
    fn prepare(&mut self, operation: Operation) -> ObjectId;
    fn seen(&self) -> Value;
}

impl World for Azure {
    const KIND: HostKind = HostKind::Azure;

    fn start() -> RestFake<Self> {
        AzureDevOps::start_shop()
    }

    fn address(server: &RestFake<Self>) -> String {
        server.url("contoso/shop/_git/manifests")
    }

    fn prepare(&mut self, operation: Operation) -> ObjectId {
        branches(&self.git);
        self.people = vec![person("ada@contoso.com", "Ada", ADA)];
        self.work_items = vec![17, 18];
        self.policies_unmet = !matches!(operation, Operation::MergeAtOnce);
        commit(&self.git, "gitops/dev")
    }

    fn seen(&self) -> Value {
        self.snapshot()
    }
}

impl World for Hub {
    const KIND: HostKind = HostKind::GitHub;

    fn start() -> RestFake<Self> {
        GitHub::start_contoso()
    }

    fn address(server: &RestFake<Self>) -> String {
        server.url("contoso/manifests")
    }

    fn prepare(&mut self, operation: Operation) -> ObjectId {
        branches(&self.git);
        self.people = vec!["ada@contoso.com".into()];
        self.blocked = !matches!(operation, Operation::MergeAtOnce);
        commit(&self.git, "gitops/dev")
    }

    fn seen(&self) -> Value {
        self.snapshot()
    }
}

fn full(kind: HostKind) -> Draft {
    Draft {
        labels: vec!["gitops".into()],
        reviewers: vec![reviewer("ada@contoso.com")],
        work_items: if kind == HostKind::Azure {
            vec![17]
        } else {
            Vec::new()
        },
        ..draft()
    }
}

/// Does the operation; its answer, as far as it must be the same every time.
async fn act(
    api: &Api,
    operation: Operation,
    there: Option<&PullRequest>,
    tip: ObjectId,
) -> Result<Value, ApiError> {
    let changed = Draft {
        title: "dev: 2 changed".into(),
        labels: vec!["gitops".into(), "more".into()],
        work_items: if api.kind() == HostKind::Azure {
            vec![17, 18]
        } else {
            Vec::new()
        },
        ..full(api.kind())
    };
    let completion = Completion {
        strategy: MergeStrategy::Squash,
        message: Some("dev: 1 changed".into()),
        delete_source_branch: false,
    };
    let statuses = [
        status("dev", StatusState::Failed),
        status("prod", StatusState::Succeeded),
    ];
    let there = || there.expect("it was prepared");
    Ok(match operation {
        Operation::Find => {
            let found = api.find("gitops/dev", "main").await?;
            json!(found.map(|found| found.number))
        }
        Operation::Get => json!(api.get(1).await?.title),
        Operation::OpenFrom => json!(api.open_from("gitops/", "main").await?.len()),
        Operation::Create => {
            let opened = api.create(&full(api.kind())).await?;
            json!([opened.pull_request.number, opened.warnings])
        }
        Operation::Update => {
            let opened = api.update(there(), &changed).await?;
            json!([opened.pull_request.title, opened.warnings])
        }
        Operation::Complete | Operation::MergeAtOnce => {
            // Which of two equal requests did it does not matter.
            let done = api.complete(there(), &completion).await?;
            json!(format!("{done:?}").split('(').next())
        }
        Operation::WriteNote => {
            api.note(there(), &note("one")).await?;
            Value::Null
        }
        Operation::ChangeNote => {
            api.note(there(), &note("two")).await?;
            Value::Null
        }
        Operation::CloseNote => {
            api.close_note(there(), &note("over")).await?;
            Value::Null
        }
        Operation::CommitStatuses => json!(api.commit_statuses(tip, &statuses).await?),
        Operation::PullRequestStatuses => {
            json!(api.pull_request_statuses(there(), &statuses).await?)
        }
        Operation::Close => {
            let why = Note {
                marker: "closed".into(),
                ..note("no change is left")
            };
            let closed = api.close(there(), Some(&why)).await?;
            json!(format!("{:?}", closed.state))
        }
    })
}

/// One run; the answer, the state afterwards and the number of requests.
async fn run<W: World>(
    operation: Operation,
    fault: Option<(usize, Fault)>,
) -> (Value, Value, usize) {
    let server = W::start();
    let tip = server.with(|state| state.prepare(operation));
    let mut api_options = ApiOptions::new(options(), Credentials::Token(Secret::new("a-token")));
    api_options.http.rest_timeout = Duration::from_millis(700);
    let url = RedactedUrl::new(W::address(&server).parse().unwrap());
    let api = Api::open(&url, W::KIND, api_options).unwrap().unwrap();
    let there = if matches!(operation, Operation::Create) {
        None
    } else {
        Some(api.create(&full(W::KIND)).await.unwrap().pull_request)
    };
    if matches!(operation, Operation::ChangeNote | Operation::CloseNote) {
        api.note(there.as_ref().unwrap(), &note("one"))
            .await
            .unwrap();
    }
    server.forget();
    if let Some((at, fault)) = fault {
        server.inject(at, fault);
    }
    let answer = act(&api, operation, there.as_ref(), tip).await.unwrap();
    let count = server.requests().len();
    (answer, server.with(|state| state.seen()), count)
}

async fn survives<W: World>(operation: Operation) {
    let (answer, state, count) = run::<W>(operation, None).await;
    assert!(count > 0);
    for at in 0..count {
        let runs = faults().into_iter().map(async |(name, fault)| {
            let (now, state_now, _) = run::<W>(operation, Some((at, fault))).await;
            let place = format!("{operation:?}: {name} at request {at} of {count}");
            assert_eq!(now, answer, "{place}");
            assert_eq!(state_now, state, "{place}");
        });
        futures_util::future::join_all(runs).await;
    }
}

#[rstest::rstest]
#[case(Operation::Find)]
#[case(Operation::Get)]
#[case(Operation::OpenFrom)]
#[case(Operation::Create)]
#[case(Operation::Update)]
#[case(Operation::Complete)]
#[case(Operation::MergeAtOnce)]
#[case(Operation::WriteNote)]
#[case(Operation::ChangeNote)]
#[case(Operation::CloseNote)]
#[case(Operation::CommitStatuses)]
#[case(Operation::PullRequestStatuses)]
#[case(Operation::Close)]
#[tokio::test]
async fn azure_devops_survives(#[case] operation: Operation) {
    survives::<Azure>(operation).await;
}

#[rstest::rstest]
#[case(Operation::Find)]
#[case(Operation::Get)]
#[case(Operation::OpenFrom)]
#[case(Operation::Create)]
#[case(Operation::Update)]
#[case(Operation::Complete)]
#[case(Operation::MergeAtOnce)]
#[case(Operation::WriteNote)]
#[case(Operation::ChangeNote)]
#[case(Operation::CloseNote)]
#[case(Operation::CommitStatuses)]
#[case(Operation::PullRequestStatuses)]
#[case(Operation::Close)]
#[tokio::test]
async fn github_survives(#[case] operation: Operation) {
    survives::<Hub>(operation).await;
}

#[tokio::test]
async fn a_server_that_stays_down_is_told_and_nothing_is_doubled_afterwards() {
    let server = GitHub::start_contoso();
    server.with(|state| branches(&state.git));
    for later in 0..8 {
        server.inject(later, Fault::AnswerAfter(Reply::status(502)));
    }
    let api = super::github(&server);
    let error = api.create(&draft()).await.unwrap_err();
    assert!(error.to_string().contains("answered 502"), "{error}");
    // The next run finds what was made.
    server.forget();
    let opened = super::github(&server).create(&draft()).await.unwrap();
    assert_eq!(opened.pull_request.number, 1);
    assert_eq!(server.with(|state| state.pull_requests.len()), 1);
}
