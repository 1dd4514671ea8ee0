//! What a person should know about what was published, or would be: a folder
//! that changed hands, changes that are in no commit, a source that does not
//! render the same twice.
//!
//! Said only where something changes: a run with nothing to publish is quiet.

use std::sync::Arc;

use crate::context::Context;
use crate::generate::determinism;
use crate::model::Finding;
use crate::report::{RunReport, changes_anything};

use super::{Rendered, plain_secrets, render, stamps};

/// Adds to the report what is worth a look in its changes.
pub(super) async fn remark(context: &Context, rendered: &[Rendered], report: &mut RunReport) {
    let mut findings = Vec::new();
    let mut dirty: Vec<(&[String], Vec<&str>)> = Vec::new();
    for environment in rendered {
        let name = environment.settings.name.as_str();
        let mut entries = report.environments.iter();
        let Some(entry) = entries.find(|entry| entry.name == name) else {
            continue;
        };
        let place = format!("environment {name}");
        if let Some(said) = plain_secrets::said(environment, entry) {
            findings.push(Finding::warning(&place, said));
        }
        let Some(changes) = &entry.changes else {
            continue;
        };
        if let Some(owner) = &changes.taken_over_from {
            let folder = &environment.settings.folder;
            let said = format!("the folder `{folder}` is taken over from {owner}");
            findings.push(Finding::warning(&place, said));
        }
        if !changes_anything(entry) {
            continue;
        }
        let paths = stamps::uncommitted(context, environment);
        if !paths.is_empty() {
            match dirty.iter_mut().find(|(known, _)| *known == paths) {
                Some((_, names)) => names.push(name),
                None => dirty.push((paths, vec![name])),
            }
        }
        if changes.is_same_commit {
            let said = unstable(context, environment).await;
            findings.extend(said.map(|said| Finding::warning(&place, said)));
        }
    }
    for (paths, names) in dirty {
        let commit = rendered.iter().find(|own| own.settings.name == names[0]);
        let commit = commit.and_then(|own| own.settings.made_from.commit.as_deref());
        let said = format!(
            "the source has changes that are in no commit ({}); commit {} alone does not render to this",
            few(paths),
            commit.map_or("", |commit| commit.get(..10).unwrap_or(commit)),
        );
        let ending = if names.len() == 1 { "" } else { "s" };
        let place = format!("environment{ending} {}", names.join(", "));
        findings.push(Finding::warning(place, said));
    }
    for finding in findings {
        context.reporter.warning(&finding.to_string());
        report.warnings.push(finding);
    }
}

/// What two renders of one source do not have in common. The same commit that
/// changes something has either other variables, or a source that yields
/// something else each time; rendering it once more tells which.
async fn unstable(context: &Context, environment: &Rendered) -> Option<String> {
    let again = render::again(context, &Arc::new(environment.settings.clone()))
        .await
        .ok()?;
    let found = determinism::differences(&environment.files, &again);
    let first = found.first()?;
    let more = match found.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    Some(format!(
        "commit {} was published before and renders differently each time: {first}{more}. Every run publishes it again until the value is fixed; `proveDeterminism` stops such a run",
        environment
            .settings
            .made_from
            .commit
            .as_deref()
            .map_or("", |commit| commit.get(..10).unwrap_or(commit)),
    ))
}

/// The first few paths, and how many more there are.
fn few(paths: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<_> = paths.iter().take(SHOWN).map(String::as_str).collect();
    match paths.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
