//! From the value of a program to Kubernetes resources.

use rsjsonnet_lang::program::{Value, ValueKind};

use crate::text::yaml;

/// How deep a value may nest. Readers of YAML have bounds of their own.
const DEPTH: usize = 200;

/// The resources in a value, in its order: the value itself, the items of
/// lists, the fields of objects. The error is what stands there instead, and
/// where.
pub(super) fn resources(value: &Value<'_>) -> Result<Vec<yaml::Value>, String> {
    let mut found = Vec::new();
    collect(value, &mut Vec::new(), &mut found)?;
    Ok(found)
}

fn collect(
    value: &Value<'_>,
    path: &mut Vec<String>,
    found: &mut Vec<yaml::Value>,
) -> Result<(), String> {
    if path.len() > DEPTH {
        return Err(too_deep(path));
    }
    let fields = match value.kind() {
        ValueKind::Null => return Ok(()),
        ValueKind::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(format!("[{at}]"));
                collect(item, path, found)?;
                path.pop();
            }
            return Ok(());
        }
        ValueKind::Object(fields) => fields,
        other => return Err(unfit(noun(&other), path)),
    };
    let text = |name| {
        let mut values = fields.iter().filter(|(key, _)| key.value() == name);
        let (_, value) = values.next()?;
        value.to_string().filter(|text| !text.is_empty())
    };
    match (text("kind"), text("apiVersion")) {
        (Some(kind), Some(_)) => {
            let items = fields.iter().find(|(key, _)| key.value() == "items");
            if let Some((_, items)) = items.filter(|(_, items)| kind == "List" && items.is_array())
            {
                path.push(".items".to_owned());
                collect(items, path, found)?;
                path.pop();
            } else {
                found.push(document(value, path)?);
            }
            Ok(())
        }
        (Some(_), None) => Err(unfit("an object with a kind and no apiVersion", path)),
        (None, Some(_)) => Err(unfit("an object with an apiVersion and no kind", path)),
        (None, None) => {
            for (name, value) in &fields {
                path.push(step(name.value()));
                collect(value, path, found)?;
                path.pop();
            }
            Ok(())
        }
    }
}

/// A value as YAML. Whole numbers are written as such, as Jsonnet does.
fn document(value: &Value<'_>, path: &mut Vec<String>) -> Result<yaml::Value, String> {
    if path.len() > DEPTH {
        return Err(too_deep(path));
    }
    Ok(match value.kind() {
        ValueKind::Null => yaml::Value::Null,
        ValueKind::Bool(value) => yaml::Value::Bool(value),
        ValueKind::Number(value) => number(value),
        ValueKind::String(text) => yaml::Value::Str(text),
        ValueKind::Array(items) => {
            let mut list = Vec::with_capacity(items.len());
            for (at, item) in items.iter().enumerate() {
                path.push(format!("[{at}]"));
                list.push(document(item, path)?);
                path.pop();
            }
            yaml::Value::List(list)
        }
        ValueKind::Object(fields) => {
            let mut map = Vec::with_capacity(fields.len());
            for (name, value) in &fields {
                path.push(step(name.value()));
                let value = document(value, path)?;
                map.push((yaml::Value::Str(name.value().to_owned()), value));
                path.pop();
            }
            yaml::Value::Map(map)
        }
        ValueKind::Function => {
            return Err(format!("a function at `{}`", shown(path)));
        }
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "only whole numbers in the range are cast"
)]
fn number(value: f64) -> yaml::Value {
    // 2^63, the first that does not fit.
    const END: f64 = 9_223_372_036_854_775_808.0;
    if value.fract() == 0.0 && (-END..END).contains(&value) {
        yaml::Value::Int(value as i64)
    } else {
        yaml::Value::Float(value)
    }
}

fn unfit(what: &str, path: &[String]) -> String {
    format!(
        "{what} at `{}`, where a resource or a list of resources should be",
        shown(path)
    )
}

fn too_deep(path: &[String]) -> String {
    let start = shown(&path[..path.len().min(5)]);
    format!("a value below `{start}` that nests more than {DEPTH} levels deep")
}

fn shown(path: &[String]) -> String {
    format!("${}", path.concat())
}

fn step(name: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if !name.is_empty() && name.chars().all(is_word) {
        format!(".{name}")
    } else {
        format!("[{name:?}]")
    }
}

fn noun(kind: &ValueKind<'_>) -> &'static str {
    match kind {
        ValueKind::Null => "null",
        ValueKind::Bool(_) => "a boolean",
        ValueKind::Number(_) => "a number",
        ValueKind::String(_) => "a string",
        ValueKind::Array(_) => "a list",
        ValueKind::Object(_) => "an object",
        ValueKind::Function => "a function",
    }
}
