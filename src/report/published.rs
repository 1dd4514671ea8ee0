//! What a run published, for later jobs, checks and the connector: the content of
//! the build attachment `gitops.published`.
//!
//! `docs/published-1.schema.json` is its schema. It says where to look, never what
//! is in there: no contents, no variables.

mod read;

use serde::Serialize;

use super::{Outcome, Publication, RunReport};

pub use read::{Done, Recorded, Unread, done_last};

/// The type of the attachment.
pub const PUBLISHED: &str = "gitops.published";

/// The version of its form. It rises only when a reader of before would
/// misunderstand it; fields may be added.
const VERSION: u32 = 1;

/// What the settings say of an environment.
#[derive(Debug, Clone, Default)]
pub struct Aim {
    /// `azure`, `github` or `git`.
    pub host: String,
    /// The commit of the source that it was rendered from.
    pub source_commit: Option<String>,
    /// Whose reports count, as it is set; empty for the default.
    pub wait_for: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Published<'a> {
    version: u32,
    command: &'a str,
    time: i64,
    publications: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    host: String,
    repository: &'a str,
    branch: &'a str,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_request: Option<Request<'a>>,
    empty_diff: bool,
    environments: Vec<Member<'a>>,
}

#[derive(Serialize)]
struct Request<'a> {
    id: u64,
    url: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Member<'a> {
    name: &'a str,
    folder: &'a str,
    empty_diff: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_commit: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    wait_for: Vec<String>,
}

/// The content of the attachment; `None` for a run that published nothing, not
/// even that there was nothing to publish. `time` is when, in seconds since 1970.
pub fn published(
    report: &RunReport,
    time: i64,
    aim: &dyn Fn(&str) -> Aim,
) -> Option<serde_json::Value> {
    let publications = report.publications.iter();
    let publications: Vec<_> = publications
        .filter(|one| is_settled(one.outcome))
        .map(|one| entry(report, one, aim))
        .collect();
    (!publications.is_empty()).then(|| {
        serde_json::json!(Published {
            version: VERSION,
            command: report.command,
            time,
            publications,
        })
    })
}

/// Whether it is decided what this run did there.
fn is_settled(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Published
        | Outcome::Proposed
        | Outcome::Waiting
        | Outcome::Declined
        | Outcome::Unchanged
        | Outcome::Older => true,
        Outcome::WouldPublish | Outcome::Unknown | Outcome::Stopped => false,
    }
}

