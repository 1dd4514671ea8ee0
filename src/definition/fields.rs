//! Reading the fields of component and configuration files. Also the reader of
//! both spellings: YAML and JSON.

use super::Fault;
use crate::text::{Form, Kind, Node, SyntaxError, json, yaml};

/// A parsed file, for messages about its fields.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The file as seen from the source.
    pub file: &'a str,
    /// JSON field names may be in any case; YAML's are exact.
    pub json: bool,
}

impl Source<'_> {
    /// Parses the file's text. An empty YAML file is `None`; an empty JSON
    /// file is an error. Of several YAML documents only the first counts.
    pub fn parse(self, text: &str) -> Result<Option<Node>, Fault> {
        let parsed = if self.json {
            json::parse(text).map(Some)
        } else {
            let documents = yaml::parse(text);
            documents.map(|documents| documents.into_iter().next().map(|first| first.root))
        };
        let root = parsed.map_err(|source: SyntaxError| Fault::Syntax {
            file: self.file.to_owned(),
            source,
        })?;
        match root {
            Some(root) if !root.is_null() => match root.kind {
                Kind::Mapping(_) => Ok(Some(root)),
                _ => Err(self.wrong(&root, &format!("it is {}, not a map", root.noun()))),
            },
            _ => Ok(None),
        }
    }

    /// Whether a key of this file is the field of this name.
    pub fn is_key(self, key: &str, name: &str) -> bool {
        key == name || (self.json && key.eq_ignore_ascii_case(name))
    }

    /// The value of a field, when it is there and not null. The last one counts.
    pub fn field<'n>(self, node: &'n Node, name: &str) -> Option<&'n Node> {
        let pairs = node.pairs()?.iter().rev();
        let fits = |key: &str| self.is_key(key, name);
        let mut values = pairs.filter(|(key, _)| key.text().is_some_and(fits));
        values
            .next()
            .map(|(_, value)| value)
            .filter(|value| !value.is_null())
    }

    /// A text field; any YAML scalar is text here. Absent is empty.
    pub fn text(self, node: &Node, name: &str) -> Result<String, Fault> {
        match self.field(node, name).map(|value| (value, &value.kind)) {
            None => Ok(String::new()),
            Some((_, Kind::Scalar(text, Form::Plain | Form::Text))) => Ok(text.clone()),
            Some((value, _)) => {
                Err(self.wrong(value, &format!("`{name}` is {}, not text", value.noun())))
            }
        }
    }

    /// A boolean field. Absent is false.
    pub fn flag(self, node: &Node, name: &str) -> Result<bool, Fault> {
        let Some(value) = self.field(node, name) else {
            return Ok(false);
        };
        match yaml::Value::of(value, yaml::Dialect::Config) {
            Ok(yaml::Value::Bool(flag)) => Ok(flag),
            _ => Err(self.wrong(value, &format!("`{name}` is neither true nor false"))),
        }
    }

    /// A field that is a map. Absent is empty.
    pub fn map<'n>(self, node: &'n Node, name: &str) -> Result<&'n [(Node, Node)], Fault> {
        match self.field(node, name) {
            None => Ok(&[]),
            Some(value) => value.pairs().ok_or_else(|| {
                self.wrong(value, &format!("`{name}` is {}, not a map", value.noun()))
            }),
        }
    }

    /// A field that is a list. Absent is empty.
    pub fn list<'n>(self, node: &'n Node, name: &str) -> Result<&'n [Node], Fault> {
        match self.field(node, name).map(|value| (value, &value.kind)) {
            None => Ok(&[]),
            Some((_, Kind::Sequence(items))) => Ok(items),
            Some((value, _)) => {
                Err(self.wrong(value, &format!("`{name}` is {}, not a list", value.noun())))
            }
        }
    }

    /// What is wrong at a node of this file.
    pub fn wrong(self, node: &Node, message: &str) -> Fault {
        let place = match node.line {
            0 => String::new(),
            line => format!(", line {line}, column {}", node.column),
        };
        Fault::Shape {
            file: self.file.to_owned(),
            place,
            message: message.to_owned(),
        }
    }
}
