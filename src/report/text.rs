//! The result for people: a few lines per environment.

use std::fmt::Write as _;

use gitops_plan::view::{self, Detail, View};
use gitops_plan::{NoHash, Plan};

use crate::model::ResourceChange;

use super::{Changes, EnvironmentReport, Outcome, Publication, PullRequestDone, RunReport};

/// Digits of a hash that are shown.
const SHORT: usize = 12;

/// So many files of others are named.
const NAMED: usize = 20;

/// At most this many resources are listed per environment.
const SHOWN: usize = 40;

/// The heading and the changed resources of one environment.
pub fn changes(environment: &EnvironmentReport) -> (String, String) {
    let EnvironmentReport {
        name,
        generator,
        folder,
        files,
        resources,
        is_older,
        is_stopped,
        ..
    } = environment;
    let rendered = format!(
        "{name}: {} in {} ({generator})",
        count(*resources, "resource"),
        count(*files, "file")
    );
    let Some(changes) = &environment.changes else {
        let title = if *is_older {
            format!("{rendered} -> {folder}: not published, as something newer is there")
        } else if *is_stopped {
            format!("{rendered} -> {folder}: refused")
        } else {
            rendered
        };
        return (title, String::new());
    };
    let new = if changes.is_new_folder {
        " (new folder)"
    } else {
        ""
    };
    let end = if *is_stopped { "; refused" } else { "" };
    let mut parts = vec![totals(changes)];
    parts.extend(besides(changes, str::to_owned));
    let title = format!("{rendered} -> {folder}{new}: {}{end}", parts.join("; "));
    if environment.plan.is_some() {
        return (title, String::new());
    }
    let mut lines = String::new();
    let rows = changes.by_weight();
    // What goes is never left out.
    let shown = SHOWN.max(changes.removed);
    for (id, change) in rows.iter().take(shown) {
        let sign = match change {
            ResourceChange::Added => '+',
            ResourceChange::Changed => '~',
            ResourceChange::Removed => '-',
            ResourceChange::Unknown => '?',
        };
        let _ = writeln!(lines, "  {sign} {id}");
    }
    if rows.len() > shown {
        let _ = writeln!(lines, "  … and {} more", rows.len() - shown);
    }
    (title, lines)
}

/// What changes in the resources of all environments, field by field: the same
/// change once. Nothing where nothing was compared so, or nothing changes.
pub fn plan(environments: &[EnvironmentReport], detail: Detail, limit: usize) -> Option<String> {
    let plans = plans(environments);
    (!plans.is_empty()).then(|| view::text(&plans, View { limit, detail }))
}

/// The hash of the plan, or why it has none.
pub fn plan_hash(report: &RunReport) -> Option<String> {
    if let Some(hash) = &report.plan_hash {
        return Some(format!("Plan hash: {hash}"));
    }
    let reasons = NoHash::told(&report.no_plan_hash);
    let said = format!("The plan has no hash: {}", reasons.join("; "));
    (!reasons.is_empty()).then_some(said)
}

/// The plans that change something, by environment.
pub(super) fn plans(environments: &[EnvironmentReport]) -> Vec<(&str, &Plan)> {
    environments
        .iter()
        .filter_map(|one| Some((one.name.as_str(), one.plan.as_ref()?)))
        .filter(|(_, plan)| !plan.is_empty())
        .collect()
}

/// `2 added, 1 changed, 0 removed`, or that nothing changes.
pub fn totals(changes: &Changes) -> String {
    if changes.changes.is_empty() && changes.changed_files == 0 && changes.unknown == 0 {
        return "no change".to_owned();
    }
    let unknown = match changes.unknown {
        0 => String::new(),
        unknown => format!("{unknown} unknown (made from secret variables)"),
    };
    if changes.changed_files == 0 && changes.unknown > 0 {
        return unknown;
    }
    let Changes {
        added,
        changed,
        removed,
        changed_files,
        ..
    } = changes;
    let certain = format!(
        "{added} added, {changed} changed, {removed} removed ({})",
        count(*changed_files, "file")
    );
    if unknown.is_empty() {
        return certain;
    }
    format!("{certain}, {unknown}")
}

