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

/// What differs on purpose, and why.
const DIFFERENT: &[(&str, &str)] = &[
    (
        "std.acos(0.5)",
        "the last digit is that of the platform's mathematics, not of Go's",
    ),
    (
        "std.tan(1)",
        "the last digit is that of the platform's mathematics, not of Go's",
    ),
    (
        "std.log2(10)",
        "the last digit is that of the platform's mathematics, not of Go's",
    ),
    (
        "[1, 2, 3, 4, 5][0:4:1.5]",
        "a step with a fraction is an error, as the language says",
    ),
    (
        "std.parseYaml('\\ta: 1')",
        "the YAML parser takes a tab before a key at the start of a line",
    ),
    (
        "std.parseYaml('\"\\\\ud83d\\\\ude00\"')",
        "the YAML parser reads the pairs of JSON",
    ),
    (
        "std.parseYaml('a: !!int x')",
        "a tag that its text does not fit is passed over",
    ),
    (
        "std.parseYaml('a: !!bool x')",
        "a tag that its text does not fit is passed over",
    ),
    (
        "std.removeAt([1], 5)",
        "go-jsonnet crashes; an index that is not there removes nothing",
    ),
    (
        "std.manifestYamlDoc(function(x) x)",
        "go-jsonnet writes a function as nothing; it has no text, as in JSON",
    ),
    (
        "std.manifestYamlDoc([function(x) x])",
        "go-jsonnet writes a function as nothing; it has no text, as in JSON",
    ),
];

fn recorded() -> Vec<Recorded> {
    let file = case("standard-library/recorded.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn is_different(expression: &str) -> bool {
    DIFFERENT.iter().any(|(known, _)| *known == expression)
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
    let recorded = recorded();
    assert!(recorded.len() > 800, "{}", recorded.len());
    for (known, _) in DIFFERENT {
        let found = recorded.iter().any(|one| one.expression == *known);
        assert!(found, "{known} is not recorded");
    }
}

#[tokio::test]
async fn every_value_is_that_of_go_jsonnet() {
    let recorded = recorded();
    let wanted: Vec<_> = recorded
        .iter()
        .filter(|one| one.value.is_some() && !is_different(&one.expression))
        .collect();
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
        if one.value.is_none() && !is_different(&one.expression) && values(&[&one]).await.is_ok() {
            wrong.push(one.expression);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
