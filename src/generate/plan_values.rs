//! Manifests as the trees that plans are made of.

use gitops_plan::Value;

use super::{Fault, documents};
use crate::model::RelPath;
use crate::text::yaml::{self, Dialect};

/// Every document of a manifest that is not empty, with the line it starts at, as
/// Kubernetes reads it.
pub fn of_manifest(file: &RelPath, content: &[u8]) -> Result<Vec<(usize, Value)>, Fault> {
    let documents = documents::values(file, content)?;
    Ok(documents
        .into_iter()
        .map(|document| (document.line, tree(document.value)))
        .collect())
}

/// A text that is one document of YAML.
pub fn of_text(text: &str) -> Option<Value> {
    let documents = yaml::parse(text).ok()?;
    let [document] = documents.as_slice() else {
        return None;
    };
    let value = yaml::Value::of(&document.root, Dialect::Kubernetes).ok()?;
    Some(tree(value))
}

/// The same value as plans take it.
fn tree(value: yaml::Value) -> Value {
    match value {
        yaml::Value::Null => Value::Null,
        yaml::Value::Bool(value) => Value::Bool(value),
        yaml::Value::Int(value) => Value::Int(value),
        yaml::Value::Uint(value) => Value::Uint(value),
        yaml::Value::Float(value) => Value::Float(value),
        yaml::Value::Str(text) | yaml::Value::Disputed(text) => Value::Str(text),
        yaml::Value::List(items) => Value::List(items.into_iter().map(tree).collect()),
        yaml::Value::Map(pairs) => {
            let pair = |(key, value)| (key_text(key), tree(value));
            Value::Map(pairs.into_iter().map(pair).collect())
        }
    }
}

/// A key, which is text for this reader.
fn key_text(key: yaml::Value) -> String {
    match key {
        yaml::Value::Str(text) | yaml::Value::Disputed(text) => text,
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_texts_and_keys_keep_what_kubernetes_reads() {
        let value = of_text("a: 1\n2: [true, null, '3', 1.5]\nb: {c: 18446744073709551615}\n");
        let expected = r#"{"a":1,"2":[true,null,"3",1.5],"b":{"c":18446744073709551615}}"#;
        assert_eq!(value, serde_json::from_str(expected).ok());
        assert_eq!(of_text("a: 1\n---\nb: 2\n"), None);
        assert_eq!(of_text("a: [\n"), None);
    }
}
