//! A parsed text before its scalars are given a type.
//!
//! Which texts are numbers, booleans or strings depends on who reads them:
//! Fabrikate's YAML library is of 2018, Kubernetes' is newer. So parsing keeps
//! the text of each scalar, and [`super::yaml::Value`] decides later.

/// One node of a YAML or JSON document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Line of its first character, from 1; 0 where that is not known (JSON).
    pub line: usize,
    /// Column of its first character, from 1; 0 where that is not known.
    pub column: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A single value, with its text as written (escapes resolved).
    Scalar(String, Form),
    /// A list.
    Sequence(Vec<Node>),
    /// Key and value pairs in source order, anchors and merge keys expanded.
    /// Where a key occurs more than once, the last one counts.
    Mapping(Vec<(Node, Node)>),
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Bare: its type is decided by its text.
    Plain,
    /// Quoted, block text, or tagged as a string: always a string.
    Text,
    /// A number, boolean or null of JSON.
    Json,
}

/// Why a text is not YAML or JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SyntaxError {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong, without quoting the source, which may hold secrets.
    pub message: String,
    /// What helps, where the message does not say it already.
    pub hint: Option<&'static str>,
}

impl Node {
    /// Whether this is an empty value: nothing, `~` or `null`.
    pub fn is_null(&self) -> bool {
        match &self.kind {
            Kind::Scalar(text, Form::Plain) => {
                matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            Kind::Scalar(text, Form::Json) => text == "null",
            _ => false,
        }
    }

    /// The pairs, when this is a mapping.
    pub fn pairs(&self) -> Option<&[(Node, Node)]> {
        match &self.kind {
            Kind::Mapping(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The items, when this is a list.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The text, when this is a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// What a person would call it.
    pub fn noun(&self) -> &'static str {
        match &self.kind {
            _ if self.is_null() => "nothing",
            Kind::Scalar(..) => "a single value",
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a map",
        }
    }
}
