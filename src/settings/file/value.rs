//! One key of the settings file: which setting it is, and its data.
//!
//! Owns which YAML a setting takes. A setting that is text keeps its text,
//! whatever type YAML would give it, and an item of a list is one item.

use std::path::{Component, Path, PathBuf};

use clap::{Arg, Command, ValueHint};
use serde_json::Map;

use crate::error::Error;
use crate::generate::is_packed_chart;
use crate::settings::definition::{EnvironmentArgs, HelmArgs, Maps, Marks, id};
use crate::settings::given;
use crate::settings::layer::{Data, Origin, Value, camel_case};
use crate::text::yaml::{self, Dialect};
use crate::text::{Form, Kind, Node};

use super::{File, unknown};

/// One key of the file as the id of its argument and, unless it is null, its value.
pub(super) fn setting(
    file: File<'_>,
    definition: &Command,
    key: &str,
    full_key: &str,
    node: &Node,
) -> Result<(String, Option<Value>), Error> {
    let is_here = |argument: &&Arg| !Marks::of(argument).not_in_file;
    let is_named = |argument: &&Arg| camel_case(argument.get_id().as_str()) == key;
    let mut arguments = definition.get_arguments().filter(is_here);
    let Some(argument) = arguments.find(is_named) else {
        return Err(unknown(file, definition, key, full_key, node));
    };
    let data = data(argument, node)
        .map_err(|wanted| file.fault(node.line, &format!("`{full_key}` must be {wanted}")))?;
    let value = data.map(|data| Value {
        data: from_file(file.path, argument, data),
        origin: Origin::File {
            path: file.path.to_path_buf(),
            line: node.line,
            key: full_key.to_owned(),
        },
    });
    Ok((argument.get_id().to_string(), value))
}

/// The data of a YAML node, or what it should have been.
fn data(argument: &Arg, node: &Node) -> Result<Option<Data>, String> {
    if node.is_null() {
        return Ok(None);
    }
    let is_list = argument.get_value_delimiter().is_some();
    let maps = Marks::of(argument).map;
    let takes_policy = argument.get_id() == id!(EnvironmentArgs, risk_policy);
    Ok(Some(match &node.kind {
        Kind::Mapping(_) if maps != Maps::Never => Data::Map(map(node)?),
        _ if maps == Maps::Always => return Err(format!("a map, not {}", node.noun())),
        // Quotes and blocks keep what is in them; `given::data` trims.
        Kind::Scalar(text, Form::Text) if !is_list && is_free_text(argument) => {
            Data::Text(text.clone())
        }
        Kind::Scalar(text, _) => given::data(argument, text),
        Kind::Sequence(items) if is_list => {
            let item = |item: &Node| {
                let text = item.text().filter(|_| !item.is_null());
                text.map(str::to_owned).ok_or("a list of texts")
            };
            let items = items.iter().map(item).collect::<Result<Vec<_>, _>>()?;
            Data::List(items.into_iter().filter(|item| !item.is_empty()).collect())
        }
        Kind::Sequence(_) => return Err("one value, not a list".to_owned()),
        Kind::Mapping(_) if takes_policy => {
            Data::Text(serde_json::Value::Object(map(node)?).to_string())
        }
        Kind::Mapping(_) if is_list => return Err("a list of texts, not a map".to_owned()),
        Kind::Mapping(_) => return Err("one value, not a map".to_owned()),
    }))
}

/// Whether spaces around the text may be part of it.
fn is_free_text(argument: &Arg) -> bool {
    let free = [
        id!(EnvironmentArgs, token_prefix),
        id!(EnvironmentArgs, token_suffix),
    ];
    free.contains(&argument.get_id().as_str())
}

/// A map of values as Kubernetes' tools read a values file: `0755` is octal.
fn map(node: &Node) -> Result<Map<String, serde_json::Value>, String> {
    let value = yaml::Value::of(node, Dialect::Kubernetes).map_err(|error| {
        format!(
            "a map of values, but a key in line {} is not one name",
            error.line
        )
    })?;
    match json(&value)? {
        serde_json::Value::Object(map) => Ok(map),
        _ => Err("a map of values".to_owned()),
    }
}

/// The same value for JSON, which has no `.nan` and no `.inf`.
pub(in crate::settings) fn json(value: &yaml::Value) -> Result<serde_json::Value, String> {
    use serde_json::Value as Json;
    Ok(match value {
        yaml::Value::Null => Json::Null,
        yaml::Value::Bool(value) => Json::Bool(*value),
        yaml::Value::Int(number) => Json::from(*number),
        yaml::Value::Uint(number) => Json::from(*number),
        yaml::Value::Float(number) => serde_json::Number::from_f64(*number)
            .map(Json::Number)
            .ok_or("a map of values without `.nan` and `.inf`, which charts cannot take")?,
        yaml::Value::Str(text) | yaml::Value::Disputed(text) => Json::String(text.clone()),
        yaml::Value::List(items) => Json::Array(items.iter().map(json).collect::<Result<_, _>>()?),
        yaml::Value::Map(pairs) => {
            let mut map = Map::new();
            for (key, value) in pairs {
                // The dialect makes every key a string.
                if let yaml::Value::Str(key) = key {
                    map.insert(key.clone(), json(value)?);
                }
            }
            Json::Object(map)
        }
    })
}

/// Paths in the file are relative to the file's folder.
fn from_file(path: &Path, argument: &Arg, data: Data) -> Data {
    let is_path = matches!(
        argument.get_value_hint(),
        ValueHint::DirPath | ValueHint::FilePath
    );
    let is_repository = argument.get_id() == id!(EnvironmentArgs, manifest_repo);
    let is_chart = argument.get_id() == id!(HelmArgs, chart);
    let moved = |text: String| match text {
        text if is_path => path_from_file(path, &text),
        text if is_repository && text.starts_with('.') => repository_from_file(path, &text),
        text if is_chart && is_packed_chart(Path::new(&text)) => path_from_file(path, &text),
        text => text,
    };
    match data {
        Data::Text(text) => Data::Text(moved(text)),
        Data::List(items) => Data::List(items.into_iter().map(moved).collect()),
        Data::Map(map) => Data::Map(map),
    }
}

/// A path or pattern; `!` in front of a pattern stays there.
fn path_from_file(path: &Path, text: &str) -> String {
    let (not, pattern) = text
        .strip_prefix('!')
        .map_or(("", text), |rest| ("!", rest));
    format!("{not}{}", joined(path, pattern).to_string_lossy())
}

/// A local repository. Without `./`, one of two words would be on GitHub.
fn repository_from_file(path: &Path, text: &str) -> String {
    let joined = joined(path, text);
    let is_plain = matches!(joined.components().next(), Some(Component::Normal(_)));
    let here = if is_plain { "./" } else { "" };
    format!("{here}{}", joined.to_string_lossy())
}

fn joined(path: &Path, text: &str) -> PathBuf {
    let folder = path.parent().unwrap_or(Path::new(""));
    folder.join(text).components().collect()
}
