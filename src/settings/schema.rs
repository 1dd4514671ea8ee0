//! The JSON schema of `gitops.yaml`, derived from the definition.

use clap::builder::ValueParser;
use clap::{Arg, Args as _, Command};
use serde_json::{Map, Value, json};

use super::definition::{EnvironmentArgs, RunArgs, SourceArgs};
use super::file::{NAME, SOURCES};
use super::layer::camel_case;

/// The schema, for editors.
pub fn schema() -> Value {
    let mut environment = properties(&EnvironmentArgs::augment_args(Command::new("")));
    environment.insert("variables".to_owned(), variables());
    environment.insert(SOURCES.to_owned(), sources());
    let mut top = properties(&RunArgs::augment_args(Command::new("")));
    top.remove("config");
    top.remove("environments");
    top.extend(environment.clone());
    top.insert(
        "environments".to_owned(),
        json!({
            "description": "The environments, each with its own settings. These win over the settings at the top.",
            "type": "object",
            "additionalProperties": {
                "type": ["object", "null"],
                "properties": environment,
                "additionalProperties": false,
            },
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
        "type": "object",
    })
}

/// The setting that is a list of maps.
fn sources() -> Value {
    let mut source = properties(&SourceArgs::augment_args(Command::new("")));
    source.insert(
        NAME.to_owned(),
        json!({
            "description": "What messages and file names call the source. The release, or the name of its folder, when not given.",
            "type": "string",
        }),
    );
    json!({
        "description": "The sources that an environment is made of, when there are several. Settings of a source that an item does not have are taken from the environment and the top.",
        "type": "array",
        "items": { "type": "object", "properties": source, "additionalProperties": false },
    })
}

/// One schema per argument, under its name in the file.
fn properties(definition: &Command) -> Map<String, Value> {
    definition
        .get_arguments()
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
    if is_switch(argument) {
        property.insert("type".to_owned(), json!("boolean"));
    } else if list {
        let map = (argument.get_id() == "values").then_some("object");
        let types: Vec<_> = ["array", "string"].into_iter().chain(map).collect();
        property.insert("type".to_owned(), json!(types));
        property.insert("items".to_owned(), json!({ "type": "string" }));
    } else if is_number(argument) {
        property.insert("type".to_owned(), json!("integer"));
    } else if choices.is_empty() {
        property.insert("type".to_owned(), json!("string"));
    } else {
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

/// Whether the setting is on or off.
pub(crate) fn is_switch(argument: &Arg) -> bool {
    argument.get_value_parser().type_id() == ValueParser::bool().type_id()
}

/// Whether the setting is a number.
fn is_number(argument: &Arg) -> bool {
    argument.get_value_parser().type_id() == ValueParser::new(clap::value_parser!(u8)).type_id()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_knows_every_setting_with_type_and_default() {
        let schema = schema();
        let top = &schema["properties"];
        assert_eq!(top["allowOlder"]["type"], "boolean");
        assert_eq!(top["allowOlder"]["default"], false);
        assert_eq!(top["maxRemovedPercent"]["default"], 50);
        assert_eq!(
            top["generator"]["enum"],
            json!([
                "auto",
                "fabrikate",
                "helm",
                "kustomize",
                "jsonnet",
                "manifests"
            ])
        );
        let environment = &top["environments"]["additionalProperties"]["properties"];
        assert_eq!(
            environment["protectedKinds"]["type"],
            json!(["array", "string"])
        );
        assert_eq!(
            environment["values"]["type"],
            json!(["array", "string", "object"])
        );
        assert!(environment["commitMessage"].is_null());
        assert!(top["config"].is_null());
    }
}
