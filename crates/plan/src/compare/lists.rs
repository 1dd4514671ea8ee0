//! Two lists that differ: by merge keys, as sets, or by place and content.

use std::collections::{HashMap, HashSet};

use super::apart::Entry;
use super::{Comparison, sequence};
use crate::field::Change;
use crate::path::Step;
use crate::schema::crd::{List, Node};
use crate::schema::lists::{self, Order, Rule, Told};
use crate::secrecy::beside::exposed;
use crate::value::Value;
use crate::veil::Side;

impl Comparison<'_> {
    pub(super) fn lists(&mut self, old: &[Value], new: &[Value], declared: Option<&Node>) {
        let below = declared.and_then(Node::item);
        match declared.and_then(|node| node.list.as_ref()) {
            Some(List::Set) if singles(old, new) => return self.sets(old, new),
            Some(List::Map(keys)) => {
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                if let Some(told) = lists::told_apart(&[&keys], old, new) {
                    return self.keyed(old, new, &told, Order::Free, below);
                }
            }
            _ => {}
        }
        match lists::rule(self.sink.path.last_key(0), self.builtin) {
            Rule::Set if singles(old, new) => self.sets(old, new),
            Rule::Keyed(keys, order) => match lists::told_apart(keys, old, new) {
                Some(told) => self.keyed(old, new, &told, order, below),
                None => self.placed(old, new, below),
            },
            _ => self.placed(old, new, below),
        }
    }

    fn keyed(
        &mut self,
        old: &[Value],
        new: &[Value],
        told: &Told,
        order: Order,
        below: Option<&Node>,
    ) {
        let places: HashMap<_, _> = told.new.iter().zip(0_usize..).collect();
        let apart = {
            let old = named_apart(&told.old, old, &told.new);
            let new = named_apart(&told.new, new, &told.old);
            self.apart(&old, &new)
        };
        let mut kept = Vec::new();
        for (name, old) in told.old.iter().zip(old) {
            let step = Step::Item(name.clone());
            match places.get(name) {
                Some(&at) => {
                    kept.push(at);
                    self.inside(step, |this| this.values(old, &new[at], below));
                }
                None => self.inside_apart(step, Side::Old, apart, |this| {
                    this.sink.record(Change::Removed, Some(old), None);
                }),
            }
        }
        let mut is_kept = vec![false; new.len()];
        for &at in &kept {
            is_kept[at] = true;
        }
        for (at, name) in told.new.iter().enumerate().filter(|(at, _)| !is_kept[*at]) {
            let step = Step::Item(name.clone());
            self.inside_apart(step, Side::New, apart, |this| {
                this.sink.record(Change::Added, None, Some(&new[at]));
            });
        }
        if !kept.is_sorted() {
            // Variables may name those before them.
            let refers = || {
                new.iter()
                    .any(|item| item.at(&["value"]).scalar().contains("$("))
            };
            self.sink.order(order == Order::Matters || refers());
        }
    }

    fn sets(&mut self, old: &[Value], new: &[Value]) {
        let count = |items: &[Value]| {
            let mut counts: HashMap<String, Value> = HashMap::new();
            for item in items {
                counts.insert(item.scalar(), item.clone());
            }
            counts
        };
        let (a, b) = (count(old), count(new));
        let only = |side: &HashMap<String, Value>, other: &HashMap<String, Value>| {
            let only = side.iter().filter(|(key, _)| !other.contains_key(*key));
            let mut only: Vec<_> = only.map(|(key, one)| (key.clone(), one.clone())).collect();
            only.sort_by(|a, b| a.0.cmp(&b.0));
            only
        };
        let (gone, come) = (only(&a, &b), only(&b, &a));
        if gone.is_empty() && come.is_empty() {
            return self.sink.order(false);
        }
        let apart = self.apart(&entries(&gone), &entries(&come));
        for (key, value) in &gone {
            self.inside_apart(Step::Element(key.clone()), Side::Old, apart, |this| {
                this.sink.record(Change::Removed, Some(value), None);
            });
        }
        for (key, value) in &come {
            self.inside_apart(Step::Element(key.clone()), Side::New, apart, |this| {
                this.sink.record(Change::Added, None, Some(value));
            });
        }
    }

    /// Items without a name: what is equal is aligned, what is left is paired in order.
    fn placed(&mut self, old: &[Value], new: &[Value], below: Option<&Node>) {
        let front = std::mem::take(&mut self.sink.front);
        let (old_hides, new_hides) = (exposed(&front[0], old), exposed(&front[1], new));
        let hashes = |items: &[Value]| items.iter().map(Value::hash).collect::<Vec<_>>();
        for gap in sequence::gaps(&hashes(old), &hashes(new)) {
            let (mut i, mut j) = (gap.old.start, gap.new.start);
            // Which old item a secret takes the place of, nobody can tell.
            let is_one = gap.old.len() == 1 && gap.new.len() == 1;
            let is_secret = !is_one && self.is_secret(&old[gap.old.clone()], &new[gap.new.clone()]);
            self.sink.veiled += usize::from(is_secret);
            while i < gap.old.end || j < gap.new.end {
                let pair = i < gap.old.end && j < gap.new.end;
                let more_new = gap.new.end - j > gap.old.end.saturating_sub(i);
                let more_old = gap.old.end - i > gap.new.end.saturating_sub(j);
                let at = |hides: &[bool], at: usize| hides.get(at).copied().unwrap_or(false);
                let hides = at(&old_hides, i) || at(&new_hides, j);
                self.sink.veiled += usize::from(hides);
                if pair && ((!more_new && !more_old) || alike(&old[i], &new[j])) {
                    self.inside(Step::Index(j), |this| this.values(&old[i], &new[j], below));
                    (i, j) = (i + 1, j + 1);
                } else if i < gap.old.end && (more_old || j == gap.new.end) {
                    self.inside(Step::Index(i), |this| {
                        this.sink.record(Change::Removed, Some(&old[i]), None);
                    });
                    i += 1;
                } else {
                    self.inside(Step::Index(j), |this| {
                        this.sink.record(Change::Added, None, Some(&new[j]));
                    });
                    j += 1;
                }
                self.sink.veiled -= usize::from(hides);
            }
            self.sink.veiled -= usize::from(is_secret);
        }
    }

    /// Whether one side of a place without names holds a secret that the other does not.
    fn is_secret(&mut self, old: &[Value], new: &[Value]) -> bool {
        let masked = |side: &'_ [Value]| {
            let masked = side.iter().filter(|one| self.options.holds_masked(one));
            masked.map(Value::hash).collect::<Vec<_>>()
        };
        let alone = old.is_empty() || new.is_empty();
        let is_secret = self.sink.veiled == 0 && !alone && masked(old) != masked(new);
        if is_secret {
            let (old, new): (Vec<_>, Vec<_>) = (old.iter().collect(), new.iter().collect());
            self.sink.out.veil.pair(&old, &new, self.options);
        }
        is_secret
    }
}

