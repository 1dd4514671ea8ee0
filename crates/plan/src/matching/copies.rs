//! Resources that several manifests describe. Owns which copy is compared with which: the
//! cluster may have taken any of them, so none is left out.

use std::collections::{HashMap, HashSet};

use super::{Key, Pair, Relation, key};
use crate::resource::Resource;

/// Both sides without the copies, and the copies in pairs.
#[derive(Default)]
pub(super) struct Copies<'a> {
    /// Old resources that are matched like any other.
    pub(super) old: Vec<&'a Resource<'a>>,
    /// New resources that are matched like any other.
    pub(super) new: Vec<&'a Resource<'a>>,
    pub(super) pairs: Vec<Pair<'a>>,
    pub(super) twice: Vec<Twice<'a>>,
}

/// A new resource that another manifest describes, too.
#[derive(Debug)]
pub(crate) struct Twice<'a> {
    pub(crate) copy: &'a Resource<'a>,
    /// The manifest that comes first.
    pub(crate) first: &'a Resource<'a>,
    /// All copies were there before, and the same one comes last.
    pub(crate) existing: bool,
}

type Group<'a> = (Vec<&'a Resource<'a>>, Vec<&'a Resource<'a>>);

/// Takes the copies out of both sides.
pub(super) fn apart<'a>(old: &'a [Resource<'a>], new: &'a [Resource<'a>]) -> Copies<'a> {
    let doubled: HashSet<Key<'a>> = [old, new].into_iter().flat_map(doubled).collect();
    let mut groups: HashMap<Key<'a>, Group<'a>> = HashMap::new();
    let mut copies = Copies::default();
    for one in old {
        if doubled.contains(&key(one)) {
            groups.entry(key(one)).or_default().0.push(one);
        } else {
            copies.old.push(one);
        }
    }
    for one in new {
        if doubled.contains(&key(one)) {
            groups.entry(key(one)).or_default().1.push(one);
        } else {
            copies.new.push(one);
        }
    }
    for (mut old, mut new) in groups.into_values() {
        // As tools read a folder.
        old.sort_by_key(|one| (one.file, one.line));
        new.sort_by_key(|one| (one.file, one.line));
        let existing = were_there(&old, &new);
        let twice = new.iter().skip(1).map(|copy| Twice {
            copy,
            first: new[0],
            existing,
        });
        copies.twice.extend(twice);
        // It comes or goes as a whole, perhaps under another name.
        if new.is_empty() {
            copies.old.extend(old.pop());
        } else if old.is_empty() {
            copies.new.extend(new.pop());
        }
        copies.pairs.extend(pairs(&old, &new));
    }
    // In the order of files, whatever the order of the table was.
    copies
        .twice
        .sort_by_key(|one| (&one.copy.id, one.copy.file, one.copy.line));
    copies
}

/// What occurs more than once on one side.
fn doubled<'a>(all: &'a [Resource<'a>]) -> Vec<Key<'a>> {
    let mut seen = HashSet::with_capacity(all.len());
    // Generated names are different ones.
    let named = all.iter().filter(|one| !one.id.name.ends_with('*'));
    named.map(key).filter(|key| !seen.insert(*key)).collect()
}

/// Whether all new copies were there in this order, and the last one was the last.
fn were_there(old: &[&Resource<'_>], new: &[&Resource<'_>]) -> bool {
    let mut rest = old.iter();
    let mut all = new.iter();
    let are_part = all.all(|new| rest.any(|old| old.value == new.value));
    are_part && rest.next().is_none()
}

/// The old and new copies in pairs: by file, by content, in order. What is left over is
/// compared with the one that comes last on the other side.
fn pairs<'a>(old: &[&'a Resource<'a>], new: &[&'a Resource<'a>]) -> Vec<Pair<'a>> {
    let pair = |old, new, relation| Pair { old, new, relation };
    let (Some(last_old), Some(last_new)) = (old.last().copied(), new.last().copied()) else {
        let gone = old
            .iter()
            .map(|one| pair(Some(*one), None, Relation::Alone));
        let come = new
            .iter()
            .map(|one| pair(None, Some(*one), Relation::Alone));
        return gone.chain(come).collect();
    };
    let mut by_file: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, one) in new.iter().enumerate().rev() {
        by_file.entry(one.file).or_default().push(at);
    }
    let mut taken = vec![false; new.len()];
    let mut partners: Vec<Option<usize>> = vec![None; old.len()];
    for (one, partner) in old.iter().zip(&mut partners) {
        *partner = by_file.get_mut(one.file).and_then(Vec::pop);
        if let Some(at) = *partner {
            taken[at] = true;
        }
    }
    let mut by_content: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, one) in new.iter().enumerate().rev().filter(|(at, _)| !taken[*at]) {
        by_content.entry(one.value.hash()).or_default().push(at);
    }
    for (one, partner) in old.iter().zip(&mut partners) {
        if partner.is_none() {
            *partner = (by_content.get_mut(&one.value.hash())).and_then(Vec::pop);
            if let Some(at) = *partner {
                taken[at] = true;
            }
        }
    }
    let mut left = (0..new.len()).filter(|at| !taken[*at]).collect::<Vec<_>>();
    left.reverse();
    let mut out = Vec::new();
    for (one, partner) in old.iter().zip(&mut partners) {
        if partner.is_none() {
            *partner = left.pop();
        }
        let other = partner.map_or(last_new, |at| new[at]);
        if partner.is_some() || one.value != other.value {
            out.push(pair(Some(*one), Some(other), Relation::Same));
        }
    }
    let added = left.into_iter().rev().map(|at| new[at]);
    out.extend(added.map(|one| pair(Some(last_old), Some(one), Relation::Same)));
    // The last one is what the cluster has in the end.
    let is_compared = out.iter().any(|pair| {
        let same =
            |a: Option<&Resource<'_>>, b: &Resource<'_>| a.is_some_and(|a| std::ptr::eq(a, b));
        same(pair.old, last_old) && same(pair.new, last_new)
    });
    if !is_compared && last_old.value != last_new.value {
        out.push(pair(Some(last_old), Some(last_new), Relation::Same));
    }
    out
}
