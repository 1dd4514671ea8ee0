//! Official descriptions of interfaces (Swagger 2 and `OpenAPI` 3), and whether
//! a request is one that they know. Stricter than the descriptions: a member
//! or parameter that they do not name is wrong.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::rest_fake::Asked;

/// One or more descriptions of the same interface. A request must be known to
/// one of them and right for each that knows it.
#[derive(Clone)]
pub struct Description(Vec<Arc<Document>>);

struct Document {
    name: String,
    json: Value,
    /// The definitions, made strict.
    definitions: Value,
    /// By schema: making one takes long.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// Parsing takes long: each file is read once for all tests.
static READ: LazyLock<Mutex<HashMap<String, Arc<Document>>>> = LazyLock::new(Mutex::default);

impl Description {
    /// Reads files below the shared schemas; `None`, and says so, where there are none.
    pub fn load(files: &[&str]) -> Option<Self> {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/schemas"));
        let mut documents = Vec::new();
        for file in files {
            let mut read = READ.lock().unwrap();
            if let Some(document) = read.get(*file) {
                documents.push(document.clone());
                continue;
            }
            let path = folder.join(file);
            let Ok(text) = std::fs::read_to_string(&path) else {
                println!("requests are not checked: there is no {}", path.display());
                return None;
            };
            let document = Arc::new(Document::read(file, &text));
            read.insert((*file).to_owned(), document.clone());
            documents.push(document);
        }
        Some(Self(documents))
    }

    /// Whether the interface knows this request; `segments` are those of its
    /// path behind the base.
    pub fn check(&self, segments: &[String], asked: &Asked) -> Result<(), String> {
        let mut known = false;
        for document in &self.0 {
            let Some((path, item)) = document.path(segments) else {
                continue;
            };
            known = true;
            let operation = &item[asked.method.to_ascii_lowercase()];
            if operation.is_null() {
                return Err(format!(
                    "{path} has no {} in {}",
                    asked.method, document.name
                ));
            }
            document
                .operation(item, operation, asked)
                .map_err(|wrong| format!("{wrong} ({path} in {})", document.name))?;
        }
        known
            .then_some(())
            .ok_or_else(|| format!("no description has the path /{}", segments.join("/")))
    }
}

impl Document {
    fn read(name: &str, text: &str) -> Self {
        let json: Value = serde_json::from_str(text).unwrap();
        let found = match &json["definitions"] {
            Value::Null => &json["components"]["schemas"],
            found => found,
        };
        let all = found.as_object().unwrap();
        let strict: Map<String, Value> = all
            .iter()
            .map(|(name, schema)| (name.clone(), strict(schema, all)))
            .collect();
        Self {
            name: name.to_owned(),
            definitions: Value::Object(strict),
            validators: Mutex::default(),
            json,
        }
    }

    /// The path whose fixed segments fit best.
    fn path(&self, segments: &[String]) -> Option<(&str, &Value)> {
        let fits = |path: &str| {
            let own: Vec<&str> = path.trim_matches('/').split('/').collect();
            let mut fixed = 0;
            let fit = own.len() == segments.len()
                && own.iter().zip(segments).all(|(own, segment)| {
                    let variable = own.starts_with('{');
                    fixed += usize::from(!variable);
                    variable && !segment.is_empty() || own == segment
                });
            fit.then_some(fixed)
        };
        let paths = self.json["paths"].as_object()?.iter();
        paths
            .filter_map(|(path, item)| fits(path).map(|fixed| (fixed, path.as_str(), item)))
            .max_by_key(|(fixed, _, _)| *fixed)
            .map(|(_, path, item)| (path, item))
    }

    fn operation(&self, item: &Value, operation: &Value, asked: &Asked) -> Result<(), String> {
        let lists = [&item["parameters"], &operation["parameters"]];
        let parameters: Vec<&Value> = lists
            .iter()
            .filter_map(|list| list.as_array())
            .flatten()
            .map(|parameter| self.resolved(parameter))
            .collect();
        let in_query: Vec<&&Value> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "query")
            .collect();
        for (name, value) in &asked.query {
            let parameter = in_query
                .iter()
                .find(|parameter| parameter["name"] == name.as_str())
                .ok_or_else(|| format!("it has no parameter {name:?}"))?;
            self.value(parameter, value)
                .map_err(|wrong| format!("parameter {name}={value}: {wrong}"))?;
        }
        for parameter in &in_query {
            let name = parameter["name"].as_str().unwrap_or_default();
            if parameter["required"] == true && asked.parameter(name).is_none() {
                return Err(format!("the parameter {name:?} is missing"));
            }
        }
        let swagger = parameters
            .iter()
            .find(|parameter| parameter["in"] == "body");
        let openapi = &operation["requestBody"]["content"]["application/json"]["schema"];
        let schema = match swagger {
            Some(body) => &body["schema"],
            None => openapi,
        };
        if schema.is_null() {
            if asked.body.is_null() {
                return Ok(());
            }
            return Err("it takes no body".to_owned());
        }
        self.body(schema, &asked.body)
    }

