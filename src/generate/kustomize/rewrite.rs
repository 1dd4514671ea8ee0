//! Writing a kustomization again, field by field from the allow list.
//!
//! Kustomize decodes field names without regard to case, with Unicode's
//! folding, and takes the last of several spellings
//! (<https://pkg.go.dev/encoding/json#Unmarshal>). Here a field has one
//! spelling; any other is an error that names it.

use super::error::KustomizeFault;
use super::fields::Entry;
use super::graph::{At, Walk};
use super::shape::{self, Field, Shape};
use super::written::{Written, key, put};
use crate::generate::Fault;
use crate::text::folded;
use crate::text::yaml::{Dialect, Value};
use crate::text::{Form, Kind, Node};

/// Where a value stands.
#[derive(Clone, Copy)]
pub(super) struct Within {
    /// What is read: `a kustomization`.
    pub(super) noun: &'static str,
    /// The field at the top that the value belongs to, once that is known.
    pub(super) field: Option<&'static str>,
}

impl Walk<'_> {
    /// A map with these fields, checked and as it is written.
    pub(super) fn fields(
        &mut self,
        node: &Node,
        fields: &[&'static [Field]],
        within: Within,
        at: &At<'_>,
    ) -> Result<Written, Fault> {
        let Some(pairs) = node.pairs() else {
            let name = within.field.unwrap_or(within.noun);
            return Err(wrong(node, name, "a map", at).into());
        };
        let mut map = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            let known = fields.iter().copied().flatten();
            let spelt = name.text().map(shape::usual);
            let found = known.clone().find(|(known, _)| spelt == Some(known));
            let Some(&(field, shape)) = found else {
                return Err(unknown(name, known.map(|(name, _)| *name), within, at).into());
            };
            let inner = Within {
                field: Some(within.field.unwrap_or(field)),
                ..within
            };
            if let Some(written) = self.value(value, shape, field, inner, at)? {
                put(&mut map, field.to_owned(), written);
            }
        }
        Ok(Written::Map(map))
    }

    /// A value as it is written; `None` for an entry that falls away.
    fn value(
        &mut self,
        node: &Node,
        shape: &Shape,
        name: &'static str,
        within: Within,
        at: &At<'_>,
    ) -> Result<Option<Written>, Fault> {
        if node.is_null() {
            return Ok(Some(Written::Bare("null".to_owned())));
        }
        let expect = |noun| Fault::from(wrong(node, name, noun, at));
        Ok(Some(match shape {
            Shape::Text => Written::Text(string(node, name, at)?.to_owned()),
            Shape::Names(what) => {
                let entry = Entry {
                    field: within.field.unwrap_or(name),
                    what: *what,
                    text: string(node, name, at)?,
                    line: node.line,
                };
                return Ok(self.entry(entry, at)?.map(Written::Text));
            }
            Shape::Scalar => match &node.kind {
                Kind::Scalar(text, form) => Written::scalar(text, *form),
                _ => return Err(expect("a single value")),
            },
            Shape::Any => Written::any(node).ok_or_else(|| expect("a map with plain keys"))?,
            Shape::Texts => {
                let pairs = node.pairs().ok_or_else(|| expect("a map"))?;
                let mut map = Vec::with_capacity(pairs.len());
                for (name_, value) in pairs {
                    let key = key(name_).ok_or_else(|| expect("a map with plain keys"))?;
                    let value = if value.is_null() {
                        Written::Bare("null".to_owned())
                    } else {
                        Written::Text(string(value, name, at)?.to_owned())
                    };
                    put(&mut map, key, value);
                }
                Written::Map(map)
            }
            Shape::List(shape) => {
                let Kind::Sequence(items) = &node.kind else {
                    return Err(expect("a list"));
                };
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.extend(self.value(item, shape, name, within, at)?);
                }
                Written::List(list)
            }
            Shape::Object(fields) => self.fields(node, &[fields], within, at)?,
        }))
    }
}

/// A text, which no reader takes for something else.
fn string<'n>(node: &'n Node, name: &str, at: &At<'_>) -> Result<&'n str, KustomizeFault> {
    let wrong = |found: &str| KustomizeFault::NotText {
        place: at.place(node.line),
        field: name.to_owned(),
        found: found.to_owned(),
    };
    let Kind::Scalar(text, form) = &node.kind else {
        return Err(wrong(node.noun()));
    };
    match Value::of(node, Dialect::Kubernetes) {
        Ok(Value::Str(_)) => Ok(text),
        Ok(Value::Bool(_)) if *form != Form::Text => Err(wrong("`true` or `false`")),
        _ => Err(wrong("a number")),
    }
}

fn wrong(node: &Node, field: &str, expected: &'static str, at: &At<'_>) -> KustomizeFault {
    KustomizeFault::Shape {
        place: at.place(node.line),
        field: field.to_owned(),
        found: node.noun(),
        expected,
    }
}

/// A field that is in no list, with the one that it may be meant to be.
fn unknown(
    node: &Node,
    known: impl Iterator<Item = &'static str> + Clone,
    within: Within,
    at: &At<'_>,
) -> KustomizeFault {
    let name = node.text().unwrap_or("a list or map").to_owned();
    let plain = folded(&name);
    let likeness = |known: &str| strsim::jaro_winkler(&known.to_lowercase(), &plain);
    let nearest = known.max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    KustomizeFault::UnknownField {
        place: at.place(node.line),
        owner: within
            .field
            .map_or_else(|| within.noun.to_owned(), |field| format!("`{field}`")),
        meant: nearest.filter(|known| likeness(known) > 0.8),
        name,
    }
}
