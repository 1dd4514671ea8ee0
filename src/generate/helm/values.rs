//! The values that settings give, as one file for helm.
//!
//! Owns the paths (`image.tag`, `hosts[0]`) and the types of values in
//! settings. Both follow helm's `--set`, except that commas and braces mean
//! nothing: a value is one value.

use serde_json::{Map, Value};

use super::HelmOptions;
use super::error::HelmFault;

/// helm reads every number of a values file as a floating-point one, and
/// templates print those from here on as `1e+06`.
const PRINTED_AS_FLOAT: u64 = 1_000_000;

/// The largest index in a path, and the most steps: those of helm.
const LARGEST_INDEX: usize = 65_536;
const LONGEST_PATH: usize = 30;

/// What settings say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Generated {
    /// A values file, as JSON; absent when settings say nothing.
    pub file: Option<String>,
    /// Arguments of `--set` that keep large whole numbers whole.
    pub set: Vec<String>,
}

/// Puts both kinds of settings together: the map, and the lines on top.
pub(super) fn generated(options: &HelmOptions) -> Result<Generated, HelmFault> {
    if options.values.is_empty() && options.set.is_empty() {
        return Ok(Generated::default());
    }
    let mut root = Value::Object(options.values.clone());
    for (path, value) in &options.set {
        put(&mut root, path, typed(value)).map_err(|reason| HelmFault::ValuePath {
            path: path.clone(),
            reason,
        })?;
    }
    let mut set = Vec::new();
    whole_numbers(&mut root, "", &mut set);
    Ok(Generated {
        file: Some(root.to_string()),
        set,
    })
}

/// The type that a text has: that of helm's `--set`.
fn typed(text: &str) -> Value {
    if text.eq_ignore_ascii_case("true") {
        return Value::Bool(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Value::Bool(false);
    }
    if text.eq_ignore_ascii_case("null") {
        return Value::Null;
    }
    if (text == "0" || !text.starts_with('0'))
        && let Ok(number) = text.parse::<i64>()
    {
        return number.into();
    }
    text.into()
}

/// One step of a path.
enum Step {
    Key(String),
    Item(usize),
}

fn steps(path: &str) -> Result<Vec<Step>, &'static str> {
    let mut steps = Vec::new();
    let mut key = String::new();
    let mut chars = path.chars();
    // Whether a key must follow: at the start and after a point.
    let mut open = true;
    while let Some(c) = chars.next() {
        match c {
            '\\' => key.push(chars.next().ok_or("it ends with a backslash")?),
            '.' | '[' => {
                if !key.is_empty() {
                    steps.push(Step::Key(std::mem::take(&mut key)));
                } else if open {
                    return Err("a key in it is empty");
                }
                open = c == '.';
                if c == '[' {
                    let digits: String = chars.by_ref().take_while(|c| *c != ']').collect();
                    let item = digits.parse().map_err(|_| "an index is not a number")?;
                    if item > LARGEST_INDEX {
                        return Err("an index is larger than 65536");
                    }
                    steps.push(Step::Item(item));
                }
            }
            _ if !open && key.is_empty() && matches!(steps.last(), Some(Step::Item(_))) => {
                return Err("after an index comes a point or another index");
            }
            c => key.push(c),
        }
    }
    if !key.is_empty() {
        steps.push(Step::Key(key));
    } else if open {
        return Err("a key in it is empty");
    }
    if matches!(steps.first(), Some(Step::Item(_))) {
        return Err("it does not start with a key");
    }
    if steps.len() > LONGEST_PATH {
        return Err("it has more than 30 steps");
    }
    Ok(steps)
}

fn put(root: &mut Value, path: &str, value: Value) -> Result<(), &'static str> {
    let mut place = root;
    for step in steps(path)? {
        place = match step {
            Step::Key(key) => {
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                let fields = place.as_object_mut().ok_or("it leads nowhere")?;
                fields.entry(key).or_insert(Value::Null)
            }
            Step::Item(item) => {
                if !place.is_array() {
                    *place = Value::Array(Vec::new());
                }
                let items = place.as_array_mut().ok_or("it leads nowhere")?;
                if item > items.len() {
                    return Err("the items before it are missing");
                }
                if item == items.len() {
                    items.push(Value::Null);
                }
                &mut items[item]
            }
        };
    }
    *place = value;
    Ok(())
}

