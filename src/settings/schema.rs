//! The JSON schema of `gitops.yaml`, derived from the definition.

use clap::{Arg, Command};
use gitops_plan::risk::RULES;
use serde_json::{Map, Value, json};

use super::definition::{
    ArgoCdArgs, EnvironmentArgs, FluxArgs, Maps, Marks, RunArgs, SourceArgs, arguments, id,
    is_number, is_switch,
};
use super::file::{
    ALLOWANCES, ARGOCD, ENVIRONMENTS, FLUX, NAME, OF_ALLOWANCE, OF_UPDATE, SEVERITIES, SOURCES,
    UPDATES, VARIABLES,
};
use super::layer::camel_case;

/// What a setting that is text can be written as: it keeps its text, whatever
/// type YAML gives it.
const SCALAR: [&str; 3] = ["string", "number", "boolean"];

/// The severities of risks.
const SEVERITY: [&str; 4] = ["info", "medium", "high", "critical"];

/// The schema, for editors.
pub fn schema() -> Value {
    let mut environment = properties(arguments::<EnvironmentArgs>());
    environment.insert(VARIABLES.to_owned(), variables());
    environment.insert(SOURCES.to_owned(), sources());
    environment.insert(UPDATES.to_owned(), updates());
    environment.insert(FLUX.to_owned(), block::<FluxArgs>("Flux"));
    environment.insert(ARGOCD.to_owned(), block::<ArgoCdArgs>("Argo CD"));
    environment.insert(SEVERITIES.to_owned(), severities());
    environment.insert(ALLOWANCES.to_owned(), allowances());
    let mut top = properties(arguments::<RunArgs>());
    top.extend(environment.clone());
    top.insert(
        ENVIRONMENTS.to_owned(),
        json!({
            "description": "The environments, each with its own settings, or a list of their names. Settings of an environment win over the settings at the top.",
            "type": ["object", "array", "null"],
            "additionalProperties": {
                "type": ["object", "null"],
                "properties": environment,
                "additionalProperties": false,
            },
            "items": { "type": SCALAR },
            "uniqueItems": true,
        }),
    );
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "gitops.yaml",
        "description": "Settings of GitOps for Azure Pipelines",
        "type": "object",
        "properties": top,
        "additionalProperties": false,
    })
}

/// The one setting that is a map.
fn variables() -> Value {
    json!({
        "description": "Variables for tokens. Nested maps make names with dots.",
        "type": ["object", "null"],
    })
}

/// Other severities for rules.
fn severities() -> Value {
    let rules = RULES
        .iter()
        .map(|rule| (rule.id.to_owned(), json!({ "enum": SEVERITY })));
    json!({
        "description": "Other severities for single rules, by the id of the rule.",
        "type": ["object", "null"],
        "properties": Value::Object(rules.collect()),
        "additionalProperties": false,
    })
}

/// Findings that are accepted.
fn allowances() -> Value {
    let rules: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    let what = [
        "The rule.",
        "The resource, as `Kind namespace/name`. All resources when not given.",
        "Why it is accepted.",
        "The last day on which it is, such as 2027-03-31.",
    ];
    let mut properties: Map<_, _> = OF_ALLOWANCE
        .iter()
        .zip(what)
        .map(|(key, what)| {
            (
                (*key).to_owned(),
                json!({ "description": what, "type": SCALAR }),
            )
        })
        .collect();
    properties.insert(
        "rule".to_owned(),
        json!({ "description": what[0], "enum": rules }),
    );
    json!({
        "description": "Findings that are accepted, for a reason and until a day.",
        "type": ["array", "null"],
        "items": {
            "type": "object",
            "properties": properties,
            "required": ["rule", "reason", "until"],
            "additionalProperties": false,
        },
    })
}

