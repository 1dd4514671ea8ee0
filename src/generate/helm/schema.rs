//! Schemas of charts, which helm compiles before it renders.
//!
//! A schema can refer to others by `$ref`, and helm then fetches addresses and
//! opens files, and quotes what it found when that is no schema. So every
//! reference is looked at before: those to the same document are fine, a schema
//! with any other one is not given to helm.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// The keys that make a reference. Neither helm's older nor its newer library
/// minds any other.
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

/// The languages of schemas that helm has built in.
const LANGUAGES: [&str; 6] = [
    "json-schema.org/schema",
    "json-schema.org/draft-04/schema",
    "json-schema.org/draft-06/schema",
    "json-schema.org/draft-07/schema",
    "json-schema.org/draft/2019-09/schema",
    "json-schema.org/draft/2020-12/schema",
];

/// Whether helm takes a file of this path for a schema; letters in another
/// case count on some file systems.
pub(super) fn is_schema(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.eq_ignore_ascii_case("values.schema.json")
}

/// What a schema refers to outside of itself, as the end of a sentence.
pub(super) fn leads_out(text: &[u8]) -> Option<String> {
    let all: Pairs = match serde_json::from_slice(text) {
        Ok(all) => all,
        // What we cannot read, helm may.
        Err(error) => return Some(format!("it is malformed, {error}")),
    };
    let outside = all.0.into_iter().find(|(key, value)| {
        let reference = REFERENCES.contains(&key.as_str()) && !value.starts_with('#');
        reference || (key == "$schema" && !is_built_in(value))
    });
    let (key, value) = outside?;
    Some(format!(
        "its `{key}` {value:?} leads out of the schema, and is not followed"
    ))
}

fn is_built_in(language: &str) -> bool {
    let plain = language.strip_prefix("https://");
    let plain = plain.or_else(|| language.strip_prefix("http://"));
    let plain = plain.map(|plain| plain.trim_end_matches('#'));
    plain.is_some_and(|plain| LANGUAGES.contains(&plain))
}

/// Every key with a text, anywhere in a document: duplicate keys count, as it
/// depends on the reader which of them wins.
#[derive(Default)]
struct Pairs(Vec<(String, String)>);

/// A value: its own text, and the pairs in it.
struct Part(Option<String>, Pairs);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Part::deserialize(deserializer).map(|part| part.1)
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Collect)
    }
}

struct Collect;

impl Collect {
    fn nothing() -> Part {
        Part(None, Pairs::default())
    }
}

impl<'de> Visitor<'de> for Collect {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Part, E> {
        Ok(Self::nothing())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Part, E> {
        Ok(Self::nothing())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Part, E> {
        Ok(Self::nothing())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Part, E> {
        Ok(Self::nothing())
    }

    fn visit_unit<E>(self) -> Result<Part, E> {
        Ok(Self::nothing())
    }

    fn visit_str<E>(self, text: &str) -> Result<Part, E> {
        Ok(Part(Some(text.to_owned()), Pairs::default()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Part, A::Error> {
        let mut all = Pairs::default();
        while let Some(Part(_, below)) = items.next_element()? {
            all.0.extend(below.0);
        }
        Ok(Part(None, all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Part, A::Error> {
        let mut all = Pairs::default();
        while let Some((key, Part(text, below))) = map.next_entry::<String, Part>()? {
            all.0.extend(text.map(|text| (key, text)));
            all.0.extend(below.0);
        }
        Ok(Part(None, all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(r##"{"$ref": "#/definitions/a"}"##)]
    #[case(r#"{"$schema": "http://json-schema.org/draft-07/schema#"}"#)]
    #[case(r#"{"$schema": "https://json-schema.org/draft/2020-12/schema"}"#)]
    #[case(r##"{"$id": "https://contoso.com/values", "$ref": "#"}"##)]
    #[case(r#"{"properties": {"$ref": {"type": "string"}}, "x": [1, 2.5, null, true, -1]}"#)]
    #[case("true")]
    fn a_schema_of_its_own_is_fine(#[case] text: &str) {
        assert_eq!(leads_out(text.as_bytes()), None);
    }

    #[rstest::rstest]
    #[case(r#"{"$ref": "http://127.0.0.1/x"}"#, "`$ref` \"http://127.0.0.1/x\"")]
    #[case(r#"{"$ref": "file:///etc/passwd"}"#, "`$ref` \"file:///etc/passwd\"")]
    #[case(r#"{"$ref": "other.json#/a"}"#, "`$ref` \"other.json#/a\"")]
    #[case(r#"{"$ref": "../../a.json"}"#, "`$ref` \"../../a.json\"")]
    #[case(r#"{"$ref": "/etc/passwd"}"#, "`$ref` \"/etc/passwd\"")]
    #[case(r#"{"\u0024ref": "https://x/y"}"#, "`$ref` \"https://x/y\"")]
    #[case(
        r##"{"$ref": "https://x/y", "$ref": "#/a"}"##,
        "`$ref` \"https://x/y\""
    )]
    #[case(
        r#"{"a": [{"b": {"$dynamicRef": "https://x#m"}}]}"#,
        "`$dynamicRef` \"https://x#m\""
    )]
    #[case(r#"{"$schema": "https://x/meta"}"#, "`$schema` \"https://x/meta\"")]
    #[case(
        r#"{"$schema": "https://json-schema.org/other"}"#,
        "`$schema` \"https://json-schema.org/other\""
    )]
    fn what_leads_out_is_named(#[case] text: &str, #[case] named: &str) {
        assert_eq!(
            leads_out(text.as_bytes()).unwrap(),
            format!("its {named} leads out of the schema, and is not followed")
        );
    }

    #[rstest::rstest]
    #[case("{")]
    #[case("{\"a\": 1} {\"$ref\": \"http://x\"}")]
    #[case("\u{feff}{}")]
    fn what_is_malformed_is_not_compiled_either(#[case] text: &str) {
        let said = leads_out(text.as_bytes()).unwrap();
        assert!(said.starts_with("it is malformed, "), "{said}");
    }
}
