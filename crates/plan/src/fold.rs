//! The same change in several environments, shown once. Owns when two changes are the same:
//! everything but the file is equal.

use std::collections::HashMap;

use crate::plan::{Plan, ResourceChange};
use crate::risk::Finding;

/// A change, and the environments that it happens in.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Folded<'p, T> {
    /// The environments, in the order in which they were given.
    pub environments: Vec<&'p str>,
    /// The change, as it is in the first of them.
    pub change: &'p T,
}

/// The changes of all plans, in the order in which they come first.
pub fn resources<'p>(plans: &[(&'p str, &'p Plan)]) -> Vec<Folded<'p, ResourceChange>> {
    let all = plans
        .iter()
        .flat_map(|(name, plan)| plan.resources.iter().map(|one| (*name, one)));
    fold(all, |one| {
        let mut one = one.clone();
        (one.file, one.line) = (String::new(), 0);
        serde_json::to_string(&one).unwrap_or_default()
    })
}

/// The findings of all plans, in the order in which they come first.
pub fn findings<'p>(plans: &[(&'p str, &'p Plan)]) -> Vec<Folded<'p, Finding>> {
    let all = plans
        .iter()
        .flat_map(|(name, plan)| plan.findings.iter().map(|one| (*name, one)));
    fold(all, |one| {
        let mut one = one.clone();
        (one.file, one.line) = (String::new(), 0);
        serde_json::to_string(&one).unwrap_or_default()
    })
}

fn fold<'p, T>(
    all: impl Iterator<Item = (&'p str, &'p T)>,
    form: impl Fn(&T) -> String,
) -> Vec<Folded<'p, T>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut out: Vec<Folded<'p, T>> = Vec::new();
    for (name, change) in all {
        match places.entry(form(change)) {
            std::collections::hash_map::Entry::Occupied(place) => {
                let environments = &mut out[*place.get()].environments;
                if environments.last() != Some(&name) {
                    environments.push(name);
                }
            }
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(out.len());
                out.push(Folded {
                    environments: vec![name],
                    change,
                });
            }
        }
    }
    out
}
