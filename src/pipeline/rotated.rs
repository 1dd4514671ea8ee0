//! Names of resources that hold a secret which was rotated.
//!
//! The run knows the new secret only. Where one is in the name of what is new, another one
//! was in the name of what goes.

use std::collections::{BTreeMap, BTreeSet};

use crate::context::Context;
use crate::model::{ResourceChange, ResourceId};
use crate::report::RunReport;

/// What stands for a name.
const HIDDEN: &str = "(hidden)";

/// Takes such names out of a report.
pub(super) fn cover(context: &Context, report: &mut RunReport) {
    let is_secret = |text: &str| context.reporter.hidden(text) != text;
    for environment in &mut report.environments {
        if let Some(changes) = &mut environment.changes {
            changes.changes = covered(std::mem::take(&mut changes.changes), &is_secret);
        }
    }
}

/// The changes without the names of what goes where a secret is in the name of what comes.
fn covered(
    changes: BTreeMap<ResourceId, ResourceChange>,
    is_secret: &dyn Fn(&str) -> bool,
) -> BTreeMap<ResourceId, ResourceChange> {
    let names = |id: &ResourceId| [Some(id.name.clone()), id.namespace.clone()];
    let added = changes.iter().filter(|(_, c)| **c == ResourceChange::Added);
    let added: BTreeSet<String> = added.flat_map(|(id, _)| names(id)).flatten().collect();
    if !added.iter().any(|name| is_secret(name)) {
        return changes;
    }
    let goes = |name: &String| !added.contains(name);
    let mut count = 0_usize;
    let each = changes.into_iter().map(|(mut id, change)| {
        if change == ResourceChange::Removed {
            id.namespace = id.namespace.map(|name| {
                let goes = goes(&name);
                if goes { HIDDEN.to_owned() } else { name }
            });
            if goes(&id.name) {
                // Each stays a resource of its own.
                count += 1;
                id.name = format!("{HIDDEN}-{count}");
            }
        }
        (id, change)
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(kind: &str, namespace: &str, name: &str) -> ResourceId {
        ResourceId {
            api_version: "v1".to_owned(),
            kind: kind.to_owned(),
            namespace: Some(namespace.to_owned()),
            name: name.to_owned(),
        }
    }

    #[rstest::rstest]
    #[case::name(id("A", "n", "x-new"), id("A", "n", "x-old"), "v1 A n/(hidden)-1")]
    #[case::namespace(id("A", "new", "x"), id("A", "old", "x"), "v1 A (hidden)/x")]
    #[case::both(
        id("A", "new", "x-new"),
        id("A", "old", "x-old"),
        "v1 A (hidden)/(hidden)-1"
    )]
    #[case::of_another_kind(id("B", "n", "new"), id("A", "n", "x"), "v1 A n/(hidden)-1")]
    #[case::no_secret(id("A", "n", "y"), id("A", "n", "x"), "v1 A n/x")]
    #[case::a_namespace_that_stays(id("A", "n", "new-2"), id("B", "n", "x"), "v1 B n/(hidden)-1")]
    fn what_a_secret_takes_the_place_of(
        #[case] added: ResourceId,
        #[case] removed: ResourceId,
        #[case] expected: &str,
    ) {
        let changes = BTreeMap::from([
            (added, ResourceChange::Added),
            (removed, ResourceChange::Removed),
        ]);
        let changes = covered(changes, &|text| text.contains("new"));
        let removed = changes.iter().find(|(_, c)| **c == ResourceChange::Removed);
        assert_eq!(removed.unwrap().0.to_string(), expected);
    }
}