/// Finds large whole numbers and says them again for `--set`, which keeps them
/// whole. Those that no whole number of helm can hold become text.
fn whole_numbers(value: &mut Value, path: &str, set: &mut Vec<String>) {
    match value {
        Value::Number(number) => {
            if let Some(whole) = number.as_i64() {
                if whole.unsigned_abs() >= PRINTED_AS_FLOAT && !path.is_empty() {
                    set.push(format!("{path}={whole}"));
                }
            } else if let Some(whole) = number.as_u64() {
                *value = whole.to_string().into();
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                whole_numbers(item, &format!("{path}[{at}]"), set);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut().filter(|(key, _)| !key.is_empty()) {
                let point = if path.is_empty() { "" } else { "." };
                whole_numbers(value, &format!("{path}{point}{}", escaped(key)), set);
            }
        }
        _ => {}
    }
}

/// A key whose letters mean nothing to `--set`.
fn escaped(key: &str) -> String {
    let mut text = String::with_capacity(key.len());
    for c in key.chars() {
        if matches!(c, '\\' | '.' | ',' | '=' | '[' | ']' | '{' | '}') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(map: &Value, set: &[(&str, &str)]) -> HelmOptions {
        let owned = |(path, value): &(&str, &str)| ((*path).to_owned(), (*value).to_owned());
        HelmOptions {
            values: map.as_object().unwrap().clone(),
            set: set.iter().map(owned).collect(),
            ..HelmOptions::default()
        }
    }

    fn file(set: &[(&str, &str)]) -> Value {
        let generated = generated(&options(&serde_json::json!({}), set)).unwrap();
        serde_json::from_str(&generated.file.unwrap()).unwrap()
    }

    #[rstest::rstest]
    #[case("true", serde_json::json!(true))]
    #[case("False", serde_json::json!(false))]
    #[case("null", serde_json::json!(null))]
    #[case("3", serde_json::json!(3))]
    #[case("-3", serde_json::json!(-3))]
    #[case("0", serde_json::json!(0))]
    #[case("0755", serde_json::json!("0755"))]
    #[case("1.10", serde_json::json!("1.10"))]
    #[case("1e3", serde_json::json!("1e3"))]
    #[case("a,b", serde_json::json!("a,b"))]
    #[case("{a}", serde_json::json!("{a}"))]
    #[case("99999999999999999999", serde_json::json!("99999999999999999999"))]
    #[case("", serde_json::json!(""))]
    fn a_text_has_the_type_that_helm_gives_it(#[case] text: &str, #[case] value: Value) {
        assert_eq!(file(&[("a", text)])["a"], value);
    }

    #[test]
    fn paths_lead_through_maps_and_lists() {
        let set = [
            ("image.tag", "v1"),
            ("hosts[0].name", "a"),
            ("hosts[1]", "b"),
            (r"annotations.contoso\.com/team", "shop"),
            ("image", "x"),
            ("image.tag", "v2"),
        ];
        assert_eq!(
            file(&set),
            serde_json::json!({
                "image": {"tag": "v2"},
                "hosts": [{"name": "a"}, "b"],
                "annotations": {"contoso.com/team": "shop"},
            })
        );
    }

    #[rstest::rstest]
    #[case("", "a key in it is empty")]
    #[case("a..b", "a key in it is empty")]
    #[case("a.", "a key in it is empty")]
    #[case("[0]", "a key in it is empty")]
    #[case("a[x]", "an index is not a number")]
    #[case("a[0]b", "after an index comes a point or another index")]
    #[case("a[1]", "the items before it are missing")]
    #[case("a[70000]", "an index is larger than 65536")]
    #[case("a\\", "it ends with a backslash")]
    fn a_path_that_leads_nowhere_is_an_error(#[case] path: &str, #[case] reason: &str) {
        let error = generated(&options(&serde_json::json!({}), &[(path, "x")])).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the path {path:?} in `values` leads nowhere: {reason}")
        );
    }

    #[test]
    fn large_whole_numbers_are_said_again_where_they_stay_whole() {
        let map = serde_json::json!({
            "uid": 1_000_650_000, "small": 999_999, "a.b": [{"c": -1_000_000}],
            "huge": u64::MAX, "share": 1.5,
        });
        let generated = generated(&options(&map, &[("port", "12345678")])).unwrap();
        assert_eq!(
            generated.set,
            ["uid=1000650000", r"a\.b[0].c=-1000000", "port=12345678"]
        );
        assert!(
            generated
                .file
                .unwrap()
                .contains(r#""huge":"18446744073709551615""#)
        );
    }

    #[test]
    fn the_lines_stand_on_top_of_the_map_and_no_settings_are_no_file() {
        let map = serde_json::json!({"image": {"name": "web", "tag": "v1"}});
        let both = generated(&options(&map, &[("image.tag", "v2")])).unwrap();
        assert_eq!(both.file.unwrap(), r#"{"image":{"name":"web","tag":"v2"}}"#);
        assert_eq!(
            generated(&HelmOptions::default()).unwrap(),
            Generated::default()
        );
    }
}