/// The values that `update` sets.
fn updates() -> Value {
    let [files, object, set] = OF_UPDATE;
    json!({
        "description": "The values that `update` sets, when the input `set` gives none.",
        "type": ["array", "null"],
        "items": {
            "type": "object",
            "properties": {
                files: { "description": "The files that are looked at: a path from the root of the repository, or a pattern.", "type": SCALAR },
                object: { "description": "The object that is meant, as `Kind namespace/name`.", "type": SCALAR },
                set: {
                    "description": "Each field with its value: a path such as `spec.chart.spec.version`, or `version`, `values.…` and `image`, as docs/update.md has them.",
                    "type": "object",
                    "additionalProperties": { "type": SCALAR },
                    "minProperties": 1,
                },
            },
            "required": [set],
            "anyOf": [{ "required": [files] }, { "required": [object] }],
            "additionalProperties": false,
        },
    })
}

/// What happens at a severity.
fn policy() -> Value {
    let word = json!({ "enum": ["report", "pullRequest", "complete", "fail"] });
    let names = json!({
        "type": "object",
        "properties": { "reviewers": { "type": ["array", "string"], "items": { "type": "string" }, "minItems": 1 } },
        "required": ["reviewers"],
        "additionalProperties": false,
    });
    let action = json!({ "anyOf": [word, names] });
    let several = json!({ "type": "array", "minItems": 1, "items": action });
    let each = SEVERITY.map(|name| (name.to_owned(), json!({ "anyOf": [action, several] })));
    json!({
        "type": ["object", "string", "null"],
        "properties": Value::Object(each.into_iter().collect()),
        "additionalProperties": false,
    })
}

/// The setting that is a list of maps.
fn sources() -> Value {
    let mut source = properties(arguments::<SourceArgs>());
    source.insert(
        NAME.to_owned(),
        json!({
            "description": "What messages and file names call the source. The release, or the name of its folder, when not given.",
            "type": SCALAR,
        }),
    );
    json!({
        "description": "The sources that an environment is made of, when there are several. Settings of a source that an item does not have are taken from the environment and the top.",
        "type": ["array", "null"],
        "minItems": 1,
        "items": { "type": ["object", "null"], "properties": source, "additionalProperties": false },
    })
}

/// The settings of the objects by which a cluster runs other environments.
fn block<A: clap::Args + 'static>(controller: &str) -> Value {
    json!({
        "description": format!("A cluster with {controller}: the settings of an environment that has the generator of this name. Those of the top count where the environment has none."),
        "type": ["object", "null"],
        "properties": properties(arguments::<A>()),
        "additionalProperties": false,
    })
}

/// One schema per argument, under its name in the file.
fn properties(definition: &Command) -> Map<String, Value> {
    definition
        .get_arguments()
        .filter(|argument| !Marks::of(argument).not_in_file)
        .map(|argument| (camel_case(argument.get_id().as_str()), property(argument)))
        .collect()
}

