//! Variable documents as trees, and how they are flattened into names.
//!
//! Owns the rules of flattening and of printing scalars. The parsers that make
//! trees are in `yaml` and `json`.

use std::rc::Rc;

use super::date;
use super::number::javascript;
use super::options::Compatibility;

/// One node, with the line that it stands on (0: not known).
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) kind: Kind,
}

/// What a node is. Lists and maps are shared, because YAML aliases repeat them.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    /// A number, and the text that it was written with.
    Number(f64, String),
    /// A date or time stamp as it was written.
    Date(String),
    Text(String),
    List(Rc<Vec<Node>>),
    Map(Rc<Vec<(String, Node)>>),
}

/// How scalars are printed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Printing {
    /// Whose rules.
    pub(super) level: Compatibility,
    /// Whether the document stands in an input and not in a file.
    pub(super) inline: bool,
}

/// One flattened variable.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flat {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) line: usize,
}

/// More nodes than this come from a mistake or an attack (aliases that
/// repeat each other).
const MOST_VARIABLES: usize = 1_000_000;

/// All scalars below `root`, named by keys and indexes joined by `separator`.
/// `None`: there are too many.
pub(super) fn flatten(root: &Node, separator: &str, printing: Printing) -> Option<Vec<Flat>> {
    let mut walk = Walk {
        separator,
        printing,
        found: Vec::new(),
        visited: 0,
    };
    walk.node(root, "").then_some(walk.found)
}

/// The state of one flattening.
struct Walk<'s> {
    separator: &'s str,
    printing: Printing,
    found: Vec<Flat>,
    visited: usize,
}

impl Walk<'_> {
    /// Whether the limit still holds after this node and everything below it.
    fn node(&mut self, node: &Node, name: &str) -> bool {
        self.visited += 1;
        if self.visited > MOST_VARIABLES {
            return false;
        }
        let separator = self.separator;
        let below = |key: &str| {
            if name.is_empty() {
                key.to_owned()
            } else {
                format!("{name}{separator}{key}")
            }
        };
        match &node.kind {
            Kind::List(items) => items
                .iter()
                .enumerate()
                .all(|(i, item)| self.node(item, &below(&i.to_string()))),
            Kind::Map(pairs) => pairs.iter().all(|(key, item)| self.node(item, &below(key))),
            scalar => {
                if let Some(value) = print(scalar, self.printing) {
                    self.found.push(Flat {
                        name: name.to_owned(),
                        value,
                        line: node.line,
                    });
                }
                true
            }
        }
    }
}

/// A scalar as text; `None` where the level drops it.
pub(super) fn print(scalar: &Kind, printing: Printing) -> Option<String> {
    let own = printing.level.is_own();
    Some(match scalar {
        Kind::Null => String::new(),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(_, text) if own => text.clone(),
        Kind::Number(number, _) => javascript(*number),
        Kind::Date(text) if own => text.clone(),
        Kind::Date(text) => {
            return (printing.inline && printing.level == Compatibility::V6)
                .then(|| date::iso(text))
                .flatten();
        }
        Kind::Text(text) => text.clone(),
        Kind::List(_) | Kind::Map(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(kind: Kind) -> Node {
        Node { line: 0, kind }
    }

    #[test]
    fn names_are_keys_and_indexes_joined_by_the_separator() {
        let list = Kind::List(Rc::new(vec![node(Kind::Null), node(Kind::Bool(true))]));
        let root = node(Kind::Map(Rc::new(vec![
            ("a".to_owned(), node(list)),
            (String::new(), node(Kind::Text("x".to_owned()))),
        ])));
        let printing = Printing {
            level: Compatibility::Own,
            inline: false,
        };
        let names: Vec<_> = flatten(&root, ":", printing)
            .unwrap()
            .into_iter()
            .map(|flat| format!("{}={}", flat.name, flat.value))
            .collect();
        assert_eq!(names, ["a:0=", "a:1=true", "=x"]);
    }

    #[test]
    fn lists_that_repeat_each_other_are_bounded() {
        let mut item = node(Kind::Bool(true));
        for _ in 0..40 {
            item = node(Kind::List(Rc::new(vec![item.clone(), item])));
        }
        let printing = Printing {
            level: Compatibility::Own,
            inline: false,
        };
        assert_eq!(flatten(&item, ".", printing), None);
    }
}
