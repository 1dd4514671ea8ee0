//! The standard library against what go-jsonnet 0.22 recorded.
//!
//! `cases/jsonnet/standard-library/record.py` records again.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::fabrikate::source;

#[derive(Deserialize)]
struct Recorded {
    expression: String,
    /// Its value as minified JSON; none when it is an error.
    value: Option<String>,
}

/// An expression that differs, and why.
#[derive(Deserialize)]
struct Different {
    expression: String,
    reason: String,
}

fn read<T: serde::de::DeserializeOwned>(name: &str) -> Vec<T> {
    let file = case("standard-library").join(name);
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// The recorded expressions that have to be equal.
fn recorded() -> Vec<Recorded> {
    let different: Vec<Different> = read("different.json");
    let mut recorded: Vec<Recorded> = read("recorded.json");
    recorded.retain(|one| {
        different
            .iter()
            .all(|known| known.expression != one.expression)
    });
    recorded
}

/// Programs with these expressions as the data of a resource, each by its number.
async fn values(expressions: &[&Recorded]) -> Result<BTreeMap<String, String>, String> {
    let (mut locals, mut fields) = (String::new(), String::new());
    for (at, recorded) in expressions.iter().enumerate() {
        // The line break ends a comment that an expression may end with.
        let expression = &recorded.expression;
        locals += &format!("local e{at} = std.manifestJsonMinified((\n{expression}\n));\n");
        fields += &format!("e{at}: e{at},");
    }
    let program = format!(
        "{locals}{{ apiVersion: 'v1', kind: 'ConfigMap', metadata: {{ name: 'a' }}, data: {{ {fields} }} }}"
    );
    let folder = source(&[("main.jsonnet", &program)]);
    let generated = run(&options(folder.path())).await;
    let generated = generated.map_err(|error| error.to_string())?;
    let text = generated.files.iter().next().unwrap().1;
    let read: serde_json::Value = serde_saphyr::from_slice(text).unwrap();
    Ok(serde_json::from_value(read["data"].clone()).unwrap())
}

#[test]
fn the_recorded_set_covers_the_standard_library() {
    let recorded: Vec<Recorded> = read("recorded.json");
    assert!(recorded.len() > 800, "{}", recorded.len());
    for known in read::<Different>("different.json") {
        let found = recorded
            .iter()
            .any(|one| one.expression == known.expression);
        assert!(found, "{} is not recorded", known.expression);
        assert!(
            !known.reason.is_empty(),
            "{} has no reason",
            known.expression
        );
    }
}

#[tokio::test]
async fn every_value_is_that_of_go_jsonnet() {
    let recorded = recorded();
    let wanted: Vec<_> = recorded.iter().filter(|one| one.value.is_some()).collect();
    let values = match values(&wanted).await {
        Ok(values) => values,
        Err(error) => {
            // One that fails hides the others: say which ones do.
            let mut failing = vec![error];
            for one in &wanted {
                if let Err(error) = self::values(&[one]).await {
                    failing.push(format!("{}: {error}", one.expression));
                }
            }
            panic!("{}", failing.join("\n"));
        }
    };
    let mut wrong = Vec::new();
    for (at, one) in wanted.iter().enumerate() {
        let (found, value) = (&values[&format!("e{at}")], one.value.as_ref().unwrap());
        if found != value {
            wrong.push(format!("{}\n  {found}\n  {value}", one.expression));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_fails_with_go_jsonnet_fails() {
    let mut wrong = Vec::new();
    for one in recorded() {
        if one.value.is_none() && values(&[&one]).await.is_ok() {
            wrong.push(one.expression);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
