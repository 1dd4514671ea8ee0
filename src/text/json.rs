//! JSON as the same nodes as YAML.

use serde_json::Value;

use super::{Form, Kind, Node, SyntaxError};

/// Parses one JSON document. Where a key occurs more than once, the last one
/// counts. Nodes have no positions: only syntax errors have.
pub fn parse(text: &str) -> Result<Node, SyntaxError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let value: Value = serde_json::from_str(text).map_err(|error| SyntaxError {
        line: error.line(),
        column: error.column(),
        message: without_position(&error.to_string()),
        hint: Some("check the commas, quotes and brackets of this line and the one before it"),
    })?;
    Ok(node(value))
}

/// The library's message ends with the position, which is kept elsewhere.
fn without_position(message: &str) -> String {
    let end = message.rfind(" at line ").unwrap_or(message.len());
    message[..end].to_owned()
}

fn node(value: Value) -> Node {
    let kind = match value {
        Value::String(text) => Kind::Scalar(text, Form::Text),
        Value::Array(items) => Kind::Sequence(items.into_iter().map(node).collect()),
        Value::Object(fields) => Kind::Mapping(
            fields
                .into_iter()
                .map(|(key, value)| (node(Value::String(key)), node(value)))
                .collect(),
        ),
        other => Kind::Scalar(other.to_string(), Form::Json),
    };
    Node {
        line: 0,
        column: 0,
        kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("", "line 1, column 0: EOF while parsing a value")]
    #[case("{\n  \"a\": 1,\n}", "line 3, column 1: trailing comma")]
    fn syntax_errors_have_a_place(#[case] text: &str, #[case] message: &str) {
        assert_eq!(parse(text).unwrap_err().to_string(), message);
    }
}
