//! Changes to a document, as values: what to put, append and drop, and where.
//!
//! Owns what a change means for parsed nodes. Carrying it out in a text is
//! the business of [`super::yaml_edit`] and [`super::json_edit`].

use super::yaml::{Dialect, Value};
use super::{Form, Kind, Node, SyntaxError};

/// Something new. Every single value is a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Data>),
    /// Keys and values in this order.
    Map(Vec<(String, Data)>),
}

/// One step from a collection to what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The value under a key of a map; the last one where it occurs twice.
    Key(String),
    /// An item of a list, from 0.
    Item(usize),
}

/// One change. The steps start at the root of the first document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Gives a key of a map a value; a new key comes last.
    Put {
        /// The way to the map.
        at: Vec<Step>,
        /// The key.
        key: String,
        /// Its value.
        value: Data,
    },
    /// Adds an item at the end of a list.
    Append {
        /// The way to the list.
        at: Vec<Step>,
        /// The item.
        value: Data,
    },
    /// Removes a key with its value, or an item.
    Drop {
        /// The way to the map or list.
        at: Vec<Step>,
        /// What to remove from it.
        step: Step,
    },
}

/// Why a text was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It cannot be read.
    #[error("it is malformed: {0}")]
    Syntax(#[from] SyntaxError),
    /// Other parts of the text would change as well.
    #[error("{0} cannot be changed on its own")]
    Refused(String),
}

impl Change {
    /// Makes the change in a parsed document; false when there is no such place.
    pub fn apply(&self, root: &mut Node) -> bool {
        match self {
            Self::Put { at, key, value } => match reach(root, at).map(|node| &mut node.kind) {
                Some(Kind::Mapping(pairs)) => {
                    let found = pairs
                        .iter_mut()
                        .rev()
                        .find(|(name, _)| name.text() == Some(key));
                    match found {
                        Some((_, old)) => *old = value.node(),
                        None => pairs.push((Data::Text(key.clone()).node(), value.node())),
                    }
                    true
                }
                _ => false,
            },
            Self::Append { at, value } => match reach(root, at).map(|node| &mut node.kind) {
                Some(Kind::Sequence(items)) => {
                    items.push(value.node());
                    true
                }
                _ => false,
            },
            Self::Drop { at, step } => match (reach(root, at).map(|node| &mut node.kind), step) {
                (Some(Kind::Sequence(items)), Step::Item(index)) if *index < items.len() => {
                    items.remove(*index);
                    true
                }
                (Some(Kind::Mapping(pairs)), Step::Key(key)) => {
                    let before = pairs.len();
                    pairs.retain(|(name, _)| name.text() != Some(key));
                    pairs.len() < before
                }
                _ => false,
            },
        }
    }

    /// Whether it takes a whole map or list away, and the comments in it.
    pub(super) fn removes(&self, root: &mut Node) -> bool {
        match self {
            Self::Drop { .. } => true,
            Self::Append { .. } => false,
            Self::Put { at, key, .. } => {
                let way: Vec<Step> = at.iter().cloned().chain([Step::Key(key.clone())]).collect();
                reach(root, &way).is_some_and(|old| !matches!(old.kind, Kind::Scalar(..)))
            }
        }
    }

    /// What it is about, for messages.
    pub fn place(&self) -> String {
        let (at, last) = match self {
            Self::Put { at, key, .. } => (at, Some(Step::Key(key.clone()))),
            Self::Append { at, .. } => (at, None),
            Self::Drop { at, step } => (at, Some(step.clone())),
        };
        let names: Vec<String> = at
            .iter()
            .cloned()
            .chain(last)
            .map(|step| match step {
                Step::Key(key) => key,
                Step::Item(index) => (index + 1).to_string(),
            })
            .collect();
        names.join(".")
    }
}

impl Data {
    /// As a parsed document would have it.
    pub fn node(&self) -> Node {
        let kind = match self {
            Self::Text(text) => Kind::Scalar(text.clone(), Form::Text),
            Self::List(items) => Kind::Sequence(items.iter().map(Self::node).collect()),
            Self::Map(pairs) => Kind::Mapping(
                pairs
                    .iter()
                    .map(|(key, value)| (Self::Text(key.clone()).node(), value.node()))
                    .collect(),
            ),
        };
        Node {
            line: 0,
            column: 0,
            kind,
        }
    }
}

fn reach<'n>(root: &'n mut Node, at: &[Step]) -> Option<&'n mut Node> {
    at.iter()
        .try_fold(root, |node, step| match (&mut node.kind, step) {
            (Kind::Mapping(pairs), Step::Key(key)) => pairs
                .iter_mut()
                .rev()
                .find(|(name, _)| name.text() == Some(key))
                .map(|(_, value)| value),
            (Kind::Sequence(items), Step::Item(index)) => items.get_mut(*index),
            _ => None,
        })
}

/// Whether two documents are the same to every reader, their keys in any
/// order and merge keys expanded.
pub(super) fn alike(a: &Node, b: &Node) -> bool {
    [Dialect::Config, Dialect::Kubernetes]
        .iter()
        .all(
            |&dialect| match (Value::of(a, dialect), Value::of(b, dialect)) {
                (Ok(a), Ok(b)) => a.digest() == b.digest(),
                _ => false,
            },
        )
}

/// Whether two documents are the same to every reader: order counts, the
/// place and the way of quoting do not.
pub(super) fn same(a: &Node, b: &Node) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Scalar(one, form), Kind::Scalar(other, way)) => {
            one == other
                && (form == way
                    || [Dialect::Config, Dialect::Kubernetes]
                        .iter()
                        .all(|&dialect| Value::of(a, dialect) == Value::of(b, dialect)))
        }
        (Kind::Sequence(one), Kind::Sequence(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same(a, b))
        }
        (Kind::Mapping(one), Kind::Mapping(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|((k, v), (l, w))| same(k, l) && same(v, w))
        }
        _ => false,
    }
}
