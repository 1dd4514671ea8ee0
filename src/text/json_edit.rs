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
    if let Some(number) = whole_numbers(bare).find(|digits| *digits != as_written(digits)) {
        let message = format!("a file with the number {number}, which is too large,");
        return Err(EditError::Refused(message));
    }
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

/// The whole numbers of a valid text, as they are written.
fn whole_numbers(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    let outside = move |c: char| {
        let inside = quoted;
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        inside || !(c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let digits = |word: &&str| {
        let digits = word.trim_start_matches('-');
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    text.split(outside).filter(digits)
}

fn as_written(digits: &str) -> String {
    serde_json::from_str(digits).map_or_else(|_| String::new(), |value: Value| value.to_string())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn put(text: &str) -> Result<String, EditError> {
        let change = Change::Put {
            at: Vec::new(),
            key: "k".to_owned(),
            value: Data::Text("v".to_owned()),
        };
        apply(text, &[change])
    }

    #[test]
    fn numbers_in_strings_and_fractions_may_be_any() {
        let text = "{\"a\": \"\\\" 123456789012345678901234\", \"b\": 1.50, \"c\": -7}\n";
        let edited = put(text).unwrap();
        assert!(
            edited.contains("\\\" 123456789012345678901234\",\n"),
            "{edited}"
        );
        assert!(
            edited.ends_with("\"c\": -7,\n  \"k\": \"v\"\n}\n"),
            "{edited}"
        );
    }

    #[test]
    fn a_number_that_would_change_is_refused() {
        assert_eq!(
            put("{\"a\": [123456789012345678901234]}")
                .unwrap_err()
                .to_string(),
            "a file with the number 123456789012345678901234, which is too large, cannot be changed on its own"
        );
    }
}
