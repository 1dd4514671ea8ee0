//! What a pull request says: title, description, and the comment on a pull
//! request of the source.
//!
//! Removals come first, so that they are read even where a host takes no more
//! than 4,000 characters. Names come from sources that we do not trust.

use gitops_plan::view::{self, View};

use crate::model::PublicationStamp;

use super::bounded::{Bounded, units};
use super::summary::{change_word, escape};
use super::text::{besides, count, plans, totals};
use super::{Changes, EnvironmentReport};

/// Room for the line that counts what was left out.
const REST: usize = 40;

/// The title of a pull request, at most `limit` UTF-16 units.
pub fn proposal_title(subject: &str, limit: usize) -> String {
    let line = subject.lines().next().unwrap_or_default().trim();
    let mut title = Bounded::new(limit);
    title.push_cut(line, 0);
    title.into_text()
}

/// The description of a pull request for one environment.
///
/// `text` comes first, then what changes, then where it comes from; at most
/// `limit` UTF-16 units, cut at whole rows.
pub fn proposal_description(
    text: Option<&str>,
    environment: &EnvironmentReport,
    stamp: &PublicationStamp,
    limit: usize,
) -> String {
    let footer = provenance(stamp);
    let kept = units(&footer) + REST;
    let mut body = Bounded::new(limit);
    if let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) {
        // The list of changes needs some room too.
        body.push_cut(text, kept + limit / 2);
        body.push_keeping("\n\n", kept);
    }
    section(&mut body, environment, kept);
    body.push(&footer);
    body.into_text()
}

/// The comment that tells what publishing would change, per environment, at
/// most `limit` UTF-16 units.
pub fn comment(environments: &[EnvironmentReport], limit: usize) -> String {
    let mut body = Bounded::new(limit);
    body.push("### What publishing would change\n\n");
    let is_quiet = |environment: &&EnvironmentReport| {
        environment.changes.is_some() && !changes_anything(environment)
    };
    for environment in environments.iter().filter(|e| changes_anything(e)) {
        match (&environment.changes, &environment.plan) {
            (Some(changes), Some(_)) => {
                body.push_keeping(&head(environment, changes), REST);
            }
            _ => section(&mut body, environment, REST),
        }
        body.push_keeping("\n", REST);
    }
    let quiet: Vec<_> = environments
        .iter()
        .filter(is_quiet)
        .map(|environment| format!("`{}`", escape(&environment.name)))
        .collect();
    if !quiet.is_empty() {
        body.push(&format!("No change: {}\n", quiet.join(", ")));
    }
    let plans = plans(environments);
    if !plans.is_empty() {
        let view = View {
            limit: body.left().saturating_sub(1),
            ..View::default()
        };
        body.push(&format!("\n{}", view::markdown(&plans, view)));
    }
    body.into_text()
}

/// The name of an environment and its totals.
fn head(environment: &EnvironmentReport, changes: &Changes) -> String {
    let mut parts = vec![totals(changes)];
    parts.extend(besides(changes, |name| format!("`{}`", escape(name))));
    format!(
        "**`{}`**: {}\n",
        escape(&environment.name),
        parts.join("; ")
    )
}

/// Whether an environment would change.
pub fn changes_anything(environment: &EnvironmentReport) -> bool {
    let changes = environment.changes.as_ref();
    changes.is_some_and(|changes| {
        changes.changed_files > 0 || changes.unknown > 0 || !changes.changes.is_empty()
    })
}

/// One environment: its totals, and a row for each resource that fits.
fn section(body: &mut Bounded, environment: &EnvironmentReport, kept: usize) {
    let Some(changes) = &environment.changes else {
        return;
    };
    body.push_keeping(&head(environment, changes), kept);
    if let Some(plan) = environment.plan.as_ref().filter(|plan| !plan.is_empty()) {
        let view = View {
            limit: body.left().saturating_sub(kept),
            ..View::default()
        };
        body.push_keeping(
            &format!(
                "\n{}",
                view::markdown(&[(environment.name.as_str(), plan)], view)
            ),
            0,
        );
        return;
    }
    if changes.changes.is_empty() || !body.push_keeping("\n| | Resource |\n|---|---|\n", kept) {
        return;
    }
    let rows = changes.by_weight();
    for (at, (id, change)) in rows.iter().enumerate() {
        let row = format!(
            "| {} | `{}` |\n",
            change_word(*change),
            escape(&id.to_string())
        );
        if !body.push_keeping(&row, kept) {
            body.push_keeping(
                &format!("\n… and {}.\n", count(rows.len() - at, "more resource")),
                kept.saturating_sub(REST),
            );
            return;
        }
    }
}