    fn value(&self, parameter: &Value, value: &str) -> Result<(), String> {
        let schema = match &parameter["schema"] {
            Value::Null => parameter,
            schema => schema,
        };
        let schema = self.resolved(schema);
        let fine = match schema["type"].as_str() {
            Some("integer") => value.parse::<i64>().is_ok(),
            Some("boolean") => matches!(value, "true" | "false"),
            _ => true,
        };
        if !fine {
            return Err(format!("it is no {}", schema["type"]));
        }
        match schema["enum"].as_array() {
            Some(allowed) if !allowed.iter().any(|one| one == value) => {
                Err(format!("it is none of {allowed:?}"))
            }
            _ => Ok(()),
        }
    }

    fn body(&self, schema: &Value, body: &Value) -> Result<(), String> {
        let validator = self.validator(schema);
        let wrong: Vec<String> = validator
            .iter_errors(body)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        if wrong.is_empty() {
            return Ok(());
        }
        Err(format!("the body {body} is wrong: {}", wrong.join("; ")))
    }

    fn validator(&self, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap();
        let made = validators.entry(schema.to_string()).or_insert_with(|| {
            let found = match &self.json["definitions"] {
                Value::Null => &self.json["components"]["schemas"],
                found => found,
            };
            let mut whole = strict(schema, found.as_object().unwrap());
            whole["definitions"] = self.definitions.clone();
            Arc::new(jsonschema::draft4::new(&whole).unwrap())
        });
        made.clone()
    }

    fn resolved<'v>(&'v self, value: &'v Value) -> &'v Value {
        match value["$ref"].as_str() {
            Some(target) => self
                .json
                .pointer(target.trim_start_matches('#'))
                .unwrap_or(value),
            None => value,
        }
    }
}

/// The schema as plain JSON Schema, with inherited members in place and
/// without members that are not named.
fn strict(schema: &Value, all: &Map<String, Value>) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(|item| strict(item, all)).collect(),
        Value::Object(members) => {
            if let Some(target) = members.get("$ref").and_then(Value::as_str) {
                let name = target.rsplit('/').next().unwrap_or_default();
                return json!({"$ref": format!("#/definitions/{name}")});
            }
            object(members, all)
        }
        other => other.clone(),
    }
}

fn object(members: &Map<String, Value>, all: &Map<String, Value>) -> Value {
    let mut made = Map::new();
    for (name, value) in members {
        match name.as_str() {
            // Words for people, and what JSON Schema calls by other names.
            "description" | "example" | "format" | "nullable" | "discriminator" | "xml"
            | "title" | "externalDocs" | "deprecated" => {}
            name if name.starts_with("x-") => {}
            "properties" => {
                let properties = value.as_object().unwrap().iter();
                let own = made.entry("properties").or_insert_with(|| json!({}));
                for (name, value) in properties {
                    own[name] = strict(value, all);
                }
            }
            "allOf" => inherit(&mut made, value, all),
            "required" if !value.is_array() => {}
            _ => {
                made.insert(name.clone(), strict(value, all));
            }
        }
    }
    if made.contains_key("properties") && !made.contains_key("additionalProperties") {
        made.insert("additionalProperties".into(), json!(false));
    }
    if members.get("nullable") == Some(&Value::Bool(true))
        && let Some(kind) = made.get("type").cloned()
    {
        made.insert("type".into(), json!([kind, "null"]));
    }
    Value::Object(made)
}

/// Takes over the members of the types that a type is made of.
fn inherit(made: &mut Map<String, Value>, parents: &Value, all: &Map<String, Value>) {
    for parent in parents.as_array().into_iter().flatten() {
        let parent = match parent["$ref"].as_str() {
            Some(target) => &all[target.rsplit('/').next().unwrap_or_default()],
            None => parent,
        };
        let parent = strict(parent, all);
        let own = made.entry("properties").or_insert_with(|| json!({}));
        for (name, value) in parent["properties"].as_object().into_iter().flatten() {
            own[name] = value.clone();
        }
    }
}
