//! What CRDs declare about the lists of their kinds (`x-kubernetes-list-type`,
//! `x-kubernetes-list-map-keys`). Owns that knowledge and the walk along with a value.

use std::collections::{BTreeMap, HashMap};

use crate::value::Value;

/// The declarations of a set of CRDs, by group and kind.
#[derive(Debug, Default)]
pub(crate) struct Declared(HashMap<(String, String), Node>);

/// What is declared about one field and those in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    /// The list's type, when it is not `atomic`.
    pub(crate) list: Option<List>,
    fields: BTreeMap<String, Node>,
    /// Items of a list, values of a map with free keys.
    inner: Option<Box<Node>>,
}

/// How a declared list is compared.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum List {
    Map(Vec<String>),
    Set,
}

impl Node {
    /// What is declared about the value under `key`.
    pub(crate) fn field(&self, key: &str) -> Option<&Self> {
        self.fields.get(key).or(self.inner.as_deref())
    }

    /// What is declared about the items.
    pub(crate) fn item(&self) -> Option<&Self> {
        self.inner.as_deref()
    }

    fn is_empty(&self) -> bool {
        self.list.is_none() && self.fields.is_empty() && self.inner.is_none()
    }

    fn read(schema: &Value) -> Self {
        let list = match schema.at(&["x-kubernetes-list-type"]).text() {
            Some("map") => {
                let keys = schema.at(&["x-kubernetes-list-map-keys"]).items();
                let keys: Vec<_> = keys.iter().map(|key| with_default(schema, key)).collect();
                (!keys.is_empty()).then_some(List::Map(keys))
            }
            Some("set") => Some(List::Set),
            _ => None,
        };
        let some = |node: Self| (!node.is_empty()).then_some(node);
        let fields = schema.at(&["properties"]).pairs().iter();
        let fields = fields
            .filter_map(|(key, schema)| Some((key.clone(), some(Self::read(schema))?)))
            .collect();
        let inner = ["items", "additionalProperties"]
            .iter()
            .find_map(|key| some(Self::read(schema.get(key)?)));
        Self {
            list,
            fields,
            inner: inner.map(Box::new),
        }
    }
}

/// A merge key with the default that the schema has for it.
fn with_default(schema: &Value, key: &Value) -> String {
    let key = key.scalar();
    let default = schema.at(&["items", "properties", &key, "default"]);
    match default {
        Value::Null => key,
        default => format!("{key}={}", default.scalar()),
    }
}

impl Declared {
    /// Reads the CRDs among these resources; where two declare a kind, the last one counts.
    pub(crate) fn of<'v>(resources: impl Iterator<Item = &'v Value>) -> Self {
        let mut declared = HashMap::new();
        for crd in resources {
            if crd.at(&["kind"]).text() != Some("CustomResourceDefinition") {
                continue;
            }
            let group = crd.at(&["spec", "group"]).scalar();
            let kind = crd.at(&["spec", "names", "kind"]).scalar();
            let versions = crd.at(&["spec", "versions"]).items();
            let stored = versions
                .iter()
                .find(|version| version.at(&["storage"]).is_true());
            let Some(version) = stored.or(versions.first()) else {
                continue;
            };
            let node = Node::read(version.at(&["schema", "openAPIV3Schema"]));
            declared.insert((group, kind), node);
        }
        Self(declared)
    }

    /// What is declared about a kind.
    pub(crate) fn kind(&self, group: &str, kind: &str) -> Option<&Node> {
        self.0.get(&(group.to_owned(), kind.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merge_keys_are_read_with_their_defaults() {
        let crd: Value = serde_json::from_str(
            r#"{"kind":"CustomResourceDefinition","spec":{"group":"a.b","names":{"kind":"W"},
            "versions":[{"name":"v1","storage":true,"schema":{"openAPIV3Schema":{"properties":{"spec":{"properties":{
              "listeners":{"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["port","protocol"],
                "items":{"properties":{"protocol":{"default":"TCP"},"tags":{"x-kubernetes-list-type":"set"}}}},
              "plain":{"items":{"properties":{"x":{}}}}}}}}}}]}}"#,
        )
        .unwrap();
        let declared = Declared::of([&crd].into_iter());
        let spec = declared.kind("a.b", "W").unwrap().field("spec").unwrap();
        let listeners = spec.field("listeners").unwrap();
        let keys = vec!["port".to_owned(), "protocol=TCP".to_owned()];
        assert_eq!(listeners.list, Some(List::Map(keys)));
        let tags = listeners.item().unwrap().field("tags").unwrap();
        assert_eq!(tags.list, Some(List::Set));
        assert_eq!(spec.field("plain"), None);
        assert!(declared.kind("a.b", "V").is_none());
    }
}
