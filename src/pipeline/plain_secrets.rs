//! Secrets that are published in plain text. Plans have a risk for them; where no
//! plan is shown, a warning has to say it.

use std::collections::BTreeSet;

use gitops_plan::risk::is_plain_secret;

use super::Rendered;
use crate::generate::plan_values;
use crate::model::{RelPath, ResourceChange, ResourceId};
use crate::report::{Changes, EnvironmentReport};

/// So many are named.
const SHOWN: usize = 3;

/// What to say of an environment; of its Secrets that are new or change, where it is
/// known which these are.
pub(super) fn said(environment: &Rendered, entry: &EnvironmentReport) -> Option<String> {
    if entry.plan.is_some() {
        return None;
    }
    let found = found(environment, entry.changes.as_ref());
    let first: Vec<_> = found
        .iter()
        .take(SHOWN)
        .map(|id| format!("`{}`", place(id)))
        .collect();
    let more = found.len().saturating_sub(SHOWN);
    let mut names = first.join(", ");
    if more > 0 {
        names = format!("{names} and {more} more");
    }
    let (what, are, them) = match found.len() {
        0 => return None,
        1 => ("Secret", "is", "it"),
        _ => ("Secrets", "are", "them"),
    };
    Some(format!(
        "the {what} {names} {are} in plain text: everybody who can read the repository can read {them}, and git keeps {them} forever. Encrypt {them} (SOPS, SealedSecret) or refer to {them} (ExternalSecret)"
    ))
}

fn found<'a>(environment: &'a Rendered, changes: Option<&Changes>) -> Vec<&'a ResourceId> {
    let is_new = |id: &ResourceId| {
        changes.is_none_or(|changes| {
            let change = changes.changes.get(id);
            change.is_some_and(|change| *change != ResourceChange::Removed)
        })
    };
    let resources = environment.resources.iter();
    let secrets: Vec<_> = resources
        .filter(|own| own.id.kind == "Secret" && is_new(&own.id))
        .collect();
    let files: BTreeSet<&RelPath> = secrets.iter().map(|own| &own.file).collect();
    let mut plain = BTreeSet::new();
    for file in files {
        let Some(content) = environment.files.get(file) else {
            continue;
        };
        // What cannot be read as a manifest was refused before.
        let documents = plan_values::of_manifest(file, content).unwrap_or_default();
        let documents = documents
            .into_iter()
            .filter(|(_, value)| is_plain_secret(value));
        plain.extend(documents.map(|(line, _)| (file, line)));
    }
    let is_plain = |own: &&crate::model::Resource| plain.contains(&(&own.file, own.line));
    secrets
        .into_iter()
        .filter(is_plain)
        .map(|own| &own.id)
        .collect()
}

/// `shop/db`
fn place(id: &ResourceId) -> String {
    match &id.namespace {
        Some(namespace) => format!("{namespace}/{}", id.name),
        None => id.name.clone(),
    }
}
