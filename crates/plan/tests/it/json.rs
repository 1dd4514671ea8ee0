//! The JSON form: as its schema says, and read back as it was written.

use gitops_plan::{Options, Plan, SCHEMA, plan};

use crate::corpus::shared;
use crate::read::{documents, options, planned, resources};

fn check(plan: &Plan) {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let text = serde_json::to_string(plan).unwrap();
    let value = serde_json::from_str(&text).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&value)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(&Plan::from_json(&text).unwrap(), plan);
}

const OLD: &str = r#"
apiVersion: v1
kind: Secret
metadata: {name: a, namespace: s}
data: {x: YQ==, y: YQ==}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: b, labels: {helm.sh/chart: a-1}}
data:
  app.json: '{"a": 1, "b": null}'
  app.yaml: "a: [1, 2]\n"
  run.sh: |
    one
    two
---
apiVersion: v1
kind: Service
metadata: {name: gone}
"#;
const NEW: &str = r#"
apiVersion: v1
kind: Secret
metadata: {name: a, namespace: s}
data: {x: Yg==, z: YQ==}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: b, labels: {helm.sh/chart: a-2}}
data:
  app.json: '{"a":  2}'
  app.yaml: "a: [1,   2]\n"
  run.sh: |
    one
    2
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: new}
"#;

#[test]
fn every_plan_is_as_the_schema_says_and_reads_back() {
    check(&planned("", ""));
    check(&planned("", NEW));
    check(&planned(OLD, ""));
    check(&planned(OLD, NEW));
    let allowances = [gitops_plan::risk::Allowance {
        rule: "secret-plaintext".into(),
        resource: None,
        reason: "why".into(),
        until: "9999-12-31".into(),
    }];
    let (old, new) = (documents(OLD), documents(NEW));
    let options = Options {
        allowances: &allowances,
        ..options()
    };
    check(&plan(&resources(&old), &resources(&new), &options));
    for folder in ["pairs", "pairs-risk"].into_iter().filter_map(shared) {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                let read = |name| std::fs::read_to_string(path.join(name)).unwrap();
                check(&planned(&read("before.yaml"), &read("after.yaml")));
            }
        }
    }
}

#[test]
fn other_versions_and_other_files_are_refused_in_words() {
    let error = |text: &str| Plan::from_json(text).unwrap_err().to_string();
    assert_eq!(
        error(r#"{"version": 2}"#),
        "the plan has version 2; this program reads version 1"
    );
    assert_eq!(
        error("{\"version\":\n \"hunter2\"}"),
        "it is not the JSON of a plan (line 2, column 10)"
    );
    assert!(error(r#"{"version": 1}"#).starts_with("it is not the JSON of a plan"));
}