/// What else goes with a change: files that others wrote, and edits. `show` makes a name
/// fit for the place where it stands.
pub(super) fn besides(changes: &Changes, show: impl Fn(&str) -> String) -> Vec<String> {
    let parts = [
        ("removes or replaces", "of others", &changes.files_of_others),
        ("overwrites", "edited by hand", &changes.edits_overwritten),
    ];
    let said = |(verb, whose, files): (&str, &str, &Vec<String>)| {
        let names: Vec<_> = files.iter().take(NAMED).map(|name| show(name)).collect();
        let more = match files.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let number = count(files.len(), "file");
        format!("{verb} {number} {whose}: {}{more}", names.join(", "))
    };
    let parts = parts.into_iter().filter(|(_, _, files)| !files.is_empty());
    parts.map(said).collect()
}

/// What the run came to, per branch.
pub fn outcome(report: &RunReport) -> String {
    let mut text = String::new();
    let approved = report.approved.as_ref();
    let approved = approved.map_or_else(String::new, |hash| {
        format!(", as approved (plan {})", hash.get(..SHORT).unwrap_or(hash))
    });
    for publication in &report.publications {
        let place = format!(
            "{} (branch {})",
            publication.manifest_repo_url, publication.branch
        );
        let commit = publication.commit_id.as_deref().unwrap_or("no commit yet");
        let _ = match publication.outcome {
            Outcome::Published => {
                let look = look(publication);
                writeln!(text, "Published {commit} to {place}{approved}{look}")
            }
            Outcome::Proposed => writeln!(text, "Proposed {commit} for {place}{approved}"),
            Outcome::Waiting => writeln!(
                text,
                "Nothing changed: a pull request for {place} proposes this already, at {commit}"
            ),
            Outcome::Declined => writeln!(
                text,
                "Not proposed: a pull request for {place} with exactly this was closed, at {commit}"
            ),
            Outcome::WouldPublish => writeln!(text, "Publishing would change {place}"),
            Outcome::Unknown => writeln!(
                text,
                "Whether publishing would change {place} is not known: what differs is made from secret variables, which this pull request build does not get"
            ),
            Outcome::Unchanged => {
                writeln!(
                    text,
                    "Nothing changed: {place} already holds this, at {commit}"
                )
            }
            Outcome::Older => writeln!(
                text,
                "Not published: {place} holds something newer, at {commit}"
            ),
            Outcome::Stopped => {
                writeln!(text, "Refused: {place} stays as it is, at {commit}")
            }
        };
        if let Some(pull_request) = &publication.pull_request {
            let (id, url) = (pull_request.id, &pull_request.url);
            let _ = match pull_request.done {
                PullRequestDone::Created => writeln!(text, "Opened pull request {id}: {url}"),
                PullRequestDone::Updated => writeln!(text, "Updated pull request {id}: {url}"),
                PullRequestDone::Unchanged => {
                    writeln!(text, "Pull request {id} is as it should be: {url}")
                }
                PullRequestDone::Closed => {
                    writeln!(
                        text,
                        "Closed pull request {id}, nothing is left to change: {url}"
                    )
                }
                PullRequestDone::Merged => writeln!(text, "Pull request {id} is merged: {url}"),
            };
        }
    }
    text.trim_end().to_owned()
}

/// The command that shows the commit, where the repository is on this machine.
fn look(publication: &Publication) -> String {
    let Publication {
        manifest_repo_url: place,
        branch,
        ..
    } = publication;
    if place.contains("://") {
        return String::new();
    }
    format!("\nLook at it: git -C {place} show --stat {branch}")
}

/// `1 file`, `3 files`.
pub(super) fn count(number: usize, word: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {word}{ending}")
}
