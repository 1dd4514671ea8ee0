//! Changes in JSON files: order of keys kept, two blanks of indentation.

use serde_json::{Map, Value};

use super::change::{Change, Data, EditError, Step};
use super::json;

/// The text with all changes made, and a final newline where it had one.
pub fn apply(text: &str, changes: &[Change]) -> Result<String, EditError> {
    // For its message with a position.
    json::parse(text)?;
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut root: Value =
        serde_json::from_str(bare).map_err(|error| EditError::Refused(error.to_string()))?;
    for change in changes {
        if make(change, &mut root).is_none() {
            return Err(EditError::Refused(format!("`{}`", change.place())));
        }
    }
    let mut edited = format!("{root:#}");
    if text.ends_with('\n') {
        edited.push('\n');
    }
    Ok(edited)
}

fn make(change: &Change, root: &mut Value) -> Option<()> {
    match change {
        Change::Put { at, key, value } => {
            let map = reach(root, at)?.as_object_mut()?;
            map.insert(key.clone(), json_of(value));
        }
        Change::Append { at, value } => reach(root, at)?.as_array_mut()?.push(json_of(value)),
        Change::Drop { at, step } => match (reach(root, at)?, step) {
            (Value::Object(map), Step::Key(key)) => {
                map.shift_remove(key)?;
            }
            (Value::Array(items), Step::Item(index)) if *index < items.len() => {
                items.remove(*index);
            }
            _ => return None,
        },
    }
    Some(())
}

fn reach<'v>(root: &'v mut Value, at: &[Step]) -> Option<&'v mut Value> {
    at.iter().try_fold(root, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Item(index) => value.get_mut(index),
    })
}

fn json_of(data: &Data) -> Value {
    match data {
        Data::Text(text) => Value::String(text.clone()),
        Data::List(items) => Value::Array(items.iter().map(json_of).collect()),
        Data::Map(pairs) => Value::Object(
            pairs
                .iter()
                .map(|(key, value)| (key.clone(), json_of(value)))
                .collect::<Map<_, _>>(),
        ),
    }
}