fn entry<'a>(
    report: &'a RunReport,
    publication: &'a Publication,
    aim: &dyn Fn(&str) -> Aim,
) -> Entry<'a> {
    let names = publication.environments.iter();
    let aims: Vec<_> = names.clone().map(|name| aim(name)).collect();
    let commit = publication.commit_id.as_deref();
    let is_on_branch = matches!(
        publication.outcome,
        Outcome::Published | Outcome::Unchanged | Outcome::Older
    );
    let environments = names.zip(&aims).map(|(name, aim)| {
        let own = report.environments.iter().find(|own| own.name == *name);
        let changes = own.and_then(|own| own.changes.as_ref());
        Member {
            name,
            folder: own.map_or("", |own| own.folder.as_str()),
            empty_diff: publication.outcome == Outcome::Unchanged
                || changes.is_none_or(super::Changes::is_empty),
            source_commit: aim.source_commit.clone(),
            wait_for: aim.wait_for.clone(),
        }
    });
    Entry {
        host: aims.first().map(|aim| aim.host.clone()).unwrap_or_default(),
        repository: &publication.manifest_repo_url,
        branch: &publication.branch,
        outcome: publication.outcome,
        head: commit,
        commit: commit.filter(|_| is_on_branch),
        pull_request: publication.pull_request.as_ref().map(|request| Request {
            id: request.id,
            url: &request.url,
        }),
        empty_diff: publication.outcome == Outcome::Unchanged,
        environments: environments.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Changes, EnvironmentReport, PullRequestDone, PullRequestReport};

    fn environment(name: &str, changed_files: usize) -> EnvironmentReport {
        EnvironmentReport {
            name: name.to_owned(),
            generator: "helm".to_owned(),
            folder: format!("clusters/{name}"),
            files: 1,
            resources: 1,
            changes: Some(Changes {
                changed_files,
                ..Changes::default()
            }),
            plan: None,
            effect: None,
            is_older: false,
            is_stopped: false,
        }
    }

    fn publication(outcome: Outcome, environments: &[&str]) -> Publication {
        Publication {
            manifest_repo_url: "https://dev.azure.com/contoso/shop/_git/manifests".to_owned(),
            branch: "main".to_owned(),
            commit_id: Some("5f2c0a9e1d7b4c385f2c0a9e1d7b4c385f2c0a9e".to_owned()),
            outcome,
            retries: 0,
            pull_request: None,
            environments: environments.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    fn shown(publications: Vec<Publication>) -> Option<serde_json::Value> {
        let report = RunReport {
            command: "publish",
            publications,
            environments: vec![environment("dev", 2), environment("qa", 0)],
            ..RunReport::default()
        };
        published(&report, 1_764_374_400, &|name| Aim {
            host: "azure".to_owned(),
            source_commit: Some("aaaa0a9e1d7b4c385f2c0a9e1d7b4c385f2c0a9e".to_owned()),
            wait_for: vec![format!("kustomization/{name}")],
        })
    }

    fn valid(value: &serde_json::Value) {
        let schema = include_str!("../../docs/published-1.schema.json");
        let schema = serde_json::from_str(schema).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let found: Vec<_> = validator
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn it_names_commits_pull_requests_and_what_was_there_already() {
        let mut proposed = publication(Outcome::Proposed, &["qa"]);
        proposed.pull_request = Some(PullRequestReport {
            id: 7,
            url: "https://dev.azure.com/contoso/shop/_git/manifests/pullrequest/7".to_owned(),
            done: PullRequestDone::Created,
        });
        let value = shown(vec![
            publication(Outcome::Published, &["dev", "qa"]),
            proposed,
        ])
        .unwrap();
        valid(&value);
        insta::assert_snapshot!(format!("{value:#}"), @r#"
        {
          "version": 1,
          "command": "publish",
          "time": 1764374400,
          "publications": [
            {
              "host": "azure",
              "repository": "https://dev.azure.com/contoso/shop/_git/manifests",
              "branch": "main",
              "outcome": "published",
              "head": "5f2c0a9e1d7b4c385f2c0a9e1d7b4c385f2c0a9e",
              "commit": "5f2c0a9e1d7b4c385f2c0a9e1d7b4c385f2c0a9e",
              "emptyDiff": false,
              "environments": [
                {
                  "name": "dev",
                  "folder": "clusters/dev",
                  "emptyDiff": false,
                  "sourceCommit": "aaaa0a9e1d7b4c385f2c0a9e1d7b4c385f2c0a9e",
                  "waitFor": [
                    "kustomization/dev"
                  ]
                },
                {
                  "name": "qa",
                  "folder": "clusters/qa",
                  "emptyDiff": true,
                  "sourceCommit": "aaaa0a9e1d7b4c385f2c0a9e1d7b4c385f2c0a9e",
                  "waitFor": [
                    "kustomization/qa"
                  ]
                }
              ]
            },
            {
              "host": "azure",
              "repository": "https://dev.azure.com/contoso/shop/_git/manifests",
              "branch": "main",
              "outcome": "proposed",
              "head": "5f2c0a9e1d7b4c385f2c0a9e1d7b4c385f2c0a9e",
              "pullRequest": {
                "id": 7,
                "url": "https://dev.azure.com/contoso/shop/_git/manifests/pullrequest/7"
              },
              "emptyDiff": false,
              "environments": [
                {
                  "name": "qa",
                  "folder": "clusters/qa",
                  "emptyDiff": true,
                  "sourceCommit": "aaaa0a9e1d7b4c385f2c0a9e1d7b4c385f2c0a9e",
                  "waitFor": [
                    "kustomization/qa"
                  ]
                }
              ]
            }
          ]
        }
        "#);
    }

    #[rstest::rstest]
    #[case(Outcome::Unchanged, Some((true, true)))]
    #[case(Outcome::Published, Some((false, true)))]
    #[case(Outcome::Older, Some((false, true)))]
    #[case(Outcome::Proposed, Some((false, false)))]
    #[case(Outcome::Waiting, Some((false, false)))]
    #[case(Outcome::Declined, Some((false, false)))]
    #[case(Outcome::WouldPublish, None)]
    #[case(Outcome::Unknown, None)]
    #[case(Outcome::Stopped, None)]
    fn a_commit_is_named_where_the_branch_has_it(
        #[case] outcome: Outcome,
        #[case] empty_and_on_branch: Option<(bool, bool)>,
    ) {
        let value = shown(vec![publication(outcome, &["dev"])]);
        let found = value.as_ref().map(|value| {
            valid(value);
            let own = &value["publications"][0];
            (own["emptyDiff"] == true, own["commit"].is_string())
        });
        assert_eq!(found, empty_and_on_branch);
    }

    #[test]
    fn the_schema_refuses_what_is_not_it() {
        let mut value = shown(vec![publication(Outcome::Published, &["dev"])]).unwrap();
        value["publications"][0]["outcome"] = "great".into();
        let schema = include_str!("../../docs/published-1.schema.json");
        let schema = serde_json::from_str(schema).unwrap();
        assert!(!jsonschema::is_valid(&schema, &value));
    }
}
