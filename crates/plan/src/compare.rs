//! Two versions of one resource, compared field by field. Owns the walk: which values
//! belong together and which mean the same. What is found goes to [`sink`], which decides
//! what of it may be shown.

mod apart;
mod certificate;
mod contents;
mod lines;
mod lists;
mod secret;
pub(crate) mod sequence;
mod shown;
mod sink;
mod texts;
mod written;

use crate::field::Change;
use crate::options::Options;
use crate::path::{Path, Step};
use crate::schema::crd::Node;
use crate::schema::{is_builtin, scalars};
use crate::secrecy::beside::{front, hides};
use crate::value::{self, Value};
use crate::veil::Side;

use apart::Apart;
use sink::Sink;
pub(crate) use sink::{Found, Outcome};

/// Maps with free keys: each key is a field of its own, also when the map is new.
const FREE: &[&str] = &["data", "stringData", "binaryData", "labels", "annotations"];

/// What is being compared.
pub(crate) struct Comparison<'c> {
    group: &'c str,
    builtin: bool,
    options: &'c Options<'c>,
    sink: Sink<'c>,
}

/// Compares two versions of a resource of this group and kind.
pub(crate) fn resources<'c>(
    (group, kind): (&'c str, &'c str),
    old: &Value,
    new: &Value,
    declared: Option<&Node>,
    options: &'c Options<'c>,
) -> Outcome {
    let mut comparison = Comparison {
        group,
        builtin: is_builtin(group),
        options,
        sink: Sink::new(kind, options),
    };
    if kind == "Secret" && group.is_empty() && !secret::is_encrypted(old, new) {
        comparison.secret_data(old, new);
        let rest = |value: &Value| secret::without_data(value);
        comparison.values(&rest(old), &rest(new), declared);
    } else {
        comparison.values(old, new, declared);
    }
    comparison.sink.outcome()
}

impl Comparison<'_> {
    fn path(&mut self) -> &mut Path {
        &mut self.sink.path
    }

    fn inside(&mut self, step: Step, work: impl FnOnce(&mut Self)) {
        self.path().0.push(step);
        work(self);
        self.path().0.pop();
    }

    pub(crate) fn values(&mut self, old: &Value, new: &Value, declared: Option<&Node>) {
        if old == new || self.sink.is_full() {
            return;
        }
        match (old, new) {
            (Value::Map(a), Value::Map(b)) => self.maps(a, b, declared),
            (Value::List(a), Value::List(b)) => self.lists(a, b, declared),
            (Value::Null, _) if self.null_is_absent() => self.one_side(None, Some(new)),
            (_, Value::Null) if self.null_is_absent() => self.one_side(Some(old), None),
            (Value::Str(a), Value::Str(b)) => self.texts(a, b),
            _ if old.is_scalar() && new.is_scalar() => self.scalars(old, new),
            _ => self.sink.record(Change::Replaced, Some(old), Some(new)),
        }
    }

    /// Compares single values that are not equal.
    fn scalars(&mut self, old: &Value, new: &Value) {
        if !scalars::equal(&self.sink.path, self.group, old, new) {
            self.sink.record(Change::Replaced, Some(old), Some(new));
        }
    }

    fn maps(&mut self, a: &[(String, Value)], b: &[(String, Value)], declared: Option<&Node>) {
        let joined = value::joined(a, b);
        let joined: Vec<_> = joined
            .into_iter()
            .filter(|(key, old, new)| !self.is_ignored(key, *old, *new))
            .collect();
        let entries = |side: Side| -> Vec<_> {
            let one_sided = joined
                .iter()
                .filter_map(|(key, old, new)| match (old, new) {
                    (Some(old), None) if side == Side::Old => Some(((*key).to_owned(), *old)),
                    (None, Some(new)) if side == Side::New => Some(((*key).to_owned(), *new)),
                    _ => None,
                });
            one_sided.collect()
        };
        let apart = self.apart(&entries(Side::Old), &entries(Side::New));
        for (key, old, new) in joined {
            let below = declared.and_then(|node| node.field(key));
            let step = Step::Key(key.to_owned());
            // The data of the resource itself are hidden by its kind.
            let hides = !self.sink.path.0.is_empty() && (hides(a, key) || hides(b, key));
            self.sink.veiled += usize::from(hides);
            self.sink.front = match key {
                "args" => [front(a), front(b)],
                _ => [Vec::new(), Vec::new()],
            };
            match (old, new) {
                (Some(old), Some(new)) => {
                    self.inside(step, |this| this.values(old, new, below));
                }
                (Some(_), None) => self.inside_apart(step, Side::Old, apart, |this| {
                    this.one_side(old, None);
                }),
                _ => self.inside_apart(step, Side::New, apart, |this| this.one_side(None, new)),
            }
            self.sink.veiled -= usize::from(hides);
        }
    }

    /// A value that only one side has.
    fn one_side(&mut self, old: Option<&Value>, new: Option<&Value>) {
        let Some(value) = old.or(new) else { return };
        let is_nothing = match value {
            Value::Null => true,
            Value::List(items) => items.is_empty(),
            _ => false,
        };
        if is_nothing && self.null_is_absent() {
            return;
        }
        let added = old.is_none();
        let key = self.sink.path.last_key(0);
        let free = FREE.contains(&key) && self.sink.path.0.len() <= 2;
        if let (true, Value::Map(pairs)) = (free, value) {
            for (key, value) in pairs {
                let step = Step::Key(key.clone());
                let (side, old, new) = if added {
                    (Side::New, None, Some(value))
                } else {
                    (Side::Old, Some(value), None)
                };
                self.inside_apart(step, side, Apart::default(), |this| this.one_side(old, new));
            }
            return;
        }
        let change = if added {
            Change::Added
        } else {
            Change::Removed
        };
        self.sink.record(change, old, new);
    }

    /// Whether the server takes `null` here for nothing. In free data it is a value.
    fn null_is_absent(&self) -> bool {
        let path = &self.sink.path;
        if path.0.iter().any(|step| matches!(step, Step::Inside(_))) {
            return false;
        }
        path.starts_with(&["metadata"])
            || (self.builtin && !(path.0.len() == 2 && path.last_key(1) == "data"))
    }

    /// What the server sets itself.
    fn is_ignored(&self, key: &str, old: Option<&Value>, new: Option<&Value>) -> bool {
        let path = &self.sink.path;
        let only_null = |side: Option<&Value>| side.is_none_or(Value::is_null);
        match key {
            "status" => path.0.is_empty(),
            "creationTimestamp" => {
                path.last_key(0) == "metadata" && (only_null(old) || only_null(new))
            }
            _ => false,
        }
    }
}
