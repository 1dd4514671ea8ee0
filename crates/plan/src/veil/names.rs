//! What resources are called. Owns the judgement which names of old resources a secret has
//! taken the place of.

use std::collections::BTreeSet;

use super::Veil;
use crate::matching::{Matched, Relation};
use crate::options::Options;
use crate::resource::Resource;
use crate::risk;

/// Where a secret is in what a new resource is called, another one was in what an old one
/// was called.
pub(crate) fn identities(matched: &Matched<'_>, options: &Options<'_>, veil: &mut Veil) {
    if options.mask.is_none() {
        return;
    }
    let pairs = matched.pairs.iter();
    let pairs = pairs.filter(|pair| pair.relation != Relation::Same);
    let (old, new): (Vec<_>, Vec<_>) = pairs
        .filter(|pair| pair.old.map(|one| &one.id) != pair.new.map(|one| &one.id))
        .map(|pair| (pair.old, pair.new))
        .unzip();
    let names = |side: &[Option<&Resource<'_>>]| -> BTreeSet<String> {
        let all = side.iter().flatten();
        let names = all.flat_map(|one| [Some(one.id.name.clone()), one.id.namespace.clone()]);
        names.flatten().collect()
    };
    let (before, after) = (names(&old), names(&new));
    let is_secret = |name: &String| options.masked(name).is_some();
    let differ: Vec<_> = before.symmetric_difference(&after).collect();
    if !differ.iter().any(|name| is_secret(name)) {
        return;
    }
    veil.names(differ.into_iter().map(String::as_str), options);
    // What such a resource holds is compared with nothing.
    let alone = matched.pairs.iter().filter_map(|pair| match pair.new {
        None => pair.old,
        Some(_) => None,
    });
    for one in alone {
        veil.names(risk::hosts(one.value).into_iter(), options);
    }
}
