//! What publishing would change in each resource, field by field, and how risky
//! that is.
//!
//! Reads the files that change from the manifest repository, in one further round
//! trip; nothing where nothing changes. What stands there unchanged is known from
//! what was rendered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use gitops_plan::{Options, Plan, Resource, Value};

use crate::context::Context;
use crate::error::Error;
use crate::generate::{documents, plan_values};
use crate::git::{Contents, Tip};
use crate::model::{FileChange, Finding, FolderPlan, FolderState, ObjectId, RelPath};
use crate::parallel::blocking;
use crate::report::RunReport;

use super::publish::Branch;
use super::{Connection, Rendered, commits};

/// Values with the file and the line that each starts at.
type Documents = Vec<(String, usize, Value)>;

/// Two sides of one environment: the manifests that are there and that come.
struct Sides {
    old: Vec<(RelPath, Bytes)>,
    new: Vec<(RelPath, Bytes)>,
}

/// Adds to the report what changes in the environments of a branch. What cannot be
/// compared is a warning: the list of resources stands without it.
pub(super) async fn detail(
    context: &Context,
    branch: &Branch<'_>,
    tip: &Tip,
    plans: &[FolderPlan],
    report: &mut RunReport,
) -> Result<(), Error> {
    let members = branch.group.members.iter().zip(plans).zip(&tip.folders);
    let members: Vec<_> = members
        .filter(|((_, plan), _)| !plan.files.is_empty())
        // What is made from secrets that this run does not have can only be listed.
        .filter(|((_, plan), _)| !plan.files.values().any(|it| *it == FileChange::Unknown))
        .map(|((member, plan), state)| (*member, plan, state))
        .collect();
    let ids: BTreeSet<_> = members
        .iter()
        .flat_map(|(_, plan, state)| needed(plan, state))
        .map(|(_, id)| id)
        .collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let Connection { remote, api } = &*branch.connection;
    let contents = remote.contents(tip, &ids, api.as_ref()).await?;
    for (member, plan, state) in members {
        let sides = sides(member, plan, state, &contents);
        let name = &member.settings.name;
        let mut entries = report.environments.iter_mut();
        let Some(entry) = entries.find(|entry| entry.name == *name) else {
            continue;
        };
        let key = Arc::clone(&context.plan_key);
        let reporter = Arc::clone(&context.reporter);
        let hide_old = context.pull_request;
        let made = blocking(move || {
            let mask = |text: &str| {
                let hidden = reporter.hidden(text);
                (hidden != text).then_some(hidden)
            };
            make(
                &sides,
                &Options {
                    mask: Some(&mask),
                    // Whoever wrote the source may not be allowed to read the repository.
                    hide_old,
                    yaml: Some(&plan_values::of_text),
                    ..Options::new(&key[..])
                },
            )
        });
        match made.await {
            Ok(mut plan) => {
                plan.commits = commits::of(context, member, state);
                entry.plan = Some(plan);
            }
            Err(reason) => {
                let warning = Finding::warning(
                    format!("environment {name}"),
                    format!("what changes is not shown field by field, and no risks are: {reason}"),
                );
                context.reporter.warning(&warning.to_string());
                report.warnings.push(warning);
            }
        }
    }
    Ok(())
}

/// The files of the folder whose content has to be read.
fn needed<'s>(
    plan: &'s FolderPlan,
    state: &'s FolderState,
) -> impl Iterator<Item = (&'s RelPath, ObjectId)> {
    let changed = plan.files.iter().filter(|(path, change)| {
        documents::is_manifest(path) && matches!(change, FileChange::Changed | FileChange::Removed)
    });
    changed.filter_map(|(path, _)| Some((path, state.entries.get(path)?.id)))
}

fn sides(
    environment: &Rendered,
    plan: &FolderPlan,
    state: &FolderState,
    contents: &Contents,
) -> Sides {
    let read: BTreeMap<_, _> = needed(plan, state)
        .filter_map(|(path, id)| Some((path, contents.get(&id)?)))
        .collect();
    let files = || {
        let files = environment.files.iter();
        files.filter(|(path, _)| documents::is_manifest(path))
    };
    // What does not change is on both sides as it was rendered.
    let same = files().filter(|(path, _)| !plan.files.contains_key(*path));
    let old = read.into_iter().chain(same);
    let owned = |(path, content): (&RelPath, &Bytes)| (path.clone(), content.clone());
    Sides {
        old: old.map(owned).collect(),
        new: files().map(owned).collect(),
    }
}

/// Compares the two sides; the error says which file cannot be read.
fn make(sides: &Sides, options: &Options<'_>) -> Result<Plan, String> {
    let published = |(path, reason): (&RelPath, String)| {
        // The reason may quote the file.
        if options.hide_old {
            return format!("in the manifest repository, `{path}` does not parse");
        }
        format!("in the manifest repository, {reason}")
    };
    let old = parsed(&sides.old).map_err(published)?;
    let new = parsed(&sides.new).map_err(|(_, reason)| reason)?;
    Ok(gitops_plan::plan(
        &resources(&old),
        &resources(&new),
        options,
    ))
}

fn resources(documents: &[(String, usize, Value)]) -> Vec<Resource<'_>> {
    let documents = documents.iter();
    documents
        .map(|(file, line, value)| Resource::new(file, *line, value))
        .collect()
}

/// The documents of files; the error has the file that does not parse.
fn parsed(files: &[(RelPath, Bytes)]) -> Result<Documents, (&RelPath, String)> {
    let mut all = Vec::new();
    for (path, content) in files {
        let found =
            plan_values::of_manifest(path, content).map_err(|fault| (path, fault.to_string()))?;
        let found = found.into_iter();
        all.extend(found.map(|(line, value)| (path.to_string(), line, value)));
    }
    Ok(all)
}
