//! Against what go-jsonnet and the authors of the programs recorded.

use serde_json::Value;

use super::*;
use crate::fabrikate::{copy, files_below, shared};

/// The documents of a file, as data.
fn documents(text: &str) -> Vec<Value> {
    let pieces = text.split("\n---\n").filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| as_data(serde_saphyr::from_str(piece).unwrap()))
        .collect()
}

/// The resources in a recorded value: what has a kind, wherever it stands.
fn flattened(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.into_iter().flat_map(flattened).collect(),
        Value::Object(mut fields) if fields.get("kind") == Some(&"List".into()) => {
            flattened(fields.remove("items").unwrap())
        }
        Value::Object(fields) if fields.contains_key("kind") => {
            vec![as_data(Value::Object(fields))]
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.into_iter().collect();
            fields.sort_by(|(a, _), (b, _)| a.cmp(b));
            let values = fields.into_iter().map(|(_, value)| value);
            values.flat_map(flattened).collect()
        }
        _ => Vec::new(),
    }
}

/// A value in which a number is equal however it was written.
fn as_data(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().unwrap().into(),
        Value::Array(items) => items.into_iter().map(as_data).collect(),
        Value::Object(fields) => fields.into_iter().map(|(k, v)| (k, as_data(v))).collect(),
        other => other,
    }
}

#[tokio::test]
async fn kube_libsonnet_yields_the_resources_that_go_jsonnet_yields() {
    let Some(corpus) = shared("fixtures/corpus") else {
        return;
    };
    let root = corpus.join("jsonnet/kube-libsonnet");
    let recorded = corpus.join("expected/jsonnet/kube-libsonnet");
    let mut compared = 0;
    for (path, content) in files_below(&recorded) {
        let mut options = options(&root.join(path.replace(".json", ".jsonnet")));
        options.confine = Some(root.clone());
        options.jsonnet.paths = vec![root.clone()];
        let expected: Value = serde_json::from_slice(&content).unwrap();
        if expected.is_boolean() {
            // Tests of the library that only succeed.
            let error = run(&options).await.unwrap_err().to_string();
            assert!(error.contains("yields a boolean at `$`"), "{path}: {error}");
        } else {
            let found = documents(&only(&options).await);
            assert_eq!(found, flattened(expected), "{path}");
        }
        compared += 1;
    }
    assert_eq!(compared, 11);
}

#[tokio::test]
async fn kube_libsonnet_refuses_what_go_jsonnet_refuses_in_the_same_words() {
    let Some(corpus) = shared("fixtures/corpus") else {
        return;
    };
    let index = std::fs::read_to_string(corpus.join("expected/INDEX.tsv")).unwrap();
    let mut compared = 0;
    for line in index
        .lines()
        .filter(|line| line.contains("RUNTIME ERROR: "))
    {
        let columns: Vec<_> = line.split('\t').collect();
        if !columns[1].ends_with(".jsonnet") {
            continue;
        }
        let root = corpus.join("jsonnet/kube-libsonnet");
        let mut options = options(&corpus.join(columns[1]));
        options.confine = Some(root.clone());
        options.jsonnet.paths = vec![root];
        let error = run(&options).await.unwrap_err().to_string();
        let said = line.rsplit("RUNTIME ERROR: ").next().unwrap().trim();
        let first = error.lines().next().unwrap();
        assert!(first.ends_with(&format!("failed: {said}")), "{error}");
        assert!(error.contains(".libsonnet:"), "{error}");
        compared += 1;
    }
    assert_eq!(compared, 8);
}

#[tokio::test]
async fn the_examples_of_the_language_yield_what_their_authors_recorded() {
    let Some(corpus) = shared("fixtures/corpus/jsonnet/google-examples") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    copy(&corpus, folder.path());
    let mut compared = 0;
    for (path, golden) in files_below(&corpus) {
        let Some(program) = path.strip_suffix(".golden") else {
            continue;
        };
        // The JSON library is off by one in the last digit of some numbers.
        let golden = String::from_utf8(golden).unwrap();
        let Ok(expected) = serde_saphyr::from_str::<Value>(&golden) else {
            println!("{path} is no JSON");
            continue;
        };
        if program == "top-level-ext.jsonnet" {
            // It wants a variable that is code, and variables are strings here.
            continue;
        }
        let call = match program {
            "top-level-tla.jsonnet" => "(prefix='Happy Hour ', brunch=true)",
            _ => "",
        };
        let wrapper = format!(
            "{{ apiVersion: 'v1', kind: 'X', metadata: {{ name: 'x' }}, data: (import '{program}'){call} }}"
        );
        let main = folder.path().join("main.jsonnet");
        std::fs::write(&main, wrapper).unwrap();
        let options = options(&main);
        let found = documents(&only(&options).await).remove(0);
        assert_eq!(found["data"], as_data(expected), "{path}");
        compared += 1;
    }
    assert!(compared == 24, "{compared}");
}
