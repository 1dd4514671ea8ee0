//! Merging layers of configuration by Fabrikate's rules.
//!
//! Maps merge key by key, lists are joined (higher layer first), a single
//! value in the higher layer wins over anything, a null counts as absent,
//! and a map or list in the higher layer over another shape is an error.

use std::collections::BTreeMap;

use super::Fault;
use super::config::Config;
use crate::text::yaml::Value;

/// Merges the layer `lower`, which stands in `file`, below `higher`.
pub(super) fn configs(higher: &mut Config, lower: Config, file: &str) -> Result<(), Fault> {
    // The two go together, from the highest layer that names a namespace.
    if higher.namespace.is_empty() {
        higher.namespace = lower.namespace;
        higher.inject_namespace = lower.inject_namespace;
    }
    values(&mut higher.values, lower.values, file)?;
    for (name, below) in lower.entries {
        match higher.entries.get_mut(&name) {
            Some(entry) => configs(entry, below, file)?,
            None => {
                higher.entries.insert(name, below);
            }
        }
    }
    Ok(())
}

fn values(
    higher: &mut BTreeMap<String, Value>,
    lower: BTreeMap<String, Value>,
    file: &str,
) -> Result<(), Fault> {
    for (key, below) in lower {
        match higher.get_mut(&key) {
            Some(above) => value(above, below, &key, file)?,
            // A null at this level says nothing.
            None if below == Value::Null => {}
            None => {
                higher.insert(key, below);
            }
        }
    }
    Ok(())
}

fn value(above: &mut Value, below: Value, path: &str, file: &str) -> Result<(), Fault> {
    match (above, below) {
        (_, Value::Null) => Ok(()),
        (above @ Value::Null, below) => {
            *above = below;
            Ok(())
        }
        (Value::Map(above), Value::Map(below)) => pairs(above, below, path, file),
        (Value::List(above), Value::List(below)) => {
            above.extend(below);
            Ok(())
        }
        (above @ (Value::Map(_) | Value::List(_)), below) => Err(Fault::Clash {
            key: path.to_owned(),
            above: noun(above),
            below: noun(&below),
            file: file.to_owned(),
        }),
        // A single value above wins.
        _ => Ok(()),
    }
}

fn pairs(
    above: &mut Vec<(Value, Value)>,
    below: Vec<(Value, Value)>,
    path: &str,
    file: &str,
) -> Result<(), Fault> {
    let places: BTreeMap<String, usize> = above
        .iter()
        .enumerate()
        .map(|(at, (key, _))| (text(key).to_owned(), at))
        .collect();
    for (key, below) in below {
        match places.get(text(&key)) {
            Some(&at) => value(
                &mut above[at].1,
                below,
                &format!("{path}.{}", text(&key)),
                file,
            )?,
            None if below == Value::Null => {}
            None => above.push((key, below)),
        }
    }
    Ok(())
}

/// The text of a key: in configuration every key is text.
fn text(key: &Value) -> &str {
    match key {
        Value::Str(text) => text,
        _ => "",
    }
}

fn noun(value: &Value) -> &'static str {
    match value {
        Value::Map(_) => "a map",
        Value::List(_) => "a list",
        _ => "a single value",
    }
}
