//! What publishing would change in each resource, field by field, and how risky
//! that is.
//!
//! Reads the files that change from the manifest repository, in one further round
//! trip; nothing where nothing changes. What stands there unchanged is known from
//! what was rendered.

use std::collections::{BTreeSet, HashSet};
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

use super::leftovers::Former;
use super::publish::Branch;
use super::{Connection, Rendered, accepted, commits};

/// A value with its file and the line that it starts at.
type Document = (String, usize, Value);

/// Two sides of one environment: the manifests that are there and that come.
struct Sides {
    /// What was read from the repository.
    old: Vec<(RelPath, Bytes)>,
    new: Vec<(RelPath, Bytes)>,
    /// The new ones that are on the old side, too.
    same: HashSet<String>,
}

/// Adds to the report what changes in the environments of a branch. What cannot be
/// compared is a warning: the list of resources stands without it.
pub(super) async fn detail(
    context: &Context,
    branch: &Branch<'_>,
    tip: &Tip,
    (plans, former): (&[FolderPlan], &[Former]),
    report: &mut RunReport,
) -> Result<(), Error> {
    for (name, made) in compare(context, branch, tip, (plans, former)).await? {
        let mut entries = report.environments.iter_mut();
        let Some(entry) = entries.find(|entry| entry.name == name) else {
            continue;
        };
        match made {
            Ok(plan) => entry.plan = Some(plan),
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

/// What changes in each environment of a branch, or why that cannot be said. Nothing of
/// environments in which nothing changes, or nothing is known. An environment that moves is
/// compared with its former folder.
pub(super) async fn compare(
    context: &Context,
    branch: &Branch<'_>,
    tip: &Tip,
    (plans, former): (&[FolderPlan], &[Former]),
) -> Result<Vec<(String, Result<Plan, String>)>, Error> {
    let members = branch.group.members.iter().zip(plans).zip(&tip.folders);
    let members: Vec<_> = members
        .filter(|((_, plan), _)| !plan.files.is_empty())
        // What is made from secrets that this run does not have can only be listed.
        .filter(|((_, plan), _)| !plan.files.values().any(|it| *it == FileChange::Unknown))
        .map(|((member, plan), state)| {
            let moved = former.iter().filter(|it| it.now == member.settings.folder);
            let moved = moved.map(|it| (&it.plan, &it.state));
            let folders: Vec<_> = moved.chain([(plan, state)]).collect();
            (*member, plan, state, folders)
        })
        .collect();
    let folders = members.iter().flat_map(|(.., folders)| folders);
    let changed = folders
        .flat_map(|(plan, state)| needed(plan, state))
        .map(|(_, id)| id);
    let files = |member: &Rendered| accepted::files(tip, &member.settings.folder);
    let beside = members.iter().flat_map(|(member, ..)| files(member));
    let ids: BTreeSet<_> = changed.chain(beside.map(|(_, id)| id)).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let Connection { remote, api } = &*branch.connection;
    let contents = remote.contents(tip, &ids, api.as_ref()).await?;
    let mut compared = Vec::new();
    for (member, plan, state, folders) in members {
        let sides = sides(member, plan, &folders, &contents);
        let risk = accepted::with(context, branch, member, &files(member), &contents);
        let today = day(context.seconds);
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
                    severities: Some(&risk.severities),
                    allowances: &risk.allowances,
                    today: &today,
                    ..Options::new(&key[..])
                },
            )
        });
        let commits = commits::of(context, member, state);
        let made = made.await.map(|plan| Plan { commits, ..plan });
        compared.push((member.settings.name.clone(), made));
    }
    Ok(compared)
}

/// The day of a time in seconds since 1970 (UTC), as `2027-03-31`.
fn day(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    // Years that begin in March: the odd day of February comes last.
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
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
    folders: &[(&FolderPlan, &FolderState)],
    contents: &Contents,
) -> Sides {
    let needed = folders.iter().flat_map(|(plan, state)| needed(plan, state));
    let read: Vec<_> = needed
        .filter_map(|(path, id)| Some((path, contents.get(&id)?)))
        .collect();
    let files = || {
        let files = environment.files.iter();
        files.filter(|(path, _)| documents::is_manifest(path))
    };
    // What does not change is on both sides as it was rendered.
    let same = files().filter(|(path, _)| !plan.files.contains_key(*path));
    let owned = |(path, content): (&RelPath, &Bytes)| (path.clone(), content.clone());
    Sides {
        same: same.map(|(path, _)| path.to_string()).collect(),
        old: read.into_iter().map(owned).collect(),
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
    let same = new.iter().filter(|(file, ..)| sides.same.contains(file));
    Ok(gitops_plan::plan(
        &resources(old.iter().chain(same)),
        &resources(new.iter()),
        options,
    ))
}

fn resources<'d>(documents: impl Iterator<Item = &'d Document>) -> Vec<Resource<'d>> {
    documents
        .map(|(file, line, value)| Resource::new(file, *line, value))
        .collect()
}

/// The documents of files; the error has the file that does not parse.
fn parsed(files: &[(RelPath, Bytes)]) -> Result<Vec<Document>, (&RelPath, String)> {
    let mut all = Vec::new();
    for (path, content) in files {
        let found =
            plan_values::of_manifest(path, content).map_err(|fault| (path, fault.to_string()))?;
        let found = found.into_iter();
        all.extend(found.map(|(line, value)| (path.to_string(), line, value)));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(0, "1970-01-01")]
    #[case(951_782_400, "2000-02-29")]
    #[case(951_868_800, "2000-03-01")]
    #[case(1_735_689_599, "2024-12-31")]
    #[case(4_107_542_399, "2100-02-28")]
    #[case(4_107_542_400, "2100-03-01")]
    #[case(-1, "1969-12-31")]
    fn a_time_is_on_a_day(#[case] seconds: i64, #[case] expected: &str) {
        assert_eq!(day(seconds), expected);
    }
}
