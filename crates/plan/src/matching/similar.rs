//! Resources of one kind that were renamed: what has most of its content in common. Owns
//! the bound on the work: content that many share tells nothing apart and is left out.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{Pair, Relation, Rest};
use crate::resource::Resource;
use crate::value::Value;

/// So many resources may share a piece of content before it is left out.
const SHARED: usize = 24;
/// So many pieces of one resource are looked at.
const PIECES: usize = 400;
/// So many candidates of one resource are compared.
const CANDIDATES: usize = 8;
/// So many pieces must be equal at least.
const LEAST: usize = 3;

/// Pairs what is similar, the most similar first.
pub(super) fn pair<'a>(rest: &mut Rest<'a>) -> Vec<Pair<'a>> {
    if rest.old.is_empty() || rest.new.is_empty() {
        return Vec::new();
    }
    let old: Vec<_> = rest.old.iter().map(|one| pieces(one)).collect();
    let new: Vec<_> = rest.new.iter().map(|one| pieces(one)).collect();
    let mut index: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, pieces) in new.iter().enumerate() {
        for piece in pieces {
            index.entry(*piece).or_default().push(at);
        }
    }
    let mut found = Vec::new();
    for (i, pieces) in old.iter().enumerate() {
        let mut counts: HashMap<usize, usize> = HashMap::new();
        let holders = pieces.iter().filter_map(|piece| index.get(piece));
        for at in holders.filter(|holders| holders.len() <= SHARED).flatten() {
            *counts.entry(*at).or_default() += 1;
        }
        let mut best: Vec<_> = counts.into_iter().map(|(j, count)| (count, j)).collect();
        best.sort_unstable_by(|a, b| b.cmp(a));
        for &(_, j) in best.iter().take(CANDIDATES) {
            let same_place = rest.old[i].id.namespace == rest.new[j].id.namespace;
            if let Some(score) = score(pieces, &new[j]) {
                found.push((score + usize::from(same_place), i, j));
            }
        }
    }
    found.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.cmp(b)));
    let (mut old_taken, mut new_taken) = (HashSet::new(), HashSet::new());
    let mut pairs = Vec::new();
    for (_, i, j) in found {
        if !old_taken.contains(&i) && !new_taken.contains(&j) {
            old_taken.insert(i);
            new_taken.insert(j);
            pairs.push((i, j));
        }
    }
    rest.take(&pairs, Relation::Similar)
}

/// The share of what both have, in thousandths, when it is at least a half.
fn score(a: &HashSet<u64>, b: &HashSet<u64>) -> Option<usize> {
    let both = a.intersection(b).count();
    let all = a.len() + b.len() - both;
    (both >= LEAST && both * 2 >= all).then(|| both * 1000 / all)
}

/// A number for each single value with the keys to it; kind and group in each, so that
/// only the same kind has something in common. Names are what changed.
fn pieces(one: &Resource<'_>) -> HashSet<u64> {
    let mut out = HashSet::new();
    // Values of Secrets say nothing about what they are.
    if one.id.kind == "Secret" {
        return out;
    }
    let mut start = DefaultHasher::new();
    (one.id.storage_group(), &one.id.kind).hash(&mut start);
    for (key, value) in one.value.pairs() {
        if key != "apiVersion" && key != "kind" {
            let mut hasher = start.clone();
            key.hash(&mut hasher);
            collect(value, &hasher, key == "metadata", &mut out);
        }
    }
    out
}

fn collect(value: &Value, path: &DefaultHasher, is_metadata: bool, out: &mut HashSet<u64>) {
    if out.len() >= PIECES {
        return;
    }
    match value {
        Value::List(items) => items
            .iter()
            .for_each(|item| collect(item, path, false, out)),
        Value::Map(pairs) => {
            for (key, value) in pairs {
                if is_metadata && (key == "name" || key == "namespace") {
                    continue;
                }
                let mut hasher = path.clone();
                key.hash(&mut hasher);
                collect(value, &hasher, false, out);
            }
        }
        scalar => {
            let mut hasher = path.clone();
            scalar.hash().hash(&mut hasher);
            out.insert(hasher.finish());
        }
    }
}