/// Names and values of what the other side does not have.
fn named_apart<'v>(
    names: &[Vec<(String, String)>],
    items: &'v [Value],
    others: &[Vec<(String, String)>],
) -> Vec<Entry<'v>> {
    let others: HashSet<_> = others.iter().collect();
    let apart = names.iter().zip(items);
    let apart = apart.filter(|(name, _)| !others.contains(name));
    let joined = |name: &[(String, String)]| {
        let values: Vec<_> = name.iter().map(|(_, value)| value.as_str()).collect();
        values.join(" ")
    };
    apart.map(|(name, item)| (joined(name), item)).collect()
}

fn entries(side: &[(String, Value)]) -> Vec<Entry<'_>> {
    let entries = side.iter();
    entries.map(|(key, value)| (key.clone(), value)).collect()
}

fn singles(old: &[Value], new: &[Value]) -> bool {
    old.iter().chain(new).all(Value::is_scalar)
}

/// Whether two items look like versions of each other.
fn alike(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Map(a), Value::Map(b)) => {
            let same = |(key, value): &&(String, Value)| new.get(key) == Some(value);
            let same = a.iter().take(32).filter(same).count();
            same * 2 >= a.len().max(b.len()).min(32)
        }
        (Value::Str(a), Value::Str(b)) => {
            // `--flag=1` and `--flag=2`
            let name = |text: &str| text.split_once('=').map(|(name, _)| name.to_owned());
            name(a).is_some() && name(a) == name(b)
        }
        _ => false,
    }
}