/// The schema of one setting.
fn property(argument: &Arg) -> Value {
    let mut property = Map::new();
    let help = argument
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    property.insert("description".to_owned(), json!(help));
    let choices: Vec<_> = argument
        .get_possible_values()
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect();
    let list = argument.get_value_delimiter().is_some();
    let maps = Marks::of(argument).map;
    if argument.get_id() == id!(EnvironmentArgs, risk_policy) {
        property.extend(policy().as_object().cloned().unwrap_or_default());
    } else if is_switch(argument) {
        property.insert("type".to_owned(), json!(["boolean", "null"]));
    } else if maps == Maps::Always {
        property.insert("type".to_owned(), json!(["object", "null"]));
    } else if list {
        let map = (maps == Maps::Also).then_some("object");
        let types: Vec<_> = ["array", "null"]
            .into_iter()
            .chain(SCALAR)
            .chain(map)
            .collect();
        property.insert("type".to_owned(), json!(types));
        let items = if choices.is_empty() {
            json!({ "type": SCALAR })
        } else {
            json!({ "enum": choices })
        };
        property.insert("items".to_owned(), items);
    } else if is_number(argument) {
        property.insert("type".to_owned(), json!(["integer", "null"]));
        let (least, most) = Marks::of(argument).range.unwrap_or((0, u64::MAX));
        property.insert("minimum".to_owned(), json!(least));
        let most = Some(most).filter(|most| *most != u64::MAX);
        property.extend(most.map(|most| ("maximum".to_owned(), json!(most))));
    } else if choices.is_empty() {
        let types: Vec<_> = SCALAR.into_iter().chain(["null"]).collect();
        property.insert("type".to_owned(), json!(types));
    } else {
        let choices = choices.into_iter().map(Value::String);
        let choices: Vec<_> = choices.chain([Value::Null]).collect();
        property.insert("enum".to_owned(), json!(choices));
    }
    let defaults: Vec<_> = argument
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy())
        .collect();
    if let Some(default) = defaults.first() {
        let typed = serde_json::from_str(default).ok().filter(Value::is_boolean);
        let number = is_number(argument)
            .then(|| default.parse().map(|n: i64| json!(n)).ok())
            .flatten();
        property.insert(
            "default".to_owned(),
            typed.or(number).unwrap_or_else(|| json!(default)),
        );
    }
    Value::Object(property)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_knows_every_setting_with_type_and_default() {
        let schema = schema();
        let top = &schema["properties"];
        assert_eq!(top["allowOlder"]["type"], json!(["boolean", "null"]));
        assert_eq!(top["allowOlder"]["default"], false);
        assert_eq!(top["maxRemovedPercent"]["default"], 50);
        assert_eq!(top["maxRemovedPercent"]["maximum"], 100);
        let choices = [
            "auto",
            "fabrikate",
            "helm",
            "kustomize",
            "jsonnet",
            "manifests",
            "flux",
            "argocd",
        ];
        let choices: Vec<_> = choices
            .map(Value::from)
            .into_iter()
            .chain([Value::Null])
            .collect();
        assert_eq!(top["generator"]["enum"], Value::Array(choices));
        let environment = &top["environments"]["additionalProperties"]["properties"];
        assert!(environment["commitMessage"].is_null());
        assert!(top["config"].is_null());
    }

    /// Files that the program reads, and files that it refuses for their shape.
    #[rstest::rstest]
    #[case(json!({}), true)]
    #[case(json!({"branch": true, "folder": 10, "namespace": "no"}), true)]
    #[case(json!({"branch": ["a"]}), false)]
    #[case(json!({"branch": {}}), false)]
    #[case(json!({"branch": null, "generator": null, "labels": null}), true)]
    #[case(json!({"labels": ["a, b", 3], "workItems": [12]}), true)]
    #[case(json!({"labels": {"a": "b"}}), false)]
    #[case(json!({"values": {"a": 1}}), true)]
    #[case(json!({"maxRemovedPercent": 100}), true)]
    #[case(json!({"maxRemovedPercent": 0}), true)]
    #[case(json!({"maxRemovedPercent": 101}), false)]
    #[case(json!({"maxRemovedPercent": 150}), false)]
    #[case(json!({"maxRemovedPercent": -1}), false)]
    #[case(json!({"environments": {"dev": {"maxRemovedPercent": 150}}}), false)]
    #[case(json!({"maxRemovedPercent": 2.5}), false)]
    #[case(json!({"pushTimeout": 86_400, "requestTimeout": 1}), true)]
    #[case(json!({"pushTimeout": 86_401}), false)]
    #[case(json!({"requestTimeout": 0}), false)]
    #[case(json!({"jsonnetMemory": 63}), false)]
    #[case(json!({"sources": [{"jsonnetTimeout": 0}]}), false)]
    #[case(json!({"githubAppInstallation": 5}), true)]
    #[case(json!({"githubAppInstallation": "five"}), false)]
    #[case(json!({"generator": "terraform"}), false)]
    #[case(json!({"branch": "main", "manifestRepo": "a/b", "environments": {"dev": {}, "c": {"generator": "argocd", "argocd": {"version": 3.5}}}}), true)]
    #[case(json!({"argocd": {"versions": 3.5}}), false)]
    #[case(json!({"flux": {"dependsOn": ["a"], "interval": []}}), false)]
    #[case(json!({"flux": "2.9"}), false)]
    #[case(json!({"flux": null}), true)]
    #[case(json!({"generator": "auto", "gitHost": "github"}), true)]
    #[case(json!({"environments": ["dev", "prod"]}), true)]
    #[case(json!({"environments": ["dev", "dev"]}), false)]
    #[case(json!({"environments": [{"dev": {}}]}), false)]
    #[case(json!({"environments": {"dev": null}}), true)]
    #[case(json!({"environments": "dev"}), false)]
    #[case(json!({"sources": []}), false)]
    #[case(json!({"sources": [{"source": "a", "name": 3}]}), true)]
    #[case(json!({"riskPolicy": {"high": "pullRequest", "critical": "fail"}}), true)]
    #[case(json!({"riskPolicy": {"high": ["complete", {"reviewers": ["ada"]}]}}), true)]
    #[case(json!({"riskPolicy": "{high: fail}"}), true)]
    #[case(json!({"riskPolicy": {"urgent": "fail"}}), false)]
    #[case(json!({"riskPolicy": {"high": "stop"}}), false)]
    #[case(json!({"riskPolicy": {"high": []}}), false)]
    #[case(json!({"environments": {"dev": {"riskPolicy": {"high": {"reviewers": []}}}}}), false)]
    #[case(json!({"riskSeverities": {"image-changed": "medium"}}), true)]
    #[case(json!({"riskSeverities": {"image-chnged": "medium"}}), false)]
    #[case(json!({"riskSeverities": {"image-changed": "low"}}), false)]
    #[case(json!({"riskAllowances": [{"rule": "pvc-deleted", "resource": "PersistentVolumeClaim shop/data", "reason": "moved", "until": "2027-03-31"}]}), true)]
    #[case(json!({"environments": {"dev": {"riskAllowances": [{"rule": "pvc-deleted", "reason": "moved", "until": "2027-03-31"}]}}}), true)]
    #[case(json!({"riskAllowances": [{"rule": "pvc-deleted", "until": "2027-03-31"}]}), false)]
    #[case(json!({"riskAllowances": [{"rule": "pvc-deleted", "reason": "x"}]}), false)]
    #[case(json!({"riskAllowances": [{"rule": "x", "reason": "x", "until": "2027-03-31"}]}), false)]
    #[case(json!({"riskAllowances": {"rule": "x"}}), false)]
    #[case(json!({"updates": [{"object": "HelmRelease shop/web", "set": {"version": 1}}]}), true)]
    #[case(json!({"environments": {"dev": {"updates": [{"files": "a.yaml", "set": {"a": "#{b}#"}}]}}}), true)]
    #[case(json!({"updates": null}), true)]
    #[case(json!({"updates": {"files": "a.yaml"}}), false)]
    #[case(json!({"updates": [{"files": "a.yaml"}]}), false)]
    #[case(json!({"updates": [{"set": {"a": "b"}}]}), false)]
    #[case(json!({"updates": [{"files": "a.yaml", "set": {}}]}), false)]
    #[case(json!({"updates": [{"files": "a.yaml", "set": {"a": ["b"]}}]}), false)]
    #[case(json!({"updates": [{"file": "a.yaml", "set": {"a": "b"}}]}), false)]
    #[case(json!({"config": "x"}), false)]
    #[case(json!({"unknown": "x"}), false)]
    fn the_schema_accepts_what_the_program_reads(#[case] file: Value, #[case] fits: bool) {
        let schema = jsonschema::draft7::new(&schema()).unwrap();
        assert_eq!(schema.is_valid(&file), fits, "by the schema");
        let read = crate::settings::file::tests::read_and_resolved(&file.to_string());
        assert_eq!(read.is_ok(), fits, "by the program: {read:?}");
    }
}