/// Where a publication comes from, as far as it is known.
pub(super) fn provenance(stamp: &PublicationStamp) -> String {
    let source = stamp.source.repository.as_deref().map(escape);
    let commit = stamp.source.commit.as_deref().map(escape);
    let mut parts = Vec::new();
    match (source, commit) {
        (Some(source), Some(commit)) => parts.push(format!("{source} at `{commit}`")),
        (Some(source), None) => parts.push(source),
        (None, Some(commit)) => parts.push(format!("`{commit}`")),
        (None, None) => {}
    }
    if let Some(run) = stamp.writer.run {
        parts.push(format!("run {run}"));
    }
    if parts.is_empty() {
        return String::new();
    }
    format!("\nSource: {}\n", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ResourceChange, ResourceId, SourceStamp, WriterStamp};
    use crate::report::Changes;

    fn environment(names: &[(&str, ResourceChange)]) -> EnvironmentReport {
        let changes = Changes {
            added: 1,
            removed: 1,
            changed_files: names.len(),
            changes: names
                .iter()
                .map(|(id, change)| (ResourceId::parse(id).unwrap(), *change))
                .collect(),
            ..Changes::default()
        };
        EnvironmentReport {
            name: "prod".into(),
            generator: "helm".into(),
            folder: "prod".into(),
            files: 2,
            resources: 2,
            changes: Some(changes),
            plan: None,
            effect: None,
            is_older: false,
            is_stopped: false,
        }
    }

    fn stamp() -> PublicationStamp {
        PublicationStamp {
            source: SourceStamp {
                repository: Some("https://dev.azure.com/contoso/shop/_git/hld".into()),
                commit: Some("0123456789".into()),
                ..SourceStamp::default()
            },
            writer: WriterStamp {
                run: Some(7),
                ..WriterStamp::default()
            },
        }
    }

    #[test]
    fn a_description_lists_removals_first_and_ends_with_its_source() {
        let environment = environment(&[
            ("apps/v1 Deployment shop/web", ResourceChange::Added),
            ("v1 Service shop/`</td>|x", ResourceChange::Removed),
        ]);
        let text = proposal_description(Some("Please look."), &environment, &stamp(), 4000);
        insta::assert_snapshot!(text, @r"
        Please look.

        **`prod`**: 1 added, 0 changed, 1 removed (2 files)

        | | Resource |
        |---|---|
        | **removed** | `v1 Service shop/'‹/td›¦x` |
        | added | `apps/v1 Deployment shop/web` |

        Source: https://dev.azure.com/contoso/shop/_git/hld at `0123456789`, run 7
        ");
    }

    #[test]
    fn a_long_description_is_cut_at_whole_rows_and_says_so() {
        let names: Vec<_> = (0..200)
            .map(|at| format!("v1 ConfigMap shop/😀-settings-{at:03}"))
            .collect();
        let rows: Vec<_> = names
            .iter()
            .map(|name| (name.as_str(), ResourceChange::Changed))
            .collect();
        for limit in [600, 601, 602, 700, 4000] {
            let long = "x".repeat(5000);
            let text = proposal_description(Some(&long), &environment(&rows), &stamp(), limit);
            assert!(units(&text) <= limit, "{} > {limit}", units(&text));
            assert!(text.trim_end().ends_with("run 7"), "{text}");
            assert!(text.contains("\n… and 1"), "{text}");
            assert!(
                text.lines()
                    .filter(|line| line.starts_with("| changed"))
                    .all(|line| line.ends_with("` |")),
                "{text}"
            );
        }
    }

    #[test]
    fn a_comment_shows_each_environment_that_would_change() {
        let mut quiet = environment(&[]);
        quiet.name = "dev".into();
        quiet.changes = Some(Changes::default());
        let busy = environment(&[("v1 Service shop/web", ResourceChange::Changed)]);
        insta::assert_snapshot!(comment(&[quiet, busy], 65_536), @r"
        ### What publishing would change

        **`prod`**: 1 added, 0 changed, 1 removed (1 file)

        | | Resource |
        |---|---|
        | changed | `v1 Service shop/web` |

        No change: `dev`
        ");
    }

    #[test]
    fn a_title_is_one_line_that_fits() {
        assert_eq!(proposal_title("Publish dev\n\nmore", 400), "Publish dev");
        assert_eq!(proposal_title("Publish 😀😀", 10), "Publish …");
    }
}
