//! Variables that are a part of a YAML file which is parsed already: the
//! settings file.
//!
//! Owns the step from its nodes to a layer. The rules for scalars are those of
//! variable files.

use std::rc::Rc;
use std::sync::Arc;

use granit_parser::ScalarStyle;

use crate::text;

use super::error::Error;
use super::number::javascript;
use super::options::Compatibility;
use super::tree::{self, Kind, Node, Printing};
use super::variables::{Layer, Matching};
use super::yaml::scalar;

/// The variables of a map in the file `shown`; nested maps make names with dots.
pub fn layer_of_node(shown: &str, node: &text::Node) -> Result<Layer, Error> {
    let origin = format!("file {shown}");
    let fail = |line, reason: &str| Error::Variables {
        origin: origin.clone(),
        line,
        column: 0,
        reason: reason.to_owned(),
    };
    let printing = Printing {
        level: Compatibility::Own,
        inline: false,
    };
    let tree = tree_of(node).map_err(|line| fail(line, "a key is not a single value"))?;
    let flat = tree::flatten(&tree, ".", printing)
        .ok_or_else(|| fail(0, "there are more than a million values"))?;
    let mut layer = Layer::new(origin.as_str(), Matching::Exact);
    for variable in flat {
        layer.push(
            variable.name,
            Arc::from(variable.value),
            false,
            variable.line,
        );
    }
    Ok(layer)
}

/// The same with scalars as variable files have them, or the line of a key that
/// is no scalar.
fn tree_of(node: &text::Node) -> Result<Node, usize> {
    let kind = match &node.kind {
        text::Kind::Scalar(text, text::Form::Text) => Kind::Text(text.clone()),
        text::Kind::Scalar(text, _) => scalar(text, ScalarStyle::Plain, None),
        text::Kind::Sequence(items) => {
            let items = items.iter().map(tree_of).collect::<Result<Vec<_>, _>>()?;
            Kind::List(Rc::new(items))
        }
        text::Kind::Mapping(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| {
                let name = match tree_of(key)?.kind {
                    Kind::Null => "null".to_owned(),
                    Kind::Bool(value) => value.to_string(),
                    Kind::Number(number, _) => javascript(number),
                    Kind::Date(text) | Kind::Text(text) => text,
                    Kind::List(_) | Kind::Map(_) => return Err(key.line),
                };
                Ok((name, tree_of(value)?))
            });
            Kind::Map(Rc::new(pairs.collect::<Result<Vec<_>, usize>>()?))
        }
    };
    Ok(Node {
        line: node.line,
        kind,
    })
}
